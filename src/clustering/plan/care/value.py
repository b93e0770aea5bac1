"""What each segment gives back, net of what it costs to serve.

Nothing is measured twice: what happened after the as-of date (GRR, NRR) is the horizon's, and what
the trailing window saw is `trailing`'s. Groups of few accounts are not shown: their numbers are
those of single customers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

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
_SEGMENT, _INDUSTRY = "segment", "industry"


@dataclass(frozen=True, eq=False)
class SegmentValue:
    """The table, and what could not be computed.

    Attributes
    ----------
    frame : one row a segment, then one row an industry of the top segment; `kind` tells which.
        Rows of few accounts have their size alone and `suppressed`
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
    total = accounts["arr"].sum()
    rows = [
        _row(_SEGMENT, level, level, accounts[accounts["label"] == level], total, smallest_group)
        for level in levels
    ]
    by_amount = accounts.groupby("label")["arr"].sum(min_count=1).dropna()
    top = str(by_amount.idxmax()) if len(by_amount) else None
    if top is not None and "industry" in accounts:
        mine = accounts[accounts["label"] == top]
        industries = mine["industry"].dropna().astype("str")
        for industry in sorted(industries.unique()):
            part = mine.loc[industries.index[industries == industry]]
            rows.append(_row(_INDUSTRY, top, industry, part, total, smallest_group))
    frame = pd.DataFrame(rows)
    segments = frame[(frame["kind"] == _SEGMENT) & ~frame["suppressed"]]
    absent = {
        name: f"no {allows}" if allows.startswith("`") else f"{allows} is missing"
        for name, allows in MEASURES.items()
        if len(segments) and segments[name].isna().all()
    }
    return SegmentValue(frame, top, absent)


def _row(
    kind: str, segment: str, group: str, part: pd.DataFrame, total: float, smallest: int
) -> dict[str, object]:
    row: dict[str, object] = {
        "kind": kind,
        "label": segment,
        "group": group,
        "n_accounts": len(part),
        "suppressed": len(part) < smallest,
    }
    measures = dict.fromkeys(["arr_share", *MEASURES], np.nan)
    if len(part) >= smallest:
        measures |= _measures(part, total)
    return row | measures


def _measures(part: pd.DataFrame, total: float) -> dict[str, float]:
    arr, cost = _sum(part, "arr"), _sum(part, "cost_to_serve")
    closed, answers = _sum(part, "sales_closed"), _sum(part, "nps_answers")
    return {
        "arr": arr,
        "arr_share": arr / total if total > 0 else np.nan,
        "nrr": _weighted(part, "nrr"),
        "grr": _weighted(part, "grr"),
        "expansion_pipeline": _sum(part, "expansion_pipeline"),
        "champion_share": _column(part, "is_champion").mean(),
        "promoter_share": _sum(part, "nps_promoters") / answers if answers > 0 else np.nan,
        "sales_cycle_days": _sum(part, "sales_cycle_days") / closed if closed > 0 else np.nan,
        "answers_per_account": _column(part, "answers_per_year").mean(),
        "cost_to_serve": cost,
        "net": arr - cost,
    }


def _column(part: pd.DataFrame, name: str) -> "pd.Series[float]":
    if name not in part:
        return pd.Series(np.nan, index=part.index)
    return part[name].astype("float64")


def _sum(part: pd.DataFrame, name: str) -> float:
    """Sum over the accounts that have it; missing where none has."""
    return float(_column(part, name).sum(min_count=1))


def _weighted(part: pd.DataFrame, name: str) -> float:
    """Mean weighted by the amount, over the accounts for which it was observed."""
    values, arr = _column(part, name), _column(part, "arr")
    known = values.notna() & (arr > 0)
    return float(np.average(values[known], weights=arr[known])) if known.any() else np.nan
