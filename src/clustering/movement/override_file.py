"""The file of overrides: read as it is, changed by one row at a time, never half written."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clustering.columns import ACCOUNT_ID
from clustering.config import StudyConfig
from clustering.errors import BadInputError, ConfigError, OutputError, breaches_message
from clustering.outputs import locked, whole_file
from clustering.tables.contract import TABLES_BY_NAME

__all__ = ["COLUMNS", "changed_file", "overrides_file", "read_overrides", "write_table"]

#: Columns of the contract, the dates last.
COLUMNS = tuple(column.name for column in TABLES_BY_NAME["overrides"].columns)
_DATES = COLUMNS[-2:]
_SUFFIXES = (".csv", ".parquet")
_DELIMITERS = ",;\t|"


def overrides_file(config: StudyConfig) -> Path | None:
    """Where a study's overrides are kept; the file need not exist yet.

    ``movement.overrides`` if it is set; otherwise ``overrides.csv`` (or an existing ``.parquet``)
    beside the source: in the folder of the mapping if there is one, since that is the study's own,
    else in the folder of the tables. None where there is neither.
    """
    if config.movement.overrides is not None:
        return config.movement.overrides
    folder = config.source.mapping or config.source.folder
    if folder is None:
        return None
    existing = [folder / f"overrides{suffix}" for suffix in _SUFFIXES]
    return next((file for file in existing if file.exists()), existing[0])


def named_file(config: StudyConfig, given: Path | None) -> Path:
    """The file that a command reads and writes.

    Raises
    ------
    ConfigError
        The study has no place for one, or its ending is unknown.
    """
    file = given or overrides_file(config)
    if file is None:
        raise ConfigError(
            "this study reads a database and has no folder to keep overrides in: set "
            "movement.overrides in its configuration, or give --file."
        )
    if file.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"overrides '{file}' must end in .csv or .parquet.")
    return file


def read_overrides(file: Path) -> pd.DataFrame:
    """Decisions of a file, with the columns of the contract and real dates.

    Raises
    ------
    BadInputError
        The file cannot be read, a column is missing, a cell is empty or no date; all at once.
    """
    table = read_table(file)
    missing = [name for name in COLUMNS if name not in table]
    breaches = [
        f"column '{name}' is missing; found {', '.join(map(str, table))}." for name in missing
    ]
    frame = pd.DataFrame(index=table.index)
    for name in [name for name in COLUMNS if name in table]:
        texts = table[name].astype("str").str.strip()
        empty = texts.isna() | (texts == "")
        if empty.any():
            breaches.append(f"column '{name}' is empty in {_rows(empty)}.")
        frame[name] = texts
        if name in _DATES:
            days = pd.to_datetime(texts.str[:10], format="%Y-%m-%d", errors="coerce")
            wrong = days.isna() & ~empty
            if wrong.any():
                breaches.append(
                    f"column '{name}' is no date as in 2025-06-30 in {_rows(wrong)}; first: "
                    f"'{texts[wrong].iloc[0]}'."
                )
            frame[name] = days.astype("datetime64[s]")
    if breaches:
        raise BadInputError(breaches_message(f"overrides '{file}' cannot be read", breaches))
    return frame


def _rows(mask: "pd.Series[bool]") -> str:
    """As in "rows 2 and 5", counted as in a spreadsheet whose first row is the header."""
    numbers = [str(int(row) + 2) for row in mask.to_numpy().nonzero()[0]]
    shown = ", ".join(numbers[:5]) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
    return f"row {shown}" if len(numbers) == 1 else f"rows {shown}"


def read_table(file: Path) -> pd.DataFrame:
    """Every column of the file, the user's own among them; CSV as text, as it stands."""
    try:
        if file.suffix.lower() == ".parquet":
            frame: pd.DataFrame = pq.read_table(file).to_pandas(types_mapper=pd.ArrowDtype)
            return frame
        return pd.read_csv(
            file,
            sep=_delimiter(file),
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skip_blank_lines=True,
        )
    except FileNotFoundError:
        raise BadInputError(f"there is no file '{file}'.") from None
    except UnicodeDecodeError:
        raise BadInputError(f"overrides '{file}' are not UTF-8 text; save them as UTF-8.") from None
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise BadInputError(f"overrides '{file}' cannot be read: {error}.") from None


def _delimiter(file: Path) -> str:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        header = opened.readline()
    return max(_DELIMITERS, key=header.count) if any(d in header for d in _DELIMITERS) else ","


def row_of(values: dict[str, str | date], table: pd.DataFrame) -> pd.DataFrame:
    """One new row with the columns of the table; the user's own stay empty."""
    row: dict[str, Any] = {}
    for name in table.columns:
        value = values.get(str(name))
        kind = table[name].dtype
        if not isinstance(kind, pd.ArrowDtype):
            row[str(name)] = "" if value is None else str(value)
        elif value is None:
            row[str(name)] = None
        else:
            as_text = pa.types.is_string(kind.pyarrow_dtype)
            as_text = as_text or pa.types.is_large_string(kind.pyarrow_dtype)
            row[str(name)] = str(value) if as_text else value
    return pd.DataFrame([row]).astype(table.dtypes.to_dict())


def empty_table(file: Path) -> pd.DataFrame:
    """What a new file begins with."""
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    if file.suffix.lower() == ".csv":
        return frame
    texts = {name: pd.ArrowDtype(pa.string()) for name in COLUMNS}
    return frame.astype({**texts, **{name: pd.ArrowDtype(pa.date32()) for name in _DATES}})


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
                f"overrides '{file}' cannot be written: {error.strerror or error}. Nothing was "
                "changed."
            ) from None
        yield


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Replace the file in one step; the earlier one stays until the new one is complete.

    Raises
    ------
    OutputError
        It cannot be written; the earlier file is untouched.
    """
    with whole_file(file, what="overrides ") as stage:
        if file.suffix.lower() == ".parquet":
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), stage)
        else:
            _write_csv(table, stage, file)


def _write_csv(table: pd.DataFrame, stage: Path, target: Path) -> None:
    """With the delimiter and the byte order mark that the user's file had."""
    delimiter, encoding = ",", "utf-8"
    if target.exists():
        delimiter = _delimiter(target)
        encoding = "utf-8-sig" if target.read_bytes()[:3] == b"\xef\xbb\xbf" else "utf-8"
    table.to_csv(
        stage,
        index=False,
        sep=delimiter,
        encoding=encoding,
        lineterminator="\n",
        quoting=csv.QUOTE_MINIMAL,
    )


def account_rows(table: pd.DataFrame, account: str) -> "pd.Series[bool]":
    """Which rows of a file are of one account."""
    return table[ACCOUNT_ID].astype("str").str.strip() == account
