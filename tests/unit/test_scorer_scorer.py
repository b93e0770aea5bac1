import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from clustering.config import FeaturesConfig, ScoringConfig
from clustering.errors import BadInputError
from clustering.scorer import Scorer, Training
from snapshots import AS_OF, book, fitted, scorer_of

ALGORITHMS = ["kmeans", "mixture"]


@pytest.fixture(scope="module")
def snapshot():
    return book()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_scoring_the_training_snapshot_gives_back_the_labels_of_complete_accounts(
    snapshot, algorithm, k
):
    matrix, _, clustering = fitted(snapshot, algorithm, k)
    scorer = scorer_of(snapshot, algorithm, k)
    scores = scorer.score_features(snapshot.frame)
    assert tuple(scores.index) == matrix.account_ids
    differs = scores["segment"].to_numpy(dtype=np.int64) != clustering.labels
    complete = matrix.observed.all(axis=1)
    assert not (differs & complete).any()
    exceptions = scorer.exceptions
    assert differs.sum() == exceptions.n_other_segment == exceptions.n <= 0.03 * len(scores)
    assert exceptions.n_incomplete == (~complete).sum()
    assert exceptions.n_accounts == len(scores)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_study_keeps_its_labels_and_tells_what_is_known_of_them(snapshot, algorithm):
    clustering = fitted(snapshot, algorithm, 5)[2]
    scorer = scorer_of(snapshot, algorithm, 5)
    scores = scorer.score_training(snapshot.frame.assign(tenure_days=1.0), clustering.labels)
    own = scorer.score_features(snapshot.frame)
    np.testing.assert_array_equal(scores["segment"].to_numpy(dtype=np.int64), clustering.labels)
    same = own["segment"].to_numpy(dtype=np.int64) == clustering.labels
    pd.testing.assert_frame_equal(scores[same], own[same])
    assert (scores["margin"][~same] < 0).all()
    assert (scores["runner_up"][~same] == own["segment_name"][~same]).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_probability_margin_and_runner_up_belong_together(snapshot, algorithm):
    scorer = scorer_of(snapshot, algorithm)
    scores = scorer.score_features(snapshot.frame)
    known = scorer.standardiser.known_columns(scorer.standardiser.columns_of(snapshot.frame))
    odds, sharpness = scorer.model.log_scores(known)
    temperature = scorer.temperature[np.isfinite(known).sum(axis=0)]
    behind = sharpness * (odds.max(axis=0) - odds)
    posterior = softmax(-temperature * behind**0.75, axis=0).T
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
    monkeypatch.setattr("clustering.scorer.answers.compute._CHUNK", 7)
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


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture"])
def test_about_the_expected_share_of_the_training_accounts_is_flagged(snapshot, algorithm):
    scorer = scorer_of(book(n=2000), algorithm)
    scores = scorer.score_features(book(n=2000).frame)
    assert scores["novel"].mean() == pytest.approx(scorer.expected_novel_share, abs=0.001)
    assert scores["novel"].any()
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


def with_known(snapshot, names):
    """The first account, with the named features alone."""
    frame = snapshot.frame.iloc[[0]] * np.nan
    return frame.assign(**snapshot.frame[names].mean())


def test_little_known_accounts_are_scored_and_say_so(snapshot):
    scores = scorer_of(snapshot).score_features(with_known(snapshot, ["score", "hours"]))
    assert scores["segment"].notna().all()
    assert scores["known_share"].item() == pytest.approx(2 / 6)
    assert scores["reason"].item() == "fewer than half of the features are known"


def test_an_account_of_which_too_little_is_known_gets_no_segment(snapshot):
    scores = scorer_of(snapshot).score_features(with_known(snapshot, ["score"])).iloc[0]
    assert pd.isna(scores["segment"])
    assert pd.isna(scores["probability"])
    assert scores["reason"] == "1 of 6 features is known, at least 2 are needed: no segment"
    free = dataclasses.replace(scorer_of(snapshot), scoring=ScoringConfig(least_known_share=0))
    assert free.score_features(with_known(snapshot, ["score"]))["segment"].notna().all()


