"""From the levels of a labelling to the segments: an alluvial diagram in accounts and in ARR."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from clustering.arrays import Floats
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import INK, MUTED, colours, new_figure, wrap
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
from clustering.results import StudyFolder

_BAR = 0.045  # width of the bars, in widths of the panel
_SPACE = 0.022  # between two bars, in heights of the panel
_LEAST_LABEL = 0.018  # a thinner bar has no label of its own: it would touch its neighbour's


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
    figure = new_figure(title, height=min(8.0, 3.4 + 0.42 * rows))
    for ax, (column, unit) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        table = (
            frame.pivot_table(index="level", columns="segment", values=column, aggfunc="sum")
            .reindex(index=levels, columns=segment_names(study))
            .fillna(0.0)
        )
        _panel(ax, table, f"by {unit}", entry.title)
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
        parts.append(f"{level} ({rows['n_accounts'].sum():,} accounts): {said}")
    return f"Flow from {name} to the {group_words(study)}. {'; '.join(parts)}."


def _panel(ax: Axes, table: pd.DataFrame, subtitle: str, left_name: str) -> None:
    total = float(table.to_numpy().sum())
    shares = table / total
    left = _stack(shares.sum(axis=1).to_numpy())
    right = _stack(shares.sum(axis=0).to_numpy())
    palette = colours(len(table.columns))
    _ribbons(ax, shares, left, right, palette)
    for (bottom, top), level, amount in zip(left, table.index, table.sum(axis=1), strict=True):
        _bar(ax, 0.0, bottom, top, MUTED)
        _bar_label(ax, -0.02, (bottom, top), str(level), amount / total, "right")
    for (bottom, top), segment, colour, amount in zip(
        right, table.columns, palette, table.sum(axis=0), strict=True
    ):
        _bar(ax, 1.0 - _BAR, bottom, top, colour)
        _bar_label(ax, 1.02, (bottom, top), str(segment), amount / total, "left")
    ax.set_xlim(-0.42, 1.62)
    ax.set_ylim(-0.02, 1.0 + _SPACE * max(table.shape))
    ax.invert_yaxis()
    ax.set_axis_off()
    ax.set_title(subtitle, loc="left", fontsize=10.5, color=INK, fontweight="bold")


def _stack(shares: Floats) -> list[tuple[float, float]]:
    tops = np.cumsum(shares) + _SPACE * np.arange(len(shares))
    return [(float(top - share), float(top)) for top, share in zip(tops, shares, strict=True)]


def _ribbons(
    ax: Axes,
    shares: pd.DataFrame,
    left: list[tuple[float, float]],
    right: list[tuple[float, float]],
    palette: list[str],
) -> None:
    right_used = [bottom for bottom, _ in right]
    heights = shares.to_numpy(dtype=float)
    for i, (bottom, _) in enumerate(left):
        at = bottom
        for j, colour in enumerate(palette):
            height = float(heights[i, j])
            if height > 0:
                _ribbon(ax, at, right_used[j], height, colour)
            at += height
            right_used[j] += height


def _ribbon(ax: Axes, start: float, end: float, height: float, colour: str) -> None:
    x0, x1 = _BAR, 1.0 - _BAR
    middle = (x0 + x1) / 2
    vertices = [
        (x0, start),
        (middle, start),
        (middle, end),
        (x1, end),
        (x1, end + height),
        (middle, end + height),
        (middle, start + height),
        (x0, start + height),
        (x0, start),
    ]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    patch = PathPatch(Path(vertices, codes), facecolor=colour, alpha=0.45, edgecolor="none")
    ax.add_patch(patch)


def _bar(ax: Axes, x: float, bottom: float, top: float, colour: str) -> None:
    ax.add_patch(Rectangle((x, bottom), _BAR, top - bottom, facecolor=colour, edgecolor="none"))


def _bar_label(
    ax: Axes, x: float, span: tuple[float, float], name: str, share: float, side: str
) -> None:
    if span[1] - span[0] < _LEAST_LABEL:
        return
    tall = span[1] - span[0] > 0.09
    text = wrap(name, 20, lines=3 if tall else 1)
    ax.text(
        x,
        sum(span) / 2,
        f"{text} {percent(share)}" if not tall else f"{text}\n{percent(share)}",
        ha="left" if side == "left" else "right",
        va="center",
        fontsize=9,
        color=INK,
        linespacing=1.15,
    )
