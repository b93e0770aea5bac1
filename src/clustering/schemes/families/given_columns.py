"""Segmentations that the company already has: columns of the accounts, taken as they are."""

from clustering.columns import CURRENT_SEGMENT, NEEDS_SEGMENT
from clustering.features.types import Snapshot
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, SchemeAbsentError


@scheme(NEEDS_SEGMENT, "Needs segment, assigned by people", order=10, kind="own")
def needs_segment(snapshot: Snapshot) -> Groups:
    """The needs-based segment that people assigned, in the column `needs_segment`.

    Raises
    ------
    SchemeAbsentError
        There is no such column, it is empty, or it has one value only.

    References
    ----------
    Pickens; Eizips 2017; Murphy.
    """
    return _column(snapshot, NEEDS_SEGMENT)


@scheme(CURRENT_SEGMENT, "Segment in use today", order=20, kind="own")
def current_segment(snapshot: Snapshot) -> Groups:
    """What the company uses today, in the column `current_segment`.

    Raises
    ------
    SchemeAbsentError
        There is no such column, it is empty, or it has one value only.
    """
    return _column(snapshot, CURRENT_SEGMENT)


def _column(snapshot: Snapshot, name: str) -> Groups:
    if name not in snapshot.attributes:
        raise SchemeAbsentError(f"'{name}' needs the column accounts.{name}.")
    labels = snapshot.attributes[name]
    levels = sorted(labels.dropna().astype("str").unique())
    return Groups(labels, levels, f"the column accounts.{name}, as it is")
