"""Usage: how widely, how deeply, how regularly and how lately the product is used.

A row of `usage` says that something was used, so an account that has rows, and none in the
window, truly used nothing in it: zero. An account without any row up to the as-of date may never
have used the product or may not be tracked; the table cannot tell, and its usage is missing.
"""

import math
from functools import partial

import narwhals as nw

from clustering.features.definition import Definition, ratio
from clustering.features.families.commercial import SEATS
from clustering.features.measures import Formula, How, Measure, Period

feature = partial(Definition, family="usage")


def _in_window(name: str, rows: Formula, how: How, columns: tuple[str, ...] = ()) -> Measure:
    return Measure(name, "usage", rows, how, columns, dated="used_on")


def _week(period: Period) -> nw.Expr:
    inside = period.last("used_on", period.weeks * 7)
    return nw.when(inside).then(period.weeks_ago("used_on"))


def _late_half(period: Period) -> nw.Expr:
    return nw.when(period.last("used_on", period.half)).then(nw.col("events"))


def _early_half(period: Period) -> nw.Expr:
    early = period.last("used_on", period.half, skip=period.half)
    return nw.when(early).then(nw.col("events"))


LAST = Measure("usage_last", "usage", nw.col("used_on"), "latest")
_FEATURES = _in_window("usage_features", nw.col("feature"), "n_distinct")
_DATES = _in_window("usage_dates", nw.col("used_on"), "n_distinct")
_WEEKS = _in_window("usage_weeks", _week, "n_distinct")
_EVENTS = _in_window("usage_events", nw.col("events"), "sum")
_LATE_EVENTS = _in_window("usage_events_late_half", _late_half, "sum")
_EARLY_EVENTS = _in_window("usage_events_early_half", _early_half, "sum")
_USERS = _in_window("usage_peak_users", nw.col("active_users"), "max", ("active_users",))
_USER_DATES = _in_window("usage_user_dates", nw.col("active_users"), "sum", ("active_users",))
_WITH_USERS = nw.when(nw.col("active_users") > 0).then(nw.col("events"))
_USER_EVENTS = _in_window("usage_user_events", _WITH_USERS, "sum", ("active_users",))


def _trend(period: Period) -> nw.Expr:
    late, early = _LATE_EVENTS.value, _EARLY_EVENTS.value
    old_enough = nw.col("tenure_days") >= 2 * period.half
    return nw.when(old_enough).then(ratio(late - early, late + early))


def _active_weeks(period: Period) -> nw.Expr:
    """Of the weeks in which the account existed, counted from its first whole week."""
    lived = nw.col("tenure_days") // 7
    weeks = nw.when(lived < period.weeks).then(lived).otherwise(period.weeks)
    used = _WEEKS.value
    return ratio(nw.when(used > weeks).then(weeks).otherwise(used), weeks)


def _peak_users() -> nw.Expr:
    """No date with use in the window is a true zero; use by an unknown number is not."""
    unused = _DATES.value == 0
    return nw.when(unused).then(nw.lit(0.0)).otherwise(_USERS.value)


_NO_ROW = "the account has no row in 'usage' up to the as-of date: never used, or not tracked"
_NO_NUMBER = f"{_NO_ROW}; or no use in the last {{window}} days tells the number of users"
_NO_USE = "no use in the last {window} days"

DEFINITIONS = (
    feature(
        name="features_used",
        unit="features",
        meaning="Breadth: different features used in the last {window} days.",
        null_means=f"{_NO_ROW}; 0 is none in the window",
        scale="count",
        higher_is_better=True,
        words=("low breadth", "high breadth"),
        measures=(_FEATURES,),
    ),
    feature(
        name="active_weeks_share",
        unit="share, 0 to 1",
        meaning="Regularity: share of the last {weeks} weeks with any use (for a younger "
        "account, of its whole weeks).",
        null_means=f"{_NO_ROW}; or the account is younger than a week",
        scale="share",
        higher_is_better=True,
        words=("used now and then", "used every week"),
        measures=(_WEEKS,),
        formula=_active_weeks,
    ),
    feature(
        name="days_since_last_use",
        unit="days",
        meaning="Recency: days from the latest use, however long ago, to the as-of date.",
        null_means=_NO_ROW,
        scale="days",
        higher_is_better=False,
        words=("used lately", "not used for long"),
        measures=(LAST,),
    ),
    feature(
        name="usage_trend",
        unit="-1 to 1",
        meaning="Trend: events of the last {half} days less those of the {half} days before, "
        "over the events of both; 0 is steady, 1 is all new, -1 is stopped.",
        null_means="no use in either half, or the account is younger than both halves",
        scale="signed",
        higher_is_better=True,
        words=("usage falling", "usage rising"),
        within=(-1.0, 1.0),
        measures=(_LATE_EVENTS, _EARLY_EVENTS),
        formula=_trend,
    ),
    feature(
        name="events_per_user_day",
        unit="events per active user and date",
        meaning="Depth: events per active user, over the rows of the last {window} days that "
        "say how many users there were (where the extract is weekly, a date is a week).",
        null_means=f"{_NO_USE} with a number of users",
        scale="amount",
        higher_is_better=True,
        words=("shallow use", "deep use"),
        measures=(_USER_EVENTS, _USER_DATES),
        formula=ratio(_USER_EVENTS.value, _USER_DATES.value),
    ),
    feature(
        name="seat_utilisation_share",
        unit="share of seats (above 1: more users than seats)",
        meaning="Most users active in one feature on one date in the last {window} days, over "
        "the seats under contract at the as-of date.",
        null_means=f"no seats under contract; or {_NO_NUMBER}",
        scale="share",
        higher_is_better=True,
        words=("seats unused", "seats well used"),
        within=(0.0, math.inf),
        measures=(_USERS, _DATES, SEATS),
        formula=ratio(_peak_users(), SEATS.value),
    ),
    feature(
        name="events_per_active_date",
        unit="events per date with use",
        meaning="Volume: events per date with any use in the last {window} days (where the "
        "extract is weekly, a date is a week).",
        null_means=_NO_USE,
        scale="amount",
        higher_is_better=True,
        words=("low volume", "high volume"),
        size_proxy=True,
        measures=(_EVENTS, _DATES),
        formula=ratio(_EVENTS.value, _DATES.value),
    ),
    feature(
        name="active_users_peak",
        unit="users",
        meaning="Most users active in one feature on one date in the last {window} days.",
        null_means=_NO_NUMBER,
        scale="count",
        higher_is_better=True,
        words=("few users", "many users"),
        size_proxy=True,
        measures=(_USERS, _DATES),
        formula=_peak_users(),
    ),
)
