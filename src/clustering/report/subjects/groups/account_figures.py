"""One point or one bar an account: the map, silhouettes, growth against risk, amounts by tier."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from clustering.arrays import Floats
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    INK,
    MUTED,
    SOFT,
    STRONG,
    new_figure,
    one_panel,
    tidy,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import (
    GROWTH_RISK,
    TIERS,
    are_clusters,
    crosswalk_with,
    group_words,
    labelling,
    percent,
    segment_names,
)
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import InWords
from clustering.report.kit.marks import Mark, marks_of
from clustering.results import StudyFolder
from clustering.wording import percent_in_words

_MOST_POINTS = 4000
_MOST_BARS = 1500
_MIDDLE = 0.5  # of an axis from 0 to 1, where no scheme cut it


@drawn_once
def account_map(study: StudyFolder) -> ReportFigure:
    """Accounts on the first two principal components of the matrix, coloured by segment."""
    shown, note = _sample(study.accounts)
    k = len(study.document.segments)
    title = _map_title(study)
    figure, ax = one_panel(title, height=5.6)
    _scatter(ax, study, shown, "map_1", "map_2")
    ax.set_xlabel(f"first principal component of the features{note}", fontsize=10)
    ax.set_ylabel("second principal component", fontsize=10)
    ax.set_aspect("equal", adjustable="datalim")
    _legend_of_segments(ax, study)
    tidy(ax)
    alt = (
        f"Scatter plot of {len(shown):,} accounts in {k} colours, one per {group_words(study, 1)}, "
        "on two axes that summarise all features. Distance on the map is not evidence of groups; "
        "the verdict rests on tests with all features."
    )
    return ReportFigure("account_map", figure, title, alt)


def _map_title(study: StudyFolder) -> str:
    k = len(study.document.segments)
    groups = group_words(study, k)
    if are_clusters(study):
        return f"The accounts form {k} {groups}, seen here on two summary axes"
    if study.document.verdict == "natural":
        return f"The map shows the {k} {groups} of the study, which are not its natural clusters"
    return f"No natural clusters were found: the map shows the {k} {groups} of the study"


def silhouettes(study: StudyFolder) -> ReportFigure | None:
    """Silhouette of every account, sorted within its segment; None for a single segment."""
    accounts = study.accounts.dropna(subset=["silhouette"])
    if accounts.empty:
        return None
    segments = study.document.segments
    below = int((accounts["silhouette"] < 0).sum())
    sample = "" if len(accounts) == study.document.n_accounts else "a sample of "
    share = percent(below / len(accounts))
    title = (
        f"{below:,} of {sample}{len(accounts):,} accounts ({share}) lie closer to another "
        f"{group_words(study, 1)} than to their own (silhouette below 0)"
    )
    figure = new_figure(title, height=1.7 + 0.75 * len(segments))
    axes = figure.subplots(
        len(segments), 1, sharex=True, squeeze=False, height_ratios=_heights(study)
    )[:, 0]
    names = wrap_apart(segment_names(study), 26, lines=3)
    marks = marks_of(study).values()
    for ax, segment, name, mark in zip(axes, segments, names, marks, strict=True):
        values = accounts.loc[accounts["segment"] == segment.segment, "silhouette"]
        _silhouette_panel(ax, np.sort(values.to_numpy()), mark)
        ax.set_ylabel(
            f"{name}\n{segment.n_accounts:,} accounts",
            rotation=0,
            ha="right",
            va="center",
            fontsize=9,
        )
    axes[-1].set_xlabel(
        "silhouette: 1 well inside, 0 on the border, below 0 closer to another", fontsize=10
    )
    alt = (
        f"One panel per {group_words(study, 1)} with a bar per account, sorted. "
        f"{below:,} of {len(accounts):,} bars point below zero."
    )
    return ReportFigure("silhouettes", figure, title, alt)


def _heights(study: StudyFolder) -> list[float]:
    return [max(segment.share, 0.06) for segment in study.document.segments]


def _silhouette_panel(ax: Axes, values: Floats, mark: Mark) -> None:
    # Of very many sorted bars every n-th draws the same outline.
    step = max(1, len(values) // _MOST_BARS)
    drawn = values[::step]
    rank = np.linspace(0, 1, len(drawn)) if len(drawn) > 1 else np.array([0.5])
    ax.fill_betweenx(
        rank, 0, drawn, facecolor=mark.colour, edgecolor=INK if mark.hatch else mark.colour,
        hatch=mark.hatch, linewidth=0.6, step="mid",
    )  # fmt: skip
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks([])
    ax.set_xlim(min(-0.3, float(values.min(initial=0.0))) - 0.02, 1.0)
    tidy(ax, grid="x")
    ax.spines["left"].set_visible(False)


@drawn_once
def growth_against_risk(study: StudyFolder) -> ReportFigure | None:
    """The two axes of the study's rules; None where the study has not both."""
    accounts = study.accounts
    if not {"growth_potential", "churn_risk"} <= set(accounts.columns):
        return None
    known = accounts.dropna(subset=["growth_potential", "churn_risk"])
    if known.empty:
        return None
    cuts = _cuts(known)
    title = _quadrant_title(known, cuts)
    shown, note = _sample(known)
    figure, ax = one_panel(title, height=5.4)
    for draw, cut in zip((ax.axvline, ax.axhline), cuts, strict=True):
        draw(cut, color=SOFT, linewidth=1.0, zorder=0)
    areas = _areas(shown)
    _scatter(ax, study, shown, "growth_potential", "churn_risk", areas)
    _name_quadrants(ax)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    size = "" if areas is None else f"\narea of a point: {study.document.amount_name}"
    ax.set_xlabel(f"growth potential, 0 to 1{size}{note}", fontsize=10)
    ax.set_ylabel("churn risk, 0 to 1", fontsize=10)
    _legend_of_segments(ax, study)
    tidy(ax)
    left_out = len(accounts) - len(known)
    alt = (
        f"Scatter plot of {len(shown):,} accounts by growth potential and churn risk, coloured "
        f"by {group_words(study, 1)}. {left_out:,} accounts lack one of the two and are not drawn."
    )
    return ReportFigure("growth_against_risk", figure, title, alt)


