"""Milestones derived from usage, for companies that keep none; only on request, and named so.

========================  =========================================================================
derived_breadth           achieved on the first date with so many different features in use
derived_seats             achieved on the first date on which the active users of one feature reach
                          a share of the seats under contract at `as_of`
========================  =========================================================================

Nobody agreed on a date with the customer, so the projected date is a benchmark of the cohort: the
start of the account plus the median time that accounts which started earlier have taken. The
median is Kaplan and Meier's: an account that has not got there yet, or left before, is not
dropped (which would make the benchmark too short) but counted as long as it was observed. All of
it is learned from rows visible at `as_of`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Flags, Floats
from clustering.columns import ACCOUNT_ID
from clustering.config import MilestoneRulesConfig
from clustering.features.engines import collect_by_account, column_names, typed
from clustering.features.families.commercial import SEATS
from clustering.features.measures import Period, aggregate

#: A benchmark of fewer earlier accounts would be noise: none is projected then.
FEWEST_EARLIER = 20


def derived_milestones(
    visible: Mapping[str, nw.LazyFrame[Any]], period: Period, rules: MilestoneRulesConfig
) -> nw.LazyFrame[Any]:
    """One row per visible account and derived milestone, in the columns of `milestones`.

    Parameters
    ----------
    visible : the visible tables, with `usage`; `derived_seats` needs `usage.active_users` and
        `subscriptions.seats` too
    """
    accounts = visible["accounts"].select(ACCOUNT_ID, "started_on", "ended_on")
    by_account = collect_by_account(accounts).astype("datetime64[s]").sort_index()
    parts = [
        _with_benchmark(by_account, achieved_on, name, period.as_of)
        for name, achieved_on in reached_milestones(visible, period, rules).items()
    ]
    return typed(nw.from_native(pd.concat(parts, ignore_index=True)).lazy())


def reached_milestones(
    visible: Mapping[str, nw.LazyFrame[Any]], period: Period, rules: MilestoneRulesConfig
) -> dict[str, "pd.Series[Any]"]:
    """When each account first reached each derived milestone, by milestone."""
    usage = visible["usage"]
    by_date = usage.group_by(ACCOUNT_ID, "used_on").agg(n_features=nw.col("feature").n_unique())
    wide = by_date.filter(nw.col("n_features") >= rules.distinct_features)
    reached = {"derived_breadth": _first_date(wide)}
    if "active_users" in _columns(visible, "usage") and "seats" in _columns(
        visible, "subscriptions"
    ):
        seats = aggregate(visible["subscriptions"], [SEATS], period)
        users = usage.join(seats.filter(nw.col(SEATS.name) > 0), on=ACCOUNT_ID)
        enough = nw.col("active_users") >= nw.col(SEATS.name) * rules.seat_share
        reached["derived_seats"] = _first_date(users.filter(enough))
    return reached


def _columns(visible: Mapping[str, nw.LazyFrame[Any]], table: str) -> tuple[str, ...]:
    return column_names(visible[table]) if table in visible else ()


def _first_date(rows: nw.LazyFrame[Any]) -> "pd.Series[Any]":
    first = rows.group_by(ACCOUNT_ID).agg(achieved_on=nw.col("used_on").min())
    return collect_by_account(first)["achieved_on"].astype("datetime64[s]")


def _with_benchmark(
    accounts: pd.DataFrame, achieved_on: "pd.Series[Any]", name: str, as_of: date
) -> pd.DataFrame:
    started = accounts["started_on"]
    observed_until = accounts["ended_on"].fillna(pd.Timestamp(as_of))
    achieved = achieved_on.reindex(accounts.index)
    # Use before the start is possible in an extract; a time to reach it cannot be negative.
    days = (achieved.fillna(observed_until) - started).dt.days.clip(lower=0)
    median = median_times_of_earlier(
        started.to_numpy(), days.to_numpy(dtype=np.int64), achieved.notna().to_numpy()
    )
    return pd.DataFrame(
        {
            ACCOUNT_ID: accounts.index,
            "started_on": started.to_numpy(),
            "milestone": name,
            "projected_on": (started + pd.to_timedelta(median, unit="D")).to_numpy(),
            "achieved_on": achieved.to_numpy(),
        }
    )


def median_times_of_earlier(
    started: NDArray[np.datetime64], days: NDArray[np.integer[Any]], reached: Flags
) -> Floats:
    """Kaplan-Meier median of the accounts that started earlier, for every account.

    Parameters
    ----------
    started : array of shape (n_accounts,)
    days : days to the milestone, or days observed without it
    reached : whether `days` ends with the milestone

    Returns
    -------
    array of shape (n_accounts,)
        In days; NaN where fewer than `FEWEST_EARLIER` accounts started earlier, or half of them
        have not been seen to get there.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, JASA 53.

    Examples
    --------
    >>> started = np.arange(40).astype("datetime64[D]")
    >>> medians = median_times_of_earlier(started, np.full(40, 7), np.ones(40, dtype=bool))
    >>> medians[[0, 19, 20]]
    array([nan, nan,  7.])
    """
    length = int(days.max(initial=0)) + 1
    events, observed = np.zeros(length), np.zeros(length)
    medians = np.full(len(days), np.nan)
    # Accounts join the counts in the order of their start, so one pass serves every cohort.
    for start in np.unique(started):
        cohort = started == start
        if observed.sum() >= FEWEST_EARLIER:
            medians[cohort] = _median_time(events, observed)
        events += np.bincount(days[cohort & reached], minlength=length)
        observed += np.bincount(days[cohort], minlength=length)
    return medians


def _median_time(events: Floats, observed: Floats) -> float:
    """Median from the numbers that got there, and that were last seen, on each day."""
    at_risk = observed[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    # A survival of one half up to rounding counts as one half.
    below = np.flatnonzero(survival <= 0.5 + 1e-12)
    return float(below[0]) if len(below) else np.nan
