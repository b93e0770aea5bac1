"""Coverage plan: what the playbooks of a segmentation take and cost, and where that is too much."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.config.plan import EngagementConfig
from clustering.plan.playbooks.assignment import Assigned
from clustering.plan.playbooks.levers import Levers, solve_levers
from clustering.plan.playbooks.library import Playbooks


@dataclass(frozen=True)
class Rates:
    """What a CSM gives and costs in a year; assumed.

    Attributes
    ----------
    csm_hours : hours a year of one CSM
    csm_cost : fully loaded cost of one CSM a year
    limit : most that care may cost, as a share of the amount
    """

    csm_hours: float
    csm_cost: float
    limit: float

    @classmethod
    def of(cls, config: EngagementConfig, hour_cost: float) -> "Rates":
        """From the configuration; `hour_cost` prices the CSM where no cost is given."""
        hours, cost = config.capacity.csm_hours, config.capacity.csm_cost
        return cls(hours, hours * hour_cost if cost is None else cost, config.affordable_share)

    @property
    def hour_cost(self) -> float:
        """Cost of one hour."""
        return self.csm_cost / self.csm_hours


@dataclass(frozen=True)
class SegmentCoverage:
    """One segment of the plan; amounts are a year.

    Attributes
    ----------
    arr : amount of its accounts; None where no account has one
    touches : touches of the playbook, all accounts that follow it together
    hours, event_hours : of the playbook, and of the event playbooks that run now
    scale : accounts that follow the playbook, each by the factor of its size; `hours` are
        `scale` x the hours of the playbook + `present_hours`
    n_present, present_hours : accounts that keep their present care, and the hours of that
    delivered_hours : that its accounts get today; None where they are not known
    csms : full-time CSMs that those hours are
    cost_share : of the amount; None without an amount
    levers : the ways back; None within the limit, or where there is no amount
    note : what stands in the place of a number
    """

    label: str
    playbook: str
    rule: str
    n_accounts: int
    arr: float | None
    touches: float
    hours: float
    event_hours: float
    scale: float
    n_present: int
    present_hours: float
    delivered_hours: float | None
    csms: float
    cost: float
    cost_share: float | None
    over_limit: bool
    levers: Levers | None
    note: str = ""


def cover(
    accounts: pd.DataFrame,
    assigned: tuple[Assigned, ...],
    books: Playbooks,
    rates: Rates,
    config: EngagementConfig,
) -> tuple[SegmentCoverage, ...]:
    """Hours, CSMs and cost of every segment, and the levers where it costs too much.

    Parameters
    ----------
    accounts : indexed by id: `label`, `arr`, `event_hours`, `needed_hours`, `has_need`,
        `size_factor`, `delivered_hours`
    assigned : the playbook of every label; a label without accounts stays in the plan, with zeros
    books, rates, config : what the numbers rest on

    References
    ----------
    Pickens (cost of at most 15 % of ARR, four levers); Eizips 2017 (ARR per CSM).
    """
    rows = []
    for one in assigned:
        mine = accounts[accounts["label"] == one.label]
        rows.append(_segment(one, mine, books, rates, config))
    return tuple(rows)


def _segment(
    one: Assigned, mine: pd.DataFrame, books: Playbooks, rates: Rates, config: EngagementConfig
) -> SegmentCoverage:
    n = len(mine)
    known = mine["arr"].dropna()
    arr = float(known.sum()) if len(known) else None
    follows = mine["has_need"].to_numpy(dtype=bool)
    hours = float(mine["needed_hours"].sum())
    given = mine["delivered_hours"]
    event_hours = float(mine["event_hours"].sum())
    csms = (hours + event_hours) / rates.csm_hours
    cost = csms * rates.csm_cost
    share = cost / arr if arr else None
    over = cost > rates.limit * arr if arr is not None else False
    levers = None
    if over and arr and csms:
        levers = solve_levers(arr / n, n / csms, rates.csm_cost, rates.limit, config.levers)
    return SegmentCoverage(
        label=one.label,
        playbook=one.playbook,
        rule=one.rule,
        n_accounts=n,
        arr=arr,
        touches=int(follows.sum()) * books.n_touches(one.playbook),
        hours=hours,
        event_hours=event_hours,
        scale=float(mine.loc[follows, "size_factor"].sum()),
        n_present=int((~follows).sum()),
        present_hours=float(mine.loc[~follows, "needed_hours"].sum()),
        delivered_hours=float(given.sum()) if given.notna().any() else None,
        csms=csms,
        cost=cost,
        cost_share=share,
        over_limit=over,
        levers=levers,
        note=_note(n, arr, cost, n - len(known)),
    )


def _note(n: int, arr: float | None, cost: float, without: int) -> str:
    if n == 0:
        return "no account has this label now"
    if arr is None:
        return "no account has an amount (table `subscriptions`): its share cannot be computed"
    if arr == 0 and cost > 0:
        return "its amount is 0, so no lever brings the cost under the limit"
    if without:
        return f"{without} of its accounts have no known amount; their care is counted"
    return ""


def coverage_table(
    rows: tuple[SegmentCoverage, ...], allocated: Mapping[str, Mapping[str, float]]
) -> pd.DataFrame:
    """`coverage.parquet`: one row a segment, levers and mixes as columns.

    Parameters
    ----------
    allocated : what the allocation gives each label: accounts by level, hours, value covered and
        left; empty where there is none
    """
    return pd.DataFrame([_row(one) | dict(allocated.get(one.label, {})) for one in rows])


def _row(one: SegmentCoverage) -> dict[str, object]:
    n, levers = one.n_accounts, one.levers
    row: dict[str, object] = {
        "label": one.label,
        "playbook": one.playbook,
        "rule": one.rule,
        "n_accounts": n,
        "arr": np.nan if one.arr is None else one.arr,
        "touches": one.touches,
        "hours": one.hours,
        "event_hours": one.event_hours,
        "n_present": one.n_present,
        "delivered_hours": np.nan if one.delivered_hours is None else one.delivered_hours,
        "csms": one.csms,
        "cost": one.cost,
        "cost_share": np.nan if one.cost_share is None else one.cost_share,
        "over_limit": one.over_limit,
        "arr_per_account": one.arr / n if one.arr is not None and n else np.nan,
        "accounts_per_csm": n / one.csms if one.csms else np.nan,
        "note": one.note,
    }
    for lever in ("arr_per_account", "accounts_per_csm", "cost_per_csm", "services_per_account"):
        row[f"need_{lever}"] = getattr(levers, lever) if levers else np.nan
        for mix in ("equal", "bounded"):
            row[f"{mix}_{lever}"] = getattr(getattr(levers, mix), lever) if levers else np.nan
    for mix in ("equal", "bounded"):
        row[f"{mix}_moved"] = getattr(levers, mix).moved if levers else np.nan
        row[f"{mix}_cost_share"] = getattr(levers, mix).cost_share if levers else np.nan
    row["bounded_reached"] = bool(levers and levers.bounded.reached)
    return row
