"""Laws of the matrix: units, order of rows and columns, and the JSON round trip."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from clustering.config import MatrixConfig
from clustering.features.types import Snapshot
from clustering.matrix import Standardiser, standardise
from clustering.matrix.imputation import complete, fit_prototypes
from clustering.matrix.transforms import fit_column
from snapshots import book, feature

positive = st.floats(1e-3, 1e6)
factors = st.floats(1e-6, 1e6)


@settings(max_examples=50, deadline=None)
@given(st.lists(positive, min_size=3, max_size=60, unique=True), factors)
@pytest.mark.parametrize("scale", ["share", "amount", "days", "signed"])
def test_changing_the_unit_changes_no_standardised_value(scale, values, factor):
    """Counts are not in this law: their unit is one event, and log1p(1000 x) is another shape."""
    raw = np.array(values)
    described = feature("x", scale)
    before = fit_column(raw, described, 0.005).apply(raw)
    after = fit_column(raw * factor, described, 0.005).apply(raw * factor)
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_a_count_in_thousands_is_another_feature():
    """What the law above does not promise, so that nobody relies on it."""
    raw = np.arange(1.0, 50)
    described = feature("x", "count")
    before = fit_column(raw, described, 0.0).apply(raw)
    after = fit_column(raw / 1000, described, 0.0).apply(raw / 1000)
    assert np.abs(before - after).max() > 0.1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_reordering_accounts_and_features_reorders_rows_and_nothing_else(seed):
    rng = np.random.default_rng(seed)
    snapshot = book(n=120, seed=seed % 7)
    rows = rng.permutation(len(snapshot.frame))
    columns = rng.permutation(len(snapshot.features))
    shuffled = Snapshot(
        snapshot.as_of,
        snapshot.frame.iloc[rows, columns],
        tuple(snapshot.features[column] for column in columns),
        snapshot.attributes.iloc[rows],
    )
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    other, again = standardise(shuffled, MatrixConfig())
    assert again == standardiser
    assert other.feature_names == matrix.feature_names
    np.testing.assert_array_equal(other.values, matrix.values[rows])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 0.35), st.floats(0, 0.2), st.booleans())
def test_json_round_trip_keeps_every_bit(seed, missing, winsorise, weight_families):
    config = MatrixConfig(winsorise=winsorise, weight_families=weight_families)
    _, standardiser = standardise(book(n=80, seed=seed, missing=missing), config)
    assert Standardiser.from_json(json.dumps(standardiser.to_json())) == standardiser


@settings(max_examples=60, deadline=None)
@given(
    npst.arrays(
        np.float64,
        st.tuples(st.integers(1, 80), st.integers(1, 5)),
        elements=st.one_of(st.floats(-5, 5), st.just(np.nan)),
    )
)
def test_completion_fills_every_row_of_which_something_is_known(values):
    values = values[:, ~np.isnan(values).all(axis=0)]
    if not values.size:
        return
    filled = complete(values, fit_prototypes(values))
    known = ~np.isnan(values).all(axis=1)
    assert np.isfinite(filled[known]).all()
    observed = ~np.isnan(values)
    np.testing.assert_array_equal(filled[observed], values[observed])
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    inside = (filled[known] >= low - 1e-9) & (filled[known] <= high + 1e-9)
    assert inside.all()
