"""Sentences of the plan, by rules: no sentence claims more than its number."""

from typing import Any

from clustering.columns import SEGMENT
from clustering.config.plan import RECOMMENDED
from clustering.plan.care.audit import AuditTotal
from clustering.plan.care.effort import Effort
from clustering.plan.make import PlanEntry
from clustering.report.kit.facts import (
    decimal,
    group_words,
    label_in_words,
    percent,
    plan_table,
    playbook_titles,
)
from clustering.report.subjects.forward.recommendation import recommendation
from clustering.report.subjects.plan.setting_words import condition
from clustering.report.subjects.plan.team_words import team, too_few
from clustering.results import StudyFolder
from clustering.wording import (
    amount_in_short,
    counted,
    name_in_words,
    names_in_words,
    roughly_in_words,
)

_TITLES = {
    "over_delivered": "Over-delivered",
    "under_delivered": "Under-delivered",
    "bad_fit": "Bad-fit",
}
_LISTS = {
    "over_delivered": "get far more care than they need and than is usual for their label and size",
    "under_delivered": "get far less",
    "bad_fit": "need care that costs more than the affordable share of what they pay",
}
_ONE_STATUS = (
    "Every account has one status: what was measured (over, under) goes before what rests on "
    "assumed costs (bad fit)."
)


def answer(study: StudyFolder) -> list[str]:
    """What stands first on the page: what breaks today, what it plans on, cost, whom, the team."""
    plan = study.document.plan
    return [
        *too_few(plan),
        _planned_on(study, plan),
        _cost(study, plan),
        _failed(plan),
        team(study),
    ]


def assumptions(study: StudyFolder) -> list[str]:
    """What the company assumed, and did not measure."""
    plan = study.document.plan
    given, currency = plan.assumptions, study.document.currency
    whose = "the company's own" if given.own_playbooks else "those that come with the package"
    touches = ", ".join(f"{title} {hours:g} h" for title, hours in given.touch_hours.items())
    levels = ", ".join(
        f"{level} takes {percent(hours)} of the hours and covers "
        f"{percent(given.level_covers[level])}"
        for level, hours in given.level_hours.items()
    )
    return [
        f"Assumed: an hour of care costs {given.hour_cost:,.0f} {currency}; one CSM gives "
        f"{given.csm_hours:,.0f} hours a year and costs {given.csm_cost:,.0f} {currency}.",
        f"Assumed: care may cost at most {percent(given.affordable_share)} of the "
        f"{study.document.amount_name}.",
        f"Assumed: the playbooks, {whose}, and the hours of one touch for a median account "
        f"({touches}).",
        _effort(plan.effort),
        f"Assumed: what a level of touch covers of the revenue at risk and the open expansion "
        f"({levels}). No experiment stands behind these shares.",
    ]


def delivery(study: StudyFolder) -> list[str]:
    """Whom today's care fails, and by which rule."""
    plan = study.document.plan
    found = [f"{_list(study, entry)} The rule: {entry.rule}." for entry in plan.audit]
    missing = [
        f"{_TITLES[name.removeprefix('audit.')]} accounts cannot be computed: "
        f"{names_in_words(why)}."
        for name, why in plan.not_computed.items()
        if name.startswith("audit.")
    ]
    judged = (
        [
            f"Of {plan.n_not_judged:,} accounts it is not known; the file of the audit says why of "
            "each."
        ]
        if plan.n_not_judged and not missing
        else []
    )
    return [*found, *missing, *judged, _ONE_STATUS]


def coverage(study: StudyFolder) -> list[str]:
    """What care by the playbooks costs, segment by segment."""
    plan = study.document.plan
    limit = percent(plan.assumptions.affordable_share)
    names = ", ".join(f"'{label_in_words(study, name)}'" for name in plan.over_limit)
    if plan.cost_share is None:
        said = f"{_cost(study, plan)} Its share of the amount cannot be computed."
    elif not names:
        said = f"By no label does care cost more than {limit} of what its accounts pay."
    else:
        over = counted(len(plan.over_limit), "label")
        said = f"Care costs more than {limit} of what its accounts pay by {over}: {names}."
    return [*filter(None, [said, _kept(plan), _alternative(study, plan)])]