def test_a_young_account_gets_no_segment_and_the_date_when_it_will(snapshot):
    scorer = scorer_of(snapshot)
    frame = snapshot.frame.iloc[:4].assign(tenure_days=[0, 89, 90, np.nan])
    scores = scorer.score_features(frame, AS_OF)
    assert scores["segment"].isna().tolist() == [True, True, False, False]
    assert scores["reason"].iloc[0] == (
        "younger than the 90 days that its features look back: no segment before 2025-09-28"
    )
    assert scores["reason"].iloc[1].endswith("no segment before 2025-07-01")
    assert scorer.score_features(frame)["reason"].iloc[1].endswith("for another 1 day")
    on_the_day = frame.iloc[[0]].assign(tenure_days=90)
    assert scorer.score_features(on_the_day)["segment"].notna().all()
    any_age = dataclasses.replace(scorer, scoring=ScoringConfig(least_age_days=0))
    assert any_age.score_features(frame)["segment"].notna().all()
    with pytest.raises(BadInputError, match="expected the age of each account in days"):
        scorer.score_features(frame.assign(tenure_days="old"))


def test_young_training_accounts_are_counted_as_exceptions(snapshot):
    matrix, standardiser, clustering = fitted(snapshot)
    ages = np.where(np.arange(len(matrix.account_ids)) < 7, 30.0, 400.0)
    scorer = Scorer.build(
        standardiser, clustering, matrix, ("a", "b", "c"), FeaturesConfig(),
        Training(AS_OF, "natural"), age_days=ages,
    )  # fmt: skip
    assert scorer.exceptions.n_too_young == 7
    scores = scorer.score_features(snapshot.frame.assign(tenure_days=ages))
    differs = scores["segment"].to_numpy(dtype=np.int64, na_value=-1) != clustering.labels
    assert differs.sum() == scorer.exceptions.n
    assert "It gives none to 7 accounts that are younger" in scorer.exceptions.in_words


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


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_account_is_scored_as_in_a_frame(snapshot, algorithm):
    scorer = scorer_of(snapshot, algorithm)
    frame = snapshot.frame.assign(tenure_days=np.where(np.arange(400) % 9, 900.0, 5.0))
    frame.iloc[0, 0], frame.iloc[1, :5] = 1e9, np.nan
    frame.iloc[2, 1] = 7.0  # a share cannot be
    scores = scorer.score_features(frame, AS_OF).astype(object)
    scores = scores.where(scores.notna(), None)
    for row in range(40):
        account = {name: None if pd.isna(v) else v for name, v in frame.iloc[row].items()}
        one = dataclasses.asdict(scorer.score_one({**account, "note": 1}, AS_OF))
        assert list(one) == list(scores.columns)
        for name, value in scores.iloc[row].items():
            assert one[name] == (pytest.approx(value) if isinstance(value, float) else value)


def test_one_account_that_cannot_be_scored_is_told_what_is_wrong(snapshot):
    account = dict(snapshot.frame.iloc[0]) | {"hours": "many", "score": np.inf}
    del account["breadth"]
    with pytest.raises(BadInputError) as error:
        scorer_of(snapshot).score_one(account)
    for words in ("'breadth' is missing", "'hours' is not a number: 'many'", "'score' is infinite"):
        assert words in str(error.value)


def test_few_and_many_accounts_are_read_alike(snapshot, monkeypatch):
    scorer = scorer_of(snapshot)
    few = scorer.score_features(snapshot.frame)
    for module in ("clustering.matrix.frames", "clustering.scorer.answers.compute"):
        monkeypatch.setattr(sys.modules[module], "_FEW", 0)
    pd.testing.assert_frame_equal(scorer.score_features(snapshot.frame), few)
