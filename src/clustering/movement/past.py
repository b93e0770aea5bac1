"""The accounts of a study on dates before its own: what the tables reach, each snapshot once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from clustering.config import StudyConfig
from clustering.errors import ClusteringError
from clustering.features import Snapshot, build_snapshot
from clustering.features.types import Feature
from clustering.schemes import Labelling, assign_all
from clustering.tables import SourceTables
from clustering.tables.contract import COUNTED_TABLES


@dataclass(frozen=True, eq=False)
class Past:
    """The accounts as they were known on any date; what was computed for one is kept.

    Attributes
    ----------
    tables, config : of the study
    latest : its own snapshot, at the as-of date
    assigned : the rule-based labellings of it
    """

    tables: SourceTables
    config: StudyConfig
    latest: Snapshot
    assigned: Sequence[Labelling]
    _snapshots: dict[date, Snapshot] = field(default_factory=dict, init=False, repr=False)
    _labellings: dict[date, Sequence[Labelling]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        self._snapshots[self.latest.as_of] = self.latest
        self._labellings[self.latest.as_of] = self.assigned

    def snapshot(self, day: date) -> Snapshot:
        """The accounts as they were known on a date.

        Raises
        ------
        BadInputError
            The tables do not allow a snapshot of that date.
        """
        if day not in self._snapshots:
            self._snapshots[day] = build_snapshot(self.tables, day, self.config.features)
        return self._snapshots[day]

    def labellings(self, snapshot: Snapshot) -> Sequence[Labelling]:
        """Its rule-based labellings; none where a rule cannot be read on its date."""
        day = snapshot.as_of
        if day not in self._labellings:
            try:
                found, _ = assign_all(snapshot, self.config.schemes, strict=False)
            except ClusteringError:
                found = ()
            self._labellings[day] = found
        return self._labellings[day]


@dataclass(frozen=True)
class Unreached:
    """A table that does not reach back far enough for the features of a date."""

    table: str
    begins: date
    needed_from: date


def unreached(
    ranges: Mapping[str, tuple[date, date] | None],
    features: Sequence[Feature],
    day: date,
    window_days: int,
) -> list[Unreached]:
    """The tables that do not reach back far enough for the features of a date, by name.

    Parameters
    ----------
    ranges : first and last date of each table; None where it has none
    features : those that are wanted on `day`
    window_days : what is counted is counted over so many days before `day`
    """
    found = []
    for table in sorted({table for feature in features for table in feature.tables}):
        known = ranges.get(table)
        needed = day - timedelta(days=window_days) if table in COUNTED_TABLES else day
        if known is not None and known[0] > needed:
            found.append(Unreached(table, known[0], needed))
    return found
