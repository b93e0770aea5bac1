"""The files of a folder as relations that DuckDB can read, their text taken as text.

Files without types (CSV, JSON, Excel) are read as text throughout: a reader that guesses turns
the id '007' into 7 and gives up at the first bad value, while the contract casts each column to
its own type and counts every value that it cannot read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from clustering.errors import BadInputError
from clustering.tables.reading.delimited import (
    Delimited,
    bad_rows,
    check_text,
    not_utf8,
    one_line_end,
    sniff,
)
from clustering.tables.reading.records import look_at_records
from clustering.tables.reading.workbooks import look_into, scan_sheet
from clustering.tables.session import Session, one_path, quoted_name, quoted_text

_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
JSON = (".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz")

PARQUET = (".parquet", ".pq")

#: What can be read, by the end of the name.
SUFFIXES = (*PARQUET, *_CSV, *JSON, ".xlsx")

#: Names that programs give to a column of row numbers.
_ROW_NUMBERS = re.compile(r"Unnamed: \d+|__index_level_\d+__|")


@dataclass(frozen=True)
class Relation:
    """Something to read a table from.

    Attributes
    ----------
    sql : a SELECT
    origin : what a message calls it: a file or a table of the database
    typed : whether its columns have types of their own and reading it again is cheap (Parquet)
    day_zero : in a spreadsheet, the day that its numbers count from where they stand for dates
    file : the one file that is read, where it is one
    texts : the text files with delimiters that are read
    notes : what a reader of the report must know about how it is read
    """

    sql: str
    origin: str
    typed: bool = False
    day_zero: date | None = None
    file: Path | None = None
    texts: tuple[Delimited, ...] = ()
    notes: tuple[str, ...] = ()


def stem(file: Path) -> str:
    """Give the name of a file without the ending that says how to read it.

    Examples
    --------
    >>> stem(Path("usage.csv.gz"))
    'usage'
    """
    suffix = _suffix(file)
    return file.name[: len(file.name) - len(suffix)] if suffix else file.name


def _suffix(file: Path) -> str:
    lowered = file.name.lower()
    return max((end for end in SUFFIXES if lowered.endswith(end)), key=len, default="")


def table_files(folder: Path) -> dict[str, list[Path]]:
    """List the readable files directly in `folder` by their stem, in order of name.

    Raises
    ------
    BadInputError
        The folder is missing or may not be read.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "does not exist"
        raise BadInputError(f"the folder of tables '{folder}' {found}. Correct source.folder.")
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file() and _suffix(file))
    except PermissionError:
        raise BadInputError(f"the folder of tables '{folder}' may not be read.") from None
    by_stem: dict[str, list[Path]] = {}
    for file in files:
        by_stem.setdefault(stem(file), []).append(file)
    return by_stem


def read_file(session: Session, file: Path) -> Relation:
    """Make a file readable.

    Raises
    ------
    BadInputError
        It cannot be read: not UTF-8, no header, a column twice or without a name, nested values,
        not what its name says.
    """
    suffix = _suffix(file)
    try:
        if suffix in PARQUET:
            return _read_parquet(session, file)
        if suffix == ".xlsx":
            return read_sheet(session, file)
        if suffix in JSON:
            return _read_json(session, file)
        if suffix in _CSV:
            return _read_csv(session, file)
    except OSError as error:
        raise BadInputError(f"the file cannot be read: {error.strerror or error}.") from None
    raise BadInputError(f"the file has none of the endings {', '.join(SUFFIXES)}.")


def _literal(file: Path) -> str:
    return quoted_text(one_path(file))


def _read_parquet(session: Session, file: Path) -> Relation:
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, ValueError):
        raise BadInputError("it is no Parquet file, or damaged. Export it again.") from None
    source = f"read_parquet({_literal(file)})"
    index = _counted_index(schema)
    source = f"read_parquet({_literal(file)}{', file_row_number = true' if index else ''})"
    columns = [*index, *((quoted_name(name), name) for name in schema.names)]
    sql, notes = _named(session, file, source, columns)
    return Relation(sql, file.name, typed=True, file=file, notes=notes)


