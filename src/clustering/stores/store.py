"""What a store of scores does: it tells what accounts held before, and takes a run whole."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from clustering.errors import ClusteringError, StoreError
from clustering.stores.history import History
from clustering.stores.rows import Run, arrow_schema


@dataclass(frozen=True, eq=False)
class Draft:
    """Rows of one run before anybody can see them.

    Attributes
    ----------
    file : where the run writes its rows, as Parquet
    history : what the accounts held on the dates before; nothing that is later
    in_path : columns that the path of the file says, and that readers take from there
    failure : what it is that the file cannot be written: a store may be free again later, a file
        that was asked for is for a person to look at
    """

    file: Path
    history: History
    in_path: tuple[str, ...] = ()
    failure: type[ClusteringError] = StoreError

    def schema(self, schemes: Iterable[str] = ()) -> pa.Schema:
        """Columns and types of the file.

        Parameters
        ----------
        schemes : columns with labels of schemes, which depend on the study
        """
        fields = arrow_schema(schemes)
        return pa.schema(field for field in fields if field.name not in self.in_path)


class ScoreStore(Protocol):
    """A place that keeps scores."""

    @property
    def place(self) -> str:
        """The place in words, without a password."""

    @property
    def knows_history(self) -> bool:
        """Whether it holds dates before that of a run."""

    def check(self) -> None:
        """Refuse what can be refused before anything is computed.

        Raises
        ------
        OutputError, StoreError
            With what to do.
        """

    def draft(self, run: Run) -> AbstractContextManager[Draft]:
        """Hold the store for a run; when the block ends well its rows are there, all at once.

        They replace those of the same date and model. If the block raises, or the process is
        killed at any moment, what was there before is there, and nothing else.

        Raises
        ------
        OutputError, StoreError
            The store cannot be reached, read or written, or another run holds it.
        """


def busy(place: str, words: object) -> StoreError:
    """Another run, or a reader, holds the store."""
    return StoreError(
        f"{place} is in use: {words}. Nothing was written; run again later, or wait longer with "
        "--wait."
    )


def failed(place: str, what: str, words: object) -> StoreError:
    """The store did not do what was asked of it."""
    return StoreError(f"{place} {what}: {words}. What was there is untouched.")
