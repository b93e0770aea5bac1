"""Engagement and care: the time people spend on the account, and the help it asks for.

Both tables are registers of events, so an account without a row had no meeting, or no ticket:
zero. How much care an account gets is often set by its tier, and how many tickets it opens by its
size; volumes, and the days since the last contact that follow from them, are therefore marked as
proxies of size. What enters the matrix is the same volume per seat, the mix and the timing.
"""

from functools import partial

import narwhals as nw

from clustering.features.definition import Definition, ratio, shrunken_share
from clustering.features.families.commercial import SEATS
from clustering.features.measures import Measure, Period, day_number, fixed_point, from_fixed_point

feature = partial(Definition, family="engagement")

#: Words for the two upper of the usual four levels of severity, and for the two lower, compared
#: in lower case. A ticket whose level is none of them is not counted: a scale of numbers may run
#: either way, and reading it the wrong way round would be worse than not reading it.
SEVERE = (
    "blocker", "critical", "emergency", "high", "highest", "major", "severe", "urgent",
    "p0", "p1", "s0", "s1", "sev0", "sev1", "sev-0", "sev-1", "sev 0", "sev 1",
)  # fmt: skip
MILD = (
    "info", "low", "lowest", "medium", "minor", "moderate", "none", "normal", "question", "trivial",
    "p2", "p3", "p4", "p5", "s2", "s3", "s4", "sev2", "sev3", "sev4", "sev-2", "sev-3", "sev-4",
    "sev 2", "sev 3", "sev 4",
)  # fmt: skip


def _opened_at(name: str, levels: tuple[str, ...]) -> Measure:
    is_level = nw.col("severity").str.to_lowercase().is_in(list(levels))

    def opened(period: Period) -> nw.Expr:
        return period.last("opened_on") & is_level

    return Measure(name, "tickets", opened, "count", ("severity",))


def _days_taken(period: Period) -> nw.Expr:
    days = day_number("closed_on") - day_number("opened_on")
    return nw.when(period.last("closed_on")).then(days)


_HELD = Measure(
    "engagements_held", "engagements", ~nw.col("held_on").is_null(), "count", dated="held_on"
)
_HOURS = Measure(
    "engagement_hours", "engagements", fixed_point(nw.col("hours")), "sum", dated="held_on"
)
_LAST_HELD = Measure("engagement_last", "engagements", nw.col("held_on"), "latest")
_OPENED = Measure("tickets_opened", "tickets", lambda period: period.last("opened_on"), "count")
_RATED = _opened_at("tickets_with_known_severity", (*SEVERE, *MILD))
_SEVERE = _opened_at("tickets_severe", SEVERE)
_RESOLUTION = Measure("ticket_median_resolution", "tickets", _days_taken, "median", ("closed_on",))


def _per_100_seats(volume: nw.Expr) -> nw.Expr:
    return ratio(volume.fill_null(0.0) * 100, SEATS.value)


_NEVER = "never: the table is a register, and an account without a row had none"
_NO_SEATS = "no active contract says how many seats it has"

DEFINITIONS = (
    feature(
        name="days_since_last_engagement",
        unit="days",
        meaning="Days from the latest engagement, however long ago, to the as-of date.",
        null_means="no engagement with the account up to the as-of date",
        scale="days",
        higher_is_better=False,
        words=("spoken with lately", "not spoken with for long"),
        size_proxy=True,
        measures=(_LAST_HELD,),
    ),
    feature(
        name="hours_per_engagement",
        unit="hours per engagement",
        meaning="Mean length of the engagements of the last {window} days.",
        null_means="no engagement in the last {window} days",
        scale="amount",
        higher_is_better=None,
        words=("short engagements", "long engagements"),
        measures=(_HOURS, _HELD),
        formula=ratio(from_fixed_point(_HOURS.name), _HELD.value),
    ),
    feature(
        name="engagement_hours_per_100_seats",
        unit="hours per 100 seats",
        meaning="Hours that people spent on the account in the last {window} days, per 100 "
        "seats under contract.",
        null_means=_NO_SEATS,
        scale="amount",
        higher_is_better=None,
        words=("little care per seat", "much care per seat"),
        measures=(_HOURS, SEATS),
        formula=_per_100_seats(from_fixed_point(_HOURS.name)),
    ),
    feature(
        name="tickets_per_100_seats",
        unit="tickets per 100 seats",
        meaning="Tickets opened in the last {window} days, per 100 seats under contract.",
        null_means=_NO_SEATS,
        scale="amount",
        higher_is_better=False,
        words=("few tickets per seat", "many tickets per seat"),
        measures=(_OPENED, SEATS),
        formula=_per_100_seats(_OPENED.value),
    ),
    feature(
        name="severe_tickets_share",
        unit="smoothed share, 0 to 1",
        meaning="Share of the tickets opened in the last {window} days that are severe (high, "
        "urgent, critical, P1 or the like, as against low, medium, normal, P3 or the like), "
        "drawn towards one half where there were few: (severe + 1/2) / (tickets + 1).",
        null_means="no ticket with a severity in such words was opened in the last {window} "
        "days; numbers alone are not read, since scales run both ways",
        scale="share",
        higher_is_better=False,
        words=("minor tickets only", "severe tickets"),
        measures=(_RATED, _SEVERE),
        formula=shrunken_share(_SEVERE.name, _RATED.name),
    ),
    feature(
        name="ticket_resolution_days",
        unit="days",
        meaning="Median days from opening to closing, over the tickets closed in the last "
        "{window} days.",
        null_means="no ticket was closed in the last {window} days",
        scale="days",
        higher_is_better=False,
        words=("tickets solved quickly", "tickets solved slowly"),
        measures=(_RESOLUTION,),
    ),
    feature(
        name="engagement_hours",
        unit="hours in {window} days",
        meaning="Hours that people spent on the account in the last {window} days.",
        null_means=_NEVER,
        scale="amount",
        higher_is_better=None,
        words=("little care", "much care"),
        size_proxy=True,
        measures=(_HOURS,),
        formula=from_fixed_point(_HOURS.name).fill_null(0.0),
    ),
    feature(
        name="engagements_held",
        unit="engagements in {window} days",
        meaning="Meetings and other engagements in the last {window} days.",
        null_means=_NEVER,
        scale="count",
        higher_is_better=None,
        words=("few meetings", "many meetings"),
        size_proxy=True,
        measures=(_HELD,),
        formula=_HELD.value.fill_null(0.0),
    ),
    feature(
        name="tickets_opened",
        unit="tickets in {window} days",
        meaning="Tickets opened in the last {window} days.",
        null_means=_NEVER,
        scale="count",
        higher_is_better=False,
        words=("few tickets", "many tickets"),
        size_proxy=True,
        measures=(_OPENED,),
        formula=_OPENED.value.fill_null(0.0),
    ),
)
