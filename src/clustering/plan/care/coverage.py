"""Coverage plan: what the playbooks of a segmentation take and cost, and where that is too much."""

import numpy as np
import pandas as pd

from clustering.config.plan import LeversConfig
from clustering.plan.assumptions import ASSUMED, Assumptions
from clustering.plan.care.levers import lever_columns, solve_levers
from clustering.plan.playbooks.assignment import Assigned
from clustering.plan.playbooks.library import Playbooks
from clustering.schema import TableSpec, column

COVERAGE = TableSpec(
    "coverage",
    f"Coverage plan: one row a label of the planned labelling. {ASSUMED}",
    (
        column("label", "text", "Label."),
        column("playbook", "text", "Its playbook."),
        column("rule", "text", "What gave it the playbook."),
        column("n_accounts", "integer", "Accounts."),
        column("arr", "number", "Their ARR.", nullable=True),
        column("touches", "number", "Touches a year, all accounts together."),
        column("hours", "number", "Hours a year of the playbook."),
        column("event_hours", "number", "Hours of the event playbooks that run."),
        column("n_present", "integer", "Accounts that keep their present care."),
        column("delivered_hours", "number", "What its accounts get today.", nullable=True),
        column("csms", "number", "Full-time CSMs that those hours are."),
        column("cost", "number", "Cost a year."),
        column("cost_share", "number", "Cost as a share of ARR.", nullable=True),
        column("over_limit", "boolean", "Whether it costs more than the affordable share."),
        column("arr_per_account", "number", "ARR per account.", nullable=True),
        column("accounts_per_csm", "number", "Accounts per CSM.", nullable=True),
        column("note", "text", "What stands in the place of a number."),
        column("need_arr_per_account", "number", "That alone meets the limit.", nullable=True),
        column("need_accounts_per_csm", "number", "That alone meets the limit.", nullable=True),
        column("need_cost_per_csm", "number", "That alone meets the limit.", nullable=True),
        column("need_services_per_account", "number", "Price, likewise.", nullable=True),
        column("bounded_reached", "boolean", "Whether the bounded mix meets the limit."),
    ),
    more="equal_* and bounded_*: the four levers in the mix in which each goes the same share "
    "(`*_moved`) of its way alone, or of its configured bound, and the `*_cost_share` that "
    "care then has. Missing within the limit.",
    optional=True,
)


def cover(
    accounts: pd.DataFrame,
    assigned: tuple[Assigned, ...],
    books: Playbooks,
    given: Assumptions,
    bounds: LeversConfig,
) -> pd.DataFrame:
    """Hours, CSMs and cost of every segment, and the levers where it costs too much.

    Parameters
    ----------
    accounts : indexed by id: `label`, `arr`, `event_hours`, `needed_hours`, `has_need`,
        `size_factor`, `delivered_hours`
    assigned : the playbook of every label; a label without accounts stays in the plan, with zeros
    books, given, bounds : what the numbers rest on

    Returns
    -------
    DataFrame
        One row a label, as `COVERAGE` says; before it `scale`, the accounts that follow the
        playbook, each by the factor of its size, and `present_hours` of the others: `hours` are
        `scale` x the hours of the playbook + `present_hours`.

    References
    ----------
    Pickens (cost of at most 15 % of ARR, four levers); Eizips 2017 (ARR per CSM).
    """
    return pd.DataFrame(
        _segment(one, accounts[accounts["label"] == one.label], books, given, bounds)
        for one in assigned
    )


def _segment(
    one: Assigned, mine: pd.DataFrame, books: Playbooks, given: Assumptions, bounds: LeversConfig
) -> dict[str, object]:
    n = len(mine)
    arr = float(mine["arr"].sum(min_count=1))
    follows = mine["has_need"].to_numpy(dtype=bool)
    hours, event_hours = float(mine["needed_hours"].sum()), float(mine["event_hours"].sum())
    csms = (hours + event_hours) / given.csm_hours
    cost = csms * given.csm_cost
    over = cost > given.affordable_share * arr
    levers = None
    if over and arr and csms:
        levers = solve_levers(arr / n, n / csms, given.csm_cost, given.affordable_share, bounds)
    return {
        "scale": float(mine.loc[follows, "size_factor"].sum()),
        "present_hours": float(mine.loc[~follows, "needed_hours"].sum()),
        "label": one.label,
        "playbook": one.playbook,
        "rule": one.rule,
        "n_accounts": n,
        "arr": arr,
        "touches": int(follows.sum()) * books.n_touches(one.playbook),
        "hours": hours,
        "event_hours": event_hours,
        "n_present": int((~follows).sum()),
        "delivered_hours": float(mine["delivered_hours"].sum(min_count=1)),
        "csms": csms,
        "cost": cost,
        "cost_share": cost / arr if arr else np.nan,
        "over_limit": over,
        "arr_per_account": arr / n if n else np.nan,
        "accounts_per_csm": n / csms if csms else np.nan,
        "note": _note(n, arr, cost, int(mine["arr"].isna().sum())),
        **lever_columns(levers),
    }


def _note(n: int, arr: float, cost: float, without: int) -> str:
    if n == 0:
        return "no account has this label now"
    if np.isnan(arr):
        return "no account has an amount (table `subscriptions`): its share cannot be computed"
    if arr == 0 and cost > 0:
        return "its amount is 0, so no lever brings the cost under the limit"
    if without:
        return f"{without} of its accounts have no known amount; their care is counted"
    return ""
