"""Trends: the window against the one before it, and the time since the last milestone.

They are computed on request (`features.include_trends`), since they need tables that reach back
two windows: where one begins later, what is missing before looks like a rise, and the notes of the
study say so. Both windows are as long, so that each holds as many weekdays; the season is not taken
off: with a window of a quarter, compare accounts with one another and not one account with zero.
"""

from functools import partial

import narwhals as nw

from clustering.features.definition import Definition, ratio
from clustering.features.measures import Measure, Period, fixed_point

FAMILY = "trends"

feature = partial(Definition, family=FAMILY)


def _before(name: str, table: str, dated: str, rows: nw.Expr) -> Measure:
    """The sum over the window before the look-back window."""

    def earlier(period: Period) -> nw.Expr:
        return nw.when(period.last(dated, skip=period.window_days)).then(rows)

    return Measure(name, table, earlier, "sum")


_HOURS = fixed_point(nw.col("hours"))
_EVENTS_NOW = Measure("usage_events", "usage", nw.col("events"), "sum", dated="used_on")
_EVENTS_BEFORE = _before("usage_events_before", "usage", "used_on", nw.col("events"))
_HOURS_NOW = Measure("engagement_hours", "engagements", _HOURS, "sum", dated="held_on")
_HOURS_BEFORE = _before("engagement_hours_before", "engagements", "held_on", _HOURS)
_LAST_REACHED = Measure(
    "milestone_last_achieved", "milestones", nw.col("achieved_on"), "latest", ("achieved_on",)
)


def _change(now: Measure, before: Measure, period: Period) -> nw.Expr:
    """Of what both windows have, the difference; an account must have lived through both."""
    late, early = now.value, before.value
    old_enough = nw.col("tenure_days") >= 2 * period.window_days
    return nw.when(old_enough).then(ratio(late - early, late + early))


_TOO_YOUNG = "or the account is younger than both"

DEFINITIONS = (
    feature(
        name="usage_change",
        unit="-1 to 1",
        meaning="Events of the last {window} days less those of the {window} days before, over "
        "the events of both; 0 is steady, 1 is all new, -1 is stopped.",
        null_means=f"no use in either window, {_TOO_YOUNG}",
        scale="signed",
        higher_is_better=True,
        words=("less use than before", "more use than before"),
        within=(-1.0, 1.0),
        measures=(_EVENTS_NOW, _EVENTS_BEFORE),
        formula=partial(_change, _EVENTS_NOW, _EVENTS_BEFORE),
    ),
    feature(
        name="engagement_hours_change",
        unit="-1 to 1",
        meaning="Hours that people spent on the account in the last {window} days less those of "
        "the {window} days before, over the hours of both.",
        null_means=f"no engagement in either window, {_TOO_YOUNG}",
        scale="signed",
        higher_is_better=None,
        words=("less care than before", "more care than before"),
        within=(-1.0, 1.0),
        measures=(_HOURS_NOW, _HOURS_BEFORE),
        formula=partial(_change, _HOURS_NOW, _HOURS_BEFORE),
    ),
    feature(
        name="days_since_last_milestone",
        unit="days",
        meaning="Days from the last milestone reached to the as-of date. It goes on growing where "
        "all of them have been reached, so it follows the age of the account.",
        null_means="no milestone has been reached yet",
        scale="days",
        higher_is_better=False,
        words=("a milestone reached lately", "no milestone for long"),
        age_proxy=True,
        measures=(_LAST_REACHED,),
    ),
)
