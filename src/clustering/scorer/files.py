"""Feature files in, a piece at a time; and cells that are safe in a spreadsheet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.config import ReadingConfig
from clustering.errors import BadInputError, FutureDataError, breaches_message
from clustering.tables.declared import Column
from clustering.tables.reading.ready import TypedRows, open_ready
from clustering.tables.session import READING_LIMIT

#: Column of a feature file, and of the scores, that says which date the values are of.
AS_OF = "as_of"

#: Endings of files of scores.
SCORE_FILES = (".csv", ".parquet")

#: Accounts that are read and scored at a time.
PIECE = 50_000

#: A spreadsheet runs a cell that begins so.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Features(Protocol):
    """Features of accounts to be scored, which need not be in memory all at once."""

    def columns(self) -> Iterator[Floats]:
        """Every feature of the model in raw units, in its order; NaN is missing."""

    @property
    def has_ages(self) -> bool:
        """Whether the age of the accounts is among them."""

    def account_id(self, row: int) -> str:
        """The account of a row."""

    def accounts(self) -> Iterator[pd.Index]:
        """The ids of all accounts in their order, some at a time."""

    def pieces(self) -> Iterator[pd.DataFrame]:
        """All accounts in their order, some at a time, indexed by `account_id`."""


@dataclass(frozen=True, eq=False)
class FeatureFrame:
    """Features in memory, indexed by `account_id`."""

    frame: pd.DataFrame
    names: Sequence[str]

    def columns(self) -> Iterator[Floats]:
        """See `Features`."""
        return (self.frame[name].to_numpy(np.float64, na_value=np.nan) for name in self.names)

    @property
    def has_ages(self) -> bool:
        """See `Features`."""
        return TENURE_DAYS in self.frame

    def account_id(self, row: int) -> str:
        """See `Features`."""
        return str(self.frame.index[row])

    def accounts(self) -> Iterator[pd.Index]:
        """See `Features`."""
        yield self.frame.index

    def pieces(self) -> Iterator[pd.DataFrame]:
        """See `Features`; no accounts are one empty piece."""
        for start in range(0, max(1, len(self.frame)), PIECE):
            yield self.frame.iloc[start : start + PIECE]


@dataclass(frozen=True, eq=False)
class FeatureFile:
    """Features of a file, and the age of its accounts, read as `open_features` says."""

    rows: TypedRows
    names: Sequence[str]

    def columns(self) -> Iterator[Floats]:
        """See `Features`."""
        return (self.rows.numbers(name) for name in self.names)

    @property
    def has_ages(self) -> bool:
        """See `Features`."""
        return TENURE_DAYS in self.rows.columns

    def account_id(self, row: int) -> str:
        """See `Features`."""
        return str(self.rows.value(ACCOUNT_ID, row))

    def accounts(self) -> Iterator[pd.Index]:
        """See `Features`."""
        for piece in self.rows.pieces([ACCOUNT_ID], PIECE):
            yield pd.Index(piece[ACCOUNT_ID])

    def pieces(self) -> Iterator[pd.DataFrame]:
        """See `Features`."""
        age = [TENURE_DAYS] if self.has_ages else []
        wanted = dict.fromkeys([ACCOUNT_ID, *self.names, *age])
        for piece in self.rows.pieces([*wanted], PIECE):
            yield piece.set_index(ACCOUNT_ID)


@contextmanager
def open_features(
    path: Path, features: Sequence[str], as_of: date, reading: ReadingConfig | None = None
) -> Iterator[FeatureFile]:
    """Read the named features of a file, in pieces.

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
        The file cannot be read, a column is missing, not numeric or infinite, an id is empty or
        comes twice, or there are no rows; all that can be told at once.
    FutureDataError
        A row is dated after `as_of`.
    """
    numbers = dict.fromkeys((*features, TENURE_DAYS))
    columns = [
        Column(ACCOUNT_ID, "id", ""),
        *(Column(name, "number", "", required=False) for name in numbers),
        Column(AS_OF, "date", "", required=False),
    ]
    with open_ready(path, reading, memory_limit=READING_LIMIT) as table:
        table.require([ACCOUNT_ID, *features], taken=[TENURE_DAYS, AS_OF])
        rows = table.typed_rows(columns)
        breaches = [*rows.breaches, *_repeated(rows)]
        if breaches:
            raise BadInputError(breaches_message(f"'{path}' cannot be scored", breaches))
        if AS_OF in rows.columns:
            _refuse_later(path, rows, as_of)
        yield FeatureFile(rows, tuple(features))


def read_features(
    path: Path, features: Sequence[str], as_of: date, reading: ReadingConfig | None = None
) -> pd.DataFrame:
    """Read the named features of a file into memory, as `open_features` does.

    Returns
    -------
    DataFrame
        Indexed by `account_id`.
    """
    with open_features(path, features, as_of, reading) as opened:
        return pd.concat(opened.pieces())


def _repeated(rows: TypedRows) -> list[str]:
    n_rows, first = rows.repeated(ACCOUNT_ID)
    if not n_rows:
        return []
    return [
        f"account_id comes more than once in {n_rows} rows; first: {first}. Keep one row of each."
    ]


def _refuse_later(path: Path, rows: TypedRows, as_of: date) -> None:
    n_later, first = rows.later(AS_OF, as_of, ACCOUNT_ID)
    if n_later:
        raise FutureDataError(
            f"'{path}': {n_later} of {rows.n_rows} rows hold features as of a date after "
            f"{as_of}; first account_id: {first}. Score them as of their own date."
        )


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


def write_cells(table: pd.DataFrame, file: Path) -> None:
    """Write a table as CSV with the cells of `guard_cells`, without its index."""
    guard_cells(table).to_csv(file, index=False, lineterminator="\n")