def reasons(study: StudyFolder) -> list[str]:
    """One sentence a segment: its playbook, and the rule that chose it."""
    titles = playbook_titles(study)
    return [
        f"'{row['label']}' gets '{titles.get(row['playbook'], row['playbook'])}': {row['rule']}."
        for row in plan_table(study, "coverage").to_dict("records")
    ]


def levers(study: StudyFolder) -> list[str]:
    """The ways back under the limit, for each segment above it."""
    frame = plan_table(study, "coverage")
    return [_ways_back(study, row) for row in frame[frame["over_limit"]].to_dict("records")]


def _ways_back(study: StudyFolder, row: dict[Any, Any]) -> str:
    given = study.document.plan.assumptions
    if row["need_arr_per_account"] != row["need_arr_per_account"]:
        return f"'{row['label']}': {row['note']}."
    together = (
        f"need {percent(row['bounded_moved'])} of the way that each may go."
        if row["bounded_reached"]
        else f"as far as they may go, end at {percent(row['bounded_cost_share'])}: charge more, "
        "serve it otherwise, or do not sign."
    )
    return (
        f"'{row['label']}' is back at {percent(given.affordable_share)} by any one "
        f"of: {roughly_in_words(row['need_arr_per_account'])} {study.document.amount_name} per "
        f"account (now {roughly_in_words(row['arr_per_account'])}); "
        f"{row['need_accounts_per_csm']:.0f} accounts per CSM (now {row['accounts_per_csm']:.0f}); "
        f"{roughly_in_words(row['need_cost_per_csm'])} per CSM (now {given.csm_cost:,.0f}); "
        f"services priced at {roughly_in_words(row['need_services_per_account'])} an account. "
        f"All four together{'' if row['bounded_reached'] else ','} {together}"
    )


def running(study: StudyFolder) -> list[str]:
    """Event playbooks that start now, beside the segment."""
    plan = study.document.plan
    events = [book for book in plan.playbooks if book.kind == "event"]
    why_not = {book.name: plan.not_computed.get(f"playbook.{book.name}") for book in events}
    texts = [
        *(
            f"'{book.title}' runs for {counted(book.n_accounts)}: "
            f"{condition(study, book.trigger or '')}."
            for book in events
            if not why_not[book.name]
        ),
        *(
            f"'{book.title}' cannot start: {names_in_words(why_not[book.name] or '')}."
            for book in events
            if why_not[book.name]
        ),
    ]
    none_moves = "None of them moves an account to another segment or level of touch."
    return [*texts, none_moves] if texts else []


def value(study: StudyFolder) -> list[str]:
    """What the segments give back, and the care with which to read it."""
    document = study.document
    texts = []
    if document.plan.top_segment is not None:
        texts.append(
            f"'{label_in_words(study, document.plan.top_segment)}' holds the most "
            f"{document.amount_name}; its industries are shown below it."
        )
    if "value.nrr" not in document.plan.not_computed:
        texts.append(
            f"GRR and NRR are of the {document.horizon_days} days after {document.as_of}: they "
            "describe the segments, and decided nothing in the plan."
        )
    return texts


def not_computed(study: StudyFolder) -> list[str]:
    """What of the plan the tables do not allow, and which would."""
    plan = study.document.plan
    texts = [
        f"{name_in_words(name.replace('.', ': ', 1))}: {names_in_words(why)}."
        for name, why in plan.not_computed.items()
    ]
    return [*texts, *plan.notes]


def _planned_on(study: StudyFolder, plan: PlanEntry) -> str:
    """Which labelling the page plans on, and why."""
    recommended = study.document.recommendation
    on = ", as configured; the study recommends another"
    if plan.plan_on == RECOMMENDED:
        on = ""
    elif plan.labelling == recommended.labelling:
        on = ", as configured and as recommended"
    return f"This plan is for {plan.title}{on}. {recommendation(study)}"


