"""The flow of accounts through the segments over time, and the same as a table of shares."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clustering.arrays import Floats
from clustering.movement.track.track import MovementSummary
from clustering.movement.track.transitions import ENTERED, LEFT, NO_SEGMENT
from clustering.report.kit.canvas import (
    INK,
    MUTED,
    NONE_TO_ALL,
    PALE,
    SOFT,
    ink_on,
    new_figure,
    wrap_apart,
)
from clustering.report.kit.facts import percent, segment_names
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import mark_ticks, spread
from clustering.report.kit.marks import Mark, marks_of
from clustering.report.kit.ribbons import bar, ribbons
from clustering.results import StudyFolder

_LINE = 0.036  # height of a line of text, in heights of the panel
_BAR = 0.12  # width of a bar, in steps
_SPACE = 0.015  # between two bars, in heights
_MOST_UPRIGHT = 4  # columns of a table; the names of more are written at an angle
_NOWHERE = (ENTERED, LEFT, NO_SEGMENT)
_NOWHERE_MARKS = {
    ENTERED: Mark(PALE, "o", ""), LEFT: Mark(PALE, "o", ""), NO_SEGMENT: Mark(SOFT, "o", "")
}  # fmt: skip


def flow_over_time(study: StudyFolder, rule: str = "hysteresis") -> ReportFigure | None:
    """Ribbons from every segment at one snapshot to every segment at the next.

    Accounts that enter come from a pale bar, those that leave go to one.
    """
    found = study.document.movement
    if found is None:
        return None
    frame = study.table("transitions")
    frame = frame[(frame["rule"] == rule) & (frame["span"] == "step")]
    states = [*segment_names(study), *_NOWHERE]
    palette = marks_of(study) | _NOWHERE_MARKS
    title = _flow_title(frame, found)
    figure = new_figure(title, height=5.4)
    ax = figure.subplots()
    total = _tallest(frame, found.dates)
    starts: dict[str, float] = {}
    for step, (first, last) in enumerate(zip(found.dates, found.dates[1:], strict=False)):
        rows = frame[(frame["from_date"] == first) & (frame["to_date"] == last)]
        starts = _step(ax, step, rows, states, palette, total)
    _names(ax, len(found.dates) - 1, starts, states)
    ax.set_xlim(-0.1, len(found.dates) - 1 + 0.1)
    ax.set_xticks(range(len(found.dates)), found.dates, fontsize=9, color=INK)
    ax.tick_params(length=0)
    ax.set_yticks([])
    ax.set_xlabel("pale, below: accounts that left by a date, and those that enter after it")
    ax.xaxis.label.set_color(MUTED)
    ax.set_ylim(1.0 + _SPACE * (len(states) + 1), -0.01)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ReportFigure("movement_flow", figure, title, _flow_alt(frame, found))


def _flow_title(frame: pd.DataFrame, found: MovementSummary) -> str:
    moved, _ = _moved(frame)
    return (
        f"{moved:,} moves under hysteresis over {len(found.dates)} snapshots; "
        f"{found.n_entered:,} accounts entered and {found.n_left:,} left"
    )


def _moved(frame: pd.DataFrame) -> tuple[int, int]:
    inside = ~frame["from_segment"].isin(_NOWHERE) & ~frame["to_segment"].isin(_NOWHERE)
    changed = frame["from_segment"] != frame["to_segment"]
    counts = frame["n_accounts"]
    return int(counts[inside & changed].sum()), int(counts[inside & ~changed].sum())


def _flow_alt(frame: pd.DataFrame, found: MovementSummary) -> str:
    parts = []
    for day in found.dates[1:]:
        moved, stayed = _moved(frame[frame["to_date"] == day])
        parts.append(f"by {day} {moved:,} moved and {stayed:,} stayed")
    return f"Flow under hysteresis over {len(found.dates)} snapshots: {'; '.join(parts)}."


def _tallest(frame: pd.DataFrame, dates: list[str]) -> float:
    sums = [frame.loc[frame["to_date"] == day, "n_accounts"].sum() for day in dates[1:]]
    return float(max(sums, default=1))


def _step(
    ax: Axes,
    step: int,
    rows: pd.DataFrame,
    states: list[str],
    palette: dict[str, Mark],
    total: float,
) -> dict[str, float]:
    """Bars and ribbons of one step; gives the middle of each bar on the right."""
    counts = rows.pivot_table(
        index="from_segment", columns="to_segment", values="n_accounts", aggfunc="sum", fill_value=0
    ).reindex(index=states, columns=states, fill_value=0)
    heights = counts.to_numpy(dtype=np.float64) / total
    left, right = _stack(heights.sum(axis=1)), _stack(heights.sum(axis=0))
    for spans, side in ((left, (step, step + _BAR / 2)), (right, (step + 1 - _BAR / 2, step + 1))):
        for state, span in zip(states, spans, strict=True):
            if span[1] > span[0]:
                bar(ax, side, span, palette[state].colour, palette[state].hatch)
    ribbons(
        ax,
        (step + _BAR / 2, step + 1 - _BAR / 2),
        heights,
        (left[:, 0], right[:, 0]),
        lambda i, j: (palette[states[i]].colour, 0.18 if i == j else 0.62),
    )
    return {
        state: (bottom + top) / 2
        for state, (bottom, top) in zip(states, right.tolist(), strict=True)
        if top - bottom > 0.012
    }


def _stack(heights: Floats) -> Floats:
    """Least and greatest height of every bar, one on the other, (n, 2)."""
    tops = np.cumsum(heights + _SPACE * (heights > 0)) - _SPACE * (heights > 0)
    return np.stack([tops - heights, tops], axis=1)


def _names(ax: Axes, x: float, places: dict[str, float], states: list[str]) -> None:
    shown = [state for state in states if state in places]
    titles = wrap_apart([state.strip("()") for state in shown], 26, lines=2)
    end = 1.0 + _SPACE * (len(states) + 1)
    heights = [(title.count("\n") + 1.35) * _LINE * end for title in titles]
    for state, title, place in zip(
        shown, titles, spread([places[state] for state in shown], heights, -0.01, end), strict=True
    ):
        ax.annotate(
            title,
            (x + 0.04, place),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=9,
            va="center",
            linespacing=1.1,
            color=MUTED if state in _NOWHERE else INK,
            annotation_clip=False,
        )


def transition_heatmap(study: StudyFolder) -> ReportFigure | None:
    """Where the accounts of each segment are at the end of the window.

    Of the accounts that have a segment at every date, by the model's own answers: the accounts of
    the sentence on movement, and of the curve.
    """
    found = study.document.movement
    if found is None:
        return None
    frame = study.table("transitions")
    frame = frame[(frame["rule"] == "none") & (frame["span"] == "followed")]
    names = segment_names(study)
    rows = [n for n in names if (frame["from_segment"] == n).any()]
    columns = [n for n in names if (frame["to_segment"] == n).any()]
    if not rows or not columns:
        return None
    tables = {
        value: frame.pivot_table(
            index="from_segment", columns="to_segment", values=value, aggfunc="sum", fill_value=0
        ).reindex(index=rows, columns=columns, fill_value=0)
        for value in ("share_of_from", "n_accounts")
    }
    title = _heatmap_title(frame)
    figure = new_figure(title, height=2.2 + 0.62 * len(rows))
    ax = figure.subplots()
    shares = tables["share_of_from"].to_numpy(dtype=np.float64)
    counts = tables["n_accounts"].to_numpy(dtype=np.int64)
    ax.imshow(shares, cmap=NONE_TO_ALL, vmin=0, vmax=1, aspect="auto")
    for i in range(len(rows)):
        for j in range(len(columns)):
            count = int(counts[i, j])
            if count:
                text = f"{percent(shares[i, j])}\n{count:,}"
                colour = ink_on(NONE_TO_ALL(shares[i, j])[:3])
                ax.text(j, i, text, ha="center", va="center", fontsize=9, color=colour)
    many = len(columns) > _MOST_UPRIGHT
    width = 26 if many else max(12, 66 // len(columns))
    ax.set_xticks(range(len(columns)), wrap_apart(columns, width, lines=2 if many else 4))
    ax.set_yticks(range(len(rows)), wrap_apart(rows, 26, lines=2))
    ax.tick_params(labelsize=9, length=0, labelcolor=INK)
    if many:
        for label in ax.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    marks = marks_of(study)
    mark_ticks(ax, [marks[name] for name in columns], "x")
    mark_ticks(ax, [marks[name] for name in rows], "y")
    ax.set_xlabel(f"on {found.dates[-1]}", color=INK)
    ax.set_ylabel(f"on {found.dates[0]}", color=INK)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ReportFigure("movement_transitions", figure, title, _heatmap_alt(frame))


def _heatmap_title(frame: pd.DataFrame) -> str:
    counts = frame["n_accounts"]
    n = int(counts.sum())
    elsewhere = int(counts[frame["from_segment"] != frame["to_segment"]].sum())
    return (
        f"{percent(elsewhere / n)} of the {n:,} accounts followed are in another segment at the "
        "end of the window"
    )


def _heatmap_alt(frame: pd.DataFrame) -> str:
    said = [
        f"{row['from_segment']} to {row['to_segment']}: {row['n_accounts']:,} "
        f"({percent(row['share_of_from'])})"
        for row in frame.sort_values("n_accounts", ascending=False).to_dict("records")[:8]
    ]
    return f"Table of shares by segment before and after. Largest: {'; '.join(said)}."
