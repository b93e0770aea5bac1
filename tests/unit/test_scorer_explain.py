import dataclasses

import numpy as np
import pandas as pd
import pytest

from clustering.scorer.answers.explain import explain
from clustering.scorer.answers.scores import REASONS
from snapshots import book, scorer_of

ALGORITHMS = ["kmeans", "mixture"]
COLUMNS = [one.name for one in REASONS.columns]


@pytest.fixture(scope="module")
def snapshot():
    return book(missing=0.15)


def explained(scorer, frame):
    """The columns as the scorer sees them, their assignment, and the reasons as numbers."""
    columns = scorer.standardiser.known_columns(scorer.standardiser.columns_of(frame))
    assignment = scorer.model.assign(columns)
    reasons = explain(scorer.model, scorer.standardiser, scorer.usual, columns, assignment)
    return columns, assignment, reasons


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_parts_of_the_features_sum_to_the_log_odds_but_for_a_constant(snapshot, algorithm):
    """Exactly: what is left over is the same for all accounts of which the same is known."""
    scorer = scorer_of(snapshot, algorithm)
    columns, assignment, _ = explained(scorer, snapshot.frame)
    rows, own, other = np.arange(400), assignment.labels, assignment.runner_up
    contrast = scorer.model.contrast(columns, own, other)
    log_odds = assignment.sharpness * assignment.scores
    odds = log_odds[own, rows] - log_odds[other, rows]
    over = pd.Series(odds - contrast.against.sum(axis=1))
    pattern = ["".join(row) for row in np.where(np.isnan(columns), "0", "1").T]
    assert over.groupby([pattern, own, other]).agg(np.ptp).max() < 1e-8
    if algorithm == "kmeans":
        np.testing.assert_allclose(over, 0, atol=1e-8)
        rest = (log_odds.sum(axis=0) - log_odds[own, rows]) / 2
        mine = log_odds[own, rows] - rest
        np.testing.assert_allclose(contrast.own.sum(axis=1), mine, atol=1e-8)
    assert (contrast.against[np.isnan(columns.T)] == 0).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_slope_and_bend_say_what_a_step_does_to_the_log_odds(snapshot, algorithm):
    scorer = scorer_of(snapshot, algorithm)
    columns, assignment, _ = explained(scorer, snapshot.frame)
    rows, own, other = np.arange(400), assignment.labels, assignment.runner_up
    contrast = scorer.model.contrast(columns, own, other)
    sharpness = assignment.sharpness
    before = sharpness * (assignment.scores[other, rows] - assignment.scores[own, rows])
    for feature in range(len(columns)):
        moved = columns.copy()
        moved[feature] += 0.7
        scores = sharpness * scorer.model.assign(moved).scores
        gain = scores[other, rows] - scores[own, rows] - before
        expected = 0.7 * contrast.slope[:, feature]
        if contrast.bend is not None:
            expected += 0.5 * 0.7**2 * contrast.bend[:, feature]
        known = ~np.isnan(columns[feature])
        np.testing.assert_allclose(gain[known], expected[known], atol=1e-8)
    assert (contrast.bend is None) == (algorithm == "kmeans")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("k", [2, 3, 5])
def test_what_would_move_an_account_gives_the_runner_up_when_scored(snapshot, algorithm, k):
    scorer = scorer_of(snapshot, algorithm, k)
    scores = scorer.score_features(snapshot.frame, reasons=True)
    _, _, reasons = explained(scorer, snapshot.frame)
    names = np.array(scorer.standardiser.feature_names)
    moved = snapshot.frame.copy()
    for row, text in enumerate(scores["would_move"]):
        changes = reasons.changed[:, row] >= 0
        assert pd.notna(text) == changes.any()
        for feature, value in np.c_[reasons.changed[:, row], reasons.targets[:, row]][changes]:
            moved.iloc[row, moved.columns.get_loc(names[int(feature)])] = value
    can = scores["would_move"].notna()
    assert can.mean() > 0.8
    again = scorer.score_features(moved[can])
    assert again["segment_name"].tolist() == scores["runner_up"][can].tolist()
    # Within what is usual, whole where it is counted, and never of a feature that is not known.
    usual = snapshot.frame.quantile([0.01, 0.99])
    for name in names:
        changed = moved[name][can][moved[name][can] != snapshot.frame[name][can]].dropna()
        assert changed.between(*(usual[name] + [-1e-9, 1e-9])).all()
        if name in ("breadth", "has_sponsor"):
            assert (changed % 1 == 0).all()
    assert (moved.isna() == snapshot.frame.isna()).all(axis=None)


