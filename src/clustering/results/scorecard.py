"""From the scores of all labellings to their entry in `study.json` and their table."""

from collections.abc import Mapping, Sequence

import pandas as pd

from clustering.comparison.hypotheses import Hypothesis, answer_hypotheses, decide
from clustering.comparison.scorecard import Estimate, Score
from clustering.results.scorecard_document import (
    EstimateEntry,
    HypothesisEntry,
    ScorecardEntry,
    ScoreEntry,
)

_ESTIMATES = (
    "silhouette", "explained", "resampled", "over_time", "with_segments", "with_tiers",
    "with_needs", "gain",
)  # fmt: skip
_NUMBERS = (
    "silhouette_raw", "silhouette_random", "silhouette_z", "p_adjusted", "rival_gain",
    "cost_share",
)  # fmt: skip


def scorecard_entry(
    scores: Sequence[Score],
    *,
    outcome: str,
    held: bool,
    cost_shares: Mapping[str, float] | None = None,
) -> ScorecardEntry:
    """All labellings side by side.

    Parameters
    ----------
    scores : of the comparison
    outcome : the primary outcome
    held : whether the segments come back on resamples, so that they may stand for needs
    cost_shares : cost of care over ARR by labelling, where a plan gave it
    """
    by_name = {score.labelling: score for score in scores}
    decision = decide(by_name)
    costs = cost_shares or {}
    return ScorecardEntry(
        outcome=outcome,
        choice=decision.choice,
        better=list(decision.better),
        n_judged=decision.n_judged,
        scores=[_score(score, costs.get(score.labelling)) for score in scores],
        hypotheses=[_hypothesis(one) for one in answer_hypotheses(by_name, held=held)],
    )


def scorecard_table(entry: ScorecardEntry) -> pd.DataFrame:
    """One row a labelling; intervals as columns `<name>_low` and `<name>_high`."""
    rows = []
    for score in entry.scores:
        row: dict[str, object] = {
            "labelling": score.labelling,
            "control": score.control,
            "n_accounts": score.n_accounts,
            "n_groups": score.n_groups,
        }
        for name in _ESTIMATES:
            found: EstimateEntry | None = getattr(score, name)
            low, high = (None, None) if found is None else found.interval or (None, None)
            row |= {name: None if found is None else found.value}
            row |= {f"{name}_low": low, f"{name}_high": high}
        row |= {name: getattr(score, name) for name in _NUMBERS}
        rows.append(row | {"gains": score.gains, "reason": score.reason})
    numbers = [f"{name}{end}" for name in _ESTIMATES for end in ("", "_low", "_high")]
    kinds = dict.fromkeys([*numbers, *_NUMBERS], "float64")
    kinds |= {"labelling": "str", "reason": "str", "control": "bool", "gains": "bool"}
    kinds |= {"n_accounts": "int64", "n_groups": "int64"}
    columns = ["labelling", "control", "n_accounts", "n_groups", *numbers, *_NUMBERS]
    return pd.DataFrame(rows, columns=[*columns, "gains", "reason"]).astype(kinds)


def _score(score: Score, cost_share: float | None) -> ScoreEntry:
    numbers = {name: getattr(score, name) for name in _NUMBERS if name != "cost_share"}
    return ScoreEntry(
        labelling=score.labelling,
        control=score.is_control,
        n_accounts=score.n_accounts,
        n_groups=score.n_groups,
        gains=score.gains,
        cost_share=cost_share,
        reason=score.reason,
        **{name: _estimate(getattr(score, name)) for name in _ESTIMATES},
        **numbers,
    )


def _estimate(found: Estimate | None) -> EstimateEntry | None:
    return None if found is None else EstimateEntry(value=found.value, interval=found.interval)


def _hypothesis(one: Hypothesis) -> HypothesisEntry:
    return HypothesisEntry(
        name=one.name,
        source=one.source,
        statement=one.statement,
        reference=one.reference,
        agreement=_estimate(one.agreement),
        ceiling=one.ceiling,
        answer=one.answer,
    )
