"""What a command reads, so that it is not written over."""

from collections.abc import Iterator
from pathlib import Path

from clustering.config import StudyConfig
from clustering.inputs import PREVIOUS, named_inputs
from clustering.movement.overrides.file import overrides_file
from clustering.tables import TABLES
from clustering.tables.contract import OVERRIDES, SEGMENT_NAMES
from clustering.tables.reading.files import SUFFIXES, table_files


def tables_of_folder(folder: Path) -> list[Path]:
    """The tables of a folder, and the places where further ones would be taken for tables."""
    present = [file for files in table_files(folder).values() for file in files]
    names = {table.name for table in TABLES}
    read = [file for file in present if file.name.partition(".")[0] in names]
    return [*read, *(folder / f"{name}{suffix}" for name in sorted(names) for suffix in SUFFIXES)]


def study_inputs(config: StudyConfig, file: Path | None = None) -> list[Path]:
    """Everything that a study reads: its own TOML, and what that names.

    Parameters
    ----------
    file : the TOML
    """
    return list(_inputs(config, file))


def _inputs(config: StudyConfig, file: Path | None) -> Iterator[Path]:
    if file is not None:
        yield file
    # A study may take the place of the previous one: its model is read before.
    yield from (path for key, path in named_inputs(config).items() if key != PREVIOUS)
    for table in (OVERRIDES, SEGMENT_NAMES):
        kept = overrides_file(config, table)
        if kept is not None:
            yield kept
    folder = config.source.folder
    if folder is None or not folder.is_dir():
        return
    if config.source.mapping is None:
        yield from tables_of_folder(folder)
    else:  # a mapping may read any of them
        yield from (file for files in table_files(folder).values() for file in files)