def _counted_index(schema: pa.Schema) -> list[tuple[str, str]]:
    """SQL and name of an index that counts up evenly, which pandas keeps in the metadata alone."""
    return [
        (f"file_row_number * {int(entry['step'])} + {int(entry['start'])}", str(entry["name"]))
        for entry in (schema.pandas_metadata or {}).get("index_columns", [])
        if isinstance(entry, dict) and entry.get("name")
    ]


def read_sheet(session: Session, file: Path, sheet: str | None = None) -> Relation:
    """Make a sheet of an Excel workbook readable; without a name the first one.

    Raises
    ------
    BadInputError
        The file is no workbook, or the sheet has no header, a column twice, or values beside the
        columns of the header.
    """
    session.load_extension("excel")
    workbook = look_into(file)
    name = next(iter(workbook.sheets)) if sheet is None else sheet
    scanned = scan_sheet(file, workbook.sheets[name])
    if scanned.beyond:
        rows = ", ".join(map(str, scanned.beyond[:5]))
        raise BadInputError(
            f"sheet '{name}': {len(scanned.beyond)} rows have values beside the "
            f"{len(scanned.header)} columns of the header, first in row {rows}. The first row that "
            "is not empty must be the header: take titles above it out, and name every column."
        )
    # A blank row between two others is no end of the sheet.
    source = (
        f"read_xlsx({quoted_text(str(file))}, sheet = {quoted_text(name)}, header = true, "
        "all_varchar = true, stop_at_empty = false)"
    )
    found = [row[0] for row in session.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    if len(found) != len(scanned.header):
        raise BadInputError(f"sheet '{name}' has no header in its first row that is not empty.")
    columns = [(quoted_name(n), given) for n, given in zip(found, scanned.header, strict=True)]
    sql, notes = _named(session, file, source, columns)
    others = ", ".join(f"'{other}'" for other in workbook.sheets if other != name)
    if others and sheet is None:
        notes = (f"'{file.name}': sheet '{name}' is read, not {others}.", *notes)
    return Relation(sql, file.name, day_zero=workbook.day_zero, file=file, notes=notes)


def _read_json(session: Session, file: Path) -> Relation:
    check_text(file)
    records = look_at_records(session, one_line_end(session, file))
    if not records.names:
        raise BadInputError("the file holds no records; expected a list of them.")
    columns = list(zip(records.columns, records.names, strict=True))
    sql, notes = _named(session, file, records.sql, columns)
    return Relation(sql, file.name, file=file, notes=notes)


def _read_csv(session: Session, file: Path) -> Relation:
    found = sniff(session, file)
    columns = list(zip(found.columns, found.dialect.header, strict=True))
    try:
        sql, notes = _named(session, file, found.sql, columns)
    except duckdb.Error as error:
        raise BadInputError(bad_rows(session, found) or duckdb_words(error, file)) from None
    return Relation(sql, file.name, file=file, texts=(found,), notes=notes)


def _named(
    session: Session, file: Path, source: str, columns: Sequence[tuple[str, str]]
) -> tuple[str, tuple[str, ...]]:
    """Give the columns of a file their names; leave out those that hold nothing of the user's.

    A column without a name is left out where it is empty or numbers the rows, as programs write
    it; one with values is refused. Two columns may not have one name, in whatever case.

    Parameters
    ----------
    source : what stands after FROM
    columns : SQL and name of each
    """
    kept, notes, unnamed = [], [], []
    for place, (sql, name) in enumerate(columns, 1):
        if not _ROW_NUMBERS.fullmatch(name):
            kept.append((sql, name))
            continue
        filled, numbers = _filled(session, source, sql)
        if numbers or name.startswith("__index"):
            shown = f"'{name}'" if name else f"{place}, without a name,"
            notes.append(f"'{file.name}': column {shown} numbers the rows and is left out.")
        elif filled and not name:
            unnamed.append((place, filled))
        elif filled:
            kept.append((sql, name))
    lowered = [name.strip().lower() for _, name in kept]
    twice = ", ".join(f"'{name}'" for name in sorted(set(lowered)) if lowered.count(name) > 1)
    breaches = [
        f"column {place} has no name in the header line, but values in {filled} rows. Name it."
        for place, filled in unnamed
    ]
    if twice:
        breaches.append(f"the header line names {twice} twice. Rename or remove one.")
    if breaches:
        raise BadInputError(" ".join(breaches))
    if not kept:
        raise BadInputError("the file has no columns. Export it again.")
    listed = ", ".join(f"{sql} AS {quoted_name(name)}" for sql, name in kept)
    return f"SELECT {listed} FROM {source}", tuple(notes)


def _filled(session: Session, source: str, column: str) -> tuple[int, bool]:
    """Values in a column, and whether they count its rows up from 0 or 1."""
    text = f"nullif(trim(CAST({column} AS VARCHAR)), '')"
    number = f"TRY_CAST({text} AS BIGINT)"
    n_rows, filled, different, least, most = session.row(
        f"SELECT count(*), count({text}), count(DISTINCT {number}), min({number}), max({number}) "
        f"FROM {source}"
    )
    counts = n_rows > 0 and filled == different == n_rows and least in (0, 1)
    return int(filled), bool(counts and most - least == n_rows - 1)


def reading_error(session: Session, error: duckdb.Error, relation: Relation) -> str:
    """Say why a relation cannot be read; of rows that do not fit the header, all of them."""
    for text in relation.texts:
        if found := bad_rows(session, text):
            name = f"'{text.name}': " if relation.file is None else ""
            return f"{name}{found}"
    return duckdb_words(error, relation.file)


def _file_named_in(lines: list[str]) -> Path:
    named = (line.removeprefix("file = ") for line in lines if line.startswith("file = "))
    return Path(next(named, "the file"))


def duckdb_words(error: duckdb.Error, file: Path | None = None) -> str:
    """Say an error of DuckDB in words for a person who did not write its SQL."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    message = "\n".join(lines)
    if "not utf-8" in message.lower() or "invalid unicode" in message.lower():
        return not_utf8(file or _file_named_in(lines))
    detail = {key: value for key, _, value in (line.partition(": ") for line in lines)}
    line = next((text for text in lines if "CSV Error on Line" in text), None)
    if line is None:
        return f"{_first_words(lines[0])}{_way_out(message)}"
    number = line.rpartition(": ")[2]
    quoted = detail.get("Original Line", "")[:80]
    counts = next((text for text in lines if text.startswith("Expected Number")), "")
    reason = f"{counts.lower()}. " if counts else f"{lines[2] if len(lines) > 2 else ''} "
    advice = "A value with a delimiter, quote or line end inside needs double quotes around it."
    if "quote = (empty)" in message:
        advice = "Its first rows have no quotes: add quote = '\"', escape = '\"' to read_csv."
    return f"line {number} cannot be read: {reason}The line is: {quoted} - {advice}"


def _first_words(line: str) -> str:
    return line.partition("Error: ")[2] or line


def _way_out(message: str) -> str:
    """What to do where the SQL of a mapping meets a value that it cannot convert."""
    if "strptime" in message or "parse string" in message or "onversion" in message:
        return (
            ". The SQL meets a value that it cannot convert, and stops at the first one. Let such "
            "values through as they are, and the check counts and shows them: coalesce(CAST(CAST("
            "try_strptime(day, '%d/%m/%Y') AS DATE) AS VARCHAR), day) AS used_on, or TRY_CAST for "
            "numbers."
        )
    return ""
