"""What a study found, for a reader at a terminal."""

from typing import Protocol

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from clustering.report import words
from clustering.report.kit.facts import amount_title, percent
from clustering.report.subjects.movement.words import succession
from clustering.results import StudyFolder


class Record(Protocol):
    """Where a study was recorded; see `clustering.tracking.TrackedStudy`."""

    @property
    def uri(self) -> str:
        """The tracking store."""
        ...

    @property
    def run_id(self) -> str:
        """The parent run."""
        ...


def terminal_summary(study: StudyFolder, record: Record | None = None) -> RenderableType:
    """The answer in plain words, the segments, and where everything was written.

    Parameters
    ----------
    study : StudyFolder
        A finished study.
    record : optional
        Where it was recorded; None where it was not.

    Returns
    -------
    Anything that a rich console prints.
    """
    document = study.document
    caution = words.quick(study)
    answer = [Padding(Text(text), (1, 0, 0, 0)) for text in words.answer(study)]
    advice = [Text(f"- {text}") for text in words.recommendations(study)]
    return Group(
        Text(f"{document.title} (as of {document.as_of})", style="bold"),
        *([Text(caution)] if caution else []),
        *answer,
        Padding(_segments(study), (1, 0)),
        *_since(study),
        Text("What to do", style="bold"),
        *advice,
        Text(),
        _places(study, record),
    )


def _since(study: StudyFolder) -> list[RenderableType]:
    """What became of the segments of the previous study, where one was named."""
    if study.document.succession is None:
        return []
    told = [Text(f"- {text}") for text in succession(study)]
    return [Text("Since the previous study", style="bold"), *told, Text()]


def _segments(study: StudyFolder) -> Table:
    document = study.document
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(document.group_word.singular.capitalize(), overflow="fold")
    table.add_column("Id", no_wrap=True)
    for name in ("Accounts", "Share", amount_title(study)):
        table.add_column(name, justify="right")
    for segment in document.segments:
        arr = "–" if segment.arr is None else f"{segment.arr:,.0f}"
        table.add_row(
            Text(segment.name),
            segment.segment_id,
            f"{segment.n_accounts:,}",
            percent(segment.share),
            Text(arr),
        )
    return table


def _places(study: StudyFolder, record: Record | None) -> Group:
    """One line a place, never broken: a path is there to be copied."""
    recorded = "not recorded" if record is None else f"{record.uri}, run {record.run_id}"
    places = {
        "Report": str(study.path / "report" / "index.html"),
        "Study": str(study.path),
        "Scorer": str(study.path / "scorer"),
        "MLflow": recorded,
    }
    return Group(
        *(
            Text.assemble((f"{name:<8}", "bold"), place, no_wrap=True, overflow="ignore")
            for name, place in places.items()
        )
    )
