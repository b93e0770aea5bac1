"""Hopkins, dip, the nulls and their margins, valleys and saddles."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from clustering.models.kmeans import fit_kmeans
from clustering.structure.criteria.hopkins import hopkins
from clustering.structure.nulls.homogeneous import NULL_NAMES, null_sampler, nulls_test
from clustering.structure.nulls.marginals import unimodal_quantiles
from clustering.structure.separation.dip import dip
from clustering.structure.separation.saddle import cross_fitted_saddles
from clustering.structure.separation.valleys import gabriel_neighbours, held_out_valleys


def _skewed(n=800, seed=0):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    amounts = np.exp(common + 0.5 * rng.normal(size=n))
    amounts[rng.random(n) < 0.3] = 0.0
    counts = rng.poisson(np.exp(0.7 * common + 0.5)).astype(float)
    return np.column_stack([amounts, counts, common])


@pytest.mark.parametrize("name", ["copula_margins", "copula_unimodal"])
def test_nulls_keep_zero_mass_ties_and_rank_correlation(name):
    values = _skewed()
    draw = null_sampler(name, values)
    drawn = np.vstack([draw(np.random.default_rng(seed)) for seed in range(5)])
    assert (drawn[:, 0] == 0).mean() == pytest.approx((values[:, 0] == 0).mean(), abs=0.03)
    assert np.isin(drawn[:, 1], values[:, 1]).all()
    observed, simulated = spearmanr(values).statistic, spearmanr(drawn).statistic
    np.testing.assert_allclose(simulated, observed, atol=0.08)


def test_unimodal_margin_loses_the_second_bump_and_the_empirical_keeps_it():
    rng = np.random.default_rng(0)
    column = np.r_[rng.normal(0, 1, 500), rng.normal(8, 1, 300)]
    values = np.column_stack([column, rng.normal(size=800)])
    kept = null_sampler("copula_margins", values)(rng)[:, 0]
    smooth = null_sampler("copula_unimodal", values)(rng)[:, 0]
    assert dip(kept).p < 0.01
    assert dip(smooth).p > 0.2


def test_unimodal_margin_stays_in_the_range():
    column = np.random.default_rng(0).lognormal(size=300)
    drawn = unimodal_quantiles(column)(np.linspace(0.001, 0.999, 2000))
    assert drawn.min() >= column.min()
    assert drawn.max() <= column.max()


@pytest.mark.parametrize("name", NULL_NAMES)
def test_nulls_of_dependent_and_binary_columns(name):
    rng = np.random.default_rng(0)
    first = rng.normal(size=100)
    values = np.column_stack([first, first, (first > 0).astype(float)])
    assert np.isfinite(null_sampler(name, values)(rng)).all()


def test_p_value_counts_the_observed_data_set():
    assert nulls_test("gaussian", "silhouette", 1.0, [0.0] * 99).p == 0.01


def test_dip_of_a_constant_and_of_three_values():
    assert dip(np.zeros(10)).p == 1.0
    assert dip(np.array([1.0, 2.0, 3.0])).p == 1.0


def test_hopkins_of_a_gaussian_is_high_and_so_is_its_null():
    found = hopkins(np.random.default_rng(0).normal(size=(500, 2)), seed=1)
    assert found.mean > 0.75
    assert found.mean == pytest.approx(found.null_mean, abs=0.08)


def test_gabriel_leaves_out_pairs_with_a_third_in_between():
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 0.5]])
    assert gabriel_neighbours(centres) == [(0, 2), (1, 2)]


def _centres(values, ks=(2, 3)):
    return {k: fit_kmeans(values, k, n_init=5, seed=0).centres for k in ks}


def test_no_valley_and_no_saddle_in_one_gaussian():
    values = np.random.default_rng(0).normal(size=(600, 4)) @ np.diag([3.0, 1.0, 1.0, 1.0])
    valleys = held_out_valleys(values, _centres(values), seed=0)
    saddles = cross_fitted_saddles(values, _centres(values), seed=0)
    assert max(valley.share for valley in valleys.values()) <= 0.1
    assert min(saddle.p for saddle in saddles.values()) > 0.05


def test_valley_and_saddle_of_every_cluster():
    rng = np.random.default_rng(0)
    shifts = np.array([[0.0, 0, 0], [6.0, 0, 0], [0, 6.0, 0]])
    values = shifts[rng.choice(3, 600, p=(0.5, 0.3, 0.2))] + rng.normal(size=(600, 3))
    centres = {3: shifts}
    saddle = cross_fitted_saddles(values, centres, seed=0)[3]
    assert saddle.p < 0.01
    assert max(saddle.depth) < 0.5
