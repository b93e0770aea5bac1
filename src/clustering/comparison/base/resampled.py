"""Sums over accounts in every resample of the accounts, all from one set of draws."""

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import poisson

from clustering.arrays import Floats, Ints

#: Weights of accounts that are held at once.
_NUMBERS_AT_ONCE = 4_000_000

#: How often an account is drawn, by a random 16-bit number: Poisson with mean 1.
_TIMES = np.searchsorted(poisson.cdf(np.arange(12), 1.0), (np.arange(65536) + 0.5) / 65536).astype(
    np.float64
)


def resampled_sums(
    columns: Floats, n_bootstrap: int, seed: int, company: Ints | None = None
) -> Floats:
    """Sums of the columns over the accounts of every resample.

    Each account is drawn a Poisson number of times with mean 1, which for sums over sums is the
    ordinary bootstrap, and costs far less with many accounts.

    Parameters
    ----------
    columns : float64 array of shape (n_accounts, m)
    n_bootstrap, seed : resamples and their seed
    company : int64 array of shape (n_accounts,), codes; accounts of a company are drawn together

    Returns
    -------
    float64 array of shape (n_bootstrap, m)

    References
    ----------
    Hanley and MacGibbon (2006), Creating non-parametric bootstrap samples using Poisson
    frequencies, Computer Methods and Programs in Biomedicine 83:57.

    Examples
    --------
    >>> sums = resampled_sums(np.ones((500, 1)), 2000, seed=1)
    >>> bool(abs(sums.mean() - 500) < 2), bool(20 < sums.std() < 25)
    (True, True)
    >>> pairs = resampled_sums(np.ones((500, 1)), 2000, 1, company=np.arange(500) // 2)
    >>> bool(29 < pairs.std() < 35)
    True
    """
    if company is not None:
        _, codes = np.unique(company, return_inverse=True)
        of = csr_array((np.ones(codes.size), (codes, np.arange(codes.size))))
        columns = np.asarray(of @ columns)
    n_accounts = columns.shape[0]
    generator = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, n_accounts))
    sums = []
    for start in range(0, n_bootstrap, at_once):
        size = min(at_once, n_bootstrap - start)
        drawn = generator.integers(0, 65536, size=(size, n_accounts), dtype=np.uint16)
        sums.append(_TIMES[drawn] @ columns)
    return np.concatenate(sums)
