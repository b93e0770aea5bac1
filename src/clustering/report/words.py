"""Sentences from numbers, by rules: no sentence claims more than its number.

Whether accounts "form clusters" is said only when the verdict is natural; whether two labellings
agree, only as far as the interval reaches; whether segments tell about the future, only when the
study itself made the claim.
"""

from clustering.report.subjects.agreement.words import (
    agreement_sentence,
    leakage,
    misplaced,
    other_labellings,
    size,
    tiers,
    tiers_in_plain,
    within_tiers,
)
from clustering.report.subjects.forward.advice import (
    axes,
    cautions,
    limits,
    limits_in_plain,
    recommendations,
)
from clustering.report.subjects.forward.recommendation import (
    recommendation,
    short_answer,
    speaks_for_groups,
    what_would_change,
)
from clustering.report.subjects.forward.scorecard_words import (
    decision,
    hypotheses,
    scorecard_sentences,
)
from clustering.report.subjects.forward.words import (
    forward_sentences,
    future,
    future_in_plain,
)
from clustering.report.subjects.groups.words import (
    commercial,
    narrow,
    quick,
    stability,
    structure,
    why_in_plain,
)
from clustering.results import StudyFolder

__all__ = [
    "advice",
    "agreement_sentence",
    "answer",
    "axes",
    "cautions",
    "commercial",
    "decision",
    "forward_sentences",
    "future",
    "hypotheses",
    "introduction",
    "leakage",
    "limits",
    "limits_in_plain",
    "misplaced",
    "narrow",
    "other_labellings",
    "quick",
    "recommendation",
    "recommendations",
    "scorecard_sentences",
    "short_answer",
    "size",
    "speaks_for_groups",
    "stability",
    "structure",
    "tiers",
    "what_would_change",
    "why_in_plain",
    "within_tiers",
]


def answer(study: StudyFolder) -> list[str]:
    """What stands first everywhere: groups, tiers, future, a short paragraph each.

    In plain words: the numbers of statistics stand elsewhere.
    """
    first = f"{commercial(study)} {structure(study)}".strip()
    return [first, tiers_in_plain(study), future_in_plain(study)]


def advice(study: StudyFolder) -> list[str]:
    """What to do by the recommendation, and what would change it, for a page that reads on."""
    changes = [f"What would change the answer: {text}" for text in what_would_change(study)]
    return [*recommendations(study), *changes]


def introduction(study: StudyFolder) -> list[str]:
    """What was studied, on what date."""
    document = study.document
    features = sum(feature.included for feature in document.features)
    text = (
        f"{document.n_accounts:,} accounts as they were known on {document.as_of}, described by "
        f"{features} features. Nothing that became known later has shaped the segments."
    )
    return [text, document.note] if document.note else [text]
