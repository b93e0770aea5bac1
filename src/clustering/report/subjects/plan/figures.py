"""What the plan costs, whom today's care fails, and what a head count covers."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from clustering.arrays import Floats
from clustering.columns import SEGMENT
from clustering.report.kit.canvas import (
    BAD,
    INK,
    MUTED,
    PALE,
    SOFT,
    STRONG,
    ink_on,
    new_figure,
    tidy,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import percent, plan_table
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import InWords, mark_ticks
from clustering.report.kit.marks import Mark, marks_of
from clustering.report.subjects.plan.tables import DELIVERY
from clustering.report.subjects.plan.team_words import csms
from clustering.results import StudyFolder
from clustering.wording import number_in_words, percent_in_words

_ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
_HATCH = "////"
_COST: dict[str, Any] = {
    "facecolor": "white", "edgecolor": INK, "hatch": _HATCH, "linewidth": 0.6
}  # fmt: skip
#: Colour and hatch of every delivery status: told apart without colours, and by none of a segment.
_LOOKS = ((SOFT, _HATCH), (PALE, ""), (STRONG, ""), ("white", "xxxx"), ("white", ""))
_DELIVERY = tuple((*one, *look) for one, look in zip(DELIVERY.items(), _LOOKS, strict=True))


def cost_of_care(study: StudyFolder) -> ReportFigure | None:
    """Cost of care as a share of ARR, per label, against the limit; None without ARR."""
    plan = study.document.plan
    if plan.cost_share is None:
        return None
    frame = plan_table(study, "coverage").dropna(subset=["cost_share"])
    limit, amount = plan.assumptions.affordable_share, study.document.amount_name
    n_over = int(frame["over_limit"].sum())
    title = (
        f"Care costs {percent(plan.cost_share)} of the {amount} in all; over the limit of "
        f"{percent(limit)}: {n_over or 'none'} of {len(frame)} labels"
    )
    figure = new_figure(title, height=1.7 + 0.55 * len(frame))
    ax = figure.subplots()
    bars = _bars(ax, study, frame["label"].tolist(), frame["cost_share"].to_numpy(dtype=float))
    for patch, over in zip(bars, frame["over_limit"], strict=True):
        if over:
            patch.set(edgecolor=BAD, linewidth=2.5)
    if n_over:
        figure.legend(
            handles=[Patch(fill=False, edgecolor=BAD, linewidth=2.5, label="over the limit")],
            loc="outside lower left", frameon=False, fontsize=9,
        )  # fmt: skip
    for row, one in enumerate(frame.itertuples()):
        text = f"{percent(float(str(one.cost_share)))}, {float(str(one.csms)):,.1f} CSMs"
        ax.annotate(text, (float(str(one.cost_share)), row), xytext=(6, 0),
                    textcoords="offset points", va="center", fontsize=9, color=INK, zorder=4,
                    bbox=_ON_WHITE)  # fmt: skip
    _cost_axis(ax, frame["cost_share"], limit, amount, room=1.3)
    _names(ax, frame["label"].tolist())
    said = "; ".join(
        f"{label} {percent(share)}"
        for label, share in zip(frame["label"], frame["cost_share"], strict=True)
    )
    alt = f"Bar per label with a line at the limit of {percent(limit)}. {said}."
    return ReportFigure("cost_of_care", figure, title, alt)


def delivery_audit(study: StudyFolder) -> ReportFigure | None:
    """Accounts of every label by their one delivery status; None where no hours are known."""
    plan = study.document.plan
    if not any(entry.name == "over_delivered" for entry in plan.audit):
        return None
    frame = plan_table(study, "audit").dropna(subset=["label"])
    labels = plan_table(study, "coverage")["label"].tolist()
    counts = pd.crosstab(frame["label"], frame["delivery"])
    counts = counts.reindex(index=labels, columns=[name for name, *_ in _DELIVERY], fill_value=0)
    found = {entry.name: entry.n_accounts for entry in plan.audit}
    title = (
        f"{found['over_delivered']:,} of {len(frame):,} accounts get far more than is usual for "
        f"their label and size, {found['under_delivered']:,} far less"
    )
    figure = new_figure(title, height=2.0 + 0.55 * len(labels))
    ax = figure.subplots()
    left = np.zeros(len(labels))
    for name, _, colour, hatch in _DELIVERY:
        width = counts[name].to_numpy(dtype=float)
        ax.barh(range(len(labels)), width, left=left, height=0.6, facecolor=colour, hatch=hatch,
                edgecolor=MUTED, linewidth=0.4)  # fmt: skip
        for row, (start, size) in enumerate(zip(left, width, strict=True)):
            if size >= 0.04 * counts.sum(axis=1).max():
                ax.text(start + size / 2, row, f"{size:,.0f}", ha="center", va="center",
                        fontsize=9, color=ink_on(colour),
                        bbox=_ON_WHITE | {"facecolor": colour} if hatch else None)  # fmt: skip
        left = left + width
    _names(ax, labels, study)
    ax.set_xlabel("accounts", fontsize=10)
    tidy(ax, grid="x")
    figure.legend(
        handles=[Patch(facecolor=c, hatch=h, edgecolor=MUTED, linewidth=0.4, label=t)
                 for _, t, c, h in _DELIVERY],
        loc="outside lower left", ncols=5, frameon=False, fontsize=9,
    )  # fmt: skip
    said = "; ".join(
        f"{label}: {row['over']:,} more, {row['under']:,} less, {row['as_needed']:,} as needed, "
        f"{row['bad_fit']:,} a bad fit"
        for label, row in counts.iterrows()
    )
    alt = f"Bar per label, split by the delivery status of its accounts. {said}."
    return ReportFigure("delivery_audit", figure, title, alt)


def head_count(study: StudyFolder) -> ReportFigure | None:
    """What other head counts could cover; None where there is no allocation."""
    plan = study.document.plan
    found = plan.staffing
    if found is None or found.status == "infeasible":
        return None
    curve = study.table("head_count").dropna()
    currency = study.document.currency
    people = csms(found.csms)
    share = found.covered / found.coverable if found.coverable > 0 else 1.0
    title = (
        f"By the assumed shares {people} {'covers' if found.csms == 1 else 'cover'} "
        f"{percent(share)} of what any number of people could"
    )
    figure = new_figure(title, height=4.4)
    ax = figure.subplots()
    ax.plot(curve["csms"], curve["covered"], color=STRONG, linewidth=2, marker="o", markersize=4)
    ax.axhline(found.coverable, color=MUTED, linewidth=1, linestyle="--")
    ax.text(0, found.coverable, "all accounts at high touch", va="bottom", fontsize=9, color=MUTED,
            bbox=_ON_WHITE)  # fmt: skip
    ax.plot([found.csms], [found.covered], marker="D", markersize=9, color=INK)
    place, align = (
        ((8, -12), "left") if found.csms < curve["csms"].max() / 2 else ((0, -16), "center")
    )
    ax.annotate(f"{people} ({found.origin})", (found.csms, found.covered), xytext=place,
                textcoords="offset points", ha=align, va="top", fontsize=9,
                color=INK, bbox=_ON_WHITE)  # fmt: skip
    ax.set_xlabel("CSMs", fontsize=10)
    ax.set_ylabel(wrap(f"revenue at risk and expansion covered ({currency} a year, assumed)", 34))
    ax.set_ylim(0, 1.1 * max(found.coverable, 1e-9))
    ax.yaxis.set_major_formatter(InWords(_short))
    tidy(ax, grid="y")
    points = ", ".join(f"{c:.0f} CSMs {_short(v)}" for c, v in curve.to_numpy())
    return ReportFigure(
        "head_count", figure, title, f"Line of the most that can be covered: {points}."
    )


def segment_value(study: StudyFolder) -> ReportFigure | None:
    """ARR of every label, split into cost to serve and the rest, with NRR and GRR."""
    frame = plan_table(study, "segment_value")
    frame = frame[(frame["kind"] == "segment") & ~frame["suppressed"]].dropna(subset=["arr"])
    if frame.empty:
        return None
    amount, currency = study.document.amount_name, study.document.currency
    top = frame.sort_values("arr", kind="stable").iloc[-1]
    title = f"'{top['label']}' holds {percent(top['arr_share'])} of the {amount}"
    figure = new_figure(title, height=2.0 + 0.6 * len(frame))
    ax = figure.subplots()
    labels = frame["label"].tolist()
    amounts = frame["arr"].to_numpy(dtype=float)
    _bars(ax, study, labels, amounts)
    cost = frame["cost_to_serve"].fillna(0.0).to_numpy(dtype=float)
    ax.barh(range(len(frame)), cost, height=0.55, **_COST)
    for row, one in enumerate(frame.to_dict("records")):
        ax.text(one["arr"], row, f"  {_retention(one['nrr'], one['grr'])}", va="center",
                fontsize=9, color=INK)  # fmt: skip
    _names(ax, labels)
    ax.set_xlim(0, 1.32 * float(frame["arr"].max()))
    ax.set_xlabel(wrap(f"{amount} ({currency} a year)", 90), fontsize=10)
    ax.xaxis.set_major_formatter(InWords(_short))
    tidy(ax, grid="x")
    if frame["cost_to_serve"].notna().any():
        figure.legend(
            handles=[
                Patch(**_COST, label="cost to serve (assumed cost of an hour)"),
                Patch(color=SOFT, label=wrap(f"filled: {amount} net of it", 90)),
            ],
            loc="outside lower left", ncols=2, frameon=False, fontsize=9,
        )  # fmt: skip
    said = "; ".join(
        f"{one['label']} {_short(one['arr'])}, {_retention(one['nrr'], one['grr'])}"
        for one in frame.to_dict("records")
    )
    return ReportFigure("segment_value", figure, title, f"Bar per label of its {amount}. {said}.")


def cost_by_labelling(study: StudyFolder) -> ReportFigure | None:
    """Cost of care as a share of ARR by every labelling; None without ARR."""
    plan = study.document.plan
    frame = study.table("plan_costs").dropna(subset=["cost_share"]).sort_values("cost_share")
    if frame.empty:
        return None
    low, high = frame.iloc[0], frame.iloc[-1]
    title = (
        f"Care costs from {percent(low['cost_share'])} of the {study.document.amount_name} by "
        f"{low['title']} to {percent(high['cost_share'])} by {high['title']}"
    )
    figure = new_figure(title, height=1.6 + 0.34 * len(frame))
    ax = figure.subplots()
    own = frame["labelling"] == plan.labelling
    bars = [STRONG if mine else SOFT for mine in own]
    ax.barh(range(len(frame)), frame["cost_share"], height=0.6, color=bars)
    figure.legend(
        handles=[Patch(color=STRONG, label="the plan"), Patch(color=SOFT, label="the others")],
        loc="outside lower left", ncols=2, frameon=False, fontsize=9,
    )  # fmt: skip
    for row, share in enumerate(frame["cost_share"]):
        ax.text(share, row, f"  {percent(share)}", va="center", fontsize=8.5, color=INK)
    limit, amount = plan.assumptions.affordable_share, study.document.amount_name
    _cost_axis(ax, frame["cost_share"], limit, amount, room=1.2)
    _names(ax, frame["title"].tolist())
    said = "; ".join(f"{t} {percent(s)}" for t, s in frame[["title", "cost_share"]].to_numpy())
    alt = f"Bar per labelling; the planned one is dark. {said}."
    return ReportFigure("cost_by_labelling", figure, title, alt)


def _cost_axis(
    ax: Axes, shares: "pd.Series[float]", limit: float, amount: str, room: float
) -> None:
    """An axis of shares with a line at the limit, and room for texts behind the bars."""
    ax.axvline(limit, color=INK, linewidth=1, linestyle="--")
    ax.annotate(f"limit {percent(limit)}", (limit, 1.0), xycoords=("data", "axes fraction"),
                xytext=(4, -2), textcoords="offset points", va="top", fontsize=9,
                color=INK)  # fmt: skip

    ax.set_xlim(0, room * max(float(shares.max()), limit))
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(InWords(percent_in_words))
    ax.set_xlabel(wrap(f"cost of care (assumed) as a share of {amount}", 90), fontsize=10)
    tidy(ax, grid="x")


def _bars(ax: Axes, study: StudyFolder, labels: list[str], widths: Floats) -> BarContainer:
    """A bar a label: with the look of its segment where the plan is by segments."""
    marks = _marks(study)
    looks = [marks.get(label, Mark(STRONG, "o", "")) for label in labels]
    return ax.barh(
        range(len(labels)), widths, height=0.55, color=[look.colour for look in looks],
        hatch=[look.hatch for look in looks], edgecolor=INK, linewidth=0,
    )  # fmt: skip


def _marks(study: StudyFolder) -> dict[str, Mark]:
    """Marks of the labels of the plan; none where they are not the segments."""
    return marks_of(study) if study.document.plan.labelling == SEGMENT else {}


def _names(ax: Axes, names: list[str], study: StudyFolder | None = None) -> None:
    """Names of the rows; with the marks of its segments where `study` plans by them."""
    ax.set_yticks(range(len(names)), wrap_apart(names, 30, lines=2), fontsize=9)
    ax.set_ylim(len(names) - 0.45, -0.75)
    marks = {} if study is None else _marks(study)
    if all(name in marks for name in names):
        mark_ticks(ax, [marks[name] for name in names])


def _retention(nrr: float, grr: float) -> str:
    if np.isnan(nrr):
        return "NRR not observed"
    return f"NRR {percent(nrr)}, GRR {percent(grr)}"


def _short(amount: float, digits: int = 3) -> str:
    """An amount in the fewest figures that tell it: 1.2 M, 340 k, 95."""
    for size, unit in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(amount) >= size:
            return f"{number_in_words(amount / size, digits)}{unit}"
    return number_in_words(amount, digits)
