"""Schemes that set how much care an account gets: by opportunity, by potential, by stage."""

import numpy as np
import pandas as pd

from clustering.columns import ARR
from clustering.config.schemes import ExpansionTouchConfig, LifecycleTouchConfig, StrategicConfig
from clustering.features.types import Snapshot
from clustering.schemes.axes import Axes
from clustering.schemes.bands import CutPoints, cut, cut_at
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, Labelling, SchemeAbsentError
from clustering.wording import percent_in_words

TOUCH_LEVELS = ("low", "medium", "high")


@scheme("expansion_touch", "Touch by ARR or expansion opportunity", order=40, ordered=True)
def expansion_touch(snapshot: Snapshot, config: ExpansionTouchConfig) -> Groups:
    """High, medium or low touch by the larger of ARR and the open expansion pipeline.

    An account is in the top tier when its current *or* its expansion opportunity reaches the
    amount: land and expand.

    References
    ----------
    Mong 2021.

    Examples
    --------
    >>> from datetime import date
    >>> index = ["small, large opportunity", "large", "between", "small"]
    >>> frame = pd.DataFrame({"expansion_pipeline": [100e3, 0.0, 30e3, 0.0]}, index=index)
    >>> arr = pd.DataFrame({"arr": [10e3, 100e3, 20e3, 24e3]}, index=index)
    >>> snapshot = Snapshot(date(2025, 1, 1), frame, (), arr)
    >>> expansion_touch(snapshot, ExpansionTouchConfig()).labels.tolist()
    ['high', 'high', 'medium', 'low']
    """
    arr, pipeline = _amounts("expansion_touch", snapshot)
    largest = pd.concat([arr, pipeline], axis=1).max(axis=1).where(arr.notna())
    points = CutPoints(config.medium_from, config.high_from, "as configured")
    return Groups(
        cut(largest, points, TOUCH_LEVELS),
        TOUCH_LEVELS,
        f"high where ARR or the open expansion pipeline is {config.high_from:,.0f} or more, "
        f"medium from {config.medium_from:,.0f}, low below",
    )


@scheme("strategic_enterprise_smb", "Strategic, enterprise, SMB", order=50)
def strategic_enterprise_smb(snapshot: Snapshot, config: StrategicConfig) -> Groups:
    """Strategic on potential, whatever the ARR; the others enterprise or SMB by ARR.

    Potential is a major upsell in the open pipeline or an open new use case.

    References
    ----------
    Pickens.
    """
    arr, pipeline = _amounts("strategic_enterprise_smb", snapshot)
    use_cases = snapshot.attributes.get("new_use_cases_open")
    strategic = pipeline >= config.upsell_from
    if use_cases is not None:
        strategic |= use_cases > 0
    at, origin = cut_at(arr, config.enterprise_from)
    by_arr = np.where(arr >= at, "enterprise", "smb")
    labels = pd.Series(np.where(strategic, "strategic", by_arr), index=arr.index, dtype="str")
    return Groups(
        labels.where(strategic | arr.notna()),
        ("smb", "enterprise", "strategic"),
        f"strategic with an open pipeline of {config.upsell_from:,.0f} or more or an open new "
        f"use case; enterprise from {at:,.0f} ARR ({origin}); smb below",
    )


@scheme(
    "lifecycle_touch",
    "Touch, ARR band and goal",
    order=100,
    axes=("growth_potential", "churn_risk"),
)
def lifecycle_touch(
    snapshot: Snapshot, axes: Axes, tiers: Labelling, config: LifecycleTouchConfig
) -> Groups:
    """Touch by the return on a CSM's time now, then the ARR band, then the goal.

    Touch is high where there is something to win (growth potential) or to lose (churn risk), and
    low otherwise, whatever the account pays. The goal is risk mitigation where the risk is high,
    adoption until the account is fully adopted, and retention from then on. A key person who
    leaves would be a goal of its own, but no table of the contract says so.

    References
    ----------
    Mansdorf 2020.
    """
    name = "lifecycle_touch"
    adopted_share = snapshot.frame.get("milestones_due_achieved_share")
    if adopted_share is None:
        raise SchemeAbsentError(f"'{name}' needs milestones with projected and achieved dates.")
    growth, risk = axes.of(name, "growth_potential"), axes.of(name, "churn_risk")
    at_risk = risk >= config.risk_from
    touch = np.where(at_risk | (growth >= config.growth_from), "high_touch", "low_touch")
    adopted = adopted_share >= config.adopted_from
    goal = np.where(at_risk, "risk_mitigation", np.where(adopted, "retention", "adoption"))
    band = tiers.labels.reindex(snapshot.frame.index)
    labels = pd.Series(
        [f"{how}, {level}, {aim}" for how, level, aim in zip(touch, band, goal, strict=True)],
        index=band.index,
        dtype="str",
    )
    known = growth.notna() & risk.notna() & adopted_share.notna() & band.notna()
    # A clear risk settles touch and goal; else both axes must be clear of their cuts.
    near_risk = axes.is_near("churn_risk", config.risk_from)
    near_growth = axes.is_near("growth_potential", config.growth_from)
    near = near_risk | (near_growth & ~at_risk)
    return Groups(
        labels.where(known),
        [
            f"{touch}, {level}, {goal}"
            for touch in ("high_touch", "low_touch")
            for level in tiers.levels
            for goal in ("risk_mitigation", "adoption", "retention")
        ],
        f"high touch where growth_potential is {config.growth_from:g} or more or churn_risk "
        f"{config.risk_from:g} or more; ARR band: {tiers.rule}; goal risk mitigation at that "
        f"risk, else adoption until "
        f"{percent_in_words(config.adopted_from)} of the due milestones are "
        "reached, then retention",
        near,
    )


def _amounts(name: str, snapshot: Snapshot) -> "tuple[pd.Series[float], pd.Series[float]]":
    """ARR and open expansion pipeline of every account."""
    arr = snapshot.attributes.get(ARR)
    if arr is None or arr.isna().all():
        raise SchemeAbsentError(f"'{name}' needs ARR: the table subscriptions would allow it.")
    pipeline = snapshot.frame.get("expansion_pipeline")
    if pipeline is None:
        raise SchemeAbsentError(
            f"'{name}' needs the open expansion pipeline: the table opportunities, with closed_on, "
            "would allow it."
        )
    return arr.astype("float64"), pipeline
