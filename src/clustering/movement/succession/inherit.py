"""Which segment of the previous study goes on in which one of today, with its id and its name.

Both models look at the accounts of today. A segment goes on where more than half of the accounts
that the previous model puts there are in one segment of today, and are more than half of that one:
so each goes on in one at most, and each of today continues one at most, whatever the order of the
accounts or the numbers of the segments. (An assignment that makes the most of the overlap in total
can pair segments that share few accounts, and hand a playbook to other accounts than it was made
for.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from clustering.arrays import Ints
from clustering.movement.drift.fates import Fate, fates
from clustering.movement.drift.refits import FrozenModel
from clustering.movement.succession.names import former_names, known_names
from clustering.scorer import Scorer
from clustering.scorer.segment_ids import FormerName, new_ids


@dataclass(frozen=True, eq=False)
class Inheritance:
    """What the segments of today have from the previous study.

    Attributes
    ----------
    ids : id of each segment of today, by its number
    names : name that each has had, or that a person gave it; None where it is to be named
    previous : model of the previous study; None for a first study
    then : int64 array (n_accounts,), segment of today's accounts by the previous model; -1 where it
        gives none; empty for a first study
    now : int64 array (n_accounts,), segment by today's model
    fates : what became of each previous segment, and where each of today came from
    """

    ids: tuple[str, ...]
    names: tuple[str | None, ...]
    previous: Scorer | None
    then: Ints
    now: Ints
    fates: tuple[Fate, ...]

    @property
    def taken_names(self) -> frozenset[str]:
        """Names that stand, or stood, for a segment: a new one gets none of them."""
        known = () if self.previous is None else known_names(self.previous)
        return frozenset(one.name for one in known)

    def former_names(
        self, names: Sequence[str], automatic: Sequence[str], study: str, as_of: date
    ) -> tuple[FormerName, ...]:
        """Names that segments had and do not have today.

        Parameters
        ----------
        names, automatic : of the segments of today, by their number, and those of the rule
        study, as_of : of today: a first study whose segments were renamed and that is run again
            called them by the rule before
        """
        if self.previous is not None:
            return former_names(self.previous, self.ids, names)
        called = zip(self.ids, names, automatic, strict=True)
        return tuple(
            FormerName(one, ruled, study, as_of)
            for one, name, ruled in called
            if name != ruled and ruled not in names
        )


def inherit(
    now: Ints,
    k: int,
    *,
    origin: str,
    previous: Scorer | None = None,
    frame: pd.DataFrame | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Inheritance:
    """Give the segments of today their ids, and the names that they have already.

    Parameters
    ----------
    now : int64 array (n_accounts,), segment of each account by today's model
    k : how many segments there are today
    origin : what makes the study this one (`scorer.segment_ids.new_ids`)
    previous, frame : model of the previous study, and the features of the same accounts that it
        knows; None for a first study
    renamed : names that people gave, by id
    """
    given = renamed or {}
    if previous is None or frame is None:
        ids = new_ids(origin, k)
        names = tuple(given.get(one) for one in ids)
        return Inheritance(ids, names, None, now[:0], now, ())
    then = FrozenModel(previous.standardiser, previous.model).labels_in(frame)
    both = then >= 0
    found = fates(then[both], now[both], previous.model.k, k)
    goes_on = {fate.segment: fate.into[0] for fate in found if fate.kind == "kept"}
    taken = {one.segment_id for one in known_names(previous)}
    fresh = iter(new_ids(origin, k - len(goes_on), taken))
    ids = tuple(
        previous.segment_ids[goes_on[segment]] if segment in goes_on else next(fresh)
        for segment in range(k)
    )
    had = {**previous.called.by_id, **given}
    return Inheritance(ids, tuple(had.get(one) for one in ids), previous, then, now, found)
