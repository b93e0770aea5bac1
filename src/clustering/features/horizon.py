"""What happened after the as-of date: outcomes for comparison, never for fitting.

The rooms that fit models may not import this module (an import contract checks it).

Amounts are compared at two instants: ARR at `as_of`, and ARR at the end of the horizon, each the
sum of the contracts active on that day. A contract is active from `started_on` up to, and not
including, `ended_on`, the first day without it. A horizon of 365 days, or a multiple, ends on the
same day of a later year, so that terms of a year that begin at `as_of` are due in it whether or
not a 29 February lies between. Accounts whose ARR at `as_of` is zero had nothing to lose: all
their contract outcomes are missing.

What each outcome is, what it needs and when it is missing is declared in `OUTCOMES`. None of it
is told when the table that it needs ends before the horizon does.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError
from clustering.features.as_of import Tables, visible_frames
from clustering.features.engines import collect_by_account, typed, with_date
from clustering.features.families.standing import standing
from clustering.features.measures import fixed_point
from clustering.features.types import Horizon
from clustering.wording import share_in_words

_YEAR = 365

#: Above this share of the ARR in one account the others hardly count in what is weighted by it.
_MOST_OF_ONE = 0.5


_NOT_AT_RISK = "ARR at `as_of` is 0 or unknown"


@dataclass(frozen=True)
class Outcome:
    """One outcome, for `docs/tables.md`.

    Attributes
    ----------
    needs : the table that must reach to the end of the horizon
    missing : for which accounts it is missing although the table reaches so far
    """

    name: str
    definition: str
    needs: str = "subscriptions"
    missing: str = _NOT_AT_RISK


OUTCOMES = (
    Outcome(
        "churned",
        "ARR at the end is 0: no contract with an amount is active, or `accounts.ended_on` has "
        'passed. With `accounts.left_by` = "contracts" the date is not looked at, with "accounts" '
        "it alone decides. An account that left and came back within the horizon has not churned.",
    ),
    Outcome(
        "contracted", "ARR at the end is lower than at `as_of`, and the account has not churned."
    ),
    Outcome(
        "renewed",
        "Of accounts with a contract, active at `as_of`, whose `ended_on` lies in the horizon: "
        "ARR at the end is above 0.",
        missing=f"{_NOT_AT_RISK}; no contract was due (censored, not renewed)",
    ),
    Outcome("expanded", "ARR at the end is higher than at `as_of`."),
    Outcome(
        "dormant",
        "No row of `usage` in the horizon, of an account that has one up to `as_of`.",
        needs="usage",
        missing="no row of `usage` up to `as_of`",
    ),
    Outcome("nrr", "ARR at the end over ARR at `as_of`."),
    Outcome("grr", "The same, with the increase of an account counted as none."),
)


def horizon_end(as_of: date, days: int) -> date:
    """The last day of a horizon (of a look back, where `days` are below 0).

    365 days and their multiples are whole years, and end on the same day of another year (28
    February for the 29th); other lengths are counted in days.

    Examples
    --------
    >>> [horizon_end(date(2024, 1, 1), days).isoformat() for days in (90, 365, -365)]
    ['2024-03-31', '2025-01-01', '2023-01-01']
    >>> horizon_end(date(2024, 2, 29), 365).isoformat()
    '2025-02-28'
    """
    years, rest = divmod(days, _YEAR)
    if rest:
        return as_of + timedelta(days=days)
    leap_day = (as_of.month, as_of.day) == (2, 29)
    start = as_of.replace(day=28) if leap_day and years % 4 else as_of
    return start.replace(year=as_of.year + years)


def build_horizon(tables: Tables, as_of: date, days: int) -> Horizon:
    """Outcomes of the accounts active at `as_of` from the day after it to `horizon_end`.

    Parameters
    ----------
    tables : the same tables that the snapshot was built from
    days : length of the horizon, at least 1

    Returns
    -------
    Horizon
        One row per account of the snapshot. Outcomes that are not known are missing, and
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
    end = horizon_end(as_of, days)
    active = standing(visible_frames(tables, as_of), as_of, tables.account_rules).active
    contracts, contract_note = _contract_outcomes(tables, active, as_of, end)
    used, usage_note = _dormant(tables, active, as_of, end)
    frame = contracts.assign(dormant=used["dormant"])
    return Horizon(
        days=days,
        frame=frame[[outcome.name for outcome in OUTCOMES]],
        notes=tuple(note for note in (contract_note, usage_note) if note),
        timing=_timing(tables, active, as_of, end),
        before=used[["silent_days"]].rename(columns={"silent_days": "dormant"}),
    )