def _cuts(known: pd.DataFrame) -> tuple[float, float]:
    """Where growth potential and churn risk begin to be high, as the scheme labelled them."""
    if GROWTH_RISK not in known.columns:
        return _MIDDLE, _MIDDLE
    labels = known[GROWTH_RISK]
    high = (
        known.loc[labels.isin(["grow", "invest"]), "growth_potential"].min(),
        known.loc[labels.isin(["protect", "invest"]), "churn_risk"].min(),
    )
    growth, risk = (_MIDDLE if np.isnan(least) else float(least) for least in high)
    return growth, risk


def _quadrant_title(known: pd.DataFrame, cuts: tuple[float, float]) -> str:
    both = ((known["growth_potential"] >= cuts[0]) & (known["churn_risk"] >= cuts[1])).sum()
    return (
        f"{both:,} of {len(known):,} accounts ({percent(both / len(known))}) are high in both "
        "growth potential and churn risk: the quadrant 'invest'"
    )


def _areas(shown: pd.DataFrame) -> Floats | None:
    """Areas of points in proportion to the amount, the least still seen; None without amounts."""
    amounts = shown["arr"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=np.float64)
    if not amounts.any():
        return None
    largest = 260.0 if len(shown) < 600 else 120.0
    areas: Floats = np.maximum(5.0, largest * amounts / amounts.max())
    return areas


def _name_quadrants(ax: Axes) -> None:
    """The four names in the corners, where the fewest accounts lie."""
    for x, y, name in ((0, 0, "sustain"), (0, 1, "protect"), (1, 0, "grow"), (1, 1, "invest")):
        ax.text(
            0.01 + 0.98 * x, 0.01 + 0.97 * y, name, transform=ax.transAxes, fontsize=11,
            color=MUTED, fontweight="bold", ha="right" if x else "left",
            va="top" if y else "bottom", zorder=4,
        )  # fmt: skip


