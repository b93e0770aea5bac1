"""Gaussian components: their densities, and their parameters from responsibilities."""

import numpy as np

from clustering.arrays import Floats
from clustering.models.types import CovarianceType


def whitening(weights: Floats, means: Floats, covariances: Floats) -> tuple[Floats, Floats, Floats]:
    """What takes accounts to log densities: see `whitened`.

    Returns
    -------
    inverse Cholesky factors (k d, d), the means in them (k d, 1), constants (k, 1)
    """
    k, d = means.shape
    factors = np.linalg.cholesky(covariances)
    inverses = np.linalg.inv(factors)
    log_determinants = 2.0 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    constants = np.log(weights) - 0.5 * (d * np.log(2.0 * np.pi) + log_determinants)
    offsets = np.einsum("kde,ke->kd", inverses, means)
    return inverses.reshape(k * d, d), offsets.reshape(k * d, 1), constants[:, np.newaxis]


def whitened(columns: Floats, inverses: Floats, offsets: Floats, constants: Floats) -> Floats:
    """Log of weight times density (k, n), of accounts as columns (d, n) and a `whitening`."""
    d, n = columns.shape
    scores = inverses @ columns
    scores -= offsets
    np.square(scores, out=scores)
    scores = scores.reshape(len(constants), d, n).sum(axis=1)
    density: Floats = constants - 0.5 * scores
    return density


def log_joint_density(X: Floats, weights: Floats, means: Floats, covariances: Floats) -> Floats:
    """Log of weight times density of every component at every row.

    Parameters
    ----------
    X : (n, d)
    weights, means, covariances : of shapes (k,), (k, d) and (k, d, d), or (k, d) when diagonal

    Returns
    -------
    (n, k); its log-sum-exp over components is the log density of each row.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> log_joint_density(np.array([[0.0], [1.0]]), np.ones(1), 0 * one, one).ravel().round(3)
    array([-0.919, -1.419])
    """
    if covariances.ndim == 3:
        return whitened(X.T, *whitening(weights, means, covariances)).T
    precision = 1.0 / covariances
    squared = (
        (X * X) @ precision.T - 2.0 * X @ (means * precision).T + (means**2 * precision).sum(axis=1)
    )
    constant = X.shape[1] * np.log(2.0 * np.pi) + np.log(covariances).sum(axis=1)
    density: Floats = np.log(weights) - 0.5 * (constant + squared)
    return density


def estimate(
    X: Floats, responsibilities: Floats, kind: CovarianceType, ridge: float | Floats
) -> tuple[Floats, Floats, Floats]:
    """Weights, means and covariances that responsibilities (n, k) give: the M-step.

    Parameters
    ----------
    ridge : added to every variance, one number or one a column (d,)

    Returns
    -------
    of shapes (k,), (k, d) and (k, d, d), or (k, d) variances for ``diag`` and ``spherical``

    Examples
    --------
    >>> X = np.array([[0.0], [2.0], [10.0], [14.0]])
    >>> weights, means, variances = estimate(X, np.eye(2)[[0, 0, 1, 1]], "diag", ridge=0.0)
    >>> weights.round(6).tolist(), means.ravel().round(6).tolist()
    ([0.5, 0.5], [1.0, 12.0])
    >>> variances.ravel().round(6).tolist()
    [1.0, 4.0]
    """
    n, d = X.shape
    counts = responsibilities.sum(axis=0) + 1e-12
    means = (responsibilities.T @ X) / counts[:, None]
    k = len(counts)
    if kind == "full":
        covariances = np.empty((k, d, d))
        for j in range(k):
            centred = X - means[j]
            covariances[j] = (centred * responsibilities[:, j, None]).T @ centred / counts[j]
        covariances[:, np.arange(d), np.arange(d)] += ridge
    elif kind == "tied":
        pooled = (X.T @ X - (means * counts[:, None]).T @ means) / n
        covariances = np.broadcast_to(pooled + ridge * np.eye(d), (k, d, d))
    else:
        squares = (responsibilities.T @ (X * X)) / counts[:, None]
        variances = np.maximum(squares - means**2, 0.0)
        if kind == "spherical":
            variances = np.repeat(variances.mean(axis=1, keepdims=True), d, axis=1)
        covariances = variances + ridge
    return counts / counts.sum(), means, covariances


def n_free_parameters(k: int, d: int, covariance_type: CovarianceType) -> int:
    """Free parameters of a mixture: k-1 weights, k d means, and the covariances.

    Examples
    --------
    >>> [n_free_parameters(3, 2, t) for t in ("full", "tied", "diag", "spherical")]
    [17, 11, 14, 11]
    """
    triangle = d * (d + 1) // 2
    covariances = {"full": k * triangle, "tied": triangle, "diag": k * d, "spherical": k}
    return k - 1 + k * d + covariances[covariance_type]


def square(covariances: Floats) -> Floats:
    """Covariances as (k, d, d), whether given so or as variances (k, d)."""
    if covariances.ndim == 3:
        return np.array(covariances)
    return covariances[:, :, None] * np.eye(covariances.shape[1])


def symmetric_positive(covariances: Floats) -> bool:
    """Whether matrices (k, d, d) can be covariances.

    Examples
    --------
    >>> symmetric_positive(np.eye(2)[None]), symmetric_positive(-np.eye(2)[None])
    (True, False)
    """
    if not np.allclose(covariances, covariances.transpose(0, 2, 1)):
        return False
    try:
        np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError:
        return False
    return True
