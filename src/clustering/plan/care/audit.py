"""Delivery audit: who gets more care than needed, who gets less, and whose care is not affordable.

*Needed* are the hours a year of the account's playbook, scaled by its size; *delivered* the hours
of the window before the as-of date, brought to a year. How far a whole label stands from its
playbook says something of the plan, not of an account: an account is held to what its label usually
gets at its size (*usual* hours) beside what it needs. It is over- or under-delivered only where it
lies beyond both, and outside the spread that such accounts have anyway. An event playbook that runs
(an expansion, a rescue) excuses more hours, and it does not make the account under-delivered before
it has had its time.

A *bad fit* is an account whose needed care costs more than the affordable share of its amount:
charge more, serve it otherwise, or do not sign (Murphy; the limit of 15 % is of Pickens). What was
measured goes before what rests on assumed costs, so every account has one status.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.optimize import nnls

from clustering.arrays import Floats
from clustering.columns import ACCOUNT_ID
from clustering.config.plan import AuditConfig
from clustering.plan.assumptions import ASSUMED
from clustering.plan.care.effort import slope_through_origin
from clustering.schema import Entry, TableSpec, column

OVER, UNDER, BAD_FIT, AS_NEEDED, UNKNOWN = "over", "under", "bad_fit", "as_needed", "unknown"

AUDIT = TableSpec(
    "audit",
    f"Delivery audit: one row an account. {ASSUMED}",
    (
        column("account_id", "text", "Key."),
        column("label", "text", "Label of the planned labelling.", nullable=True),
        column("playbook", "text", "Its playbook.", nullable=True),
        column("delivery", "text", "Its one status: over, under, bad_fit, as_needed, or unknown."),
        column("needed_hours", "number", "Of the playbook at its size, a year.", nullable=True),
        column("usual_hours", "number", "What its label gets at its size.", nullable=True),
        column("event_hours", "number", "Hours of the event playbooks that run."),
        column("delivered_hours", "number", "Of the trailing window, a year.", nullable=True),
        column("gap_hours", "number", "Delivered minus usual; judged accounts.", nullable=True),
        column("deviation", "number", "The gap in robust standard deviations.", nullable=True),
        column("size_factor", "number", "Factor of its size on the playbook's hours."),
        column("exposure_days", "number", "Days of the window in which it could be seen."),
        column("arr", "number", "ARR.", nullable=True),
        column("needed_cost", "number", "Cost of the hours needed.", nullable=True),
        column("affordable_cost", "number", "Affordable share of its ARR.", nullable=True),
        column("delivery_rule", "text", "What put it on a list, or why it is not known."),
    ),
    optional=True,
)

#: The median absolute deviation of a normal distribution, in standard deviations.
_MAD = 0.6744897501960817
#: Less time is not recorded, so no hours at all are read as this many on the logarithmic scale.
_LEAST_RECORDED = 0.25
#: Spread is measured in up to so many groups of accounts that get about as much.
_BINS = 8


class AuditTotal(Entry):
    """One list of the delivery audit."""

    name: str = Field(
        description="over_delivered, under_delivered or bad_fit; no account is on two."
    )
    n_accounts: int = Field(description="Accounts on it.")
    hours: float = Field(
        description="Hours a year: beyond need and usual, short of both, or beyond the affordable."
    )
    money: float = Field(description="Those hours at the cost of an hour.")
    arr: float | None = Field(description="ARR of the accounts; null where none is known.")
    rule: str = Field(description="The rule that puts an account on it.")


@dataclass(frozen=True, eq=False)
class Audit:
    """The audit of every account.

    Attributes
    ----------
    frame : one row an account, with the columns of `AUDIT`
    totals : the lists that could be made; no account is on two
    not_computed : for each list that could not, why and which table would allow it
    n_not_judged : accounts of which it is not known whether they get what they need
    """

    frame: pd.DataFrame
    totals: tuple[AuditTotal, ...]
    not_computed: dict[str, str]
    n_not_judged: int


def audit_delivery(
    accounts: pd.DataFrame,
    *,
    config: AuditConfig,
    hour_cost: float,
    affordable_share: float,
    no_delivery: str = "",
) -> Audit:
    """Audit every account.

    Parameters
    ----------
    accounts : indexed by id: `label`, `playbook` (missing without a label), `size` (relative to the
        median of the label), `needed_hours` (of the playbook at that size), `has_need` (False where
        the account keeps its present care, so that nothing says what it needs), `event_hours` (0
        where none runs), `delivered_hours` (a year), `exposure_days`, `arr`
    config : when an account counts as over- or under-delivered
    hour_cost, affordable_share : of the bad fit
    no_delivery : why the hours delivered are not known, where they are not

    Examples
    --------
    Forty accounts need 20 hours and get about as many. One gets 60, one gets 4; and one pays
    10,000, of which the 2,000 that its care costs are 20 %.

    >>> usual = [18.0, 19.0, 20.0, 21.0, 22.0] * 8
    >>> accounts = pd.DataFrame(
    ...     {"label": "a", "playbook": "standard", "needed_hours": 20.0, "size": 1.0,
    ...      "has_need": True, "event_hours": 0.0, "delivered_hours": [60.0, 4.0, 20.0, *usual],
    ...      "exposure_days": 365.0, "arr": [50_000.0, 50_000.0, 10_000.0] + [50_000.0] * 40},
    ... )
    >>> audit = audit_delivery(
    ...     accounts, config=AuditConfig(), hour_cost=100.0, affordable_share=0.15
    ... )
    >>> [(t.name, t.n_accounts, round(t.hours), round(t.money)) for t in audit.totals]
    [('over_delivered', 1, 40, 4000), ('under_delivered', 1, 16, 1600), ('bad_fit', 1, 5, 500)]
    """
    frame = accounts.copy()
    needed, delivered = frame["needed_hours"], frame["delivered_hours"]
    seen = delivered.notna() & needed.notna() & (frame["exposure_days"] >= config.least_days)
    frame["usual_hours"] = _usual(frame, seen & frame["has_need"], config.least_accounts)
    judged = seen & frame["usual_hours"].notna()
    frame["deviation"] = _deviation(frame[judged], config.least_accounts).reindex(frame.index)
    most, least = np.maximum(frame["usual_hours"], needed), np.minimum(frame["usual_hours"], needed)
    excess = delivered - most - frame["event_hours"]
    short = least - delivered
    more = config.over_from * most + frame["event_hours"]
    over = judged & (frame["deviation"] > config.outlier_from)
    over &= (delivered > more) & (excess >= config.least_hours)
    under = judged & (frame["deviation"] < -config.outlier_from)
    under &= delivered < config.under_below * least
    under &= short >= config.least_hours
    frame["gap_hours"] = (delivered - frame["usual_hours"]).where(judged)
    frame["needed_cost"] = needed * hour_cost
    frame["affordable_cost"] = affordable_share * frame["arr"]
    bad = (frame["needed_cost"] > frame["affordable_cost"]) & frame["has_need"]
    frame["delivery"] = np.select(
        [over, under, bad, judged], [OVER, UNDER, BAD_FIT, AS_NEEDED], UNKNOWN
    )
    said = [_rule(row, config, affordable_share, no_delivery) for row in frame.itertuples()]
    frame["delivery_rule"] = pd.Series(said, index=frame.index, dtype="str")
    absent = _not_computed(frame, no_delivery)
    rules = _rules_of_lists(config, hour_cost, affordable_share)
    beyond = (frame["needed_cost"] - frame["affordable_cost"]) / max(hour_cost, 1e-12)
    totals = tuple(
        _total(name, rules[name], frame[frame["delivery"] == status], hours, hour_cost)
        for name, status, hours in (
            ("over_delivered", OVER, excess),
            ("under_delivered", UNDER, short),
            ("bad_fit", BAD_FIT, beyond),
        )
        if name not in absent
    )
    n_unknown = int((frame["delivery"] == UNKNOWN).sum())
    return Audit(frame.rename_axis(ACCOUNT_ID).reset_index(), totals, absent, n_unknown)


def _usual(
    frame: pd.DataFrame, eligible: "pd.Series[bool]", least_accounts: int
) -> "pd.Series[float]":
    """Hours that the label of each account gets at its size; missing where it does not tell."""
    usual = pd.Series(np.nan, index=frame.index)
    for _, rows in frame[frame["has_need"]].groupby("label"):
        seen = rows[eligible.loc[rows.index].to_numpy(dtype=bool)]
        if len(seen) >= least_accounts:
            usual.loc[rows.index] = _usual_of_label(rows, seen)
    return usual


def _usual_of_label(rows: pd.DataFrame, seen: pd.DataFrame) -> "pd.Series[float]":
    """Needed hours at the level of the label: the median of delivered over needed.

    Where the label clearly gives its large accounts more than the elasticity allows for, or less,
    that is what is usual in it: else the lists would be one of large or of small accounts.
    """
    size = np.log(seen["size"].to_numpy(dtype=np.float64))
    given = np.maximum(seen["delivered_hours"].to_numpy(dtype=np.float64), _LEAST_RECORDED)
    ratio = np.log(given / np.maximum(seen["needed_hours"].to_numpy(dtype=np.float64), 1e-12))
    slope = 0.0
    if size.std() > 0:
        x, y = size - size.mean(), ratio - ratio.mean()
        slope, error = slope_through_origin(x, y, len(x) - 2)
        slope = slope if abs(slope) > 2.0 * error else 0.0
    if not np.median(seen["delivered_hours"]) > 0:
        return pd.Series(np.nan, index=rows.index)
    level = float(np.exp(np.median(ratio - slope * size)))
    return rows["needed_hours"] * level * rows["size"] ** slope


def _deviation(judged: pd.DataFrame, least_accounts: int) -> "pd.Series[float]":
    """How far each account lies from the usual, in robust standard deviations.

    On the logarithmic scale, and for the accounts above and below the usual apart: hours that are
    few by chance lie further below it than many lie above.
    """
    usual = judged["usual_hours"].to_numpy(dtype=np.float64)
    given = np.maximum(judged["delivered_hours"].to_numpy(dtype=np.float64), _LEAST_RECORDED)
    off = np.log(given / usual)
    deviation = np.zeros(len(off))
    for side in (off >= 0, off <= 0):
        if side.any():  # about half of the accounts each, since the usual is a median
            deviation[side] = off[side] / _spread(usual[side], off[side], least_accounts // 2)
    return pd.Series(deviation, index=judged.index)


def _spread(usual: Floats, off: Floats, least_accounts: int) -> Floats:
    """Standard deviation of every account's logarithm.

    Few hours scatter more than many: the variance is that of a constant part and one that falls
    with the hours, fitted to median absolute deviations of accounts that get about as much.
    """
    n_bins = max(1, min(_BINS, len(off) // least_accounts))
    bins = np.array_split(np.argsort(usual, kind="stable"), n_bins)
    spread = np.array([np.median(np.abs(off[rows])) / _MAD for rows in bins])
    size = np.array([np.median(usual[rows]) for rows in bins])
    (constant, falling), _ = nnls(np.column_stack([np.ones(n_bins), 1.0 / size]), spread**2)
    return np.asarray(np.sqrt(np.maximum(constant + falling / usual, 1e-12)))


def _not_computed(frame: pd.DataFrame, no_delivery: str) -> dict[str, str]:
    absent: dict[str, str] = {}
    if no_delivery:
        reason = f"{no_delivery}; with it, hours delivered can be compared with hours needed"
        absent |= {"over_delivered": reason, "under_delivered": reason}
    if not frame["arr"].notna().any():
        absent["bad_fit"] = "no ARR is known; the table `subscriptions` would allow it"
    return absent


def _total(
    name: str, rule: str, listed: pd.DataFrame, hours: "pd.Series[float]", hour_cost: float
) -> AuditTotal:
    total = float(hours[listed.index].sum())
    arr = float(listed["arr"].sum(min_count=min(len(listed), 1)))
    return AuditTotal(
        name=name,
        n_accounts=len(listed),
        hours=total,
        money=total * hour_cost,
        arr=arr,
        rule=rule,
    )


def _rules_of_lists(config: AuditConfig, hour_cost: float, share: float) -> dict[str, str]:
    both = "it needs, and of what its label usually gets at its size"
    spread = f"{config.outlier_from:g} standard deviations (robust) outside the spread of such"
    hours = f"{config.least_hours:g} hours a year or more"
    return {
        "over_delivered": f"delivered more than {config.over_from:g} times what {both}, with the "
        f"hours of running event playbooks on top; {hours} beyond both; and {spread} accounts",
        "under_delivered": f"delivered less than {100 * config.under_below:g} % of what {both}; "
        f"{hours} short of both; and {spread} accounts",
        "bad_fit": f"the hours needed, at {hour_cost:,.0f} an hour, cost more than "
        f"{100 * share:g} % of the amount, and it is on neither list above",
    }


def _rule(row: Any, config: AuditConfig, share: float, no_delivery: str) -> str:
    """What gave an account its status, or why it could not be judged, in its numbers."""
    dear = (
        f"needed care costs {row.needed_cost:,.0f}, more than {100 * share:g} % of {row.arr:,.0f}"
    )
    if row.delivery in (OVER, UNDER):
        events = row.delivery == OVER and row.event_hours
        extra = f" and {row.event_hours:.0f} for events" if events else ""
        also = f"; {dear}" if row.needed_cost > row.affordable_cost else ""
        return (
            f"{row.delivered_hours:.0f} h a year delivered; {row.needed_hours:.0f} needed{extra}, "
            f"and its label usually gets {row.usual_hours:.0f} at its size{also}"
        )
    if row.delivery == BAD_FIT:
        return dear
    if row.delivery == AS_NEEDED:
        return ""
    if np.isnan(row.needed_hours):
        return "nothing says how many hours it needs"
    if no_delivery:
        return f"the hours delivered are not known: {no_delivery}"
    if np.isnan(row.delivered_hours):
        return "its hours of the window are not known"
    if row.exposure_days < config.least_days:
        return f"seen for {row.exposure_days:.0f} days, fewer than {config.least_days}"
    if not row.has_need:
        return "it keeps its present care, since what it needs is not known"
    return (
        f"fewer than {config.least_accounts} accounts of its label, or mostly ones without any "
        "hours, tell what is usual"
    )
