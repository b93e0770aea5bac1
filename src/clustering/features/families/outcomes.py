"""Outcomes: the results that the customer wanted, against their targets.

Only the last year counts, and of each outcome its latest value: a target met three years ago says
little about today. Attainment is `1 + (value - target) / |target|`, with the sign of the
difference turned where lower is better, so that 1 is on target and more is ahead in both cases;
unlike `target / value` it stays finite when a value that should be low reaches zero.
"""

from functools import partial
from typing import Any

import narwhals as nw

from clustering.columns import ACCOUNT_ID
from clustering.features.definition import Definition, shrunken_share
from clustering.features.measures import Measure, Period, day_number, on_grid

feature = partial(Definition, family="outcomes")

#: Outcomes are often measured quarterly or yearly; the look-back window would miss most.
MEMORY_DAYS = 365


def prepare(frame: nw.LazyFrame[Any], period: Period, _: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Add to every row of the last year its attainment, and whether it is the latest."""
    frame = frame.filter(period.last("measured_on", MEMORY_DAYS))
    ahead = nw.col("value") - nw.col("target")
    if "higher_is_better" in frame.collect_schema():
        lower = nw.col("higher_is_better").fill_null(True)
        ahead = nw.when(lower).then(ahead).otherwise(-ahead)
    same = (ACCOUNT_ID, "outcome")
    frame = frame.with_columns(
        ahead=ahead,
        first_on=nw.col("measured_on").min().over(*same),
        last_on=nw.col("measured_on").max().over(*same),
    )
    size = nw.col("target").abs()
    frame = frame.with_columns(
        attainment=nw.when(size > 0).then(1.0 + nw.col("ahead") / size),
        is_latest=nw.col("measured_on") == nw.col("last_on"),
        days_between=day_number("last_on") - day_number("first_on"),
    )
    is_first = nw.col("measured_on") == nw.col("first_on")
    frame = frame.with_columns(first_attainment=nw.when(is_first).then(nw.col("attainment")))
    return frame.with_columns(first_attainment=nw.col("first_attainment").max().over(*same))


def _latest(value: nw.Expr) -> nw.Expr:
    return nw.when(nw.col("is_latest")).then(value)


def _change(_: Period) -> nw.Expr:
    change = nw.col("attainment") - nw.col("first_attainment")
    return nw.when(nw.col("is_latest") & (nw.col("days_between") > 0)).then(
        on_grid(change / nw.col("days_between") * 90)
    )


_is_latest, _ahead = nw.col("is_latest"), nw.col("ahead")
_by_a_tenth = (_ahead > 0) & (_ahead * 10 >= nw.col("target").abs())
_MEASURED = Measure("outcomes_measured", "outcomes", _is_latest, "count")
_ON_TARGET = Measure("outcomes_on_target", "outcomes", _is_latest & (_ahead >= 0), "count")
_AHEAD = Measure("outcomes_ahead", "outcomes", _is_latest & _by_a_tenth, "count")
_ATTAINMENT = Measure(
    "outcome_median_attainment", "outcomes", _latest(on_grid(nw.col("attainment"))), "median"
)
_CHANGE = Measure("outcome_median_change", "outcomes", _change, "median")

_NOT_MEASURED = "no outcome was measured in the last year"

DEFINITIONS = (
    feature(
        name="outcome_attainment",
        unit="ratio (1: on target)",
        meaning="Attainment of the account's outcomes: median, over outcomes, of their latest "
        "value in the last year against its target; above 1 is ahead, also where lower values "
        "are the aim.",
        null_means=f"{_NOT_MEASURED}, or all targets are zero",
        scale="signed",
        higher_is_better=True,
        words=("outcomes below target", "outcomes above target"),
        measures=(_ATTAINMENT,),
    ),
    feature(
        name="outcomes_on_target_share",
        unit="smoothed share, 0 to 1",
        meaning="Share of the account's outcomes whose latest value in the last year meets its "
        "target, drawn towards one half where few are measured: (met + 1/2) / (measured + 1).",
        null_means=_NOT_MEASURED,
        scale="share",
        higher_is_better=True,
        words=("few outcomes on target", "most outcomes on target"),
        measures=(_MEASURED, _ON_TARGET),
        formula=shrunken_share(_ON_TARGET.name, _MEASURED.name),
    ),
    feature(
        name="outcome_trend_per_90_days",
        unit="change of attainment per 90 days",
        meaning="Median, over outcomes, of the change in attainment from the first to the "
        "latest value in the last year, per 90 days.",
        null_means="no outcome was measured on two days in the last year",
        scale="signed",
        higher_is_better=True,
        words=("outcomes falling", "outcomes rising"),
        measures=(_CHANGE,),
    ),
    feature(
        name="outcomes_ahead_share",
        unit="smoothed share, 0 to 1",
        meaning="Share of the account's outcomes whose latest value in the last year is ahead "
        "of its target by a tenth or more, drawn towards one half where few are measured.",
        null_means=_NOT_MEASURED,
        scale="share",
        higher_is_better=True,
        words=("few outcomes ahead of plan", "many outcomes ahead of plan"),
        measures=(_MEASURED, _AHEAD),
        formula=shrunken_share(_AHEAD.name, _MEASURED.name),
    ),
)
