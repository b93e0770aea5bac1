"""Agreement of the segments with every other labelling, and what each tells about the future."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    ACCENT,
    INK,
    MUTED,
    PALE,
    colours,
    new_figure,
    tidy,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import (
    agreements_of_segments,
    ami_interval,
    decimal,
    group_words,
    log_loss_gain,
    title_of,
)
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder
from clustering.results.document import AgreementEntry, ForwardEntry, LabellingEntry
from clustering.wording import p_in_words

_Pair = tuple[LabellingEntry, AgreementEntry]


@drawn_once
def agreement_dots(study: StudyFolder) -> ReportFigure | None:
    """AMI with its interval for every labelling, chance at 0 and the ceiling where known."""
    pairs = sorted(agreements_of_segments(study), key=lambda pair: -pair[1].ami)
    if not pairs or len(study.document.segments) == 1:
        return None
    title = _title(study, pairs)
    figure = new_figure(title, height=2.2 + 0.55 * len(pairs))
    ax = figure.subplots()
    ax.axvline(0, color=INK, linewidth=1.0)
    for row, (_, agreement) in enumerate(pairs):
        _agreement_row(ax, row, agreement)
    titles = wrap_apart([entry.title for entry, _ in pairs], 30, lines=2)
    labels = [f"{title}\nn = {a.n:,}" for title, (_, a) in zip(titles, pairs, strict=True)]
    ax.set_yticks(range(len(pairs)), labels, fontsize=9.5)
    ax.set_ylim(len(pairs) - 0.4, -0.6)
    ax.set_xlim(min(-0.06, min(_span(a)[0] for _, a in pairs) - 0.03), 1.02)
    ax.set_xlabel("adjusted mutual information: 0 is chance, 1 is the same groups", fontsize=10)
    tidy(ax, grid="x")
    figure.legend(
        handles=_legend(pairs), loc="outside lower left", ncols=3, frameon=False, fontsize=9
    )
    said = "; ".join(
        f"{entry.title}: {_number(a)}, permutation {p_in_words(a.permutation_p)}"
        for entry, a in pairs
    )
    return ReportFigure("agreement", figure, title, f"Dot plot with intervals. {said}.")


def _agreement_row(ax: Axes, row: int, agreement: AgreementEntry) -> None:
    blue = colours(1)[0]
    low, high = _span(agreement)
    if agreement.null_high is not None:
        ax.barh(row, agreement.null_high, height=0.5, color=PALE, zorder=0)
    if agreement.refitted_interval is not None and "ami" in agreement.refitted_interval:
        ax.plot(agreement.refitted_interval["ami"], [row, row], color=blue, linewidth=1.0)
    ax.plot([low, high], [row, row], color=blue, linewidth=3.2, solid_capstyle="butt")
    ax.plot(agreement.ami, row, "o", color=blue, markersize=9)
    if agreement.ceiling is not None:
        ax.plot(agreement.ceiling, row, "|", color=ACCENT, markersize=18, markeredgewidth=2)
    end = max(high, agreement.ami)
    ax.annotate(
        _number(agreement),
        (end, row),
        xytext=(6, 9),
        textcoords="offset points",
        fontsize=9,
        color=INK,
        va="bottom",
        ha="right" if end > 0.7 else "left",
    )


def _span(agreement: AgreementEntry) -> tuple[float, float]:
    """The interval, or the value itself where there is no interval."""
    return ami_interval(agreement) or (agreement.ami, agreement.ami)


def _number(agreement: AgreementEntry) -> str:
    interval = ami_interval(agreement)
    if interval is None:
        return f"{decimal(agreement.ami)} (no interval)"
    low, high = (decimal(end) for end in interval)
    return f"{decimal(agreement.ami)} (95 % interval {low} to {high})"


def _legend(pairs: list[_Pair]) -> list[Line2D]:
    blue = colours(1)[0]
    handles = [
        Line2D([], [], color=blue, marker="o", linewidth=3.2, label="agreement, 95 % interval")
    ]
    if any(a.null_high is not None for _, a in pairs):
        handles.append(
            Line2D([], [], color=PALE, linewidth=9, label="what chance reaches (97.5 %)")
        )
    if any(a.ceiling is not None for _, a in pairs):
        handles.append(
            Line2D(
                [],
                [],
                color=ACCENT,
                marker="|",
                markersize=13,
                markeredgewidth=2,
                linestyle="none",
                label="ceiling: agreement with a refit",
            )
        )
    return handles


def _title(study: StudyFolder, pairs: list[_Pair]) -> str:
    groups = group_words(study)
    first, agreement = pairs[0]
    if len(pairs) > 1:
        _, second = pairs[1]
        if _span(agreement)[0] > _span(second)[1]:
            return (
                f"Of {len(pairs)} other labellings '{first.title}' agrees most with the {groups}: "
                f"{_number(agreement)}; 1 would be the same"
            )
    said = ", ".join(f"{entry.title} {decimal(a.ami)}" for entry, a in pairs[:3])
    return f"Agreement of the {groups} with other labellings (0 chance, 1 the same): {said}"


@drawn_once
def forward_gains(study: StudyFolder) -> ReportFigure | None:
    """What each labelling adds to the ARR tiers about later outcomes; None if not judged."""
    entries = [entry for entry in study.document.forward if log_loss_gain(entry) is not None]
    if not entries:
        return None
    title = _forward_title(study, entries)
    figure = new_figure(title, height=1.9 + 0.48 * len(entries))
    ax = figure.subplots()
    ax.axvline(0, color=INK, linewidth=1.0)
    for row, entry in enumerate(entries):
        gain, low, high = _known(entry)
        gained = _gained(study, entry)
        colour = colours(1)[0] if gained else ACCENT if high < 0 else MUTED
        ax.plot([low, high], [row, row], color=colour, linewidth=3.2, solid_capstyle="butt")
        ax.plot(gain, row, "o", color=colour, markersize=9)
    outcomes = {entry.outcome for entry in entries}
    one = f" about '{outcomes.pop()}'" if len(outcomes) == 1 else ""
    labels = [
        wrap(_name(study, e), 34, lines=2) + ("" if one else f"\n{e.outcome}") for e in entries
    ]
    ax.set_yticks(range(len(entries)), labels, fontsize=9.5)
    ax.set_ylim(len(entries) - 0.4, -0.6)
    ax.set_xlabel(
        f"gain in log loss over the tiers alone{one}, 95 % interval (right of 0 is better)",
        fontsize=10,
    )
    tidy(ax, grid="x")
    said = "; ".join(
        f"{_name(study, e)}, {e.outcome}: {decimal(g, 4)} ({decimal(low, 4)} to {decimal(high, 4)})"
        for e in entries
        for g, low, high in [_known(e)]
    )
    return ReportFigure("forward_gains", figure, title, f"Dot plot with intervals. {said}.")


def _forward_title(study: StudyFolder, entries: list[ForwardEntry]) -> str:
    """As the sentence of the scorecard says it: the same labellings, the same number of them."""
    amount = study.document.amount_name
    card = study.document.scorecard
    better = [entry for entry in entries if _gained(study, entry)]
    if not better:
        return f"No evidence that any labelling tells more about what happened than {amount} tiers"
    named = ", ".join(f"'{name}'" for name in dict.fromkeys(_name(study, e) for e in better[:2]))
    more = f" and {len(better) - 2} more" if len(better) > 2 else ""
    judged = len(entries) if card is None else card.n_judged
    return f"{len(better)} of {judged} labellings told more than the {amount} tiers: {named}{more}"


def _gained(study: StudyFolder, entry: ForwardEntry) -> bool:
    """Whether the study says that this labelling told more than the tiers."""
    card = study.document.scorecard
    if card is not None:
        return entry.labelling in card.better and entry.outcome == card.outcome
    return _known(entry)[1] > 0 and (entry.p_adjusted is None or entry.p_adjusted <= 0.05)


def _name(study: StudyFolder, entry: ForwardEntry) -> str:
    if entry.labelling == "features":
        return "model on all features"
    return title_of(study, entry.labelling)


def _known(entry: ForwardEntry) -> tuple[float, float, float]:
    gain = log_loss_gain(entry)
    if gain is None:
        raise ValueError(f"labelling '{entry.labelling}' has no gain with an interval")
    return gain
