"""A valid test of the difference between two clusters that k-means found in the same data.

Testing clusters on the features that made them is circular: k-means always finds groups that
differ. Chen and Witten (2023) ask instead how large the difference would be among data sets in
which Lloyd's algorithm, from the same starting rows, takes the same path.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2 as chi_square

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError
from clustering.inference.lloyd_path import follow_lloyd
from clustering.inference.same_path import compared_along, remaining
from clustering.inference.truncated_chi import truncated_chi_tail

SigmaEstimate = Literal["median", "sample"]


@dataclass(frozen=True, eq=False)
class SelectiveTest:
    """Difference in means of two clusters.

    `p` is valid for the path of Lloyd's algorithm from these starting rows; `p_naive` is the
    usual test, which is not valid and stands beside it for contrast. `support` are the values
    of `statistic` for which the algorithm would have taken the same path.
    """

    clusters: tuple[int, int]
    sizes: tuple[int, int]
    statistic: float
    p: float
    p_naive: float
    sigma: float
    sigma_known: bool
    support: tuple[tuple[float, float], ...]
    labels: Ints
    n_steps: int
    converged: bool


def selective_kmeans_test(
    values: ArrayLike,
    initial_rows: ArrayLike,
    clusters: tuple[int, int],
    *,
    sigma: float | None = None,
    sigma_estimate: SigmaEstimate = "median",
    max_iter: int = 10,
) -> SelectiveTest:
    """Test whether two clusters of k-means have the same mean, given how they were found.

    The rows are taken as independent normal with covariance sigma^2 I. The test is valid for
    Lloyd's algorithm from one set of starting rows that were drawn at random, not for the best
    of many starts, and not for a number of clusters chosen from the same data. Its power is low:
    a large p is no evidence that the clusters are alike.

    Parameters
    ----------
    values : array-like of shape (n, d)
    initial_rows : array-like of shape (k,), rows (from 0) that the centres start from
    clusters : the two clusters, numbered as `initial_rows` (from 0)
    sigma : standard deviation of the noise, the same in every feature; None to estimate it
    sigma_estimate : how, if it is not given (see `estimate_sigma`)
    max_iter : most updates of the centres; the test is valid also where it stopped early

    Returns
    -------
    SelectiveTest

    Raises
    ------
    BadInputError
        Values are not finite, the clusters do not exist, sigma is not above 0, starting rows are
        unfit, or a cluster runs empty.

    References
    ----------
    Chen and Witten (2023), Selective inference for k-means clustering, JMLR 24(152), section 3:
    conditioning on all assignments, a set given by quadratic inequalities.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(size=(60, 2))
    >>> test = selective_kmeans_test(values, [0, 1], (0, 1), sigma=1.0)
    >>> test.p > 0.05, test.p_naive < 1e-5
    (True, True)
    """
    x = np.asarray(values, dtype=np.float64)
    rows = np.asarray(initial_rows, dtype=np.int64)
    _check(x, rows, clusters, sigma)
    path = follow_lloyd(x, rows, max_iter)
    contrast, sizes = contrast_of(path.labels, clusters)
    difference = contrast @ x
    statistic = float(np.linalg.norm(difference))
    norm = float(np.linalg.norm(contrast))
    noise = estimate_sigma(x, sigma_estimate) if sigma is None else float(sigma)
    compared = compared_along(x, path, (difference / statistic)[:, None])
    excluded = compared.excluded(compared.speeds(contrast), 0, 1.0)
    support = remaining(excluded, statistic)
    degrees = x.shape[1]
    return SelectiveTest(
        clusters=clusters,
        sizes=sizes,
        statistic=statistic,
        p=truncated_chi_tail(statistic, degrees, noise * norm, support),
        p_naive=float(chi_square.sf((statistic / (noise * norm)) ** 2, degrees)),
        sigma=noise,
        sigma_known=sigma is not None,
        support=support,
        labels=path.labels,
        n_steps=len(path.assignments),
        converged=path.converged,
    )


def estimate_sigma(values: ArrayLike, method: SigmaEstimate = "median") -> float:
    """Standard deviation of the noise, common to all features.

    `median`: from the median squared distance to the features' medians, which clusters move
    less; `sample`: the pooled standard deviation. Both contain the spread between clusters, so
    the test is conservative with them where there are clusters.

    References
    ----------
    Chen and Witten (2023), section 4.3.

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(scale=2.0, size=(5000, 2))
    >>> round(estimate_sigma(values), 1), round(estimate_sigma(values, "sample"), 1)
    (2.0, 2.0)
    """
    x = np.asarray(values, dtype=np.float64)
    if method == "median":
        squared = (x - np.median(x, axis=0)) ** 2
        return float(np.sqrt(np.median(squared) / chi_square.median(1)))
    squared = (x - x.mean(axis=0)) ** 2
    return float(np.sqrt(squared.sum() / (x.size - x.shape[1])))


def contrast_of(labels: Ints, clusters: tuple[int, int]) -> tuple[Floats, tuple[int, int]]:
    """Weights of the rows that make the difference of the two means, and the clusters' sizes."""
    first, second = labels == clusters[0], labels == clusters[1]
    sizes = int(first.sum()), int(second.sum())
    return first / sizes[0] - second / sizes[1], sizes


def check_matrix(values: Floats) -> None:
    """Refuse what is no finite matrix."""
    if values.ndim != 2 or not np.isfinite(values).all():
        raise BadInputError("the values must be a finite matrix of shape (n, d).")


def check_clusters(clusters: tuple[int, int], k: int) -> None:
    """Refuse a pair that are not two of the clusters 0 to k - 1."""
    if len({*clusters}) != 2 or min(clusters) < 0 or max(clusters) >= k:
        raise BadInputError(
            f"the clusters must be two different numbers from 0 to {k - 1}, found {clusters}."
        )


def _check(values: Floats, rows: Ints, clusters: tuple[int, int], sigma: float | None) -> None:
    check_matrix(values)
    if rows.ndim != 1 or not 2 <= rows.size < len(values):
        raise BadInputError(
            f"k-means needs at least two starting rows and fewer than rows; found {rows.size} "
            f"for {len(values)} rows."
        )
    check_clusters(clusters, rows.size)
    if sigma is not None and not (np.isfinite(sigma) and sigma > 0):
        raise BadInputError(f"sigma must be above 0, found {sigma}.")
