"""A card for every label that care is planned by: who, what they need, what happened to them."""

from dataclasses import dataclass

from clustering.columns import SEGMENT
from clustering.report.kit.facts import label_in_words, title_of
from clustering.report.subjects.first.happened import happened, in_words
from clustering.results import StudyFolder
from clustering.wording import amount_in_short, counted

#: Typical accounts that a card names.
N_TYPICAL = 3


@dataclass(frozen=True)
class Card:
    """One label; a text is empty where the study does not know it.

    Attributes
    ----------
    size : accounts and their amount
    needs : what its playbook is for
    typical : ids of the accounts nearest to its middle
    """

    name: str
    size: str
    needs: str
    happened: str
    playbook: str
    typical: tuple[str, ...] = ()


def cards(study: StudyFolder) -> list[Card]:
    """The labels of the plan, in its order."""
    plan = study.document.plan
    books = {book.name: book for book in plan.playbooks}
    rows = study.table("coverage").to_dict("records")
    labels = [str(row["label"]) for row in rows]
    made = []
    for row, label, found in zip(
        rows, labels, happened(study, plan.labelling, labels), strict=True
    ):
        book = books.get(str(row["playbook"]))
        made.append(
            Card(
                label_in_words(study, label),
                size_in_words(study, int(row["n_accounts"]), row["arr"]),
                "" if book is None else book.goal,
                in_words(study, found),
                "" if book is None else book.title,
                _typical(study, label) if plan.labelling == SEGMENT else (),
            )
        )
    return made


def band_cards(study: StudyFolder) -> list[Card]:
    """The segments where care is planned by something else: shown, and not recommended."""
    segments = study.document.segments
    if study.document.plan.labelling == SEGMENT or len(segments) == 1:
        return []
    all_found = happened(study, SEGMENT, [segment.name for segment in segments])
    return [
        Card(
            segment.name,
            size_in_words(study, segment.n_accounts, segment.arr),
            "",
            in_words(study, found),
            "",
            _typical(study, segment.name),
        )
        for segment, found in zip(segments, all_found, strict=True)
    ]


def size_in_words(study: StudyFolder, n: int, amount: float | None) -> str:
    """So many accounts and their amount."""
    accounts = counted(n)
    if amount is None or amount != amount:
        return accounts
    document = study.document
    return f"{accounts}, {amount_in_short(amount)} {document.currency} {document.amount_name}"


def planned_by(study: StudyFolder) -> str:
    """What the cards are of, as a heading."""
    plan = study.document.plan
    if plan.labelling == SEGMENT:
        return f"The {study.document.group_word.plural}"
    return title_of(study, plan.labelling)


def _typical(study: StudyFolder, segment: str) -> tuple[str, ...]:
    frame = study.typical
    own = frame[(frame["segment_name"] == segment) & (frame["rank"] <= N_TYPICAL)]
    return tuple(own.sort_values("rank")["account_id"].astype("str"))
