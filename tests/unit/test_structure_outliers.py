"""Accounts unlike all others have no part in the verdict, and are told."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from clustering import SegmentClusterer
from clustering.config import EvidenceConfig, ModelsConfig
from clustering.matrix.outliers import far_rows
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.scorer.fitting.novelty import novelty_limits
from clustering.structure.evidence import assess_structure
from clustering.structure.pictures import picture_tables
from clustering.structure.settings import ProtocolSettings

QUICK = EvidenceConfig(resamples=10, nulls=19)
GRID = ModelsConfig(k_max=4, n_init=3, covariance_types=("tied",))


def four_clusters(seed=1, n=400, n_out=8):
    """Clusters 5 sd apart, and rows scattered all around them; which is which."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, n, p=(0.4, 0.3, 0.2, 0.1))
    values = 5.0 / np.sqrt(2) * np.eye(4)[truth] + rng.normal(size=(n, 4))
    scattered = rng.normal(size=(n_out, 4))
    scattered *= rng.uniform(20, 40, n_out)[:, None] / np.linalg.norm(scattered, axis=1)[:, None]
    order = rng.permutation(n + n_out)
    return np.vstack([values, scattered])[order], np.r_[truth, np.full(n_out, -1)][order]


def judged(values, config=QUICK):
    return assess_structure(
        values, ProtocolSettings(config=config, models=GRID, seed=1, scale="zscore", complete=False)
    )


@pytest.fixture(scope="module")
def book():
    return four_clusters()


@pytest.fixture(scope="module")
def evidence(book):
    return judged(book[0])


def test_clusters_are_found_beside_outliers(book, evidence):
    values, truth = book
    aside = ~evidence.chosen.fitted
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 4)
    assert np.array_equal(aside, truth < 0)
    assert adjusted_rand_score(evidence.chosen.labels[~aside], truth[~aside]) > 0.9
    alone = judged(values[~aside])
    assert np.array_equal(evidence.chosen.labels[~aside], alone.chosen.labels)
    assert evidence.kmeans[3].inertia == pytest.approx(alone.kmeans[3].inertia)


def test_what_was_set_aside_is_counted_said_and_in_a_segment(book, evidence):
    n = len(book[0])
    assert (evidence.n, evidence.n_set_aside) == (n, 8)
    assert any("8 of 408 accounts are unlike all others" in one for one in evidence.reasons)
    assert [sum(row.sizes) for row in evidence.kmeans] == [n] * 4
    assert np.bincount(evidence.chosen.labels).tolist() == list(evidence.kmeans[3].sizes)
    assert np.array_equal(np.isnan(evidence.account_stability), ~evidence.chosen.fitted)
    assert evidence.to_json()["n_set_aside"] == 8


def test_with_nothing_set_aside_a_centre_is_spent_on_the_outliers(book):
    values, truth = book
    found = judged(values, QUICK.model_copy(update={"most_set_aside": 0.0}))
    assert found.n_set_aside == 0
    assert not any("Set aside" in reason for reason in found.reasons)
    clusters = next(one for one in found.clusterings if one.spec.name == "kmeans k=4")
    assert adjusted_rand_score(clusters.labels[truth >= 0], truth[truth >= 0]) < 0.9


def test_the_order_of_rows_changes_nothing(book, evidence):
    order = np.random.default_rng(3).permutation(len(book[0]))
    again = judged(book[0][order])
    assert np.array_equal(again.chosen.labels, evidence.chosen.labels[order])
    assert np.array_equal(again.chosen.fitted, evidence.chosen.fitted[order])
    assert again.reasons == evidence.reasons


def test_pictures_refits_and_novelty_leave_them_out_too(book, evidence):
    values, truth = book
    ids = [f"a{row}" for row in range(len(values))]
    pictures = picture_tables(values, evidence, values[:, 0], ids, seed=0)
    groups = pictures["clustergram"].drop_duplicates(["k", "cluster"])
    assert (groups.groupby("k")["size"].sum() == 400).all()
    assert not set(pictures["coassignment"]["first"]) & {
        ids[row] for row in np.flatnonzero(truth < 0)
    }
    again = refit(CandidateSpec("kmeans", 4, set_aside=0.05), values, n_init=5, seed=0)
    assert np.array_equal(again.fitted, truth >= 0)
    assert np.array_equal(again.model.labels(values), again.labels)
    limits = novelty_limits(again, values, ids)
    distances = again.model.assign(np.ascontiguousarray(values.T)).fit
    novel = distances > limits[again.labels]
    assert novel[truth < 0].all()
    assert novel[truth >= 0].mean() < 0.01


def test_the_estimator_tells_them_and_labels_them_as_it_predicts(book):
    values, truth = book
    found = SegmentClusterer(3, evidence=QUICK, models=GRID).fit(values)
    assert np.array_equal(found.set_aside_, truth < 0)
    assert np.array_equal(found.predict(values), found.labels_)


def test_at_most_a_share_of_the_rows_and_the_farthest():
    rng = np.random.default_rng(0)
    values = np.vstack([rng.normal(size=(160, 3)), rng.normal(size=(40, 3)) * 60])
    far = far_rows(values, share=0.1, seed=0)
    assert far.rows.sum() == 20 < far.n_far
    assert np.linalg.norm(values[far.rows], axis=1).min() > 60


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.random.default_rng(0).poisson(2.0, (800, 2)) * 1.0, id="counts"),
        pytest.param(np.random.default_rng(0).binomial(1, 0.2, (500, 5)) * 1.0, id="yes or no"),
        pytest.param(np.random.default_rng(0).normal(size=(1000, 1)), id="one column"),
        pytest.param(np.random.default_rng(0).normal(size=(1000, 2)), id="two columns"),
        pytest.param(np.random.default_rng(0).normal(size=(150, 40)), id="many columns"),
        pytest.param(np.random.default_rng(0).uniform(size=(300, 4)), id="a box"),
        pytest.param(np.r_[np.zeros((290, 2)), np.ones((10, 2))], id="nothing but copies"),
    ],
)
def test_ordinary_rows_are_not_set_aside(values):
    assert not far_rows(values, share=0.05, seed=0).rows.any()


def test_a_row_that_alone_makes_a_column_vary_stays():
    values = np.random.default_rng(0).normal(size=(100, 3))
    values[:, 2] = 0.0
    values[7, 2] = values[8, 0] = 30.0
    assert np.flatnonzero(far_rows(values, share=0.05, seed=0).rows).tolist() == [8]


def test_a_giant_costs_the_others_no_digits():
    values = np.random.default_rng(0).normal(size=(200, 2))
    values[:2] = [[1e9, 0.0], [0.0, 15.0]]
    assert np.flatnonzero(far_rows(values, share=0.05, seed=0).rows).tolist() == [0, 1]
