import dataclasses

import numpy as np
import pandas as pd
import pytest

from clustering.config import FeaturesConfig
from clustering.errors import BadInputError
from clustering.scorer import Scorer, Training
from snapshots import AS_OF, book, fitted, scorer_of

ALGORITHMS = ["kmeans", "mixture"]


@pytest.fixture(scope="module")
def snapshot():
    return book()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_scoring_the_training_snapshot_gives_back_the_labels(snapshot, algorithm, k):
    matrix, _, clustering = fitted(snapshot, algorithm, k)
    scores = scorer_of(snapshot, algorithm, k).score_features(snapshot.frame)
    assert tuple(scores.index) == matrix.account_ids
    np.testing.assert_array_equal(scores["segment"].to_numpy(dtype=np.int64), clustering.labels)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_probability_margin_and_runner_up_belong_together(snapshot, algorithm):
    scorer = scorer_of(snapshot, algorithm)
    scores = scorer.score_features(snapshot.frame)
    posterior = scorer.model.probabilities(scorer.standardiser.transform(snapshot.frame))
    order = np.argsort(posterior, axis=1)
    names = np.array(scorer.segment_names)
    np.testing.assert_allclose(scores["probability"], posterior.max(axis=1), atol=1e-12)
    assert (scores["segment_name"] == names[order[:, -1]]).all()
    assert (scores["runner_up"] == names[order[:, -2]]).all()
    second = np.take_along_axis(posterior, order[:, [-2]], axis=1)[:, 0]
    np.testing.assert_allclose(scores["margin"], posterior.max(axis=1) - second, atol=1e-12)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_account_is_scored_by_itself(snapshot, algorithm):
    scorer = scorer_of(snapshot, algorithm)
    together = scorer.score_features(snapshot.frame)
    alone = pd.concat([scorer.score_features(snapshot.frame.iloc[[row]]) for row in (0, 17, 399)])
    pd.testing.assert_frame_equal(alone, together.iloc[[0, 17, 399]], rtol=1e-9)


def test_pieces_do_not_show(snapshot, monkeypatch):
    scorer = scorer_of(snapshot)
    whole = scorer.score_features(snapshot.frame)
    monkeypatch.setattr("clustering.scorer.scorer._CHUNK", 7)
    pd.testing.assert_frame_equal(scorer.score_features(snapshot.frame), whole, rtol=1e-9)


@pytest.mark.parametrize(
    ("algorithm", "words"),
    [("kmeans", "further from the centre of its segment"), ("mixture", "less likely under")],
)
def test_an_account_unlike_all_others_is_flagged_with_the_reason(snapshot, algorithm, words):
    strange = pd.DataFrame(
        {
            "days_late": [-500.0],
            "goals_share": [0.0],
            "breadth": [500],
            "hours": [1e6],
            "has_sponsor": [1],
            "score": [-500.0],
        },
        index=["new"],
    )
    scores = scorer_of(snapshot, algorithm).score_features(strange)
    assert scores["novel"].item()
    reason = scores["reason"].item()
    assert words in reason
    assert "days_late is −500, far below all that the model was learned from; breadth is" in reason
    assert "unassigned" not in reason, "a segment is assigned: the reason must not deny it"
    # its posterior does not warn: that is why the flag exists
    assert scores["probability"].item() > 0.5


@pytest.mark.parametrize(("algorithm", "share"), [("kmeans", 0.005), ("mixture", 0.01)])
def test_about_the_expected_share_of_the_training_accounts_is_flagged(snapshot, algorithm, share):
    scorer = scorer_of(book(n=2000), algorithm)
    assert scorer.expected_novel_share == pytest.approx(share)
    scores = scorer.score_features(book(n=2000).frame)
    assert scores["novel"].mean() == pytest.approx(share, abs=0.004)
    assert scores["reason"].notna().equals(scores["novel"] | (scores["known_share"] < 0.5))


