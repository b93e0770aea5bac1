"""Whether predicted probabilities mean what they say."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from clustering.arrays import Flags, Floats
from clustering.comparison.base.entries import Calibration
from clustering.comparison.base.logistic import fit_logistic


def calibration(probability: Floats, outcome: Flags) -> Calibration:
    """Calibration in the large and slope of held-out probabilities.

    References
    ----------
    Cox (1958), Biometrika 45:562; Steyerberg (2019), Clinical Prediction Models, chapter 15.

    Examples
    --------
    >>> outcome = np.array([True] * 4 + [False] * 6 + [True] * 6 + [False] * 4)
    >>> found = calibration(np.array([0.2] * 10 + [0.8] * 10), outcome)
    >>> abs(round(found.in_the_large, 3)), round(found.slope, 3)
    (0.0, 0.292)
    """
    if outcome.all() or not outcome.any():
        return Calibration(in_the_large=None, slope=None)
    predicted = logit(np.clip(probability, 1e-12, 1 - 1e-12))
    events = float(outcome.sum())
    shift = brentq(lambda shift: float(expit(predicted + shift).sum()) - events, -60.0, 60.0)
    if np.ptp(predicted) < 1e-9:
        return Calibration(in_the_large=shift, slope=None)
    design = np.column_stack([np.ones_like(predicted), predicted])
    fit = fit_logistic(design, outcome.astype(np.float64))
    return Calibration(in_the_large=shift, slope=None if fit.separated else fit.coefficients[1])