def _contract_outcomes(
    tables: Tables, account_ids: "pd.Index[str]", as_of: date, end: date
) -> tuple[pd.DataFrame, str]:
    nothing = _contract_frame(pd.DataFrame(np.nan, account_ids, ["before", "after", "due", "gone"]))
    if "subscriptions" not in tables.frames:
        return nothing, "renewal, churn, contraction and expansion need table 'subscriptions'."
    reach = tables.coverage.get("subscriptions")
    if reach is None or not reach.reaches(end):
        upto = "it has no rows" if reach is None else f"it reaches to {reach.to} ({reach.assumed})"
        return nothing, (
            "what became of the contracts is not known: 'subscriptions' ends before the horizon "
            f"does, on {end}: {upto}. Choose an earlier as_of, a shorter horizon or a newer "
            "extract, or set subscriptions.complete_to."
        )
    amounts = _amounts(tables, account_ids, as_of, end)
    notes = _one_for_all(amounts["before"])
    if not_at_risk := int((~(amounts["before"] > 0)).sum()):
        at_as_of = "accounts had no ARR at as_of and are not at risk."
        notes.insert(0, f"{not_at_risk} of {len(account_ids)} {at_as_of}")
    return _contract_frame(amounts), " ".join(notes)


def _one_for_all(arr: "pd.Series[float]") -> list[str]:
    """That sums of ARR are about a single account, where it is so."""
    held = float(arr.max() / arr.sum()) if (arr > 0).sum() > 1 else 0.0
    if held <= _MOST_OF_ONE:
        return []
    return [
        f"One account, {arr.idxmax()}, has {share_in_words(held)} of the ARR at as_of: "
        f"what is summed or "
        "weighted by ARR is about that account. Is the amount in the currency and unit of the "
        "others?"
    ]


def _amounts(tables: Tables, account_ids: "pd.Index[str]", as_of: date, end: date) -> pd.DataFrame:
    """ARR `before` and `after` by account, contracts `due` between, and whether it is `gone`.

    Credits above what they are set against make no negative amount. What an account that is closed
    on its row still has in contracts does not count, if its row is believed.
    """
    amounts = _arr_before_and_after(tables.frames["subscriptions"], as_of, end)
    amounts = amounts.reindex(account_ids)
    amounts[["before", "after"]] = amounts[["before", "after"]].clip(lower=0)
    left_by = tables.account_rules.left_by
    closed = _closed_on(tables, account_ids, end).notna()
    if left_by != "contracts":
        amounts["after"] = amounts["after"].mask(closed, 0.0)
    gone = closed if left_by == "accounts" else amounts["after"] == 0
    return amounts.assign(gone=gone.astype(np.float64))


def _closed_on(tables: Tables, account_ids: "pd.Index[str]", day: date) -> "pd.Series[Any]":
    """When the account's row says that it ended, up to a day."""
    accounts = with_date(typed(tables.frames["accounts"]), "ended_on")
    ended = collect_by_account(accounts.select(ACCOUNT_ID, "ended_on"))["ended_on"]
    ended = ended.reindex(account_ids).astype("datetime64[s]")
    return ended.where(ended <= pd.Timestamp(day))


def _arr_before_and_after(subscriptions: nw.LazyFrame[Any], as_of: date, end: date) -> pd.DataFrame:
    """ARR at both instants and the contracts due between them, per account, in fixed point."""
    amount, ended = fixed_point(nw.col("arr")), nw.col("ended_on")

    def active(day: date) -> nw.Expr:
        goes_on = ended.is_null() | (ended > nw.lit(day))
        return (nw.col("started_on") <= nw.lit(day)) & goes_on

    due = active(as_of) & (nw.col("arr") > 0) & (ended <= nw.lit(end))
    frame = with_date(typed(subscriptions), "ended_on").select(
        ACCOUNT_ID,
        before=nw.when(active(as_of)).then(amount),
        after=nw.when(active(end)).then(amount),
        due=nw.when(due).then(nw.lit(1)),
    )
    totals = frame.group_by(ACCOUNT_ID).agg(nw.col("before", "after", "due").sum())
    return collect_by_account(totals).astype(np.float64)


def _timing(tables: Tables, account_ids: "pd.Index[str]", as_of: date, end: date) -> pd.DataFrame:
    """When contracts ended, as far as they reach; see `Horizon.timing`."""
    nothing = pd.DataFrame(np.nan, account_ids, ["followed_days", "due_days", "left_days"])
    reach = tables.coverage.get("subscriptions")
    if "subscriptions" not in tables.frames or reach is None:
        return nothing
    seen_to = end if reach.reaches(end) else reach.to
    subscriptions = tables.frames["subscriptions"]
    if seen_to <= as_of:
        return nothing
    amounts = _amounts(tables, account_ids, as_of, seen_to)
    at_risk = (amounts["before"] > 0).to_numpy()
    closed_days = _days_after(_closed_on(tables, account_ids, seen_to), as_of)
    lost_days = _last_loss(subscriptions, amounts["before"], as_of, seen_to).reindex(account_ids)
    gone_days = {
        "either": np.fmin(lost_days, closed_days),
        "contracts": lost_days,
        "accounts": closed_days,
    }[tables.account_rules.left_by]
    left = at_risk & (amounts["gone"] == 1).to_numpy()
    due_days = _first_due(subscriptions, as_of, seen_to).reindex(account_ids)
    return nothing.assign(
        followed_days=np.where(at_risk, float((seen_to - as_of).days), np.nan),
        due_days=np.where(at_risk, due_days, np.nan),
        left_days=np.where(left, gone_days, np.nan),
    )


