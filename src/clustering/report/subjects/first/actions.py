"""Three things to do, each with who, how many accounts, how much money and how sure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isnan, nan

from clustering.columns import SEGMENT
from clustering.report.kit.facts import (
    group_words,
    label_in_words,
    percent,
    playbook_titles,
    primary_outcome,
)
from clustering.report.subjects.first.cards import size_in_words
from clustering.report.subjects.first.happened import Happened, by_tier, happened, in_words
from clustering.report.subjects.forward.recommendation import certainty, kept, speaks_for_groups
from clustering.report.subjects.plan.team_words import csms
from clustering.results import StudyFolder
from clustering.trial import known_design
from clustering.trial.design import GOOD
from clustering.trial.words import shows
from clustering.wording import amount_in_short, counted, roughly_in_words

#: Actions of the first screen.
N_ACTIONS = 3
_PLAN, _LEADERSHIP = "5_plan.html", "4_leadership.html"


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes
    ----------
    todo, who, money, sure : a phrase each; `who` says how many accounts
    page : of the report that holds the numbers behind it
    """

    todo: str
    who: str
    money: str
    sure: str
    page: str


def actions(study: StudyFolder) -> list[Action]:
    """What to do first, by what the study recommends and by what lies behind it in money."""
    return list(islice(_candidates(study), N_ACTIONS))


def action_lines(study: StudyFolder) -> list[str]:
    """The same, a line each."""
    return [f"{one.todo}. {one.who}; {one.money}. How sure: {one.sure}." for one in actions(study)]


def _candidates(study: StudyFolder) -> Iterator[Action]:
    if not speaks_for_groups(study):
        yield _keep(study)
    elif first := _worst(study):
        yield _start(study, first)
    yield from _too_little(study)
    yield from _over_limit(study)
    yield from _too_few_hours(study)
    yield from _rescue(study)
    yield from _interviews(study)


def _keep(study: StudyFolder) -> Action:
    document = study.document
    word, what = certainty(study)
    arr = [segment.arr for segment in document.segments if segment.arr is not None]
    cost = document.plan.cost_share
    money = "what care costs is not known"
    if cost is not None:
        money = f"care as planned costs {percent(cost)} of the {document.amount_name} (assumed)"
    n = len(document.segments)
    because = f"move no account because of the {group_words(study)}" if n > 1 else "change nothing"
    is_kept = document.recommendation.labelling != SEGMENT
    return Action(
        f"Keep {kept(study)}: {because}" if is_kept else because.capitalize(),
        size_in_words(study, document.n_accounts, sum(arr) if arr else None),
        money,
        f"{word.lower()}: {what}",
        _LEADERSHIP,
    )


def _worst(study: StudyFolder) -> Happened | None:
    """The label that lost most beyond what all lost on average; by money where it is known."""
    plan = study.document.plan
    found = happened(study, plan.labelling, study.table("coverage")["label"].astype("str"))
    by_money = [(one.lost, one.amount, one) for one in found if one.lost and one.amount]
    if by_money:
        usual = sum(lost for lost, _, _ in by_money) / sum(amount for _, amount, _ in by_money)
        return max(by_money, key=lambda row: row[0] - usual * row[1])[2]
    by_rate = [one for one in found if one.rate is not None]
    worst = min if primary_outcome(study) in GOOD else max
    return worst(by_rate, key=lambda one: one.rate or 0.0) if by_rate else None


def _start(study: StudyFolder, worst: Happened) -> Action:
    """Try the playbook of that label on half of its accounts: seen once is not shown to help."""
    coverage = study.table("coverage")
    row = coverage[coverage["label"] == worst.label].iloc[0]
    title = playbook_titles(study).get(str(row["playbook"]), str(row["playbook"]))
    design = known_design(study, worst.label)
    trial = "what a trial could show is not known"
    if design is not None:
        trial = f"a trial on these {design.n_units:,} {shows(design)}"
    tiers = by_tier(study, worst) if study.document.plan.labelling == SEGMENT else ""
    return Action(
        f"Try ‘{title}’ on ‘{label_in_words(study, worst.label)}’, on half of them first",
        size_in_words(study, int(row["n_accounts"]), row["arr"]),
        f"it {in_words(study, worst)}" + (f"; {tiers}" if tiers else ""),
        f"the loss was seen once, that the playbook helps is not shown; {trial}",
        _PLAN,
    )


