"""What labellings tell about the future, and all of them side by side, as tables."""

from clustering.comparison.base.entries import Gain
from clustering.comparison.forward.entries import ForwardEntry
from clustering.comparison.scorecard_entries import Score
from clustering.report.kit.cells import MISSING, Maker, amount, interval_cell, share, text
from clustering.report.kit.facts import learned, rivals_of, short_title
from clustering.report.kit.html import Column, Html, Number, table_of
from clustering.results import StudyFolder
from clustering.wording import estimate_in_words


def forward(study: StudyFolder) -> Html:
    """Gain over the tiers of every labelling, and of the rivals of the segments."""
    titles = {entry.name: entry.title for entry in study.document.labellings}
    rivals = rivals_of(study, learned(study).name)

    def title(entry: ForwardEntry) -> str:
        plain = entry.labelling.split(": ")[-1].replace("_", " ")
        return titles.get(entry.labelling, plain)

    columns = [
        Column("Model", title),
        Column("Kind", lambda entry: "rival of the segments" if entry in rivals else ""),
        Column("Outcome", text("outcome")),
        Column(
            "Events",
            lambda entry: Number(f"{entry.n_events:,} of {entry.n:,}" if entry.n else MISSING),
        ),
        Column("Gain in log loss", gain),
        Column("95 % interval", gain_interval),
        Column("Note", text("reason")),
    ]
    entries = [*study.document.forward, *rivals]
    return table_of("Gain over the tiers alone; above 0 is better", columns, entries)


def gain(entry: ForwardEntry) -> Number:
    """The cell of a gain in log loss."""
    return Number(MISSING if entry.gain is None else _in_words(entry.gain)[0])


def gain_interval(entry: ForwardEntry) -> Number:
    """The cell of its interval."""
    if entry.gain is None:
        return Number(MISSING)
    _, low, high = _in_words(entry.gain)
    return Number(f"{low} to {high}")


def _in_words(gain: Gain) -> tuple[str, str, str]:
    return estimate_in_words(gain.log_loss, gain.interval)


def scorecard_table(study: StudyFolder) -> Html:
    """Every labelling on the same accounts, folds and outcome; what is not defined stays empty.

    Two tables, because one of all columns is wider than a page.
    """
    scores, name = study.document.scorecard.scores, study.document.amount_name
    title = Column("Labelling", lambda score: short_title(study, score.labelling))
    groups = [
        title,
        Column(
            "Status",
            lambda score: ", ".join(["told more"] * score.gains + ["control"] * score.control),
        ),
        Column("Groups", amount("n_groups")),
        Column("Accounts", amount("n_accounts")),
        Column("Silhouette above random groups", _estimate("silhouette")),
        Column("Variance explained", _estimate("explained")),
        Column("Agreement with its refits", _estimate("resampled")),
        Column("Agreement with itself earlier", _estimate("over_time")),
    ]
    meaning = [
        title,
        Column(f"Agreement with {name} tiers", _estimate("with_tiers")),
        Column(
            f"Agreement with the {study.document.group_word.plural}", _estimate("with_segments")
        ),
        Column("Gain in log loss", _gain_with_interval),
        Column(f"Cost of care / {name}", share("cost_share")),
    ]
    caption = "All labellings side by side: "
    return table_of(f"{caption}the groups (95 % interval)", groups, scores) + table_of(
        f"{caption}what they tell (95 % interval)", meaning, scores
    )


def _gain_with_interval(score: Score) -> Number:
    found = score.gain
    if found is None:
        return Number(MISSING)
    if found.interval is None:
        return interval_cell(found.value, None, 3)
    value, low, high = estimate_in_words(found.value, found.interval)
    return Number(f"{value} ({low} to {high})")


def _estimate(name: str) -> Maker:
    """The cell of an estimate with its interval."""

    def cell(score: object) -> Number:
        found = getattr(score, name)
        if found is None:
            return Number(MISSING)
        return interval_cell(found.value, found.interval)

    return cell
