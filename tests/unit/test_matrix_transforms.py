import numpy as np
import pytest
from scipy.stats import skew
from sklearn.preprocessing import PowerTransformer

from clustering.matrix.transforms import (
    BINARY_WEIGHT,
    ColumnScaling,
    fit_column,
    yeo_johnson,
    yeo_johnson_inverse,
)
from snapshots import feature


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def test_the_formula_by_hand():
    column = ColumnScaling(
        "x", "usage", "started_log", 2.0, 1.0, 0.0, np.log(3), 0.5, 0.25, 2.0, 0.0, (0, 0)
    )
    got = column.apply(np.array([0.0, 2.0, 4.0, 400.0, np.nan, -3.0]))
    expected = 2 * (np.log([1, 2, 3, 3, np.nan, 1]) - 0.5) / 0.25
    np.testing.assert_allclose(got, expected, rtol=1e-14)


@pytest.mark.parametrize("scale", ["share", "count", "amount", "days", "signed"])
def test_training_values_have_mean_zero_and_unit_variance(rng, scale):
    raw = np.exp(rng.normal(size=500)) if scale != "signed" else rng.standard_t(4, 500)
    raw[::7] = np.nan
    column = fit_column(raw, feature("x", scale), 0.005)
    z = column.apply(raw)
    assert np.nanmean(z) == pytest.approx(0, abs=1e-12)
    assert np.nanstd(z, ddof=1) == pytest.approx(1)
    assert column.missing_share == pytest.approx(np.isnan(raw).mean())
    assert np.isnan(z[::7]).all()


@pytest.mark.parametrize("scale", ["amount", "days"])
def test_a_log_normal_becomes_symmetric(rng, scale):
    raw = np.exp(rng.normal(8, 1.2, size=5000))
    assert skew(raw) > 4
    assert abs(skew(fit_column(raw, feature("x", scale), 0.0).apply(raw))) < 0.3


def test_counts_start_at_one_event(rng):
    assert fit_column(rng.poisson(5, 100) * 1.0, feature("x", "count"), 0.005).unit == 1.0


def test_zero_inflated_amounts_keep_their_zeros_near(rng):
    """The zeros must not be a spike that k-means finds: they lie within 2 sd of the median."""
    raw = np.exp(rng.normal(9, 1, 2000))
    raw[:800] = 0
    column = fit_column(raw, feature("x", "amount"), 0.005)
    assert column.unit == pytest.approx(np.median(raw[800:]))
    z = column.apply(raw)
    gap_here = np.median(z[800:]) - z[0]
    plain = np.log1p(raw)
    gap_plain = np.median(plain[800:] / plain.std()) - plain[0]
    spread_here, spread_plain = z[800:].std(), (plain[800:] / plain.std()).std()
    assert gap_here / spread_here < 2
    assert gap_plain / spread_plain > 8


def test_unexpected_negative_values_take_yeo_johnson(rng):
    assert fit_column(rng.normal(size=50), feature("x", "days"), 0.0).transform == "yeo_johnson"


def test_the_exponent_is_scikit_learns(rng):
    raw = rng.gamma(2, 3, 1500) - 2
    column = fit_column(raw, feature("x", "signed"), 0.0)
    unit = np.median(np.abs(raw))
    expected = PowerTransformer(standardize=False).fit(raw[:, None] / unit).lambdas_[0]
    assert column.exponent == pytest.approx(expected, abs=1e-6)


def test_the_exponent_is_bounded():
    raw = np.concatenate([np.zeros(200), np.geomspace(1, 1e9, 20)])
    assert fit_column(raw - 1, feature("x", "signed"), 0.0).exponent >= -1


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.4, 1.0, 2.0, 3.0])
def test_yeo_johnson_is_scikit_learns_and_has_an_inverse(rng, exponent):
    x = rng.normal(0, 3, 50)
    transformer = PowerTransformer(standardize=False).fit(x[:, None])
    transformer.lambdas_ = np.array([exponent])
    np.testing.assert_allclose(
        yeo_johnson(x, exponent), transformer.transform(x[:, None])[:, 0], atol=1e-12
    )
    np.testing.assert_allclose(
        yeo_johnson_inverse(yeo_johnson(x, exponent), exponent), x, atol=1e-9
    )


def test_binaries_are_centred_and_not_scaled():
    raw = np.array([0.0, 0, 0, 1])
    column = fit_column(raw, feature("x", "binary"), 0.2)
    np.testing.assert_allclose(column.apply(raw), [-0.25, -0.25, -0.25, 0.75])
    assert (column.scale, column.lower, column.upper) == (1.0, 0.0, 1.0)
    assert BINARY_WEIGHT == 1.0


def test_values_beyond_the_training_quantiles_are_drawn_in_and_counted(rng):
    raw = np.arange(1000.0)
    column = fit_column(raw, feature("x", "share"), 0.01)
    assert column.n_clipped == (10, 10)
    assert column.lower == pytest.approx(9.99)
    assert column.apply(np.array([5000.0])) == column.apply(np.array([column.upper]))


def test_a_giant_outlier_does_not_set_the_scale_of_everybody(rng):
    raw = rng.normal(size=300)
    raw[0] = 1e9
    column = fit_column(raw, feature("x", "share"), 0.0)
    z = column.apply(raw)
    assert z[1:].std() > 0.8
    assert column.upper < 10
    assert column.n_clipped == (0, 1)


def test_a_second_mode_far_away_is_no_outlier(rng):
    raw = np.concatenate([rng.normal(size=280), rng.normal(100, 1, 20)])
    column = fit_column(raw, feature("x", "share"), 0.0)
    assert column.n_clipped == (0, 0)


def test_a_column_that_does_not_vary_is_zero(rng):
    column = fit_column(np.full(20, 3.0), feature("x", "share"), 0.0)
    assert (column.apply(np.full(20, 3.0)) == 0).all()


def test_an_unknown_transform_is_refused():
    with pytest.raises(ValueError, match="unknown transform 'cube' of 'x'"):
        ColumnScaling("x", "usage", "cube", 1, 1, 0, 1, 0, 1, 1, 0, (0, 0))


@pytest.mark.parametrize("scale", ["share", "count", "amount", "signed", "binary"])
def test_invert_gives_back_what_was_not_clipped(rng, scale):
    raw = (rng.random(60) < 0.4) * 1.0 if scale == "binary" else rng.gamma(2, 2, 60)
    column = fit_column(raw, feature("x", scale), 0.0)
    inside = (column.apply(raw) > column.apply(raw).min()) & (
        column.apply(raw) < column.apply(raw).max()
    )
    np.testing.assert_allclose(column.invert(column.apply(raw))[inside], raw[inside], rtol=1e-9)
