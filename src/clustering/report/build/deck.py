"""What six slides say: the sentences of the pages, chosen for a director, and the numbers as notes.

No customer is named in it: the same slides may be passed on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clustering.report import figures, words
from clustering.report.kit.cache import open_study
from clustering.report.kit.figure import ReportFigure
from clustering.report.subjects import first, plan
from clustering.report.subjects import observed as later
from clustering.results import StudyFolder

#: Cards that a slide has room for.
MOST_CARDS = 8


@dataclass(frozen=True)
class Box:
    """A framed text: a heading, a figure in large type or nothing, and lines."""

    title: str
    lines: tuple[str, ...]
    value: str = ""


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes
    ----------
    title : what it is about, or what its figure shows
    lines : sentences below the title
    boxes : in a row or a grid below them
    figure : beside the text
    notes : for who presents it: the numbers behind it
    """

    title: str
    lines: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    figure: ReportFigure | None = None
    notes: tuple[str, ...] = ()


def deck(study: StudyFolder) -> list[Slide]:
    """The answer, what to do, the groups, what happened, what care costs, how sure it is."""
    study = open_study(study.path.resolve())  # the one whose figures the pages have drawn
    return [
        _answer(study),
        _actions(study),
        _groups(study),
        _happened(study),
        _care(study),
        _certainty(study),
    ]


def _answer(study: StudyFolder) -> Slide:
    """What was asked and found; a warning that the input may bias it goes first."""
    document = study.document
    said = f"{words.short_answer(study)} {words.recommendation(study)}"
    boxes = tuple(Box(one.title, (one.says,), one.value) for one in first.headlines(study))
    return Slide(
        first.question(study),
        tuple(filter(None, [words.quick(study), words.commercial(study), said])),
        boxes,
        notes=(
            f"{document.title}, as of {document.as_of}.",
            *words.introduction(study),
            *words.answer(study),
            *words.why_in_plain(study),
        ),
    )


def _actions(study: StudyFolder) -> Slide:
    boxes = tuple(
        Box(one.todo, (f"Who: {one.who}", f"Money: {one.money}", f"How sure: {one.sure}"))
        for one in first.actions(study)
    )
    notes = (*first.action_lines(study), *words.advice(study))
    return Slide("What to do first", boxes=boxes, notes=notes)


def _groups(study: StudyFolder) -> Slide:
    """A box a label of the plan; the notes hold those that there is no room for."""
    cards = first.cards(study)
    shown = _largest(study, cards)
    return Slide(
        first.planned_by(study),
        (f"The {len(shown)} of {len(cards)} with the most accounts.",)
        if len(cards) > len(shown)
        else (),
        tuple(_card(card) for card in shown),
        notes=tuple(_told(card) for card in (*cards, *first.band_cards(study))),
    )


def _largest(study: StudyFolder, cards: Sequence[first.Card]) -> list[first.Card]:
    """The cards that fit, in the order of the plan."""
    sizes = study.table("coverage")["n_accounts"].to_numpy()
    kept = set((-sizes).argsort(kind="stable")[:MOST_CARDS].tolist())
    return [card for place, card in enumerate(cards) if place in kept]


def _card(card: first.Card) -> Box:
    playbook = (f"Playbook: {card.playbook}",) if card.playbook else ()
    return Box(card.name, (card.size, *playbook, f"Then: {card.happened}"))


def _told(card: first.Card) -> str:
    parts = [card.size, card.needs, card.happened]
    return f"{card.name}: {'; '.join(filter(None, parts))}."


def _happened(study: StudyFolder) -> Slide:
    """What happened to the groups and to the tiers; else how the two lie to each other."""
    figure = figures.forward_rates(study) or figures.tier_flow(study)
    said = words.future(study)
    return Slide(
        "What happened to them, beside the tiers" if figure is None else figure.title,
        (said[0],),
        figure=figure,
        notes=(*said, *later.what_happened(study), *_alt(figure)),
    )


def _care(study: StudyFolder) -> Slide:
    figure = figures.cost_of_care(study)
    _, _, cost, _ = first.headlines(study)
    return Slide(
        "What care costs" if figure is None else figure.title,
        (f"{cost.title}: {cost.value}, {cost.says}.", *plan.coverage(study), *plan.levers(study)),
        figure=figure,
        notes=(*plan.coverage(study), *plan.levers(study), *plan.assumptions(study), *_alt(figure)),
    )


def _certainty(study: StudyFolder) -> Slide:
    """How sure it is, what would change it, what not to conclude, and how to learn more."""
    *_, sure = first.headlines(study)
    *_, trial, assumed = first.proofs(study)
    changes = words.what_would_change(study)
    boxes = [
        Box(sure.title, (f"{sure.value}: {sure.says}.", trial.statement, assumed.statement)),
        Box("What would change the answer", tuple(changes)),
        Box("What comes next", (trial.behind[0],)),
        Box("What not to conclude", tuple(words.cautions(study))),
    ]
    return Slide(
        "How sure this is, and what comes next",
        boxes=tuple(box for box in boxes if box.lines),
        notes=(*trial.behind, *words.limits_in_plain(study)),
    )


def _alt(figure: ReportFigure | None) -> tuple[str, ...]:
    return () if figure is None else (f"{figure.title}. {figure.alt}",)
