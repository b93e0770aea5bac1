"""Sentences of the plan, by rules: no sentence claims more than its number."""

from clustering.columns import SEGMENT
from clustering.config.plan import RECOMMENDED
from clustering.report.kit.facts import decimal, group_words, percent
from clustering.report.subjects.forward.recommendation import recommendation
from clustering.results import StudyFolder
from clustering.results.plan_document import AuditEntry, EffortEntry, PlanEntry, StaffingEntry

_NONE = "This study has no plan: it was made by an earlier version. Run it again."
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
_ONE_STATUS = [
    "Every account has one status: what was measured (over, under) goes before what rests on "
    "assumed costs (bad fit)."
]


def answer(study: StudyFolder) -> list[str]:
    """What stands first on the page: what breaks today, what it plans on, cost, whom, the team."""
    plan = study.document.plan
    if plan is None:
        return [_NONE]
    return [
        *_too_few(plan),
        _planned_on(study, plan),
        _cost(study, plan),
        _failed(plan),
        _team(study, plan),
    ]


def assumptions(study: StudyFolder) -> list[str]:
    """What the company assumed, and did not measure."""
    plan = study.document.plan
    if plan is None:
        return []
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
    if plan is None:
        return []
    found = [f"{_list(study, entry)} The rule: {entry.rule}." for entry in plan.audit]
    missing = [
        f"{_TITLES[name.removeprefix('audit.')]} accounts cannot be computed: {why}."
        for name, why in plan.not_computed.items()
        if name.startswith("audit.")
    ]
    judged = (
        [f"Of {plan.n_not_judged:,} accounts it cannot be told; audit.parquet says why of each."]
        if plan.n_not_judged and not missing
        else []
    )
    return found + missing + judged + _ONE_STATUS


def coverage(study: StudyFolder) -> list[str]:
    """What care by the playbooks costs, segment by segment."""
    plan = study.document.plan
    if plan is None:
        return []
    limit = percent(plan.assumptions.affordable_share)
    over = len(plan.over_limit)
    names = ", ".join(f"'{name}'" for name in plan.over_limit)
    if plan.cost_share is None:
        said = f"{_cost(study, plan)} Its share of the amount cannot be computed."
    elif not over:
        said = f"By no label does care cost more than {limit} of what its accounts pay."
    else:
        said = f"Care costs more than {limit} of what its accounts pay by {_n(over, 'label')}: "
        said += f"{names}."
    return [*filter(None, [said, _kept(plan), _alternative(study, plan)])]


def levers(study: StudyFolder) -> list[str]:
    """The ways back under the limit, for each segment above it."""
    plan = study.document.plan
    if plan is None or not plan.over_limit:
        return []
    frame = study.table("coverage")
    texts = []
    for row in frame[frame["over_limit"]].to_dict("records"):
        if row["need_arr_per_account"] != row["need_arr_per_account"]:
            texts.append(f"'{row['label']}': {row['note']}.")
            continue
        text = (
            f"'{row['label']}' is back at {percent(plan.assumptions.affordable_share)} by any one "
            f"of: {row['need_arr_per_account']:,.0f} {study.document.amount_name} per account "
            f"(now {row['arr_per_account']:,.0f}); {row['need_accounts_per_csm']:.0f} accounts per "
            f"CSM (now {row['accounts_per_csm']:.0f}); {row['need_cost_per_csm']:,.0f} per CSM "
            f"(now {plan.assumptions.csm_cost:,.0f}); services priced at "
            f"{row['need_services_per_account']:,.0f} an account."
        )
        if not row["bounded_reached"]:
            text += (
                f" All four together, as far as they may go, end at "
                f"{percent(row['bounded_cost_share'])}: charge more, serve it otherwise, or do "
                "not sign."
            )
        else:
            text += (
                f" All four together need {percent(row['bounded_moved'])} of the way that each "
                "may go."
            )
        texts.append(text)
    return texts


def staffing(study: StudyFolder) -> list[str]:
    """What the head count covers, and what it leaves on the table."""
    plan = study.document.plan
    if plan is None:
        return []
    found = plan.staffing
    if found is None:
        return [f"The allocation cannot be computed: {plan.not_computed['allocation']}."]
    if found.status == "infeasible":
        return [f"{_csms(found.csms)} cannot give even the lowest levels: {found.reason}."]
    currency = study.document.currency
    texts = [_team(study, plan)]
    texts.append(
        "Under these assumptions no other allocation of the hours covers more than "
        f"{'under 0.01' if found.gap < 1e-4 else decimal(100 * found.gap, 2)} % above this one; "
        "that gap of the solver is proven, the assumptions are not."
    )
    if found.one_more_csm >= 1:
        texts.append(
            f"By the same shares one more CSM would cover at most {found.one_more_csm:,.0f} "
            f"{currency} more a year, and costs {plan.assumptions.csm_cost:,.0f}."
        )
    if found.partly_known:
        texts.append(
            f"For {found.partly_known:,} accounts either revenue at risk or open expansion is not "
            "known; the other part decides alone."
        )
    if found.not_allocated:
        texts.append(
            f"{found.not_allocated:,} accounts have no label or no known value: decide their "
            "touch by hand."
        )
    return texts


