"""What rules about accounts need to know and no model is fitted on: attributes, not features.

Agreed triggers, open renewals and the kind of guidance an account draws say what to do with it. They
are as-of quantities like any feature, and stay out of the matrix: they are few and far between, and a
rule that reads them must not be compared with segments that were made from them.
"""

import narwhals as nw

from clustering.features.measures import Measure, fixed_point

__all__ = ["COUNTS", "GUIDANCE_HOURS", "GUIDANCE_KINDS"]

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


def _hours_of(guidance: str) -> Measure:
    kinds = list(GUIDANCE_KINDS[guidance])
    return Measure(
        f"hours_{guidance}",
        "engagements",
        lambda period: nw.when(
            period.last("held_on") & nw.col("kind").str.to_lowercase().is_in(kinds)
        ).then(fixed_point(nw.col("hours"))),
        "sum",
    )


#: Hours of the look-back window by the guidance given, in units of `FIXED_POINT`.
GUIDANCE_HOURS = tuple(_hours_of(guidance) for guidance in GUIDANCE_KINDS)

#: Counts: an account without a row of the table has none, except for triggers, where an account
#: without milestones has agreed none and the count is missing.
COUNTS = (
    Measure(
        "expand_triggers_reached",
        "milestones",
        lambda _: nw.col("achieved") & nw.col("is_expand_trigger").fill_null(False),
        "count",
        ("achieved_on", "is_expand_trigger"),
    ),
    Measure(
        "renewals_open",
        "opportunities",
        lambda _: nw.col("closed_on").is_null()
        & (nw.col("kind").str.to_lowercase() == nw.lit("renewal")),
        "count",
        ("closed_on",),
    ),
    Measure(
        "new_use_cases_open",
        "opportunities",
        lambda _: nw.col("closed_on").is_null()
        & (nw.col("kind").str.to_lowercase() == nw.lit("new_use_case")),
        "count",
        ("closed_on",),
    ),
)
