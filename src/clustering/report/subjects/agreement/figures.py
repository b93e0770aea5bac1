"""Agreement of the segments with every other labelling, and of all with each other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from clustering.comparison.agreement.entries import StudyAgreement
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    INK,
    MUTED,
    NONE_TO_ALL,
    PALE,
    STRONG,
    ink_on,
    new_figure,
    tidy,
    wrap_apart,
)
from clustering.report.kit.facts import (
    agreements_of_segments,
    ami_interval,
    decimal,
    group_words,
    short_title,
)
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder
from clustering.results.document import LabellingEntry
from clustering.wording import LARGE, p_in_words

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
    low, high = _span(agreement)
    ax.barh(row, agreement.null_high, height=0.5, color=PALE, zorder=0)
    if agreement.refitted_interval is not None:
        ax.plot(agreement.refitted_interval.ami, [row, row], color=STRONG, linewidth=1.0)
    ax.plot([low, high], [row, row], color=STRONG, linewidth=3.2, solid_capstyle="butt")
    ax.plot(agreement.ami, row, "o", color=STRONG, markersize=9)
    if agreement.ceiling is not None:
        ax.plot(agreement.ceiling, row, "|", color=INK, markersize=18, markeredgewidth=2)
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
    handles = [
        Line2D([], [], color=STRONG, marker="o", linewidth=3.2, label="agreement, 95 % interval"),
        Line2D([], [], color=PALE, linewidth=9, label="what chance reaches (97.5 %)"),
    ]
    if any(a.ceiling is not None for _, a in pairs):
        handles.append(
            Line2D(
                [],
                [],
                color=INK,
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


def agreement_matrix(study: StudyFolder) -> ReportFigure | None:
    """AMI of every labelling with every other, its interval below; None with fewer than three."""
    names = [entry.name for entry in study.document.labellings]
    pairs = {frozenset((a.first, a.second)): a for a in study.document.agreements}
    if len(names) < 3 or len(pairs) < 3:
        return None
    values = np.full((len(names), len(names)), np.nan)
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            found = pairs.get(frozenset((one, other)))
            if found is not None:
                values[i, j] = found.ami
    title = _matrix_title(study, list(pairs.values()))
    size = 0.62 * len(names)
    figure = new_figure(title, width=max(7.0, size + 3.4), height=max(4.2, 0.72 * size + 2.4))
    ax = figure.subplots()
    shown = ax.imshow(values[1:, :-1], cmap=NONE_TO_ALL, vmin=0, vmax=1, aspect="auto")
    for i, j in zip(*np.nonzero(np.isfinite(values)), strict=True):
        _cell(ax, i - 1, j, pairs[frozenset((names[i], names[j]))])
    titles = wrap_apart([short_title(study, name) for name in names], 24, lines=2)
    ax.set_yticks(range(len(names) - 1), titles[1:], fontsize=8.5)
    ax.set_xticks(range(len(names) - 1), titles[:-1], fontsize=8.5, rotation=40, ha="right",
                  rotation_mode="anchor")  # fmt: skip
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0, labelcolor=INK)
    bar = figure.colorbar(shown, ax=ax, shrink=0.6, pad=0.01)
    bar.set_label("AMI: 0 is chance, 1 the same", fontsize=9)
    bar.outline.set_visible(False)
    strongest = sorted(pairs.values(), key=lambda pair: -pair.ami)[:5]
    said = "; ".join(_pair(study, pair) for pair in strongest)
    return ReportFigure(
        "agreement_matrix", figure, title,
        f"Matrix of {len(pairs)} pairs with 95 % intervals. The five that agree most: {said}.",
    )  # fmt: skip


def _cell(ax: Axes, row: int, column: int, pair: StudyAgreement) -> None:
    ink = ink_on(NONE_TO_ALL(pair.ami)[:3])
    ax.text(column, row - 0.12, decimal(pair.ami), ha="center", va="center", fontsize=8, color=ink)
    if pair.interval is None:
        return
    low, high = (decimal(end) for end in pair.interval.ami)
    ax.text(column, row + 0.24, f"{low} to {high}", ha="center", va="center", fontsize=6,
            color=MUTED if ink == INK else ink)  # fmt: skip


def _matrix_title(study: StudyFolder, pairs: list[StudyAgreement]) -> str:
    large = [p for p in pairs if p.interval is not None and p.interval.ami[0] >= LARGE]
    beyond = [p for p in pairs if p.interval is not None and p.interval.ami[0] > 0]
    return (
        f"{len(beyond)} of {len(pairs)} pairs of labellings agree more than by chance; "
        f"{len(large)} agree largely (whole interval from {LARGE:.2f} on)"
    )


def _pair(study: StudyFolder, pair: StudyAgreement) -> str:
    first, second = (short_title(study, name) for name in (pair.first, pair.second))
    return f"{first} and {second} {decimal(pair.ami)}"
