"""Files of people's decisions: read as they are, changed by one row at a time, never half written.

There are two: the overrides of single accounts, and the names that people gave to segments.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd

from clustering.config import ReadingConfig, StudyConfig
from clustering.errors import BadInputError, ConfigError, OutputError, breaches_message
from clustering.movement.overrides.rows import CsvRows, ParquetRows, rows_of
from clustering.outputs import locked, whole_file
from clustering.tables.contract import OVERRIDES
from clustering.tables.declared import Table
from clustering.tables.reading.ready import open_ready

#: Columns of the contract, the dates last.
COLUMNS = tuple(column.name for column in OVERRIDES.columns)
_SUFFIXES = (".csv", ".parquet")


def typed(frame: pd.DataFrame, table: Table = OVERRIDES) -> pd.DataFrame:
    """Decisions with the columns of the contract: texts, and real dates."""
    kinds = {one.name: "datetime64[s]" if one.kind == "date" else "str" for one in table.columns}
    return frame.reindex(columns=list(kinds)).astype(kinds)


def overrides_file(config: StudyConfig, table: Table = OVERRIDES) -> Path | None:
    """Where a study's overrides, or its names of segments, are kept; it need not exist yet.

    ``movement.overrides`` if it is set; otherwise ``overrides.csv`` (or an existing ``.parquet``)
    beside the source: in the folder of the mapping if there is one, since that is the study's own,
    else in the folder of the tables. None where there is neither. Likewise ``segment_names``.
    """
    given: Path | None = getattr(config.movement, table.name)
    if given is not None:
        return given
    folder = config.source.mapping or config.source.folder
    if folder is None:
        return None
    existing = [folder / f"{table.name}{suffix}" for suffix in _SUFFIXES]
    return next((file for file in existing if file.exists()), existing[0])


def named_file(config: StudyConfig, given: Path | None, table: Table = OVERRIDES) -> Path:
    """The file that a command reads and writes.

    Raises
    ------
    ConfigError
        The study has no place for one, or its ending is unknown.
    """
    file = given or overrides_file(config, table)
    if file is None:
        raise ConfigError(
            f"this study reads a database and has no folder to keep {_words(table)} in: set "
            f"movement.{table.name} in its configuration, or give --file."
        )
    if file.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"{_words(table)} '{file}' must end in .csv or .parquet.")
    return file


def _words(table: Table) -> str:
    return table.name.replace("_", " ")


def read_overrides(
    file: Path, reading: ReadingConfig | None = None, table: Table = OVERRIDES
) -> pd.DataFrame:
    """Decisions of a file, with the columns of the contract and real dates.

    Parameters
    ----------
    reading : what its cells mean (None: the defaults)

    Raises
    ------
    BadInputError
        The file cannot be read, a column is missing, a cell is empty or no date; all at once.
    """
    with open_ready(file, reading, may_be_empty=True, in_study=True) as given:
        given.require([column.name for column in table.columns])
        found = given.typed(table.columns)
    if found.breaches:
        subject = f"{_words(table)} '{file}' cannot be read"
        raise BadInputError(breaches_message(subject, found.breaches))
    return found.frame


def read_rows(
    file: Path, reading: ReadingConfig | None = None, table: Table = OVERRIDES
) -> tuple[CsvRows | ParquetRows, pd.DataFrame]:
    """The rows of a file as they stand, and the decisions in them, one a row.

    Raises
    ------
    BadInputError
        As for `read_overrides`; or a row is read in two ways, so that writing could harm it.
    """
    columns = [column.name for column in table.columns]
    dates = [column.name for column in table.columns if column.kind == "date"]
    if not file.exists():
        return rows_of(file, columns, dates), typed(pd.DataFrame(), table)
    frame = read_overrides(file, reading, table)
    rows = rows_of(file, columns, dates)
    if len(frame) != rows.n_rows:
        raise BadInputError(
            f"{_words(table)} '{file}' hold {rows.n_rows} rows by one way of reading and "
            f"{len(frame)} by another, so nothing was changed. Take out rows without any "
            "value, and write a quote inside a value twice."
        )
    return rows, frame


@contextmanager
def changed_file(file: Path) -> Iterator[None]:
    """Hold the folder of the file, so that two people who decide at once lose nothing.

    Whatever link leads to the file, it is the folder of the file itself that is held.

    Raises
    ------
    OutputError
        The folder does not exist or may not be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked(file))
        except OSError as error:
            raise OutputError(
                f"decisions '{file}' cannot be written: {error.strerror or error}. Nothing was "
                "changed."
            ) from None
        yield


def write_rows(rows: CsvRows | ParquetRows, file: Path) -> None:
    """Replace the file in one step; the earlier one stays until the new one is complete.

    Raises
    ------
    OutputError
        It cannot be written; the earlier file is untouched.
    """
    with whole_file(file, what="decisions ") as stage:
        rows.write(stage)
