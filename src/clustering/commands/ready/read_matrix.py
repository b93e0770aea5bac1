"""Reading a ready matrix: the numeric columns of a file, all breaches at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.arrays import Floats
from clustering.columns import ACCOUNT_ID
from clustering.commands.ready.accounts import account_column
from clustering.errors import BadInputError, breaches_message

if TYPE_CHECKING:
    import pandas as pd

    from clustering.config import ReadingConfig
    from clustering.tables.declared import Column

#: Names of columns whose whole numbers are ids: customer_id, accountId, Order No, row.
_ID = re.compile(r"(?i:(^|[_ .-])(id|key|uuid|guid|no|nr|row|index))$|[a-z]I[dD]$")


@dataclass(frozen=True, eq=False)
class NumericTable:
    """Values (n, d), finite, no column constant; whose the rows are, and what must be known."""

    values: "Floats"
    columns: tuple[str, ...]
    accounts: "tuple[str | None, ...] | None"
    notes: tuple[str, ...]


def read_numeric(
    path: Path,
    columns: Sequence[str] | None = None,
    reading: "ReadingConfig | None" = None,
    account: str | None = None,
) -> NumericTable:
    """Read numeric columns; without `columns` all of them.

    Columns of text, constant columns, ids and numbers of rows that were not asked for are left
    out, and a note says so; text and constants that were asked for are an error. So are missing
    and infinite values: nothing is dropped or filled in silently.

    Raises
    ------
    BadInputError
        The file cannot be read, or columns cannot be used; all of them at once.
    """
    from clustering.tables.declared import Column
    from clustering.tables.reading.ready import open_ready

    with open_ready(path, reading) as table:
        table.require([*(columns or ()), *filter(None, (account,))])
        names = list(dict.fromkeys(table.columns if columns is None else columns))
        ids = {account, ACCOUNT_ID} - set(columns or ())
        names = [name for name in names if name not in ids]
        wanted = [Column(name, "number", "") for name in names]
        typed = table.typed([*(_as_text(name, account) for name in ids if name), *wanted])
        # Text tells something only of what is not plainly numbers, and of whose the rows are.
        known = typed.frame[names].notna().all()
        plain = [name for name in names if known[name] and name not in (account, ACCOUNT_ID)]
        every = dict.fromkeys([*names, *table.columns, *filter(None, (account,))])
        texts = table.typed([_as_text(name, account) for name in every if name not in set(plain)])
        dated = {name for name in names if table.kind(name).startswith(("DATE", "TIME"))}
    cells = texts.frame.join(typed.frame[plain])[list(every)]
    numbers, breaches, notes = {}, [], list(table.notes)
    for name in names:
        reason = _left_out(typed.frame[name], cells[name], typed.faults[name])
        if texts.faults.get(name):
            reason = "a list or a record in each cell"
        if reason is not None and name in dated:
            reason = "dates are not numbers"
        if reason is None and columns is None:
            reason = _names_rows(name, typed.frame[name])
        if reason is not None and columns is None:
            notes.append(f"Left out: column '{name}', {reason}.")
        elif reason is not None:
            example = cells[name].dropna()
            shown = f", as in '{example.iloc[0][:40]}'" if reason == "text" else ""
            breaches.append(
                f"column '{name}' is not numbers that vary: {reason}{shown}. Leave it out."
            )
        elif typed.faults[name]:
            breaches += typed.faults[name]
        else:
            numbers[name] = typed.frame[name].to_numpy()
            notes += [note for note in typed.notes if note.startswith(f"'{name}' ")]
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' cannot be judged", breaches))
    if not numbers:
        found = " ".join(notes) or "It has no columns."
        raise BadInputError(f"'{path}' has no numeric column that varies. {found}")
    whose = account_column(cells, account, list(numbers))
    if whose is not None:
        notes.append(f"Left out: column '{whose}', it says whose the rows are.")
    accounts = None if whose is None else texts.frame[whose].astype(object)
    return _table(numbers, None if accounts is None else tuple(accounts), notes)


def _as_text(name: str, account: str | None) -> "Column":
    from clustering.tables.declared import Column

    return Column(name, "id" if name in (account, ACCOUNT_ID) else "text", "", required=False)


def _names_rows(name: str, numbers: "pd.Series[float]") -> str | None:
    """Why a column says which row it is, and not what the row is like."""
    if numbers.isna().any() or (numbers % 1 != 0).any():
        return None
    if (numbers.diff().dropna() == 1).all():
        return "it numbers the rows"
    return "it is an id" if _ID.search(name) else None


def _left_out(
    numbers: "pd.Series[float]", texts: "pd.Series[str]", faults: Sequence[str]
) -> str | None:
    """Why a column is no feature at all, where it is none."""
    known = numbers.dropna()
    filled = texts.dropna()
    if filled.empty and len(known) == 0:
        return "every value is missing"
    if known.empty:
        return "text"
    if len(known) == len(numbers) and not faults and known.min() == known.max():
        return f"constant ({known.iloc[0]:g})"
    return None


def _table(
    numbers: "dict[str, Floats]",
    accounts: "tuple[str | None, ...] | None",
    notes: list[str],
) -> NumericTable:
    import numpy as np

    values = np.column_stack(list(numbers.values()))
    names = list(numbers)
    _, first = np.unique(values, axis=1, return_index=True)
    for index in sorted(set(range(len(names))) - set(first.tolist())):
        twin = next(j for j in range(len(names)) if (values[:, j] == values[:, index]).all())
        notes.append(
            f"Limit: columns '{names[twin]}' and '{names[index]}' are equal, so what they measure "
            "counts twice."
        )
    return NumericTable(values, tuple(names), accounts, tuple(notes))