def test_one_change_of_kmeans_is_the_smallest_there_is(snapshot):
    """Against a search of every feature in small steps."""
    scorer = scorer_of(snapshot)
    columns, assignment, reasons = explained(scorer, snapshot.frame.iloc[:60])
    weights = np.array([column.weight for column in scorer.standardiser.columns])
    for row in np.flatnonzero((reasons.changed[0] >= 0) & (reasons.changed[1] < 0)):
        feature, target = reasons.changed[0, row], reasons.targets[0, row]
        (reached,) = scorer.standardiser.columns[feature].apply(np.array([target]))
        found = abs(reached - columns[feature, row]) / weights[feature]
        for other in np.flatnonzero(~np.isnan(columns[:, row])):
            least, most = scorer.usual[:, other]
            tried = np.repeat(columns[:, [row]], 400, axis=1)
            tried[other] = np.linspace(least, most, 400)
            wins = scorer.model.assign(tried).labels == assignment.runner_up[row]
            step = np.abs(tried[other] - columns[other, row]) / weights[other]
            scale = scorer.standardiser.scales[other]
            if wins.any() and scale not in ("count", "binary"):
                assert found <= step[wins].min() + 0.35, "one rounded step at most"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reasons_are_sentences_with_values_and_what_is_typical(snapshot, algorithm):
    scorer = scorer_of(snapshot, algorithm)
    scores = scorer.score_features(snapshot.frame, reasons=True)
    assert list(scores.columns[-3:]) == COLUMNS
    text = scores[COLUMNS].fillna("").agg(" ".join, axis=1)
    assert not text.str.contains("_|nan|unknown", regex=True).any()
    first = scores["why"].iloc[0].split("; ")
    assert len(first) == 3
    assert all(", typical here " in part for part in first)
    assert all(", there " in part for part in scores["against_runner_up"].iloc[0].split("; "))
    assert " instead of " in scores["would_move"].dropna().iloc[0]
    pd.testing.assert_frame_equal(
        scores.drop(columns=COLUMNS), scorer.score_features(snapshot.frame)
    )


def test_reasons_of_the_planted_kind_name_its_features():
    """A very late account of the late kind is there because it is late."""
    snapshot = book(missing=0)
    scorer = scorer_of(snapshot)
    frame = snapshot.frame.iloc[[0]].assign(
        days_late=60.0, goals_share=0.5, breadth=4, hours=10, has_sponsor=0, score=-5
    )
    scores = scorer.score_features(frame, reasons=True)
    assert scores["segment_name"].item() == scorer.segment_names[2]
    assert scores["why"].item().startswith("days late 60 unit, typical here 35")


def test_without_a_segment_there_are_no_reasons(snapshot):
    frame = snapshot.frame.iloc[:2].assign(tenure_days=[1, 900])
    scores = scorer_of(snapshot).score_features(frame, reasons=True)
    assert scores[COLUMNS].iloc[0].isna().all()
    assert scores[COLUMNS[:2]].iloc[1].notna().all()


def test_one_segment_has_no_reasons(snapshot):
    scores = scorer_of(snapshot, k=1).score_features(snapshot.frame, reasons=True)
    assert scores[COLUMNS].isna().all(axis=None)


def test_pieces_do_not_show_in_reasons(snapshot, monkeypatch):
    scorer = scorer_of(snapshot, "mixture")
    whole = scorer.score_features(snapshot.frame, reasons=True)
    monkeypatch.setattr("clustering.scorer.answers.compute._CHUNK", 7)
    again = scorer.score_features(snapshot.frame, reasons=True)
    pd.testing.assert_frame_equal(again, whole, rtol=1e-9)


def test_no_accounts_have_no_reasons(snapshot):
    scores = scorer_of(snapshot).score_features(snapshot.frame.iloc[:0], reasons=True)
    assert scores.empty
    assert list(scores.columns[-3:]) == COLUMNS


def test_usual_values_survive_the_folder(snapshot, tmp_path):
    scorer = scorer_of(snapshot, "mixture")
    scorer.save(tmp_path / "scorer")
    again = type(scorer).load(tmp_path / "scorer")
    np.testing.assert_array_equal(again.usual, scorer.usual)
    assert (
        dataclasses.replace(again)
        .score_features(snapshot.frame, reasons=True)
        .equals(scorer.score_features(snapshot.frame, reasons=True))
    )
