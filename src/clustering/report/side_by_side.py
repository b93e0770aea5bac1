"""The scorecard as a table."""

from clustering.report.facts import decimal, percent, short_title
from clustering.report.html import Cell, Html, Number, table
from clustering.results import StudyFolder
from clustering.results.scorecard_document import EstimateEntry

__all__ = ["scorecard_table"]

_MISSING = "–"


def scorecard_table(study: StudyFolder) -> Html:
    """Every labelling on the same accounts, folds and outcome; what is not defined stays empty."""
    card = study.document.scorecard
    amount = study.document.amount_name
    rows: list[list[Cell]] = []
    for score in [] if card is None else card.scores:
        marks = ["told more"] * score.gains + ["control"] * score.control
        rows.append(
            [
                short_title(study, score.labelling),
                ", ".join(marks),
                Number(str(score.n_groups)),
                Number(f"{score.n_accounts:,}"),
                _estimate(score.silhouette),
                _estimate(score.explained),
                _estimate(score.resampled),
                _estimate(score.over_time),
                _estimate(score.with_tiers),
                _estimate(score.with_segments),
                _estimate(score.gain, 3),
                Number(_MISSING if score.cost_share is None else percent(score.cost_share)),
            ]
        )
    columns = [
        "Labelling",
        "Status",
        "Groups",
        "Accounts",
        "Silhouette above random groups",
        "Variance explained",
        "Agreement with its refits",
        "Agreement with itself earlier",
        f"Agreement with {amount} tiers",
        f"Agreement with the {study.document.group_word.plural}",
        "Gain in log loss",
        f"Cost of care / {amount}",
    ]
    return table("All labellings side by side (95 % interval)", columns, rows)


def _estimate(found: EstimateEntry | None, digits: int = 2) -> Number:
    if found is None:
        return Number(_MISSING)
    if found.interval is None:
        return Number(decimal(found.value, digits))
    low, high = (decimal(end, digits) for end in found.interval)
    return Number(f"{decimal(found.value, digits)} ({low} to {high})")
