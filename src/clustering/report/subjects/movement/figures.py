"""Figures of movement: how many waver and how many move, and what drifted."""

import pandas as pd
from matplotlib.axes import Axes

from clustering.columns import SEGMENT
from clustering.config.movement import MovementConfig
from clustering.movement.drift.population import LARGE, MODERATE
from clustering.movement.track.over_time import HELD_SEGMENT
from clustering.movement.track.track import MovementSummary
from clustering.report.kit.canvas import (
    ACCENT,
    INK,
    MARKERS,
    MUTED,
    PALE,
    colours,
    new_figure,
    tidy,
    wrap,
)
from clustering.report.kit.facts import decimal, percent
from clustering.report.kit.figure import ReportFigure
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
    palette = [ACCENT, INK, *colours(len(_SHOWN_RULES))]
    ends = []
    for name, colour, marker in zip(listed, palette, MARKERS, strict=False):
        rows = frame[frame["labelling"] == name].sort_values("days")
        own = name in _OWN
        ax.fill_between(rows["days"], rows["low"], rows["high"], color=colour, alpha=0.10, lw=0)
        ax.plot(
            rows["days"],
            rows["differ"],
            color=colour,
            marker=marker,
            ms=4.5,
            lw=2.2 if own else 1.2,
        )
        ends.append((float(rows["differ"].iloc[-1]), str(rows["title"].iloc[0]), colour, own))
    _label_ends(ax, float(frame["days"].max()), ends)
    ax.set_xlabel("days between two snapshots")
    ax.set_ylabel("share of accounts with another label")
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda value, _: percent_in_words(value))
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


def _label_ends(ax: Axes, x: float, ends: list[tuple[float, str, str, bool]]) -> None:
    """Names at the ends of the lines, moved apart where they would touch."""
    gap = 0.062 * max(ax.get_ylim()[1], max(value for value, *_ in ends) * 1.1)
    place = -1.0
    for value, name, colour, own in sorted(ends):
        place = max(value, place + gap)
        ax.annotate(
            wrap(name, 34, lines=1),
            (x, value),
            xytext=(1.02, place),
            textcoords=ax.get_yaxis_transform(),
            color=colour,
            fontsize=9,
            fontweight="bold" if own else "normal",
            va="center",
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
        (("none", PALE, "every change counts"), ("hysteresis", ACCENT, "only lasting evidence"))
    ):
        places = [i + (shift - 0.5) * width for i in range(len(counts))]
        bars = ax.bar(places, counts[rule], width * 0.94, color=colour, label=name)
        ax.bar_label(bars, [f"{value:,.0f}" for value in counts[rule]], fontsize=9, color=INK)
    ax.set_xticks(range(len(counts)), counts.index)
    ax.set_ylabel("accounts that change segment")
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
            color=MUTED,
            alpha=0.35,
            lw=0,
        )
        _interval(ax, len(names), change.differ, change.interval, (0.0, least))
        names.append("change of the model\n(same accounts, same date)")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(left=min(0.0, ax.get_xlim()[0]))
    ax.xaxis.set_major_formatter(lambda value, _: percent_in_words(value))
    ax.set_xlabel("share of accounts; pale: too little to claim, dark: what refits change anyway")
    tidy(ax, "x")
    return ReportFigure(
        "movement_or_drift", figure, title, " ".join([found.sentence, *found.reasons])
    )


def _interval(
    ax: Axes, place: int, value: float, interval: tuple[float, float], pale: tuple[float, float]
) -> None:
    ax.fill_betweenx([place - 0.3, place + 0.3], *pale, color=PALE, alpha=0.8, lw=0, zorder=0)
    ax.plot(interval, [place, place], color=ACCENT, lw=2.2, solid_capstyle="butt")
    ax.plot([value], [place], "o", color=ACCENT, ms=7)
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
    return drift_figure(study.table("drift"), found.dates[0])


def drift_figure(table: pd.DataFrame, since: str) -> ReportFigure:
    """The features that are furthest from what they were; `table` is a `DRIFT`."""
    frame, n = table.head(_DRAWN_FEATURES), int(table["drifted"].sum())
    title = (
        f"No drift since {since} beyond what exchanging the dates gives among {len(table)} features"
        if n == 0
        else f"{n} {'feature has' if n == 1 else 'features have'} drifted since {since}"
    )
    figure = new_figure(title, height=1.4 + 0.26 * max(4, len(frame)))
    ax = figure.subplots()
    _drift_rows(ax, frame)
    ax.set_xlabel(
        "population stability index; dot: found, tick: below it are 95 % of exchanges\n"
        "of the dates, for one feature alone"
    )
    said = "; ".join(
        f"{row['feature']} {row['psi']:.2f}" for row in frame[frame["drifted"]].to_dict("records")
    )
    alt = (
        f"From {MODERATE:g} the change is called moderate, from {LARGE:g} large. "
        f"{said or 'None drifted'}."
    )
    return ReportFigure("feature_drift", figure, title, alt)


def _drift_rows(ax: Axes, frame: pd.DataFrame) -> None:
    places = range(len(frame))
    for limit in (MODERATE, LARGE):
        ax.axvline(limit, color=PALE, lw=1.2, zorder=0)
        ax.annotate(
            f"{limit:g}", (limit, 1.0), xycoords=ax.get_xaxis_transform(), fontsize=8,
            ha="center", va="bottom", color=MUTED,
        )  # fmt: skip
    ax.hlines(places, 0, frame["psi"], color=PALE, lw=1.0)
    ax.plot(frame["null_high"], places, "|", color=INK, ms=9)
    for drifted, colour in ((True, ACCENT), (False, MUTED)):
        rows = (frame["drifted"] == drifted).to_numpy()
        ax.plot(frame["psi"][rows], [i for i in places if rows[i]], "o", color=colour, ms=6)
    ax.set_yticks(places, [name_in_words(str(name)) for name in frame["feature"]])
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.set_xlim(0, max(0.3, 1.1 * float(frame["psi"].max())))
    tidy(ax)