def books(study: StudyFolder) -> list[str]:
    """Who looks after whom."""
    plan = study.document.plan
    if plan is None or plan.staffing is None:
        return []
    found = plan.staffing.books
    if found.worst_after is None:
        return ["There is no CSM, so there are no books."]
    within = "is within" if found.worst_after <= found.tolerance + 1e-9 else "misses"
    before = (
        f"{found.n_now} CSMs have accounts now, and the head count is {found.n_books}"
        if found.worst_before is None
        else f"Now the largest deviation of a book from the mean is {percent(found.worst_before)}"
    )
    move = "1 account moves" if found.n_moved == 1 else f"{found.n_moved:,} accounts move"
    return [
        f"{before}. {move} to another CSM; the largest deviation of the "
        f"{found.n_books} {'book' if found.n_books == 1 else 'books'} is then "
        f"{percent(found.worst_after)} of the mean, in {study.document.amount_name} and in hours, "
        f"which {within} the tolerance of {percent(found.tolerance)}. Accounts stay where they "
        "are unless a move helps; that the moves are the fewest is not proven."
    ]


def running(study: StudyFolder) -> list[str]:
    """Event playbooks that start now, beside the segment."""
    plan = study.document.plan
    if plan is None:
        return []
    events = [book for book in plan.playbooks if book.kind == "event"]
    texts = [
        f"'{book.title}' runs for {book.n_accounts:,} accounts: {book.trigger}."
        for book in events
        if f"playbook.{book.name}" not in plan.not_computed
    ]
    texts += [
        f"'{book.title}' cannot start: {plan.not_computed[f'playbook.{book.name}']}."
        for book in events
        if f"playbook.{book.name}" in plan.not_computed
    ]
    if texts:
        texts.append("None of them moves an account to another segment or level of touch.")
    return texts


def value(study: StudyFolder) -> list[str]:
    """What the segments give back, and the care with which to read it."""
    plan = study.document.plan
    if plan is None:
        return []
    texts = []
    if plan.top_segment is not None:
        texts.append(
            f"'{plan.top_segment}' holds the most {study.document.amount_name}; its industries "
            "are shown below it."
        )
    if "value.nrr" not in plan.not_computed:
        texts.append(
            f"GRR and NRR are of the {study.document.horizon_days} days after "
            f"{study.document.as_of}: they describe the segments, and decided nothing in the plan."
        )
    return texts


def not_computed(study: StudyFolder) -> list[str]:
    """What of the plan the tables do not allow, and which would."""
    plan = study.document.plan
    if plan is None:
        return []
    texts = [
        f"{name.replace('.', ': ', 1).replace('_', ' ')}: {why}."
        for name, why in plan.not_computed.items()
    ]
    return texts + list(plan.notes)


def _planned_on(study: StudyFolder, plan: PlanEntry) -> str:
    """Which labelling the page plans on, and why."""
    recommended = study.document.recommendation
    because = recommendation(study)
    if plan.plan_on == RECOMMENDED:
        return f"This plan is for {plan.title}. {because}"
    if plan.labelling == recommended.labelling:
        return f"This plan is for {plan.title}, as configured and as recommended. {because}"
    return (
        f"This plan is for {plan.title}, as configured (engagement.plan_on); the study recommends "
        f"another. {because}"
    )


def _too_few(plan: PlanEntry) -> list[str]:
    """That the head count has fewer hours than are delivered today."""
    found, today = plan.staffing, plan.delivered_hours
    if found is None or today is None or found.hours >= today:
        return []
    short = today - found.hours
    return [
        f"The head count does not reach for what is done today: {_csms(found.csms)} "
        f"({found.origin}) {'has' if found.csms == 1 else 'have'} {found.hours:,.0f} hours a year "
        f"(assumed), and {today:,.0f} were delivered, {short:,.0f} more. Check "
        "engagement.capacity, or expect to deliver less than now."
    ]


def _kept(plan: PlanEntry) -> str:
    """How many accounts keep their present care, since nothing tells what they need."""
    if not plan.n_present:
        return ""
    keep = "keeps its" if plan.n_present == 1 else "keep their"
    return (
        f"{_n(plan.n_present, 'account')} {keep} present care: what tells the playbooks apart lies "
        "within its noise for them, or is not known."
    )


