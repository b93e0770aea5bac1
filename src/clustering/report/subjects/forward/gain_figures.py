"""What each labelling tells about the future beside the ARR tiers."""

from dataclasses import dataclass

from matplotlib.lines import Line2D

from clustering.comparison.forward.entries import ForwardEntry
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import BAD, GOOD, INK, SOFT, new_figure, tidy, wrap_apart
from clustering.report.kit.facts import log_loss_gain, title_of
from clustering.report.kit.figure import ReportFigure
from clustering.results import StudyFolder
from clustering.wording import estimate_in_words


@dataclass(frozen=True)
class _Kind:
    """What a gain comes to, and how it is drawn."""

    text: str
    colour: str
    marker: str

    @property
    def handle(self) -> Line2D:
        return Line2D([], [], color=self.colour, marker=self.marker, linewidth=3.2, label=self.text)


_MORE = _Kind("told more than the tiers", GOOD, "D")
_NOT_SHOWN = _Kind("not shown to tell more", SOFT, "o")
_WORSE = _Kind("told less", BAD, "v")
_KINDS = (_MORE, _NOT_SHOWN, _WORSE)


@drawn_once
def forward_gains(study: StudyFolder) -> ReportFigure | None:
    """What each labelling adds to the ARR tiers about later outcomes; None if not judged."""
    known = [(entry, log_loss_gain(entry)) for entry in study.document.forward]
    judged = [(entry, found) for entry, found in known if found is not None]
    if not judged:
        return None
    entries = [entry for entry, _ in judged]
    title = _forward_title(study, entries)
    figure = new_figure(title, height=1.9 + 0.48 * len(entries))
    ax = figure.subplots()
    ax.axvline(0, color=INK, linewidth=1.0)
    drawn = []
    for row, (entry, (gain, low, high)) in enumerate(judged):
        kind = _MORE if _gained(study, entry) else _WORSE if high < 0 else _NOT_SHOWN
        drawn.append(kind)
        ax.plot([low, high], [row, row], color=kind.colour, linewidth=3.2, solid_capstyle="butt")
        ax.plot(gain, row, kind.marker, color=kind.colour, markersize=9)
    figure.legend(
        handles=[kind.handle for kind in _KINDS if kind in drawn],
        loc="outside lower left", ncols=3, frameon=False, fontsize=9,
    )  # fmt: skip
    outcomes = {entry.outcome for entry in entries}
    one = f" about '{outcomes.pop()}'" if len(outcomes) == 1 else ""
    names = wrap_apart([_name(study, e) for e in entries], 34, lines=2)
    labels = [
        name + ("" if one else f"\n{e.outcome}") for name, e in zip(names, entries, strict=True)
    ]
    ax.set_yticks(range(len(entries)), labels, fontsize=9.5)
    ax.set_ylim(len(entries) - 0.4, -0.6)
    ax.set_xlabel(
        f"gain in log loss over the tiers alone{one}, 95 % interval (right of 0 is better)",
        fontsize=10,
    )
    tidy(ax, grid="x")
    said = "; ".join(
        f"{_name(study, e)}, {e.outcome}: {value} ({low} to {high})"
        for e, (gain, *ends) in judged
        for value, low, high in [estimate_in_words(gain, (ends[0], ends[1]))]
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
    counted = f"{len(better)} of {card.n_judged} labellings"
    return f"{counted} told more than the {amount} tiers: {named}{more}"


def _gained(study: StudyFolder, entry: ForwardEntry) -> bool:
    """Whether the study says that this labelling told more than the tiers."""
    card = study.document.scorecard
    return entry.labelling in card.better and entry.outcome == card.outcome


def _name(study: StudyFolder, entry: ForwardEntry) -> str:
    if entry.labelling == "features":
        return "model on all features"
    return title_of(study, entry.labelling)
