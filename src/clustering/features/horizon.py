"""What happened after the as-of date: outcomes for comparison, never for fitting.

The rooms that fit models may not import this module (an import contract checks it).

Amounts are compared at two instants: ARR at `as_of`, and ARR at the end of the horizon,
`as_of + days`, each the sum of the contracts active on that day. A contract is active from
`started_on` up to, and not including, `ended_on`, the first day without it. Accounts whose ARR at
`as_of` is zero had nothing to lose: all their contract outcomes are missing.

========== ===================================================================================
churned    no contract with an amount is active at the end; an account that left and came back
           within the horizon has not churned
contracted ARR at the end is lower, and not zero
expanded   ARR at the end is higher
renewed    for accounts with a contract that ends inside the horizon: an amount is active at
           the end. Where no contract was due, renewal is missing (censored), not "renewed"
nrr        ARR at the end over ARR at `as_of`
grr        the same, with the increase of an account counted as none
dormant    an account that had used the product by `as_of` has not used it in the horizon
========== ===================================================================================

None of it is told when the data ends before the horizon does.
"""

from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError
from clustering.features.engines import collect_by_account, column_names, first_and_last, typed
from clustering.features.measures import fixed_point
from clustering.features.snapshot import active_accounts
from clustering.features.types import Horizon
from clustering.features.visible import AS_OF_RULES, Tables, visible_frame

__all__ = ["EXTRACT_SLACK_DAYS", "build_horizon"]

#: A weekly extract dates its rows by the first day of the week: up to six days before its end.
EXTRACT_SLACK_DAYS = 6

_MAY_BE_PLANNED = ("accounts", "subscriptions")
_BEHAVIOUR = tuple(name for name in AS_OF_RULES if name not in (*_MAY_BE_PLANNED, "overrides"))

CONTRACT_OUTCOMES = ("churned", "contracted", "renewed", "expanded")


def build_horizon(tables: Tables, as_of: date, days: int) -> Horizon:
    """Outcomes of the accounts active at `as_of` in `(as_of, as_of + days]`.

    Parameters
    ----------
    tables : the same tables that the snapshot was built from
    days : length of the horizon, at least 1

    Returns
    -------
    Horizon
        One row per account of the snapshot. Outcomes that cannot be told are missing, and
        `notes` say why.

    Raises
    ------
    BadInputError
        `days` is below 1, or no account is active at `as_of`.

    References
    ----------
    The risk set of renewal, with contracts not yet due as censored: docs/method.md.
    """
    if days < 1:
        raise BadInputError(f"a horizon has at least 1 day, found {days}.")
    end = as_of + timedelta(days=days)
    accounts = active_accounts(visible_frame("accounts", tables.frames["accounts"], as_of), as_of)
    contracts, contract_note = _contract_outcomes(tables, accounts.index, as_of, end)
    dormant, usage_note = _dormant(tables, accounts.index, as_of, end)
    return Horizon(
        days=days,
        frame=contracts.assign(dormant=dormant)[[*CONTRACT_OUTCOMES, "dormant", "nrr", "grr"]],
        notes=tuple(note for note in (contract_note, usage_note) if note),
        timing=_timing(tables, accounts.index, as_of, end),
    )


def _contract_outcomes(
    tables: Tables, account_ids: "pd.Index[str]", as_of: date, end: date
) -> tuple[pd.DataFrame, str]:
    nothing = _contract_frame(pd.DataFrame(np.nan, account_ids, ["before", "after", "due"]))
    if "subscriptions" not in tables.frames:
        return nothing, "renewal, churn, contraction and expansion need table 'subscriptions'."
    newest = _newest_date(tables)
    if newest is None or newest + timedelta(days=EXTRACT_SLACK_DAYS) < end:
        return nothing, (
            f"what became of the contracts cannot be told: the newest dated row is of {newest}, "
            f"before the horizon ends on {end}. Choose an earlier as_of or a shorter horizon."
        )
    amounts = _arr_before_and_after(tables.frames["subscriptions"], as_of, end)
    amounts = amounts.reindex(account_ids)
    notes = []
    not_at_risk = int((~(amounts["before"] > 0)).sum())
    if not_at_risk:
        notes.append(
            f"{not_at_risk} of {len(account_ids)} accounts had no ARR at as_of and are not at risk."
        )
    return _contract_frame(amounts), " ".join(notes)


def _arr_before_and_after(subscriptions: nw.LazyFrame[Any], as_of: date, end: date) -> pd.DataFrame:
    """ARR at both instants and the contracts due between them, per account, in fixed point."""
    frame = typed(subscriptions)
    has_end = "ended_on" in column_names(frame)
    amount = fixed_point(nw.col("arr"))

    def active(day: date) -> nw.Expr:
        started = nw.col("started_on") <= nw.lit(day)
        if not has_end:
            return started
        return started & (nw.col("ended_on").is_null() | (nw.col("ended_on") > nw.lit(day)))

    due = active(as_of) & (nw.col("arr") > 0)
    due = due & (nw.col("ended_on") <= nw.lit(end)) if has_end else due & nw.lit(False)
    frame = frame.select(
        ACCOUNT_ID,
        before=nw.when(active(as_of)).then(amount),
        after=nw.when(active(end)).then(amount),
        due=nw.when(due).then(nw.lit(1)),
    )
    totals = frame.group_by(ACCOUNT_ID).agg(nw.col("before", "after", "due").sum())
    return collect_by_account(totals).astype(np.float64)


