"""One point or one bar an account: the map, silhouettes, growth against risk, amounts by tier."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from clustering.arrays import Floats
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    INK,
    MARKERS,
    MUTED,
    PALE,
    colours,
    new_figure,
    one_panel,
    tidy,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import (
    TIERS,
    are_clusters,
    crosswalk_with,
    group_words,
    labelling,
    percent,
    segment_names,
)
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder
from clustering.wording import percent_in_words

_MOST_POINTS = 4000
_MOST_BARS = 1500


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
    for ax, segment, name, colour in zip(
        axes, segments, names, colours(len(segments)), strict=True
    ):
        values = accounts.loc[accounts["segment"] == segment.segment, "silhouette"]
        _silhouette_panel(ax, np.sort(values.to_numpy()), colour)
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


def _silhouette_panel(ax: Axes, values: Floats, colour: str) -> None:
    # Of very many sorted bars every n-th draws the same outline.
    step = max(1, len(values) // _MOST_BARS)
    drawn = values[::step]
    rank = np.linspace(0, 1, len(drawn)) if len(drawn) > 1 else np.array([0.5])
    ax.fill_betweenx(rank, 0, drawn, color=colour, linewidth=0.6, step="mid")
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
    both = int(((known["growth_potential"] > 0.5) & (known["churn_risk"] > 0.5)).sum())
    share = percent(both / len(known))
    title = (
        f"{both:,} of {len(known):,} accounts ({share}) have growth potential and churn risk "
        "both above 0.5"
    )
    shown, note = _sample(known)
    figure, ax = one_panel(title, height=5.2)
    ax.axvline(0.5, color=PALE, zorder=0)
    ax.axhline(0.5, color=PALE, zorder=0)
    _scatter(ax, study, shown, "growth_potential", "churn_risk")
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel(f"growth potential, 0 to 1{note}", fontsize=10)
    ax.set_ylabel("churn risk, 0 to 1", fontsize=10)
    _legend_of_segments(ax, study)
    tidy(ax)
    left_out = len(accounts) - len(known)
    alt = (
        f"Scatter plot of {len(shown):,} accounts by growth potential and churn risk, coloured "
        f"by {group_words(study, 1)}. {left_out:,} accounts lack one of the two and are not drawn."
    )
    return ReportFigure("growth_against_risk", figure, title, alt)


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
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: percent_in_words(x)))
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
    kinds = (("n_accounts", "accounts", -0.2, MUTED), ("arr", amount, 0.2, colours(1)[0]))
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


def _scatter(ax: Axes, study: StudyFolder, shown: pd.DataFrame, x: str, y: str) -> None:
    size = 26 if len(shown) < 600 else 12
    segments = study.document.segments
    names = wrap_apart(segment_names(study), 30, lines=3)
    for i, (segment, name, colour) in enumerate(
        zip(segments, names, colours(len(segments)), strict=True)
    ):
        part = shown[shown["segment"] == segment.segment]
        ax.scatter(
            part[x],
            part[y],
            s=size,
            marker=_marker(i),
            color=colour,
            alpha=0.65,
            linewidths=0,
            label=f"{name} ({segment.n_accounts:,})",
        )


def _marker(i: int) -> str:
    return MARKERS[(i + i // len(MARKERS)) % len(MARKERS)]


def _legend_of_segments(ax: Axes, study: StudyFolder) -> None:
    legend = ax.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        fontsize=9,
        markerscale=1.6,
        labelspacing=0.9,
        title=f"{group_words(study).capitalize()} (accounts)",
        title_fontsize=9.5,
        alignment="left",
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)
