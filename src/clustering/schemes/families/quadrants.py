"""Schemes that cut two axes once each: four quadrants."""

import numpy as np
import pandas as pd

from clustering.config.schemes import (
    Cut,
    GrowthRevenueAtRiskConfig,
    GrowthRiskConfig,
    HealthProfitabilityConfig,
)
from clustering.schemes.axes import Axes
from clustering.schemes.bands import cut_at
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups


@scheme(
    "growth_risk",
    "Growth potential and churn risk",
    order=60,
    axes=("growth_potential", "churn_risk"),
)
def growth_risk(axes: Axes, config: GrowthRiskConfig) -> Groups:
    """Grow, invest, sustain and protect: growth potential against churn risk.

    High potential at low risk is to *grow*, at high risk to *invest* in; low potential at low
    risk is to *sustain*, at high risk to *protect*. ARR plays no part: a small account with high
    growth is one to grow. The segment is to be reconfirmed at every executive review.

    References
    ----------
    Farmer 2020.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"growth_potential": [0.9, 0.9, 0.1, 0.1], "churn_risk": [0.1, 0.9, 0.1, 0.9]},
    ...     index=list("abcd"),
    ... )
    >>> half = GrowthRiskConfig(growth=Cut(value=0.5), risk=Cut(value=0.5))
    >>> growth_risk(Axes(frame, frame), half).labels.tolist()
    ['grow', 'invest', 'sustain', 'protect']
    """
    return _quadrants(
        axes,
        "growth_risk",
        ("growth_potential", config.growth),
        ("churn_risk", config.risk),
        (("sustain", "protect"), ("grow", "invest")),
    )


@scheme(
    "growth_revenue_at_risk",
    "Growth potential and revenue at risk",
    order=70,
    axes=("growth_potential", "revenue_at_risk"),
)
def growth_revenue_at_risk(axes: Axes, config: GrowthRevenueAtRiskConfig) -> Groups:
    """Quadrants of the plane of growth potential and revenue at risk (churn risk times ARR).

    The plane itself is in `Axes.frame`: an account just above a cut differs little from one just
    below it.

    References
    ----------
    Zubayrov 2021.
    """
    return _quadrants(
        axes,
        "growth_revenue_at_risk",
        ("growth_potential", config.growth),
        ("revenue_at_risk", config.revenue_at_risk),
        (
            ("low_growth_safe", "low_growth_at_risk"),
            ("high_growth_safe", "high_growth_at_risk"),
        ),
    )


@scheme(
    "health_profitability",
    "Health and profitability",
    order=80,
    axes=("health", "profitability"),
)
def health_profitability(axes: Axes, config: HealthProfitabilityConfig) -> Groups:
    """Champion, nurture, fix and question: health against profitability.

    Healthy accounts are *champions* where they are profitable and to *nurture* to profit where
    they are not; unhealthy ones are to *fix* while they are profitable and a *question* otherwise.

    References
    ----------
    Eizips 2017 (profitability segmentation); the limit of 15 % of ARR is of Pickens.
    """
    return _quadrants(
        axes,
        "health_profitability",
        ("health", config.health),
        ("profitability", config.profitability),
        (("question", "fix"), ("nurture", "champion")),
    )


def _quadrants(
    axes: Axes,
    name: str,
    first: tuple[str, Cut],
    second: tuple[str, Cut],
    levels: tuple[tuple[str, str], tuple[str, str]],
) -> Groups:
    """Level `levels[first is high][second is high]`; high is the cut or above."""
    (first_axis, first_cut), (second_axis, second_cut) = first, second
    one, two = axes.of(name, first_axis), axes.of(name, second_axis)
    first_from, first_origin = cut_at(one, first_cut)
    second_from, second_origin = cut_at(two, second_cut)
    chosen = np.array(levels)[(one >= first_from).to_numpy(int), (two >= second_from).to_numpy(int)]
    labels = pd.Series(chosen, index=one.index, dtype="str").where(one.notna() & two.notna())
    near = axes.is_near(first_axis, first_from) | axes.is_near(second_axis, second_from)
    return Groups(
        labels,
        [level for pair in levels for level in pair],
        f"{first_axis} is high from {first_from:,.2f} ({first_origin}), {second_axis} from "
        f"{second_from:,.2f} ({second_origin})",
        near,
    )
