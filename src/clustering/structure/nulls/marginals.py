"""Margins of the homogeneous nulls: what a column may look like without any clusters.

A null must keep everything that is not meant by "cluster": skewness, the mass at zero, rounding
and ties. `empirical` keeps the whole margin, its bumps included; `unimodal` smooths the bumps
away and keeps the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import yeojohnson

from clustering.arrays import Floats

#: Takes probabilities in (0, 1), gives values of the column.
Quantiles = Callable[[Floats], Floats]

#: A value held by a larger share of the rows is a spike (zero mass), modelled by itself.
SPIKE_SHARE = 0.05
#: With fewer distinct values than this share of the rows, a column is rounded or counted.
DISCRETE_SHARE = 0.5
POWERS = np.linspace(-3.0, 5.0, 81)


@dataclass(frozen=True, eq=False)
class _Empirical:
    ordered: Floats

    def __call__(self, u: Floats) -> Floats:
        index = np.minimum((u * len(self.ordered)).astype(np.int64), len(self.ordered) - 1)
        drawn: Floats = self.ordered[index]
        return drawn


def empirical_quantiles(column: Floats) -> Quantiles:
    """The column's own quantile function: only values that were observed, ties as they are.

    Examples
    --------
    >>> empirical_quantiles(np.array([3.0, 1.0, 1.0, 2.0]))(np.array([0.1, 0.4, 0.6, 0.9])).tolist()
    [1.0, 1.0, 2.0, 3.0]
    """
    return _Empirical(np.sort(column))


@dataclass(frozen=True, eq=False)
class _Unimodal:
    """A spike at the column's lowest or highest value, and a transformed normal beside it."""

    share_below: float
    """Share of the spike when it is the lowest value."""
    share_above: float
    """Share of the spike when it is the highest value."""
    spike: float
    body: "_Body"
    grid: Floats | None
    """Distinct values to round to, in order; None for a continuous column."""

    def __call__(self, u: Floats) -> Floats:
        rest = 1.0 - self.share_below - self.share_above
        inner = np.clip((u - self.share_below) / rest, 0.0, 1.0)
        values = self.body(inner)
        if self.grid is not None:
            values = _round_to(self.grid, values)
        values = np.where(u < self.share_below, self.spike, values)
        drawn: Floats = np.where(u >= 1.0 - self.share_above, self.spike, values)
        return drawn


@dataclass(frozen=True, eq=False)
class _Body:
    """Quantiles of a transformed normal, cut off at the range of the column.

    `power` is Yeo and Johnson's; None stands for the log-normal. The cut keeps counts and amounts
    from turning negative, and makes no spike, because the probabilities are cut and not the values.
    """

    power: float | None
    shift: float
    factor: float
    mean: float
    sd: float
    low: float
    high: float

    def __call__(self, u: Floats) -> Floats:
        first, last = ndtr((self._forward(np.array([self.low, self.high])) - self.mean) / self.sd)
        inside = np.clip(first + u * (last - first), 1e-12, 1.0 - 1e-12)
        normal = self.mean + self.sd * ndtri(inside)
        values = np.exp(normal) if self.power is None else _inverse_yeojohnson(normal, self.power)
        drawn: Floats = np.clip(values * self.factor + self.shift, self.low, self.high)
        return drawn

    def _forward(self, values: Floats) -> Floats:
        scaled = (values - self.shift) / self.factor
        moved: Floats
        moved = np.log(scaled) if self.power is None else yeojohnson(scaled, lmbda=self.power)
        return moved


def unimodal_quantiles(column: Floats) -> Quantiles:
    """Quantiles of a unimodal column like this one: its skewness, spike and rounding are kept.

    A spike at the lowest or the highest value (no usage, everything achieved) keeps its share.
    The rest is log-normal where that fits better, else a normal after Yeo and Johnson's
    transform. A column with few distinct values is rounded to them.

    Parameters
    ----------
    column : (n,)

    References
    ----------
    Hennig and Lin (2015), Statistics and Computing 25; Yeo and Johnson (2000), Biometrika 87.

    Examples
    --------
    >>> drawn = unimodal_quantiles(np.r_[np.zeros(50), np.arange(1.0, 51.0)])
    >>> float((drawn(np.linspace(0.005, 0.995, 100)) == 0).mean())
    0.5
    """
    below, above, spike = _spike(column)
    n = len(column)
    rest = column[column != spike] if below or above else column
    distinct = np.unique(rest)
    if len(distinct) < 3:
        return empirical_quantiles(column)
    grid = distinct if len(distinct) < DISCRETE_SHARE * n else None
    return _Unimodal(below, above, spike, _fit_body(rest), grid)


