"""What rules about accounts need to know and no model is fitted on: attributes, not features.

Agreed triggers, open renewals and the kind of guidance that an account draws say what to do with
it. They are known at the as-of date like any feature, and stay out of the matrix: a rule that
reads them must not be compared with segments that were made from them.
"""

import narwhals as nw
import pandas as pd

from clustering.features.measures import FIXED_POINT, Measure, Period, fixed_point

#: Care is not extrapolated to a year from less than a month.
_SHORTEST_EXPOSURE_DAYS = 30

#: Words for kinds of engagement, compared in lower case, by the guidance that they give.
GUIDANCE_KINDS: dict[str, tuple[str, ...]] = {
    "strategy": (
        "business_review", "ebr", "executive", "executive_review", "executive review", "qbr",
        "roadmap", "steering", "strategy", "strategy_workshop", "strategy workshop",
        "success_plan", "success plan",
    ),
    "execution": (
        "adoption", "best_practice", "best practice", "check_in", "check-in", "check in",
        "consulting", "enablement", "implementation", "integration", "technical", "working_session",
    ),
    "first_steps": ("kickoff", "kick-off", "onboarding", "setup", "training", "webinar"),
}  # fmt: skip


_KIND = nw.col("kind").str.to_lowercase()


def _hours_of(guidance: str) -> Measure:
    def hours(period: Period) -> nw.Expr:
        given = period.last("held_on") & _KIND.is_in(list(GUIDANCE_KINDS[guidance]))
        return nw.when(given).then(fixed_point(nw.col("hours")))

    return Measure(f"hours_{guidance}", "engagements", hours, "sum")


def _open(name: str, kind: str) -> Measure:
    is_open = nw.col("closed_on").is_null() & (nw.lit(kind) == _KIND)
    return Measure(name, "opportunities", is_open, "count", ("closed_on",))


def _triggers(period: Period) -> nw.Expr:
    return period.last("achieved_on") & nw.col("is_expand_trigger").fill_null(False)


_GUIDANCE_HOURS = tuple(_hours_of(guidance) for guidance in GUIDANCE_KINDS)
_TRIGGER = ("achieved_on", "is_expand_trigger")
_COUNTS = (
    Measure("expand_triggers_reached", "milestones", _triggers, "count", _TRIGGER),
    _open("renewals_open", "renewal"),
    _open("new_use_cases_open", "new_use_case"),
)

#: Measures of the circumstances, beside those of the features.
MEASURES = (*_GUIDANCE_HOURS, *_COUNTS)


def circumstances(measured: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Attributes of the accounts from their measures, as far as the tables allow them.

    Returns
    -------
    DataFrame, indexed like `measured`
        `engagement_hours_per_year`, `tickets_per_year` and `hours_strategy`, `hours_execution`,
        `hours_first_steps` (also hours a year): what the look-back window saw, for a whole year.
        An account without a row in the table had none. `renewals_open` and `new_use_cases_open`:
        opportunities open at the as-of date, likewise. `expand_triggers_reached`: in
        the look-back window, since an old trigger has had its playbook; missing for an account
        without milestones.
    """
    exposure = measured["tenure_days"].clip(_SHORTEST_EXPOSURE_DAYS, period.window_days)
    columns: dict[str, pd.Series[float]] = {}
    for measure, column, unit in (
        ("engagement_hours", "engagement_hours_per_year", FIXED_POINT),
        ("tickets_opened", "tickets_per_year", 1),
        *((measure.name, measure.name, FIXED_POINT) for measure in _GUIDANCE_HOURS),
    ):
        if measure in measured:
            columns[column] = measured[measure].fillna(0.0) / unit * 365 / exposure
    for count in _COUNTS:
        if count.name in measured:
            is_register = count.table == "opportunities"
            values = measured[count.name]
            columns[count.name] = values.fillna(0.0) if is_register else values
    return pd.DataFrame(columns, index=measured.index)
