"""A table as a folder of Parquet files, as warehouses unload it: `usage/month=2025-01/0.pq`."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clustering.errors import BadInputError
from clustering.tables.contract import TABLES_BY_NAME
from clustering.tables.declared import Table
from clustering.tables.reading.files import PARQUET, Relation
from clustering.tables.session import Session, one_path, quoted_name, quoted_text

#: A level of folders that holds one value of a column.
_LEVEL = re.compile(r"(?P<column>[^=/]+)=(?P<value>[^/]*)")


def partitioned_tables(folder: Path) -> dict[str, Path]:
    """The folders in a folder that are called like tables and hold Parquet, by table.

    Examples
    --------
    >>> partitioned_tables(Path("no such folder"))
    {}
    """
    return {
        name: folder / name
        for name in TABLES_BY_NAME
        if (folder / name).is_dir() and partition_files(folder / name)
    }


def partition_files(folder: Path) -> list[Path]:
    """The Parquet files at any depth below a folder; what is hidden or marks success is none."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and file.name.lower().endswith(PARQUET)
        and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)
    )


def read_partitions(session: Session, folder: Path, root: Path) -> Relation:
    """Make the files of a table readable as one; a level `column=value` of folders is a column.

    Parameters
    ----------
    root : the source folder, outside of which no link may lead

    Raises
    ------
    BadInputError
        A file lies elsewhere or is no Parquet, or the files do not have the same columns.
    """
    table, files = TABLES_BY_NAME[folder.name], partition_files(folder)
    elsewhere = [file for file in files if not file.resolve().is_relative_to(root.resolve())]
    if elsewhere:
        raise BadInputError(
            f"'{elsewhere[0].relative_to(root)}' leads outside of the source folder. Copy it there."
        )
    names = _columns(files, folder)
    levels = list(dict.fromkeys(level for file in files for level in _levels(file, folder)))
    kept = [level for level in levels if level.lower() in {c.name for c in table.columns}]
    kept = [level for level in kept if level not in names]
    listed = ", ".join(quoted_text(one_path(file)) for file in files)
    chosen = ", ".join(quoted_name(name) for name in [*names, *kept])
    notes = _notes(table, folder, len(files), [level for level in levels if level not in kept])
    return Relation(
        f"SELECT {chosen} FROM read_parquet([{listed}], union_by_name = true, "
        "hive_partitioning = true, hive_types_autocast = false)",
        f"folder {folder.name}",
        typed=True,
        notes=notes,
    )


def _columns(files: Sequence[Path], folder: Path) -> list[str]:
    found: dict[Path, list[str]] = {}
    for file in files:
        try:
            found[file] = list(pq.read_schema(file).names)
        except (pa.ArrowException, ValueError, OSError):
            name = file.relative_to(folder)
            raise BadInputError(
                f"'{name}' is no Parquet file, or damaged. Export it again."
            ) from None
    first, *others = found.items()
    for file, names in others:
        if set(names) != set(first[1]):
            differing = ", ".join(sorted({*names} ^ {*first[1]}))
            raise BadInputError(
                f"'{file.relative_to(folder)}' does not have the columns of "
                f"'{first[0].relative_to(folder)}': {differing}. Export them alike."
            )
    return first[1]


def _levels(file: Path, folder: Path) -> list[str]:
    parts = file.relative_to(folder).parts[:-1]
    return [found["column"] for part in parts if (found := _LEVEL.fullmatch(part))]


def _notes(table: Table, folder: Path, n_files: int, left: Sequence[str]) -> tuple[str, ...]:
    if not left:
        return ()
    listed = ", ".join(f"'{level}'" for level in left)
    return (
        f"{table.name}: read from {n_files} files of the folder '{folder.name}'; its levels "
        f"{listed} only part the files, and are no columns.",
    )
