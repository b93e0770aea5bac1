"""Every criterion over the number of segments, with the choice and every dissent marked."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from clustering.report.kit.canvas import (
    ASKED,
    CHOSEN,
    INK,
    MUTED,
    PALE,
    SERIES,
    STRONG,
    new_figure,
    tidy,
)
from clustering.report.kit.facts import VOTE_NAMES, asked, k_in_words, preferences
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder

_COLUMNS = 3
_COVARIANCES = ("full", "tied", "diag", "spherical")


@dataclass(frozen=True)
class Criterion:
    """One panel: which column of the candidates it draws and how it is read."""

    title: str
    reading: str
    column: str
    algorithm: str = "kmeans"
    threshold: str | None = None


_CRITERIA = (
    Criterion("Gap statistic", "high is better", "gap_pca"),
    Criterion("Silhouette", "high is better", "silhouette"),
    Criterion(
        "Prediction strength",
        "largest k above the line",
        "prediction_strength",
        threshold="min_prediction_strength",
    ),
    Criterion(
        "Least Jaccard of a segment", "above the line", "jaccard_min", threshold="min_jaccard"
    ),
    Criterion("Instability", "low is better", "instability"),
    Criterion(
        "Pairs with a valley between",
        "above the line",
        "valley_share",
        threshold="min_valley_share",
    ),
    Criterion("Within-segment sum of squares", "always falls: look for a bend", "inertia"),
    Criterion("BIC of the mixtures", "low is better", "bic", "mixture"),
    Criterion("ICL of the mixtures", "low is better", "icl_soft", "mixture"),
)


def choice_curves(study: StudyFolder) -> ReportFigure:
    """Small multiples: criteria over k, the chosen k as a line, preferred k as filled points."""
    votes = preferences(study)
    criteria = [c for c in _CRITERIA if not _rows(study, c).empty]
    n_rows = -(-len(criteria) // _COLUMNS)
    height = 1.45 + 2.05 * max(n_rows, 1)
    figure = new_figure(_title(study, votes), height=height, solve=False)
    _place(figure, height)
    grid = figure.subplots(max(n_rows, 1), _COLUMNS, squeeze=False).ravel().tolist()
    for ax, criterion in zip(grid, criteria, strict=False):
        _panel(ax, study, criterion, votes)
    for ax in grid[len(criteria) :]:
        ax.set_axis_off()
    figure.legend(
        handles=_legend(study.document.chosen.k),
        loc="lower left",
        ncols=4,
        frameon=False,
        fontsize=9,
    )
    return ReportFigure("choice_curves", figure, _title(study, votes), _alt(study, criteria, votes))


def _place(figure: Figure, height: float) -> None:
    """Margins in inches, room for two lines of title and one of legend."""
    figure.subplots_adjust(
        left=0.06,
        right=0.985,
        top=1 - 1.15 / height,
        bottom=0.72 / height,
        wspace=0.26,
        hspace=0.62,
    )


def _title(study: StudyFolder, votes: Mapping[str, int]) -> str:
    k = study.document.chosen.k
    against = {name: vote for name, vote in votes.items() if vote != k}
    if not votes:
        text = f"The study works with k = {k}"
    elif not against:
        text = f"All {len(votes)} criteria that name a k prefer k = {k}"
    else:
        dissent = ", ".join(
            f"{VOTE_NAMES[name]} {k_in_words(study, vote)}" for name, vote in against.items()
        )
        text = (
            f"{len(votes) - len(against)} of the {len(votes)} criteria that name a k prefer the "
            f"chosen k = {k}; dissent: {dissent}"
        )
    return text if study.document.verdict == "natural" else f"No natural clusters. {text}"


def _rows(study: StudyFolder, criterion: Criterion) -> pd.DataFrame:
    frame = study.candidates
    rows = frame[frame["algorithm"] == criterion.algorithm]
    return rows[rows[criterion.column].notna()].sort_values("k")


def _panel(ax: Axes, study: StudyFolder, criterion: Criterion, votes: Mapping[str, int]) -> None:
    rows = _rows(study, criterion)
    chosen = study.document.chosen.k
    ax.axvline(chosen, **CHOSEN, alpha=0.8, zorder=1)
    if criterion.algorithm == "mixture":
        _mixture_lines(ax, rows, criterion.column, study)
    else:
        _kmeans_line(ax, rows, criterion.column, study, votes)
    if criterion.threshold is not None:
        ax.axhline(getattr(asked(study), criterion.threshold), **ASKED)
    ax.set_title(criterion.title, loc="left", fontsize=10, color=INK, pad=14, fontweight="bold")
    ax.text(0, 1.03, criterion.reading, transform=ax.transAxes, fontsize=8.5, color=MUTED)
    ax.set_xticks(range(1, int(study.candidates["k"].max()) + 1))
    tidy(ax, grid="y")


def _kmeans_line(
    ax: Axes, rows: pd.DataFrame, column: str, study: StudyFolder, votes: Mapping[str, int]
) -> None:
    if column == "silhouette":
        _null_band(ax, study)
    ax.errorbar(
        rows["k"],
        rows[column],
        yerr=rows[f"{column}_se"] if f"{column}_se" in rows.columns else None,
        color=STRONG,
        marker="o",
        markersize=4.5,
        markerfacecolor="white",
        linewidth=1.6,
    )
    mark = rows[rows["k"] == votes.get(column)]
    ax.plot(mark["k"], mark[column], "o", color=STRONG, markersize=8, zorder=3)


def _null_band(ax: Axes, study: StudyFolder) -> None:
    """The silhouette in books without groups, mean and two standard deviations."""
    rows = study.document.evidence.kmeans
    nulls = [(row.k, row.silhouette_null) for row in rows if row.silhouette_null is not None]
    if nulls:
        ax.fill_between(
            [k for k, _ in nulls],
            [null.mean - 2 * null.sd for _, null in nulls],
            [null.mean + 2 * null.sd for _, null in nulls],
            color=PALE,
            zorder=0,
        )


def _mixture_lines(ax: Axes, rows: pd.DataFrame, column: str, study: StudyFolder) -> None:
    chosen_by = study.document.evidence.chosen_by
    best = chosen_by.bic if column == "bic" else chosen_by.icl
    allowed = rows[rows["ruled_out"].isna()]
    for kind, (colour, marker, dash) in zip(_COVARIANCES, SERIES, strict=False):
        part = allowed[allowed["covariance_type"] == kind]
        if part.empty:
            continue
        ax.plot(
            part["k"],
            part[column],
            color=colour,
            marker=marker,
            linestyle=dash,
            markersize=3.5,
            markerfacecolor="white",
            linewidth=1.4,
            label=kind,
        )
        if best is not None and best.covariance_type == kind:
            mark = part[part["k"] == best.k]
            ax.plot(mark["k"], mark[column], marker, color=colour, markersize=8, zorder=3)
    ax.legend(frameon=False, fontsize=8, ncols=2)


def _legend(k: int) -> list[Line2D]:
    return [
        Line2D([], [], **CHOSEN, label=f"chosen: k = {k}"),
        Line2D(
            [],
            [],
            color=STRONG,
            marker="o",
            markersize=8,
            linestyle="none",
            label="the k that this criterion prefers",
        ),
        Line2D([], [], **ASKED, label="threshold"),
        Line2D([], [], color=PALE, linewidth=9, label="books without groups, mean ± 2 sd"),
    ]


def _alt(study: StudyFolder, criteria: list[Criterion], votes: Mapping[str, int]) -> str:
    panels = ", ".join(criterion.title for criterion in criteria)
    ks = f"1 to {int(study.candidates['k'].max())}"
    preferred = ", ".join(f"{VOTE_NAMES[name]} k = {vote}" for name, vote in votes.items())
    return (
        f"{len(criteria)} small line charts over k = {ks}: {panels}. "
        f"Preferred: {preferred or 'not recorded'}."
    )
