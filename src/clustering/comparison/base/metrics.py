"""Judging predictions on rows that did not make them: folds, scores, paired bootstrap."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.stats import norm, rankdata

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.base.entries import Range

#: Draws of the bootstrap that are held in memory at once, as numbers.
_NUMBERS_AT_ONCE = 4_000_000

#: With more different improvements than this, neighbouring ones are drawn as one kind.
_MOST_KINDS = 4000

#: A probability this near 0 or 1 is taken as this: one surprise must not be infinitely bad.
_LEAST_PROBABILITY = 1e-15


def stratified_folds(
    outcome: Flags, order: Ints, account: Ints | None, n_folds: int, seed: int
) -> Ints:
    """A fold for each row, the same whatever the order of the rows.

    Rows of one account share a fold, and accounts with and without an event are dealt
    separately. Without accounts rows are dealt by outcome; `order` then ranks them, so that
    only rows that are equal in every respect can trade places.

    Examples
    --------
    >>> outcome = np.array([True, False] * 5)
    >>> folds = stratified_folds(outcome, np.arange(10), None, 5, seed=1)
    >>> np.bincount(folds).tolist(), np.bincount(folds[outcome]).tolist()
    ([2, 2, 2, 2, 2], [1, 1, 1, 1, 1])
    """
    generator = np.random.default_rng(seed)
    if account is None:
        ranked = np.lexsort((order, outcome))
        folds = np.empty(outcome.size, dtype=np.int64)
        folds[ranked] = _dealt(outcome[ranked], n_folds, generator)
        return folds
    has_event = np.zeros(int(account.max()) + 1, dtype=bool)
    np.logical_or.at(has_event, account, outcome)
    by_event = np.argsort(has_event, kind="stable")
    dealt = np.empty(has_event.size, dtype=np.int64)
    dealt[by_event] = _dealt(has_event[by_event], n_folds, generator)
    return dealt[account]


def foldings(
    outcome: Flags, order: Ints, account: Ints | None, n_folds: int, n_foldings: int, seed: int
) -> Ints:
    """Several foldings under each other: what is held out depends on the draw of the folds.

    Returns
    -------
    int64 array of shape (n_foldings, n_rows), each as `stratified_folds` deals it

    Examples
    --------
    >>> outcome = np.array([True, False] * 50)
    >>> drawn = foldings(outcome, np.arange(100), None, 5, 3, seed=1)
    >>> drawn.shape, [np.bincount(folds).tolist() for folds in drawn] == [[20] * 5] * 3
    ((3, 100), True)
    """
    more = np.random.SeedSequence(seed).generate_state(n_foldings - 1)
    return np.stack(
        [stratified_folds(outcome, order, account, n_folds, int(s)) for s in (seed, *more)]
    )


def _dealt(stratum: Flags, n_folds: int, generator: np.random.Generator) -> Ints:
    """Folds for units sorted by stratum: at random inside each, sizes equal to within one."""
    shuffled = np.concatenate(
        [
            generator.permutation(np.flatnonzero(~stratum)),
            generator.permutation(np.flatnonzero(stratum)),
        ]
    )
    folds = np.empty(stratum.size, dtype=np.int64)
    folds[shuffled] = np.arange(stratum.size) % n_folds
    return folds


def log_losses(probability: Floats, outcome: Flags) -> Floats:
    """Minus the log of the probability that each row's outcome was given, in nats."""
    kept = np.clip(probability, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    return np.asarray(-np.log(np.where(outcome, kept, 1 - kept)))


def brier_score(probability: Floats, outcome: Flags) -> float:
    """Mean squared distance of the probability to the outcome."""
    return exact_mean((probability - outcome) ** 2)


def exact_mean(values: Floats) -> float:
    """The mean, summed without rounding: the same whatever the order of the values."""
    return math.fsum(values) / values.size


def area_under_curve(probability: Floats, outcome: Flags) -> float | None:
    """Share of pairs (event, no event) that are ranked rightly, ties as half; None without pairs.

    Examples
    --------
    >>> area_under_curve(np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True]))
    0.875
    """
    events = int(outcome.sum())
    others = outcome.size - events
    if events == 0 or others == 0:
        return None
    # Equal predictions must tie even where their last bits differ by the order of arithmetic.
    ranks = rankdata(np.round(probability, 12))
    return float((ranks[outcome].sum() - events * (events + 1) / 2) / (events * others))


def pooled_area_under_curve(probability: Floats, outcome: Flags, folds: Ints) -> float | None:
    """Mean area under the curve over the folds, weighted by their pairs of rows.

    Rows of different folds were predicted by different models, so they are never compared:
    pooled over folds, even a constant prediction would have a curve below one half.
    """
    total, weight = 0.0, 0
    for fold in np.unique(folds):
        rows = folds == fold
        area = area_under_curve(probability[rows], outcome[rows])
        if area is not None:
            pairs = int(outcome[rows].sum()) * int((~outcome[rows]).sum())
            total, weight = total + pairs * area, weight + pairs
    return total / weight if weight else None


def interval_around(estimate: float, draws: Floats) -> Range:
    """95 % percentile interval, stretched where the estimate itself lies outside.

    Models that are fitted to a resample know fewer different accounts, so they gain a little less.

    Examples
    --------
    >>> low, high = interval_around(0.5, np.array([0.1, 0.2, 0.3]))
    >>> round(low, 3), high
    (0.105, 0.5)
    """
    low, high = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return min(low, estimate), max(high, estimate)


def two_sided_p(estimate: float, draws: Floats) -> float:
    """p-value of no gain, from the spread of the draws (normal); 1 where they do not vary.

    A count of draws beyond 0 could not be smaller than one in their number, too coarse to be
    corrected for many comparisons.

    Examples
    --------
    >>> round(two_sided_p(1.96, np.array([-1.0, 1.0] * 500)), 3)
    0.05
    """
    spread = float(np.std(draws))
    return float(2 * norm.sf(abs(estimate) / spread)) if spread > 0 else 1.0


def paired_gains(improvement: Floats, account: Ints | None, n_bootstrap: int, seed: int) -> Floats:
    """Mean improvement per row in every resample of accounts.

    Parameters
    ----------
    improvement : float64 array of shape (n_rows,), loss of the old minus loss of the new model
    account : int64 array of shape (n_rows,), optional; rows of one account move together
    n_bootstrap, seed : number of resamples and their seed

    Returns
    -------
    float64 array of shape (n_bootstrap,)

    Examples
    --------
    >>> draws = paired_gains(np.array([0.1, 0.3] * 50), None, 2000, seed=1)
    >>> low, high = interval_around(0.2, draws)
    >>> 0.17 < low < 0.2 < high < 0.23
    True
    """
    units = np.arange(improvement.size) if account is None else account
    sizes = np.bincount(units).astype(np.float64)
    sums = np.bincount(units, weights=improvement)[sizes > 0]
    sizes = sizes[sizes > 0]
    # Accounts that are alike are drawn as one group: with categorical models there are few.
    alike, times = np.unique(
        np.column_stack([np.round(sums, 12), sizes]), axis=0, return_counts=True
    )
    if alike.shape[0] > _MOST_KINDS and sizes.max() == 1:
        alike, times = _binned(alike, times)
    generator = np.random.default_rng(seed)
    return np.concatenate(list(_resampled_means(alike, times, n_bootstrap, generator)))


def _binned(alike: Floats, times: Ints) -> tuple[Floats, Ints]:
    """Neighbouring values as one kind with their mean: the mean of all stays as it is.

    The spread inside a bin is lost; of thousands of bins of equal size that is next to nothing.
    """
    bins = (np.cumsum(times) - 1) * _MOST_KINDS // int(times.sum())
    _, codes = np.unique(bins, return_inverse=True)
    counts = np.bincount(codes, weights=times)
    means = np.bincount(codes, weights=alike[:, 0] * times) / counts
    return np.column_stack([means, np.ones_like(means)]), counts.astype(np.int64)


def _resampled_means(
    alike: Floats, times: Ints, n_bootstrap: int, generator: np.random.Generator
) -> Iterator[Floats]:
    n_accounts = int(times.sum())
    few = alike.shape[0] * 20 < n_accounts
    at_once = max(1, _NUMBERS_AT_ONCE // (alike.shape[0] if few else n_accounts))
    every = np.repeat(alike, times, axis=0)
    for start in range(0, n_bootstrap, at_once):
        size = min(at_once, n_bootstrap - start)
        if few:
            drawn = generator.multinomial(n_accounts, times / n_accounts, size=size)
            times_drawn = drawn.astype(np.float64)
            yield (times_drawn @ alike[:, 0]) / (times_drawn @ alike[:, 1])
        else:
            chosen = generator.integers(0, n_accounts, size=(size, n_accounts))
            yield every[:, 0][chosen].sum(axis=1) / every[:, 1][chosen].sum(axis=1)
