"""Every labelling side by side."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from clustering.comparison.scorecard_entries import Estimate, Score
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    GOOD,
    INK,
    PALE,
    SOFT,
    STRONG,
    new_figure,
    tidy,
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


_KINDS = (
    (GOOD, "D", "told more than the tiers"),
    (STRONG, "o", "not shown to"),
    (SOFT, "s", "a control"),
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
    names = wrap_apart([short_title(study, score.labelling) for score in scores], 34, lines=1)
    labels = [f"{name} ({score.n_groups})" for name, score in zip(names, scores, strict=True)]
    panels[0].set_yticks(range(len(scores)), labels, fontsize=9)
    panels[0].set_ylim(len(scores) - 0.4, -0.6)
    said = "; ".join(_said(study, score, measures) for score in scores)
    note = "95 % intervals; in brackets the number of groups; no dot: not defined, or not known"
    drawn = {_kind(score) for score in scores}
    figure.legend(
        handles=[
            Line2D([], [], color=colour, marker=marker, linewidth=2.2, label=text)
            for colour, marker, text in _KINDS if (colour, marker, text) in drawn
        ],
        title=note, title_fontsize=9, alignment="left", loc="outside lower left", ncols=3,
        frameon=False, fontsize=9,
    )  # fmt: skip
    return ReportFigure("scorecard", figure, title, f"Dot plot with intervals. {said}.")


def _panel(ax: Axes, measure: _Measure, scores: list[Score], study: StudyFolder) -> None:
    ax.axvline(0, color=INK, linewidth=0.9)
    for row, score in enumerate(scores):
        if row % 2:
            ax.axhspan(row - 0.5, row + 0.5, color=PALE, alpha=0.28, linewidth=0, zorder=0)
        found: Estimate | None = getattr(score, measure.name)
        if found is None:
            continue
        colour, marker, _ = _kind(score)
        if found.interval is not None:
            ax.plot(found.interval, [row, row], color=colour, linewidth=2.2)
        ax.plot(found.value, row, marker, color=colour, markersize=6)
    document = study.document
    title = measure.title.format(
        amount=document.amount_name, groups=document.group_word.plural
    ).replace("$", r"\$")
    ax.set_title(title, fontsize=9, loc="left", color=INK)
    ax.locator_params(axis="x", nbins=3)
    tidy(ax, grid="x")
    ax.tick_params(axis="y", length=0)


def _kind(score: Score) -> tuple[str, str, str]:
    return _KINDS[2 if score.control else 0 if score.gains else 1]


def _said(study: StudyFolder, score: Score, measures: list[_Measure]) -> str:
    known = [
        f"{m.name.replace('_', ' ')} {decimal(found.value, m.digits)}"
        for m in measures
        if (found := getattr(score, m.name)) is not None
    ]
    return f"{short_title(study, score.labelling)}: {', '.join(known) or 'nothing to be told'}"
