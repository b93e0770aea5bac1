"""The estimator: scikit-learn's own checks, and the verdict that it adds."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from clustering import SegmentClusterer
from clustering.config import EvidenceConfig, ModelsConfig
from clustering.errors import BadInputError

QUICK = {
    "evidence": EvidenceConfig(resamples=10, nulls=19),
    "models": ModelsConfig(k_max=2, n_init=1, covariance_types=("diag",)),
}


@parametrize_with_checks([SegmentClusterer(**QUICK)])
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def blobs():
    return make_blobs([100, 100, 100], centers=[[0, 0], [9, 0], [0, 9]], random_state=1)


@pytest.fixture(scope="module")
def found(blobs):
    models = ModelsConfig(k_max=4, n_init=3, covariance_types=("full",))
    return SegmentClusterer(evidence=QUICK["evidence"], models=models).fit(blobs[0])


def test_the_evidence_chooses_the_number(found, blobs):
    values, truth = blobs
    assert (found.verdict_, found.n_clusters_, found.are_clusters_) == ("natural", 3, True)
    assert len({*zip(found.labels_, truth, strict=True)}) == 3
    np.testing.assert_array_equal(found.predict(values), found.labels_)
    assert found.cluster_centers_.shape == (3, 2)
    assert found.reasons_ == found.evidence_.reasons


def test_probabilities_are_of_the_labels(found, blobs):
    shares = found.predict_proba(blobs[0])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    np.testing.assert_array_equal(shares.argmax(axis=1), found.labels_)


def test_noise_is_in_no_clusters():
    noise = np.random.default_rng(0).normal(size=(200, 3))
    found = SegmentClusterer(2, **QUICK).fit(noise)
    assert found.verdict_ != "natural"
    assert (found.n_clusters_, found.are_clusters_) == (2, False)


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture", "trimmed"])
def test_a_number_that_is_asked_for_is_given_by_any_algorithm(algorithm, blobs):
    kind = "diag" if algorithm == "mixture" else None
    three = SegmentClusterer(3, algorithm=algorithm, covariance_type=kind, **QUICK).fit(blobs[0])
    assert three.n_clusters_ == 3
    assert three.model_.algorithm == algorithm
    assert not three.are_clusters_  # the evidence looked at two


def test_draws_follow_from_the_random_state(blobs):
    drawn = [
        SegmentClusterer(2, random_state=np.random.RandomState(7), **QUICK).fit(blobs[0][::3])
        for _ in range(2)
    ]
    assert drawn[0].evidence_.seed == drawn[1].evidence_.seed


def test_it_stands_in_a_pipeline_and_is_cloned(blobs):
    values, truth = blobs
    pipeline = clone(make_pipeline(StandardScaler(), SegmentClusterer(3, **QUICK)))
    labels = pipeline.fit_predict(values * [1000.0, 1.0])
    assert len({*zip(labels, truth, strict=True)}) == 3


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_clusters": 0}, "k and n_init must be at least 1"),
        ({"n_clusters": 2, "algorithm": "median"}, "expected one of kmeans, mixture, trimmed"),
        ({"n_clusters": 2, "algorithm": "mixture"}, "needs a covariance type"),
        ({"n_clusters": 2, "algorithm": "trimmed", "trim": 0.9}, "must be at least 0 and below"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, words, blobs):
    with pytest.raises(BadInputError, match=words):
        SegmentClusterer(**parameters, **QUICK).fit(blobs[0][::6])
