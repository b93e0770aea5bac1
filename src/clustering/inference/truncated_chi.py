"""Tail probability of a chi variable that is known to lie in a union of intervals."""

from collections.abc import Sequence

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln

#: Below this a tail is computed by its continued fraction on the log scale.
_UNDERFLOW = 1e-280


def truncated_chi_tail(
    observed: float, degrees: int, scale: float, support: Sequence[tuple[float, float]]
) -> float:
    """P(phi >= observed | phi in support) for phi distributed as scale times chi.

    All on the log scale, so that it stays a number far in the tail, where both the mass of the
    support and that beyond the observed value are too small for floating point.

    Parameters
    ----------
    observed : at least 0
    degrees : degrees of freedom
    scale : above 0
    support : disjoint intervals (low, high) with 0 <= low < high

    Examples
    --------
    >>> round(truncated_chi_tail(1.0, 1, 1.0, [(0.0, np.inf)]), 4)
    0.3173
    >>> round(truncated_chi_tail(60.0, 2, 1.0, [(59.0, 61.0)]), 12)
    0.0
    """
    everything = [_log_mass(low, high, degrees, scale) for low, high in support]
    beyond = [
        _log_mass(max(low, observed), high, degrees, scale)
        for low, high in support
        if high > observed
    ]
    if not beyond:
        return 0.0
    total = np.logaddexp.reduce(everything)
    if total == -np.inf:
        return float("nan")
    return float(min(1.0, np.exp(np.logaddexp.reduce(beyond) - total)))


def _log_mass(low: float, high: float, degrees: int, scale: float) -> float:
    """Log probability of [low, high], from whichever tail is the smaller there."""
    shape = degrees / 2
    a, b = (low / scale) ** 2 / 2, (high / scale) ** 2 / 2
    if not b > a:
        return -np.inf
    if a >= shape:
        return _log_difference(_log_upper(shape, a), _log_upper(shape, b))
    if b <= shape:
        return _log_difference(_log_lower(shape, b), _log_lower(shape, a))
    return float(np.log1p(-gammainc(shape, a) - (gammaincc(shape, b) if np.isfinite(b) else 0.0)))


def _log_difference(larger: float, smaller: float) -> float:
    if larger == -np.inf or smaller >= larger:
        return -np.inf
    return float(larger + np.log1p(-np.exp(smaller - larger)))


def _log_upper(shape: float, x: float) -> float:
    if np.isinf(x):
        return -np.inf
    direct = float(gammaincc(shape, x))
    if direct > _UNDERFLOW:
        return float(np.log(direct))
    # Legendre's continued fraction (Abramowitz and Stegun 6.5.31), evaluated by Lentz's method.
    step = x + 1 - shape
    tiny = 1e-300
    c, d = 1 / tiny, 1 / step
    fraction = d
    for i in range(1, 500):
        numerator = -i * (i - shape)
        step += 2
        d = 1 / (numerator * d + step or tiny)
        c = step + numerator / c or tiny
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return float(shape * np.log(x) - x - gammaln(shape) + np.log(fraction))


def _log_lower(shape: float, x: float) -> float:
    if x <= 0:
        return -np.inf
    direct = float(gammainc(shape, x))
    if direct > _UNDERFLOW:
        return float(np.log(direct))
    return float(shape * np.log(x) - x - gammaln(shape + 1))
