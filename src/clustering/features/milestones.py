"""Adoption milestones: how much of what was due has been reached, and when.

A milestone is in one of four states at the as-of date, never in a fifth called null:

- *achieved*: reached by then (days early or late follow from its projected date);
- *missed*: its projected date lies before the as-of date and it has not been reached;
- *not yet due*: its projected date is the as-of date or later;
- *not applicable*: neither projected nor reached.

A milestone that is not yet due enters no feature: filling it with zero, a mean or a large number
would make segments of account age. What depends on few due milestones is drawn towards one half.
"""

from typing import Any

import narwhals as nw

from clustering.features.definition import Definition, per_days, shrunken_share
from clustering.features.measures import Measure, Period, day_number
from clustering.features.types import Feature

__all__ = ["DEFINITIONS", "STATES", "prepare"]

#: Velocity is not extrapolated from less than a month.
_SHORTEST_CLOCK_DAYS = 30

_ACHIEVED = ("achieved_on",)
_BOTH = ("achieved_on", "projected_on")


def prepare(frame: nw.LazyFrame[Any], period: Period) -> nw.LazyFrame[Any]:
    """Add the state of every milestone, as far as the columns that exist can tell it."""
    columns = frame.collect_schema().names()
    if "achieved_on" in columns:
        frame = frame.with_columns(achieved=~nw.col("achieved_on").is_null())
    if "projected_on" in columns:
        today = nw.lit(period.as_of)
        projected = ~nw.col("projected_on").is_null()
        frame = frame.with_columns(
            due=projected & (nw.col("projected_on") < today),
            ahead=projected & (nw.col("projected_on") >= today),
        )
    return frame


ACHIEVED = Measure(
    "milestones_achieved", "milestones", lambda _: nw.col("achieved"), "count", _ACHIEVED
)
MISSED = Measure(
    "milestones_missed",
    "milestones",
    lambda _: nw.col("due") & ~nw.col("achieved"),
    "count",
    _BOTH,
)
NOT_YET_DUE = Measure(
    "milestones_not_yet_due",
    "milestones",
    lambda _: nw.col("ahead") & ~nw.col("achieved"),
    "count",
    _BOTH,
)
NOT_APPLICABLE = Measure(
    "milestones_not_applicable",
    "milestones",
    lambda _: ~nw.col("due") & ~nw.col("ahead") & ~nw.col("achieved"),
    "count",
    _BOTH,
)
#: Counts for the attributes of an account, not features: how many are not yet due is the plan
#: as the extract has it, and nothing tells on which date it was drawn up.
STATES = (ACHIEVED, MISSED, NOT_YET_DUE, NOT_APPLICABLE)

_DUE = Measure("milestones_due", "milestones", lambda _: nw.col("due"), "count", _BOTH)
_DUE_ACHIEVED = Measure(
    "milestones_due_achieved",
    "milestones",
    lambda _: nw.col("due") & nw.col("achieved"),
    "count",
    _BOTH,
)
_DELAY = Measure(
    "milestone_median_delay",
    "milestones",
    lambda _: day_number("achieved_on") - day_number("projected_on"),
    "median",
    _BOTH,
)
_OLDEST_MISSED = Measure(
    "milestone_oldest_missed",
    "milestones",
    lambda _: nw.when(nw.col("due") & ~nw.col("achieved")).then(nw.col("projected_on")),
    "earliest",
    _BOTH,
)
_FIRST_ACHIEVED = Measure(
    "milestone_first_achieved",
    "milestones",
    lambda _: nw.col("achieved_on"),
    "earliest",
    _ACHIEVED,
)
_LAST_ACHIEVED = Measure(
    "milestone_last_achieved", "milestones", lambda _: nw.col("achieved_on"), "latest", _ACHIEVED
)


def _oldest_overdue(_: Period) -> nw.Expr:
    missed = nw.col(MISSED.name)
    return (
        nw.when(missed > 0)
        .then(nw.col(_OLDEST_MISSED.name))
        .otherwise(nw.when(nw.col(_DUE.name) > 0).then(nw.lit(0.0)))
    )


