"""Sentences on the people: what a head count covers, and who looks after whom."""

from clustering.plan.make import PlanEntry
from clustering.plan.staffing.head_count import HeadCount
from clustering.report.kit.facts import decimal, percent
from clustering.results import StudyFolder
from clustering.wording import amount_in_short, names_in_words, roughly_in_words


def csms(n: int) -> str:
    """So many CSMs.

    Examples
    --------
    >>> csms(1), csms(12)
    ('1 CSM', '12 CSMs')
    """
    return "1 CSM" if n == 1 else f"{n} CSMs"


def too_few(plan: PlanEntry) -> list[str]:
    """That the head count has fewer hours than are delivered today."""
    found, today = plan.staffing, plan.delivered_hours
    if found is None or today is None or found.hours >= today:
        return []
    return [
        f"The head count does not reach for what is done today: {csms(found.csms)} "
        f"({names_in_words(found.origin)}) {'has' if found.csms == 1 else 'have'} "
        f"{roughly_in_words(found.hours)} hours a year (assumed), and {roughly_in_words(today)} "
        f"were delivered, {roughly_in_words(today - found.hours)} more. Check the head count and "
        "the hours of a CSM, or expect to deliver less than now."
    ]


def team(study: StudyFolder) -> str:
    """What the head count covers, and what more people would."""
    plan, currency = study.document.plan, study.document.currency
    found = plan.staffing
    if found is None:
        why = names_in_words(plan.not_computed["allocation"])
        return f"What the team can cover cannot be computed: {why}."
    if found.status == "infeasible":
        return f"The head count of {found.csms} cannot give the plan: {found.reason}."
    left = (
        f", and leave {amount_in_short(found.left)} {currency} on the table that more people would "
        "cover."
    )
    if found.left <= 0.005 * max(found.coverable, 1e-9):
        left = "; more people would cover hardly more."
    return (
        f"{amount_in_short(found.value)} {currency} a year are at risk or open to expand. By the "
        f"assumed shares of the touch levels (below), {csms(found.csms)} "
        f"({names_in_words(found.origin)}) "
        f"{'covers' if found.csms == 1 else 'cover'} {amount_in_short(found.covered)} of it{left}"
    )


def staffing(study: StudyFolder) -> list[str]:
    """What the head count covers, and what it leaves on the table."""
    plan, currency = study.document.plan, study.document.currency
    found = plan.staffing
    if found is None:
        why = names_in_words(plan.not_computed["allocation"])
        return [f"The allocation cannot be computed: {why}."]
    if found.status == "infeasible":
        return [f"{csms(found.csms)} cannot give even the lowest levels: {found.reason}."]
    one_more = (
        f"By the same shares one more CSM would cover at most "
        f"{amount_in_short(found.one_more_csm)} {currency} more a year, and costs "
        f"{plan.assumptions.csm_cost:,.0f}."
    )
    partly = (
        f"For {found.partly_known:,} accounts either revenue at risk or open expansion is not "
        "known; the other part decides alone."
    )
    by_hand = (
        f"{found.not_allocated:,} accounts have no label or no known value: decide their "
        "touch by hand."
    )
    return [
        team(study),
        "Under these assumptions no other allocation of the hours covers more than "
        f"{'under 0.01' if found.gap < 1e-4 else decimal(100 * found.gap, 2)} % above this one; "
        "that gap of the solver is proven, the assumptions are not.",
        *([one_more] if found.one_more_csm >= 1 else []),
        *([partly] if found.partly_known else []),
        *([by_hand] if found.not_allocated else []),
    ]


def books(study: StudyFolder) -> list[str]:
    """Who looks after whom."""
    head_count: HeadCount | None = study.document.plan.staffing
    if head_count is None:
        return []
    found = head_count.books
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
