"""The first screen of the report in Markdown: the description of a run."""

from collections.abc import Iterable, Iterator

from clustering.report import words
from clustering.report.kit.markdown import escaped, isolated
from clustering.report.subjects import first
from clustering.results import StudyFolder
from clustering.tracking.record.candidates import MOST_LETTERS


def description(study: StudyFolder) -> str:
    """The question, the answer, four figures, what to do first, and the labels of the plan.

    Where that is longer than a tag, the labels at the end are left out.
    """
    text = "\n\n".join(_parts(study))
    if len(text) <= MOST_LETTERS:
        return text
    more = "\n\nThe rest: report/index.html among the artifacts."
    return text[: MOST_LETTERS - len(more)].rpartition("\n")[0].rstrip() + more


def _parts(study: StudyFolder) -> Iterator[str]:
    document = study.document
    yield f"**{plain(document.title)}**, as of {document.as_of}. {plain(first.question(study))}"
    if warning := words.commercial(study):
        yield plain(warning)
    yield f"**{plain(words.short_answer(study))}** {plain(words.recommendation(study))}"
    yield _list(
        f"{plain(one.title)}: **{plain(one.value)}**, {plain(one.says)}"
        for one in first.headlines(study)
    )
    yield "#### What to do first"
    yield _list(
        f"**{plain(one.todo)}.** {plain(f'{one.who}; {one.money}. How sure: {one.sure}.')}"
        for one in first.actions(study)
    )
    if changes := words.what_would_change(study):
        yield "#### What would change the answer"
        yield _list(plain(text) for text in changes)
    yield f"#### {plain(first.planned_by(study))}"
    yield _list(
        f"**{plain(card.name)}** ({plain(card.size)}): {plain(card.happened)}"
        for card in first.cards(study)
    )


def plain(text: str) -> str:
    r"""A text as one line of Markdown, in which nothing is markup or HTML.

    Examples
    --------
    >>> print(plain("<b>*Acme*\nGmbH"))
    \<b\>\*Acme\* GmbH
    """
    return isolated(escaped(text).strip())


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
