"""The scorecard as tables."""

from collections.abc import Sequence

from clustering.report.kit.facts import decimal, percent, short_title
from clustering.report.kit.html import Cell, Html, Number, table
from clustering.results import StudyFolder
from clustering.results.scorecard_document import EstimateEntry, ScoreEntry

_MISSING = "–"


def scorecard_table(study: StudyFolder) -> Html:
    """Every labelling on the same accounts, folds and outcome; what is not defined stays empty.

    Two tables, because one of all columns is wider than a page.
    """
    card = study.document.scorecard
    scores = [] if card is None else card.scores
    return _groups(study, scores) + _meaning(study, scores)


def _groups(study: StudyFolder, scores: Sequence[ScoreEntry]) -> Html:
    """What the groups of each labelling are like, and whether they stay."""
    rows: list[list[Cell]] = [
        [
            short_title(study, score.labelling),
            ", ".join(["told more"] * score.gains + ["control"] * score.control),
            Number(str(score.n_groups)),
            Number(f"{score.n_accounts:,}"),
            _estimate(score.silhouette),
            _estimate(score.explained),
            _estimate(score.resampled),
            _estimate(score.over_time),
        ]
        for score in scores
    ]
    columns = [
        "Labelling",
        "Status",
        "Groups",
        "Accounts",
        "Silhouette above random groups",
        "Variance explained",
        "Agreement with its refits",
        "Agreement with itself earlier",
    ]
    return table("All labellings side by side: the groups (95 % interval)", columns, rows)


def _meaning(study: StudyFolder, scores: Sequence[ScoreEntry]) -> Html:
    """What each labelling agrees with, what it told, and what its care would cost."""
    amount = study.document.amount_name
    rows: list[list[Cell]] = [
        [
            short_title(study, score.labelling),
            _estimate(score.with_tiers),
            _estimate(score.with_segments),
            _estimate(score.gain, 3),
            Number(_MISSING if score.cost_share is None else percent(score.cost_share)),
        ]
        for score in scores
    ]
    columns = [
        "Labelling",
        f"Agreement with {amount} tiers",
        f"Agreement with the {study.document.group_word.plural}",
        "Gain in log loss",
        f"Cost of care / {amount}",
    ]
    return table("All labellings side by side: what they tell (95 % interval)", columns, rows)


def _estimate(found: EstimateEntry | None, digits: int = 2) -> Number:
    if found is None:
        return Number(_MISSING)
    if found.interval is None:
        return Number(decimal(found.value, digits))
    low, high = (decimal(end, digits) for end in found.interval)
    return Number(f"{decimal(found.value, digits)} ({low} to {high})")
