"""Feature files in, scores out: whole or not at all."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.config import ReadingConfig
from clustering.errors import BadInputError, FutureDataError, breaches_message
from clustering.outputs import whole_file
from clustering.tables.contract import Column
from clustering.tables.reading.ready import open_ready
from clustering.targets import check_file

#: Column of a feature file, and of the scores, that says which date the values are of.
AS_OF = "as_of"

_CSV, _PARQUET = ".csv", ".parquet"

#: A spreadsheet runs a cell that begins so.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def read_features(
    path: Path, features: Sequence[str], as_of: date, reading: ReadingConfig | None = None
) -> pd.DataFrame:
    """Read the named features of a file, and the age of accounts, indexed by `account_id`.

    Account ids are text: leading zeros stay, an id "NA" is an id. Empty cells of features are
    missing, never zero. Other columns are ignored, but for `tenure_days`, the age of the account
    in days, and for `as_of`: a row of a later date than `as_of` is refused.

    Parameters
    ----------
    path : CSV, Parquet, JSON or Excel (`clustering.tables.reading.ready`)
    reading : what its cells mean (None: the defaults)

    Raises
    ------
    BadInputError
        The file cannot be read, a column is missing or not numeric, an id is empty or comes
        twice, or there are no rows; all that can be told at once.
    FutureDataError
        A row is dated after `as_of`.
    """
    numbers = dict.fromkeys((*features, TENURE_DAYS))
    columns = [
        Column(ACCOUNT_ID, "id", ""),
        *(Column(name, "number", "", required=False) for name in numbers),
        Column(AS_OF, "date", "", required=False),
    ]
    with open_ready(path, reading) as table:
        table.require([ACCOUNT_ID, *features])
        typed = table.typed(columns)
    breaches = [*typed.breaches, *_repeated(typed.frame[ACCOUNT_ID])]
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' cannot be scored", breaches))
    if AS_OF in typed.frame:
        _refuse_later(path, typed.frame, as_of)
    return typed.frame.set_index(ACCOUNT_ID)[[name for name in numbers if name in typed.frame]]


def _repeated(ids: "pd.Series[str]") -> list[str]:
    twice = ids[ids.duplicated() & ids.notna()]
    if twice.empty:
        return []
    return [
        f"account_id comes more than once in {len(twice)} rows; first: {twice.iloc[0]}. Keep one "
        "row of each."
    ]


def _refuse_later(path: Path, frame: pd.DataFrame, as_of: date) -> None:
    later = frame[AS_OF] > pd.Timestamp(as_of)
    if later.any():
        raise FutureDataError(
            f"'{path}': {int(later.sum())} of {len(frame)} rows hold features as of a date after "
            f"{as_of}; first account_id: {frame[ACCOUNT_ID][later].iloc[0]}. Score them as of "
            "their own date."
        )


def check_output(path: Path, inputs: Iterable[Path] = (), closed: Iterable[Path] = ()) -> None:
    """Refuse an output that cannot be written or must not be, before any work is done.

    Raises
    ------
    OutputError
        As for `clustering.targets.check_file`.
    """
    check_file(path, inputs, suffixes=(_CSV, _PARQUET), closed=closed)


def write_scores(scores: pd.DataFrame, path: Path, as_of: date) -> None:
    """Write the scores with their date, whole or not at all.

    Raises
    ------
    OutputError
        The file cannot be written; an earlier one is untouched.
    """
    check_output(path)
    table = scores.reset_index()
    table[AS_OF] = pd.Series(as_of, index=table.index, dtype="date32[pyarrow]")
    with whole_file(path) as stage:
        if path.suffix.lower() == _PARQUET:
            table.to_parquet(stage, index=False)
        else:
            guard_cells(table).to_csv(stage, index=False, lineterminator="\n")


def guard_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Copy whose text cells no spreadsheet takes for a formula.

    Text that begins with ``= + - @`` (also in full width), a tab or the end of a line gets an
    apostrophe in front, which spreadsheets hide; an account id such as ``-17`` reads ``'-17`` in
    the file. Numbers stay.

    References
    ----------
    OWASP, CSV Injection.

    Examples
    --------
    >>> guard_cells(pd.DataFrame({"id": ["=cmd()", "a"], "x": [-1.0, 2.0]})).to_dict("list")
    {'id': ["'=cmd()", 'a'], 'x': [-1.0, 2.0]}
    """
    guarded = table.copy()
    for name in table.columns:
        if pd.api.types.is_string_dtype(table[name].dtype):
            texts = table[name]
            risky = texts.str.startswith(FORMULA_STARTS).fillna(value=False).astype(bool)
            guarded[name] = texts.where(~risky, "'" + texts)
    return guarded
