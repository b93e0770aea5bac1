"""One DuckDB connection with its scratch folder, and what is attached to it."""

import importlib.resources
import re
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from clustering.config.source import SQLITE, database_file
from clustering.errors import BadInputError, ConfigError, OutputError
from clustering.outputs import make_scratch
from clustering.sql import LOCKED

#: Leaves room for Python within 1 GiB; what does not fit is spilled to the scratch folder.
MEMORY_LIMIT = "640MiB"

#: Where rows pass through in pieces, within 600 MiB in all: while a file is read (the reader of
#: CSV asks for 256 MiB before its first line), and afterwards.
READING_LIMIT, LEAN_LIMIT = "320MiB", "128MiB"

#: The alias of the user's database; a mapping may name its tables with or without it.
ATTACHED = "source"

#: The one variable that a mapping may ask for.
AS_OF = "as_of"

_SCRATCH = "scratch"


def quoted_text(text: str) -> str:
    """Write a text as an SQL literal.

    Examples
    --------
    >>> quoted_text("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def quoted_name(name: str) -> str:
    """Write a name as an SQL identifier.

    Examples
    --------
    >>> print(quoted_name('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


class Session:
    """A DuckDB connection whose own tables lie in a scratch file, not in memory.

    The scratch folder is removed by `close`, or when the object ends. Own tables are always
    named through `own`, so that the database of the user may be the current one.

    Parameters
    ----------
    time_zone : in which times with and without a zone are compared; never that of the machine
    ordered : whether rows keep the order of their file (slower for large files)
    time_limit_s : seconds after which a statement of `execute` or `row` is stopped (None: never)
    memory_limit : of DuckDB

    Attributes
    ----------
    has_database : whether a database of the user is attached
    has_as_of : whether mappings may ask for the date of the study
    remote : address below which mappings may read, where there is one
    folder : for scratch files; it goes with the session
    """

    def __init__(
        self,
        time_zone: str | None = None,
        *,
        ordered: bool = False,
        time_limit_s: float | None = None,
        memory_limit: str = MEMORY_LIMIT,
    ) -> None:
        self._time_limit_s = time_limit_s
        self.has_database = False
        self.has_as_of = False
        self.remote: str | None = None
        self.folder, remove = make_scratch("clustering-tables-")
        self._finish = weakref.finalize(self, remove)
        self.connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(self.folder / "spill"),
                "preserve_insertion_order": ordered,
                **LOCKED,
            }
        )
        try:
            self.connection.execute(
                f"ATTACH {quoted_text(str(self.folder / 'tables.duckdb'))} AS {_SCRATCH}"
            )
        except duckdb.Error as error:
            self.close()
            raise OutputError(
                f"there is no room for temporary files: {first_line(error)}. Set TMPDIR to a "
                "folder with more room."
            ) from None
        # The scratch file goes with the session: nothing is gained by packing it at the end.
        self.connection.execute("PRAGMA disable_checkpoint_on_shutdown")

        self._set_time_zone(time_zone or "UTC")

    def _set_time_zone(self, time_zone: str) -> None:
        try:
            self.execute(f"SET TimeZone = {quoted_text(time_zone)}")
        except duckdb.Error:
            self.close()
            raise ConfigError(
                f"source.time_zone '{time_zone}' is no time zone that is known; expected a place "
                "as in 'Europe/London', or 'UTC'."
            ) from None

    def set_as_of(self, as_of: date) -> None:
        """Let mappings ask for the date of the study: getvariable('as_of')."""
        self.execute(f"SET VARIABLE {AS_OF} = DATE '{as_of}'")
        self.has_as_of = True

    def own(self, name: str) -> str:
        """Give the full SQL name of a table or view of this session."""
        return f"{_SCRATCH}.main.{quoted_name(name)}"

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run one statement."""
        with self._limited():
            return self.connection.execute(sql)

    def row(self, sql: str) -> tuple[Any, ...]:
        """Run a query that gives exactly one row."""
        with self._limited():
            row = self.connection.execute(sql).fetchone()
        if row is None:
            raise RuntimeError(f"no row from: {sql}")
        return tuple(row)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        if self._time_limit_s is None:
            yield
            return
        timer = threading.Timer(self._time_limit_s, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException:
            raise duckdb.InterruptException(
                f"Error: it ran for more than {self._time_limit_s:g} seconds and was stopped. "
                "Simplify the statement, or allow more with source.time_limit_s."
            ) from None
        finally:
            timer.cancel()

    def limit_memory(self, limit: str) -> None:
        """Give back what is above a limit; what does not fit is spilled."""
        self.connection.execute(f"SET memory_limit = {quoted_text(limit)}")

    def lock(self, readable: Iterable[Path]) -> None:
        """Open no other file from here on, and change no setting.

        The SQL of a mapping is held against a list before; this is the wall behind it.

        Parameters
        ----------
        readable : folders and files of the user that statements may still read
        """
        places = [path.resolve() for path in readable]
        folders = [self.folder.resolve(), *(place for place in places if place.is_dir())]
        files = [place for place in places if not place.is_dir()]
        allowed = [text for path in folders for text in (str(path), one_path(path))]
        allowed += [] if self.remote is None else [self.remote]
        self.connection.execute(f"SET allowed_directories = {_texts(allowed)}")
        named = [text for path in files for text in (str(path), one_path(path))]
        self.connection.execute(f"SET allowed_paths = {_texts(named)}")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def load_extension(self, name: str) -> None:
        """Load an extension of DuckDB from its package (sqlite_scanner, excel, ...)."""
        package = importlib.resources.files(f"duckdb_extension_{name}")
        file = package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        try:
            self.connection.execute(f"LOAD {quoted_text(str(file))}")
        except duckdb.Error as error:
            raise BadInputError(
                f"DuckDB's extension '{name}' cannot be loaded: {first_line(error)}. Install "
                f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}."
            ) from None

    def attach(self, database: str) -> None:
        """Attach a database read-only and make it the current one.

        Parameters
        ----------
        database : 'sqlite:FILE', 'duckdb:FILE' or 'postgresql://...'

        Raises
        ------
        BadInputError
            The address is of no such form, the file is missing, or the server cannot be reached.
        """
        found = database_file(database)
        if found is not None:
            self._attach_file(*found)
        elif database.startswith(("postgresql://", "postgres://")):
            self._attach_postgres(database)
        else:
            raise BadInputError(
                f"source.database is '{without_password(database)}'; known are 'sqlite:FILE', "
                "'duckdb:FILE' and 'postgresql://HOST/DATABASE'."
            )

    def _attach_file(self, kind: str, file: Path) -> None:
        if not file.is_file():
            raise BadInputError(f"source.database: the file '{file}' does not exist.")
        if kind == SQLITE:
            self.load_extension("sqlite_scanner")
            # Columns of SQLite have no types that its rows must obey: read text, cast by contract.
            self.execute("SET sqlite_all_varchar = true")
        self._attach(str(file), kind.removesuffix(":").upper())

    def _attach_postgres(self, address: str) -> None:
        self.load_extension("postgres_scanner")
        self._attach(address, "POSTGRES")

    def _attach(self, address: str, kind: str) -> None:
        try:
            self.execute(f"ATTACH {quoted_text(address)} AS {ATTACHED} (TYPE {kind}, READ_ONLY)")
            self.execute(f"USE {ATTACHED}")
            self.attached_tables()  # SQLite opens a file that is no database; reading it fails
            self.has_database = True
        except duckdb.Error as error:
            shown = without_password(address)
            reason = first_line(error).replace(address, shown)
            raise BadInputError(f"source.database '{shown}' cannot be opened: {reason}") from None

    def attached_tables(self) -> tuple[str, ...]:
        """Names of the tables and views in the current schema of the attached database."""
        rows = self.connection.execute("SHOW TABLES").fetchall()
        return tuple(sorted(row[0] for row in rows))

    def attached_schemas(self) -> frozenset[str]:
        """Names of the schemas of the attached database, in lower case."""
        rows = self.connection.execute(
            f"SELECT schema_name FROM duckdb_schemas() WHERE database_name = '{ATTACHED}'"
        ).fetchall()
        return frozenset(str(row[0]).lower() for row in rows)

    def close(self) -> None:
        """End the connection and remove the scratch folder."""
        self.connection.close()
        self._finish()


def one_path(path: Path) -> str:
    """Write a path as a pattern that matches it alone, whatever characters are in it.

    Examples
    --------
    >>> one_path(Path("usage [2024].csv"))
    'usage [[]2024].csv'
    """
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def _texts(texts: Iterable[str]) -> str:
    """A list for DuckDB; it compares paths with patterns as they are written, too."""
    return f"[{', '.join(quoted_text(text) for text in dict.fromkeys(texts))}]"


def first_line(error: Exception) -> str:
    """What a message says before its details."""
    return str(error).strip().splitlines()[0]


def without_password(address: str) -> str:
    """Leave out what stands between the user's colon and the last @, and any password=...

    Examples
    --------
    >>> without_password("postgresql://kim:secret@host/db?password=secret")
    'postgresql://kim@host/db?password=...'
    """
    address = re.sub(r"(password=)[^&\s]*", r"\1...", address)
    return re.sub(r"(://[^:/@]*):.*@", r"\1@", address)
