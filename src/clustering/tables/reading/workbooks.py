"""Excel workbooks: which sheets there are, what the header of one is, from what day dates count.

DuckDB reads the cells as text. It does not say what it leaves out (values beside the header), what
it renames (two columns of one name, a header cell that was merged away), or that a workbook counts
its days from 1904; the parts of the file that say so are read here.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from clustering.errors import BadInputError

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: The day 0 of the two calendars of Excel; the first is off by one, as Excel is, before March 1900.
_DAY_ZERO, _DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)


@dataclass(frozen=True)
class Workbook:
    """What a workbook says of itself.

    Attributes
    ----------
    sheets : names of the sheets in their order, and the part of the file that each is in
    day_zero : the day that dates count from
    """

    sheets: dict[str, str]
    day_zero: date


@dataclass(frozen=True)
class Sheet:
    """What stands in a sheet beside its table.

    Attributes
    ----------
    header : names in the first row that is not empty, "" for a cell without one
    beyond : rows with a value beside the columns of the header, as Excel counts them
    """

    header: tuple[str, ...]
    beyond: tuple[int, ...]


def look_into(file: Path) -> Workbook:
    """Read the list of sheets.

    Raises
    ------
    BadInputError
        The file is no workbook.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            parts = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        raise BadInputError("it is not an Excel workbook (.xlsx). Save it as one.") from None
    targets = {part.attrib["Id"]: part.attrib["Target"] for part in parts}
    sheets = {
        sheet.attrib["name"]: _inside(targets.get(sheet.attrib.get(_RELATION, ""), ""))
        for sheet in workbook.iter(f"{_MAIN}sheet")
    }
    settings = workbook.find(f"{_MAIN}workbookPr")
    from_1904 = settings is not None and settings.attrib.get("date1904") in ("1", "true")
    return Workbook(sheets, _DAY_ZERO_1904 if from_1904 else _DAY_ZERO)


def _inside(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def scan_sheet(file: Path, part: str) -> Sheet:
    """Look at the cells of a sheet for its header, and for values that no column of it holds.

    Parameters
    ----------
    part : the part of the file that the sheet is in

    Raises
    ------
    BadInputError
        The sheet is damaged or empty.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(part) as stream:
            rows = _filled_rows(stream)
            _, cells = next(rows, (0, {}))
            if not cells:
                raise BadInputError("the sheet is empty: write a header and rows, or take it out.")
            first, last = min(cells), max(cells)
            beyond = [row for row, values in rows if min(values) < first or max(values) > last]
            texts = _shared_texts(archive)
    except (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError, EOFError) as error:
        raise BadInputError(f"the sheet cannot be read: {error}. Save it again.") from None
    names = (_cell_text(cells.get(place), texts) for place in range(first, last + 1))
    return Sheet(tuple(name.strip() for name in names), tuple(beyond))


def _filled_rows(
    stream: IO[bytes],
) -> Iterator[tuple[int, dict[int, "ElementTree.Element[str]"]]]:
    """Every row that has a value: its number, and its cells by column from 0."""
    number = 0
    for _, row in ElementTree.iterparse(stream):
        if row.tag != f"{_MAIN}row":
            continue
        number = int(row.attrib.get("r", number + 1))
        cells, place = {}, -1
        for cell in row.iter(f"{_MAIN}c"):
            place = _column(cell.attrib["r"]) if "r" in cell.attrib else place + 1
            if any(part.text for part in cell.iter() if part.tag in _TEXTS):
                cells[place] = cell
        if cells:
            yield number, cells
        row.clear()


_TEXTS = (f"{_MAIN}v", f"{_MAIN}t")


def _column(reference: str) -> int:
    """The number of a column from 0, from a reference such as AB12."""
    number = 0
    for letter in re.sub("[^A-Z]", "", reference.upper()):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts = []
    with archive.open("xl/sharedStrings.xml") as stream:
        for _, entry in ElementTree.iterparse(stream):
            if entry.tag == f"{_MAIN}si":
                texts.append("".join(t.text or "" for t in entry.iter(f"{_MAIN}t")))
                entry.clear()
    return texts


def _cell_text(cell: "ElementTree.Element[str] | None", texts: list[str]) -> str:
    if cell is None:
        return ""
    value = "".join(part.text or "" for part in cell.iter() if part.tag in _TEXTS)
    if cell.attrib.get("t") == "s":
        return texts[int(value)] if int(value) < len(texts) else ""
    return value