def without_spike(column: Floats) -> Floats:
    """The column without the pile at its lowest or highest value, where there is one and more.

    Examples
    --------
    >>> without_spike(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0])).tolist()
    [1.0, 2.0, 3.0]
    """
    below, above, spike = _spike(column)
    beside = column[column != spike]
    return beside if (below or above) and beside.size else column


def _spike(column: Floats) -> tuple[float, float, float]:
    """Shares of a pile at the lowest and at the highest value, one of them 0, and its value."""
    lowest, highest = float(column.min()), float(column.max())
    at_low, at_high = float((column == lowest).mean()), float((column == highest).mean())
    below = at_low if at_low >= SPIKE_SHARE and at_low >= at_high else 0.0
    above = at_high if at_high >= SPIKE_SHARE and at_high > at_low else 0.0
    return below, above, lowest if below else highest


def _fit_body(rest: Floats) -> _Body:
    """The better of log-normal and Yeo-Johnson by likelihood."""
    candidates = [_yeojohnson_body(rest)]
    if rest.min() > 0:
        candidates.append(_lognormal_body(rest))
    return max(candidates, key=lambda candidate: candidate[0])[1]


def _lognormal_body(rest: Floats) -> tuple[float, _Body]:
    logs = np.log(rest)
    mean, sd = float(logs.mean()), float(logs.std())
    log_likelihood = -len(rest) * (np.log(sd) + 0.5 * np.log(2 * np.pi) + 0.5) - logs.sum()
    body = _Body(None, 0.0, 1.0, mean, sd, float(rest.min()), float(rest.max()))
    return float(log_likelihood), body


def _yeojohnson_body(rest: Floats) -> tuple[float, _Body]:
    shift, factor = float(np.median(rest)), float(rest.std())
    scaled = (rest - shift) / factor
    fits = _yeojohnson_likelihoods(scaled)
    power = float(POWERS[int(np.argmax(fits))])
    moved = yeojohnson(scaled, lmbda=power)
    log_likelihood = fits.max() - len(rest) * (np.log(factor) + 0.5 * np.log(2 * np.pi) + 0.5)
    mean, sd = float(moved.mean()), float(moved.std())
    body = _Body(power, shift, factor, mean, sd, float(rest.min()), float(rest.max()))
    return float(log_likelihood), body


def _yeojohnson_likelihoods(scaled: Floats) -> Floats:
    """Log-likelihood of every power of the grid, less the constant of the normal density.

    The values of `scipy.stats.yeojohnson_llf`, which takes one power at a time and ten times as
    long for all of them.
    """
    up = scaled >= 0
    logs = np.log1p(np.abs(scaled))
    exponents = np.where(up, POWERS[:, None], 2.0 - POWERS[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        raised = np.expm1(exponents * logs) / exponents
    moved = np.where(exponents == 0, logs, raised) * np.where(up, 1.0, -1.0)
    jacobian = (POWERS - 1.0) * np.where(up, logs, -logs).sum()
    return np.asarray(jacobian - len(scaled) / 2 * np.log(moved.var(axis=1)))


def _inverse_yeojohnson(moved: Floats, power: float) -> Floats:
    """Inverse of Yeo and Johnson's transform; arguments beyond its range are held at the end."""
    values = np.empty_like(moved)
    up = moved >= 0
    if abs(power) < 1e-12:
        values[up] = np.expm1(moved[up])
    else:
        values[up] = np.maximum(power * moved[up] + 1.0, 1e-6) ** (1.0 / power) - 1.0
    if abs(power - 2.0) < 1e-12:
        values[~up] = -np.expm1(-moved[~up])
    else:
        base = np.maximum(1.0 - (2.0 - power) * moved[~up], 1e-6)
        values[~up] = 1.0 - base ** (1.0 / (2.0 - power))
    return values


def _round_to(grid: Floats, values: Floats) -> Floats:
    """The nearest entry of an ordered grid."""
    right = np.clip(np.searchsorted(grid, values), 1, len(grid) - 1)
    left = right - 1
    nearer_left = values - grid[left] <= grid[right] - values
    rounded: Floats = np.where(nearer_left, grid[left], grid[right])
    return rounded
