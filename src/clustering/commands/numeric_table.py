"""Reading a ready matrix: the numeric columns of a file, all breaches at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.errors import BadInputError, breaches_message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from clustering.config import ReadingConfig

__all__ = ["NumericTable", "read_numeric"]


@dataclass(frozen=True, eq=False)
class NumericTable:
    """Values (n, d), finite, no column constant; and what a reader must know about them."""

    values: "NDArray[np.float64]"
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def read_numeric(
    path: Path, columns: Sequence[str] | None = None, reading: "ReadingConfig | None" = None
) -> NumericTable:
    """Read numeric columns; without `columns` all of them.

    Columns of text and constant columns that were not asked for are left out, and a note says so;
    those that were asked for are an error. So are missing and infinite values: nothing is
    dropped or filled in silently.

    Raises
    ------
    BadInputError
        The file cannot be read, or columns cannot be used; all of them at once.
    """
    from clustering.tables.contract import Column
    from clustering.tables.ready import open_ready

    with open_ready(path, reading) as table:
        table.require(columns or ())
        names = list(dict.fromkeys(table.columns if columns is None else columns))
        texts = table.typed([Column(name, "text", "", required=False) for name in names])
        typed = table.typed([Column(name, "number", "") for name in names])
        dated = {name for name in names if table.kind(name).startswith(("DATE", "TIME"))}
    numbers, breaches, notes = {}, [], list(table.notes)
    for name in names:
        reason = _left_out(typed.frame[name], texts.frame[name], typed.faults[name])
        if texts.faults[name]:
            reason = "a list or a record in each cell"
        if reason is not None and name in dated:
            reason = "dates are not numbers"
        if reason is not None and columns is None:
            notes.append(f"Left out: column '{name}', {reason}.")
        elif reason is not None:
            example = texts.frame[name].dropna()
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
        found = "; ".join(notes) or "it has no columns"
        raise BadInputError(f"'{path}' has no numeric column that varies. {found}")
    return _table(numbers, notes)


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


def _table(numbers: "dict[str, NDArray[np.float64]]", notes: list[str]) -> NumericTable:
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
    return NumericTable(values, tuple(names), tuple(notes))
