from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clustering.config import MatrixConfig
from clustering.errors import BadInputError
from clustering.matrix import screen
from clustering.matrix.screening import canonical_order, rank_correlations
from snapshots import feature, snapshot_of


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_what_the_snapshot_withholds_stays_out_with_its_reason(rng):
    snapshot = snapshot_of(
        {"a": rng.normal(size=50), "seats": rng.normal(size=50)},
        withheld={"seats": "commercial: agreement with ARR tiers would be circular"},
    )
    screening = screen(snapshot, MatrixConfig())
    assert [f.name for f in screening.included] == ["a"]
    assert screening.excluded == {"seats": "commercial: agreement with ARR tiers would be circular"}


def test_reasons_for_missing_constant_and_nearly_constant_features(rng):
    gaps = rng.normal(size=1000)
    gaps[:450] = np.nan
    rare = np.zeros(1000)
    rare[:3] = 7
    snapshot = snapshot_of(
        {
            "a": rng.normal(size=1000),
            "constant": np.full(1000, 2.5),
            "empty": np.full(1000, np.nan),
            "gaps": gaps,
            "rare": rare,
        }
    )
    assert screen(snapshot, MatrixConfig()).excluded == {
        "constant": "constant: 2.5 for every account that has a value",
        "empty": "missing for every account",
        "gaps": "missing for 45% of the accounts (limit 40%)",
        "rare": "nearly constant: 0 for all but 3 of 1000 accounts",
    }


def test_a_rare_binary_varies_because_it_is_not_clipped(rng):
    rare = np.zeros(1000)
    rare[:3] = 1
    snapshot = snapshot_of(
        {"a": rng.normal(size=1000), "rare": rare}, [feature("a"), feature("rare", "binary")]
    )
    assert screen(snapshot, MatrixConfig()).excluded == {}


def test_of_two_correlated_features_the_more_complete_one_stays(rng):
    a = rng.normal(size=200)
    cubed = a**3
    a[:10] = np.nan
    snapshot = snapshot_of({"a": a, "cubed": cubed})
    screening = screen(snapshot, MatrixConfig())
    assert [f.name for f in screening.included] == ["cubed"]
    assert screening.excluded == {"a": "its rank correlation with 'cubed' is 1.00"}


def test_of_two_as_complete_the_first_in_canonical_order_stays(rng):
    a = rng.normal(size=200)
    features = [feature("z", family="milestones"), feature("a", family="usage"), feature("copy")]
    snapshot = snapshot_of({"z": -a, "a": a, "copy": a}, features)
    screening = screen(snapshot, MatrixConfig())
    assert [f.name for f in screening.included] == ["z"]
    assert screening.excluded == {
        "a": "its rank correlation with 'z' is -1.00",
        "copy": "its rank correlation with 'z' is -1.00",
    }


def test_an_exact_copy_is_called_a_duplicate(rng):
    a = rng.normal(size=200)
    a[3] = np.nan
    assert screen(snapshot_of({"a": a, "b": a}), MatrixConfig()).excluded == {
        "b": "a duplicate of 'a'"
    }


def test_a_limit_of_one_keeps_even_perfect_correlation(rng):
    a = rng.normal(size=50)
    config = MatrixConfig(max_correlation=1.0)
    assert screen(snapshot_of({"a": a, "b": a**3}), config).excluded == {}


def test_what_follows_from_size_is_left_out_where_asked(rng):
    size = rng.lognormal(9, 1, 400)
    values = {"seats": np.sqrt(size) * rng.lognormal(0, 0.2, 400), "depth": rng.normal(size=400)}
    values["seats"][:20] = np.nan
    snapshot = snapshot_of(values)
    snapshot = replace(snapshot, attributes=pd.DataFrame({"arr": size}, index=snapshot.frame.index))
    assert screen(snapshot, MatrixConfig()).excluded == {}
    found = screen(snapshot, MatrixConfig(max_size_r2=0.5)).excluded
    assert list(found) == ["seats"]
    assert (
        "follows from the size of the account: it tells log ARR with R squared 0." in found["seats"]
    )
    assert screen(snapshot_of(values), MatrixConfig(max_size_r2=0.5)).excluded == {}


def test_infinite_values_are_refused_with_the_first_account(rng):
    snapshot = snapshot_of({"a": [1, 2, np.inf, -np.inf], "b": [1, 2, 3, 4]})
    with pytest.raises(BadInputError, match=r"'a' is infinite for 2 accounts; first .*: a0002"):
        screen(snapshot, MatrixConfig())


def test_no_feature_left_gives_every_reason():
    snapshot = snapshot_of({"a": [1, 1, 1], "b": [np.nan] * 3})
    with pytest.raises(BadInputError) as error:
        screen(snapshot, MatrixConfig())
    assert "no feature is left for the matrix (2 breaches)" in str(error.value)
    assert "a: constant: 1 for every account" in str(error.value)
    assert "b: missing for every account" in str(error.value)


def test_canonical_order_is_that_of_the_families_then_names():
    features = [
        feature("b", family="usage"),
        feature("z", family="milestones"),
        feature("a", family="usage"),
        feature("m", family="own"),
    ]
    assert [f.name for f in canonical_order(features)] == ["z", "a", "b", "m"]


def test_rank_correlation_is_spearmans_without_missing_values(rng):
    values = np.column_stack([rng.normal(size=80), rng.poisson(2, 80), rng.integers(0, 3, 80)])
    expected = pd.DataFrame(values).corr(method="spearman").to_numpy()
    np.testing.assert_allclose(rank_correlations(values.astype(float)), expected, atol=1e-12)


def test_rank_correlation_needs_twenty_accounts_that_have_both(rng):
    values = np.tile(rng.normal(size=(60, 1)), (1, 2))
    values[:30, 0] = np.nan
    values[49:, 1] = np.nan
    assert rank_correlations(values)[0, 1] == 0.0
    values[49, 1] = values[49, 0]
    # ranked among their own observed values: near 1, and not exactly
    assert rank_correlations(values)[0, 1] > 0.95