def _too_little(study: StudyFolder) -> Iterator[Action]:
    """Accounts of the lowest tier that would repay more care, by the rule of Mansdorf."""
    frame = study.table("misjudged")
    little = frame[frame["care"] == "too little"]
    if study.document.next_steps.misjudged_absent or little.empty:
        return
    document = study.document
    yield Action(
        "Look one by one at the accounts of the lowest tier that may deserve more care",
        size_in_words(study, len(little), float(little["arr"].sum())),
        f"{amount_in_short(float(little['at_stake'].sum()))} {document.currency} a year are open "
        "to expand or at risk with them",
        "a rule with thresholds (Mansdorf 2020): a reason to look, no proof",
        _LEADERSHIP,
    )


def _over_limit(study: StudyFolder) -> Iterator[Action]:
    frame = study.table("coverage")
    over = frame[frame["over_limit"]]
    if over.empty:
        return
    document, given = study.document, study.document.plan.assumptions
    named = ", ".join(f"‘{label_in_words(study, str(label))}’" for label in over["label"].head(2))
    more = f" and {len(over) - 2} more" if len(over) > 2 else ""
    arr, cost = float(over["arr"].sum()), float(over["cost"].sum())
    share = f", {percent(cost / arr)} of what they pay" if arr > 0 else ""
    yield Action(
        f"Bring care for {named}{more} under the limit of {percent(given.affordable_share)}",
        size_in_words(study, int(over["n_accounts"].sum()), arr or None),
        f"care by the playbooks costs {amount_in_short(cost)} {document.currency} a year{share}",
        "arithmetic on assumed hours and costs: put in your own first",
        _PLAN,
    )


def _too_few_hours(study: StudyFolder) -> Iterator[Action]:
    plan = study.document.plan
    team, today = plan.staffing, plan.delivered_hours
    if team is None or today is None or team.hours >= today:
        return
    missing = today - team.hours
    money = amount_in_short(missing * plan.assumptions.hour_cost)
    yield Action(
        f"Decide which care stops: {csms(team.csms)} do not have the hours of today's",
        f"all {counted(study.document.n_accounts)}; {roughly_in_words(missing)} of "
        f"{roughly_in_words(today)} hours a year",
        f"{money} {study.document.currency} a year at the assumed cost of an hour",
        "delivered hours are measured, the hours of a CSM are assumed",
        _PLAN,
    )


def _rescue(study: StudyFolder) -> Iterator[Action]:
    """The event playbook that runs for the accounts with the most money."""
    runs = study.table("playbook_runs")
    accounts = study.accounts.set_index("account_id")
    for book in study.document.plan.playbooks:
        if book.name != "rescue" or not book.n_accounts:
            continue
        mine = accounts.reindex(runs.loc[runs["playbook"] == book.name, "account_id"].unique())
        risk = float(mine["revenue_at_risk"].sum(min_count=1)) if "revenue_at_risk" in mine else nan
        yield Action(
            f"Start ‘{book.title}’ where it is due",
            size_in_words(study, book.n_accounts, float(mine["arr"].sum(min_count=1))),
            "how much of it is at risk is not known"
            if isnan(risk)
            else f"{amount_in_short(risk)} {study.document.currency} of it at risk, by the churn "
            "risk that the study gives these accounts",
            "its trigger is a rule of the playbook, not a forecast",
            _PLAN,
        )


def _interviews(study: StudyFolder) -> Iterator[Action]:
    frame = study.table("discovery")
    if frame.empty:
        return
    amount = float(frame["arr"].sum(min_count=1))
    yield Action(
        "Ask the accounts of discovery.xlsx what they need",
        size_in_words(study, len(frame), amount),
        "it costs a talk each",
        "answers that no table holds; each talk may refute its hypothesis",
        _PLAN,
    )
