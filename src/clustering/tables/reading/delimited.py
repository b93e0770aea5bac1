"""Text files with delimiters (CSV), read as text: nothing is left to a sniffer.

DuckDB parses the rows. What it would guess or pass over is settled before: the delimiter, the
header, the line ``sep=;`` that Excel reads, line ends of two kinds, bytes that are no text.
"""

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clustering.errors import BadInputError
from clustering.tables.session import Session, one_path, quoted_name, quoted_text

_DELIMITERS = (",", ";", "\t", "|")
#: Bytes that are read to find the header, rows that must agree with it, and bytes at a time.
_START, _LOOK_AT, _CHUNK = 1 << 16, 50, 1 << 22
_SHOWN = 5


@dataclass(frozen=True)
class Dialect:
    """How a text file is laid out.

    Attributes
    ----------
    header : names of the columns, without blanks around them
    skip : lines before the header
    """

    delimiter: str
    header: tuple[str, ...]
    skip: int = 0


@dataclass(frozen=True)
class Delimited:
    """A text file that DuckDB can read.

    Attributes
    ----------
    name : what a message calls it
    sql : what stands after FROM
    columns : SQL of its columns, in the order of the header
    """

    name: str
    dialect: Dialect
    sql: str
    columns: tuple[str, ...]


def sniff(session: Session, file: Path) -> Delimited:
    """Look at a file before it is read.

    Raises
    ------
    BadInputError
        It is not UTF-8 text, or has no header.
    """
    two_ends = check_text(file)
    dialect = dialect_of(file)
    copy = one_line_end(session, file, dialect.skip) if two_ends or dialect.skip else None
    names = tuple(f"column {place}" for place in range(len(dialect.header)))
    typed = ", ".join(f"{quoted_text(name)}: 'VARCHAR'" for name in names)
    sql = (
        f"read_csv({quoted_text(one_path(copy or file))}, auto_detect = false, "
        f"header = true, columns = {{{typed}}}, "
        f"delim = {quoted_text(dialect.delimiter)}, quote = '\"', escape = '\"', "
        "max_line_size = 16777216)"
    )
    return Delimited(file.name, dialect, sql, tuple(quoted_name(name) for name in names))


def dialect_of(file: Path) -> Dialect:
    """Find the delimiter and the header of a text file.

    Raises
    ------
    BadInputError
        It has no header.
    """
    with _open_bytes(file) as stream:
        start = stream.read(_START)
    # The last letter may be cut off in the middle, which is no fault of the file.
    text = codecs.getincrementaldecoder("utf-8-sig")().decode(start, final=False)
    first, _, rest = text.partition("\n")
    named = first.strip().strip('"').lower()
    if named.startswith("sep=") and len(named) <= 5:
        delimiter = first.strip().strip('"')[4:] or "\t"
        return Dialect(delimiter, _header(rest, delimiter), skip=1)
    delimiter = max(_DELIMITERS, key=lambda mark: _agreement(text, mark, len(start) < _START))
    return Dialect(delimiter, _header(text, delimiter))


def _agreement(text: str, delimiter: str, whole: bool) -> tuple[float, int]:
    """Share of the first rows with as many values as the header, and how many those are."""
    rows = _rows(text, delimiter)
    if not rows:
        return 0.0, 0
    header, *others = rows if whole or len(rows) < 3 else rows[:-1]
    if len(header) < 2:
        return 0.0, len(header)
    agreeing = sum(len(row) == len(header) for row in others)
    return (1 + agreeing) / (1 + len(others)), len(header)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return list(itertools.islice(filter(None, reader), _LOOK_AT))
    except csv.Error:
        return []


def _header(text: str, delimiter: str) -> tuple[str, ...]:
    if not text.splitlines() or not text.splitlines()[0].strip():
        raise BadInputError(
            "the file has no header line with the names of the columns: write it as the first line."
        )
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return tuple(name.strip() for name in names)


def _open_bytes(file: Path) -> IO[bytes]:
    if file.name.lower().endswith(".gz"):
        return io.BufferedReader(gzip.open(file, "rb"))
    return file.open("rb")


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with _open_bytes(file) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(f"the file cannot be read: {error}. Export it again.") from None


def check_text(file: Path) -> bool:
    """Refuse what is no text; say whether the lines end in two ways.

    Raises
    ------
    BadInputError
        A byte is no UTF-8, or zero; the line is in the message.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, ends, pairs, last = 1, 0, 0, b""
    for chunk in itertools.chain(_chunks(file), [b""]):
        if not last and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise BadInputError(f"the file is UTF-16, not UTF-8. {_convert('UTF-16', file)}")
        if b"\0" in chunk:
            line += chunk[: chunk.index(b"\0")].count(b"\n")
            raise BadInputError(
                f"line {line} holds a zero byte: the file is damaged, or it is UTF-16. Export it "
                "again as 'CSV UTF-8'."
            )
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line += chunk[: error.start].count(b"\n")
            raise BadInputError(not_utf8(file, line)) from None
        line += chunk.count(b"\n")
        ends += chunk.count(b"\n")
        pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
        last = chunk[-1:]
    return 0 < pairs < ends


def one_line_end(session: Session, file: Path, skip: int = 0) -> Path:
    """Copy a text file without its byte order mark and first lines, its lines ended in one way.

    DuckDB gives up on two kinds of line ends, and loses rows where it is told to skip lines.
    """
    number = sum(1 for _ in session.folder.glob("copy-*"))
    copy = session.folder / f"copy-{number}.txt"
    held, begun = b"", False
    with copy.open("wb") as target:
        for chunk in _chunks(file):
            text = held + (chunk if begun else _after_lines(chunk, skip))
            held, begun = (b"\r" if text.endswith(b"\r") else b""), True
            target.write(text[: len(text) - len(held)].replace(b"\r\n", b"\n"))
        target.write(held)
    return copy


def _after_lines(chunk: bytes, skip: int) -> bytes:
    text = chunk.removeprefix(codecs.BOM_UTF8)
    for _ in range(skip):
        text = text.partition(b"\n")[2]
    return text


def not_utf8(file: Path, line: int | None = None) -> str:
    """What is said of a file in another encoding."""
    place = "" if line is None else f" (line {line})"
    return f"the file is not UTF-8{place}. {_convert('WINDOWS-1252', file)}"


def _convert(encoding: str, file: Path) -> str:
    return (
        f"Save it as 'CSV UTF-8', or convert it: iconv -f {encoding} -t UTF-8 '{file.name}' "
        "> converted.csv"
    )


def bad_rows(session: Session, file: Delimited) -> str | None:
    """All rows that do not fit the header, in one sentence; None where every row does."""
    kept = file.sql.removesuffix(")") + ", store_rejects = true, rejects_limit = 0)"
    session.execute(f"SELECT count(*) FROM {kept}").fetchall()
    rejected = session.execute(
        "SELECT line, csv_line FROM temp.main.reject_errors ORDER BY line"
    ).fetchall()
    session.execute("DROP TABLE temp.main.reject_errors; DROP TABLE temp.main.reject_scans")
    if not rejected:
        return None
    lines = list(dict.fromkeys(int(row[0]) + file.dialect.skip for row in rejected))
    shown = ", ".join(map(str, lines[:_SHOWN]))
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    word, places = ("row does", "line") if len(lines) == 1 else ("rows do", "lines")
    return (
        f"{len(lines)} {word} not have the {len(file.dialect.header)} values that the header "
        f"names: {places} {shown}{more}. The first is: {str(rejected[0][1]).strip()[:80]} - A "
        "value with a delimiter, quote or line end inside needs double quotes around it."
    )
