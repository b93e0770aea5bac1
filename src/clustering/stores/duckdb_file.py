"""Scores in a table of a DuckDB file: a run is one transaction."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from clustering.errors import StoreError
from clustering.outputs import real_path, scratch, turn
from clustering.stores import PATIENCE_S, TABLE
from clustering.stores.history import History
from clustering.stores.rows import Run, table_parts
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
    rows_of,
    said,
)
from clustering.tables.session import (
    LEAN_LIMIT,
    Session,
    first_line,
    quoted_text,
)
from clustering.targets import refuse_inputs


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
    patience_s: float = PATIENCE_S
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
            with self._opened(read_only=True) as session, said(self.place, "cannot be read"):
                check_table(session, self.table, self.place)

    @contextmanager
    def draft(self, run: Run) -> Iterator[Draft]:
        """See `store.ScoreStore`."""
        self.check()
        real = real_path(self.path)
        try:
            with turn(real, self.patience_s), scratch("clustering-scores-") as place:
                draft = Draft(place / ROWS, self._history(run, place))
                yield draft
                if real.exists():
                    self._write(real, draft.file, run)
                    return
                # A file that is killed while DuckDB makes it would be none that can be opened.
                with scratch(f".{real.name}-", real.parent) as new:
                    self._write(new / real.name, draft.file, run, is_new=True)
                    (new / real.name).replace(real)
        except TimeoutError as error:
            raise busy(self.place, error) from None
        except OSError as error:
            raise failed(self.place, "cannot be written", error.strerror or str(error)) from None

    def _history(self, run: Run, place: Path) -> History:
        if not real_path(self.path).exists():
            return History(run)
        with self._opened(read_only=True) as session, said(self.place, "cannot be read"):
            return history_before(session, full_name(self.table), self.table, run, place)

    def _write(self, file: Path, rows: Path, run: Run, *, is_new: bool = False) -> None:
        with self._opened(read_only=False, file=file) as session, said(self.place):
            session.execute("BEGIN")
            prepare(session, self.table, rows)
            session.execute(f"DELETE FROM {full_name(self.table)} WHERE {rows_of(run)}")
            insert(session, self.table, rows)
            session.execute("COMMIT")
            # Until then the rows stand in a file beside it, which only a new one must not need.
            with suppress(*([] if is_new else [duckdb.Error])):
                session.execute(f"CHECKPOINT {STORE}")

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
                    session.execute(f"ATTACH {quoted_text(str(path))} AS {STORE}{mode}")
                    break
                except duckdb.Error as error:
                    if "lock" not in str(error).lower():
                        raise StoreError(
                            f"{self.place} cannot be opened: {first_line(error)}"
                        ) from None
                    if time.monotonic() > last:
                        raise busy(self.place, first_line(error)) from None
                time.sleep(AGAIN_S)
            yield session
        finally:
            session.close()
