"""The findings of `forward_validity` and their JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clustering.comparison.base.metrics import Gain
from clustering.comparison.base.nested import LikelihoodRatio
from clustering.comparison.base.rates import Rate
from clustering.comparison.base.stratified import CmhTest, TierTest


@dataclass(frozen=True)
class HeldOut:
    """Figures of the five models on rows that did not make them, each by model name."""

    n_rows: int
    auc: Mapping[str, float | None]
    log_loss: Mapping[str, float]
    brier: Mapping[str, float]


@dataclass(frozen=True)
class ForwardReport:
    """Nested models of one outcome; see `forward_validity`.

    What cannot be told is None, and `reasons` says why, by the name of the field. `leaks` names
    what knew the outcome almost without error: nothing that was computed with it proves anything.
    """

    tier: str
    segment: str
    outcome: str
    n_rows: int
    n_accounts: int | None
    n_left_out: int
    n_events: int
    n_tested: int
    split: str
    deviance: Mapping[str, float] | None
    rank: Mapping[str, int] | None
    lr_segment_given_tier: LikelihoodRatio | None
    lr_tier_given_segment: LikelihoodRatio | None
    lr_interaction: LikelihoodRatio | None
    cmh: CmhTest
    within_tier: tuple[TierTest, ...]
    held_out: HeldOut | None
    gain: Gain | None
    rates: tuple[Rate, ...]
    n_bootstrap: int
    seed: int
    reasons: Mapping[str, str]
    notes: tuple[str, ...]
    leaks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON of `clustering forward`."""
        held_out = self.held_out
        return {
            "tier": self.tier,
            "segment": self.segment,
            "outcome": self.outcome,
            "n": self.n_rows,
            "n_accounts": self.n_accounts,
            "n_left_out": self.n_left_out,
            "n_events": self.n_events,
            "n_tested": self.n_tested,
            "n_held_out": None if held_out is None else held_out.n_rows,
            "split": self.split,
            "deviance": None if self.deviance is None else dict(self.deviance),
            "rank": None if self.rank is None else dict(self.rank),
            "lr_segment_given_tier": _plain(self.lr_segment_given_tier),
            "lr_tier_given_segment": _plain(self.lr_tier_given_segment),
            "lr_interaction": _plain(self.lr_interaction),
            "cmh": vars(self.cmh),
            "within_tier": [vars(test) for test in self.within_tier],
            "auc": None if held_out is None else dict(held_out.auc),
            "log_loss": None if held_out is None else dict(held_out.log_loss),
            "brier": None if held_out is None else dict(held_out.brier),
            "gain": _plain(self.gain),
            "rates": [_plain(rate) for rate in self.rates],
            "n_bootstrap": self.n_bootstrap,
            "seed": self.seed,
            "reasons": dict(self.reasons),
            "notes": list(self.notes),
            "leaks": list(self.leaks),
        }


def _plain(part: LikelihoodRatio | Gain | Rate | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in vars(part).items()
    }
