"""The accounts that ARR tiers get wrong, by name of the reason.

A tier on ARR gives an account the care of its size. That is too much for a large account that is
fully adopted and has nothing to win or to lose, and too little for a small one that could grow or
that is about to leave: companies A and B of Mansdorf 2020. An account whose touch by
`lifecycle_touch` is within its noise (near the line) is on neither list.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.schema import TableSpec, column
from clustering.schemes import Axes, Labelling

_ADOPTED = "milestones_due_achieved_share"
_SHRUNK = ", drawn towards one half"

MISJUDGED = TableSpec(
    "misjudged",
    "Accounts that ARR tiers get wrong: the tier asks for the opposite of the care that repays "
    "a CSM's time (Mansdorf 2020).",
    (
        column("account_id", "text", "Key."),
        column("tier", "text", "ARR tier."),
        column("care", "text", "'too much' or 'too little' care by the tier."),
        column("by_stage", "text", "Label of `lifecycle_touch`."),
        column("arr", "number", "ARR."),
        column("at_stake", "number", "Open expansion plus revenue at risk, a year.", nullable=True),
        column("growth_potential", "number", "Axis, 0..1."),
        column("churn_risk", "number", "Axis, 0..1."),
        column("adopted_share", "number", "Share of the due milestones reached."),
        column("expansion_pipeline", "number", "Open expansion, a year.", nullable=True),
        column("why", "text", "In words."),
    ),
    optional=True,
)


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
        The columns of `MISJUDGED`; within each kind the first are those with most care to save
        (the largest ARR), or with most at stake.

    References
    ----------
    Mansdorf 2020.
    """
    if tiers is None or by_stage is None or len(tiers.levels) < 2:
        return MISJUDGED.from_rows([])
    index = by_stage.labels.index
    known = axes.frame[["growth_potential", "churn_risk", "revenue_at_risk"]].reindex(index)
    features = snapshot.frame.reindex(index=index, columns=[_ADOPTED, "expansion_pipeline"])
    frame = known.join(features.rename(columns={_ADOPTED: "adopted_share"})).assign(
        tier=tiers.labels.reindex(index),
        by_stage=by_stage.labels,
        arr=snapshot.attributes[ARR].reindex(index),
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
    return MISJUDGED.from_rows(found)


def _why(row: Mapping[Hashable, Any], config: SchemesConfig) -> str:
    """The numbers that decided, against the thresholds that they were held to."""
    settings = config.lifecycle_touch
    growth, risk, adopted = (
        row[name] for name in ("growth_potential", "churn_risk", "adopted_share")
    )
    pipeline = row["expansion_pipeline"]
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
