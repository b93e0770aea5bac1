"""Every exception of the project.

They all derive from `ClusteringError`: the command line prints its message and exits with
status 1. Where a caller passed a bad value they are `ValueError` too, so that Python users may
catch what they expect.
"""

from collections.abc import Sequence


class ClusteringError(Exception):
    """Something the user can mend; the message says what was expected, found, and what to do."""


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


class OutputError(ClusteringError):
    """A result cannot be written where it was asked for."""


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
