"""A study folder on disk: written whole or not at all.

A study is built in a staging folder beside its place and moved there by renames at the very end.
A run that is killed leaves the earlier study as it was; the next run clears what was left over.
"""

import errno
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from clustering.errors import OutputError, StudyFolderError, breaches_message
from clustering.outputs import locked, recover, staged_folder
from clustering.outputs import publish as replace_folder
from clustering.results.document import StudyDocument
from clustering.results.tables import TABLES, check_tables
from clustering.targets import refuse_inputs

DOCUMENT = "study.json"
#: What a study writes into its folder besides its tables.
_PARTS = (DOCUMENT, "scorer", "report", "tracking.json", "discovery.csv", "discovery.xlsx")
_TABLE_FILES = {f"{spec.name}.{kind}" for spec in TABLES for kind in ("parquet", "csv")}
_NO_PLACE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
}


@dataclass(frozen=True, eq=False)
class StudyFolder:
    """A finished study, opened for reading; tables are read when they are first asked for."""

    path: Path
    document: StudyDocument

    @property
    def study(self) -> dict[str, Any]:
        """`study.json` as plain values."""
        return self.document.model_dump(mode="json")

    def has_table(self, name: str) -> bool:
        """Whether the folder holds a table that not every study has."""
        return (self.path / f"{name}.parquet").exists()

    def table(self, name: str) -> pd.DataFrame:
        """One Parquet table of the folder by its name."""
        file = self.path / f"{name}.parquet"
        try:
            return pd.read_parquet(file)
        except FileNotFoundError:
            raise StudyFolderError(f"study folder '{self.path}' has no {file.name}.") from None

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row an account: features, labellings, probability."""
        return self.table("accounts")

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """One row a candidate model."""
        return self.table("candidates")

    @cached_property
    def agreements(self) -> pd.DataFrame:
        """One row a pair of labellings."""
        return self.table("agreements")

    @cached_property
    def crosswalk(self) -> pd.DataFrame:
        """Two labellings against each other."""
        return self.table("crosswalk")

    @cached_property
    def profiles(self) -> pd.DataFrame:
        """One row a segment and feature."""
        return self.table("profiles")

    @cached_property
    def disagreements(self) -> pd.DataFrame:
        """The accounts that disagree most."""
        return self.table("disagreements")

    @cached_property
    def typical(self) -> pd.DataFrame:
        """The accounts nearest to each centre."""
        return self.table("typical")

    @cached_property
    def clustergram(self) -> pd.DataFrame:
        """How accounts move between the k-means partitions."""
        return self.table("clustergram")

    @cached_property
    def coassignment(self) -> pd.DataFrame:
        """Pairs of accounts and how often refits put them together; empty for one segment."""
        return self.table("coassignment")

    @cached_property
    def valleys(self) -> pd.DataFrame:
        """Held-out accounts between neighbouring segments; empty for one segment."""
        return self.table("valleys")

    @cached_property
    def names(self) -> "pd.Series[str]":
        """Name by account_id; empty where the accounts have none."""
        if not self.has_table("names"):
            return pd.Series(dtype="str", name="name")
        return self.table("names").set_index("account_id")["name"]


def read(folder: Path) -> StudyFolder:
    """Open a finished study.

    Raises
    ------
    StudyFolderError
        The folder is not a study, is unfinished, or was written by another version.
    """
    folder = Path(folder)
    recover(folder)
    try:
        text = (folder / DOCUMENT).read_text(encoding="utf-8")
        document = StudyDocument.model_validate_json(text)
    except (FileNotFoundError, NotADirectoryError):
        raise StudyFolderError(
            f"'{folder}' is not a finished study: it has no {DOCUMENT}. "
            "Give the folder that `clustering study` printed."
        ) from None
    except ValidationError as error:
        breaches = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise StudyFolderError(
            breaches_message(f"'{folder / DOCUMENT}' is not of this version", breaches[:10])
        ) from None
    return StudyFolder(folder, document)


@contextmanager
def still_there(study: StudyFolder) -> Iterator[None]:
    """Hold the place of a study that was read, to put something beside it that belongs to it.

    Raises
    ------
    StudyFolderError
        Another study has taken its place since it was read.
    """
    with locked(study.path):
        if read(study.path).document.provenance != study.document.provenance:
            raise StudyFolderError(
                f"another study has taken the place of '{study.path}' in the meantime."
            )
        yield


def write(document: StudyDocument, frames: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the document and the tables into a (staging) folder.

    Raises
    ------
    StudyFolderError
        A table breaks its schema.
    """
    # Imported here: who reads a study needs no scorer, and it takes SciPy along.
    from clustering.scorer.files import write_cells

    check_tables(frames)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    for spec in TABLES:
        if spec.spreadsheet and spec.name in frames:
            write_cells(frames[spec.name], folder / f"{spec.name}.csv")
    write_document(document, folder)


def write_document(document: StudyDocument, folder: Path) -> None:
    """Write `study.json` into a (staging) folder."""
    text = json.dumps(document.model_dump(mode="json"), indent=1, allow_nan=False)
    (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")


@contextmanager
def staged(target: Path, inputs: Iterable[Path] = ()) -> Iterator[Path]:
    """A new folder beside `target`; it is removed on any error.

    Parameters
    ----------
    inputs : files and folders that the study reads

    Raises
    ------
    OutputError
        The place cannot be written, is full, is or holds an input, or holds something that is not
        a study.
    """
    target = Path(target)
    recover(target)
    refuse_inputs(target, inputs)
    _refuse_foreign(target)
    try:
        with staged_folder(target) as stage:
            yield stage
    except OSError as error:
        if error.errno in _NO_PLACE:
            raise _cannot_write(target, error) from None
        raise


def publish(stage: Path, target: Path) -> None:
    """Move a finished staging folder to its place; the earlier study is kept until then.

    What somebody else has put into the folder of the earlier study stays there.
    """
    replace_folder(stage, target, _is_of_a_study)


def _is_of_a_study(name: str) -> bool:
    return name in _PARTS or name.startswith(".") or name in _TABLE_FILES


def _refuse_foreign(target: Path) -> None:
    if target.is_dir() and any(target.iterdir()) and not (target / DOCUMENT).exists():
        raise OutputError(
            f"'{target}' exists and is not a study. Nothing was written; choose another "
            "name for the study or another --out."
        )
    if target.exists() and not target.is_dir():
        raise OutputError(f"'{target}' is a file; choose another --out.")


def _cannot_write(target: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(
        f"the study cannot be written to '{target}': {reason}. "
        "An earlier study there is untouched; free some space or choose another --out."
    )
