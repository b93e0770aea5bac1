"""Intervals of the agreement of two fixed labellings, by drawing tables.

A plain bootstrap of accounts does not serve an index that is corrected for chance: resampling
adds agreement by chance a second time, so that with many groups its draws all lie above the
estimate. What is known is corrected: ARI's draws are shifted by that bias, and AMI's interval
holds the strengths of agreement under which the estimate would not be unusual.
"""

from collections.abc import Iterator

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.comparison.agreement.entries import AgreementInterval
from clustering.comparison.agreement.indices import (
    adjusted_mutual_information,
    adjusted_rand_index,
    entropy,
    mutual_information,
    resampled_mutual_information,
)
from clustering.comparison.base.entries import Range

#: Cells of the tables that are held in memory at once.
_CELLS_AT_ONCE = 4_000_000

#: Powers of the odds ratios of the observed table, from independence to far stronger than it.
_POWERS = np.concatenate([[0.0], np.geomspace(0.02, 8.0, 39)])

#: Where between the estimate and the far ends agreement is tried, in standard errors.
_STEPS = np.array([-6.0, -3.2, -2.4, -1.8, -1.2, 1.2, 1.8, 2.4, 3.2, 4.5, 7.0])

#: Share of the draws at every strength; 2,000 draws give 500 there.
_SHARE = 4

#: Tables of more cells get the shifted draws for AMI too: the strengths would cost too much.
_MOST_CELLS = 2_500

_SCALINGS = 50

#: Indices of equal tables differ by less where sums were taken in another order.
_TIE = 1e-9


def agreement_interval(
    table: Ints, n_bootstrap: int, seed: np.random.SeedSequence
) -> AgreementInterval:
    """95 % intervals of the population's AMI and ARI from the observed table.

    **ARI**: percentiles of `n_bootstrap` resampled tables, less their bias: how far the index
    of the observed shares, without a correction for chance, lies above the estimate.

    **AMI**: the confidence set of a test. The observed odds ratios, raised to a power and fitted
    to the observed margins, make tables of every strength of agreement. A strength is in the
    interval if the estimate lies within the middle 95 % of what tables of it give. Agreement is
    never below 0, so strengths that give 0 more than 2.5 % of the time are judged from above
    alone, at 5 %: the interval leaves out 0 where chance would reach the estimate in less than
    5 % of the cases. Both intervals hold the estimate.

    References
    ----------
    Carpenter (1999), Test inversion bootstrap confidence intervals, JRSS-B 61:159. Feldman and
    Cousins (1998), Phys. Rev. D 57:3873, for the border at 0.

    Examples
    --------
    >>> table = np.array([[40, 10, 2], [8, 30, 4]])
    >>> found = agreement_interval(table, 400, np.random.SeedSequence(1))
    >>> low, high = found.ami
    >>> 0.05 < low < adjusted_mutual_information(table).item() < high < 0.5
    True
    """
    generator = np.random.default_rng(seed)
    filled = _filled_only(table)
    bias_ami, bias_ari = resampling_bias(filled)
    draws = [adjusted_rand_index(drawn) for drawn in _drawn(filled, n_bootstrap, generator)]
    ari = _shifted(np.concatenate(draws), float(adjusted_rand_index(table)), bias_ari)
    if table.size <= _MOST_CELLS:
        return AgreementInterval(ami=_inverted(table, n_bootstrap, generator), ari=ari)
    found = [resampled_mutual_information(t) for t in _drawn(filled, n_bootstrap, generator)]
    estimate = float(adjusted_mutual_information(table))
    ami = _shifted(np.concatenate(found), estimate, bias_ami)
    return AgreementInterval(ami=ami, ari=ari)


def resampling_bias(table: Ints) -> tuple[float, float]:
    """How far AMI and ARI of resampled accounts lie above those of the table, on average.

    A resample comes from the observed shares, and what it estimates is their index without a
    correction for chance: the agreement by chance that is in these shares is resampled too.

    Examples
    --------
    >>> unrelated = np.full((4, 20), 3)
    >>> unrelated[::2, ::2] += 1
    >>> ami, ari = resampling_bias(unrelated)
    >>> ami > 0.05, ari > 0
    (True, True)
    """
    entropies = float(entropy(table.sum(axis=1)) + entropy(table.sum(axis=0))) / 2
    if entropies <= 0:
        return 0.0, 0.0
    uncorrected = float(mutual_information(table)) / entropies
    return (
        uncorrected - float(adjusted_mutual_information(table)),
        _rand_of_shares(table / table.sum()) - float(adjusted_rand_index(table)),
    )


