"""The gain over five folds when the accounts are drawn again and every model is fitted again.

A bootstrap of the losses alone takes the fitted models as given; but the mean gain over folds also
varies because other accounts would have made other models. Every draw here goes through the folds
anew; copies of an account stay in its fold, so no model is judged on an account that made it.
"""

import numpy as np
from scipy.sparse import csr_array

from clustering.arrays import Floats, Ints
from clustering.comparison.base.additive import additive_probabilities, tier_probabilities
from clustering.comparison.forward.rows import OutcomeRows

#: Numbers held at once: draws are made in pieces of so many cells.
_NUMBERS_AT_ONCE = 2_000_000


def refitted_gains(rows: OutcomeRows, n_bootstrap: int, seed: int) -> Floats:
    """Gain in log loss of tier and segment over the tier in every resample of accounts.

    Of several foldings a resample goes through two, and there are half as many resamples, for as
    many fits. How far the two differ tells how much narrower the mean of all foldings spreads: the
    draws are drawn together to that.

    Parameters
    ----------
    rows : every one judged by a fold; those of one account share it
    n_bootstrap, seed : resamples of one folding, and their seed

    Returns
    -------
    float64 array of shape (n_bootstrap,), or half as many of several foldings

    References
    ----------
    Bates, Hastie and Tibshirani (2023), Cross-validation: what does it estimate and how well does
    it do it?, JASA: why the error of folds is larger than that of the losses.
    """
    n_foldings = len(rows.folds)
    generator = np.random.default_rng(seed)
    if n_foldings == 1:
        return _gains(rows, rows.folds, n_bootstrap, generator)[:, 0]
    pairs = [[one, (one + 1) % n_foldings] for one in range(0, n_foldings, 2)]
    parts = np.array_split(np.arange(n_bootstrap // 2), len(pairs))
    gains = [
        _gains(rows, rows.folds[pair], part.size, generator)
        for pair, part in zip(pairs, parts, strict=True)
        if part.size
    ]
    return of_all_foldings(np.concatenate(gains), n_foldings)


def of_all_foldings(gains: Floats, n_foldings: int) -> Floats:
    """Draws with the spread that the mean of all foldings has, from those of two.

    Parameters
    ----------
    gains : float64 array of shape (n_draws, 2), gains of one resample under two foldings

    Examples
    --------
    Of two foldings that always agree nothing is taken off; of noise of the folding nearly all:

    >>> rng = np.random.default_rng(0)
    >>> draws = np.repeat(rng.normal(size=(4000, 1)), 2, axis=1)
    >>> bool(np.allclose(of_all_foldings(draws, 10), draws[:, 0]))
    True
    >>> bool(of_all_foldings(rng.normal(size=(4000, 2)), 32).std() < 0.3)
    True
    """
    mean: Floats = gains.mean(axis=1)
    half = np.ptp(gains, axis=1) / 2
    spread = float(mean.var())
    if spread == 0.0:
        return mean
    left = min(1.0, 2 / n_foldings)
    narrower = np.sqrt(max(left, 1 - (1 - left) * float((half**2).mean()) / spread))
    return np.asarray(mean.mean() + narrower * (mean - mean.mean()))


def _gains(
    rows: OutcomeRows, foldings: Ints, n_bootstrap: int, generator: np.random.Generator
) -> Floats:
    """Gains of each resample under each of the foldings, of shape (n_bootstrap, n_foldings)."""
    n_tiers, n_segments = rows.shape
    n_foldings, n_folds = len(foldings), int(foldings.max()) + 1
    cell = (rows.tier.codes * n_segments + rows.segment.codes) * 2 + rows.outcome
    fold = np.ravel_multi_index(tuple(foldings), (n_folds,) * n_foldings)
    width = n_folds**n_foldings * n_tiers * n_segments * 2
    times, tables = _kinds(fold * (2 * n_tiers * n_segments) + cell, rows.account, width)
    at_once = max(1, _NUMBERS_AT_ONCE // (width + times.size))
    axes = range(1, n_foldings + 1)
    gains = []
    for start in range(0, n_bootstrap, at_once):
        size = min(at_once, n_bootstrap - start)
        drawn = generator.multinomial(int(times.sum()), times / times.sum(), size=size)
        counted = np.asarray(drawn.astype(np.float64) @ tables)
        counted = counted.reshape(size, *(n_folds,) * n_foldings, n_tiers, n_segments, 2)
        of_each = [counted.sum(axis=tuple(o for o in axes if o != axis)) for axis in axes]
        gains.append(np.stack([gains_in_tables(part) for part in of_each], axis=1))
    return np.concatenate(gains)


def gains_in_tables(tables: Floats) -> Floats:
    """Gain over folds from counts alone.

    Parameters
    ----------
    tables : float64 array of shape (n_tables, n_folds, n_tiers, n_segments, 2)
        Accounts without and with the outcome.

    Examples
    --------
    Two segments with rates of 0.2 and 0.8, in two equal folds:

    >>> fold = np.array([[[80.0, 20.0], [20.0, 80.0]]])
    >>> gains_in_tables(np.stack([fold, fold])[None]).round(3).tolist()
    [0.193]
    """
    n_tables, n_folds, n_tiers, n_segments, _ = tables.shape
    fitted = tables.sum(axis=1, keepdims=True) - tables
    flat = fitted.reshape(n_tables * n_folds, n_tiers, n_segments, 2)
    rows, events = flat.sum(axis=3), flat[..., 1]
    both = additive_probabilities(rows, events).reshape(tables.shape[:-1])
    tier = tier_probabilities(rows, events).reshape(tables.shape[:-1])
    tier = np.clip(tier, 1e-15, 1 - 1e-15)
    gained = tables[..., 1] * np.log(both / tier) + tables[..., 0] * np.log((1 - both) / (1 - tier))
    return np.asarray(gained.sum(axis=(1, 2, 3)) / tables.sum(axis=(1, 2, 3, 4)))


def _kinds(place: Ints, account: Ints | None, width: int) -> tuple[Ints, csr_array]:
    """How many accounts there are of each kind, and the rows that an account of the kind has.

    Accounts are of one kind if they have equal rows: drawing kinds is drawing accounts.
    """
    if account is None:
        used, times = np.unique(place, return_counts=True)
        ones = np.ones(used.size)
        return times, csr_array((ones, (np.arange(used.size), used)), (used.size, width))
    ones = np.ones(place.size)
    by_account = csr_array((ones, (account, place)), (int(account.max()) + 1, width))
    by_account = by_account[np.flatnonzero(np.bincount(account))]
    # Equal sums of random numbers, one a cell: equal rows, but for odds of one in 10^12.
    signature = np.round(np.asarray(by_account @ np.random.default_rng(0).random(width)), 12)
    _, first, times = np.unique(signature, return_index=True, return_counts=True)
    return times, by_account[first]
