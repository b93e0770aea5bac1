"""Scores in a table of PostgreSQL: a run is one transaction."""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import duckdb

from clustering.errors import StoreError
from clustering.outputs import scratch
from clustering.stores import PATIENCE_S, TABLE
from clustering.stores.rows import KEY, Run, table_parts
from clustering.stores.store import Draft, busy, failed
from clustering.stores.tables import (
    AGAIN_S,
    ROWS,
    STORE,
    check_table,
    full_name,
    history_before,
    insert,
    prepare,
    quoted_table,
    rows_of,
)
from clustering.tables.session import (
    LEAN_LIMIT,
    Session,
    first_line,
    quoted_text,
    without_password,
)


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
    patience_s: float = PATIENCE_S
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
            check_table(session, self.table, self.place)

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
                check_table(session, self.table, self.place)
                history = history_before(
                    session, full_name(self.table, "public"), self.table, run, place
                )
            draft = Draft(place / ROWS, history)
            yield draft
            with self._said():
                prepare(session, self.table, draft.file, keys=KEY, schema="public")
                # DuckDB would fetch the rows to delete them one by one.
                self._run(
                    session,
                    f"DELETE FROM {quoted_table(self.table, 'public')} WHERE {rows_of(run)}",
                )
                insert(session, self.table, draft.file, schema="public")

    @contextmanager
    def _alone(self, session: Session) -> Iterator[None]:
        """One transaction that no other run shares; it ends with the process, if need be."""
        digest = hashlib.sha256(quoted_table(self.table, "public").encode()).digest()
        lock = int.from_bytes(digest[:8], "big", signed=True)
        ask = quoted_text(f"SELECT pg_try_advisory_xact_lock({lock}) AS held")
        last = time.monotonic() + self.patience_s
        with self._said():
            while True:
                session.execute("BEGIN")
                if session.row(f"SELECT held FROM postgres_query('{STORE}', {ask})")[0]:
                    break
                session.execute("ROLLBACK")
                if time.monotonic() > last:
                    raise busy(
                        self.place, f"another run has held it for {self.patience_s:g} seconds"
                    )
                time.sleep(AGAIN_S)
        yield
        with self._said():
            session.execute("COMMIT")

    def _run(self, session: Session, sql: str) -> None:
        session.execute(f"CALL postgres_execute('{STORE}', {quoted_text(sql)})")

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        self._check_address()
        session = Session(memory_limit=LEAN_LIMIT)
        try:
            session.load_extension("postgres_scanner")
            with self._said("cannot be reached"):
                session.execute(f"ATTACH {quoted_text(self.address)} AS {STORE} (TYPE POSTGRES)")
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
            raise failed(self.place, what, words) from None

    def _secrets(self) -> list[str]:
        password = urlsplit(self.address).password
        given = re.findall(r"password=([^&\s]+)", self.address)
        found = [*given, *([password] if password else [])]
        return sorted({*found, *map(unquote, found)}, key=len, reverse=True)
