"""Adoption milestones: how much of what was due has been reached, and when.

A milestone is in one of four states at the as-of date, never in a fifth called null:

- *achieved*: reached by then (days early or late follow from its projected date);
- *missed*: its projected date lies before the as-of date and it has not been reached;
- *not yet due*: its projected date is the as-of date or later;
- *not applicable*: neither projected nor reached.

A milestone that is not yet due enters no feature: filling it with zero, a mean or a large number
would make segments of account age. For the same reason only milestones that were due are asked how
late they are, an overdue one with its delay so far (of milestones not yet due only the early ones
would be seen), and pace is measured over the first half year that every account goes through.
Counts and ages of what is overdue grow with the age of the account; they describe segments and
stay out of the matrix by default.
"""

from functools import partial
from typing import Any

import narwhals as nw

from clustering.columns import ACCOUNT_ID
from clustering.features.definition import Definition, shrunken_share
from clustering.features.engines import column_names
from clustering.features.measures import Formula, Measure, Period, day_number
from clustering.features.types import MOST_DAYS

feature = partial(Definition, family="milestones")

#: The landmark of early pace, and the least age at which it is extrapolated.
_EARLY_DAYS = 180
_LEAST_DAYS = 30

_ACHIEVED = ("achieved_on",)
_BOTH = ("achieved_on", "projected_on")


def prepare(
    frame: nw.LazyFrame[Any], period: Period, accounts: nw.LazyFrame[Any]
) -> nw.LazyFrame[Any]:
    """Add the start of the account and the state of every milestone, as far as they can be told.

    Parameters
    ----------
    frame, accounts : the visible milestones and accounts; derived milestones know the start
    """
    columns = column_names(frame)
    if "started_on" not in columns:
        frame = frame.join(accounts.select(ACCOUNT_ID, "started_on"), on=ACCOUNT_ID)
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


def _delay(period: Period) -> nw.Expr:
    reached = nw.when(nw.col("achieved")).then(day_number("achieved_on"))
    reached_or_today = reached.otherwise(period.as_of.toordinal())
    return nw.when(nw.col("due")).then(reached_or_today - day_number("projected_on"))


def _is_early(_: Period) -> nw.Expr:
    age_reached = day_number("achieved_on") - day_number("started_on")
    return nw.col("achieved") & (age_reached < _EARLY_DAYS)


def _count(name: str, holds: Formula, columns: tuple[str, ...] = _BOTH) -> Measure:
    return Measure(name, "milestones", holds, "count", columns)


_achieved, _due, _ahead = nw.col("achieved"), nw.col("due"), nw.col("ahead")
ACHIEVED = _count("milestones_achieved", _achieved, _ACHIEVED)
MISSED = _count("milestones_missed", _due & ~_achieved)
NOT_YET_DUE = _count("milestones_not_yet_due", _ahead & ~_achieved)
NOT_APPLICABLE = _count("milestones_not_applicable", ~_due & ~_ahead & ~_achieved)
#: Counts for the attributes of an account, not features: how many are not yet due is the plan
#: as the extract has it, and nothing tells on which date it was drawn up.
STATES = (ACHIEVED, MISSED, NOT_YET_DUE, NOT_APPLICABLE)

_DUE = _count("milestones_due", _due)
_DUE_ACHIEVED = _count("milestones_due_achieved", _due & _achieved)
_EARLY = _count("milestones_reached_early", _is_early, _ACHIEVED)
_DELAY = Measure("milestone_median_delay", "milestones", _delay, "median", _BOTH)
_MISSED_ON = nw.when(_due & ~_achieved).then(nw.col("projected_on"))
_OLDEST_MISSED = Measure("milestone_oldest_missed", "milestones", _MISSED_ON, "earliest", _BOTH)
_FIRST_ACHIEVED = Measure(
    "milestone_first_achieved", "milestones", nw.col("achieved_on"), "earliest", _ACHIEVED
)


def _oldest_overdue() -> nw.Expr:
    nothing_missed = nw.when(_DUE.value > 0).then(nw.lit(0.0))
    return nw.when(MISSED.value > 0).then(_OLDEST_MISSED.value).otherwise(nothing_missed)


def _early_pace() -> nw.Expr:
    age = nw.col("tenure_days")
    exposed = nw.when(age > _EARLY_DAYS).then(_EARLY_DAYS).otherwise(age)
    observed = ACHIEVED.value + _DUE.value > 0
    return nw.when(observed & (age >= _LEAST_DAYS)).then(_EARLY.value * 90 / exposed)


_NOTHING_DUE = "no milestone of the account was due yet"

DEFINITIONS = (
    feature(
        name="milestones_due_achieved_share",
        unit="smoothed share, 0 to 1",
        meaning="Of the milestones whose projected date has passed, the share that has been "
        "reached, drawn towards one half where few were due: (reached + 1/2) / (due + 1).",
        null_means=_NOTHING_DUE,
        scale="share",
        higher_is_better=True,
        words=("few due milestones reached", "most due milestones reached"),
        measures=(_DUE, _DUE_ACHIEVED),
        formula=shrunken_share(_DUE_ACHIEVED.name, _DUE.name),
    ),
    feature(
        name="milestone_delay_days",
        unit="days (negative: early)",
        meaning="Median days from the projected date to the day a milestone was reached, over "
        "the milestones whose projected date has passed; one that has not been reached counts "
        "with its delay so far.",
        null_means=_NOTHING_DUE,
        scale="signed",
        higher_is_better=False,
        words=("ahead of milestones", "late on milestones"),
        within=(-MOST_DAYS, MOST_DAYS),
        measures=(_DELAY,),
    ),
    feature(
        name="milestones_overdue",
        unit="milestones",
        meaning="Milestones whose projected date has passed and that have not been reached.",
        null_means=_NOTHING_DUE,
        scale="count",
        higher_is_better=False,
        words=("nothing overdue", "many milestones overdue"),
        age_proxy=True,
        measures=(_DUE, MISSED),
        formula=nw.when(_DUE.value > 0).then(MISSED.value),
    ),
    feature(
        name="oldest_overdue_days",
        unit="days",
        meaning="Days since the projected date of the milestone that has been overdue longest; "
        "0 where milestones were due and all have been reached.",
        null_means=_NOTHING_DUE,
        scale="days",
        higher_is_better=False,
        words=("no long delays", "long overdue milestones"),
        age_proxy=True,
        measures=(_DUE, MISSED, _OLDEST_MISSED),
        formula=_oldest_overdue(),
    ),
    feature(
        name="days_to_first_value",
        unit="days",
        meaning="Days from the start of the account to its first milestone reached; negative "
        "where the extract dates a milestone before the start.",
        null_means="no milestone has been reached yet; young accounts can show short times "
        "only, so compare accounts of like age",
        scale="signed",
        higher_is_better=False,
        words=("quick to first value", "slow to first value"),
        within=(-MOST_DAYS, MOST_DAYS),
        measures=(_FIRST_ACHIEVED,),
        formula=nw.col("tenure_days") - _FIRST_ACHIEVED.value,
    ),
    feature(
        name="early_milestones_per_90_days",
        unit="milestones per 90 days",
        meaning="Early pace: milestones reached in the first 180 days of the account, per 90 "
        "days (for a younger account, in its days so far).",
        null_means="nothing was reached or due yet, or the account is younger than 30 days",
        scale="count",
        higher_is_better=True,
        words=("slow start", "fast start"),
        measures=(_EARLY, ACHIEVED, _DUE),
        formula=_early_pace(),
    ),
)
