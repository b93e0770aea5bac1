"""What a head count covers, what it leaves on the table, and who looks after whom."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.config.plan import EngagementConfig
from clustering.plan.care.coverage import Rates
from clustering.plan.care.demand import LEVELS, Demand
from clustering.plan.playbooks.library import Playbooks
from clustering.plan.staffing.allocation import Allocation, allocate, coverage_curve
from clustering.plan.staffing.books import Books, balance_books

_POINTS = 13
_NO_HEAD_COUNT = "no head count: set engagement.capacity.csms, or give the column `accounts.csm`"


@dataclass(frozen=True, eq=False)
class Staffing:
    """What a head count covers.

    Attributes
    ----------
    csms, origin : head count, and where it is from
    hours, event_hours : of the head count a year, and what running event playbooks take first
    allocation : of touch levels to the accounts whose value is known
    accounts : indexed by account: `level` (missing where it was not allocated), `hours`,
        `value`, `covered`, and `revenue_at_risk` and `expansion_pipeline` as they went in
    coverable : covered with hours without end
    curve : `csms`, `covered` (the most that so many can cover)
    one_more : the most that one more CSM would cover beyond this allocation
    not_allocated : accounts without a label or a known value; decide them by hand
    partly_known : accounts of which one of the two parts of the value is not known
    books : who looks after whom
    """

    csms: int
    origin: str
    hours: float
    event_hours: float
    allocation: Allocation
    accounts: pd.DataFrame
    coverable: float
    curve: pd.DataFrame
    one_more: float
    not_allocated: int
    partly_known: int
    books: Books


def staff(
    mine: pd.DataFrame,
    rates: Rates,
    config: EngagementConfig,
    books: Playbooks,
) -> tuple[Staffing | None, str]:
    """The allocation within the head count; None, and why, where there can be none.

    Parameters
    ----------
    mine : one row an account: `playbook`, `needed_hours`, `event_hours`,
        `revenue_at_risk`, `expansion_pipeline`, `arr` and, where known, `csm`
    rates, config, books : what the numbers rest on

    References
    ----------
    Nathan 2020: a team that is too small leaves retention and expansion on the table; how much is
    what this measures.
    """
    csms, origin = _head_count(mine, config)
    if csms is None:
        return None, _NO_HEAD_COUNT
    parts = mine[["revenue_at_risk", "expansion_pipeline"]].copy()
    known = parts.notna()
    if not known.to_numpy().any():
        return None, (
            "neither revenue at risk (tables `subscriptions` and a behaviour table) nor open "
            "expansion (table `opportunities` with closed_on) is known"
        )
    value = parts["revenue_at_risk"].fillna(0.0)
    value = value + config.expansion_weight * parts["expansion_pipeline"].fillna(0.0)
    chosen = known.any(axis=1) & mine["needed_hours"].notna()
    rows = mine[chosen]
    demand = Demand(
        rows["needed_hours"].to_numpy(dtype=np.float64),
        np.maximum(value[chosen].to_numpy(dtype=np.float64), 0.0),
        rows["playbook"]
        .map(lambda name: LEVELS.index(books.playbooks[name].least_touch))
        .to_numpy(dtype=np.int64),
    )
    most = config.capacity.most_accounts
    places = np.inf if most is None else float(csms * most)
    reserved = float(mine["event_hours"].sum())
    hours = max(csms * rates.csm_hours - reserved, 0.0)
    allocation = allocate(demand, hours, config.levels, places)
    accounts = _allocated(mine, rows, parts, demand, allocation, config)
    curve = _curve(demand, csms, reserved, rates, config)
    next_covers = float(curve.loc[curve["csms"] == csms + 1, "covered"].iloc[0])
    owner = mine.get("csm")
    return Staffing(
        csms=csms,
        origin=origin,
        hours=csms * rates.csm_hours,
        event_hours=reserved,
        allocation=allocation,
        accounts=accounts,
        coverable=float(demand.value.sum() * config.levels.covers[0]),
        curve=curve,
        one_more=max(next_covers - allocation.covered, 0.0) if next_covers == next_covers else 0.0,
        not_allocated=int((~chosen).sum()),
        partly_known=int((chosen & ~known.all(axis=1)).sum()),
        books=balance_books(mine["arr"], accounts["hours"], owner, csms, config.book_tolerance),
    ), ""


def _head_count(mine: pd.DataFrame, config: EngagementConfig) -> tuple[int | None, str]:
    if config.capacity.csms is not None:
        return config.capacity.csms, "as configured"
    if "csm" in mine and mine["csm"].notna().any():
        return int(mine["csm"].nunique()), "the names in accounts.csm"
    return None, ""


def _allocated(
    mine: pd.DataFrame,
    rows: pd.DataFrame,
    parts: pd.DataFrame,
    demand: Demand,
    allocation: Allocation,
    config: EngagementConfig,
) -> pd.DataFrame:
    """Level, hours and value of every account; hours are the whole playbook's where none is."""
    frame = parts.assign(hours=mine["needed_hours"], value=np.nan, covered=np.nan)
    frame["level"] = pd.Series(pd.NA, index=frame.index, dtype="str")
    frame.loc[rows.index, "value"] = demand.value
    if allocation.status != "infeasible":
        share, covers = np.array(config.levels.hours), np.array(config.levels.covers)
        frame.loc[rows.index, "level"] = np.array(LEVELS)[allocation.level]
        frame.loc[rows.index, "hours"] = demand.hours * share[allocation.level]
        frame.loc[rows.index, "covered"] = demand.value * covers[allocation.level]
    return frame


def _curve(
    demand: Demand, csms: int, reserved: float, rates: Rates, config: EngagementConfig
) -> pd.DataFrame:
    """What other head counts could cover: from none to where the hours no longer bind."""
    needed = float(demand.hours.sum() * config.levels.hours[0]) + reserved
    enough = needed / rates.csm_hours
    most = max(enough, 1.3 * csms, 1.0)
    points = np.unique(
        np.append(np.linspace(0.0, np.ceil(most), _POINTS).round(), [csms, csms + 1])
    )
    places = config.capacity.most_accounts
    limits = np.full(len(points), np.inf) if places is None else points * places
    hours = np.maximum(points * rates.csm_hours - reserved, 0.0)
    covered = coverage_curve(demand, hours, config.levels, limits)
    return pd.DataFrame({"csms": points, "covered": covered})
