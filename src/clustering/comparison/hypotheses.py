"""What the scorecard supports: whether any labelling told more than the tiers, and two claims.

Practitioners make the claims about tiers; they are answered by rules from numbers with intervals.
"""

from collections.abc import Mapping, Sequence

from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, SEGMENT
from clustering.comparison.scorecard_entries import (
    Answer,
    Choice,
    Estimate,
    Hypothesis,
    Score,
    Scorecard,
)

#: From this share of what could be had on, the tiers tell most of what they are asked about.
HALF = 0.5


def side_by_side(
    scores: Sequence[Score],
    *,
    outcome: str,
    held: bool,
    cost_shares: Mapping[str, float] | None = None,
) -> Scorecard:
    """All labellings, which of them told more than the tiers about what came later, and the claims.

    Controls do not count: nobody proposes them.

    Parameters
    ----------
    scores : of the comparison
    outcome : the primary outcome
    held : whether the segments come back on resamples, so that they may stand for needs
    cost_shares : cost of care over ARR by labelling, where a plan gave it
    """
    costs = cost_shares or {}
    judged = [score for score in scores if score.gain is not None and not score.control]
    better = sorted(
        (score for score in judged if score.gains),
        key=lambda score: -(score.gain.value if score.gain else 0.0),
    )
    choice: Choice = "not known"
    if judged:
        choice = "use beside the tiers" if better else "keep the tiers"
    return Scorecard(
        outcome=outcome,
        choice=choice,
        better=[score.labelling for score in better],
        n_judged=len(judged),
        scores=[
            score.model_copy(update={"cost_share": costs.get(score.labelling)}) for score in scores
        ],
        hypotheses=answer_hypotheses({score.labelling: score for score in scores}, held=held),
    )


def answer_hypotheses(scores: Mapping[str, Score], *, held: bool) -> list[Hypothesis]:
    """Murphy: one ARR band holds different needs. Pickens: the clusters approximately follow ARR.

    Both claims are answered from one labelling, so that one is not known where the other is:
    the accounts' own `needs_segment` where they have one, else the segments of the study. `held`
    says whether these come back on other accounts; where they do not, they answer neither claim.

    Returns
    -------
    list of Hypothesis
        Empty without ARR tiers.
    """
    if ARR_TIERS not in scores:
        return []
    needs, segments = scores.get(NEEDS_SEGMENT), scores.get(SEGMENT)
    reference, found = (SEGMENT, segments) if needs is None else (NEEDS_SEGMENT, needs)
    agreement = None if found is None else found.with_tiers
    ceiling = None
    if needs is None and segments is not None and segments.resampled is not None:
        ceiling = segments.resampled.value
    follows = _follows(agreement, ceiling) if held or needs is not None else None
    claims = (
        ("murphy", "Murphy", "One {amount} band holds accounts with different needs."),
        ("pickens", "Pickens", "Groups by what accounts need approximately follow {amount}."),
    )
    holds = (None if follows is None else not follows, follows)
    return [
        Hypothesis(
            name=name,
            source=source,
            statement=statement,
            reference=reference,
            agreement=agreement,
            ceiling=ceiling,
            answer=_answer(answer),
        )
        for (name, source, statement), answer in zip(claims, holds, strict=True)
    ]


def _follows(agreement: Estimate | None, ceiling: float | None) -> bool | None:
    """Whether the tiers tell most of what could be had; None where the interval holds one half."""
    if agreement is None or agreement.interval is None:
        return None
    line = HALF * (1.0 if ceiling is None else ceiling)
    low, high = agreement.interval
    return True if low >= line else False if high < line else None


def _answer(holds: bool | None) -> Answer:
    if holds is None:
        return "not known"
    return "supported" if holds else "contradicted"
