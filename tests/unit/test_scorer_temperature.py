import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from clustering.scorer.fitting.temperature import calibrate
from snapshots import book, fitted, scorer_of


@pytest.fixture(scope="module")
def snapshot():
    return book(n=600, missing=0.02)


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture"])
def test_the_mean_probability_is_the_share_of_hits_at_every_missing_share(snapshot, algorithm):
    """On accounts of which the model has seen nothing; a hit is the segment of all features."""
    scorer = scorer_of(snapshot, algorithm)
    fresh = book(n=3000, seed=9, missing=0.0).frame
    whole = scorer.score_features(fresh)["segment"]
    rng = np.random.default_rng(1)
    probability, hits = [], []
    for n_missing in range(5):
        hidden = rng.random(fresh.shape).argsort(axis=1).argsort(axis=1) < n_missing
        scores = scorer.score_features(fresh.mask(hidden))
        probability.append(scores["probability"].to_numpy())
        hits.append((scores["segment"] == whole).to_numpy(dtype=bool))
        assert probability[-1].mean() == pytest.approx(hits[-1].mean(), abs=0.05)
    together, hit = np.concatenate(probability), np.concatenate(hits)
    for tenth in np.array_split(np.argsort(together), 10):
        assert together[tenth].mean() == pytest.approx(hit[tenth].mean(), abs=0.05)


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture"])
def test_the_order_of_the_accounts_changes_nothing(snapshot, algorithm):
    matrix, _, clustering = fitted(snapshot, algorithm)
    order = np.random.default_rng(2).permutation(len(matrix.account_ids))
    ids = np.array(matrix.account_ids)
    shuffled = replace(
        matrix,
        values=matrix.values[order],
        observed=None if matrix.observed is None else matrix.observed[order],
        account_ids=tuple(ids[order].tolist()),
    )
    again = calibrate(_in_order(clustering, order), shuffled)
    np.testing.assert_allclose(
        again.temperature, scorer_of(snapshot, algorithm).temperature, rtol=1e-6
    )


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture"])
def test_what_its_probabilities_achieved_is_kept_by_tenths(snapshot, algorithm):
    tenths = scorer_of(snapshot, algorithm).tenths
    assert sum(one.share for one in tenths) == pytest.approx(1)
    assert [one.said for one in tenths] == sorted(one.said for one in tenths)
    said = sum(one.share * one.said for one in tenths)
    assert said == pytest.approx(sum(one.share * one.came_true for one in tenths), abs=0.02)
    assert tenths[-1].came_true > tenths[0].came_true
    assert scorer_of(snapshot, k=1).tenths == ()


def test_one_segment_needs_no_temperature(snapshot):
    assert (scorer_of(snapshot, k=1).temperature == 1).all()


def test_few_accounts_give_a_temperature_all_the_same():
    snapshot = book(n=12, missing=0.3)
    scorer = scorer_of(snapshot, k=2)
    temperature = scorer.temperature
    assert temperature.shape == (len(scorer.standardiser.columns) + 1,)
    assert np.isfinite(temperature).all()
    assert (temperature > 0).all()


def _in_order(clustering, order):
    shares = clustering.responsibilities
    return dataclasses.replace(
        clustering,
        labels=clustering.labels[order],
        responsibilities=None if shares is None else shares[order],
    )
