"""The axes that schemes share, each defined once.

A composite axis is a weighted mean of parts. Each part is one quantity of the snapshot, brought
to 0..1 on a straight line between two documented values and held there beyond them, so an axis
never falls when one of its parts moves in the named direction. A part that is not known for an
account is left out of its mean, never read as zero; how much of the weight was known is the
account's *evidence*, and below a least evidence the axis is missing too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.columns import ARR
from clustering.features.types import Snapshot
from clustering.schemes.types import SchemeAbsentError
from clustering.schemes_config import AxesConfig

__all__ = [
    "AMOUNTS",
    "COMPOSITES",
    "GUIDANCE",
    "Axes",
    "AxisPart",
    "Composite",
    "combine",
    "compute_axes",
    "quantities",
    "score_parts",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AxisPart:
    """One part of a composite axis.

    Attributes
    ----------
    name : of the part, and of its weight in the configuration
    column : feature, attribute or derived quantity it reads
    zero_at, one_at : values at which the part is 0 and 1; `zero_at > one_at` where less is more
    table : what would allow it where it is absent
    essential : without it the axis is missing, whatever else is known
    """

    name: str
    column: str
    zero_at: float
    one_at: float
    table: str
    essential: bool = False

    def score(self, quantities: pd.DataFrame) -> "pd.Series[float]":
        """Values in 0..1; missing where the quantity is."""
        if self.column not in quantities:
            return pd.Series(np.nan, index=quantities.index)
        share = (quantities[self.column] - self.zero_at) / (self.one_at - self.zero_at)
        return share.clip(0.0, 1.0)


@dataclass(frozen=True)
class Composite:
    """A composite axis: its name, what it means and its parts."""

    name: str
    meaning: str
    parts: tuple[AxisPart, ...]


COMPOSITES: tuple[Composite, ...] = (
    Composite(
        "growth_potential",
        "room and readiness to grow: pipeline, white space, usage, seats, agreed triggers",
        (
            AxisPart("pipeline", "pipeline_per_arr", 0.0, 0.5, "opportunities, subscriptions"),
            AxisPart("white_space", "white_space_share", 0.0, 1.0, "accounts.employees, seats"),
            AxisPart("usage_trend", "usage_trend", -0.25, 0.25, "usage"),
            AxisPart("seat_utilisation", "seat_utilisation_share", 0.3, 1.0, "usage, seats"),
            AxisPart("expand_triggers", "expand_triggers_reached", 0.0, 2.0, "milestones"),
        ),
    ),
    Composite(
        "churn_risk",
        "signs that the account may leave: overdue milestones, outcomes below target, falling or "
        "absent usage, severe tickets, poor scores, a renewal that is near",
        (
            AxisPart("overdue_milestones", "milestones_overdue", 0.0, 5.0, "milestones"),
            AxisPart("outcome_shortfall", "outcome_attainment", 1.1, 0.7, "outcomes"),
            AxisPart("falling_usage", "usage_trend", 0.25, -0.5, "usage"),
            AxisPart("absent_usage", "days_since_last_use", 7.0, 60.0, "usage"),
            AxisPart("severe_tickets", "severe_tickets_share", 0.2, 0.7, "tickets.severity"),
            AxisPart("poor_surveys", "nps_mean_score", 9.0, 4.0, "surveys"),
            AxisPart("renewal_near", "renewals_open", 0.0, 1.0, "opportunities.closed_on"),
        ),
    ),
    Composite(
        "health",
        "the account's own progress: milestones, outcomes, adoption, sentiment",
        (
            AxisPart("milestones", "milestones_due_achieved_share", 0.3, 1.0, "milestones"),
            AxisPart("outcomes", "outcome_attainment", 0.7, 1.1, "outcomes"),
            AxisPart("regularity", "active_weeks_share", 0.2, 1.0, "usage"),
            AxisPart("seat_utilisation", "seat_utilisation_share", 0.3, 1.0, "usage, seats"),
            AxisPart("sentiment", "nps_mean_score", 4.0, 9.0, "surveys"),
        ),
    ),
)

#: `guidance_need` for each kind of guidance: the share of hours drawn, and what calls for it.
GUIDANCE: tuple[Composite, ...] = (
    Composite(
        "guidance_strategy",
        "guidance in shaping organisation and strategy: reviews and workshops; outcomes short",
        (
            AxisPart("drawn", "share_hours_strategy", 0.0, 1.0, "engagements", True),
            AxisPart("circumstances", "outcome_attainment", 1.1, 0.7, "outcomes"),
        ),
    ),
    Composite(
        "guidance_execution",
        "guidance in executing: technical work and check-ins; milestones overdue",
        (
            AxisPart("drawn", "share_hours_execution", 0.0, 1.0, "engagements", True),
            AxisPart("circumstances", "milestones_overdue", 0.0, 5.0, "milestones"),
        ),
    ),
    Composite(
        "guidance_first_steps",
        "first best practices: training and onboarding; a new customer",
        (
            AxisPart("drawn", "share_hours_first_steps", 0.0, 1.0, "engagements", True),
            AxisPart("circumstances", "tenure_days", 365.0, 60.0, "accounts"),
        ),
    ),
)

#: Axes that are amounts or a share of them: name, unit, meaning.
AMOUNTS: tuple[tuple[str, str, str], ...] = (
    ("revenue_at_risk", "currency a year", "`churn_risk` times ARR"),
    ("cost_to_serve", "currency a year", "hours and tickets at their cost"),
    ("profitability", "share of ARR", "what is left of ARR after the cost to serve"),
)


@dataclass(frozen=True, eq=False)
class Axes:
    """Axes of the accounts.

    Attributes
    ----------
    frame : indexed like the snapshot; composite axes in 0..1, `revenue_at_risk` and
        `cost_to_serve` in currency a year, `profitability` as a share of ARR
    evidence : same index and the composite axes: share of the weight that was known
    absent : for each axis that no account has, what would allow it
    """

    frame: pd.DataFrame
    evidence: pd.DataFrame
    absent: Mapping[str, str] = field(default_factory=dict)

    def of(self, scheme: str, axis: str) -> "pd.Series[float]":
        """Give an axis to the scheme that needs it.

        Raises
        ------
        SchemeAbsentError
            No account has the axis; the message says what would allow it.
        """
        if self.frame[axis].isna().all():
            reason = self.absent.get(axis, "no account has it")
            raise SchemeAbsentError(f"'{scheme}' needs the axis '{axis}': {reason}.")
        return self.frame[axis]


def compute_axes(snapshot: Snapshot, config: AxesConfig) -> Axes:
    """Compute every axis that the snapshot allows.

    Examples
    --------
    >>> from datetime import date
    >>> frame = pd.DataFrame({"outcome_attainment": [0.7, 1.1]}, index=["a", "b"])
    >>> attributes = pd.DataFrame({"arr": [100.0, 200.0]}, index=["a", "b"])
    >>> snapshot = Snapshot(date(2025, 1, 1), frame, (), attributes)
    >>> axes = compute_axes(snapshot, AxesConfig(least_evidence=0.1))
    >>> axes.frame["health"].tolist(), axes.evidence["health"].tolist()
    ([0.0, 1.0], [0.3, 0.3])
    """
    known = quantities(snapshot)
    return combine(known, score_parts(known), config)


def score_parts(known: pd.DataFrame) -> dict[str, Floats]:
    """Scores of the parts of every composite axis, shape (n_accounts, n_parts); NaN is missing."""
    return {
        composite.name: np.column_stack([part.score(known) for part in composite.parts])
        for composite in (*COMPOSITES, *GUIDANCE)
    }


def combine(known: pd.DataFrame, scores: Mapping[str, Floats], config: AxesConfig) -> Axes:
    """Axes from the scores of their parts, which no setting changes.

    Parameters
    ----------
    known, scores : as `quantities` and `score_parts` give them
    config : weights, costs and the least evidence
    """
    columns: dict[str, Floats] = {}
    shares: dict[str, Floats] = {}
    absent: dict[str, str] = {}
    for composite, weights in _with_weights(config):
        weight = np.array([weights[part.name] for part in composite.parts])
        share = ~np.isnan(scores[composite.name]) @ weight / weight.sum()
        mean = _mean(scores[composite.name], weight, composite)
        columns[composite.name] = np.where(share >= config.least_evidence, mean, np.nan)
        shares[composite.name] = share
        if np.isnan(columns[composite.name]).all():
            absent[composite.name] = _what_would_allow(composite, scores[composite.name])
    arr = known[ARR].to_numpy()
    columns["revenue_at_risk"] = columns["churn_risk"] * arr
    columns["cost_to_serve"] = _cost(known, config)
    columns["profitability"] = _profitability(arr, columns["cost_to_serve"])
    for name, reason in (
        ("revenue_at_risk", "needs churn_risk and ARR (table subscriptions)"),
        ("cost_to_serve", "needs the table engagements"),
        ("profitability", "needs the tables engagements and subscriptions"),
    ):
        if np.isnan(columns[name]).all():
            absent[name] = reason
    index = known.index
    return Axes(pd.DataFrame(columns, index=index), pd.DataFrame(shares, index=index), absent)


def quantities(snapshot: Snapshot) -> pd.DataFrame:
    """Every number that an axis reads, float64, indexed like the snapshot."""
    numbers = snapshot.attributes.select_dtypes("number").astype("float64")
    known = snapshot.frame.join(numbers[numbers.columns.difference(snapshot.frame.columns)])
    if ARR not in known:
        known[ARR] = np.nan
    if "expansion_pipeline" in known:
        known["pipeline_per_arr"] = (known["expansion_pipeline"] / known[ARR]).where(known[ARR] > 0)
    hours = known.filter(regex="^hours_(strategy|execution|first_steps)$")
    total = hours.sum(axis=1)
    for column in hours:
        known[f"share_{column}"] = (hours[column] / total).where(total > 0)
    return known


def _mean(scores: Floats, weight: Floats, composite: Composite) -> Floats:
    """Weighted mean over the parts that are known; missing where none with a weight is."""
    present = ~np.isnan(scores) * weight
    total = present.sum(axis=1)
    weighted = (np.nan_to_num(scores) * present).sum(axis=1)
    essential = [part.essential for part in composite.parts]
    complete = ~np.isnan(scores[:, essential]).any(axis=1)
    is_known = (total > 0) & complete
    return np.where(is_known, weighted / np.where(is_known, total, 1.0), np.nan)


def _with_weights(config: AxesConfig) -> list[tuple[Composite, dict[str, float]]]:
    settings = {
        "growth_potential": config.growth_potential,
        "churn_risk": config.churn_risk,
        "health": config.health,
    }
    pairs = [(composite, settings[composite.name].model_dump()) for composite in COMPOSITES]
    return pairs + [(composite, config.guidance.model_dump()) for composite in GUIDANCE]


def _cost(known: pd.DataFrame, config: AxesConfig) -> Floats:
    """Hours and tickets of a year at their cost; without engagements nothing can be said."""
    if "engagement_hours_per_year" not in known:
        return np.full(len(known), np.nan)
    cost = known["engagement_hours_per_year"] * config.cost.hour
    if "tickets_per_year" in known:
        cost = cost + known["tickets_per_year"] * config.cost.ticket
    return cost.to_numpy()


def _profitability(arr: Floats, cost_to_serve: Floats) -> Floats:
    is_paying = arr > 0
    return np.where(is_paying, (arr - cost_to_serve) / np.where(is_paying, arr, 1.0), np.nan)


def _what_would_allow(composite: Composite, scores: Floats) -> str:
    missing = [
        part.table
        for part, column in zip(composite.parts, scores.T, strict=True)
        if np.isnan(column).all()
    ]
    return f"too little is known for it; missing: {'; '.join(dict.fromkeys(missing))}"
