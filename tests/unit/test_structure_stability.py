"""Jaccard stability, prediction strength, instability and seeds by their definitions."""

import numpy as np
import pytest
from numpy.typing import NDArray

from clustering.errors import BadInputError
from clustering.models.kmeans import fit_kmeans
from clustering.resampling.draws import SCHEMES, bootstrap, halves
from clustering.resampling.engine import streams
from clustering.resampling.fits import Starts, fit_resample
from clustering.structure.criteria import prediction
from clustering.structure.criteria.prediction import (
    instability,
    prediction_strength,
    seed_stability,
)
from clustering.structure.criteria.stability import clusterwise_jaccard, jaccard_stability


def _two_clouds(n: int = 40) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (n, 2)), rng.normal(12, 1, (n, 2))])


def _cloud(n: int = 90, d: int = 3) -> NDArray[np.float64]:
    return np.random.default_rng(1).normal(size=(n, d))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_separated_clusters_come_back_under_every_scheme(scheme):
    values = _two_clouds()
    labels = np.repeat([0, 1], 40)
    (result,) = jaccard_stability(values, [labels], scheme=scheme, n_resamples=20)
    assert result.values.shape == (20, 2)
    assert (result.mean > 0.95).all()
    assert (result.values > 0.75).all()
    if scheme == "bootstrap":
        np.testing.assert_array_equal(result.account_stability, np.ones(80))
    else:
        assert result.account_stability is None


def test_jaccard_counts_an_account_as_often_as_it_was_drawn():
    values = _cloud()
    labels = fit_kmeans(values, 3).labels
    starts = Starts(warm=False)
    (result,) = jaccard_stability(values, [labels], n_resamples=5, starts=starts, seed=4)
    for b, stream in enumerate(streams(4, "Jaccard stability, bootstrap", 5)):
        rng = np.random.default_rng(stream)
        draw = bootstrap(len(values), rng)
        (fit,) = fit_resample(values - values.mean(axis=0), draw, (3,), rng, starts)
        times = draw.weights.astype(int)
        drawn, found = np.repeat(labels[draw.rows], times), np.repeat(fit.labels, times)
        for j in range(3):
            best = max(
                ((drawn == j) & (found == m)).sum() / ((drawn == j) | (found == m)).sum()
                for m in range(3)
            )
            assert result.values[b, j] == pytest.approx(best)


def test_the_best_match_is_not_one_to_one():
    counts = np.array([[2.0, 7.0], [0.0, 10.0]])
    similarity = clusterwise_jaccard(counts)
    assert similarity.argmax(axis=1).tolist() == [1, 1]


def test_a_cluster_that_was_not_drawn_is_dissolved():
    assert clusterwise_jaccard(np.array([[0.0, 0.0], [3.0, 0.0]])).max(axis=1).tolist() == [0, 1]


def test_equal_accounts_are_equally_stable():
    values = np.repeat(_cloud(40, 2), 2, axis=0)
    (result,) = jaccard_stability(values, [fit_kmeans(values, 3).labels], n_resamples=20)
    stability = result.account_stability
    assert stability is not None
    np.testing.assert_array_equal(stability[::2], stability[1::2])
    assert 0 < stability.min() < stability.max() <= 1


def test_one_cluster_is_always_found():
    (result,) = jaccard_stability(_cloud(), [np.zeros(90, int)], n_resamples=10)
    assert result.mean.tolist() == [1.0]


def test_several_partitions_share_their_resamples():
    values = _cloud()
    partitions = [fit_kmeans(values, k).labels for k in (2, 3)]
    together = jaccard_stability(values, partitions, n_resamples=10, starts=Starts(warm=False))
    (alone,) = jaccard_stability(values, partitions[:1], n_resamples=10, starts=Starts(warm=False))
    np.testing.assert_array_equal(together[0].values, alone.values)


