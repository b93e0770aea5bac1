"""From the levels of a labelling to the segments: an alluvial diagram in accounts and in ARR."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

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
from clustering.report.kit.ribbons import bar, ribbons
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
    heights = shares.to_numpy(dtype=np.float64)
    left, right = _stack(heights.sum(axis=1)), _stack(heights.sum(axis=0))
    palette = colours(len(table.columns))
    starts = left[:, 0], right[:, 0]
    ribbons(ax, (_BAR, 1.0 - _BAR), heights, starts, lambda _, j: (palette[j], 0.45))
    for span, level, amount in zip(left, table.index, table.sum(axis=1), strict=True):
        bar(ax, (0.0, _BAR), span, MUTED)
        _bar_label(ax, -0.02, span, str(level), amount / total, "right")
    for span, segment, colour, amount in zip(
        right, table.columns, palette, table.sum(axis=0), strict=True
    ):
        bar(ax, (1.0 - _BAR, 1.0), span, colour)
        _bar_label(ax, 1.02, span, str(segment), amount / total, "left")
    ax.set_xlim(-0.42, 1.62)
    ax.set_ylim(-0.02, 1.0 + _SPACE * max(table.shape))
    ax.invert_yaxis()
    ax.set_axis_off()
    ax.set_title(subtitle, loc="left", fontsize=10.5, color=INK, fontweight="bold")


def _stack(shares: Floats) -> Floats:
    tops = np.cumsum(shares) + _SPACE * np.arange(len(shares))
    return np.stack([tops - shares, tops], axis=1)


def _bar_label(ax: Axes, x: float, span: Floats, name: str, share: float, side: str) -> None:
    bottom, top = span.tolist()
    if top - bottom < _LEAST_LABEL:
        return
    tall = top - bottom > 0.09
    text = wrap(name, 20, lines=3 if tall else 1)
    ax.text(
        x,
        (bottom + top) / 2,
        f"{text} {percent(share)}" if not tall else f"{text}\n{percent(share)}",
        ha="left" if side == "left" else "right",
        va="center",
        fontsize=9,
        color=INK,
        linespacing=1.15,
    )