def _alternative(study: StudyFolder, plan: PlanEntry) -> str:
    """What care by the segments would cost, where the plan is for something else."""
    if plan.labelling == SEGMENT:
        return ""
    costs = study.table("plan_costs").set_index("labelling")
    if SEGMENT not in costs.index:
        return ""
    row = costs.loc[SEGMENT]
    return (
        f"An alternative, and not what is recommended or configured: care by the "
        f"{group_words(study)} would take {row['csms']:,.1f} CSMs and cost {row['cost']:,.0f} "
        f"{study.document.currency}, against {plan.csms:,.1f} CSMs and {plan.cost:,.0f} here."
    )


def _effort(effort: EffortEntry) -> str:
    """What scales the hours, whether it was measured, and of how many accounts it is not known."""
    measures = ", ".join(f"{words} ({n:,} accounts)" for words, n in effort.measures.items())
    value = decimal(effort.elasticity)
    match effort.origin:
        case "estimated" if effort.interval is not None:
            low, high = (decimal(end) for end in effort.interval)
            held = "" if effort.interval[0] >= 0 and effort.interval[1] <= 1 else ", held to 0..1"
            origin = (
                f"estimated from the hours delivered to {effort.n_accounts:,} accounts within "
                f"their labels, 95 % interval {low} to {high}{held}"
            )
        case "configured":
            origin = "as configured"
        case _:
            origin = f"assumed: {effort.why}"
    unknown = (
        f" {_n(effort.n_unknown, 'account')} of unknown size "
        f"{'counts as a median one' if effort.n_unknown == 1 else 'count as median ones'}."
        if effort.n_unknown
        else ""
    )
    if not measures:
        return (
            "Assumed: every account of a label needs the same hours, since no table tells the size "
            "of any (seats, active users, features in use or tickets)."
        )
    return (
        f"Assumed: hours grow with the size of an account to the power of {value} ({origin}). Size "
        f"is measured by {measures}.{unknown}"
    )


def _n(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _cost(study: StudyFolder, plan: PlanEntry) -> str:
    share = (
        ""
        if plan.cost_share is None
        else f", {percent(plan.cost_share)} of the {study.document.amount_name} (limit "
        f"{percent(plan.assumptions.affordable_share)})"
    )
    return (
        f"Care by the playbooks of {plan.title} takes {plan.hours:,.0f} hours a year, or "
        f"{plan.csms:,.1f} CSMs, and costs {plan.cost:,.0f} {study.document.currency}{share}. "
        "Hours and costs are assumed."
    )


def _failed(plan: PlanEntry) -> str:
    parts = [f"{entry.n_accounts:,} {_LISTS[entry.name]}" for entry in plan.audit]
    if not parts:
        return "Whom today's care fails cannot be told from these tables."
    if not any(entry.n_accounts for entry in plan.audit):
        return "No account stands out as over-delivered, under-delivered or a bad fit."
    return f"Of the accounts, {'; '.join(parts)}."


def _list(study: StudyFolder, entry: AuditEntry) -> str:
    title = _TITLES[entry.name]
    if not entry.n_accounts:
        return f"{title}: no account."
    arr = "" if entry.arr is None else f", with {entry.arr:,.0f} of {study.document.amount_name}"
    return (
        f"{title}: {_n(entry.n_accounts, 'account')}{arr}; {entry.hours:,.0f} hours a year, "
        f"{entry.money:,.0f} {study.document.currency}."
    )


def _team(study: StudyFolder, plan: PlanEntry) -> str:
    found = plan.staffing
    if found is None:
        return f"What the team can cover cannot be computed: {plan.not_computed['allocation']}."
    if found.status == "infeasible":
        return f"The head count of {found.csms} cannot give the plan: {found.reason}."
    return (
        f"{found.value:,.0f} {study.document.currency} a year are at risk or open to expand. By "
        f"the assumed shares of the touch levels (below), {_csms(found.csms)} ({found.origin}) "
        f"{'covers' if found.csms == 1 else 'cover'} {found.covered:,.0f} of it"
        f"{_left(study, found)}"
    )


def _csms(n: int) -> str:
    return "1 CSM" if n == 1 else f"{n} CSMs"


def _left(study: StudyFolder, found: StaffingEntry) -> str:
    if found.left <= 0.005 * max(found.coverable, 1e-9):
        return "; more people would cover hardly more."
    return (
        f", and leave {found.left:,.0f} {study.document.currency} on the table that more people "
        "would cover."
    )
