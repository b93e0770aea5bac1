"""Trimmed k-means: what it leaves out, and that a room needs no word of it to use it."""

import numpy as np
import pytest

from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.models.kmeans import fit_kmeans
from clustering.models.labels import adjusted_rand
from clustering.models.refit import FITS, refit
from clustering.models.trimmed import fit_trimmed
from clustering.models.types import CandidateSpec
from clustering.monitor.again import learned_again
from clustering.scorer import Scorer, Training
from clustering.scorer.fitting.novelty import novelty_limits
from snapshots import AS_OF, FeaturesConfig, book, fitted


@pytest.fixture
def polluted():
    """Three clusters of 100 accounts, and 15 accounts far away in every direction."""
    rng = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    clean = np.repeat(centres, 100, axis=0) + rng.normal(size=(300, 2))
    far = rng.normal(size=(15, 2))
    far *= rng.uniform(60, 90, (15, 1)) / np.sqrt((far**2).sum(axis=1, keepdims=True))
    return np.vstack([clean, far]), np.repeat([0, 1, 2], 100)


def test_outliers_that_pull_k_means_apart_have_no_influence(polluted):
    values, truth = polluted
    robust = fit_trimmed(values, 3, 0.05, n_init=10, seed=1)
    assert adjusted_rand(robust.labels[:300], truth) > 0.95
    assert adjusted_rand(fit_kmeans(values, 3, n_init=10, seed=1).labels[:300], truth) < 0.6
    clean = fit_kmeans(values[:300], 3, n_init=10, seed=1)
    np.testing.assert_allclose(robust.centres, clean.centres, atol=0.15)
    assert robust.model.variance == pytest.approx(1.0, abs=0.15)


def test_without_trimming_it_is_k_means(polluted):
    values = polluted[0][:300]
    robust = fit_trimmed(values, 3, 0.0, n_init=10, seed=1)
    plain = fit_kmeans(values, 3, n_init=10, seed=1)
    np.testing.assert_array_equal(robust.labels, plain.labels)
    np.testing.assert_allclose(robust.centres, plain.centres)
    assert robust.model.variance == pytest.approx(plain.inertia / values.size)


def test_more_starts_never_fit_worse(polluted):
    found = [fit_trimmed(polluted[0], 4, 0.05, n_init=n, seed=2).model.variance for n in (1, 5, 20)]
    assert sorted(found, reverse=True) == found


@pytest.mark.parametrize(("k", "trim"), [(0, 0.1), (4, 0.4), (2, 0.5), (2, -0.1)])
def test_what_cannot_be_is_refused(k, trim):
    with pytest.raises(BadInputError, match="must be"):
        fit_trimmed(np.arange(5.0)[:, None], k, trim)


def test_there_are_no_more_clusters_than_distinct_accounts():
    found = fit_trimmed(np.repeat([[0.0], [1.0]], 5, axis=0), 3, 0.1, n_init=3)
    assert found.centres.ravel().tolist() == [0.0, 1.0]
    assert found.model.variance == 0


def test_accounts_that_were_set_aside_are_new_to_the_scorer(polluted):
    values, ids = polluted[0], [str(row) for row in range(315)]
    flagged = {}
    for trim in (0.0, 15 / 315):
        found = fit_trimmed(values, 3, trim, n_init=10, seed=1)
        limits = novelty_limits(found, values, ids)
        distances = found.model.assign(np.ascontiguousarray(values.T)).fit
        flagged[trim] = np.flatnonzero(distances > limits[found.labels])
    assert set(range(300, 315)) <= set(flagged[15 / 315])
    assert len(flagged[0.0]) <= 6


@pytest.mark.parametrize("algorithm", list(FITS))
def test_every_algorithm_is_refitted_and_assigns_in_the_same_way(algorithm, polluted):
    values, truth = polluted[0][:300], polluted[1]
    kind = "full" if algorithm == "mixture" else None
    spec = CandidateSpec(algorithm, 3, kind, trim=0.05)
    found = refit(spec, values, n_init=5, seed=0)
    assert found.spec.algorithm == found.model.algorithm == algorithm
    assert adjusted_rand(found.labels, truth) > 0.95
    np.testing.assert_array_equal(found.model.labels(values), found.labels)
    assert (np.diff(found.centres[:, 0]) >= 0).all()
    again = refit(spec, values, n_init=5, seed=0)
    np.testing.assert_array_equal(again.labels, found.labels)


def test_a_mixture_without_a_kind_is_refused(polluted):
    with pytest.raises(BadInputError, match="needs a covariance type"):
        refit(CandidateSpec("mixture", 2), polluted[0], n_init=1, seed=0)


def test_a_scorer_of_it_is_saved_read_and_learned_again(tmp_path):
    snapshot = book(n=200)
    matrix, standardiser, _ = fitted(snapshot)
    clustering = refit(CandidateSpec("trimmed", 2, trim=0.1), matrix.values, n_init=3, seed=0)
    scorer = Scorer.build(
        standardiser, clustering, matrix, ("one", "two"), FeaturesConfig(),
        Training(AS_OF, "reproducible"),
    )  # fmt: skip
    scorer.save(tmp_path / "scorer")
    read = Scorer.load(tmp_path / "scorer")
    assert read.model.algorithm == "trimmed"
    frame = book(n=50, seed=4).frame
    expected = scorer.score_features(frame)
    assert read.score_features(frame)["segment"].tolist() == expected["segment"].tolist()
    assert read.model.spec == CandidateSpec("trimmed", 2, trim=0.1)
    config = StudyConfig(name="a", as_of=AS_OF, source={"folder": "a"}, movement={"refits": 5})
    again = learned_again(read, snapshot, config)
    assert again.absent == ""
    assert again.model.model.trim == 0.1
    assert again.change.differ < 0.1