def amount_by_tier(study: StudyFolder) -> ReportFigure | None:
    """Share of accounts and of ARR held by every ARR tier; None without tiers."""
    frame = crosswalk_with(study, TIERS)
    entry = labelling(study, TIERS)
    if frame.empty or entry is None or not frame["arr"].sum() > 0:
        return None
    sums = frame.groupby("level")[["n_accounts", "arr"]].sum()
    sums = sums.reindex([level for level in entry.levels if level in sums.index])
    shares = sums / sums.sum()
    amount, top = study.document.amount_name, str(sums.index[-1])
    title = (
        f"The tier '{top}' is {percent(shares['n_accounts'].iloc[-1])} of the accounts and "
        f"{percent(shares['arr'].iloc[-1])} of the {amount}"
    )
    figure, ax = one_panel(title, height=1.6 + 0.62 * len(sums))
    _paired_bars(ax, shares, amount)
    labels = [f"{wrap(str(i), 24)} ({int(n):,})" for i, n in sums["n_accounts"].items()]
    ax.set_yticks(range(len(sums)), labels, fontsize=9.5)
    ax.invert_yaxis()
    ax.set_xlabel("share of all", fontsize=10)
    ax.xaxis.set_major_formatter(InWords(percent_in_words))
    ax.legend(frameon=False, fontsize=9, loc="best")
    tidy(ax, grid="x")
    rows = "; ".join(
        f"{level}: {percent(accounts)} of accounts, {percent(arr)} of {amount}"
        for level, accounts, arr in zip(
            shares.index, shares["n_accounts"], shares["arr"], strict=True
        )
    )
    return ReportFigure("amount_by_tier", figure, title, f"Bars per tier. {rows}.")


def _paired_bars(ax: Axes, shares: pd.DataFrame, amount: str) -> None:
    at = np.arange(len(shares))
    kinds = (("n_accounts", "accounts", -0.2, SOFT), ("arr", amount, 0.2, STRONG))
    for column, name, offset, colour in kinds:
        bars = ax.barh(at + offset, shares[column], height=0.36, color=colour, label=name)
        ax.bar_label(bars, [percent(v) for v in shares[column]], padding=3, fontsize=9, color=INK)


def _sample(accounts: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """At most `_MOST_POINTS` accounts, the same in every run; and the words that say so."""
    if len(accounts) <= _MOST_POINTS:
        return accounts, ""
    order = np.argsort(pd.util.hash_array(accounts["account_id"].to_numpy(dtype=object)))
    shown = accounts.iloc[np.sort(order[:_MOST_POINTS])]
    return shown, f"\n{_MOST_POINTS:,} of {len(accounts):,} accounts, drawn by a hash of their id"


def _scatter(
    ax: Axes, study: StudyFolder, shown: pd.DataFrame, x: str, y: str, sizes: Floats | None = None
) -> None:
    """A point an account, with the mark of its segment; `sizes` are areas of their points."""
    usual = np.full(len(shown), 26.0 if len(shown) < 600 else 12.0)
    areas = usual if sizes is None else sizes
    names = wrap_apart(segment_names(study), 30, lines=3)
    marks = marks_of(study).values()
    for segment, name, mark in zip(study.document.segments, names, marks, strict=True):
        inside = (shown["segment"] == segment.segment).to_numpy()
        part = shown[inside]
        ax.scatter(
            part[x],
            part[y],
            s=areas[inside],
            marker=mark.marker,
            color=mark.colour,
            alpha=0.65,
            linewidths=0,
            label=f"{name} ({segment.n_accounts:,})",
        )


def _legend_of_segments(ax: Axes, study: StudyFolder) -> None:
    legend = ax.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        fontsize=9,
        labelspacing=0.9,
        title=f"{group_words(study).capitalize()} (accounts)",
        title_fontsize=9.5,
        alignment="left",
    )
    for handle in legend.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set(alpha=1.0, sizes=[50.0])
