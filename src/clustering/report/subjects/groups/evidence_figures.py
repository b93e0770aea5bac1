"""The evidence as pictures: where accounts go as k grows, who stays together, what lies between."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.report.kit.canvas import (
    ASKED,
    CHOSEN,
    INK,
    NONE_TO_ALL,
    SOFT,
    STRONG,
    new_figure,
    one_panel,
    tidy,
    wrap_apart,
)
from clustering.report.kit.facts import group_words, percent, segment_names
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import mark_ticks, spread
from clustering.report.kit.marks import marks_of
from clustering.results import StudyFolder
from clustering.wording import p_in_words

_NESTED = 0.9
"""Least share of accounts that come from the main source of their group, for partitions to nest."""
_THICKEST = 30.0  # points, for all accounts
_LEAST_LABEL = 0.15  # a smaller group has no room for its number
_MOST_PAIRS = 12
_PANELS_A_ROW = 3
_LEVEL = 0.05
_LINES = 28  # of text that the height of the square of pairs has room for
_ENOUGH = 100
"""Held-out accounts of a pair below which the dip test sees only the deepest valleys."""


def clustergram(study: StudyFolder) -> ReportFigure | None:
    """Accounts flowing between the k-means partitions; None where k = 3 was not reached."""
    flows = study.clustergram
    if flows["k"].nunique() < 3:
        return None
    nested = _nested_shares(flows)
    title = _nesting_title(nested)
    figure, ax = one_panel(title, height=5.4)
    n_accounts = int(flows.loc[flows["k"] == flows["k"].min(), "size"].iloc[0])
    _flows(ax, flows, n_accounts)
    _groups(ax, flows, n_accounts)
    if study.document.chosen.algorithm == "kmeans":
        chosen = study.document.chosen.k
        ax.axvline(chosen, **CHOSEN, alpha=0.8, zorder=0)
        ax.annotate(
            f"chosen: k = {chosen}",
            (chosen, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(5, -2),
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=INK,
        )
    ax.set_xticks(sorted(flows["k"].unique()))
    ax.set_xlabel("k, number of groups that k-means was asked for", fontsize=10)
    ax.set_ylabel(
        "mean of the group on the first\nprincipal component; width: accounts", fontsize=10
    )
    tidy(ax)
    said = "; ".join(f"to k = {k}: {percent(share)}" for k, share in nested.items())
    alt = (
        "Clustergram: a point per k-means group at the mean of its accounts, lines as wide as the "
        "accounts that move between successive partitions. Accounts from the main source of their "
        f"group, {said}."
    )
    return ReportFigure("clustergram", figure, title, alt)


def _nested_shares(flows: pd.DataFrame) -> dict[int, float]:
    """By k from 3, the share of accounts that come from the main source of their group."""
    moved = flows[flows["k"] > 2]
    main = moved.groupby(["k", "cluster"])["n_shared"].max().groupby("k").sum()
    total = moved.groupby("k")["n_shared"].sum()
    return {int(k): float(main[k] / total[k]) for k in total.index}


def _nesting_title(nested: dict[int, float]) -> str:
    worst = min(nested, key=lambda k: nested[k])
    least = percent(nested[worst])
    if nested[worst] >= _NESTED:
        share = "all" if nested[worst] == 1 else f"{least} or more"
        return (
            f"Up to k = {max(nested)} groups are split, hardly mixed: at every step {share} of "
            "the accounts come from the main source of their group"
        )
    return (
        f"Groups are not only split but mixed as k grows: at the step to k = {worst} only {least} "
        "of the accounts come from the main source of their group"
    )


def _flows(ax: Axes, flows: pd.DataFrame, n_accounts: int) -> None:
    moved = flows.dropna(subset=["from_cluster"]).astype({"from_cluster": "int64"})
    groups = flows.drop_duplicates(["k", "cluster"]).set_index(["k", "cluster"])["position"]
    sources = pd.MultiIndex.from_arrays([moved["k"] - 1, moved["from_cluster"]])
    starts = groups.reindex(sources).to_numpy()
    shares = moved["n_shared"].to_numpy(dtype=float) / n_accounts
    for k, start, end, share in zip(moved["k"], starts, moved["position"], shares, strict=True):
        ax.plot(
            [k - 1, k],
            [start, end],
            color=SOFT,
            alpha=0.6,
            linewidth=max(0.4, _THICKEST * share),
            solid_capstyle="butt",
            zorder=1,
        )


def _groups(ax: Axes, flows: pd.DataFrame, n_accounts: int) -> None:
    groups = flows.drop_duplicates(["k", "cluster"])
    sizes = np.maximum(4.0, _THICKEST * np.sqrt(groups["size"] / n_accounts)) ** 2
    ax.scatter(groups["k"], groups["position"], s=sizes, color=STRONG, zorder=2)
    labelled = groups[groups["size"] >= _LEAST_LABEL * n_accounts]
    for k, position, size in zip(
        labelled["k"], labelled["position"], labelled["size"], strict=True
    ):
        ax.annotate(
            f"{size:,}", (k, position), ha="center", va="center", fontsize=7.5, color="white"
        )


def coassignment(study: StudyFolder) -> ReportFigure | None:
    """Share of refits in which two accounts are together; None for a single segment."""
    pairs = study.coassignment
    if pairs.empty:
        return None
    ids = pd.unique(pd.concat([pairs["first"], pairs["second"]]))
    segment = study.accounts.set_index("account_id")["segment"].loc[ids].to_numpy()
    shares = _square(pairs, ids)
    title = _together_title(study, pairs, shares, segment)
    figure, ax = one_panel(title, height=6.4)
    image = ax.imshow(shares, cmap=NONE_TO_ALL, vmin=0, vmax=1, interpolation="nearest")
    _borders(ax, study, segment)
    n_refits, n_accounts = int(pairs["n_refits"].iloc[0]), int(pairs["n_accounts"].iloc[0])
    ax.set_xlabel(
        f"{len(ids):,} of {study.document.n_accounts:,} accounts, by {group_words(study, 1)} and "
        f"within it by falling stability\n{n_refits} refits, each on a bootstrap draw of "
        f"{n_accounts:,} accounts",
        fontsize=10,
    )
    bar = figure.colorbar(image, ax=ax, shrink=0.7)
    bar.set_label("share of refits that put both together", fontsize=10)
    bar.outline.set_visible(False)
    alt = (
        f"Square of {len(ids)} by {len(ids)} accounts, darker where a refit puts both accounts "
        f"into one group; lines between the {group_words(study)}. {title}."
    )
    return ReportFigure("coassignment", figure, title, alt)


def _square(pairs: pd.DataFrame, ids: NDArray[np.object_]) -> Floats:
    place = {account: i for i, account in enumerate(ids)}
    first, second = pairs["first"].map(place), pairs["second"].map(place)
    shares = np.eye(len(ids))
    shares[first, second] = shares[second, first] = pairs["share"]
    return shares


def _together_title(study: StudyFolder, pairs: pd.DataFrame, shares: Floats, segment: Ints) -> str:
    first, second = np.triu_indices(len(segment), k=1)
    same = segment[first] == segment[second]
    between = shares[first, second]
    n_refits, word = int(pairs["n_refits"].iloc[0]), group_words(study, 1)
    sample = f"({len(segment):,} of {study.document.n_accounts:,} accounts)"
    parts = [
        f"two {kind} are together {percent(float(between[which].mean()))} of the time"
        for kind, which in (
            (f"accounts of one {word}", same),
            (f"of different {group_words(study)}", ~same),
        )
        if which.any()
    ]
    return f"In {n_refits} refits {', '.join(parts)} {sample}"


def _borders(ax: Axes, study: StudyFolder, segment: Ints) -> None:
    tidy(ax)
    starts = np.flatnonzero(np.diff(segment)) + 1
    for start in starts:
        ax.axhline(start - 0.5, color=INK, linewidth=0.9)
        ax.axvline(start - 0.5, color=INK, linewidth=0.9)
    edges = np.concatenate([[0], starts, [len(segment)]])
    names = segment_names(study)
    shown = [names[segment[low]] for low in edges[:-1]]
    line = len(segment) / _LINES
    lines = 1 if len(shown) * 2.4 > _LINES else 2
    heights = [(lines + 0.4) * line] * len(shown)
    places = spread((edges[:-1] + edges[1:] - 1) / 2, heights, -line, len(segment) + line)
    ax.set_yticks(places, wrap_apart(shown, 26, lines=lines), fontsize=9)
    mark_ticks(ax, [marks_of(study)[name] for name in shown], places=places.tolist())
    ax.tick_params(axis="y", length=0)
    ax.set_xticks([])


def valley_projections(study: StudyFolder) -> ReportFigure | None:
    """Held-out accounts between neighbouring segments; None where there is one segment."""
    bins = study.valleys
    if bins.empty:
        return None
    keys = ["first_segment", "second_segment"]
    tests = bins.groupby(keys, sort=False)[["dip_p", "dip_p_holm"]].first()
    n_valleys = int((tests["dip_p_holm"] < _LEVEL).sum())
    title = _valley_title(study, bins, len(tests), n_valleys)
    shown = tests.sort_values("dip_p", kind="stable").index[:_MOST_PAIRS]
    n_columns = min(_PANELS_A_ROW, len(shown))
    n_rows = -(-len(shown) // n_columns)
    figure = new_figure(title, height=1.9 + 2.2 * n_rows)
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True).ravel()
    groups = bins.groupby(keys, sort=False)
    for ax, pair in zip(grid, shown, strict=False):
        _pair_panel(ax, study, pair, groups.get_group(pair), 126 // n_columns)
    for ax in grid[len(shown) :]:
        ax.set_axis_off()
    fewest = int(groups["count"].sum().min())
    _explain(figure, len(shown), len(tests), fewest)
    return ReportFigure("valley_projections", figure, title, _valley_alt(study, tests))


def _valley_title(study: StudyFolder, bins: pd.DataFrame, n_pairs: int, n_valleys: int) -> str:
    groups = group_words(study)
    if n_pairs == 1:
        found = f"The pair of neighbouring {groups} shows {'a' if n_valleys else 'no'} valley"
    else:
        count = str(n_valleys) if n_valleys else "None"
        verb = "show" if n_valleys > 1 else "shows"
        found = f"{count} of {n_pairs} pairs of neighbouring {groups} {verb} a valley"
    return (
        f"{found} on {int(bins['n_held_out'].iloc[0]):,} held-out accounts (dip test at "
        f"{_LEVEL:g}{' after Holm' if n_pairs > 1 else ''}, one split in halves)"
    )


def _pair_panel(
    ax: Axes, study: StudyFolder, pair: tuple[int, int], bins: pd.DataFrame, width: int
) -> None:
    marks = list(marks_of(study).values())
    middles = (bins["bin_low"] + bins["bin_high"]) / 2
    # Accounts were given to the nearer centre: the border is half-way.
    widths = bins["bin_high"] - bins["bin_low"]
    for mark, side in ((marks[pair[0]], middles < 0.5), (marks[pair[1]], middles >= 0.5)):
        ax.bar(
            middles[side], bins["count"][side], width=widths[side], color=mark.colour,
            hatch=mark.hatch, edgecolor=INK if mark.hatch else mark.colour, linewidth=0,
        )  # fmt: skip
    for centre in (0, 1):
        ax.axvline(centre, **ASKED)
    names = wrap_apart(segment_names(study), width - 12, lines=1)
    ax.set_title(
        f"left: {names[pair[0]]}\nright: {names[pair[1]]}\n"
        f"{bins['count'].sum():,} accounts, dip {p_in_words(bins['dip_p'].iloc[0])}",
        loc="left",
        fontsize=8.5,
        color=INK,
    )
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    tidy(ax)
    ax.tick_params(labelbottom=True)


def _explain(figure: Figure, n_shown: int, n_pairs: int, fewest: int) -> None:
    notes = []
    if n_shown < n_pairs:
        notes.append(f"the {n_shown} of {n_pairs} pairs of least p are shown")
    if fewest < _ENOUGH:
        notes.append(f"in a pair of fewer than {_ENOUGH} accounts a valley may go unseen")
    more = f"\n{'; '.join(notes)}" if notes else ""
    figure.supxlabel(
        "position along the line through the two centres, found on the other half of the "
        f"accounts\n(dashed: 0 and 1; what lies beyond is in the outermost bins){more}",
        fontsize=10,
        color=INK,
    )
    figure.supylabel("held-out accounts", fontsize=10, color=INK)


def _valley_alt(study: StudyFolder, tests: pd.DataFrame) -> str:
    names = segment_names(study)
    said = "; ".join(
        f"'{names[first]}' and '{names[second]}': {p_in_words(p)}"
        for (first, second), p in zip(tests.index, tests["dip_p"], strict=True)
    )
    return f"One histogram per pair of neighbouring {group_words(study)}. Dip test: {said}."