def _days_after(dates: "pd.Series[Any]", as_of: date) -> "pd.Series[float]":
    """Days from `as_of` to the dates; missing where there is none."""
    return (dates.astype("datetime64[s]") - pd.Timestamp(as_of)).dt.days.astype(np.float64)


def _first_due(subscriptions: nw.LazyFrame[Any], as_of: date, seen_to: date) -> "pd.Series[float]":
    """Days to the first end of a contract of the as-of date, by account."""
    ended = nw.col("ended_on")
    due = with_date(typed(subscriptions), "ended_on").filter(
        nw.col("arr") > 0,
        nw.col("started_on") <= nw.lit(as_of),
        (ended > nw.lit(as_of)) & (ended <= nw.lit(seen_to)),
    )
    firsts = collect_by_account(due.group_by(ACCOUNT_ID).agg(ended.min()))
    return _days_after(firsts["ended_on"], as_of)


def _last_loss(
    subscriptions: nw.LazyFrame[Any], before: "pd.Series[float]", as_of: date, seen_to: date
) -> "pd.Series[float]":
    """Days to the last day on which ARR became 0, by account.

    By the sum of the lines and not by their ends, since an amendment may cancel a contract early.

    Parameters
    ----------
    before : ARR at `as_of` in fixed point, by account
    """
    frame = with_date(typed(subscriptions), "ended_on")
    amount = fixed_point(nw.col("arr"))
    parts = []
    for column, step in (("started_on", amount), ("ended_on", -amount)):
        day = nw.col(column)
        events = frame.filter((day > nw.lit(as_of)) & (day <= nw.lit(seen_to)))
        events = events.select(ACCOUNT_ID, day=day, step=step)
        parts.append(events.group_by(ACCOUNT_ID, "day").agg(nw.col("step").sum()))
    changes = pd.concat([collect_by_account(part) for part in parts])
    changes = changes.assign(days=_days_after(changes["day"], as_of))
    by_day = changes.groupby([ACCOUNT_ID, "days"])["step"].sum().astype("float64").reset_index()
    at_first = before.reindex(by_day[ACCOUNT_ID]).fillna(0.0).to_numpy(dtype=np.float64)
    after = at_first + by_day.groupby(ACCOUNT_ID)["step"].cumsum()
    lost = by_day[(after <= 0) & (after - by_day["step"] > 0)]
    last: pd.Series[float] = lost.groupby(ACCOUNT_ID)["days"].max()
    return last


def _contract_frame(amounts: pd.DataFrame) -> pd.DataFrame:
    columns = ("before", "after", "due", "gone")
    before, after, due, gone = (amounts[name].to_numpy() for name in columns)
    at_risk = before > 0
    outcomes = {
        "churned": (at_risk, gone == 1),
        "contracted": (at_risk, (after < before) & (gone != 1)),
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
) -> tuple[pd.DataFrame, str]:
    """Who stopped using the product (`dormant`), and how long it had been `silent_days` before."""
    missing = pd.DataFrame(
        {"dormant": pd.Series(pd.NA, account_ids, dtype="boolean"), "silent_days": np.nan},
        index=account_ids,
    )
    if "usage" not in tables.frames:
        return missing, "dormancy needs table 'usage'."
    reach = tables.coverage.get("usage")
    if reach is None:
        return missing, "dormancy is not known: 'usage' has no rows."
    if not reach.reaches(end):
        return missing, (
            f"dormancy is not known: the newest row of 'usage' is of {reach.to}, before the "
            f"horizon ends on {end}."
        )
    usage = typed(tables.frames["usage"])
    used = nw.col("used_on")
    frame = usage.select(
        ACCOUNT_ID,
        before=nw.when(used <= nw.lit(as_of)).then(used),
        during=nw.when((used > nw.lit(as_of)) & (used <= nw.lit(end))).then(used),
    )
    totals = frame.group_by(ACCOUNT_ID).agg(nw.col("before", "during").max())
    seen = collect_by_account(totals).reindex(account_ids)
    dormant = _nullable(seen["before"].notna().to_numpy(), seen["during"].isna().to_numpy())
    silent = -_days_after(seen["before"], as_of)
    return pd.DataFrame({"dormant": dormant, "silent_days": silent}, index=account_ids), ""
