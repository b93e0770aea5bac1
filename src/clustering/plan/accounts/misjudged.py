"""The accounts that ARR tiers get wrong, by name of the reason.

A tier on ARR gives an account the care of its size. That is too much for a large account that is
fully adopted and has nothing to win or to lose, and too little for a small one that could grow or
that is about to leave: companies A and B of Mansdorf 2020. An account whose touch by
`lifecycle_touch` is within its noise (near the line) is on neither list.
"""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.schemes import Axes, Labelling

_ADOPTED = "milestones_due_achieved_share"
_SHRUNK = ", drawn towards one half"
_COLUMNS = {
    ACCOUNT_ID: "str",
    "tier": "str",
    "care": "str",
    "by_stage": "str",
    ARR: "float64",
    "at_stake": "float64",
    "growth_potential": "float64",
    "churn_risk": "float64",
    "adopted_share": "float64",
    "expansion_pipeline": "float64",
    "why": "str",
}


def misjudged_accounts(
    snapshot: Snapshot,
    axes: Axes,
    tiers: Labelling | None,
    by_stage: Labelling | None,
    config: SchemesConfig,
) -> pd.DataFrame:
    """Accounts whose ARR tier asks for the opposite of the care that repays a CSM's time.

    *Too much* care by ARR: of the highest tier, and low touch by `lifecycle_touch`, which is that
    neither growth potential nor churn risk repays it. *Too little*: of the lowest tier, and high
    touch by `lifecycle_touch`.

    Parameters
    ----------
    tiers, by_stage : the schemes `arr_tiers` and `lifecycle_touch`; None where the accounts do not
        allow them, and nothing is listed then

    Returns
    -------
    DataFrame
        `account_id`, `tier`, `care` (``too much`` or ``too little``), `by_stage` (the label of
        `lifecycle_touch`), `arr`, `at_stake` (open expansion plus revenue at risk, a year), the
        axes and features behind it, and `why` in words; within each kind the first are those with
        most care to save (the largest ARR), or with most at stake.

    References
    ----------
    Mansdorf 2020.
    """
    if tiers is None or by_stage is None or len(tiers.levels) < 2:
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in _COLUMNS.items()})
    index = by_stage.labels.index
    frame = pd.DataFrame(
        {
            "tier": tiers.labels.reindex(index),
            "by_stage": by_stage.labels,
            ARR: snapshot.attributes[ARR].reindex(index),
            "growth_potential": axes.frame["growth_potential"].reindex(index),
            "churn_risk": axes.frame["churn_risk"].reindex(index),
            "adopted_share": snapshot.frame[_ADOPTED].reindex(index),
            "expansion_pipeline": snapshot.frame.get(
                "expansion_pipeline", pd.Series(np.nan, index=snapshot.frame.index)
            ).reindex(index),
            "revenue_at_risk": axes.frame["revenue_at_risk"].reindex(index),
        }
    )
    touch = frame["by_stage"].str.partition(",")[0]
    too_much = (frame["tier"] == tiers.levels[-1]) & (touch == "low_touch")
    too_little = (frame["tier"] == tiers.levels[0]) & (touch == "high_touch")
    if by_stage.near_line is not None:
        clear = ~by_stage.near_line.reindex(index, fill_value=False)
        too_much, too_little = too_much & clear, too_little & clear
    frame["care"] = np.select([too_much, too_little], ["too much", "too little"], "")
    parts = frame[["expansion_pipeline", "revenue_at_risk"]]
    frame["at_stake"] = parts.sum(axis=1, min_count=1)
    frame["rank_by"] = frame[ARR].where(too_much, frame["at_stake"])
    found = frame[too_much | too_little].rename_axis(ACCOUNT_ID).reset_index()
    found["why"] = [_why(row, config) for row in found.to_dict("records")]
    found = found.sort_values(
        ["care", "rank_by", ACCOUNT_ID], ascending=[True, False, True], ignore_index=True
    )
    return found[list(_COLUMNS)].astype(_COLUMNS)


def _why(row: Mapping[Hashable, object], config: SchemesConfig) -> str:
    """The numbers that decided, against the thresholds that they were held to."""
    settings = config.lifecycle_touch
    growth, risk, adopted = (
        float(str(row[name])) for name in ("growth_potential", "churn_risk", "adopted_share")
    )
    pipeline = float(str(row["expansion_pipeline"]))
    opened = f", {pipeline:,.0f} of expansion open" if pipeline > 0 else ""
    if row["care"] == "too much":
        stage = "fully adopted" if adopted >= settings.adopted_from else "not fully adopted"
        return (
            f"{row['tier']} by its amount, yet there is little to win or to lose: growth potential "
            f"{growth:.2f} and churn risk {risk:.2f} are below {settings.growth_from:g} and "
            f"{settings.risk_from:g}{opened}; {stage} (share of due milestones reached: "
            f"{adopted:.2f}{_SHRUNK})"
        )
    reasons = []
    if growth >= settings.growth_from:
        reasons.append(f"growth potential {growth:.2f} ({settings.growth_from:g} is high){opened}")
    if risk >= settings.risk_from:
        reasons.append(f"churn risk {risk:.2f} ({settings.risk_from:g} is high)")
    return (
        f"{row['tier']} by its amount, yet there is much to win or to lose: "
        f"{' and '.join(reasons)}; share of due milestones reached: {adopted:.2f}{_SHRUNK}"
    )
