"""Delivery audit: who gets more care than needed, who gets less, and whose care is not affordable.

*Needed* are the hours a year of the account's playbook; *delivered* the hours of the trailing
window, brought to a year. An event playbook that runs (an expansion, a rescue) is needed on top:
it excuses more hours, and it does not make the account under-delivered before it has had its time.
A *bad fit* is an account whose needed care costs more than the affordable share of its amount,
whatever is delivered: charge more, serve it otherwise, or do not sign (Murphy; the limit of 15 % is
of Pickens).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.engagement_config import AuditConfig

__all__ = ["Audit", "AuditTotal", "audit_delivery"]

_NEEDED = "the playbook needs"


@dataclass(frozen=True)
class AuditTotal:
    """One of the three lists: `over_delivered`, `under_delivered` or `bad_fit`.

    Attributes
    ----------
    hours : a year: delivered beyond the need, missing to it, or needed beyond the affordable
    money : those hours at the cost of an hour
    arr : amount of the accounts on the list; None where no account has one
    rule : what put an account there, with its numbers
    """

    name: str
    n_accounts: int
    hours: float
    money: float
    arr: float | None
    rule: str


@dataclass(frozen=True, eq=False)
class Audit:
    """The audit of every account.

    Attributes
    ----------
    frame : one row an account; see `audit.parquet` in docs/study_folder.md
    totals : the lists that could be made
    not_computed : for each list that could not, why and which table would allow it
    n_not_judged : accounts seen for too short a time, or without a label
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
    accounts : indexed by id: `label`, `playbook` (missing without a label), `needed_hours`,
        `event_hours` (0 where none runs), `delivered_hours` (a year), `exposure_days`, `arr`
    config : when an account counts as over- or under-delivered
    hour_cost, affordable_share : of the bad fit
    no_delivery : why the hours delivered are not known, where they are not

    Examples
    --------
    Twenty hours are needed: 36 are over-delivered from 1.5 x 20 = 30 on, 6 are under-delivered
    below 0.5 x 20 = 10. At 100 an hour the care costs 2,000, which is 20 % of an ARR of 10,000.

    >>> accounts = pd.DataFrame(
    ...     {"label": "a", "playbook": "standard", "needed_hours": 20.0, "event_hours": 0.0,
    ...      "delivered_hours": [36.0, 6.0, 20.0], "exposure_days": 365.0,
    ...      "arr": [50_000.0, 50_000.0, 10_000.0]},
    ...     index=["x", "y", "z"],
    ... )
    >>> audit = audit_delivery(
    ...     accounts, config=AuditConfig(), hour_cost=100.0, affordable_share=0.15
    ... )
    >>> [(t.name, t.n_accounts, t.hours, t.money) for t in audit.totals]
    [('over_delivered', 1, 16.0, 1600.0), ('under_delivered', 1, 14.0, 1400.0), \
('bad_fit', 1, 5.0, 500.0)]
    """
    frame = accounts.copy()
    needed, delivered = frame["needed_hours"], frame["delivered_hours"]
    upper = config.over_from * needed + frame["event_hours"]
    judged = delivered.notna() & needed.notna() & (frame["exposure_days"] >= config.least_days)
    over = judged & (delivered > upper)
    over &= delivered - needed - frame["event_hours"] >= config.least_hours
    under = judged & (delivered < config.under_below * needed)
    under &= needed - delivered >= config.least_hours
    frame["delivery"] = np.select([over, under, judged], ["over", "under", "as_needed"], "unknown")
    frame["gap_hours"] = (delivered - needed).where(judged)
    frame["needed_cost"] = needed * hour_cost
    frame["affordable_cost"] = affordable_share * frame["arr"]
    bad = frame["needed_cost"] > frame["affordable_cost"]
    frame["bad_fit"] = bad & needed.notna() & frame["arr"].notna()
    frame["delivery_rule"] = _delivery_rules(frame, config)
    frame["fit_rule"] = _fit_rules(frame, affordable_share)
    no_fit = "" if frame["arr"].notna().any() else "no ARR is known; the table `subscriptions`"
    return Audit(
        frame=frame.rename_axis(ACCOUNT_ID).reset_index(),
        totals=_totals(frame, config, hour_cost, affordable_share, no_delivery, no_fit),
        not_computed=_not_computed(no_delivery, no_fit),
        n_not_judged=int((frame["delivery"] == "unknown").sum()),
    )


def _not_computed(no_delivery: str, no_fit: str) -> dict[str, str]:
    absent: dict[str, str] = {}
    if no_delivery:
        reason = f"{no_delivery}; with it, hours delivered can be compared with hours needed"
        absent |= {"over_delivered": reason, "under_delivered": reason}
    if no_fit:
        absent["bad_fit"] = f"{no_fit} would allow it"
    return absent


def _totals(
    frame: pd.DataFrame,
    config: AuditConfig,
    hour_cost: float,
    affordable_share: float,
    no_delivery: str,
    no_fit: str,
) -> tuple[AuditTotal, ...]:
    totals = []
    if not no_delivery:
        over, under = frame[frame["delivery"] == "over"], frame[frame["delivery"] == "under"]
        beyond = (over["delivered_hours"] - over["needed_hours"] - over["event_hours"]).sum()
        totals.append(
            _total("over_delivered", over, beyond, beyond * hour_cost, _over_rule(config))
        )
        short = (under["needed_hours"] - under["delivered_hours"]).sum()
        totals.append(
            _total("under_delivered", under, short, short * hour_cost, _under_rule(config))
        )
    if not no_fit:
        bad = frame[frame["bad_fit"]]
        money = (bad["needed_cost"] - bad["affordable_cost"]).sum()
        hours = money / hour_cost if hour_cost > 0 else 0.0
        rule = (
            f"the hours needed, at {hour_cost:,.0f} an hour, cost more than "
            f"{100 * affordable_share:g} % of the amount"
        )
        totals.append(_total("bad_fit", bad, hours, money, rule))
    return tuple(totals)


def _total(name: str, rows: pd.DataFrame, hours: float, money: float, rule: str) -> AuditTotal:
    arr = rows["arr"].sum() if rows["arr"].notna().any() or rows.empty else None
    return AuditTotal(
        name, len(rows), float(hours), float(money), None if arr is None else float(arr), rule
    )


def _over_rule(config: AuditConfig) -> str:
    return (
        f"delivered more than {config.over_from:g} times what {_NEEDED}, with the hours of running "
        f"event playbooks on top, and {config.least_hours:g} hours a year or more beyond both"
    )


def _under_rule(config: AuditConfig) -> str:
    return (
        f"delivered less than {100 * config.under_below:g} % of what {_NEEDED}, and "
        f"{config.least_hours:g} hours a year or more short of it"
    )


def _delivery_rules(frame: pd.DataFrame, config: AuditConfig) -> "pd.Series[str]":
    """The rule that put an account on a list, or why it could not be judged, in its numbers."""
    columns = ["delivery", "needed_hours", "event_hours", "delivered_hours", "exposure_days"]
    texts = [
        _delivery_rule(
            str(delivery), float(needed), float(event), float(given), float(days), config
        )
        for delivery, needed, event, given, days in zip(*(frame[c] for c in columns), strict=True)
    ]
    return pd.Series(texts, index=frame.index, dtype="str")


def _delivery_rule(
    delivery: str, needed: float, event: float, given: float, days: float, config: AuditConfig
) -> str:
    match delivery:
        case "over":
            events = f" and {event:.0f} for events" if event else ""
            return (
                f"{given:.0f} h a year delivered, more than {config.over_from:g} x {needed:.0f} "
                f"needed{events}"
            )
        case "under":
            return (
                f"{given:.0f} h a year delivered, less than {100 * config.under_below:g} % of "
                f"{needed:.0f} needed"
            )
        case "as_needed":
            return ""
    if np.isnan(needed):
        return "it has no label, so no playbook"
    if np.isnan(given):
        return "the hours delivered are not known"
    return f"seen for {days:.0f} days, fewer than {config.least_days}"


def _fit_rules(frame: pd.DataFrame, share: float) -> "pd.Series[str]":
    texts = [
        f"needed care costs {cost:,.0f}, more than {100 * share:g} % of {arr:,.0f}" if bad else ""
        for bad, cost, arr in zip(frame["bad_fit"], frame["needed_cost"], frame["arr"], strict=True)
    ]
    return pd.Series(texts, index=frame.index, dtype="str")
