"""From the levels of a labelling to the segments: an alluvial diagram in accounts and in ARR."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clustering.arrays import Floats
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import INK, MUTED, PALE, new_figure, wrap_apart
from clustering.report.kit.facts import (
    TIERS,
    amount_title,
    crosswalk_with,
    group_words,
    labelling,
    percent,
    segment_names,
    tier_shares,
)
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import spread
from clustering.report.kit.marks import Mark, marks_of
from clustering.report.kit.ribbons import bar, ribbons
from clustering.results import StudyFolder
from clustering.wording import name_in_words

_BAR = 0.045  # width of the bars, in widths of the panel
_SPACE = 0.022  # between two bars, in heights of the panel
_LINE = 0.155  # height of a line of text, in inches
_AROUND = 1.35  # inches of a figure above and below its panels
_WIDTH = 22  # of a label, in characters


@drawn_once
def tier_flow(study: StudyFolder, other: str = TIERS) -> ReportFigure | None:
    """Ribbons from every level of `other` to every segment; None where it was not compared.

    The left panel counts accounts, the right one ARR, so that a tier of few large accounts is
    seen as both.
    """
    frame = crosswalk_with(study, other)
    entry = labelling(study, other)
    if frame.empty or entry is None or len(study.document.segments) == 1:
        return None
    levels = [level for level in entry.levels if (frame["level"] == level).any()]
    panels = [("n_accounts", "accounts")]
    if frame["arr"].sum() > 0:
        panels.append(("arr", amount_title(study)))
    title = _title(study, other, entry.title)
    rows = max(len(levels), len(segment_names(study)))
    height = max(5.4, _AROUND + rows * 3.4 * _LINE)
    figure = new_figure(title, height=height)
    line = _LINE / (height - _AROUND)
    for ax, (column, unit) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        table = (
            frame.pivot_table(index="level", columns="segment", values=column, aggfunc="sum")
            .reindex(index=levels, columns=segment_names(study))
            .fillna(0.0)
        )
        _panel(ax, table, f"by {unit}", list(marks_of(study).values()), line)
    return ReportFigure(f"flow_{other}", figure, title, _alt(study, frame, entry.title, levels))


def _title(study: StudyFolder, other: str, name: str) -> str:
    shares = [share.share for share in tier_shares(study, other)]
    band = group_words(study, 1)
    low, high = round(100 * min(shares)), round(100 * max(shares))
    spread = f"{low} %" if low == high else f"{low} to {high} %"
    return f"{name}: in each, {spread} of the accounts lie in its most common {band}"


def _alt(study: StudyFolder, frame: pd.DataFrame, name: str, levels: list[str]) -> str:
    parts = []
    for level in levels:
        rows = frame[frame["level"] == level].sort_values("n_accounts", ascending=False)
        said = ", ".join(
            f"{percent(share)} '{segment}'"
            for segment, share in zip(rows["segment"][:3], rows["share_of_level"][:3], strict=True)
        )
        parts.append(f"{name_in_words(level)} ({rows['n_accounts'].sum():,} accounts): {said}")
    return f"Flow from {name} to the {group_words(study)}. {'; '.join(parts)}."


def _panel(ax: Axes, table: pd.DataFrame, subtitle: str, marks: list[Mark], line: float) -> None:
    """Bars of the levels, of the segments, and what flows; `line` is the height of a line."""
    total = float(table.to_numpy().sum())
    heights = (table / total).to_numpy(dtype=np.float64)
    left, right = _stack(heights.sum(axis=1)), _stack(heights.sum(axis=0))
    starts = left[:, 0], right[:, 0]
    ribbons(ax, (_BAR, 1.0 - _BAR), heights, starts, lambda _, j: (marks[j].colour, 0.45))
    for span in left:
        bar(ax, (0.0, _BAR), span, MUTED)
    for span, mark in zip(right, marks, strict=True):
        bar(ax, (1.0 - _BAR, 1.0), span, mark.colour, mark.hatch)
    end = 1.0 + _SPACE * max(table.shape)
    names = (
        [name_in_words(str(level)) for level in table.index],
        [str(segment) for segment in table.columns],
    )
    for x, spans, listed, shares in (
        (-0.02, left, names[0], heights.sum(axis=1)),
        (1.02, right, names[1], heights.sum(axis=0)),
    ):
        _bar_labels(ax, x, spans, listed, shares, (-0.02, end), line)
    ax.set_xlim(-0.5, 1.85)
    ax.set_ylim(-0.02, end)
    ax.invert_yaxis()
    ax.set_axis_off()
    ax.set_title(subtitle, loc="left", fontsize=10.5, color=INK, fontweight="bold")


def _stack(shares: Floats) -> Floats:
    tops = np.cumsum(shares) + _SPACE * np.arange(len(shares))
    return np.stack([tops - shares, tops], axis=1)


def _bar_labels(
    ax: Axes,
    x: float,
    spans: Floats,
    names: list[str],
    shares: Floats,
    room: tuple[float, float],
    line: float,
) -> None:
    """The names beside their bars, moved apart where they would touch."""
    texts = [
        f"{text} {percent(share)}"
        for text, share in zip(wrap_apart(names, _WIDTH, lines=2), shares, strict=True)
    ]
    middles = spans.mean(axis=1)
    heights = [(text.count("\n") + 1.35) * line * (room[1] - room[0]) for text in texts]
    places = spread(middles, heights, *room)
    for text, middle, place in zip(texts, middles, places, strict=True):
        if abs(place - middle) > line:
            edge = 0.0 if x < 0 else 1.0
            ax.plot([edge, x], [middle, place], color=PALE, linewidth=0.8)
        ax.text(x, place, text, ha="right" if x < 0 else "left", va="center", fontsize=9,
                color=INK, linespacing=1.1)  # fmt: skip
