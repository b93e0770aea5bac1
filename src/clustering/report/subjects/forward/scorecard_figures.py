"""Every labelling side by side, and how each agrees with each."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from clustering.comparison.agreement.entries import StudyAgreement
from clustering.comparison.scorecard_entries import Estimate, Score
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    ACCENT,
    INK,
    MUTED,
    PALE,
    colours,
    new_figure,
    tidy,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import decimal, short_title
from clustering.report.kit.figure import ReportFigure
from clustering.report.subjects.forward.scorecard_words import decision
from clustering.results import StudyFolder


@dataclass(frozen=True)
class _Measure:
    name: str
    title: str
    digits: int = 2


_MEASURES = (
    _Measure("silhouette", "structure: silhouette\nabove random groups"),
    _Measure("explained", "share of the features'\nvariance explained"),
    _Measure("over_time", "agreement with itself\non an earlier date"),
    _Measure("with_tiers", "agreement with\nthe {amount} tiers"),
    _Measure("with_segments", "agreement with\nthe {groups}"),
    _Measure("gain", "gain over the tiers\nin log loss", 3),
)


@drawn_once
def scorecard(study: StudyFolder) -> ReportFigure | None:
    """Dots with intervals, one row a labelling and one panel a measure; None without scores."""
    scores = study.document.scorecard.scores
    if len(scores) < 2:
        return None
    measures = [m for m in _MEASURES if any(getattr(s, m.name) is not None for s in scores)]
    title = decision(study).removesuffix(".")
    figure = new_figure(title, width=11.6, height=2.4 + 0.33 * len(scores))
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for ax, measure in zip(panels, measures, strict=True):
        _panel(ax, measure, scores, study)
    labels = [f"{_name(study, score)} ({score.n_groups})" for score in scores]
    panels[0].set_yticks(range(len(scores)), labels, fontsize=9)
    panels[0].set_ylim(len(scores) - 0.4, -0.6)
    said = "; ".join(_said(study, score, measures) for score in scores)
    note = "Orange: told more than the tiers. Grey: a control. In brackets: number of groups."
    figure.supxlabel(f"95 % intervals. {note} No dot: not defined, or not known.", fontsize=9)
    return ReportFigure("scorecard", figure, title, f"Dot plot with intervals. {said}.")


def _panel(ax: Axes, measure: _Measure, scores: list[Score], study: StudyFolder) -> None:
    ax.axvline(0, color=INK, linewidth=0.9)
    for row, score in enumerate(scores):
        if row % 2:
            ax.axhspan(row - 0.5, row + 0.5, color=PALE, alpha=0.28, linewidth=0, zorder=0)
        found: Estimate | None = getattr(score, measure.name)
        if found is None:
            continue
        colour = MUTED if score.control else ACCENT if score.gains else colours(1)[0]
        if found.interval is not None:
            ax.plot(found.interval, [row, row], color=colour, linewidth=2.2)
        ax.plot(found.value, row, "o", color=colour, markersize=6)
    document = study.document
    title = measure.title.format(
        amount=document.amount_name, groups=document.group_word.plural
    ).replace("$", r"\$")
    ax.set_title(title, fontsize=9, loc="left", color=INK)
    ax.locator_params(axis="x", nbins=4)
    tidy(ax, grid="x")
    ax.tick_params(axis="y", length=0)


def _name(study: StudyFolder, score: Score) -> str:
    return wrap(short_title(study, score.labelling), 34, lines=1)


def _said(study: StudyFolder, score: Score, measures: list[_Measure]) -> str:
    known = [
        f"{m.name.replace('_', ' ')} {decimal(found.value, m.digits)}"
        for m in measures
        if (found := getattr(score, m.name)) is not None
    ]
    return f"{short_title(study, score.labelling)}: {', '.join(known) or 'nothing to be told'}"


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
    shown = ax.imshow(values[1:, :-1], cmap="Blues", vmin=0, vmax=1, aspect="auto")
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
    dark = pair.ami > 0.45
    ink = "white" if dark else INK
    ax.text(column, row - 0.12, decimal(pair.ami), ha="center", va="center", fontsize=8, color=ink)
    if pair.interval is None:
        return
    low, high = (decimal(end) for end in pair.interval.ami)
    ax.text(column, row + 0.24, f"{low} to {high}", ha="center", va="center", fontsize=5.6,
            color=ink if dark else MUTED)  # fmt: skip


def _matrix_title(study: StudyFolder, pairs: list[StudyAgreement]) -> str:
    large = [p for p in pairs if p.interval is not None and p.interval.ami[0] >= 0.5]
    beyond = [p for p in pairs if p.interval is not None and p.interval.ami[0] > 0]
    return (
        f"{len(beyond)} of {len(pairs)} pairs of labellings agree more than by chance; "
        f"{len(large)} agree largely (whole interval from 0.50 on)"
    )


def _pair(study: StudyFolder, pair: StudyAgreement) -> str:
    first, second = (short_title(study, name) for name in (pair.first, pair.second))
    return f"{first} and {second} {decimal(pair.ami)}"
