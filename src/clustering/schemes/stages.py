"""The stage of an account's lifecycle: an axis with names in the place of numbers."""

import numpy as np
import pandas as pd

from clustering.config.schemes import StagesConfig
from clustering.features.types import Snapshot
from clustering.schemes.axes import Axes

#: The stages; where several hold, the first in this order is the account's.
STAGES = ("at_risk", "renewing", "onboarding", "expanding", "mature", "adopting")


def lifecycle_stage(snapshot: Snapshot, axes: Axes, config: StagesConfig) -> "pd.Series[str]":
    """Stage of every account at the as-of date; missing where it is not known.

    At risk from a churn risk on; renewing while a renewal opportunity is open; onboarding for the
    first `onboarding_days`; expanding with an open expansion pipeline or a trigger lately
    reached; mature with most due milestones reached; adopting with fewer. What is not known does
    not hold: an account whose age is not known has no stage, nor has one that is none of the
    others and whose milestones are not known.

    Examples
    --------
    >>> from datetime import date
    >>> from clustering.schemes.axes import compute_axes
    >>> from clustering.config.schemes import AxesConfig
    >>> frame = pd.DataFrame(
    ...     {"tenure_days": [30.0, 900.0], "milestones_due_achieved_share": [0.5, 0.9]},
    ...     index=["a", "b"],
    ... )
    >>> snapshot = Snapshot(date(2025, 1, 1), frame, (), pd.DataFrame(index=frame.index))
    >>> lifecycle_stage(snapshot, compute_axes(snapshot, AxesConfig()), StagesConfig()).tolist()
    ['onboarding', 'mature']
    """
    index = snapshot.frame.index
    nothing = pd.Series(np.nan, index=index)

    def known(name: str) -> "pd.Series[float]":
        source = snapshot.frame if name in snapshot.frame else snapshot.attributes
        return source.get(name, nothing)

    growing = (known("expansion_pipeline") > 0) | (known("expand_triggers_reached") > 0)
    holds = {
        "at_risk": axes.frame["churn_risk"] >= config.at_risk_from,
        "renewing": known("renewals_open") > 0,
        "onboarding": known("tenure_days") < config.onboarding_days,
        "expanding": growing,
        "mature": known("milestones_due_achieved_share") >= config.mature_from,
    }
    stage = np.select([holds[name] for name in STAGES[:-1]], STAGES[:-1], default=STAGES[-1])
    can_tell = (stage != STAGES[-1]) | known("milestones_due_achieved_share").notna()
    return pd.Series(stage, index=index, dtype="str", name="lifecycle_stage").where(
        known("tenure_days").notna() & can_tell
    )
