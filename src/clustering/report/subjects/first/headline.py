"""The question of the study, and four figures: verdict, loss, cost of care, certainty."""

from dataclasses import dataclass

from clustering.report.kit.facts import TIERS, are_clusters, group_words, labelling, percent
from clustering.report.subjects.first.happened import total_lost
from clustering.report.subjects.forward.recommendation import certainty
from clustering.results import StudyFolder
from clustering.wording import amount_in_short


@dataclass(frozen=True)
class Headline:
    """One figure: what it is of, the figure, and what it says."""

    title: str
    value: str
    says: str


def question(study: StudyFolder) -> str:
    """What the study asks, for these accounts."""
    if labelling(study, TIERS) is None:
        return "Are there groups of accounts to plan care by?"
    return f"Do groups of accounts serve better than {study.document.amount_name} tiers?"


def headlines(study: StudyFolder) -> list[Headline]:
    """The four figures; what is not known says so in the place of its number."""
    word, what = certainty(study)
    return [_verdict(study), _lost(study), _cost(study), Headline("How sure", word, what)]


def _verdict(study: StudyFolder) -> Headline:
    n = len(study.document.segments)
    if n == 1:
        return Headline("Verdict", "No groups", "no cut of the accounts is left to offer")
    value = f"{n} {group_words(study, n)}"
    if are_clusters(study):
        return Headline("Verdict", value, "natural groups: separate, and they come back")
    held = "come back" if study.document.segments_return else "do not come back reliably"
    return Headline("Verdict", value, f"no natural groups: cuts that {held}")


def _lost(study: StudyFolder) -> Headline:
    document = study.document
    name = document.amount_name
    title = f"{name[:1].upper()}{name[1:]} at stake"
    found = total_lost(study)
    if found is None:
        return Headline(title, "Not known", "no amounts were observed after the as-of date")
    lost, amount = found
    return Headline(
        title,
        f"{amount_in_short(lost)} {document.currency}",
        f"lost in {document.horizon_days} days, {percent(lost / amount)} of "
        f"{amount_in_short(amount)}",
    )


def _cost(study: StudyFolder) -> Headline:
    plan = study.document.plan
    limit = percent(plan.assumptions.affordable_share)
    if plan.cost_share is None:
        return Headline("Cost of care", "Not known", f"no amounts; limit {limit}")
    side = "over" if plan.cost_share > plan.assumptions.affordable_share else "within"
    return Headline(
        "Cost of care",
        f"{percent(plan.cost_share)} of {study.document.amount_name}",
        f"{side} the limit of {limit}; hours and costs are assumed",
    )
