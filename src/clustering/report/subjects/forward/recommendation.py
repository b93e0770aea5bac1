"""For which labelling care should be planned, in one sentence that every page prints."""

from clustering.columns import CURRENT_SEGMENT, SEGMENT
from clustering.report.kit.facts import group_words, labelling, short_title
from clustering.results import StudyFolder
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


def kept(study: StudyFolder) -> str:
    """What the company would keep, as a sentence names it."""
    if study.document.recommendation.labelling == CURRENT_SEGMENT:
        entry = labelling(study, CURRENT_SEGMENT)
        return "your present rule" + ("" if entry is None else f" ({entry.title})")
    return f"the {study.document.amount_name} tiers"


def outcome_in_words(outcome: str) -> str:
    """The accounts that an outcome is about."""
    return f"which accounts {happened_in_words(outcome)}"


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