def percentile_range(values: Floats) -> Range:
    """The middle 95 % of what the values were drawn from.

    The (n + 1) p-th of n draws: with few draws the range is wider, as it must be.
    """
    low, high = np.quantile(values, [0.025, 0.975], method="weibull")
    return float(low), float(high)


def batches(total: int, cells: int) -> Iterator[int]:
    """Sizes of batches of so many tables that fit into memory."""
    at_once = max(1, _CELLS_AT_ONCE // cells)
    for start in range(0, total, at_once):
        yield min(at_once, total - start)


def _shifted(draws: Floats, estimate: float, bias: float) -> Range:
    low, high = percentile_range(draws - bias)
    return min(low, estimate), max(high, estimate)


def _inverted(table: Ints, n_bootstrap: int, generator: np.random.Generator) -> Range:
    n = int(table.sum())
    estimate = float(adjusted_mutual_information(table))
    observed = max(estimate, 0.0)
    n_draws = max(20, n_bootstrap // _SHARE)
    strengths = _information_of_shares(_stronger(table, _POWERS))
    power = min(float(np.interp(observed, strengths, _POWERS)), 1.0)
    error = float(_indices(_stronger(table, np.array([power]))[0], n, n_draws, generator).std())
    tried = np.unique(np.clip(observed + error * _STEPS, 0.0, strengths[-1]))
    shares = _stronger(table, np.interp(tried, strengths, _POWERS))
    reached = _information_of_shares(shares)
    draws = np.stack([_indices(one, n, n_draws, generator) for one in shares])
    low = _lower_end(observed, reached, draws)
    high = _upper_end(observed, reached, np.quantile(draws, 0.025, axis=1, method="weibull"))
    return min(low, estimate), max(high, estimate)


def _lower_end(observed: float, reached: Floats, draws: Floats) -> float:
    """The least strength under which the estimate is not unusually large."""
    at_zero = np.mean(draws <= 0, axis=1) > 0.025
    upper = np.where(at_zero, *np.quantile(draws, [0.95, 0.975], axis=1, method="weibull"))
    rising = np.maximum.accumulate(upper)
    if observed <= rising[0] + _TIE:
        return float(reached[0])
    return float(np.interp(observed - _TIE, rising, reached))


def _upper_end(observed: float, reached: Floats, lower: Floats) -> float:
    """The largest strength under which it is not unusually small."""
    rising = np.minimum.accumulate(lower[::-1])[::-1]
    return float(np.interp(observed, rising, reached))


def _stronger(table: Ints, powers: Floats) -> Floats:
    """Shares of the cells with the observed margins and odds ratios raised to each power.

    Half an account in every cell keeps odds ratios finite.
    """
    n = table.sum()
    rows, columns = table.sum(axis=1) / n, table.sum(axis=0) / n
    independent = np.outer(rows, columns)
    odds = np.log((table + 0.5) / (n * independent + 0.5))
    shares = independent * np.exp(powers[:, None, None] * odds)
    for _ in range(_SCALINGS):
        shares *= (rows / shares.sum(axis=2))[:, :, None]
        shares *= (columns / shares.sum(axis=1))[:, None, :]
    return np.asarray(shares / shares.sum(axis=(1, 2), keepdims=True))


def _information_of_shares(shares: Floats) -> Floats:
    """AMI of each table of shares: with ever more accounts chance plays no part."""
    rows, columns = shares.sum(axis=2), shares.sum(axis=1)
    mean = (entropy(rows) + entropy(columns)) / 2
    joint = entropy(shares.reshape(len(shares), -1))
    found = np.maximum(0.0, (2 * mean - joint) / mean)
    return np.asarray(np.maximum.accumulate(found))


def _rand_of_shares(shares: Floats) -> float:
    together = float((shares**2).sum())
    first, second = (float((shares.sum(axis=axis) ** 2).sum()) for axis in (0, 1))
    ceiling = (first + second) / 2 - first * second
    return (together - first * second) / ceiling if ceiling > 0 else 1.0


def _indices(shares: Floats, n: int, size: int, generator: np.random.Generator) -> Floats:
    drawn = generator.multinomial(n, shares.ravel(), size=size)
    return resampled_mutual_information(drawn.reshape(size, *shares.shape))


def _drawn(table: Ints, size: int, generator: np.random.Generator) -> Iterator[Ints]:
    n = int(table.sum())
    filled = np.flatnonzero(table)
    shares = table.ravel()[filled] / n
    for some in batches(size, table.size):
        drawn = np.zeros((some, table.size), dtype=np.int64)
        drawn[:, filled] = generator.multinomial(n, shares, size=some)
        yield drawn.reshape(some, *table.shape)


def _filled_only(table: Ints) -> Ints:
    return np.asarray(table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0])
