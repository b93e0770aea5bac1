"""Scores in one file of one date, or in a folder that is parted by date and model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clustering.errors import OutputError, StoreError
from clustering.outputs import real_path, scratch, turn, whole_file
from clustering.scorer.files import SCORE_FILES, guard_cells
from clustering.stores import PATIENCE_S
from clustering.stores.history import DATES_BEFORE, HISTORY_COLUMNS, History, keep_history
from clustering.stores.rows import AS_OF, MODEL_VERSION, Run
from clustering.stores.store import Draft, busy, failed
from clustering.tables.session import LEAN_LIMIT, Session, first_line, one_path, quoted_text
from clustering.targets import check_file, refuse_inputs

_PARQUET = ".parquet"
#: Rows of CSV that are made at a time.
_ROWS_OF_CSV = 20_000
#: Whole numbers stay whole beside nulls.
_PANDAS = {pa.string(): pd.StringDtype("pyarrow"), pa.int64(): pd.Int64Dtype()}
_FILE = "scores.parquet"
#: A folder for what is not complete, and the name of the rows in it: some readers look into hidden
#: folders too, but for names that end in .parquet alone.
_STAGED, _ROWS = ".scores-", "rows.partial"
#: What other programs leave in such a folder, and readers of Parquet pass over.
_HIDDEN = (".", "_")


@dataclass(frozen=True)
class FileStore:
    """One .csv or .parquet file: it knows one date, and a run replaces all of it.

    Attributes
    ----------
    inputs, closed : what may not be written over, see `targets.check_file`
    """

    path: Path
    inputs: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    knows_history: bool = field(default=False, init=False)

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def check(self) -> None:
        """Refuse a file that cannot be written or must not be (`targets.check_file`)."""
        check_file(self.path, self.inputs, suffixes=SCORE_FILES, closed=self.closed)

    @contextmanager
    def draft(self, run: Run) -> Iterator[Draft]:
        """See `store.ScoreStore`."""
        self.check()
        with whole_file(self.path) as stage:
            if self.path.suffix.lower() == _PARQUET:
                yield Draft(stage, History(run), failure=OutputError)
                return
            with scratch("clustering-scores-") as place:
                draft = Draft(place / _FILE, History(run), failure=OutputError)
                yield draft
                _to_csv(draft.file, stage)


def _to_csv(rows: Path, target: Path) -> None:
    """Write rows as CSV that no spreadsheet runs, a piece at a time."""
    with pq.ParquetFile(rows) as opened, target.open("w", encoding="utf-8", newline="") as out:
        schema = pa.schema(
            field.with_type(pa.string()) if pa.types.is_date(field.type) else field
            for field in opened.schema_arrow
        )
        out.write(",".join(schema.names) + "\n")
        for batch in opened.iter_batches(_ROWS_OF_CSV):
            frame = batch.cast(schema).to_pandas(types_mapper=_PANDAS.get)
            guard_cells(frame).to_csv(out, index=False, lineterminator="\n", header=False)


@dataclass(frozen=True)
class FolderStore:
    """A folder of Parquet files, `as_of=2025-09-30/model_version=.../scores.parquet`.

    Attributes
    ----------
    inputs, closed : what may not be written over, see `targets.check_file`
    patience_s : seconds to wait for another run
    """

    folder: Path
    inputs: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    patience_s: float = PATIENCE_S
    knows_history: bool = field(default=True, init=False)

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def check(self) -> None:
        """Refuse a place that cannot be written, or that holds something else than scores.

        Raises
        ------
        OutputError
            It is an input, or lies in what is read.
        StoreError
            It cannot be written, or is not a folder of scores.
        """
        refuse_inputs(self.folder, self.inputs, closed=self.closed)
        real = real_path(self.folder)
        above = real if real.exists() else real.parent
        if real.exists() and not real.is_dir():
            raise StoreError(f"'{self.folder}' is a file; expected a folder of scores.")
        if not above.is_dir():
            raise StoreError(f"'{self.folder}' cannot be written: there is no folder '{above}'.")
        if not os.access(above, os.W_OK):
            raise StoreError(
                f"'{self.folder}' cannot be written: the folder '{above}' is read-only."
            )
        foreign = [name for name in _names(real) if not name.startswith(f"{AS_OF}=")]
        if foreign:
            raise StoreError(
                f"'{self.folder}' is not a folder of scores: it holds '{foreign[0]}'"
                f"{f' and {len(foreign) - 1} more' if len(foreign) > 1 else ''}; expected folders "
                f"{AS_OF}=... alone. Nothing was written; choose another --out."
            )

    @contextmanager
    def draft(self, run: Run) -> Iterator[Draft]:
        """See `store.ScoreStore`; the rows appear by the renaming of one file."""
        self.check()
        real = real_path(self.folder)
        try:
            with turn(real, self.patience_s), _made(real), scratch(_STAGED, real) as place:
                history = self._history(run, place)
                draft = Draft(place / _ROWS, history, in_path=(AS_OF, MODEL_VERSION))
                yield draft
                _publish(draft.file, real / f"{AS_OF}={run.as_of}", run)
        except TimeoutError as error:
            raise busy(f"'{self.folder}'", error) from None
        except OSError as error:
            words = error.strerror or error
            raise failed(f"'{self.folder}'", "cannot be written", words) from None

    def _history(self, run: Run, place: Path) -> History:
        """The last states, from the files of the dates before."""
        days = sorted(
            (day, name)
            for name in _names(real_path(self.folder))
            if (day := _day(name)) is not None and day < run.as_of
        )
        rows = [
            _rows_of(file, day)
            for day, name in days[-DATES_BEFORE:]
            for file in sorted(real_path(self.folder).glob(f"{name}/{MODEL_VERSION}=*/{_FILE}"))
        ]
        if not rows:
            return History(run)
        session = Session(memory_limit=LEAN_LIMIT)
        try:
            return keep_history(session, " UNION ALL ".join(rows), run, place)
        except duckdb.Error as error:
            raise StoreError(
                f"the scores of earlier dates in '{self.folder}' cannot be read: "
                f"{first_line(error)}. Score these dates again, or choose another --out."
            ) from None
        finally:
            session.close()


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if not one.name.startswith(_HIDDEN))


def _day(name: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(name.removeprefix(f"{AS_OF}="))
    return None


def _rows_of(file: Path, day: date) -> str:
    """SQL of the rows of one file, whose date and model stand in its path."""
    version = file.parent.name.removeprefix(f"{MODEL_VERSION}=")
    constant = {AS_OF: f"DATE '{day}'", MODEL_VERSION: quoted_text(version)}
    columns = (
        f"{constant[name]} AS {name}" if name in constant else name for name in HISTORY_COLUMNS
    )
    source = f"read_parquet({quoted_text(one_path(file))}, hive_partitioning = false)"
    return f"SELECT {', '.join(columns)} FROM {source}"


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder; it goes again if it is new and nothing came into it."""
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        yield
    finally:
        if is_new:
            with suppress(OSError):
                folder.rmdir()


def _publish(file: Path, date_folder: Path, run: Run) -> None:
    target = date_folder / f"{MODEL_VERSION}={run.model_version}"
    target.mkdir(parents=True, exist_ok=True)
    file.chmod(0o644)
    file.replace(target / _FILE)
