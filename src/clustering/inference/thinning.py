"""Data thinning: one data set becomes two independent ones, to cluster on and to test on.

Splitting rows does not cure circular testing, because the rows of the second half get their
labels from the very features that are tested. Thinning splits every number instead.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest, norm
from scipy.stats import chi2 as chi_square

from clustering.arrays import Flags, Floats, Ints
from clustering.errors import BadInputError


@dataclass(frozen=True)
class IndependenceCheck:
    """Whether the two parts are independent within clusters, as thinning promises.

    `correlations` are by feature; `p` is the smallest Holm-corrected p-value of "no
    correlation". `passed` is p > 0.05: not a proof, but over-dispersed counts thinned as Poisson
    counts, or a wrong sigma, show up here.
    """

    correlations: tuple[float, ...]
    p: float
    passed: bool


@dataclass(frozen=True)
class ThinnedTest:
    """A difference between two clusters, tested on the part that did not make them."""

    clusters: tuple[int, int]
    statistic: float
    p: float


def thin_gaussian(
    values: ArrayLike, sigma: float, *, share: float = 0.5, seed: int
) -> tuple[Floats, Floats]:
    """Two independent parts of normal data with known standard deviation; they sum to the data.

    The first has mean share * mu and variance share * sigma^2, the second the rest.

    References
    ----------
    Neufeld, Dharamshi, Gao and Witten (2024), Data thinning for convolution-closed
    distributions, JMLR 25(57), table 2.

    Examples
    --------
    >>> first, second = thin_gaussian(np.ones((3, 2)), 1.0, seed=1)
    >>> bool(np.allclose(first + second, 1.0))
    True
    """
    _check_share(share)
    if not (np.isfinite(sigma) and sigma > 0):
        raise BadInputError(f"sigma must be above 0, found {sigma}.")
    x = np.asarray(values, dtype=np.float64)
    noise = np.random.default_rng(seed).normal(size=x.shape)
    first = share * x + np.sqrt(share * (1 - share)) * sigma * noise
    return first, x - first


def thin_poisson(counts: ArrayLike, *, share: float = 0.5, seed: int) -> tuple[Ints, Ints]:
    """Two independent Poisson parts of Poisson counts; exact, and no parameter to know.

    Over-dispersed counts (tickets, logins) are not Poisson: their parts stay correlated. Always
    read `check_independence` beside the test.

    References
    ----------
    Neufeld et al. (2024), JMLR 25(57), table 2.

    Examples
    --------
    >>> first, second = thin_poisson(np.full((2, 3), 10), seed=1)
    >>> (first + second).tolist()
    [[10, 10, 10], [10, 10, 10]]
    """
    _check_share(share)
    x = np.asarray(counts)
    as_float = np.asarray(x, dtype=np.float64)
    if not np.isfinite(as_float).all() or (as_float < 0).any() or (as_float % 1 != 0).any():
        raise BadInputError("Poisson thinning takes counts: whole numbers from 0.")
    whole = as_float.astype(np.int64)
    first = np.random.default_rng(seed).binomial(whole, share).astype(np.int64)
    return first, whole - first


def check_independence(first: ArrayLike, second: ArrayLike, labels: ArrayLike) -> IndependenceCheck:
    """Correlation of the two parts within clusters, feature by feature.

    Between clusters the parts must rise together, as both carry the cluster's mean; within a
    homogeneous cluster nothing is left to share. A correlation means that the distribution was
    not the assumed one, or that the clusters are not homogeneous: the test is then too eager.

    Examples
    --------
    >>> counts = np.random.default_rng(2).poisson(9, size=(400, 3))
    >>> first, second = thin_poisson(counts, seed=5)
    >>> check_independence(first, second, np.zeros(400, dtype=int)).passed
    True
    """
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    one = _within(np.asarray(first, dtype=np.float64), codes)
    two = _within(np.asarray(second, dtype=np.float64), codes)
    degrees = one.shape[0] - int(codes.max()) - 2
    if degrees < 3:
        raise BadInputError("too few rows for so many clusters to check independence within them.")
    lengths = np.sqrt((one**2).sum(axis=0) * (two**2).sum(axis=0))
    correlation = np.divide(
        (one * two).sum(axis=0), lengths, where=lengths > 0, out=np.zeros(one.shape[1])
    )
    z = np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12)) * np.sqrt(degrees - 1)
    # The smallest of Holm's corrected p-values is that of Bonferroni.
    p = min(1.0, float((2 * norm.sf(np.abs(z))).min()) * correlation.size)
    return IndependenceCheck(tuple(float(value) for value in correlation), p, p > 0.05)


def gaussian_difference_test(
    second: ArrayLike,
    labels: ArrayLike,
    clusters: tuple[int, int],
    sigma: float,
    share: float = 0.5,
) -> ThinnedTest:
    """Whether two clusters, found on the first part, have the same mean in the second.

    `share` is that given to `thin_gaussian`; the statistic is chi-square with d degrees of
    freedom where the means are equal.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> values = rng.normal(size=(100, 2)) + np.repeat([[0.0, 0.0], [4.0, 0.0]], 50, axis=0)
    >>> first, second = thin_gaussian(values, 1.0, seed=1)
    >>> labels = (first[:, 0] > 1).astype(int)
    >>> gaussian_difference_test(second, labels, (0, 1), 1.0).p < 1e-10
    True
    """
    _check_share(share)
    x = np.asarray(second, dtype=np.float64)
    one, two = _members(labels, clusters)
    difference = x[one].mean(axis=0) - x[two].mean(axis=0)
    variance = (1 - share) * sigma**2 * (1 / one.sum() + 1 / two.sum())
    statistic = float(difference @ difference / variance)
    return ThinnedTest(clusters, statistic, float(chi_square.sf(statistic, x.shape[1])))


def poisson_difference_test(
    second: ArrayLike, labels: ArrayLike, clusters: tuple[int, int]
) -> ThinnedTest:
    """Whether two clusters, found on the first part, have the same rates in the second.

    In each feature the total of one cluster is binomial given the total of both, so the test
    is exact; the smallest p-value is corrected for the number of features (Bonferroni) and is
    also the statistic.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = rng.poisson([[4.0, 4.0]] * 60)
    >>> first, second = thin_poisson(counts, seed=1)
    >>> labels = (first.sum(axis=1) > 4).astype(int)
    >>> poisson_difference_test(second, labels, (0, 1)).p > 0.05
    True
    """
    x = np.asarray(second, dtype=np.int64)
    one, two = _members(labels, clusters)
    expected = float(one.sum() / (one.sum() + two.sum()))
    smallest = 1.0
    for feature in range(x.shape[1]):
        mine, other = int(x[one, feature].sum()), int(x[two, feature].sum())
        if mine + other > 0:
            smallest = min(smallest, float(binomtest(mine, mine + other, expected).pvalue))
    return ThinnedTest(clusters, smallest, min(1.0, smallest * x.shape[1]))


def _within(values: Floats, codes: Ints) -> Floats:
    sizes = np.bincount(codes).astype(np.float64)
    sums = np.zeros((sizes.size, values.shape[1]))
    np.add.at(sums, codes, values)
    return np.asarray(values - (sums / sizes[:, None])[codes])


def _members(labels: ArrayLike, clusters: tuple[int, int]) -> tuple[Flags, Flags]:
    codes = np.asarray(labels)
    one, two = codes == clusters[0], codes == clusters[1]
    if not one.any() or not two.any() or clusters[0] == clusters[1]:
        raise BadInputError(
            f"the clusters {clusters} must be two different labels that occur; found "
            f"{np.unique(codes).tolist()}."
        )
    return one, two


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise BadInputError(f"the share of the first part must be between 0 and 1, found {share}.")
