"""How often the primary outcome occurred, by segment and by tier, with intervals."""

import pandas as pd
from matplotlib.lines import Line2D

from clustering.report.kit.canvas import ASKED, INK, SOFT, new_figure, tidy, wrap_apart
from clustering.report.kit.facts import (
    TIERS,
    group_words,
    learned,
    percent,
    primary_outcome,
    short_title,
)
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import InWords
from clustering.report.kit.marks import marks_of
from clustering.results import StudyFolder
from clustering.wording import happened_in_words, name_in_words, percent_in_words


def forward_rates(study: StudyFolder) -> ReportFigure | None:
    """Raw rates with Wilson intervals, and those corrected for assignment error.

    Groups of fewer than 20 accounts are left out. None where the study observed nothing.
    """
    frame = _rates(study)
    if frame.empty:
        return None
    outcome = str(frame["outcome"].iloc[0])
    title = _title(study, frame, outcome)
    figure = new_figure(title, height=2.2 + 0.42 * len(frame))
    ax = figure.subplots()
    overall = study.document.outcomes.observed.get(outcome)
    if overall is not None:
        ax.axvline(overall, **ASKED)
    marks = marks_of(study)
    for place, row in enumerate(frame.to_dict("records")):
        own = row["labelling"] == learned(study).name
        mark = marks.get(str(row["level"])) if own else None
        colour, marker = (SOFT, "o") if mark is None else (mark.colour, mark.marker)
        ax.plot([row["wilson_low"], row["wilson_high"]], [place, place], color=colour,
                linewidth=3.2, solid_capstyle="butt")  # fmt: skip
        ax.plot(row["raw"], place, marker, color=colour, markersize=9)
        if pd.notna(row["corrected"]):
            ax.plot([row["corrected_low"], row["corrected_high"]], [place + 0.25] * 2,
                    color=INK, linewidth=1.0)  # fmt: skip
            ax.plot(row["corrected"], place + 0.25, "D", color=INK, markersize=4)
    titles = wrap_apart([name_in_words(str(level)) for level in frame["level"]], 40, lines=2)
    labels = [f"{title} (n = {n:,})" for title, n in zip(titles, frame["n"], strict=True)]
    ax.set_yticks(range(len(frame)), labels, fontsize=9.5)
    ax.set_ylim(len(frame) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel(f"share of accounts: {outcome} (dashed: all accounts)", fontsize=10)
    ax.xaxis.set_major_formatter(InWords(percent_in_words))
    tidy(ax, grid="x")
    figure.legend(handles=_legend(study, frame), loc="outside lower left", ncols=3,
                  frameon=False, fontsize=9)  # fmt: skip
    said = "; ".join(
        f"{row['level']}: {percent(row['raw'])}, 95 % interval {percent(row['wilson_low'])} to "
        f"{percent(row['wilson_high'])}"
        for row in frame.to_dict("records")
    )
    return ReportFigure("forward_rates", figure, title, f"Dot plot with intervals. {said}.")


def _rates(study: StudyFolder) -> pd.DataFrame:
    """Rates of the primary outcome that may be shown, the segments' first."""
    frame = study.table("rates")
    shown = frame[(frame["outcome"] == primary_outcome(study)) & ~frame["suppressed"]]
    parts = [shown[shown["labelling"] == name] for name in (learned(study).name, TIERS)]
    return pd.DataFrame(pd.concat(parts, ignore_index=True))


def _title(study: StudyFolder, frame: pd.DataFrame, outcome: str) -> str:
    """Two segments differ only where their intervals part; of such pairs the one furthest apart.

    Pairs are ranked by rates drawn to the mean: small groups have extreme raw rates by chance.
    """
    own = frame[frame["labelling"] == learned(study).name].to_dict("records")
    apart = [
        (high["shrunken"] - low["shrunken"], high, low)
        for low in own
        for high in own
        if low["wilson_high"] < high["wilson_low"]
    ]
    what = f"how often accounts {happened_in_words(outcome)}"
    groups = group_words(study)
    if not apart:
        return (
            f"The intervals of no two {groups} part: they cannot be said to differ in {what}"
            if own
            else f"Of every one of the {groups} too few accounts were observed to tell {what}"
        )
    _, high, low = max(apart, key=lambda pair: pair[0])
    return (
        f"The {groups} differ in {what}: '{high['level']}' {percent(high['raw'])}, "
        f"'{low['level']}' {percent(low['raw'])}; their intervals do not meet"
    )


def _legend(study: StudyFolder, frame: pd.DataFrame) -> list[Line2D]:
    own = learned(study).name
    handles = [
        Line2D([], [], color=mark.colour, marker=mark.marker, linewidth=3.2,
               label=f"{short_title(study, own)}, 95 % Wilson")
        for mark in list(marks_of(study).values())[:1]
    ]  # fmt: skip
    if (frame["labelling"] == TIERS).any():
        handles.append(
            Line2D([], [], color=SOFT, marker="o", linewidth=3.2, label=short_title(study, TIERS))
        )
    if frame["corrected"].notna().any():
        handles.append(
            Line2D([], [], color=INK, marker="D", markersize=4, linewidth=1.0,
                   label="assignment error corrected")
        )  # fmt: skip
    return handles
