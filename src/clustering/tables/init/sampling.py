"""Looking at a user's own files for `clustering init`: names of columns and a sample of values."""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from clustering.errors import BadInputError
from clustering.tables.init.guessing import SourceSample
from clustering.tables.init.sniffing import sniff_column
from clustering.tables.init.vendors.nested import flattened
from clustering.tables.reading.files import (
    JSON,
    SUFFIXES,
    Relation,
    read_file,
    read_sheet,
    reading_error,
    stem,
)
from clustering.tables.reading.workbooks import look_into
from clustering.tables.session import Session, quoted_name, quoted_text

_SQLITE = (".sqlite", ".sqlite3", ".db")
_SAMPLE_ROWS = 5000


@dataclass(frozen=True)
class Surroundings:
    """What was looked at.

    Attributes
    ----------
    folder : the folder that holds all files; the mappings name them relative to it
    database : the SQLite file among them, if any
    samples : every source that could be read
    unread : why each other file could not be
    skipped : sheets, and JSON files of a folder, that are no tables, and why
    """

    folder: Path
    database: Path | None
    samples: tuple[SourceSample, ...]
    unread: tuple[str, ...]
    skipped: tuple[str, ...]


def look_at(session: Session, paths: Sequence[Path], vendors: Collection[str] = ()) -> Surroundings:
    """Look at files and at the readable files directly in folders.

    Parameters
    ----------
    vendors : names of exports that are looked for: their folders within the folders are read as
        well, and so are records within records, as an API gives them

    Raises
    ------
    BadInputError
        A path does not exist, nothing readable is among them, or there are two databases.
    """
    folders = [path / vendor for path in paths for vendor in vendors]
    files = sorted({*_expand(paths), *_expand([one for one in folders if one.is_dir()])})
    named = {given.expanduser().resolve() for given in paths}
    if not files:
        raise BadInputError(
            f"nothing to read in {', '.join(map(str, paths))}; files can end in "
            f"{', '.join((*SUFFIXES, *_SQLITE))}."
        )
    databases = [file for file in files if file.suffix.lower() in _SQLITE]
    if len(databases) > 1:
        raise BadInputError(
            f"found two databases, {databases[0].name} and {databases[1].name}; a study reads one."
        )
    folder = Path(os.path.commonpath([file.parent for file in files]))
    # The first rows, and not some rows, so that the draft is the same every time.
    session.execute("SET preserve_insertion_order = true")
    samples: list[SourceSample] = []
    unread: list[str] = []
    skipped: list[str] = []
    for file in files:
        try:
            samples += _sources_in(session, file, folder, skipped, nested=bool(vendors))
        except BadInputError as error:
            # Beside tables lie settings and manifests: JSON that nobody named may be no table.
            if file.suffix.lower() == ".json" and file not in named:
                skipped.append(f"{file.name} ({error})")
            else:
                unread.append(f"{file.name}: {error}")
    return Surroundings(
        folder, next(iter(databases), None), tuple(samples), tuple(unread), tuple(skipped)
    )


def _expand(paths: Sequence[Path]) -> Iterable[Path]:
    for given in paths:
        path = given.expanduser().resolve()
        if path.is_dir():
            yield from (file for file in path.iterdir() if _is_readable(file))
        elif not path.exists():
            raise BadInputError(f"'{given}' does not exist.")
        elif _is_readable(path):
            yield path
        else:
            known = ", ".join((*SUFFIXES, *_SQLITE))
            raise BadInputError(f"'{given}' cannot be read; files can end in {known}.")


def _is_readable(file: Path) -> bool:
    return file.is_file() and file.name.lower().endswith((*SUFFIXES, *_SQLITE))


def _sources_in(
    session: Session, file: Path, folder: Path, skipped: list[str], *, nested: bool
) -> list[SourceSample]:
    name = quoted_text(file.relative_to(folder).as_posix())
    lowered = file.name.lower()
    if lowered.endswith(_SQLITE):
        return _tables_of(session, file)
    if lowered.endswith(".xlsx"):
        return _sheets_of(session, file, name, skipped)
    if nested and file.name.lower().endswith(JSON):
        flat = flattened(session, file, name)
        if flat is not None:
            return [_sample(session, stem(file), flat[0], Relation(flat[1], file.name, file=file))]
    relation = read_file(session, file)
    return [_sample(session, stem(file), name, relation)]


def _tables_of(session: Session, file: Path) -> list[SourceSample]:
    session.attach(f"sqlite:{file}")
    return [
        _sample(
            session,
            name,
            quoted_name(name),
            Relation(f"FROM {quoted_name(name)}", f"{file.name}: {name}"),
        )
        for name in session.attached_tables()
    ]


def _sheets_of(session: Session, file: Path, name: str, skipped: list[str]) -> list[SourceSample]:
    sheets = [*look_into(file).sheets]
    samples = []
    # A workbook of one sheet is known by its own name rather than by "Sheet1".
    alone = len(sheets) == 1
    for sheet in sheets:
        title = stem(file) if alone else sheet
        origin = file.name if alone else f"{file.name}: {sheet}"
        options = f"sheet = {quoted_text(sheet)}, header = true, all_varchar = true"
        reads = name if alone else f"read_xlsx({name}, {options}, stop_at_empty = false)"
        try:
            relation = replace(read_sheet(session, file, sheet), origin=origin)
            samples.append(_sample(session, title, reads, relation))
        except BadInputError as error:
            if alone:
                raise
            skipped.append(f"{origin} ({error})")
    return samples


def _sample(session: Session, name: str, reads: str, relation: Relation) -> SourceSample:
    try:
        rows = session.execute(
            f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({relation.sql} LIMIT {_SAMPLE_ROWS})"
        )
        names = [column[0] for column in rows.description or ()]
        values = rows.fetchall()
    except duckdb.Error as error:
        raise BadInputError(reading_error(session, error, relation)) from None
    spreadsheet = relation.day_zero is not None
    columns = tuple(
        sniff_column(column, [row[place] for row in values], spreadsheet=spreadsheet)
        for place, column in enumerate(names)
    )
    return SourceSample(name, reads, relation.origin, relation.sql, columns)
