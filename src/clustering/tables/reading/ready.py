"""Ready tables: one file with a row an account, for the commands that take a FILE.

Features to score, labels to compare, matrices to judge, decisions of people: they are read by the
rules of the source tables (`files`, `casting`), and their mistakes are said in the same words.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.config import ReadingConfig
from clustering.errors import BadInputError, OutputError, breaches_message, near_names
from clustering.tables.declared import Column
from clustering.tables.reading.cells import Cells
from clustering.tables.reading.empty_rows import drop_empty_rows, empty_rows
from clustering.tables.reading.files import SUFFIXES, read_file, reading_error
from clustering.tables.reading.staging import storage_failed
from clustering.tables.session import LEAN_LIMIT, MEMORY_LIMIT, Session, quoted_name
from clustering.tables.table_quality import Profile, Raw, blocks, profile

_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Typed:
    """Columns of a ready table in the types that were asked for.

    Attributes
    ----------
    frame : one row a row of the file that holds any value, in its order; what cannot be read is
        missing. Text is `str`, numbers are float64 or Int64, dates datetime64.
    faults : by column, one sentence for each kind of value that cannot be used
    notes : what a reader must know of how they were read
    """

    frame: pd.DataFrame
    faults: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]

    @property
    def breaches(self) -> list[str]:
        """The faults of all columns."""
        return [sentence for column in self.faults.values() for sentence in column]


@dataclass(frozen=True, eq=False)
class TypedRows:
    """The same columns, left in the session: they are read one by one, or a few rows at a time.

    Attributes
    ----------
    columns : those that the file has
    n_rows : rows of the file that hold any value
    breaches : what cannot be used, one sentence for each kind of value of a column
    """

    columns: tuple[str, ...]
    n_rows: int
    breaches: tuple[str, ...]
    _session: Session
    _types: Mapping[str, str]

    def numbers(self, name: str) -> Floats:
        """A whole column of numbers; NaN is missing."""
        found = self._session.execute(f"SELECT {quoted_name(name)} FROM {self._table}").df()
        return np.asarray(found[name].to_numpy(np.float64, na_value=np.nan))

    def value(self, name: str, row: int) -> object:
        """One value."""
        return self._session.row(
            f"SELECT {quoted_name(name)} FROM {self._table} LIMIT 1 OFFSET {row}"
        )[0]

    def repeated(self, name: str) -> tuple[int, object]:
        """How many rows repeat the value of an earlier one, and the first such value."""
        column = quoted_name(name)
        n_rows = self._session.row(
            f"SELECT count({column}) - count(DISTINCT {column}) FROM {self._table}"
        )
        if not n_rows[0]:
            return 0, None
        earlier = f"row_number() OVER (PARTITION BY {column} ORDER BY place)"
        first = self._session.row(
            f"SELECT arg_min({column}, place) FROM (SELECT {column}, place, {earlier} AS nth "
            f"FROM (SELECT {column}, row_number() OVER () AS place FROM {self._table})"
            f" WHERE {column} IS NOT NULL) WHERE nth > 1"
        )
        return int(n_rows[0]), first[0]

    def later(self, name: str, day: date, key: str) -> tuple[int, object]:
        """How many rows have a date after a day, and the key of the first."""
        where = f"FROM {self._table} WHERE {quoted_name(name)} > DATE '{day}'"
        (count,) = self._session.row(f"SELECT count(*) {where}")
        first = (
            self._session.row(f"SELECT {quoted_name(key)} {where} LIMIT 1")[0] if count else None
        )
        return int(count), first

    def pieces(self, names: Sequence[str], size: int) -> Iterator[pd.DataFrame]:
        """Columns of all rows in their order, at most `size` at a time."""
        columns = ", ".join(quoted_name(name) for name in names)
        kinds = {name: self._types[name] for name in names}
        for start in range(0, self.n_rows, size):
            within = f"rowid >= {start} AND rowid < {start + size}"
            rows = self._session.execute(f"SELECT {columns} FROM {self._table} WHERE {within}")
            yield rows.df().astype(kinds)

    @property
    def _table(self) -> str:
        return self._session.own("typed rows")


@dataclass(frozen=True, eq=False)
class ReadyTable:
    """A file whose rows are staged, so that columns of it can be asked for.

    Attributes
    ----------
    columns : names as they stand in the file
    n_rows : rows that hold any value
    notes : what a reader must know of the file
    """

    path: Path
    columns: tuple[str, ...]
    n_rows: int
    notes: tuple[str, ...]
    _session: Session
    _types: Mapping[str, str]
    _cells: Cells

    def find(self, name: str) -> str | None:
        """The column of that name in the file, whose case may differ."""
        by_name = {found.strip().lower(): found for found in self.columns}
        return name if name in self.columns else by_name.get(name.strip().lower())

    def require(self, names: Sequence[str], taken: Sequence[str] = ()) -> None:
        """Refuse a file that lacks one of the columns.

        Parameters
        ----------
        taken : further columns that mean something of their own

        Raises
        ------
        BadInputError
            Columns are missing; all of them, each with the nearest that exists and is not itself
            one of those that were asked for: renaming that one would only make it the next to be
            missing.
        """
        meant = {self.find(name) for name in (*names, *taken)}
        free = [name for name in self.columns if name not in meant]
        breaches = [
            _missing_column(name, free, self.columns)
            for name in dict.fromkeys(names)
            if self.find(name) is None
        ]
        if breaches:
            raise BadInputError(breaches_message(f"'{self.path}' lacks columns", breaches))

    def typed(self, columns: Sequence[Column]) -> Typed:
        """Read columns in the types of their kinds; those that the file lacks are left out."""
        raw, known = self._profile(columns)
        parts = [
            self._session.execute(
                "SELECT "
                + ", ".join(f"{known.expressions[n]} AS {quoted_name(n)}" for n in block)
                + f" FROM {raw.table}"
            ).df()
            for block in blocks(known.expressions)
        ]
        frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(self.n_rows))
        kinds = {column.name: column.kind for column in columns if column.name in raw.matched}
        return Typed(frame.astype(_dtypes(kinds)), known.faults, known.notes)

    def typed_rows(self, columns: Sequence[Column]) -> TypedRows:
        """The same, left on disk; the rows as they stood in the file can be asked for no more."""
        raw, known = self._profile(columns)
        session = self._session
        chosen = ", ".join(f"{sql} AS {quoted_name(n)}" for n, sql in known.expressions.items())
        session.execute(
            f"CREATE TABLE {session.own('typed rows')} AS SELECT {chosen} FROM {raw.table}"
        )
        session.execute(f"DROP TABLE {raw.table}")
        session.limit_memory(LEAN_LIMIT)
        kinds = {column.name: column.kind for column in columns if column.name in raw.matched}
        return TypedRows(
            tuple(known.expressions), self.n_rows, known.breaches, session, _dtypes(kinds)
        )

    def _profile(self, columns: Sequence[Column]) -> tuple[Raw, Profile]:
        found = {column.name: self.find(column.name) for column in columns}
        matched = {name: place for name, place in found.items() if place is not None}
        raw = Raw(self._session, _raw(self._session), self._types, matched, numbered=True)
        return raw, profile(columns, raw, self._cells)

    def kind(self, name: str) -> str:
        """The type in which a column is stored, as in VARCHAR or DOUBLE."""
        return self._types[self.find(name) or name]


def _dtypes(kinds: Mapping[str, str]) -> dict[str, str]:
    types = {"number": "float64", "integer": "Int64", "date": "datetime64[s]", "boolean": "boolean"}
    return {name: types.get(kind, "str") for name, kind in kinds.items()}


def _raw(session: Session) -> str:
    return session.own("ready table")


@contextmanager
def open_ready(
    path: Path,
    reading: ReadingConfig | None = None,
    *,
    may_be_empty: bool = False,
    in_study: bool = False,
    memory_limit: str = MEMORY_LIMIT,
) -> Iterator[ReadyTable]:
    """Read a CSV, Parquet, JSON or Excel file with one row an account or observation.

    Parameters
    ----------
    reading : what its cells mean (None: the defaults)
    may_be_empty : whether a header without rows will do
    in_study : whether `reading` comes from the TOML of a study, not from options of a command
    memory_limit : of DuckDB

    Raises
    ------
    BadInputError
        There is no such file, it cannot be read, or it has no rows.
    OutputError
        There is no room for the scratch files.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "labels.csv"
    >>> _ = file.write_text("tier;segment\\n007;a\\n-;b\\n")
    >>> with open_ready(file) as table:
    ...     table.typed([Column("tier", "text", "")]).frame["tier"].tolist()
    ['007', nan]
    """
    reading = reading or ReadingConfig()
    if not path.exists():
        raise BadInputError(f"there is no file '{path}'.")
    if not path.is_file():
        raise BadInputError(f"'{path}' is a folder; expected a file.")
    if not path.name.lower().endswith(SUFFIXES):
        raise BadInputError(
            f"'{path}' has ending '{path.suffix}'; expected {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]}."
        )
    session = Session(reading.time_zone, ordered=True, memory_limit=memory_limit)
    try:
        table = _staged(session, path, Cells(reading, in_study=in_study))
        if not table.n_rows and not may_be_empty:
            raise BadInputError(f"'{path}' has no rows below its header. Add one row an account.")
        yield table
    except duckdb.Error as error:
        if not storage_failed(error):
            raise
        raise OutputError(
            f"there is no room to read '{path}'. Set TMPDIR to a folder with more room."
        ) from None
    finally:
        session.close()


def _staged(session: Session, path: Path, cells: Cells) -> ReadyTable:
    relation = None
    try:
        relation = read_file(session, path)
        session.execute(f"CREATE TABLE {_raw(session)} AS {relation.sql}")
    except BadInputError as error:
        raise BadInputError(f"'{path}' cannot be read: {error}") from None
    except duckdb.Error as error:
        if relation is None or storage_failed(error):
            raise
        words = reading_error(session, error, relation)
        raise BadInputError(f"'{path}' cannot be read: {words}") from None
    types = {row[0]: row[1] for row in session.execute(f"DESCRIBE {_raw(session)}").fetchall()}
    empty = drop_empty_rows(session, _raw(session), types)
    (n_rows,) = session.row(f"SELECT count(*) FROM {_raw(session)}")
    skipped = (empty_rows(empty),) if empty else ()
    cells = replace(cells, day_zero=relation.day_zero)
    notes = (*relation.notes, *skipped)
    return ReadyTable(path, tuple(types), n_rows, notes, session, types, cells)


def _missing_column(name: str, free: Sequence[str], found: Sequence[str]) -> str:
    near = near_names(name, free, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"found: {', '.join(found[:_SHOWN])}"
    more = ", ..." if not near and len(found) > _SHOWN else ""
    return f"column '{name}' is missing; {hint}{more}"
