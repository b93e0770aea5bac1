"""What a head count covers, what it leaves on the table, and who looks after whom."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.arrays import Floats
from clustering.config.plan import LEVELS, EngagementConfig
from clustering.plan.playbooks.library import Playbooks
from clustering.plan.staffing.allocation import Allocation, allocate, coverage_curve
from clustering.plan.staffing.books import Books, balance_books
from clustering.plan.staffing.demand import Demand
from clustering.schema import Entry, TableSpec, column

HEAD_COUNT = TableSpec(
    "head_count",
    "The most value that other head counts can cover.",
    (
        column("csms", "number", "Head count."),
        column("covered", "number", "No allocation covers more.", nullable=True),
    ),
    optional=True,
)

_POINTS = 13
_NO_HEAD_COUNT = "no head count: set engagement.capacity.csms, or give the column `accounts.csm`"
_NO_VALUE = (
    "neither revenue at risk (tables `subscriptions` and a behaviour table) nor open expansion "
    "(table `opportunities` with closed_on) is known"
)


class HeadCount(Entry):
    """What a head count covers."""

    csms: int = Field(description="Head count.")
    origin: str = Field(description="Where the head count is from.")
    hours: float = Field(description="Its hours a year.")
    event_hours: float = Field(description="Hours that running event playbooks take first.")
    status: str = Field(description="optimal (gap of at most 0.01 %), gap, or infeasible.")
    reason: str = Field(description="Which limit binds, or makes it infeasible.")
    hours_used: float = Field(description="Hours that the allocation takes.")
    value: float = Field(description="Revenue at risk and weighted expansion of all accounts.")
    covered: float = Field(description="Of it, covered by the allocation (assumed shares).")
    coverable: float = Field(description="Covered if every account had high touch.")
    left: float = Field(description="Left on the table for want of people: coverable - covered.")
    bound: float = Field(description="No allocation covers more.")
    gap: float = Field(description="(bound - covered) / bound.")
    one_more_csm: float = Field(description="The most that one more CSM would cover beyond it.")
    levels: dict[str, int] = Field(description="Accounts by level of touch.")
    revenue_at_risk_left: float = Field(description="Revenue at risk not covered.")
    expansion_left: float = Field(description="Open expansion not covered.")
    not_allocated: int = Field(description="Accounts without a label or any known value.")
    partly_known: int = Field(description="Accounts of which one part of the value is unknown.")
    books: Books = Field(description="Who looks after whom.")


@dataclass(frozen=True, eq=False)
class Staffing:
    """What a head count covers, of every account, and what other head counts could.

    Attributes
    ----------
    found : in numbers
    accounts : indexed by account, the columns of `BOOKS` after the label; `level` is missing where
        none was allocated, and `hours` are then the whole playbook's
    curve : as `HEAD_COUNT` says
    """

    found: HeadCount
    accounts: pd.DataFrame
    curve: pd.DataFrame


def staff(
    mine: pd.DataFrame, config: EngagementConfig, playbooks: Playbooks
) -> tuple[Staffing | None, str]:
    """The allocation within the head count; None, and why, where there can be none.

    Parameters
    ----------
    mine : one row an account: `playbook`, `needed_hours`, `event_hours`,
        `revenue_at_risk`, `expansion_pipeline`, `arr` and, where known, `csm`
    config, playbooks : what the numbers rest on

    References
    ----------
    Nathan 2020: a team that is too small leaves retention and expansion on the table; how much is
    what this measures.
    """
    csms, origin = _head_count(mine, config)
    if csms is None:
        return None, _NO_HEAD_COUNT
    parts = mine[["revenue_at_risk", "expansion_pipeline"]]
    known = parts.notna()
    if not known.to_numpy().any():
        return None, _NO_VALUE
    chosen = known.any(axis=1) & mine["needed_hours"].notna()
    demand = _demand(mine[chosen], config, playbooks)
    reserved = float(mine["event_hours"].sum())
    hours, places = _limits(np.array([csms], dtype=np.float64), reserved, config)
    allocation = allocate(demand, float(hours[0]), config.levels, float(places[0]))
    accounts = _allocated(mine, chosen, demand, allocation, config)
    curve = _curve(demand, csms, reserved, config)
    next_covers = float(curve.loc[curve["csms"] == csms + 1, "covered"].iloc[0])
    books, owned = balance_books(
        mine["arr"], accounts["hours"], mine.get("csm"), csms, config.book_tolerance
    )
    coverable = float(demand.value.sum() * config.levels.covers[0])
    share = (accounts["covered"] / accounts["value"]).where(accounts["value"] > 0)
    left = (1.0 - share.fillna(0.0))[accounts["value"].notna()]
    counts = accounts["level"].value_counts()
    found = HeadCount(
        csms=csms,
        origin=origin,
        hours=csms * config.capacity.csm_hours,
        event_hours=reserved,
        status=allocation.status,
        reason=allocation.reason,
        hours_used=allocation.hours,
        value=float(accounts["value"].sum()),
        covered=allocation.covered,
        coverable=coverable,
        left=max(coverable - allocation.covered, 0.0),
        bound=allocation.bound,
        gap=allocation.gap,
        one_more_csm=float(np.fmax(next_covers - allocation.covered, 0.0)),
        levels={level: int(counts.get(level, 0)) for level in LEVELS},
        revenue_at_risk_left=float((accounts["revenue_at_risk"] * left).sum()),
        expansion_left=float((accounts["expansion_pipeline"] * left).sum()),
        not_allocated=int((~chosen).sum()),
        partly_known=int((chosen & ~known.all(axis=1)).sum()),
        books=books,
    )
    return Staffing(found, accounts.join(owned), curve), ""


def _limits(csms: Floats, reserved: float, config: EngagementConfig) -> tuple[Floats, Floats]:
    """Hours a year, beside those reserved, and accounts above digital touch of so many CSMs."""
    most = config.capacity.most_accounts
    hours = np.maximum(csms * config.capacity.csm_hours - reserved, 0.0)
    return hours, np.full(len(csms), np.inf) if most is None else csms * most


def _demand(rows: pd.DataFrame, config: EngagementConfig, playbooks: Playbooks) -> Demand:
    """What the accounts need and are worth."""
    value = rows["revenue_at_risk"].fillna(0.0)
    value = value + config.expansion_weight * rows["expansion_pipeline"].fillna(0.0)
    least = {name: LEVELS.index(one.least_touch) for name, one in playbooks.playbooks.items()}
    return Demand(
        rows["needed_hours"].to_numpy(dtype=np.float64),
        np.maximum(value.to_numpy(dtype=np.float64), 0.0),
        np.array([least[name] for name in rows["playbook"]], dtype=np.int64),
    )


def _head_count(mine: pd.DataFrame, config: EngagementConfig) -> tuple[int | None, str]:
    if config.capacity.csms is not None:
        return config.capacity.csms, "as configured"
    if "csm" in mine and mine["csm"].notna().any():
        return int(mine["csm"].nunique()), "the names in the accounts"
    return None, ""


def _allocated(
    mine: pd.DataFrame,
    chosen: "pd.Series[bool]",
    demand: Demand,
    allocation: Allocation,
    config: EngagementConfig,
) -> pd.DataFrame:
    """Level, hours and value of every account; hours are the whole playbook's where none is."""
    frame = mine[["revenue_at_risk", "expansion_pipeline"]].assign(
        hours=mine["needed_hours"], value=np.nan, covered=np.nan
    )
    frame["level"] = pd.Series(pd.NA, index=frame.index, dtype="str")
    frame.loc[chosen, "value"] = demand.value
    if allocation.status != "infeasible":
        share, covers = np.array(config.levels.hours), np.array(config.levels.covers)
        frame.loc[chosen, "level"] = np.array(LEVELS)[allocation.level]
        frame.loc[chosen, "hours"] = demand.hours * share[allocation.level]
        frame.loc[chosen, "covered"] = demand.value * covers[allocation.level]
    return frame


def _curve(demand: Demand, csms: int, reserved: float, config: EngagementConfig) -> pd.DataFrame:
    """What other head counts could cover: from none to where the hours no longer bind."""
    needed = float(demand.hours.sum() * config.levels.hours[0]) + reserved
    most = max(needed / config.capacity.csm_hours, 1.3 * csms, 1.0)
    points = np.unique([*np.linspace(0.0, np.ceil(most), _POINTS).round(), csms, csms + 1])
    hours, places = _limits(points, reserved, config)
    covered = coverage_curve(demand, hours, config.levels, places)
    return pd.DataFrame({"csms": points, "covered": covered})
