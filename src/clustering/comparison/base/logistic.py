"""Logistic regression by maximum likelihood on grouped data, to the precision of R's `glm`."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular
from scipy.special import expit, xlogy

from clustering.arrays import Floats, Ints

_MOST_STEPS = 200
_TOLERANCE = 1e-13

#: A fitted probability this near 0 or 1 after convergence belongs to no finite coefficient.
_SEPARATED = 1e-7

#: Linear predictors are kept within these bounds, as R does: beyond them 1 - p rounds to 0.
_BOUND = 30.0


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted model.

    Attributes
    ----------
    coefficients : float64 array of shape (p,); NaN for columns that follow from earlier ones
    probability : float64 array of shape (m,), fitted probability of each group of rows
    deviance : minus twice the log-likelihood of the single rows (their saturated value is 0)
    rank : number of coefficients that can be told apart
    separated : whether some fitted probability is 0 or 1; the deviance is still its limit
    """

    coefficients: Floats
    probability: Floats
    deviance: float
    rank: int
    separated: bool


def fit_logistic(design: Floats, events: Floats, trials: Floats | None = None) -> LogisticFit:
    """Fit by iteratively reweighted least squares.

    Parameters
    ----------
    design : float64 array of shape (m, p), a row for each group of rows with equal regressors
    events : float64 array of shape (m,), events in each group
    trials : float64 array of shape (m,), rows in each group, above 0 (default: one each)

    Returns
    -------
    LogisticFit

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, section 2.5.

    Examples
    --------
    >>> design = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> fit = fit_logistic(design, np.array([1.0, 3.0]), np.array([4.0, 4.0]))
    >>> fit.probability.round(6).tolist(), round(fit.deviance, 4)
    ([0.25, 0.75], 8.9974)
    """
    counts = np.ones_like(events) if trials is None else trials
    kept = _independent_columns(design)
    regressors = design[:, kept]
    probability = (events + 0.5) / (counts + 1.0)
    linear = np.log(probability / (1 - probability))
    deviance = np.inf
    coefficients = np.zeros(kept.size)
    for _ in range(_MOST_STEPS):
        proposed = _weighted_step(regressors, linear, probability, events, counts)
        new_linear = np.clip(regressors @ proposed, -_BOUND, _BOUND)
        new_deviance = binomial_deviance(events, counts, expit(new_linear))
        halvings = 0
        while new_deviance > deviance + 1e-8 * (abs(deviance) + 1) and halvings < 30:
            proposed = (proposed + coefficients) / 2
            new_linear = np.clip(regressors @ proposed, -_BOUND, _BOUND)
            new_deviance = binomial_deviance(events, counts, expit(new_linear))
            halvings += 1
        change = abs(deviance - new_deviance)
        coefficients, linear, deviance = proposed, new_linear, new_deviance
        probability = expit(linear)
        if change < _TOLERANCE * (abs(deviance) + 1e-3):
            break
    every = np.full(design.shape[1], np.nan)
    every[kept] = coefficients
    separated = bool((np.minimum(probability, 1 - probability) < _SEPARATED).any())
    return LogisticFit(every, probability, deviance, kept.size, separated)


def binomial_deviance(events: Floats, trials: Floats, probability: Floats) -> float:
    """Minus twice the log-likelihood of single rows, given events and rows of each group.

    Examples
    --------
    >>> round(binomial_deviance(np.array([1.0]), np.array([2.0]), np.array([0.5])), 4)
    2.7726
    """
    log_likelihood = xlogy(events, probability) + xlogy(trials - events, 1 - probability)
    return max(0.0, float(-2 * log_likelihood.sum()))


def _weighted_step(
    regressors: Floats, linear: Floats, probability: Floats, events: Floats, counts: Floats
) -> Floats:
    slope = np.maximum(probability * (1 - probability), np.finfo(float).tiny)
    working = linear + (events / counts - probability) / slope
    root = np.sqrt(counts * slope)
    orthogonal, triangular = np.linalg.qr(regressors * root[:, None])
    return np.asarray(solve_triangular(triangular, orthogonal.T @ (working * root)))


def _independent_columns(design: Floats) -> Ints:
    """Columns that are not linear combinations of the others, in their order."""
    scale = np.linalg.norm(design, axis=0)
    scaled = design / np.where(scale > 0, scale, 1.0)
    triangular, pivots = qr(scaled, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(triangular))
    rank = int((diagonal > 1e-9 * max(1.0, diagonal[0])).sum())
    return np.sort(pivots[:rank]).astype(np.int64)
