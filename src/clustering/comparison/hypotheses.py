"""Two claims that practitioners make about tiers, answered by rules from numbers with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, SEGMENT
from clustering.comparison.scorecard import Estimate, Score

__all__ = ["HALF", "Decision", "Hypothesis", "answer_hypotheses", "decide"]

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

    Needs are the accounts' own `needs_segment` where they have one, else the segments of the
    study; `held` says whether these come back on a resample. Where they do not, they tell
    nothing about needs.

    Returns
    -------
    tuple of Hypothesis
        Empty without ARR tiers.
    """
    if ARR_TIERS not in scores:
        return ()
    segments = scores.get(SEGMENT)
    ceiling = None if segments is None or segments.resampled is None else segments.resampled.value
    with_segments = None if segments is None else segments.with_tiers
    needs = scores.get(NEEDS_SEGMENT)
    murphy = Hypothesis(
        "murphy", "Murphy", "One {amount} band holds accounts with different needs.",
        SEGMENT, with_segments, ceiling, "cannot be told",
    )  # fmt: skip
    if needs is not None:
        side = _side(needs.with_tiers, None, below="supported", above="contradicted")
        murphy = replace(
            murphy, reference=NEEDS_SEGMENT, agreement=needs.with_tiers, ceiling=None, answer=side
        )
    elif held:
        side = _side(with_segments, ceiling, below="supported", above="contradicted")
        murphy = replace(murphy, answer=side)
    return (
        murphy,
        Hypothesis(
            "pickens", "Pickens", "Groups by what accounts need approximately follow {amount}.",
            SEGMENT, with_segments, ceiling,
            _side(with_segments, ceiling, below="contradicted", above="supported"),
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


def _side(
    agreement: Estimate | None, ceiling: float | None, *, below: Answer, above: Answer
) -> Answer:
    if agreement is None or agreement.interval is None:
        return "cannot be told"
    line = HALF * (1.0 if ceiling is None else ceiling)
    low, high = agreement.interval
    return above if low >= line else below if high < line else "cannot be told"
