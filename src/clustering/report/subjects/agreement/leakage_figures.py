"""Agreement with the tiers when other features make the segments."""

from clustering.comparison.leakage.entries import Ablation
from clustering.report.kit.canvas import INK, STRONG, new_figure, tidy, wrap
from clustering.report.kit.facts import decimal, under_amount_name
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder


def ablation(study: StudyFolder) -> ReportFigure | None:
    """AMI with the tiers per set of features; None where there were no tiers to compare with."""
    entries = study.document.leakage.ablations
    if not entries:
        return None
    amount = study.document.amount_name
    title = _title(entries, amount)
    figure = new_figure(title, height=1.9 + 0.5 * len(entries))
    ax = figure.subplots()
    ax.axvline(0, color=INK, linewidth=1.0)
    for row, entry in enumerate(entries):
        ax.plot(_span(entry), [row, row], color=STRONG, linewidth=3.2, solid_capstyle="butt")
        ax.plot(entry.ami, row, "o", color=STRONG, markersize=8)
    named = [
        (under_amount_name(study, e.features), under_amount_name(study, e.meaning)) for e in entries
    ]
    labels = [f"{features}: {wrap(meaning, 44, lines=2)}" for features, meaning in named]
    ax.set_yticks(range(len(entries)), labels, fontsize=9)
    ax.set_ylim(len(entries) - 0.5, -0.5)
    ax.set_xlim(right=1.02)
    ax.set_xlabel(f"agreement with the {amount} tiers (AMI, 95 % interval)", fontsize=10)
    tidy(ax, grid="x")
    said = "; ".join(
        f"{features} ({meaning}): {decimal(entry.ami)}"
        for (features, meaning), entry in zip(named, entries, strict=True)
    )
    return ReportFigure("ablation", figure, title, f"Dot plot with intervals. {said}.")


def _title(entries: list[Ablation], amount: str) -> str:
    lowest, highest = min(e.ami for e in entries), max(e.ami for e in entries)
    return (
        f"Depending on the features that make the segments, their agreement with the {amount} "
        f"tiers runs from {decimal(lowest)} to {decimal(highest)}"
    )


def _span(entry: Ablation) -> tuple[float, float]:
    return (entry.ami, entry.ami) if entry.interval is None else entry.interval.ami
