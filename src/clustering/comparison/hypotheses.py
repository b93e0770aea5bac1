"""Two claims that practitioners make about tiers, answered by rules from numbers with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, SEGMENT
from clustering.comparison.scorecard import Estimate, Score

Answer = Literal["supported", "contradicted", "cannot be told"]
Choice = Literal["keep the tiers", "use beside the tiers", "cannot be told"]

#: From this share of what could be had on, the tiers tell most of what they are asked about.
HALF = 0.5


@dataclass(frozen=True)
class Hypothesis:
    """One claim and its answer.

    Attributes
    ----------
    source : who says it, by the short name in docs/schemes.md
    reference : the labelling that the tiers were compared with
    agreement : AMI of the tiers with it; `ceiling` is what could be had, 1 where it is not known
    answer : the whole interval, relative to the ceiling, lies on one side of one half; else it
        cannot be told
    """

    name: str
    source: str
    statement: str
    reference: str
    agreement: Estimate | None
    ceiling: float | None
    answer: Answer


@dataclass(frozen=True)
class Decision:
    """What the scorecard supports: which labellings told more than the tiers, if any did."""

    choice: Choice
    better: tuple[str, ...]
    n_judged: int


def answer_hypotheses(scores: Mapping[str, Score], *, held: bool) -> tuple[Hypothesis, ...]:
    """Murphy: one ARR band holds different needs. Pickens: the clusters approximately follow ARR.

    Both claims are answered from one labelling, so that one cannot be told where the other is:
    the accounts' own `needs_segment` where they have one, else the segments of the study. `held`
    says whether these come back on other accounts; where they do not, they answer neither claim.

    Returns
    -------
    tuple of Hypothesis
        Empty without ARR tiers.
    """
    if ARR_TIERS not in scores:
        return ()
    needs, segments = scores.get(NEEDS_SEGMENT), scores.get(SEGMENT)
    reference, found = (SEGMENT, segments) if needs is None else (NEEDS_SEGMENT, needs)
    agreement = None if found is None else found.with_tiers
    ceiling = None
    if needs is None and segments is not None and segments.resampled is not None:
        ceiling = segments.resampled.value
    follows = _follows(agreement, ceiling) if held or needs is not None else None
    return (
        Hypothesis(
            "murphy", "Murphy", "One {amount} band holds accounts with different needs.",
            reference, agreement, ceiling, _answer(None if follows is None else not follows),
        ),
        Hypothesis(
            "pickens", "Pickens", "Groups by what accounts need approximately follow {amount}.",
            reference, agreement, ceiling, _answer(follows),
        ),
    )  # fmt: skip


def decide(scores: Mapping[str, Score]) -> Decision:
    """Which labellings told more than the tiers about what came later; controls do not count.

    A labelling did where the interval of its gain lies above 0, still after the correction for the
    number of comparisons, and its gain above that of as many ARR bands and of random groups.
    """
    judged = [
        score
        for score in scores.values()
        if score.gain is not None and score.gain.interval is not None and not score.is_control
    ]
    better = sorted(
        (score for score in judged if score.gains),
        key=lambda score: -(score.gain.value if score.gain else 0.0),
    )
    choice: Choice = "cannot be told"
    if judged:
        choice = "use beside the tiers" if better else "keep the tiers"
    return Decision(choice, tuple(score.labelling for score in better), len(judged))


def _follows(agreement: Estimate | None, ceiling: float | None) -> bool | None:
    """Whether the tiers tell most of what could be had; None where the interval holds one half."""
    if agreement is None or agreement.interval is None:
        return None
    line = HALF * (1.0 if ceiling is None else ceiling)
    low, high = agreement.interval
    return True if low >= line else False if high < line else None


def _answer(holds: bool | None) -> Answer:
    if holds is None:
        return "cannot be told"
    return "supported" if holds else "contradicted"
