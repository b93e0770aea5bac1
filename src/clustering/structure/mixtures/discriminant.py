"""A mixture with one common covariance, refined from a partition in a few cheap steps."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints

MAX_ITER = 25
TOLERANCE = 1e-5
RIDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Weights (k,), means (k, d) and the common covariance (d, d)."""

    weights: Floats
    means: Floats
    covariance: Floats

    def scores(self, values: Floats) -> Floats:
        """Linear discriminant scores (k, n): log joint densities but for a common term."""
        slopes = np.linalg.solve(self.covariance, self.means.T).T
        offsets = np.log(self.weights) - 0.5 * (slopes * self.means).sum(axis=1)
        scores: Floats = slopes @ values.T + offsets[:, None]
        return scores

    def sd_along(self, component: int, unit: Floats) -> float:
        """Standard deviation along a direction of length 1; the same for every component."""
        return float(np.sqrt(unit @ self.covariance @ unit))

    def towards(self, first: int, second: int) -> Floats:
        """From one mean to another, at length 1; 0 where they are equal."""
        line = self.means[second] - self.means[first]
        length = float(np.sqrt(line @ line))
        unit: Floats = line / (length or 1.0)
        return unit

    def nearest(self) -> Ints:
        """The nearest component of every component, by Mahalanobis distance."""
        factor = np.linalg.cholesky(self.covariance)
        white = np.linalg.solve(factor, self.means.T).T
        squared = ((white[:, None] - white[None]) ** 2).sum(axis=2)
        np.fill_diagonal(squared, np.inf)
        nearest: Ints = squared.argmin(axis=1)
        return nearest


def fit_discriminant(values: Floats, labels: Ints, k: int) -> Discriminant:
    """EM for a tied-covariance mixture, from a partition.

    With one covariance the quadratic terms of all components cancel: a step needs two thin
    matrix products and no pass over squared columns.

    Parameters
    ----------
    values : (n, d)
    labels : (n,), 0 .. k-1

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (200, 2)), rng.normal(5, 1, (100, 2))])
    >>> fit_discriminant(X, np.repeat([0, 1], [200, 100]), 2).weights.round(2).tolist()
    [0.67, 0.33]
    """
    shift = values.mean(axis=0)
    centred = values - shift
    n = len(values)
    total = centred.T @ centred / n
    ridge = RIDGE * np.diag(np.maximum(np.diagonal(total), 1e-300))
    # Components in rows: sums over components then run along contiguous accounts.
    responsibilities = np.eye(k)[:, labels]
    previous = -np.inf
    model = _estimate(centred, responsibilities, total, ridge)
    for _ in range(MAX_ITER):
        scores = model.scores(centred)
        top = scores.max(axis=0)
        responsibilities = np.exp(scores - top)
        sums = responsibilities.sum(axis=0)
        responsibilities /= sums
        _, log_det = np.linalg.slogdet(model.covariance)
        quadratic = np.trace(np.linalg.solve(model.covariance, total))
        gained = float((top + np.log(sums)).mean() - 0.5 * (log_det + quadratic))
        model = _estimate(centred, responsibilities, total, ridge)
        if gained - previous < TOLERANCE:
            break
        previous = gained
    return Discriminant(model.weights, model.means + shift, model.covariance)


def _estimate(values: Floats, resp: Floats, total: Floats, ridge: Floats) -> Discriminant:
    counts = resp.sum(axis=1) + 1e-9
    weights = counts / counts.sum()
    means = (resp @ values) / counts[:, None]
    covariance = total - (means * weights[:, None]).T @ means + ridge
    return Discriminant(weights, means, covariance)
