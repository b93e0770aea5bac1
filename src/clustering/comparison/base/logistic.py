"""Logistic regression by maximum likelihood on grouped data, to the precision of R's `glm`."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import expit, xlogy

from clustering.arrays import Floats

_MOST_STEPS = 200
_MOST_HALVINGS = 30
_TOLERANCE = 1e-13

#: A fitted probability this near 0 or 1 after convergence belongs to no finite coefficient.
SEPARATED = 1e-7

#: Linear predictors are kept within these bounds, as R does: beyond them 1 - p rounds to 0.
_BOUND = 30.0


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted model.

    Attributes
    ----------
    coefficients : float64 array of shape (p,)
    probability : float64 array of shape (m,), fitted probability of each group of rows
    deviance : minus twice the log-likelihood of the single rows (their saturated value is 0)
    """

    coefficients: Floats
    probability: Floats
    deviance: float

    @property
    def separated(self) -> bool:
        """Whether some fitted probability is 0 or 1; the deviance is still its limit."""
        return bool((np.minimum(self.probability, 1 - self.probability) < SEPARATED).any())


def fit_logistic(design: Floats, events: Floats, trials: Floats | None = None) -> LogisticFit:
    """Fit by iteratively reweighted least squares.

    Parameters
    ----------
    design : float64 array of shape (m, p) of rank p, a row for each group of rows with equal
        regressors
    events : float64 array of shape (m,), events in each group
    trials : float64 array of shape (m,), rows in each group, above 0 (default: one each)

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
    rows = np.ones_like(events) if trials is None else trials
    rate = (events + 0.5) / (rows + 1.0)
    linear, deviance = np.log(rate / (1 - rate)), np.inf
    coefficients = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        before, step = deviance, _weighted_step(design, linear, events, rows)
        for halving in range(_MOST_HALVINGS + 1):
            step = (step + coefficients) / 2 if halving else step
            linear = np.clip(design @ step, -_BOUND, _BOUND)
            deviance = binomial_deviance(events, rows, expit(linear))
            if deviance <= before + 1e-8 * (abs(before) + 1):
                break
        coefficients = step
        if abs(before - deviance) < _TOLERANCE * (abs(deviance) + 1e-3):
            break
    return LogisticFit(coefficients, expit(linear), deviance)


def binomial_deviance(events: Floats, rows: Floats, probability: Floats) -> float:
    """Minus twice the log-likelihood of single rows, given events and rows of each group.

    Examples
    --------
    >>> round(binomial_deviance(np.array([1.0]), np.array([2.0]), np.array([0.5])), 4)
    2.7726
    """
    log_likelihood = xlogy(events, probability) + xlogy(rows - events, 1 - probability)
    return max(0.0, float(-2 * log_likelihood.sum()))


def _weighted_step(design: Floats, linear: Floats, events: Floats, rows: Floats) -> Floats:
    probability = expit(linear)
    slope = np.maximum(probability * (1 - probability), np.finfo(float).tiny)
    working = linear + (events / rows - probability) / slope
    root = np.sqrt(rows * slope)
    orthogonal, triangular = np.linalg.qr(design * root[:, None])
    return np.asarray(solve_triangular(triangular, orthogonal.T @ (working * root)))
