"""For which labelling care should be planned, in one sentence that every page prints."""

from clustering.columns import CURRENT_SEGMENT, SEGMENT
from clustering.comparison.forward.rows import FEWEST_EVENTS
from clustering.comparison.scorecard_entries import Reason
from clustering.report.kit.facts import (
    are_clusters,
    asked,
    group_words,
    labelling,
    primary_outcome,
    short_title,
)
from clustering.report.subjects.forward.words import (
    future_in_numbers,
    outcome_in_words,
    own_forecast,
)
from clustering.report.subjects.groups.words import structure as structure_in_plain
from clustering.results import StudyFolder
from clustering.structure.rules import least_size
from clustering.wording import happened_in_words


def recommendation(study: StudyFolder) -> str:
    """What to plan care by, and why."""
    found = study.document.recommendation
    groups, tiers = group_words(study), f"{study.document.amount_name} tiers"
    match found.reason:
        case "natural clusters, shown gain":
            return (
                f"Plan care by the {groups}: they are natural groups, and they have told more "
                f"about later outcomes than the {tiers} alone."
            )
        case "natural clusters":
            return f"Plan care by the {groups}: they are natural groups. {_gain(study)}"
        case "shown gain":
            return (
                f"Use the {groups} beside the {tiers} when deciding who gets which care: they have "
                "told more about later outcomes than the tiers alone."
            )
        case "one segment":
            if found.labelling == SEGMENT:
                return (
                    "Plan care by your present rule: this study has no segments to put beside it."
                )
            return f"Keep {kept(study)}: this study has no segments to put beside them."
        case "almost the tiers":
            return f"Keep {kept(study)}: the {groups} are almost the same groups."
        case "nothing else":
            return (
                f"Do not rebuild the service model on these {groups}: they are no natural groups. "
                "There are neither tiers nor a present rule to keep."
            )
    return f"Keep {kept(study)}: the {groups} are no natural groups. {_gain(study)}{_other(study)}"


#: In a word, and how sure that is: what the reason of the recommendation allows to say.
_ANSWERS: dict[Reason, tuple[str, str, str]] = {
    "natural clusters, shown gain": (
        "As far as can be foreseen, yes.",
        "Shown twice",
        "separate groups, and they told more than the tiers; that other care helps is not tested",
    ),
    "natural clusters": (
        "In part.",
        "Half shown",
        "the groups are separate; that they tell more than the tiers was not shown",
    ),
    "shown gain": (
        "In part.",
        "Half shown",
        "they told more than the tiers, but are cuts without gaps; that care helps is not tested",
    ),
    "one segment": ("No groups were found.", "Nothing to compare", "no cut of these accounts held"),
    "almost the tiers": ("No.", "Shown", "the two are almost the same groups"),
    "no reason to change": (
        "Not shown.",
        "Not shown",
        "nothing speaks for a change; that is no proof",
    ),
    "nothing else": (
        "Not shown.",
        "Not shown",
        "no separate groups, and no other rule to compare with",
    ),
}


def _reason(study: StudyFolder) -> Reason:
    return study.document.recommendation.reason


#: Reasons to plan care by the groups, alone or beside the tiers.
_FOR_GROUPS = ("natural clusters, shown gain", "natural clusters", "shown gain")


def speaks_for_groups(study: StudyFolder) -> bool:
    """Whether the study recommends to plan care by the groups that it found, alone or beside."""
    return _reason(study) in _FOR_GROUPS


def short_answer(study: StudyFolder) -> str:
    """Yes or no, as far as the study knows: whether to plan care by the groups that it found."""
    return "Too few accounts to tell." if too_few(study) else _ANSWERS[_reason(study)][0]


def certainty(study: StudyFolder) -> tuple[str, str]:
    """How sure the recommendation is: in a word, and what was shown and what was not."""
    if few := too_few(study):
        return "Too few to tell", few
    _, word, what = _ANSWERS[_reason(study)]
    return word, what


def too_few(study: StudyFolder) -> str:
    """That there are too few accounts, or events, for an answer; empty where there are enough.

    Natural clusters answer by themselves: few events do not take that back.
    """
    document = study.document
    if are_clusters(study):
        return ""
    needed = 2 * least_size(document.n_accounts, asked(study))
    if document.n_accounts < needed:
        return f"{document.n_accounts:,} accounts, and two segments need {needed:,.0f}"
    entry, outcome = own_forecast(study), primary_outcome(study)
    rate, n = document.outcomes.observed.get(outcome), document.outcomes.at_risk.get(outcome, 0)
    if entry is None or entry.gain is not None or rate is None:
        return ""
    n_events = round(rate * n)
    if min(n_events, n - n_events) >= FEWEST_EVENTS:
        return ""
    return (
        f"{n_events:,} of {n:,} accounts {happened_in_words(outcome)}; at least {FEWEST_EVENTS} "
        "have to differ from the others"
    )


def what_would_change(study: StudyFolder) -> list[str]:
    """What would have to be found, or known, for care to be planned by groups; else nothing."""
    document = study.document
    groups, tiers = group_words(study), f"the {document.amount_name} tiers"
    if speaks_for_groups(study):
        return []
    found = []
    if few := too_few(study):
        found.append(f"More accounts, or a longer time after {document.as_of}: now {few}.")
    if not are_clusters(study):
        found.append(
            f"Groups with gaps between them. {structure_in_plain(study)} Other tables (milestones, "
            "outcomes, surveys) may tell accounts apart that these do not."
        )
    entry = own_forecast(study)
    if entry is None:
        found.append(
            f"Outcomes after {document.as_of}: with an earlier as-of date, or tables that reach "
            f"{document.horizon_days} days further, the study would judge whether the {groups} "
            f"tell more than {tiers}."
        )
    elif entry.gain is not None and not document.scorecard.better:
        found.append(
            f"A gain over {tiers} whose interval lies above 0. {future_in_numbers(study)} More "
            "accounts, or more years, make the interval narrower."
        )
    return found


def kept(study: StudyFolder) -> str:
    """What the company would keep, as a sentence names it."""
    if study.document.recommendation.labelling == CURRENT_SEGMENT:
        entry = labelling(study, CURRENT_SEGMENT)
        return "your present rule" + ("" if entry is None else f" ({entry.title})")
    return f"the {study.document.amount_name} tiers"


def _gain(study: StudyFolder) -> str:
    """Whether the segments were shown to tell more than the tiers, where they were not."""
    card, tiers = study.document.scorecard, f"the {study.document.amount_name} tiers"
    if not any(score.labelling == SEGMENT and score.gain is not None for score in card.scores):
        return f"Whether they tell more about what comes later than {tiers} is not known here."
    return f"That they tell more about {outcome_in_words(card.outcome)} than {tiers} was not shown."


def _other(study: StudyFolder) -> str:
    """The labelling that did tell more, where one did."""
    better = [name for name in study.document.scorecard.better if name != SEGMENT]
    if not better:
        return ""
    return f" Read '{short_title(study, better[0])}' beside it: that was shown to tell more."
