"""Sentences of the plan, by rules: no sentence claims more than its number."""

from clustering.results import StudyFolder

__all__ = ["answer", "assumptions"]


def answer(study: StudyFolder) -> list[str]:
    """What stands first on the page."""
    return [f"The {study.document.title} study has no plan."]


def assumptions(study: StudyFolder) -> list[str]:
    """What the company assumed, and did not measure."""
    return []
