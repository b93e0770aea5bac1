"""Random snapshots that hold everything the schemes read, for laws of axes and rules."""

from datetime import date

import numpy as np
import pandas as pd

from clustering.features.types import Snapshot

FEATURES = (
    "outcome_attainment",
    "milestones_overdue",
    "milestones_due_achieved_share",
    "milestone_delay_days",
    "usage_trend",
    "days_since_last_use",
    "active_weeks_share",
    "seat_utilisation_share",
    "white_space_share",
    "severe_tickets_share",
    "nps_mean_score",
    "tenure_days",
    "expansion_pipeline",
)
ATTRIBUTES = (
    "arr",
    "employees",
    "renewals_open",
    "expand_triggers_reached",
    "hours_strategy",
    "hours_execution",
    "hours_first_steps",
    "engagement_hours_per_year",
    "tickets_per_year",
)


def random_snapshot(seed: int, n: int = 40, missing: float = 0.2) -> Snapshot:
    rng = np.random.default_rng(seed)
    index = pd.Index([f"a{number:03d}" for number in rng.permutation(n)], name="account_id")

    def columns(names: tuple[str, ...]) -> pd.DataFrame:
        values = np.abs(rng.normal(1.0, 1.0, (n, len(names))))
        values[rng.random(values.shape) < missing] = np.nan
        return pd.DataFrame(values, index=index, columns=list(names))

    attributes = columns(ATTRIBUTES)
    attributes["arr"] *= 1e5
    attributes["is_champion"] = pd.array(rng.random(n) < 0.2, dtype="boolean")
    return Snapshot(date(2025, 6, 30), columns(FEATURES), (), attributes)
