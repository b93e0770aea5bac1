"""The files of a folder as relations that DuckDB can read, their text taken as text.

Files without types (CSV, JSON, Excel) are read as text throughout: a reader that guesses turns
the id '007' into 7 and gives up at the first bad value, while the contract casts each column to
its own type and counts every value that it cannot read.
"""

import codecs
import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import duckdb

from clustering.errors import BadInputError
from clustering.tables.session import Session, one_path, quoted_text

__all__ = [
    "SUFFIXES",
    "Relation",
    "duckdb_words",
    "read_file",
    "sheet_names",
    "stem",
    "table_files",
]

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_DELIMITERS = (",", ";", "\t", "|")
_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_JSON = (".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz")

#: What can be read, by the end of the name.
SUFFIXES = (".parquet", *_CSV, *_JSON, ".xlsx")


@dataclass(frozen=True)
class Relation:
    """Something to read a table from.

    Attributes
    ----------
    sql : a SELECT
    origin : what a message calls it: a file or a table of the database
    typed : whether its columns have types of their own and reading it again is cheap (Parquet)
    spreadsheet : whether numbers may stand for dates
    file : the one file that is read, where it is one
    note : what a reader of the report must know about how it is read
    """

    sql: str
    origin: str
    typed: bool = False
    spreadsheet: bool = False
    file: Path | None = None
    note: str = ""


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
        It cannot be read: not UTF-8, no header, a column twice, not what its name says.
    """
    suffix = _suffix(file)
    if suffix == ".parquet":
        return Relation(f"SELECT * FROM read_parquet({_literal(file)})", file.name, typed=True)
    if suffix == ".xlsx":
        return _read_excel(session, file)
    if suffix in _JSON:
        return _read_json(session, file)
    return _read_csv(file)


def _literal(file: Path) -> str:
    return quoted_text(one_path(file))


def _read_excel(session: Session, file: Path) -> Relation:
    session.load_extension("excel")
    sheets = sheet_names(file)
    others = ", ".join(f"'{sheet}'" for sheet in sheets[1:])
    return Relation(
        f"SELECT * FROM read_xlsx({quoted_text(str(file))}, header = true, all_varchar = true)",
        file.name,
        spreadsheet=True,
        file=file,
        note=f"'{file.name}': sheet '{sheets[0]}' is read, not {others}." if others else "",
    )


def sheet_names(file: Path) -> list[str]:
    """Give the sheets of an Excel workbook in their order.

    Raises
    ------
    BadInputError
        The file is no workbook.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        raise BadInputError("it is not an Excel workbook (.xlsx).") from None
    return [sheet.attrib["name"] for sheet in workbook.iter(_SHEET)]


def _read_json(session: Session, file: Path) -> Relation:
    reader = f"read_json({_literal(file)}, sample_size = -1, maximum_object_size = 67108864"
    try:
        found = session.execute(f"DESCRIBE SELECT * FROM {reader})").fetchall()
    except duckdb.Error as error:
        raise BadInputError(duckdb_words(error, file)) from None
    columns = ", ".join(f"{quoted_text(row[0])}: 'VARCHAR'" for row in found)
    return Relation(f"SELECT * FROM {reader}, columns = {{{columns}}})", file.name, file=file)


def _read_csv(file: Path) -> Relation:
    start = _start_of(file)
    header_line = start.splitlines()[0]
    delimiter = max(_DELIMITERS, key=header_line.count)
    header = next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), [])
    _refuse_bad_header(header)
    columns = ", ".join(f"{quoted_text(name.strip())}: 'VARCHAR'" for name in header)
    # Nothing is left to the sniffer: it may settle on another dialect, or give up, on odd names.
    sql = (
        f"SELECT * FROM read_csv({_literal(file)}, auto_detect = false, header = true, "
        f"columns = {{{columns}}}, delim = {quoted_text(delimiter)}, quote = '\"', "
        "escape = '\"', max_line_size = 16777216)"
    )
    return Relation(sql, file.name, file=file)


def _start_of(file: Path) -> str:
    """Read enough of a text file for its header, which may run over several lines."""
    try:
        with _open_bytes(file) as stream:
            start = stream.read(1 << 16)
    except (OSError, EOFError) as error:
        raise BadInputError(f"the file cannot be read: {error}.") from None
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInputError(f"the file is UTF-16, not UTF-8. {_how_to_convert('UTF-16', file)}")
    try:
        # The last letter may be cut off in the middle, which is no fault of the file.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start, final=False)
    except UnicodeDecodeError:
        raise BadInputError(_not_utf8(file)) from None
    if not text.splitlines() or not text.splitlines()[0].strip():
        raise BadInputError("the file has no header line with the names of the columns.")
    return text


def _open_bytes(file: Path) -> IO[bytes]:
    if file.name.lower().endswith(".gz"):
        return io.BufferedReader(gzip.open(file, "rb"))
    return file.open("rb")


def _refuse_bad_header(header: list[str]) -> None:
    names = [name.strip().lower() for name in header]
    twice = sorted({name for name in names if names.count(name) > 1})
    if "" in names:
        place = names.index("") + 1
        raise BadInputError(f"column {place} has no name in the header line.")
    if twice:
        listed = ", ".join(f"'{name}'" for name in twice)
        raise BadInputError(f"the header line names {listed} twice. Rename or remove one.")


def _not_utf8(file: Path) -> str:
    return f"the file is not UTF-8. {_how_to_convert('WINDOWS-1252', file)}"


def _how_to_convert(encoding: str, file: Path) -> str:
    return (
        f"Save it as 'CSV UTF-8', or convert it: iconv -f {encoding} -t UTF-8 '{file.name}' "
        "> converted.csv"
    )


def _file_named_in(lines: list[str]) -> Path:
    named = (line.removeprefix("file = ") for line in lines if line.startswith("file = "))
    return Path(next(named, "the file"))


def duckdb_words(error: duckdb.Error, file: Path | None = None) -> str:
    """Say an error of DuckDB in words for a person who did not write its SQL."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    message = "\n".join(lines)
    if "not utf-8" in message.lower() or "invalid unicode" in message.lower():
        return _not_utf8(file or _file_named_in(lines))
    detail = {key: value for key, _, value in (line.partition(": ") for line in lines)}
    line = next((text for text in lines if "CSV Error on Line" in text), None)
    if line is None:
        return lines[0].partition("Error: ")[2] or lines[0]
    number = line.rpartition(": ")[2]
    quoted = detail.get("Original Line", "")[:80]
    counts = next((text for text in lines if text.startswith("Expected Number")), "")
    reason = f"{counts.lower()}. " if counts else f"{lines[2] if len(lines) > 2 else ''} "
    advice = "A value with a delimiter, quote or line end inside needs double quotes around it."
    if "quote = (empty)" in message:
        advice = "Its first rows have no quotes: add quote = '\"', escape = '\"' to read_csv."
    return f"line {number} cannot be read: {reason}The line is: {quoted} - {advice}"
