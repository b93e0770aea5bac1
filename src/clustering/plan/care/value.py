"""What each segment gives back, net of what it costs to serve.

Nothing is measured twice: what happened after the as-of date (GRR, NRR) is the horizon's, and what
the year before it saw is `delivered_care`'s. Groups of few accounts are not shown: their numbers
are those of single customers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.schema import TableSpec, column

SEGMENT_VALUE = TableSpec(
    "segment_value",
    "What each segment gives back, net of serving it, and the industries of the top segment. "
    "Groups of few accounts have their size alone.",
    (
        column("kind", "text", "segment, or industry of the top segment."),
        column("label", "text", "Label of the planned labelling."),
        column("group", "text", "The label again, or the industry."),
        column("n_accounts", "integer", "Accounts."),
        column("suppressed", "boolean", "Whether there are too few to show more."),
        column("arr", "number", "ARR.", nullable=True),
        column("arr_share", "number", "Share of all ARR.", nullable=True),
        column("nrr", "number", "NRR over the horizon, weighted by ARR.", nullable=True),
        column("grr", "number", "GRR over the horizon, weighted by ARR.", nullable=True),
        column("expansion_pipeline", "number", "Open expansion.", nullable=True),
        column("champion_share", "number", "Share with a champion.", nullable=True),
        column("promoter_share", "number", "Share of NPS answers of 9 or 10.", nullable=True),
        column("sales_cycle_days", "number", "Mean days opened to closed.", nullable=True),
        column("answers_per_account", "number", "Answers a year per account.", nullable=True),
        column("cost_to_serve", "number", "Care and tickets a year.", nullable=True),
        column("net", "number", "ARR less the cost to serve.", nullable=True),
    ),
    optional=True,
)

#: Column of the table -> what would allow it where it is missing for all.
MEASURES: dict[str, str] = {
    "arr": "`subscriptions`",
    "nrr": "`subscriptions` that reach to the end of the horizon",
    "grr": "`subscriptions` that reach to the end of the horizon",
    "expansion_pipeline": "`opportunities` with closed_on",
    "champion_share": "the column `accounts.is_champion`",
    "promoter_share": "`surveys` with nps answers",
    "sales_cycle_days": "`opportunities` with closed_on",
    "answers_per_account": "`surveys` or `tickets.score`",
    "cost_to_serve": "`engagements`",
    "net": "`engagements` and `subscriptions`",
}
_SUMS = [
    *("arr", "cost_to_serve", "expansion_pipeline", "nps_answers", "nps_promoters"),
    *("sales_closed", "sales_cycle_days"),
]
_MEANS = ["is_champion", "answers_per_year"]
_WEIGHTED = ["nrr", "grr"]


@dataclass(frozen=True, eq=False)
class SegmentValue:
    """The table, and what could not be computed.

    Attributes
    ----------
    frame : as `SEGMENT_VALUE` says: the segments, then the industries of the top one
    top : the segment of the largest amount; None where no amount is known
    not_computed : for each measure that no account allows, the table that would
    """

    frame: pd.DataFrame
    top: str | None
    not_computed: dict[str, str]


def segment_value(
    accounts: pd.DataFrame, levels: tuple[str, ...], smallest_group: int
) -> SegmentValue:
    """Value of every segment, and of the industries within the one of the largest amount.

    Parameters
    ----------
    accounts : indexed by id: `label`, `arr`, `nrr`, `grr`, `expansion_pipeline`, `is_champion`
        (1, 0 or missing), `nps_answers`, `nps_promoters`, `sales_closed`, `sales_cycle_days` (a
        sum), `answers_per_year`, `cost_to_serve`, `industry`
    levels : the segments in their order
    smallest_group : fewer accounts are not shown

    References
    ----------
    Pickens (what a segment gives back: ARR, GRR and NRR, expansion, advocacy, sales cycle,
    feedback; by vertical within the top segment).

    Examples
    --------
    Two accounts of 100 and 300: NRR is weighted by ARR, (0.5 x 100 + 1.1 x 300) / 400.

    >>> accounts = pd.DataFrame(
    ...     {"label": "a", "arr": [100.0, 300.0], "nrr": [0.5, 1.1], "grr": [0.5, 1.0]},
    ...     index=["x", "y"],
    ... )
    >>> found = segment_value(accounts, ("a",), smallest_group=2)
    >>> found.frame[["nrr", "grr"]].iloc[0].round(3).tolist()
    [0.95, 0.875]
    """
    known = accounts.reindex(columns=[*_SUMS, *_MEANS, *_WEIGHTED]).astype("float64")
    known = known.assign(label=accounts["label"], industry=accounts.get("industry"))
    groups = [("segment", level, level, known[known["label"] == level]) for level in levels]
    by_amount = known.groupby("label")["arr"].sum(min_count=1).dropna()
    top = str(by_amount.idxmax()) if len(by_amount) else None
    if top is not None:
        by_industry = known[known["label"] == top].groupby("industry")
        groups += [("industry", top, str(name), part) for name, part in by_industry]
    total = known["arr"].sum()
    frame = pd.DataFrame(
        {
            "kind": kind,
            "label": label,
            "group": group,
            "n_accounts": len(part),
            "suppressed": len(part) < smallest_group,
            **_measures(part.iloc[:0] if len(part) < smallest_group else part, total),
        }
        for kind, label, group, part in groups
    )
    segments = frame[(frame["kind"] == "segment") & ~frame["suppressed"]]
    absent = {
        name: f"no {allows}" if allows.startswith("`") else f"{allows} is missing"
        for name, allows in MEASURES.items()
        if len(segments) and segments[name].isna().all()
    }
    return SegmentValue(frame, top, absent)


def _measures(part: pd.DataFrame, total: float) -> dict[str, float]:
    """What the accounts give back; missing where none of them tells."""
    sums, means = part[_SUMS].sum(min_count=1), part[_MEANS].mean()
    return {
        "arr_share": sums["arr"] / total if total > 0 else np.nan,
        "arr": sums["arr"],
        "nrr": _weighted(part, "nrr"),
        "grr": _weighted(part, "grr"),
        "expansion_pipeline": sums["expansion_pipeline"],
        "champion_share": means["is_champion"],
        "promoter_share": _ratio(sums["nps_promoters"], sums["nps_answers"]),
        "sales_cycle_days": _ratio(sums["sales_cycle_days"], sums["sales_closed"]),
        "answers_per_account": means["answers_per_year"],
        "cost_to_serve": sums["cost_to_serve"],
        "net": sums["arr"] - sums["cost_to_serve"],
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan


def _weighted(part: pd.DataFrame, name: str) -> float:
    """Mean weighted by the amount, over the accounts for which it was observed."""
    known = part[name].notna() & (part["arr"] > 0)
    return _ratio(float((part[name] * part["arr"])[known].sum()), float(part["arr"][known].sum()))
