"""The dip against the package `diptest` (0.12, itself after R's), and its table of quantiles.

The package is GPL: it is here to be agreed with, and nothing of the product imports it.
"""

import numpy as np
import pytest
from diptest import dipstat, diptest

from clustering.structure.separation.dip import dip, dip_of_sorted

RNG = np.random.default_rng(1985)


def _samples(kind: str, count: int):
    for _ in range(count):
        n = int(RNG.integers(4, 120))
        match kind:
            case "uniform":
                yield RNG.random(n)
            case "normal":
                yield RNG.normal(size=n)
            case "two_modes":
                yield np.r_[RNG.normal(size=n // 2), RNG.normal(5, 1, n - n // 2)]
            case "rounded":
                yield np.round(RNG.normal(size=n), 1)
            case "few_values":
                yield RNG.integers(0, 5, n).astype(float)
            case "heavy_tails":
                yield RNG.standard_cauchy(n)
            case "zeros":
                yield np.where(RNG.random(n) < 0.6, 0.0, RNG.exponential(size=n))


@pytest.mark.parametrize(
    "kind", ["uniform", "normal", "two_modes", "rounded", "few_values", "heavy_tails", "zeros"]
)
def test_the_statistic_is_that_of_diptest(kind):
    for values in _samples(kind, 300):
        if values.min() == values.max():
            continue
        # `allow_zero=False` is the definition of R: the least dip of n values is 1 / (2 n).
        expected = dipstat(values, allow_zero=False)
        assert pytest.approx(expected, abs=1e-12) == dip(values).D


@pytest.mark.parametrize("n", [1_000, 20_000])
def test_large_samples(n):
    values = np.r_[RNG.normal(size=n), RNG.normal(3, 1, n // 2)]
    assert pytest.approx(dipstat(values, allow_zero=False), abs=1e-12) == dip(values).D


def test_scale_location_and_direction_do_not_matter():
    values = RNG.normal(size=500)
    assert pytest.approx(dip(values).D, abs=1e-12) == dip(3 * values - 7).D
    assert pytest.approx(dip(values).D, abs=1e-12) == dip(-values).D


@pytest.mark.parametrize("n", [10, 30, 150, 700, 3_000, 60_000])
def test_p_values_are_those_of_diptest(n):
    for shift in (0.0, 1.5, 2.2, 2.6):
        values = np.r_[RNG.normal(size=n // 2), RNG.normal(shift, 1, n - n // 2)]
        D, p = diptest(values)
        assert pytest.approx(D, abs=1e-12) == dip(values).D
        # Its table has fewer columns, and is interpolated over wider steps, where p is large.
        assert dip(values).p == pytest.approx(p, abs=0.01 if p > 0.05 else 0.003)


def test_the_p_value_is_never_zero_and_one_sided():
    heaps = np.r_[RNG.normal(size=200), RNG.normal(30, 1, 200)]
    assert 0 < dip(heaps).p <= 1e-4
    assert dip(np.arange(50.0)).p == 1.0


def test_equal_values_and_tiny_samples_say_nothing():
    assert dip(np.zeros(10)).p == 1.0
    assert dip(np.array([0.0, 1.0, 9.0])).p == 1.0


def test_the_kernel_takes_ascending_values():
    assert dip_of_sorted(np.array([0.0, 1.0, 8.0, 9.0])) == pytest.approx(0.21875, abs=1e-12)