def _kept(plan: PlanEntry) -> str:
    """How many accounts keep their present care, since nothing tells what they need."""
    if not plan.n_present:
        return ""
    keep = "keeps its" if plan.n_present == 1 else "keep their"
    return (
        f"{counted(plan.n_present)} {keep} present care: what tells the playbooks apart lies "
        "within its noise for them, or is not known."
    )


def _alternative(study: StudyFolder, plan: PlanEntry) -> str:
    """What care by the segments would cost, where the plan is for something else."""
    costs = study.table("plan_costs").set_index("labelling")
    if plan.labelling == SEGMENT or SEGMENT not in costs.index:
        return ""
    row: dict[Any, Any] = costs.loc[SEGMENT].to_dict()
    return (
        f"An alternative, and not what is recommended or configured: care by the "
        f"{group_words(study)} would take {row['csms']:,.1f} CSMs and cost "
        f"{amount_in_short(row['cost'])} {study.document.currency}, against "
        f"{plan.csms:,.1f} CSMs and {amount_in_short(plan.cost)} here."
    )


def _effort(effort: Effort) -> str:
    """What scales the hours, whether it was measured, and of how many accounts it is not known."""
    if not effort.measures:
        return (
            "Assumed: every account of a label needs the same hours, since no table tells the size "
            "of any (seats, active users, features in use or tickets)."
        )
    measures = ", ".join(f"{words} ({n:,} accounts)" for words, n in effort.measures.items())
    origin = "as configured" if effort.origin == "configured" else f"assumed: {effort.why}"
    if effort.interval is not None:
        low, high = effort.interval
        held = "" if low >= 0 and high <= 1 else ", held to 0..1"
        origin = (
            f"estimated from the hours delivered to {effort.n_accounts:,} accounts within their "
            f"labels, 95 % interval {decimal(low)} to {decimal(high)}{held}"
        )
    count = "counts as a median one" if effort.n_unknown == 1 else "count as median ones"
    unknown = f" {counted(effort.n_unknown)} of unknown size {count}."
    return (
        f"Assumed: hours grow with the size of an account to the power of "
        f"{decimal(effort.elasticity)} ({origin}). Size is measured by {measures}."
        f"{unknown if effort.n_unknown else ''}"
    )


def _cost(study: StudyFolder, plan: PlanEntry) -> str:
    share = (
        ""
        if plan.cost_share is None
        else f", {percent(plan.cost_share)} of the {study.document.amount_name} (limit "
        f"{percent(plan.assumptions.affordable_share)})"
    )
    return (
        f"Care by the playbooks of {plan.title} takes {roughly_in_words(plan.hours)} hours a "
        f"year, or {plan.csms:,.1f} CSMs, and costs {amount_in_short(plan.cost)} "
        f"{study.document.currency}{share}. Hours and costs are assumed."
    )


def _failed(plan: PlanEntry) -> str:
    if not plan.audit:
        return "Whom today's care fails is not known from these tables."
    if not any(entry.n_accounts for entry in plan.audit):
        return "No account stands out as over-delivered, under-delivered or a bad fit."
    parts = [f"{entry.n_accounts:,} {_LISTS[entry.name]}" for entry in plan.audit]
    return f"Of the accounts, {'; '.join(parts)}."


def _list(study: StudyFolder, entry: AuditTotal) -> str:
    title = _TITLES[entry.name]
    if not entry.n_accounts:
        return f"{title}: no account."
    arr = (
        ""
        if entry.arr is None
        else f", with {amount_in_short(entry.arr)} of {study.document.amount_name}"
    )
    return (
        f"{title}: {counted(entry.n_accounts)}{arr}; {roughly_in_words(entry.hours)} hours a year, "
        f"{amount_in_short(entry.money)} {study.document.currency}."
    )