def _timing(tables: Tables, account_ids: "pd.Index[str]", as_of: date, end: date) -> pd.DataFrame:
    """When contracts ended, as far as the data goes; see `Horizon.timing`."""
    nothing = pd.DataFrame(np.nan, account_ids, ["followed_days", "due_days", "left_days"])
    newest = _newest_date(tables)
    if "subscriptions" not in tables.frames or newest is None:
        return nothing
    seen_to = end if newest + timedelta(days=EXTRACT_SLACK_DAYS) >= end else newest
    subscriptions = tables.frames["subscriptions"]
    if seen_to <= as_of:
        return nothing
    amounts = _arr_before_and_after(subscriptions, as_of, seen_to).reindex(account_ids)
    at_risk = (amounts["before"] > 0).to_numpy()
    followed = np.where(at_risk, float((seen_to - as_of).days), np.nan)
    frame = nothing.assign(followed_days=followed)
    if "ended_on" not in column_names(subscriptions):
        return frame
    ends = _contract_ends(subscriptions, as_of, seen_to).reindex(account_ids)
    left = at_risk & (amounts["after"] == 0).to_numpy()
    return frame.assign(
        due_days=np.where(at_risk, ends["due_on"], np.nan),
        left_days=np.where(left, ends["gone_on"], np.nan),
    )


def _contract_ends(subscriptions: nw.LazyFrame[Any], as_of: date, seen_to: date) -> pd.DataFrame:
    """Days to the first end of a contract of the as-of date, and to the last end of any."""
    frame = typed(subscriptions)
    ended, today, last = nw.col("ended_on"), nw.lit(as_of), nw.lit(seen_to)
    ends = (nw.col("arr") > 0) & (ended > today) & (ended <= last)
    frame = frame.select(
        ACCOUNT_ID,
        due_on=nw.when(ends & (nw.col("started_on") <= today)).then(ended),
        gone_on=nw.when(ends & (nw.col("started_on") <= last)).then(ended),
    )
    firsts = frame.group_by(ACCOUNT_ID).agg(nw.col("due_on").min(), nw.col("gone_on").max())
    dates = collect_by_account(firsts)
    return pd.DataFrame(
        {
            name: (dates[name].astype("datetime64[s]") - pd.Timestamp(as_of)).dt.days
            for name in ("due_on", "gone_on")
        },
        index=dates.index,
    ).astype(np.float64)


def _contract_frame(amounts: pd.DataFrame) -> pd.DataFrame:
    before, after, due = (amounts[name].to_numpy() for name in ("before", "after", "due"))
    at_risk = before > 0
    outcomes = {
        "churned": (at_risk, after == 0),
        "contracted": (at_risk, (after < before) & (after > 0)),
        "renewed": (at_risk & (due > 0), after > 0),
        "expanded": (at_risk, after > before),
    }
    frame = pd.DataFrame(
        {name: _nullable(known, value) for name, (known, value) in outcomes.items()},
        index=amounts.index,
    )
    base = np.where(at_risk, before, np.nan)
    return frame.assign(nrr=after / base, grr=np.minimum(after, before) / base)


def _nullable(known: np.ndarray, value: np.ndarray) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(np.asarray(value, dtype=bool), ~np.asarray(known, dtype=bool))


def _dormant(
    tables: Tables, account_ids: "pd.Index[str]", as_of: date, end: date
) -> tuple["pd.Series[bool]", str]:
    missing = pd.Series(pd.NA, index=account_ids, dtype="boolean")
    if "usage" not in tables.frames:
        return missing, "dormancy needs table 'usage'."
    usage = typed(tables.frames["usage"])
    dates = first_and_last(usage, "used_on")
    if dates is None:
        return missing, "dormancy cannot be told: 'usage' has no rows."
    if dates[1] + timedelta(days=EXTRACT_SLACK_DAYS) < end:
        return missing, (
            f"dormancy cannot be told: the newest row of 'usage' is of {dates[1]}, before the "
            f"horizon ends on {end}."
        )
    used = nw.col("used_on")
    frame = usage.select(
        ACCOUNT_ID,
        before=nw.when(used <= nw.lit(as_of)).then(nw.lit(1)),
        during=nw.when((used > nw.lit(as_of)) & (used <= nw.lit(end))).then(nw.lit(1)),
    )
    totals = frame.group_by(ACCOUNT_ID).agg(nw.col("before", "during").max())
    seen = collect_by_account(totals).reindex(account_ids).notna()
    dormant = _nullable(seen["before"].to_numpy(), ~seen["during"].to_numpy())
    return pd.Series(dormant, index=account_ids), ""


def _newest_date(tables: Tables) -> date | None:
    """Date of the newest row that cannot be a plan: the extract reaches at least so far.

    Contracts and accounts may begin ahead (a renewal signed early), and ends, closings and
    projections may lie ahead, so they tell it only where there is no dated behaviour at all.
    """
    return _newest_of(tables, _BEHAVIOUR) or _newest_of(tables, _MAY_BE_PLANNED)


def _newest_of(tables: Tables, names: tuple[str, ...]) -> date | None:
    newest = []
    for name in names:
        happened = AS_OF_RULES[name].happened
        if happened is not None and name in tables.frames:
            dates = first_and_last(typed(tables.frames[name]), happened)
            newest += [] if dates is None else [dates[1]]
    return max(newest, default=None)
