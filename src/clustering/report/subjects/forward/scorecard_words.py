"""Which labelling the numbers support, and what they answer to two claims about tiers."""

from clustering.columns import SEGMENT
from clustering.comparison.scorecard_entries import Hypothesis, Score, Scorecard
from clustering.report.kit.facts import (
    TIERS,
    come_back,
    decimal,
    group_words,
    labelling,
    learned,
    percent,
    short_title,
)
from clustering.report.subjects.forward.recommendation import kept
from clustering.report.subjects.forward.words import outcome_in_words
from clustering.results import StudyFolder
from clustering.wording import estimate_in_words, names_in_words


def decision(study: StudyFolder) -> str:
    """The sentence that the scorecard supports; it may be: keep the tiers."""
    card = study.document.scorecard
    tiers = f"{study.document.amount_name} tiers"
    if card.choice == "not known":
        reasons = {
            names_in_words(s.reason.rstrip("."))
            for s in card.scores
            if s.labelling != TIERS and s.reason
        }
        why = f": {reasons.pop()}" if len(reasons) == 1 else ""
        return f"Whether any labelling tells more than the {tiers} is not known{why}."
    judged = "labelling" if card.n_judged == 1 else "labellings"
    if card.choice == "keep the tiers":
        recommended = study.document.recommendation.labelling
        none = f"none was shown to tell more about {outcome_in_words(card.outcome)}."
        if recommended == SEGMENT:
            return f"Of {card.n_judged} {judged} judged beside the {tiers}, {none}"
        beside = "them" if recommended == TIERS else f"the {tiers}"
        return f"Keep {kept(study)}: of {card.n_judged} {judged} judged beside {beside}, {none}"
    found = {score.labelling: score for score in card.scores}
    named = ", ".join(f"'{short_title(study, name)}'" for name in card.better[:3])
    more = f" and {len(card.better) - 3} more" if len(card.better) > 3 else ""
    return (
        f"{len(card.better)} of {card.n_judged} {judged} told more about "
        f"{outcome_in_words(card.outcome)} than the {tiers} alone: {named}{more}; the most "
        f"{_gain(found[card.better[0]])}."
    )


def _gain(score: Score) -> str:
    if score.gain is None or score.gain.interval is None:
        return "not known"
    value, low, high = estimate_in_words(score.gain.value, score.gain.interval)
    return f"{value} in the error of the prediction, 95 % interval {low} to {high}"


def hypotheses(study: StudyFolder) -> list[str]:
    """Both claims about tiers, each with its answer and the number behind it."""
    return [_answered(study, one) for one in study.document.scorecard.hypotheses]


def _answered(study: StudyFolder, one: Hypothesis) -> str:
    amount = study.document.amount_name
    claim = f"{one.source}: “{one.statement.format(amount=amount)}”"
    entry = labelling(study, one.reference)
    reference = f"the {group_words(study)}"
    if entry is not None and entry.kind != "learned":
        reference = f"'{entry.title}'"
    if one.agreement is None or one.agreement.interval is None:
        return f"{claim} Not known: {reference} and the {amount} tiers were not compared."
    low, high = (decimal(end) for end in one.agreement.interval)
    numbers = f"AMI of the tiers with {reference} {decimal(one.agreement.value)}, 95 % interval "
    numbers += f"{low} to {high}"
    if one.ceiling is not None:
        numbers += f"; {decimal(one.ceiling)} is what a refit reaches"
    if one.answer == "not known":
        if not _answers(study, one):
            return f"{claim} Not known: the {group_words(study)} do not come back reliably."
        return f"{claim} Not known: the interval holds half of what could be had ({numbers})."
    return f"{claim} These accounts {_verb(one)} it ({numbers}).{_inside(study, one)}"


def _answers(study: StudyFolder, one: Hypothesis) -> bool:
    """Whether the labelling may answer at all: segments that do not come back tell nothing."""
    return one.reference != learned(study).name or come_back(study)


def _verb(one: Hypothesis) -> str:
    return "support" if one.answer == "supported" else "contradict"


def _inside(study: StudyFolder, one: Hypothesis) -> str:
    within = study.document.within_tiers
    if one.name != "murphy" or within is None:
        return ""
    return (
        f" {percent(within.variance_within)} of the variance of the features lies inside the tiers."
    )


def _controls(study: StudyFolder, card: Scorecard) -> list[str]:
    """A control that told as much as the best labelling takes something from it."""
    best = max(
        (s.gain.value for s in card.scores if s.gain and s.gains and not s.control), default=0.0
    )
    return [
        f"The control '{short_title(study, s.labelling)}' told at least as much ({_gain(s)}): what "
        "the labellings tell may be no more than that."
        for s in card.scores
        if s.control and s.gains and s.gain is not None and s.gain.value >= best
    ]


def scorecard_sentences(study: StudyFolder) -> list[str]:
    """What the scorecard supports, what it cannot say, and the two claims."""
    card = study.document.scorecard
    missing = [s for s in card.scores if s.over_time is None]
    notes = []
    if card.choice != "not known":
        notes.append(
            "A labelling counts as better where the interval of its gain lies above 0, still after "
            "the correction for the number of comparisons, and its gain above that of as many "
            f"bands of {study.document.amount_name} and of random groups of its sizes. Controls "
            "are shown and not counted."
        )
    notes += _controls(study, card)
    if len(missing) == len(card.scores):
        notes.append(
            "How labels hold over time is not told: the tables allow no earlier date, or none was "
            "asked for."
        )
    elif missing:
        named = ", ".join(f"'{short_title(study, s.labelling)}'" for s in missing)
        notes.append(
            f"How labels hold over time is not told for {named}: the labels have no dates, or are "
            "drawn up again at each."
        )
    return [decision(study), *notes]
