"""Keep, refit or re-cut: one decision with its reasons, by rules from numbers."""

from dataclasses import dataclass
from typing import Literal

from clustering.config import MonitorConfig
from clustering.monitor.energy import EnergyTest
from clustering.wording import name_in_words, percent_in_words

DecisionKind = Literal["keep", "refit", "re-cut", "unknown"]


@dataclass(frozen=True)
class Change:
    """How the accounts of today differ from those that the model was learned from.

    Attributes
    ----------
    overall : all accounts
    drifted : features that are distributed otherwise, the furthest first
    within : accounts within their segments; None where no segment has enough of them
    left : the same after what is common to all accounts was undone; None where too few accounts
        stayed to tell what that is
    """

    overall: EnergyTest
    drifted: tuple[str, ...]
    within: EnergyTest | None
    left: EnergyTest | None

    @property
    def unexplained(self) -> float | None:
        """Share of the change within the segments that no common change explains, 0 to 1."""
        if self.within is None or self.left is None:
            return None
        excess = self.within.value - self.within.expected
        if excess <= 0:
            return 0.0
        return min(1.0, max(0.0, (self.left.value - self.left.expected) / excess))


@dataclass(frozen=True)
class Decision:
    """What to do with a model in service.

    Attributes
    ----------
    kind : ``keep``; ``refit``: the same groups, other numbers; ``re-cut``: other groups;
        ``unknown``
    sentence : the decision and its ground, with numbers
    """

    kind: DecisionKind
    sentence: str


def decide(change: Change, config: MonitorConfig) -> Decision:
    """What follows from a change, or from none.

    1. *Keep* where the accounts are not distributed otherwise: the energy distance lies less than
       `least_z` standard errors above chance, or no feature has drifted.
    2. *Keep* where they are, and no change within the segments is shown, as where the mix of the
       same groups is another.
    3. *Refit* where what changed within the segments is what changed alike for all accounts.
    4. *Re-cut* otherwise.
    """
    overall, within, left = change.overall, change.within, change.left
    if overall.z < config.least_z or not change.drifted:
        return Decision("keep", _not_changed(change, config))
    changed = (
        f"the accounts are distributed otherwise than those that the model was learned from "
        f"({_distance(overall)}; drifted: {_listed(change.drifted)})"
    )
    if within is not None and within.z < config.least_z:
        return Decision(
            "keep",
            f"Keep: {changed}, but no change within the segments was shown ({_distance(within)}), "
            "as where only the mix of the same segments is another.",
        )
    unexplained = change.unexplained
    if unexplained is None or left is None:
        return Decision(
            "unknown",
            f"Refit or re-cut cannot be told apart: {changed}, and too few accounts are known at "
            "both dates to tell a common change from one of the groups.",
        )
    explained = f"{percent_in_words(1 - unexplained, 2)} of the change within the segments"
    if left.z < config.least_z_of_groups or unexplained < config.least_unexplained:
        return Decision(
            "refit",
            f"Refit: {changed}. {explained} is alike for all accounts; what is left without it "
            f"({_distance(left)}) shows no other groups: they are the same, their numbers are not.",
        )
    return Decision(
        "re-cut",
        f"Re-cut: {changed}. Only {explained} is alike for all accounts; what is left "
        f"({_distance(left)}) is a change of the groups themselves.",
    )


def undecided(why: str) -> Decision:
    """Nothing can be said, for a reason that is a whole sentence."""
    return Decision("unknown", f"Not known whether to keep the model: {why}")


def _not_changed(change: Change, config: MonitorConfig) -> str:
    found = _distance(change.overall)
    if change.overall.z >= config.least_z:
        return (
            f"Keep: no single feature has drifted, although all together lie further apart than "
            f"by chance ({found})."
        )
    return (
        "Keep: no change of the accounts was shown since the model was learned "
        f"({found}; a change is called from {config.least_z:g} on)."
    )


def _distance(test: EnergyTest) -> str:
    return f"energy distance {test.z:.1f} standard errors above chance".replace("-", "−")


def _listed(features: tuple[str, ...]) -> str:
    named = ", ".join(map(name_in_words, features[:3]))
    return named if len(features) <= 3 else f"{named} and {len(features) - 3} more"
