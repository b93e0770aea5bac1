"""Segmentations that the company already has: columns of the accounts, taken as they are."""

from clustering.columns import CURRENT_SEGMENT, NEEDS_SEGMENT
from clustering.features.types import Snapshot
from clustering.schemes.types import Labelling, SchemeAbsentError, make_labelling


def needs_segment(snapshot: Snapshot) -> Labelling:
    """The needs-based segment that people assigned, in the column `needs_segment`.

    Raises
    ------
    SchemeAbsentError
        There is no such column, it is empty, or it has one value only.

    References
    ----------
    Pickens; Eizips 2017; Murphy.
    """
    return _column(snapshot, NEEDS_SEGMENT, "Needs segment, assigned by people")


def current_segment(snapshot: Snapshot) -> Labelling:
    """What the company uses today, in the column `current_segment`.

    Raises
    ------
    SchemeAbsentError
        There is no such column, it is empty, or it has one value only.
    """
    return _column(snapshot, CURRENT_SEGMENT, "Segment in use today")


def _column(snapshot: Snapshot, name: str, title: str) -> Labelling:
    if name not in snapshot.attributes:
        raise SchemeAbsentError(f"'{name}' needs the column accounts.{name}.")
    labels = snapshot.attributes[name]
    levels = sorted(labels.dropna().astype("str").unique())
    return make_labelling(
        name,
        title,
        labels,
        levels,
        kind="own",
        source="-",
        rule=f"the column accounts.{name}, as it is",
    )