def test_nothing_known_gives_no_segment_and_never_a_guess(snapshot):
    frame = snapshot.frame.iloc[:3].copy()
    frame.iloc[1] = np.nan
    scores = scorer_of(snapshot).score_features(frame)
    unknown = scores.iloc[1]
    assert scores["segment"].isna().tolist() == [False, True, False]
    assert pd.isna(unknown["segment_name"])
    assert pd.isna(unknown["probability"])
    assert pd.isna(unknown["margin"])
    assert unknown["reason"] == "none of the features is known: no segment"
    assert unknown["known_share"] == 0
    assert not unknown["novel"]


def test_only_unknown_accounts_are_no_special_case(snapshot):
    frame = snapshot.frame.iloc[:2] * np.nan
    assert scorer_of(snapshot).score_features(frame)["segment"].isna().all()


def test_little_known_accounts_are_scored_and_say_so(snapshot):
    frame = snapshot.frame.iloc[[0]] * np.nan
    frame["score"] = 40.0
    scores = scorer_of(snapshot).score_features(frame)
    assert scores["segment"].notna().all()
    assert scores["known_share"].item() == pytest.approx(1 / 6)
    assert scores["reason"].item() == "fewer than half of the features are known"


def test_one_segment_has_no_runner_up(snapshot):
    scores = scorer_of(snapshot, k=1).score_features(snapshot.frame)
    assert scores["runner_up"].isna().all()
    assert (scores["margin"] == 1).all()
    assert set(scores["segment_name"]) == {"all accounts"}


def test_account_ids_may_be_a_column(snapshot):
    scorer = scorer_of(snapshot)
    by_column = scorer.score_features(snapshot.frame.reset_index())
    pd.testing.assert_frame_equal(by_column, scorer.score_features(snapshot.frame))


def test_other_columns_and_their_order_do_not_matter(snapshot):
    scorer = scorer_of(snapshot)
    other = snapshot.frame[snapshot.frame.columns[::-1]].assign(note="text")
    pd.testing.assert_frame_equal(
        scorer.score_features(other), scorer.score_features(snapshot.frame)
    )


def test_no_accounts_give_no_scores(snapshot):
    scores = scorer_of(snapshot).score_features(snapshot.frame.iloc[:0])
    assert scores.empty
    assert scores["segment"].dtype == "Int64"


def test_missing_features_are_named(snapshot):
    with pytest.raises(BadInputError, match=r"feature 'hours' is missing\.\n.*'score' is missing"):
        scorer_of(snapshot).score_features(snapshot.frame.drop(columns=["hours", "score"]))


def test_only_natural_segments_are_clusters(snapshot):
    training = scorer_of(snapshot).training
    assert training.group_word == ("band", "bands")
    natural = dataclasses.replace(training, verdict="natural")
    # Natural clusters may exist beside segments that the limits of the business made.
    assert natural.group_word == ("band", "bands")
    clusters = dataclasses.replace(natural, are_clusters=True)
    assert clusters.group_word == ("cluster", "clusters")
    with pytest.raises(ValueError, match="segments of a reproducible verdict are not clusters"):
        dataclasses.replace(clusters, verdict="reproducible")
    assert training.sizes == tuple(np.bincount(fitted(snapshot)[2].labels))


def test_parts_of_different_studies_are_refused(snapshot):
    matrix, standardiser, clustering = fitted(snapshot)
    other, _, _ = fitted(book(n=100))

    def build(**parts):
        given = {"matrix": matrix, "clustering": clustering, "names": ("a", "b", "c"), **parts}
        return Scorer.build(
            standardiser, given["clustering"], given["matrix"], given["names"],
            FeaturesConfig(), Training(AS_OF, "natural"),
        )  # fmt: skip

    with pytest.raises(BadInputError, match="not fitted on this matrix"):
        build(matrix=other)
    with pytest.raises(BadInputError, match="must be of the same study"):
        build(names=("a", "b"))
    moved = dataclasses.replace(clustering, labels=np.roll(clustering.labels, 1))
    with pytest.raises(BadInputError, match="training labels are not those of the parameters"):
        build(clustering=moved)
