"""A valid test of one feature's difference between two clusters that k-means found in the data.

The test of all features at once (`selective_kmeans_test`) says that two clusters differ, not in
what. Here one feature moves at a time, and the others move with it as far as they are correlated,
among data sets in which Lloyd's algorithm takes the same path.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from clustering.arrays import Floats
from clustering.errors import BadInputError
from clustering.inference.lloyd_path import LloydPath, follow_lloyd_from
from clustering.inference.same_path import compared_along, remaining
from clustering.inference.selective import check_clusters, check_matrix, contrast_of
from clustering.inference.truncated_chi import truncated_chi_tail


@dataclass(frozen=True)
class FeatureTest:
    """Difference of two clusters in the mean of one feature (first minus second).

    `p` is valid given the path of Lloyd's algorithm from the given centres; `p_naive` is the usual
    test, which is not valid and stands beside it for contrast.
    """

    clusters: tuple[int, int]
    feature: int
    difference: float
    p: float
    p_naive: float


def selective_feature_tests(
    values: ArrayLike,
    centres: ArrayLike,
    pairs: Sequence[tuple[int, int]],
    *,
    covariance: ArrayLike | None = None,
    max_iter: int = 100,
) -> tuple[LloydPath, list[FeatureTest]]:
    """Test every feature of every pair of clusters, given how the clusters were found.

    Rows are taken as independent normal with one covariance. The starting centres must not come
    from these rows: take them from other accounts, or draw them. Estimated from the rows, the
    covariance contains the spread between clusters, so the test is conservative where there are
    any; its power is low, and a large p is no evidence that the clusters are alike.

    Parameters
    ----------
    values : array-like of shape (n, d)
    centres : array-like of shape (k, d), where Lloyd's algorithm starts
    pairs : pairs of clusters, numbered as `centres`
    covariance : array-like of shape (d, d), of the noise; None to estimate it
    max_iter : most updates of the centres; the test is valid also where it stopped early

    Returns
    -------
    path, tests : what the algorithm did, and a test a pair and feature that varies

    Raises
    ------
    BadInputError
        Values are not finite, shapes do not fit, a pair does not exist, or a cluster runs empty.

    References
    ----------
    Chen and Gao (2023), Testing for a difference in means of a single feature after clustering,
    arXiv 2311.16375; the set of Chen and Witten (2023), JMLR 24(152), for k-means.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(size=(80, 2))
    >>> centres = np.array([[-1.0, 0.0], [1.0, 0.0]])
    >>> _, tests = selective_feature_tests(values, centres, [(0, 1)], covariance=np.eye(2))
    >>> [test.p > 0.05 for test in tests], tests[0].p_naive < 1e-5
    ([True, True], True)
    """
    x = np.asarray(values, dtype=np.float64)
    start = np.asarray(centres, dtype=np.float64)
    _check(x, start, pairs)
    noise = np.cov(x, rowvar=False).reshape(x.shape[1], -1)
    noise = noise if covariance is None else np.asarray(covariance, dtype=np.float64)
    features = np.flatnonzero(np.diag(noise) > 0)
    # The other features follow the tested one as far as they are correlated with it.
    directions = noise[:, features] / np.diag(noise)[features]
    path = follow_lloyd_from(x, start, max_iter)
    compared = compared_along(x, path, directions)
    lengths = (directions**2).sum(axis=0)
    tests = []
    for pair in pairs:
        contrast, _ = contrast_of(path.labels, pair)
        speeds = compared.speeds(contrast)
        for place, feature in enumerate(features):
            difference = float(contrast @ x[:, feature])
            scale = float(np.sqrt(noise[feature, feature]) * np.linalg.norm(contrast))
            excluded = compared.excluded(speeds, place, lengths[place])
            support = remaining(excluded, difference, -np.inf)
            tests.append(
                FeatureTest(
                    clusters=pair,
                    feature=int(feature),
                    difference=difference,
                    p=truncated_chi_tail(abs(difference), 1, scale, _both_sides(support)),
                    p_naive=float(2 * norm.sf(abs(difference) / scale)),
                )
            )
    return path, tests


def _both_sides(support: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Intervals of a signed statistic as intervals of its size; they may lie over each other."""
    sizes = []
    for low, high in support:
        if high > 0:
            sizes.append((max(low, 0.0), high))
        if low < 0:
            sizes.append((max(-high, 0.0), -low))
    return sizes


def _check(values: Floats, centres: Floats, pairs: Sequence[tuple[int, int]]) -> None:
    check_matrix(values)
    if centres.ndim != 2 or centres.shape[1] != values.shape[1] or len(centres) < 2:
        raise BadInputError(
            f"k-means needs at least two centres of {values.shape[1]} features, found shape "
            f"{centres.shape}."
        )
    for pair in pairs:
        check_clusters(pair, len(centres))
