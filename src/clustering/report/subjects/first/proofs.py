"""What stands behind each statement of the first screen: the number, its interval, the method."""

from dataclasses import dataclass

from clustering.report.kit.facts import label_in_words
from clustering.report.subjects.agreement.words import size, tiers_in_numbers, tiers_in_plain
from clustering.report.subjects.forward.words import future_in_numbers, future_in_plain
from clustering.report.subjects.groups.words import commercial, structure, why_in_plain
from clustering.report.subjects.plan.words import assumptions
from clustering.results import StudyFolder
from clustering.trial import known_design
from clustering.trial.words import size_words

_CHOICE, _LEADERSHIP, _PLAN = "3_choice.html", "4_leadership.html", "5_plan.html"


@dataclass(frozen=True)
class Proof:
    """One statement in plain words, what stands behind it, and the page with its method."""

    statement: str
    behind: tuple[str, ...]
    page: str


def proofs(study: StudyFolder) -> list[Proof]:
    """The statements about groups, tiers, future and care, each with its numbers."""
    groups = f"{commercial(study)} {structure(study)}".strip()
    return [
        Proof(groups, tuple(why_in_plain(study)), _CHOICE),
        Proof(
            tiers_in_plain(study),
            tuple(filter(None, [tiers_in_numbers(study), size(study)])),
            _CHOICE,
        ),
        Proof(future_in_plain(study), _only(future_in_numbers(study)), _CHOICE),
        Proof("What can be foreseen is not what will help.", _trials(study), _PLAN),
        Proof("What care costs is assumed, not measured.", tuple(assumptions(study)), _PLAN),
    ]


def _trials(study: StudyFolder) -> tuple[str, ...]:
    """How many accounts a trial of each playbook needs, and how to draw them."""
    lines = [
        "A comparison of what happened predicts; it is no experiment. Try a playbook on half of "
        "the accounts, drawn by lot, and compare them with the other half."
    ]
    for label in study.table("coverage")["label"].astype("str"):
        design = known_design(study, label)
        if design is not None:
            lines.append(f"‘{label_in_words(study, label)}’: {size_words(design)[-1]}")
    lines.append(
        "The list for a trial: clustering trial STUDY --segment SEGMENT. Assumed is which share of "
        "the losses the playbook averts."
    )
    return tuple(lines)


def _only(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
