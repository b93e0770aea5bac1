"""Base rates with their uncertainty: Wilson intervals, and rates shrunken by a beta-binomial."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import betaln, digamma, expit
from scipy.stats import norm

from clustering.arrays import Floats
from clustering.comparison.base.entries import Range, Rate

#: A rate of fewer rows is not shown beside others: it would be read as more than it is.
FEWEST_ROWS = 20

#: The normal quantile of 95 % intervals.
#: Standard errors to either side of an estimate in its 95 % interval.
Z95 = float(norm.ppf(0.975))

#: Prior weights beyond this are "no difference between the groups at all".
_LARGEST_WEIGHT = 1e7


@dataclass(frozen=True)
class BetaBinomial:
    """Beta prior of the groups' rates: `mean` p and `weight` m, in rows; inf: all rates equal."""

    mean: float
    weight: float


def rates(segments: Sequence[str], rows: Floats, events: Floats) -> list[Rate]:
    """Rates of all segments.

    The shrunken rate is (events + m p) / (rows + m), with m and p by maximum likelihood of the
    beta-binomial over the segments. Rates of fewer than `FEWEST_ROWS` rows are marked
    `suppressed`: reports leave them out, and never rank segments by raw rates.

    Examples
    --------
    >>> found = rates(["a", "b"], np.array([100.0, 10.0]), np.array([30.0, 3.0]))
    >>> [(rate.raw, round(rate.shrunken, 3), rate.suppressed) for rate in found]
    [(0.3, 0.3, False), (0.3, 0.3, True)]
    """
    prior = fit_beta_binomial(rows, events)
    return [
        Rate(
            segment=segment,
            n=int(n),
            events=int(k),
            raw=k / n if n else None,
            wilson=wilson(k, n) if n else None,
            shrunken=_shrunken(k, n, prior) if n and prior is not None else None,
            suppressed=n < FEWEST_ROWS,
        )
        for segment, n, k in zip(segments, rows, events, strict=True)
    ]


def wilson(events: float, rows: float) -> Range:
    """95 % score interval of a rate by Wilson, without continuity correction.

    The counts may be effective ones, of accounts seen several times: they need not be whole
    numbers, as those of SciPy's `binomtest`.

    References
    ----------
    Wilson (1927), JASA 22:209; R's `prop.test(correct = FALSE)`.

    Examples
    --------
    >>> tuple(round(bound, 4) for bound in wilson(10, 50))
    (0.1124, 0.3304)
    """
    rate = events / rows
    centre = (rate + Z95**2 / (2 * rows)) / (1 + Z95**2 / rows)
    spread = np.sqrt(rate * (1 - rate) / rows + Z95**2 / (4 * rows**2))
    half = Z95 / (1 + Z95**2 / rows) * spread
    low = 0.0 if events == 0 else max(0.0, centre - half)
    high = 1.0 if events == rows else min(1.0, centre + half)
    return float(low), float(high)


def fit_beta_binomial(rows: Floats, events: Floats) -> BetaBinomial | None:
    """Maximum likelihood of the beta-binomial; None without rows.

    The weight is infinite where the groups differ no more than a common rate would let them
    (the likelihood then rises with m for ever), and with fewer than two groups.

    Examples
    --------
    >>> prior = fit_beta_binomial(np.array([200.0] * 4), np.array([20.0, 60.0, 100.0, 140.0]))
    >>> round(prior.mean, 2), 2 < prior.weight < 10
    (0.4, True)
    """
    n, k = rows[rows > 0], events[rows > 0]
    if n.size == 0:
        return None
    pooled = float(k.sum() / n.sum())
    if n.size < 2 or pooled in (0.0, 1.0):
        return BetaBinomial(pooled, np.inf)

    def loss(parameters: Floats) -> float:
        mean, weight = expit(parameters[0]), np.exp(parameters[1])
        alpha, beta = mean * weight, (1 - mean) * weight
        return -float((betaln(k + alpha, n - k + beta) - betaln(alpha, beta)).sum())

    def gradient(parameters: Floats) -> Floats:
        mean, weight = expit(parameters[0]), np.exp(parameters[1])
        alpha, beta = mean * weight, (1 - mean) * weight
        whole = digamma(n + weight) - digamma(weight)
        by_alpha = float((digamma(k + alpha) - digamma(alpha) - whole).sum())
        by_beta = float((digamma(n - k + beta) - digamma(beta) - whole).sum())
        by_mean = (by_alpha - by_beta) * weight * mean * (1 - mean)
        return -np.array([by_mean, by_alpha * alpha + by_beta * beta])

    start_mean = np.log(pooled / (1 - pooled))
    coarse = minimize_scalar(
        lambda log_weight: loss(np.array([start_mean, log_weight])),
        bounds=(np.log(1e-3), np.log(_LARGEST_WEIGHT)),
        method="bounded",
    )
    best = minimize(
        loss,
        [start_mean, float(coarse.x)],
        jac=gradient,
        method="L-BFGS-B",
        bounds=[(None, None), (np.log(1e-3), np.log(_LARGEST_WEIGHT) + 1)],
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    equal = -float((k * np.log(pooled) + (n - k) * np.log(1 - pooled)).sum())
    if best.fun >= equal - 1e-9 or np.exp(best.x[1]) >= _LARGEST_WEIGHT:
        return BetaBinomial(pooled, np.inf)
    return BetaBinomial(float(expit(best.x[0])), float(np.exp(best.x[1])))


def _shrunken(events: float, rows: float, prior: BetaBinomial) -> float:
    if np.isinf(prior.weight):
        return prior.mean
    return float((events + prior.weight * prior.mean) / (rows + prior.weight))
