"""Laws of the scorer: probabilities, labels, and a folder in which nothing can change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.errors import ModelFolderError
from clustering.models.kinds import CentreModel, GaussianModel
from clustering.scorer import Scorer
from snapshots import book, scorer_of

FILES = [
    *("manifest.json", "model.npz", "model_card.md", "scorer.json", "standardiser.json"),
    "study_facts.json",
]


@pytest.fixture(scope="module")
def snapshot():
    return book(n=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "scorer"
    scorer_of(book(n=60), k=2).save(folder)
    return folder


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_any_flipped_bit_in_any_file_is_refused(folder, name, place, bit):
    file = folder / name
    original = file.read_bytes()
    changed = bytearray(original)
    changed[int(place * len(changed))] ^= 1 << bit
    file.write_bytes(changed)
    try:
        with pytest.raises(ModelFolderError, match="is not as it was written"):
            Scorer.load(folder)
    finally:
        file.write_bytes(original)
    assert Scorer.load(folder).model.k == 2


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.booleans())
def test_a_file_cut_short_or_made_longer_is_refused(folder, name, place, longer):
    file = folder / name
    original = file.read_bytes()
    file.write_bytes(original + b" " if longer else original[: int(place * len(original))])
    try:
        with pytest.raises(ModelFolderError, match="is not as it was written"):
            Scorer.load(folder)
    finally:
        file.write_bytes(original)


def random_model(rng, k, d, kind):
    centres = rng.normal(size=(k, d)) * 2
    if kind == "kmeans":
        return CentreModel(centres, variance=float(rng.uniform(0.05, 3)))
    roots = rng.normal(size=(k, d, d)) / np.sqrt(d)
    covariances = roots @ roots.transpose(0, 2, 1) + 0.05 * np.eye(d)
    weights = rng.dirichlet(np.ones(k) * 5)
    return GaussianModel("full", centres, weights, covariances)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.integers(1, 8),
    st.sampled_from(["kmeans", "mixture"]),
)
def test_probabilities_sum_to_one_and_labels_are_their_argmax(seed, k, d, kind):
    rng = np.random.default_rng(seed)
    model = random_model(rng, k, d, kind)
    values = rng.normal(size=(50, d)) * 3
    posterior = model.probabilities(values)
    assignment = model.assign(np.ascontiguousarray(values.T))
    assert (posterior >= 0).all()
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-12)
    rows = np.arange(50)
    np.testing.assert_allclose(posterior[rows, assignment.labels], posterior.max(axis=1))
    np.testing.assert_allclose(assignment.probability, posterior.max(axis=1), atol=1e-12)
    assert (assignment.margin >= 0).all()
    assert (assignment.runner_up != assignment.labels).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 8))
def test_kmeans_labels_are_those_of_the_nearest_centre(seed, k, d):
    rng = np.random.default_rng(seed)
    model = random_model(rng, k, d, "kmeans")
    values = rng.normal(size=(200, d)) * 3
    nearest = ((values[:, None, :] - model.centres) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(model.assign(np.ascontiguousarray(values.T)).labels, nearest)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100), st.sampled_from(["kmeans", "mixture"]))
def test_reordering_accounts_reorders_scores_and_nothing_else(snapshot, seed, algorithm):
    scorer = scorer_of(snapshot, algorithm, k=2)
    order = np.random.default_rng(seed).permutation(60)
    scores = scorer.score_features(snapshot.frame)
    again = scorer.score_features(snapshot.frame.iloc[order])
    assert again["segment"].equals(scores["segment"].iloc[order])
    np.testing.assert_allclose(again["probability"], scores["probability"].iloc[order], atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 5),
    st.integers(1, 7),
    st.floats(0, 1),
    st.sampled_from(["kmeans", "mixture"]),
)
def test_what_is_missing_takes_no_part_in_a_score(seed, k, d, share, kind):
    """The same scores as of a model that never had the missing features."""
    rng = np.random.default_rng(seed)
    model = random_model(rng, k, d, kind)
    columns = rng.normal(size=(d, 20)) * 3
    missing = rng.random(d) < share
    columns[missing] = np.nan
    known = ~missing
    if kind == "kmeans":
        smaller = CentreModel(np.ascontiguousarray(model.centres[:, known]), model.variance)
    else:
        covariances = np.ascontiguousarray(model.covariances[:, known][:, :, known])
        centres = np.ascontiguousarray(model.centres[:, known])
        smaller = GaussianModel("full", centres, model.weights, covariances)
    scores, expected = model.log_scores(columns)[0], smaller.log_scores(columns[known])[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-7, atol=1e-7)
    warm = model.assign(columns, rng.uniform(0.02, 50, size=20))
    np.testing.assert_array_equal(warm.labels, model.assign(columns).labels)
    assert ((warm.probability >= 1 / k - 1e-12) & (warm.probability <= 1)).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 5),
    st.integers(1, 6),
    st.floats(0, 0.6),
    st.sampled_from(["kmeans", "mixture"]),
)
def test_the_parts_of_two_accounts_differ_by_their_log_odds(seed, k, d, share, kind):
    rng = np.random.default_rng(seed)
    model = random_model(rng, k, d, kind)
    columns = rng.normal(size=(d, 12)) * 3
    columns[rng.random(d) < share] = np.nan
    one, other = np.zeros(12, dtype=int), np.full(12, k - 1)
    parts = model.contrast(columns, one, other).against.sum(axis=1)
    scores, sharpness = model.log_scores(columns)
    odds = sharpness * (scores[0] - scores[k - 1])
    np.testing.assert_allclose(parts - parts[0], odds - odds[0], rtol=1e-6, atol=1e-6)
