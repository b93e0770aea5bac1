"""Reading a ready matrix: the numeric columns of a CSV or Parquet file, all breaches at once."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.commands.ready_table import MISSING_TEXTS
from clustering.errors import BadInputError, breaches_message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["NumericTable", "read_numeric"]


@dataclass(frozen=True, eq=False)
class NumericTable:
    """Values (n, d), finite, no column constant; and what a reader must know about them."""

    values: "NDArray[np.float64]"
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def read_numeric(path: Path, columns: Sequence[str] | None = None) -> NumericTable:
    """Read numeric columns; without `columns` all of them.

    Columns of text and constant columns that were not asked for are left out, and a note says so;
    those that were asked for are an error. So are missing and infinite values: nothing is
    dropped or filled in silently.

    Raises
    ------
    BadInputError
        The file cannot be read, or columns cannot be used; all of them at once.
    """
    frame = _read(path)
    if columns is not None:
        _check_names(path, frame, columns)
        frame = frame[list(dict.fromkeys(columns))]
    if frame.empty:
        raise BadInputError(f"'{path}' has no rows.")
    numbers, breaches, notes = {}, [], []
    for name in frame.columns:
        column, breach, reason = _numbers(frame[name])
        if breach is not None and (columns is not None or reason is None):
            breaches.append(f"column '{name}': {breach}")
        elif reason is not None:
            notes.append(f"Left out: column '{name}', {reason}.")
        else:
            numbers[str(name)] = column
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' cannot be judged", breaches))
    if not numbers:
        found = "; ".join(notes) or "it has no columns"
        raise BadInputError(f"'{path}' has no numeric column that varies. {found}")
    return _table(numbers, notes)


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


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd
    from pyarrow.lib import ArrowInvalid

    if not path.is_file():
        raise BadInputError(f"there is no file '{path}'.")
    kind = path.suffix.lower()
    try:
        if kind in (".csv", ".tsv"):
            return pd.read_csv(
                path,
                sep="\t" if kind == ".tsv" else ",",
                keep_default_na=False,
                na_values=list(MISSING_TEXTS),
                encoding="utf-8-sig",
                low_memory=False,
            )
        if kind in (".parquet", ".pq"):
            return pd.read_parquet(path)
    except UnicodeDecodeError:
        raise BadInputError(f"'{path}' is not UTF-8 text; save it as UTF-8.") from None
    except (ValueError, ArrowInvalid, OSError) as error:
        raise BadInputError(f"'{path}' cannot be read as {kind}: {error}.") from None
    raise BadInputError(f"'{path}' has ending '{kind}'; expected .csv, .tsv or .parquet.")


def _check_names(path: Path, frame: "pd.DataFrame", columns: Sequence[str]) -> None:
    found = [str(name) for name in frame.columns]
    breaches = []
    for name in dict.fromkeys(columns):
        if name in found:
            continue
        near = difflib.get_close_matches(name, found, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"found: {', '.join(found[:12])}"
        breaches.append(f"column '{name}' is missing; {hint}")
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' lacks columns", breaches))


def _numbers(
    column: "pd.Series[float]",
) -> "tuple[NDArray[np.float64], str | None, str | None]":
    """Values, what breaks the contract, and why it may be left out where nobody asked for it."""
    import numpy as np
    import pandas as pd

    empty = np.empty(0)
    n = len(column)
    n_missing = int(column.isna().sum())
    if n_missing == n:
        return empty, "every value is missing", "every value is missing"
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        return empty, "dates are not numbers", "dates are not numbers"
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    n_text = int(np.isnan(values).sum()) - n_missing
    if n_text == n - n_missing:
        return empty, f"holds text, as in {_example(column, values)}", "text"
    problems = []
    if n_text:
        problems.append(f"{n_text} of {n} values are not numbers, as in {_example(column, values)}")
    if n_missing:
        problems.append(
            f"{n_missing} of {n} values are missing; complete them, or leave the column or the "
            "rows out"
        )
    n_infinite = int(np.isinf(values).sum())
    if n_infinite:
        problems.append(f"{n_infinite} of {n} values are infinite")
    if problems:
        return empty, "; ".join(problems), None
    if values.min() == values.max():
        reason = f"constant ({values[0]:g})"
        return empty, f"is {reason}; leave it out", reason
    return values, None, None


def _example(column: "pd.Series[float]", values: "NDArray[np.float64]") -> str:
    import numpy as np

    row = int(np.flatnonzero(np.isnan(values) & column.notna().to_numpy())[0])
    return f"{str(column.iloc[row])[:40]!r} (row {row + 1})"
