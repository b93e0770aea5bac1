"""What the first screen says: the answer, three actions, four figures, a card a segment."""

from clustering.report.subjects.first.actions import Action, action_lines, actions
from clustering.report.subjects.first.cards import Card, band_cards, cards, planned_by
from clustering.report.subjects.first.headline import Headline, headlines, question
from clustering.report.subjects.first.proofs import Proof, proofs

__all__ = [
    "Action",
    "Card",
    "Headline",
    "Proof",
    "action_lines",
    "actions",
    "band_cards",
    "cards",
    "headlines",
    "planned_by",
    "proofs",
    "question",
]
