"""Figures of movement: how many waver and how many move, and what drifted."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from clustering.columns import SEGMENT
from clustering.config.movement import MovementConfig
from clustering.movement.drift.population import LARGE, MODERATE
from clustering.movement.track.over_time import HELD_SEGMENT
from clustering.movement.track.track import MovementSummary
from clustering.report.kit.canvas import (
    INK,
    MUTED,
    PALE,
    SERIES,
    SOFT,
    STRONG,
    new_figure,
    tidy,
    wrap_apart,
)
from clustering.report.kit.facts import decimal, feature_titles, percent
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import InWords, spread
from clustering.results import StudyFolder
from clustering.wording import name_in_words, percent_in_words

#: Rules that are drawn beside the segments, if the study has them: more lines hide each other.
_SHOWN_RULES = ("arr_tiers", "growth_risk", "needs", "health_profitability", "lifecycle_touch")
_DRAWN_FEATURES = 20
_OWN = (SEGMENT, HELD_SEGMENT)


def by_distance(study: StudyFolder) -> ReportFigure | None:
    """Share of accounts with another label, by how far apart two snapshots are."""
    found = study.document.movement
    if found is None:
        return None
    frame = study.table("stability_over_time")
    frame = frame[(frame["note"] == "") & (frame["days"] > 0)]
    shown = [*_OWN, *_SHOWN_RULES]
    listed = [name for name in shown if (frame["labelling"] == name).any()]
    if not listed:
        return None
    title = _distance_title(found)
    figure = new_figure(title, height=4.6)
    ax = figure.subplots()
    looks = dict(zip(shown, ((INK, "o", "-"), (INK, "s", (0, (2, 1))), *SERIES), strict=True))
    ends = []
    for name in listed:
        rows = frame[frame["labelling"] == name].sort_values("days")
        own = name in _OWN
        colour, marker, dash = looks[name]
        ax.fill_between(rows["days"], rows["low"], rows["high"], color=colour, alpha=0.10, lw=0)
        ax.plot(
            rows["days"],
            rows["differ"],
            color=colour,
            marker=marker,
            linestyle=dash,
            ms=4.5,
            lw=2.2 if own else 1.2,
        )
        ends.append((float(rows["differ"].iloc[-1]), str(rows["title"].iloc[0]), own))
    _label_ends(ax, float(frame["days"].max()), ends)
    ax.set_xlabel("days between two snapshots")
    ax.set_ylabel("share of accounts with another label")
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(InWords(percent_in_words))
    tidy(ax, "y")
    said = "; ".join(
        f"{rows['title'].iloc[0]}: {percent(rows['differ'].iloc[0])} after "
        f"{rows['days'].iloc[0]:.0f} days, {percent(rows['differ'].iloc[-1])} after "
        f"{rows['days'].iloc[-1]:.0f}"
        for rows in (frame[frame["labelling"] == name].sort_values("days") for name in listed)
    )
    return ReportFigure("movement_by_distance", figure, title, f"Lines with 95 % bands. {said}.")


def _distance_title(found: MovementSummary) -> str:
    growth = found.growth
    if growth is None:
        return "How many accounts have another label, by the time between two snapshots"
    return (
        f"{percent(growth.per_step)} of the {growth.n_accounts:,} accounts followed are in another "
        f"segment one snapshot later, {percent(growth.over_window)} at the end of the window"
    )


def _label_ends(ax: Axes, x: float, ends: list[tuple[float, str, bool]]) -> None:
    """Names at the ends of the lines, moved apart where they would touch, with a line to each."""
    ends = sorted(ends)
    top = max(ax.get_ylim()[1], 1e-9)
    places = spread([value for value, *_ in ends], [0.062 * top] * len(ends), 0.0, 1.1 * top)
    names = wrap_apart([name for _, name, _ in ends], 34, lines=1)
    for (value, _, own), name, place in zip(ends, names, places, strict=True):
        ax.annotate(
            name,
            (x, value),
            xytext=(1.03, place),
            textcoords=ax.get_yaxis_transform(),
            color=INK,
            fontsize=9,
            fontweight="bold" if own else "normal",
            va="center",
            arrowprops={"arrowstyle": "-", "color": PALE, "linewidth": 0.8, "shrinkB": 3},
        )


def hysteresis(study: StudyFolder) -> ReportFigure | None:
    """Changes of segment at every snapshot, without and with hysteresis."""
    found = study.document.movement
    if found is None:
        return None
    frame = study.table("transitions")
    inside = ~frame["from_segment"].str.startswith("(") & ~frame["to_segment"].str.startswith("(")
    changed = inside & (frame["from_segment"] != frame["to_segment"]) & (frame["span"] == "step")
    counts = (
        frame[changed]
        .pivot_table(index="to_date", columns="rule", values="n_accounts", aggfunc="sum")
        .reindex(index=found.dates[1:], columns=["none", "hysteresis"])
        .fillna(0)
    )
    before, after = found.without_hysteresis, found.with_hysteresis
    title = (
        f"Hysteresis: {after.moves:,} moves in place of {before.moves:,}, and "
        f"{after.flip_flops:,} returns in place of {before.flip_flops:,}"
    )
    figure = new_figure(title, height=3.8)
    ax = figure.subplots()
    width = 0.38
    for shift, (rule, colour, name) in enumerate(
        (("none", SOFT, "every change counts"), ("hysteresis", STRONG, "only lasting evidence"))
    ):
        places = [i + (shift - 0.5) * width for i in range(len(counts))]
        bars = ax.bar(places, counts[rule], width * 0.94, color=colour, label=name)
        ax.bar_label(bars, [f"{value:,.0f}" for value in counts[rule]], fontsize=9, color=INK)
    ax.set_xticks(range(len(counts)), counts.index)
    ax.set_ylabel("accounts that change segment")
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    tidy(ax)
    said = "; ".join(
        f"{day}: {row['none']:.0f} without, {row['hysteresis']:.0f} with"
        for day, row in counts.iterrows()
    )
    return ReportFigure("movement_hysteresis", figure, title, f"{found.rule} By snapshot: {said}.")


def model_or_accounts(study: StudyFolder) -> ReportFigure | None:
    """Lasting movement and change of the model, each beside what would be claimed."""
    found = study.document.movement
    if found is None or (found.growth is None and found.model_change is None):
        return None
    settings = MovementConfig.model_validate(study.document.configuration["movement"])
    title = {
        "recut": "The model has changed: cut again",
        "movement": "Accounts moved; the model has not changed beyond what refits explain",
        "neither": "Neither movement nor a change of the model that the study would claim",
        "unknown": "Movement and change of the model cannot be told apart",
    }[found.verdict]
    figure = new_figure(title, height=2.9)
    ax = figure.subplots()
    names: list[str] = []
    if found.growth is not None:
        pale = (0.0, settings.least_movement)
        _interval(ax, len(names), found.growth.value, found.growth.interval, pale)
        names.append("lasting movement of accounts\n(same model, families agree)")
    change = found.model_change
    if change is not None:
        least = change.refits_high + settings.least_model_change
        ax.fill_betweenx(
            [len(names) - 0.3, len(names) + 0.3],
            0,
            change.refits_high,
            color=SOFT,
            lw=0,
        )
        _interval(ax, len(names), change.differ, change.interval, (0.0, least))
        names.append("change of the model\n(same accounts, same date)")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(left=min(0.0, ax.get_xlim()[0]))
    ax.xaxis.set_major_formatter(InWords(percent_in_words))
    ax.set_xlabel("share of accounts")
    handles = [
        Line2D([], [], color=STRONG, marker="o", ms=7, lw=2.2, label="found, 95 % interval"),
        Patch(color=PALE, label="too little to claim"),
    ]
    if change is not None:
        handles.append(Patch(color=SOFT, label="what refits change anyway"))
    figure.legend(handles=handles, loc="outside lower left", ncols=3, frameon=False, fontsize=9)
    tidy(ax, "x")
    return ReportFigure(
        "movement_or_drift", figure, title, " ".join([found.sentence, *found.reasons])
    )


def _interval(
    ax: Axes, place: int, value: float, interval: tuple[float, float], pale: tuple[float, float]
) -> None:
    ax.fill_betweenx([place - 0.3, place + 0.3], *pale, color=PALE, lw=0, zorder=0)
    ax.plot(interval, [place, place], color=STRONG, lw=2.2, solid_capstyle="butt")
    ax.plot([value], [place], "o", color=STRONG, ms=7)
    ax.annotate(
        f"{decimal(100 * value, 1)} %",
        (value, place),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=INK,
    )


def drift(study: StudyFolder) -> ReportFigure | None:
    """Population stability index of every feature, beside its null."""
    found = study.document.movement
    if found is None:
        return None
    titles = feature_titles(study, with_unit=False)
    return drift_figure(study.table("drift"), found.dates[0], titles)


def drift_figure(
    table: pd.DataFrame, since: str, titles: Mapping[str, str] | None = None
) -> ReportFigure:
    """The features that are furthest from what they were; `table` is a `DRIFT`."""
    named = {str(name): name_in_words(str(name)) for name in table["feature"]} | dict(titles or {})
    frame, n = table.head(_DRAWN_FEATURES), int(table["drifted"].sum())
    title = (
        f"No drift since {since} beyond what exchanging the dates gives among {len(table)} features"
        if n == 0
        else f"{n} {'feature has' if n == 1 else 'features have'} drifted since {since}"
    )
    figure = new_figure(title, height=1.4 + 0.26 * max(4, len(frame)))
    ax = figure.subplots()
    _drift_rows(ax, frame, [named[str(name)] for name in frame["feature"]])
    ax.set_xlabel("population stability index")
    figure.legend(
        handles=[
            Line2D([], [], marker=marker, color=colour, ms=size, linestyle="none", label=text)
            for marker, colour, size, text in _DRIFT_LEGEND
        ],
        loc="outside lower left", ncols=3, frameon=False, fontsize=9,
    )  # fmt: skip
    said = "; ".join(
        f"{named[row['feature']]} {row['psi']:.2f}"
        for row in frame[frame["drifted"]].to_dict("records")
    )
    alt = (
        f"From {MODERATE:g} the change is called moderate, from {LARGE:g} large. "
        f"{said or 'None drifted'}."
    )
    return ReportFigure("feature_drift", figure, title, alt)


_DRIFT_LEGEND = (
    ("D", STRONG, 6, "has drifted"),
    ("o", SOFT, 6, "has not"),
    ("|", INK, 9, "95 % of exchanges of the dates lie below"),
)


def _drift_rows(ax: Axes, frame: pd.DataFrame, titles: list[str]) -> None:
    places = range(len(frame))
    for limit in (MODERATE, LARGE):
        ax.axvline(limit, color=PALE, lw=1.2, zorder=0)
        ax.annotate(
            f"{limit:g}", (limit, 1.0), xycoords=ax.get_xaxis_transform(), fontsize=8,
            ha="center", va="bottom", color=MUTED,
        )  # fmt: skip
    ax.hlines(places, 0, frame["psi"], color=PALE, lw=1.0)
    ax.plot(frame["null_high"], places, "|", color=INK, ms=9)
    for drifted, (marker, colour, size, _) in zip((True, False), _DRIFT_LEGEND, strict=False):
        rows = (frame["drifted"] == drifted).to_numpy()
        ax.plot(frame["psi"][rows], [i for i in places if rows[i]], marker, color=colour, ms=size)
    ax.set_yticks(places, titles)
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.set_xlim(0, max(0.3, 1.1 * float(frame["psi"].max())))
    tidy(ax)
