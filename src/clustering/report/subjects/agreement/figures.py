"""Agreement of the segments with every other labelling."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from clustering.comparison.agreement.entries import StudyAgreement
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    ACCENT,
    INK,
    PALE,
    colours,
    new_figure,
    tidy,
    wrap_apart,
)
from clustering.report.kit.facts import (
    agreements_of_segments,
    ami_interval,
    decimal,
    group_words,
)
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder
from clustering.results.document import LabellingEntry
from clustering.wording import p_in_words

_Pair = tuple[LabellingEntry, StudyAgreement]


@drawn_once
def agreement_dots(study: StudyFolder) -> ReportFigure | None:
    """AMI with its interval for every labelling, chance at 0 and the ceiling where known."""
    pairs = sorted(agreements_of_segments(study), key=lambda pair: -pair[1].ami)
    if not pairs or len(study.document.segments) == 1:
        return None
    title = _title(study, pairs)
    figure = new_figure(title, height=2.2 + 0.55 * len(pairs))
    ax = figure.subplots()
    ax.axvline(0, color=INK, linewidth=1.0)
    for row, (_, agreement) in enumerate(pairs):
        _agreement_row(ax, row, agreement)
    titles = wrap_apart([entry.title for entry, _ in pairs], 30, lines=2)
    labels = [f"{title}\nn = {a.n:,}" for title, (_, a) in zip(titles, pairs, strict=True)]
    ax.set_yticks(range(len(pairs)), labels, fontsize=9.5)
    ax.set_ylim(len(pairs) - 0.4, -0.6)
    ax.set_xlim(min(-0.06, min(_span(a)[0] for _, a in pairs) - 0.03), 1.02)
    ax.set_xlabel("adjusted mutual information: 0 is chance, 1 is the same groups", fontsize=10)
    tidy(ax, grid="x")
    figure.legend(
        handles=_legend(pairs), loc="outside lower left", ncols=3, frameon=False, fontsize=9
    )
    said = "; ".join(
        f"{entry.title}: {_number(a)}, permutation {p_in_words(a.permutation_p)}"
        for entry, a in pairs
    )
    return ReportFigure("agreement", figure, title, f"Dot plot with intervals. {said}.")


def _agreement_row(ax: Axes, row: int, agreement: StudyAgreement) -> None:
    blue = colours(1)[0]
    low, high = _span(agreement)
    ax.barh(row, agreement.null_high, height=0.5, color=PALE, zorder=0)
    if agreement.refitted_interval is not None:
        ax.plot(agreement.refitted_interval.ami, [row, row], color=blue, linewidth=1.0)
    ax.plot([low, high], [row, row], color=blue, linewidth=3.2, solid_capstyle="butt")
    ax.plot(agreement.ami, row, "o", color=blue, markersize=9)
    if agreement.ceiling is not None:
        ax.plot(agreement.ceiling, row, "|", color=ACCENT, markersize=18, markeredgewidth=2)
    end = max(high, agreement.ami)
    ax.annotate(
        _number(agreement),
        (end, row),
        xytext=(6, 9),
        textcoords="offset points",
        fontsize=9,
        color=INK,
        va="bottom",
        ha="right" if end > 0.7 else "left",
    )


def _span(agreement: StudyAgreement) -> tuple[float, float]:
    """The interval, or the value itself where there is no interval."""
    return ami_interval(agreement) or (agreement.ami, agreement.ami)


def _number(agreement: StudyAgreement) -> str:
    interval = ami_interval(agreement)
    if interval is None:
        return f"{decimal(agreement.ami)} (no interval)"
    low, high = (decimal(end) for end in interval)
    return f"{decimal(agreement.ami)} (95 % interval {low} to {high})"


def _legend(pairs: list[_Pair]) -> list[Line2D]:
    blue = colours(1)[0]
    handles = [
        Line2D([], [], color=blue, marker="o", linewidth=3.2, label="agreement, 95 % interval"),
        Line2D([], [], color=PALE, linewidth=9, label="what chance reaches (97.5 %)"),
    ]
    if any(a.ceiling is not None for _, a in pairs):
        handles.append(
            Line2D(
                [],
                [],
                color=ACCENT,
                marker="|",
                markersize=13,
                markeredgewidth=2,
                linestyle="none",
                label="ceiling: agreement with a refit",
            )
        )
    return handles


def _title(study: StudyFolder, pairs: list[_Pair]) -> str:
    groups = group_words(study)
    first, agreement = pairs[0]
    if len(pairs) > 1:
        _, second = pairs[1]
        if _span(agreement)[0] > _span(second)[1]:
            return (
                f"Of {len(pairs)} other labellings '{first.title}' agrees most with the {groups}: "
                f"{_number(agreement)}; 1 would be the same"
            )
    said = ", ".join(f"{entry.title} {decimal(a.ami)}" for entry, a in pairs[:3])
    return f"Agreement of the {groups} with other labellings (0 chance, 1 the same): {said}"
