"""Every exception of the project, and the exit status that each ends a command with.

They all derive from `ClusteringError`: the command line prints its message and exits with its
`exit_status`. Where a caller passed a bad value they are `ValueError` too, so that Python users may
catch what they expect.
"""

import difflib
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """What a scheduler can branch on."""

    GOOD = 0
    DATA = 1  # the data, the configuration or the model is at fault
    USAGE = 2  # typer's own
    REFIT = 3  # nothing failed; the model is due to be learned again
    STORE = 4  # a store cannot be reached or written: trying again may help


class ClusteringError(Exception):
    """Something the user can mend; the message says what was expected, found, and what to do."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.DATA


class ConfigError(ClusteringError, ValueError):
    """The configuration is not what the study understands."""


class BadInputError(ClusteringError, ValueError):
    """A file, column or value that was handed in cannot be used."""


class TableContractError(BadInputError):
    """Source tables break the contract; the message lists every breach at once."""


class FutureDataError(ClusteringError, ValueError):
    """Something known only after the as-of date was about to be used."""


class ModelFolderError(ClusteringError):
    """A scorer folder is incomplete, was changed, or is of another version."""


class StudyFolderError(ClusteringError):
    """A study folder is missing, unfinished or of another version."""


class TrackingError(ClusteringError):
    """The tracking store cannot be reached or does not hold what was asked for."""


class TrackingStoreError(TrackingError):
    """The tracking store cannot be reached or used: it, not the question, is at fault."""

    exit_status = ExitStatus.STORE


class OutputError(ClusteringError):
    """A result cannot be written where it was asked for."""


class StoreError(ClusteringError):
    """A store of scores, a database or a partitioned folder, cannot be reached or written."""

    exit_status = ExitStatus.STORE


def breaches_message(subject: str, breaches: Sequence[str]) -> str:
    """One message for all breaches of one subject.

    Examples
    --------
    >>> print(breaches_message("table 'usage' does not meet its contract", ["a", "b"]))
    table 'usage' does not meet its contract (2 breaches):
      - a
      - b
    """
    count = f"{len(breaches)} breach" + ("" if len(breaches) == 1 else "es")
    return "\n".join([f"{subject} ({count}):", *(f"  - {breach}" for breach in breaches)])


def near_names(
    name: str, known: Iterable[str], *, cutoff: float = 0.6, at_most: int = 1
) -> list[str]:
    """The known names that are nearest to a mistyped one, the nearest first.

    Parameters
    ----------
    cutoff : how alike they must be at least, from 0 to 1 (nothing in common, the same)
    at_most : how many are named

    Examples
    --------
    >>> near_names("meetng", ["meeting", "qbr"])
    ['meeting']
    """
    return difflib.get_close_matches(name, list(known), n=at_most, cutoff=cutoff)


def did_you_mean(
    name: str,
    known: Iterable[str],
    *,
    otherwise: str = "",
    cutoff: float = 0.6,
    at_most: int = 1,
) -> str:
    """The hint that ends a message about a mistyped name, as `near_names` finds it.

    Parameters
    ----------
    otherwise : the hint where no known name is near

    Examples
    --------
    >>> did_you_mean("meetng", ["meeting", "qbr"])
    " Did you mean 'meeting'?"
    """
    near = near_names(name, known, cutoff=cutoff, at_most=at_most)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else otherwise


def or_known(name: str, known: Iterable[str]) -> str:
    """The same hint; where nothing is near, all known names, if they are few.

    Examples
    --------
    >>> or_known("call", ["meeting", "qbr"])
    ' Known: meeting, qbr.'
    """
    names = list(known)
    listed = f" Known: {', '.join(names)}." if 0 < len(names) <= 30 else ""
    return did_you_mean(name, names, otherwise=listed, cutoff=0.5)
