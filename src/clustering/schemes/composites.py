"""What each axis is made of: its parts, and the values at which a part is 0 and 1."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import BaseModel

from clustering.config.schemes import AxesConfig


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
    """A composite axis: its name, what it means and its parts.

    `setting` is the part of `AxesConfig` with its weights; by default that of its name.
    """

    name: str
    meaning: str
    parts: tuple[AxisPart, ...]
    setting: str = ""

    def weights(self, config: AxesConfig) -> dict[str, float]:
        """Weight of every part, by name."""
        weights: BaseModel = getattr(config, self.setting or self.name)
        return weights.model_dump()


#: `guidance_need` for each kind of guidance: the share of hours drawn, and what calls for it.
GUIDANCE: tuple[Composite, ...] = (
    Composite(
        "guidance_strategy",
        "guidance in shaping organisation and strategy: reviews and workshops; outcomes short",
        (
            AxisPart("drawn", "share_hours_strategy", 0.0, 1.0, "engagements", True),
            AxisPart("circumstances", "outcome_attainment", 1.1, 0.7, "outcomes"),
        ),
        "guidance",
    ),
    Composite(
        "guidance_execution",
        "guidance in executing: technical work and check-ins; milestones overdue",
        (
            AxisPart("drawn", "share_hours_execution", 0.0, 1.0, "engagements", True),
            AxisPart("circumstances", "milestones_overdue", 0.0, 5.0, "milestones"),
        ),
        "guidance",
    ),
    Composite(
        "guidance_first_steps",
        "first best practices: training and onboarding; a new customer",
        (
            AxisPart("drawn", "share_hours_first_steps", 0.0, 1.0, "engagements", True),
            AxisPart("circumstances", "tenure_days", 365.0, 60.0, "accounts"),
        ),
        "guidance",
    ),
)

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
    *GUIDANCE,
)

#: Axes that are amounts or a share of them: name, unit, meaning.
AMOUNTS: tuple[tuple[str, str, str], ...] = (
    ("revenue_at_risk", "currency a year", "`churn_risk` times ARR"),
    ("cost_to_serve", "currency a year", "hours and tickets at their cost"),
    ("profitability", "share of ARR", "what is left of ARR after the cost to serve"),
)
