"""Which table of the contract is read from what: files, a mapping, or an attached database."""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from clustering.config import SourceConfig
from clustering.errors import BadInputError, did_you_mean
from clustering.tables.contract import SEGMENT_NAMES, TABLES_BY_NAME, UNMATCHED
from clustering.tables.mapping import mapping_files, read_mapping
from clustering.tables.reading.files import (
    Relation,
    read_file,
    reading_error,
    table_files,
)
from clustering.tables.reading.partitions import partitioned_tables, read_partitions
from clustering.tables.reading.remote import open_remote
from clustering.tables.session import ATTACHED, Session, quoted_name
from clustering.tables.types import Unmatched


@dataclass
class Sources:
    """What to read for each table, and what already went wrong in finding it.

    Attributes
    ----------
    unmatched : what lists the accounts of one system that another has not, where a mapping does
    """

    relations: dict[str, Relation] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    breaches: dict[str, str] = field(default_factory=dict)
    unmatched: Relation | None = None
    notes: list[str] = field(default_factory=list)


def find_sources(session: Session, source: SourceConfig) -> Sources:
    """Find the tables that a configuration names, and lock the session to them.

    With a mapping, its `.sql` files alone say which tables exist. Without one, the folder has
    one file per table, or a folder of Parquet files, or the database one table or view, in the
    contract's own names.

    Raises
    ------
    BadInputError
        The folder, mapping or database cannot be opened.
    """
    sources = _found(session, source)
    session.lock(_readable(source))  # the user's own SQL runs from here on
    return sources


def _readable(source: SourceConfig) -> list[Path]:
    """The folder, and what its owner has put into it by links; a mapping may not follow those."""
    if source.folder is None:
        return []
    links = (
        [] if source.mapping else [file for file in source.folder.iterdir() if file.is_symlink()]
    )
    return [source.folder, *links]


def _found(session: Session, source: SourceConfig) -> Sources:
    sources = Sources()
    files = table_files(source.folder) if source.folder is not None else {}
    if source.database is not None:
        session.attach(source.database)
    if source.remote is not None:
        open_remote(session, source.remote)
    if source.mapping is not None:
        _from_mapping(session, sources, source.mapping, source.folder)
        sources.notes += _unmapped(files, sources)
        return sources
    if source.database is not None:
        _from_database(session, sources)
    _from_folder(session, sources, files)
    if source.folder is not None:
        _from_partitions(session, sources, source.folder)
    return sources


def _from_mapping(session: Session, sources: Sources, mapping: Path, folder: Path | None) -> None:
    files = mapping_files(mapping)
    if UNMATCHED.name in files:
        sources.unmatched = read_mapping(session, files.pop(UNMATCHED.name), folder)
    for name, file in files.items():
        sources.origins[name] = f"mapping {file.name}"
        try:
            sources.relations[name] = read_mapping(session, file, folder)
        except BadInputError as error:
            sources.breaches[name] = str(error)


def _unmapped(files: dict[str, list[Path]], sources: Sources) -> list[str]:
    return [
        f"'{files[name][0].name}' is in the folder but not in the mapping: it is not read."
        for name in files
        if name in TABLES_BY_NAME and name not in sources.origins
    ]


def _from_database(session: Session, sources: Sources) -> None:
    for name in session.attached_tables():
        if name in TABLES_BY_NAME:
            origin = f"table {name} of the database"
            sources.origins[name] = origin
            sql = f"SELECT * FROM {ATTACHED}.{quoted_name(name)}"
            sources.relations[name] = Relation(sql, origin)


def _from_folder(session: Session, sources: Sources, files: dict[str, list[Path]]) -> None:
    for name, candidates in files.items():
        if name == SEGMENT_NAMES.name:
            continue
        if name not in TABLES_BY_NAME:
            sources.notes += _unknown_file(candidates[0], name, set(files))
            continue
        origins = [file.name for file in candidates]
        if name in sources.origins:
            origins.append(sources.origins[name])
        sources.origins[name] = origins[0]
        if len(origins) > 1:
            sources.breaches[name] = f"it is there twice: {' and '.join(origins)}. Keep one."
            continue
        try:
            relation = read_file(session, candidates[0])
        except BadInputError as error:
            sources.breaches[name] = str(error)
            continue
        sources.relations[name] = relation
        sources.notes += relation.notes


def _from_partitions(session: Session, sources: Sources, root: Path) -> None:
    for name, folder in partitioned_tables(root).items():
        origin = f"folder {name}"
        if name in sources.origins:
            twice = f"{sources.origins[name]} and {origin}"
            sources.breaches[name] = f"it is there twice: {twice}. Keep one."
            continue
        sources.origins[name] = origin
        try:
            sources.relations[name] = read_partitions(session, folder, root)
            sources.notes += sources.relations[name].notes
        except BadInputError as error:
            sources.breaches[name] = str(error)


def _unknown_file(file: Path, name: str, present: set[str]) -> list[str]:
    absent = [table for table in TABLES_BY_NAME if table not in present]
    hint = did_you_mean(name.lower(), absent, cutoff=0.7)
    if not hint and file.suffix == ".json":
        return []  # a manifest or the like, not a table under another name
    return [f"'{file.name}' is no table of the contract and is not read.{hint}"]


def find_unmatched(session: Session, sources: Sources) -> tuple[Unmatched, ...]:
    """Count the accounts of one system that another has not, where a mapping lists them.

    Raises
    ------
    BadInputError
        The mapping that lists them cannot be run.
    """
    if sources.unmatched is None:
        return ()
    try:
        rows = session.execute(
            "SELECT found_in, missing_in, consequence, count(DISTINCT id), "
            "list(DISTINCT id ORDER BY id)[:3] "
            f"FROM ({sources.unmatched.sql}) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    except duckdb.Error as error:
        raise BadInputError(
            f"{sources.unmatched.origin}: {reading_error(session, error, sources.unmatched)}"
        ) from None
    return tuple(
        Unmatched(str(here), str(there), str(words), int(count), tuple(map(str, first)))
        for here, there, words, count, first in rows
    )
