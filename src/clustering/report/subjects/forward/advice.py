"""What the numbers are a reason to do, what must not be concluded, and what limits them."""

from clustering.report.kit.facts import (
    TIERS,
    agreements_of_segments,
    are_clusters,
    group_words,
    under_amount_name,
)
from clustering.report.subjects.forward.recommendation import recommendation
from clustering.report.subjects.groups.words import commercial
from clustering.results import StudyFolder
from clustering.wording import name_in_words


def axes(study: StudyFolder) -> list[str]:
    """That there is nothing to draw, where the study has no growth and risk axes."""
    if {"growth_potential", "churn_risk"} <= set(study.accounts.columns):
        return []
    return ["This study has no axes for growth potential and churn risk."]


def recommendations(study: StudyFolder) -> list[str]:
    """What the numbers are a reason to do."""
    groups = group_words(study)
    advice = [recommendation(study)]
    if len(study.document.segments) == 1:
        return advice
    if not study.disagreements.empty:
        with_tiers = (study.disagreements["second"] == TIERS).any()
        other = "tiers" if with_tiers else "other labellings"
        advice.append(
            f"Go one by one through the accounts on which {other} and {groups} differ most before "
            "moving any of them: the report lists them."
        )
    if not study.document.forward:
        advice.append(
            f"Judge the {groups} on later outcomes before they decide who gets which care; this "
            "study has not done so."
        )
    return advice


def cautions(study: StudyFolder) -> list[str]:
    """What must not be concluded."""
    groups = group_words(study)
    warnings = [
        f"That one of the {groups} causes what its accounts do: every comparison here predicts, "
        "none is an experiment, and the tier itself decides how much care an account gets.",
        "That a difference in the profiles is significant: the same features made the segments, "
        "so the profiles carry no p-values.",
    ]
    if not are_clusters(study):
        warnings.insert(
            0,
            "That these are natural groups: the borders are cuts, and an account near a border "
            "could as well be on the other side.",
        )
    if study.document.commercial_in_matrix:
        warnings.insert(0, commercial(study))
    return warnings


def limits_in_plain(study: StudyFolder) -> list[str]:
    """The same for readers who know no columns: how much was missing, and where it is listed."""
    document = study.document
    texts = [document.note] if document.note else []
    absent = [name_in_words(name) for name in document.tables.absent]
    if absent:
        texts.append(f"Not given, and so not known: {', '.join(absent)}.")
    if n := len(document.not_computed):
        texts.append(f"{n} feature{' needs' if n == 1 else 's need'} what was not given.")
    if n := len(document.labellings_absent):
        texts.append(f"{n} labelling{'' if n == 1 else 's'} could not be made, and not compared.")
    if n := len([*document.outcomes.notes, *document.warnings]):
        texts.append(
            f"{n} note{' limits' if n == 1 else 's limit'} what the tables tell: the page "
            "'Who was studied' lists all of them."
        )
    return texts


def limits(study: StudyFolder) -> list[str]:
    """What limits the study: its input, its window, its warnings."""
    document = study.document
    texts = [document.note] if document.note else []
    if document.tables.absent:
        texts.append(f"Tables that were not there: {', '.join(document.tables.absent)}.")
    if document.not_computed:
        names = ", ".join(document.not_computed)
        texts.append(f"{len(document.not_computed)} features could not be computed: {names}.")
    texts += [f"Not compared: {name} ({why})." for name, why in document.labellings_absent.items()]
    uncertain = [segment for segment in document.segments if segment.mean_probability < 0.8]
    texts += [
        f"In '{segment.name}' the mean probability of an account's place is "
        f"{segment.mean_probability:.2f}, below 0.8."
        for segment in uncertain
    ]
    if not agreements_of_segments(study):
        texts.append("There is no other labelling of the accounts to compare with.")
    told = [*document.outcomes.notes, *document.warnings]
    return [*texts, *(under_amount_name(study, text) for text in told)]
