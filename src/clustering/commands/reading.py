"""What a command reads: tables, a study's TOML, a finished study; and what is not written over."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.config import FeaturesConfig, ReadingConfig, SourceConfig, StudyConfig, load_config
from clustering.errors import StudyFolderError
from clustering.inputs import PREVIOUS, named_inputs
from clustering.movement.overrides.file import overrides_file
from clustering.tables import TABLES
from clustering.tables.contract import OVERRIDES, SEGMENT_NAMES
from clustering.tables.reading.files import SUFFIXES, table_files
from clustering.tables.reading.partitions import partition_files, partitioned_tables

if TYPE_CHECKING:
    from clustering.results import StudyFolder
    from clustering.tables import SourceTables


def tables_of_folder(folder: Path) -> list[Path]:
    """The tables of a folder, and the places where further ones would be taken for tables."""
    present = [file for files in table_files(folder).values() for file in files]
    names = {table.name for table in TABLES}
    read = [file for file in present if file.name.partition(".")[0] in names]
    read += [file for one in partitioned_tables(folder).values() for file in partition_files(one)]
    return [*read, *(folder / f"{name}{suffix}" for name in sorted(names) for suffix in SUFFIXES)]


def read_study(study: Path) -> "tuple[StudyConfig, StudyFolder]":
    """A finished study, by its folder or by its TOML, and its configuration."""
    from clustering import results

    if study.suffix.lower() == ".toml":
        config = load_config(study)
        folder = config.output.folder / config.name
        try:
            found = results.read(folder)
        except StudyFolderError as error:
            raise StudyFolderError(
                f"{error}\nSegments are those of a finished study. Run: clustering study {study}"
            ) from None
    else:
        found = results.read(study)
        config = StudyConfig.model_validate(found.document.configuration)
    return config, found


def source_config(
    source: Path, as_of: date, name: str, reading: ReadingConfig | None = None
) -> StudyConfig:
    """The configuration of a study's TOML at another date, or of a folder of tables alone.

    Parameters
    ----------
    name : of the study that a folder does not name
    reading : what the cells of a folder's tables mean (None: the defaults)
    """
    if not source.is_dir():
        return load_config(source).model_copy(update={"as_of": as_of})
    cells = {} if reading is None else reading.model_dump()
    return StudyConfig(name=name, as_of=as_of, source=SourceConfig(folder=source, **cells))


def open_source_tables(
    source: Path, config: StudyConfig, features: FeaturesConfig
) -> "SourceTables":
    """The tables of a folder, or of a study's TOML, under their `source_config`.

    Parameters
    ----------
    features : of the model that they are for: what it reads beside the contract
    """
    from clustering.tables import open_folder, open_tables

    if source.is_dir():
        return open_folder(config.source, features)
    return open_tables(config.model_copy(update={"features": features}))


def source_inputs(source: Path, config: StudyConfig | None = None) -> list[Path]:
    """Everything that is read of a folder of tables, or of a study's TOML and what it names.

    Parameters
    ----------
    config : of the TOML, where it has been read already
    """
    if source.is_dir():
        return tables_of_folder(source)
    return study_inputs(config or load_config(source), source)


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
