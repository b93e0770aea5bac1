"""Scores in a table of DuckDB or PostgreSQL: a run is one transaction.

Both are written through DuckDB, PostgreSQL by the extension that also reads the user's tables.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow.parquet as pq

from clustering.errors import StoreError, breaches_message
from clustering.outputs import real_path, scratch, turn
from clustering.stores.history import HISTORY_COLUMNS, History, dates_before, keep_history
from clustering.stores.rows import (
    AS_OF,
    KEY,
    MODEL_VERSION,
    Run,
    column_breaches,
    scheme_columns,
    sql_columns,
    table_parts,
)
from clustering.stores.store import Draft
from clustering.tables.session import (
    LEAN_LIMIT,
    Session,
    first_line,
    quoted_name,
    quoted_text,
    without_password,
)
from clustering.targets import refuse_inputs

#: The name of the table, where none is given.
TABLE = "account_scores"

_STORE = "store"
_ROWS = "rows.parquet"
#: Seconds between two looks at what another run holds.
_AGAIN_S = 0.2


@dataclass(frozen=True)
class DuckDBStore:
    """A table of a DuckDB file.

    The file is opened for the history and for the transaction, not while accounts are scored:
    DuckDB lets nobody read a file that another process has open for writing.

    Attributes
    ----------
    inputs, closed : what may not be written over
    patience_s : seconds to wait for another run or a reader
    """

    path: Path
    table: str = TABLE
    inputs: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    patience_s: float = 300.0
    knows_history: bool = field(default=True, init=False)

    @property
    def place(self) -> str:
        """The table and the file."""
        return f"table {self.table} of {self.path}"

    def check(self) -> None:
        """Refuse a file that cannot be written, or a table that cannot take the rows.

        Raises
        ------
        BadInputError
            The name is no name of a table.
        OutputError
            It is an input, or lies in what is read.
        StoreError
            The file cannot be opened or written, or the table has other columns.
        """
        refuse_inputs(self.path, self.inputs, closed=self.closed)
        table_parts(self.table)
        real = real_path(self.path)
        if not real.parent.is_dir():
            rooted = Path("/") / self.path
            hint = (
                f" Was '{rooted}' meant? Its address is duckdb:///{rooted}."
                if (not self.path.is_absolute() and rooted.parent.is_dir())
                else ""
            )
            raise StoreError(
                f"'{self.path}' cannot be written: there is no folder '{real.parent}'.{hint}"
            )
        if real.is_dir():
            raise StoreError(f"'{self.path}' is a folder; expected a DuckDB file.")
        for place, called in ((real, "file"), (real.parent, "folder")):
            if place.exists() and not os.access(place, os.W_OK):
                raise StoreError(
                    f"'{self.path}' cannot be written: the {called} '{place}' is read-only."
                )
        if real.exists():
            with self._opened(read_only=True) as session, _said(self.place, "cannot be read"):
                _check_table(session, self.table, self.place)

    @contextmanager
    def draft(self, run: Run) -> Iterator[Draft]:
        """See `store.ScoreStore`."""
        self.check()
        real = real_path(self.path)
        try:
            with turn(real, self.patience_s), scratch("clustering-scores-") as place:
                draft = Draft(place / _ROWS, self._history(run, place))
                yield draft
                if real.exists():
                    self._write(real, draft.file, run)
                    return
                # A file that is killed while DuckDB makes it would be none that can be opened.
                with scratch(f".{real.name}-", real.parent) as new:
                    self._write(new / real.name, draft.file, run, is_new=True)
                    (new / real.name).replace(real)
        except TimeoutError as error:
            raise _busy(self.place, error) from None
        except OSError as error:
            raise _failed(self.place, "cannot be written", error.strerror or str(error)) from None

    def _history(self, run: Run, place: Path) -> History:
        if not real_path(self.path).exists():
            return History(run)
        with self._opened(read_only=True) as session, _said(self.place, "cannot be read"):
            return _history(session, _name(self.table), self.table, run, place)

    def _write(self, file: Path, rows: Path, run: Run, *, is_new: bool = False) -> None:
        with self._opened(read_only=False, file=file) as session, _said(self.place):
            session.execute("BEGIN")
            _prepare(session, self.table, rows)
            session.execute(f"DELETE FROM {_name(self.table)} WHERE {_of(run)}")
            _insert(session, self.table, rows)
            session.execute("COMMIT")
            # Until then the rows stand in a file beside it, which only a new one must not need.
            with suppress(*([] if is_new else [duckdb.Error])):
                session.execute(f"CHECKPOINT {_STORE}")

    @contextmanager
    def _opened(self, *, read_only: bool, file: Path | None = None) -> Iterator[Session]:
        """The file, attached; while another process has it open, wait."""
        path = file or real_path(self.path)
        mode = " (READ_ONLY)" if read_only else ""
        session = Session(memory_limit=LEAN_LIMIT)
        try:
            last = time.monotonic() + self.patience_s
            while True:
                try:
                    session.execute(f"ATTACH {quoted_text(str(path))} AS {_STORE}{mode}")
                    break
                except duckdb.Error as error:
                    if "lock" not in str(error).lower():
                        raise StoreError(
                            f"{self.place} cannot be opened: {first_line(error)}"
                        ) from None
                    if time.monotonic() > last:
                        raise _busy(self.place, first_line(error)) from None
                time.sleep(_AGAIN_S)
            yield session
        finally:
            session.close()


@dataclass(frozen=True)
class PostgresStore:
    """A table of a PostgreSQL database.

    Attributes
    ----------
    address : as in 'postgresql://kim@host/crm'; a password in it is never shown
    patience_s : seconds to wait for another run
    """

    address: str
    table: str = TABLE
    patience_s: float = 300.0
    knows_history: bool = field(default=True, init=False)

    @property
    def place(self) -> str:
        """The table and the database, without a password."""
        return f"table {self.table} of {without_password(self.address)}"

    def check(self) -> None:
        """Refuse a database that cannot be reached, or a table that cannot take the rows.

        Raises
        ------
        BadInputError
            The name is no name of a table.
        StoreError
            The database cannot be reached, or the table has other columns.
        """
        table_parts(self.table)
        with self._opened() as session, self._said("cannot be read"):
            _check_table(session, self.table, self.place)

    @contextmanager
    def draft(self, run: Run) -> Iterator[Draft]:
        """See `store.ScoreStore`; a lock of the database keeps other runs out."""
        table_parts(self.table)
        with (
            self._opened() as session,
            scratch("clustering-scores-") as place,
            self._alone(session),
        ):
            with self._said("cannot be read"):
                _check_table(session, self.table, self.place)
                history = _history(session, _name(self.table, "public"), self.table, run, place)
            draft = Draft(place / _ROWS, history)
            yield draft
            with self._said():
                _prepare(session, self.table, draft.file, keys=KEY, schema="public")
                # DuckDB would fetch the rows to delete them one by one.
                self._run(session, f"DELETE FROM {_quoted(self.table, 'public')} WHERE {_of(run)}")
                _insert(session, self.table, draft.file, schema="public")

    @contextmanager
    def _alone(self, session: Session) -> Iterator[None]:
        """One transaction that no other run shares; it ends with the process, if need be."""
        digest = hashlib.sha256(_quoted(self.table, "public").encode()).digest()
        lock = int.from_bytes(digest[:8], "big", signed=True)
        ask = quoted_text(f"SELECT pg_try_advisory_xact_lock({lock}) AS held")
        last = time.monotonic() + self.patience_s
        with self._said():
            while True:
                session.execute("BEGIN")
                if session.row(f"SELECT held FROM postgres_query('{_STORE}', {ask})")[0]:
                    break
                session.execute("ROLLBACK")
                if time.monotonic() > last:
                    raise _busy(
                        self.place, f"another run has held it for {self.patience_s:g} seconds"
                    )
                time.sleep(_AGAIN_S)
        yield
        with self._said():
            session.execute("COMMIT")

    def _run(self, session: Session, sql: str) -> None:
        session.execute(f"CALL postgres_execute('{_STORE}', {quoted_text(sql)})")

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        self._check_address()
        session = Session(memory_limit=LEAN_LIMIT)
        try:
            session.load_extension("postgres_scanner")
            with self._said("cannot be reached"):
                session.execute(f"ATTACH {quoted_text(self.address)} AS {_STORE} (TYPE POSTGRES)")
            yield session
        finally:
            session.close()  # what was not committed is rolled back

    def _check_address(self) -> None:
        """Refuse an address in which a password would be taken for a host or a port."""
        try:
            parts = urlsplit(self.address)
            host = parts.netloc.rpartition("@")[2]
            # The first / or # ends the host, and the last @ begins it: a password has none.
            strayed = "@" in f"{parts.path}{parts.fragment}" or "?@" in self.address
            broken = strayed or parts.netloc.count("@") > 1 or bool(parts.fragment)
            broken = broken or (":" in host and parts.port is None)
        except ValueError:
            broken = True
        if broken:
            raise StoreError(
                "--out: the address of the database cannot be read; expected "
                "postgresql://USER@HOST:PORT/DATABASE. Write special letters of a password as in "
                "%2F for /, or better leave it out and set PGPASSWORD or a password file."
            )

    @contextmanager
    def _said(self, what: str = "cannot be written") -> Iterator[None]:
        """Errors of the database in words, without a password in them."""
        try:
            yield
        except duckdb.Error as error:
            words = first_line(error).replace(self.address, without_password(self.address))
            for secret in self._secrets():
                words = words.replace(secret, "...")
            raise _failed(self.place, what, words) from None

    def _secrets(self) -> list[str]:
        password = urlsplit(self.address).password
        given = re.findall(r"password=([^&\s]+)", self.address)
        found = [*given, *([password] if password else [])]
        return sorted({*found, *map(unquote, found)}, key=len, reverse=True)


def _busy(place: str, words: object) -> StoreError:
    return StoreError(
        f"{place} is in use: {words}. Nothing was written; run again later, or wait longer with "
        "--wait."
    )


def _failed(place: str, what: str, words: str) -> StoreError:
    return StoreError(f"{place} {what}: {words}. What was there is untouched.")


def _quoted(table: str, default: str) -> str:
    schema, name = table_parts(table)
    return f"{quoted_name(schema or default)}.{quoted_name(name)}"


def _name(table: str, default: str = "main") -> str:
    """Full SQL name of the table within the session."""
    return f"{_STORE}.{_quoted(table, default)}"


def _of(run: Run) -> str:
    return f"{AS_OF} = DATE '{run.as_of}' AND {MODEL_VERSION} = {quoted_text(run.model_version)}"


def _found(session: Session, table: str) -> dict[str, str]:
    """Type of every column of the table; nothing where it does not exist."""
    schema, name = table_parts(table)
    rows = session.execute(
        f"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = '{_STORE}' "
        f"AND table_name = {quoted_text(name)} AND schema_name "
        + (f"= {quoted_text(schema)}" if schema else "IN ('main', 'public')")
    ).fetchall()
    return {str(column): str(kind) for column, kind in rows}


def _check_table(session: Session, table: str, place: str) -> None:
    found = _found(session, table)
    breaches = column_breaches(found) if found else []
    if breaches:
        raise StoreError(
            breaches_message(f"{place} cannot take scores", breaches)
            + "\nNothing was written; name another table with --table, or rename this one."
        )


@contextmanager
def _said(place: str, what: str = "cannot be written") -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _failed(place, what, first_line(error)) from None


def _history(session: Session, name: str, table: str, run: Run, place: Path) -> History:
    """The last states before the date, in a file of their own."""
    if not _found(session, table):
        return History(run)
    days = session.execute(dates_before(name, run)).fetchall()
    if not days:
        return History(run)
    listed = ", ".join(f"DATE '{day}'" for (day,) in days)
    rows = f"SELECT {', '.join(HISTORY_COLUMNS)} FROM {name} WHERE {AS_OF} IN ({listed})"
    return keep_history(session, rows, run, place)


def _prepare(
    session: Session,
    table: str,
    rows: Path,
    keys: tuple[str, ...] = (),
    schema: str = "main",
) -> None:
    """Make the table, or the columns of schemes that it lacks."""
    wanted = sql_columns(scheme_columns(pq.read_schema(rows).names))
    found = _found(session, table)
    name = _name(table, schema)
    if not found:
        columns = [f"{quoted_name(one)} {kind}" for one, kind in wanted.items()]
        key = [f"PRIMARY KEY ({', '.join(keys)})"] if keys else []
        session.execute(f"CREATE TABLE {name} ({', '.join([*columns, *key])})")
        return
    for one in wanted:
        if one not in found:
            session.execute(f"ALTER TABLE {name} ADD COLUMN {quoted_name(one)} {wanted[one]}")


def _insert(session: Session, table: str, rows: Path, schema: str = "main") -> None:
    source = f"read_parquet({quoted_text(str(rows))})"
    session.execute(f"INSERT INTO {_name(table, schema)} BY NAME SELECT * FROM {source}")
