"""Tornado: how far single settings move the labels of the schemes, and the cost of the plan."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clustering.plan.sensitivity import n_fragile
from clustering.report.kit.canvas import INK, SOFT, STRONG, new_figure, tidy, wrap
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import InWords
from clustering.report.subjects.plan.sensitivity_words import answer_name
from clustering.report.subjects.plan.setting_words import setting
from clustering.results import StudyFolder
from clustering.wording import number_in_words, percent_in_words

_MOST = 10
_TICK = 40  # characters a line
_PANELS = (("plan_cost_share", "plan"), ("cost_share", "all"))


def tornado(study: StudyFolder) -> ReportFigure | None:
    """Settings that move most, each by 20 % down and up; None where none moves a label."""
    frame = study.table("sensitivity")
    labels = _largest(frame, "labels", "all", base=0.0)
    if labels.empty:
        return None
    cost = next((c for answer, of in _PANELS if len(c := _largest(frame, answer, of))), None)
    title = _title(study)
    n_rows = max(len(labels), 0 if cost is None else len(cost))
    figure = new_figure(title, height=2.3 + 0.5 * n_rows, width=11.0)
    axes = figure.subplots(1, 1 if cost is None else 2, squeeze=False)[0]
    _draw(study, axes[0], labels, signed=True)
    axes[0].set_title("Accounts that get another label by some scheme", loc="left", fontsize=10)
    if cost is not None:
        _draw(study, axes[1], cost, signed=False)
        name = answer_name(study, str(cost["answer"].iloc[0]), str(cost["subject"].iloc[0]))
        axes[1].set_title(name[0].upper() + name[1:], loc="left", fontsize=10)
        _limit(axes[1], study)
    handles, texts = axes[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower left", ncols=2, frameon=False, fontsize=9)
    said = "; ".join(
        f"{setting(study, row['setting'])}: {percent_in_words(row['low'])} and "
        f"{percent_in_words(row['high'])}"
        for row in labels.head(5).to_dict("records")
    )
    alt = (
        "Bar chart: for each setting the share of accounts whose label changes when it is 20 % "
        f"lower and higher. The largest: {said}."
    )
    return ReportFigure("tornado", figure, title, alt)


def _title(study: StudyFolder) -> str:
    n, moved = n_fragile(study.table("sensitivity")), study.document.next_steps.settings_moved
    if n == 0:
        return f"No answer flips when one of {moved} settings moves by 20 %"
    what = "answer is fragile: it flips" if n == 1 else "answers are fragile: they flip"
    return f"{n} {what} when one of {moved} settings moves by 20 %"


def _largest(
    frame: pd.DataFrame, answer: str, subject: str, base: float | None = None
) -> pd.DataFrame:
    """The settings that move one answer most, the largest first."""
    rows = frame[(frame["answer"] == answer) & (frame["subject"] == subject)]
    start = rows["base"] if base is None else base
    moves = rows[["low", "high"]].sub(start, axis=0).abs().max(axis=1)
    order = moves[moves > 0].sort_values(ascending=False, kind="stable").index
    return rows.loc[order[:_MOST]]


def _draw(study: StudyFolder, ax: Axes, rows: pd.DataFrame, *, signed: bool) -> None:
    """Bars from the answer of today; what is a share changed is drawn to either side of zero."""
    place = np.arange(len(rows))
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    base = np.zeros(len(rows)) if signed else rows["base"].to_numpy()
    ends = ((-low if signed else low - base), high - base)
    for values, side, colour in zip(ends, ("lower", "higher"), (SOFT, STRONG), strict=True):
        ax.barh(place, np.nan_to_num(values), left=base, color=colour, height=0.62,
                label=f"setting 20 % {side}")  # fmt: skip
    ax.axvline(float(base[0]), color=INK, linewidth=1.0)
    ticks = [_tick(study, row) for row in rows.to_dict("records")]
    ax.set_yticks(place, ticks, fontsize=8)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(
        InWords(lambda value, digits: percent_in_words(abs(value) if signed else value, digits))
    )
    tidy(ax, grid="x")


def _tick(study: StudyFolder, row: Mapping[Hashable, object]) -> str:
    """A setting with its value; a flip is marked."""
    mark = " (flips)" if row["flips"] else ""
    value = number_in_words(float(str(row["base_setting"])), 6)
    return wrap(f"{setting(study, str(row['setting']))}: {value}{mark}", _TICK, lines=3)


def _limit(ax: Axes, study: StudyFolder) -> None:
    limit = study.document.plan.assumptions.affordable_share
    ax.axvline(limit, color=INK, linewidth=1.4, linestyle="--")
    ax.annotate(f"limit {percent_in_words(limit)}", (limit, 1.0), xytext=(3, -3),
                xycoords=("data", "axes fraction"), textcoords="offset points", va="top",
                fontsize=8.5, color=INK)  # fmt: skip