def _velocity(_: Period) -> nw.Expr:
    """Pace while there was something to reach; the clock stops when nothing due is left."""
    stopped = nw.when(nw.col(MISSED.name) > 0).then(nw.lit(0.0)).otherwise(_LAST_AGE)
    clock = nw.col("tenure_days") - stopped
    clock = nw.when(clock < _SHORTEST_CLOCK_DAYS).then(_SHORTEST_CLOCK_DAYS).otherwise(clock)
    started = (nw.col(ACHIEVED.name) + nw.col(MISSED.name)) > 0
    return nw.when(started).then(per_days(nw.col(ACHIEVED.name), clock, 90))


_LAST_AGE = nw.col(_LAST_ACHIEVED.name)
_NOTHING_DUE = "no milestone of the account was due yet"

DEFINITIONS = (
    Definition(
        Feature(
            name="milestones_due_achieved_share",
            family="milestones",
            unit="share, 0 to 1",
            meaning="Of the milestones whose projected date has passed, the share that has been "
            "reached, drawn towards one half where few were due: (reached + 1/2) / (due + 1).",
            null_means=_NOTHING_DUE,
            needs=("milestones.achieved_on", "milestones.projected_on"),
            scale="share",
            higher_is_better=True,
            words=("few due milestones reached", "most due milestones reached"),
        ),
        (_DUE, _DUE_ACHIEVED),
        lambda _: shrunken_share(_DUE_ACHIEVED.name, _DUE.name),
    ),
    Definition(
        Feature(
            name="milestone_delay_days",
            family="milestones",
            unit="days (negative: early)",
            meaning="Median days from the projected date to the day a milestone was reached, over "
            "the milestones that have been reached.",
            null_means="no milestone with a projected date has been reached",
            needs=("milestones.achieved_on", "milestones.projected_on"),
            scale="signed",
            higher_is_better=False,
            words=("ahead of milestones", "late on milestones"),
        ),
        (_DELAY,),
        lambda _: nw.col(_DELAY.name),
    ),
    Definition(
        Feature(
            name="milestones_overdue",
            family="milestones",
            unit="milestones",
            meaning="Milestones whose projected date has passed and that have not been reached.",
            null_means=_NOTHING_DUE,
            needs=("milestones.achieved_on", "milestones.projected_on"),
            scale="count",
            higher_is_better=False,
            words=("nothing overdue", "many milestones overdue"),
        ),
        (_DUE, MISSED),
        lambda _: nw.when(nw.col(_DUE.name) > 0).then(nw.col(MISSED.name)),
    ),
    Definition(
        Feature(
            name="oldest_overdue_days",
            family="milestones",
            unit="days",
            meaning="Days since the projected date of the milestone that has been overdue longest; "
            "0 where milestones were due and all have been reached.",
            null_means=_NOTHING_DUE,
            needs=("milestones.achieved_on", "milestones.projected_on"),
            scale="days",
            higher_is_better=False,
            words=("no long delays", "long overdue milestones"),
        ),
        (_DUE, MISSED, _OLDEST_MISSED),
        _oldest_overdue,
    ),
    Definition(
        Feature(
            name="days_to_first_value",
            family="milestones",
            unit="days",
            meaning="Days from the start of the account to its first milestone reached; negative "
            "where the extract dates a milestone before the start.",
            null_means="no milestone has been reached yet; young accounts can show short times "
            "only, so compare accounts of like age",
            needs=("milestones.achieved_on",),
            scale="signed",
            higher_is_better=False,
            words=("quick to first value", "slow to first value"),
        ),
        (_FIRST_ACHIEVED,),
        lambda _: nw.col("tenure_days") - nw.col(_FIRST_ACHIEVED.name),
    ),
    Definition(
        Feature(
            name="milestones_per_90_days",
            family="milestones",
            unit="milestones per 90 days",
            meaning="Pace of reaching milestones since the start of the account. The clock stops "
            "at the last milestone reached when nothing is overdue, and runs on while something "
            "is; it shows at least 30 days.",
            null_means="nothing has been reached and nothing was due yet",
            needs=("milestones.achieved_on", "milestones.projected_on"),
            scale="count",
            higher_is_better=True,
            words=("slow progress", "fast progress"),
        ),
        (ACHIEVED, MISSED, _LAST_ACHIEVED),
        _velocity,
    ),
)