def test_the_noise_box_is_four_standard_deviations_wide():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5000, 2)) * [3.0, 1.0]
    labels = (values[:, 0] > 0).astype(int)
    (result,) = jaccard_stability(values, [labels], scheme="noise", n_resamples=5)
    assert (result.mean > 0.85).all()
    assert (result.mean < 1).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, int), r"shape \(90,\), found \(3,\)"),
        (np.full(90, 1), "no empty cluster"),
        (np.full(90, -1), "no empty cluster"),
    ],
)
def test_partitions_that_are_not_partitions(labels, message):
    with pytest.raises(BadInputError, match=message):
        jaccard_stability(_cloud(), [labels], n_resamples=10)


def test_prediction_strength_counts_pairs():
    values = _cloud(31)
    centred = values - values.mean(axis=0)
    ours = prediction_strength(values, (1, 4), n_splits=3, seed=2)
    for split, stream in enumerate(streams(2, "prediction strength", 3)):
        rng = np.random.default_rng(stream)
        pair = halves(31, rng)
        fits = [fit_resample(centred, half, (1, 4), rng, prediction.COLD)[1] for half in pair]
        strengths = []
        for own, other in ((0, 1), (1, 0)):
            points = centred[pair[own].rows]
            distances = ((points[:, None] - fits[other].centres[None]) ** 2).sum(axis=2)
            predicted = distances.argmin(axis=1)
            of_cluster = []
            for j in range(4):
                members = np.flatnonzero(fits[own].labels == j)
                pairs = [(a, b) for a in members for b in members if a != b]
                kept = [predicted[a] == predicted[b] for a, b in pairs]
                of_cluster.append(np.mean(kept) if kept else 1.0)
            strengths.append(min(of_cluster))
        assert ours.values[split, 1] == pytest.approx(np.mean(strengths))
    assert (ours.values[:, 0] == 1).all()


def test_instability_counts_ordered_pairs_in_both_directions():
    values = _cloud(30)
    centred = values - values.mean(axis=0)
    ours = instability(values, (1, 3), n_pairs=4, seed=6)
    for number, stream in enumerate(streams(6, "instability", 4)):
        rng = np.random.default_rng(stream)
        partitions = []
        for _ in range(2):
            fit = fit_resample(centred, bootstrap(30, rng), (1, 3), rng, prediction.COLD)[1]
            distances = ((centred[:, None] - fit.centres[None]) ** 2).sum(axis=2)
            partitions.append(distances.argmin(axis=1))
        together = [labels[:, None] == labels[None, :] for labels in partitions]
        assert ours.values[number, 1] == pytest.approx((together[0] != together[1]).mean())
    assert (ours.values[:, 0] == 0).all()


def test_seeds_agree_on_separated_clusters_and_not_on_a_circle():
    assert seed_stability(_two_clouds(), (2,), n_seeds=4).mean.tolist() == [1.0]
    angles = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    result = seed_stability(circle, (3,), n_seeds=6)
    assert result.values.shape == (15, 1)
    assert result.mean[0] < 0.9


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_handful_of_accounts(n):
    values = np.arange(2.0 * n).reshape(n, 2)
    labels = np.zeros(n, int)
    for scheme in SCHEMES:
        (result,) = jaccard_stability(values, [labels], scheme=scheme, n_resamples=10)
        assert np.isfinite(result.values).all()
    assert np.isfinite(prediction_strength(values, (1, 2, 8), n_splits=4).values).all()
    assert np.isfinite(instability(values, (1, 2, 8), n_pairs=4).values).all()


def test_the_same_on_one_and_two_threads(on_one_and_two_threads):
    values = _cloud(200, 4)
    partitions = [fit_kmeans(values, k).labels for k in (2, 4)]

    def found():
        stable = [
            jaccard_stability(values, partitions, scheme=scheme, n_resamples=12)
            for scheme in SCHEMES
        ]
        others = [prediction_strength(values, (2, 4)).values, instability(values, (2, 4)).values]
        accounts = [one.account_stability for one in stable[0]]
        each = [(one.values, one.inertias) for of_scheme in stable for one in of_scheme]
        return [*others, *accounts, *(array for pair in each for array in pair)]

    for first, second in zip(*on_one_and_two_threads(found), strict=True):
        np.testing.assert_array_equal(first, second)
