"""The tier and the additive model fitted to many tables at once, for resamples and random groups.

Thousands of small logistic fits, one after the other, would take longer than everything else in
the comparison. The additive model of two factors needs so little (a weight in every cell) that all
tables take each Newton step together.
"""

import numpy as np
from scipy.special import expit

from clustering.arrays import Flags, Floats

_STEPS = 15
_LARGEST_STEP = 4.0
_BOUND = 20.0
_TOLERANCE = 1e-6

#: A probability this near to 0 or 1 belongs to no finite coefficient.
_EXTREME = 1e-4

#: Makes the one direction solvable that the two factors share, and groups without rows.
_RIDGE = 1e-9


def tier_probabilities(rows: Floats, events: Floats) -> Floats:
    """Rate of every tier, broadcast to the cells; as `fit_nested` predicts by `tier`.

    Parameters
    ----------
    rows, events : float64 arrays of shape (n_tables, n_tiers, n_segments)

    Examples
    --------
    >>> rows, events = np.array([[[10.0, 10.0], [20.0, 0.0]]]), np.array([[[2.0, 4.0], [0.0, 0.0]]])
    >>> tier_probabilities(rows, events)[0, :, 0].round(3).tolist()
    [0.3, 0.045]
    """
    total, happened = rows.sum(axis=(1, 2)), events.sum(axis=(1, 2))
    base = _rate(total, happened)[:, None, None]
    size = rows.sum(axis=2, keepdims=True)
    rate = _rate(size, events.sum(axis=2, keepdims=True))
    return np.broadcast_to(np.where(size > 0, rate, base), rows.shape)


def additive_probabilities(rows: Floats, events: Floats) -> Floats:
    """Probability of every cell under the additive model; as `fit_nested` predicts by `both`.

    Where all tiers and segments have both outcomes these are the maximum-likelihood fits. A
    tier or segment with only one outcome is kept away from 0 and 1 by the rule of succession,
    a segment without rows is predicted by its tier and a tier without rows by its segment.

    Parameters
    ----------
    rows, events : float64 arrays of shape (n_tables, n_tiers, n_segments)

    Examples
    --------
    >>> rows = np.full((1, 2, 2), 10.0)
    >>> additive_probabilities(rows, np.array([[[2.0, 4.0], [5.0, 8.0]]])).round(3).tolist()
    [[[0.18, 0.42], [0.52, 0.78]]]
    """
    probability = expit(_maximum_likelihood(rows, events))
    tier_size = rows.sum(axis=2, keepdims=True)
    segment_size = rows.sum(axis=1, keepdims=True)
    tier_events = events.sum(axis=2, keepdims=True)
    segment_events = events.sum(axis=1, keepdims=True)
    size = np.where(rows > 0, rows, tier_size)
    size = np.where(_one_sided(segment_size, segment_events), segment_size, size)
    lopsided = _one_sided(tier_size, tier_events)
    size = np.where(lopsided, np.maximum(size, tier_size), size)
    least = 1 / (size + 2)
    extreme = np.minimum(probability, 1 - probability) < _EXTREME
    probability = np.where(extreme, np.clip(probability, least, 1 - least), probability)
    segment = np.broadcast_to(_rate(segment_size, segment_events), rows.shape)
    tier = tier_probabilities(rows, events)
    probability = np.where(segment_size > 0, probability, tier)
    return np.where((tier_size > 0) | (segment_size == 0), probability, segment)


def _maximum_likelihood(rows: Floats, events: Floats) -> Floats:
    """Linear predictors; tables that have converged leave the others to go on."""
    n_tables, n_tiers, n_segments = rows.shape
    total, happened = rows.sum(axis=(1, 2)), events.sum(axis=(1, 2))
    start = (happened + 0.5) / (total + 1.0)
    tier = np.repeat(np.log(start / (1 - start))[:, None], n_tiers, axis=1)
    segment = np.zeros((n_tables, n_segments))
    moving = np.arange(n_tables)
    for _ in range(_STEPS):
        steps = _newton_step(rows[moving], events[moving], tier[moving], segment[moving])
        tier[moving] += steps[0]
        segment[moving] += steps[1]
        moving = moving[np.maximum(*(np.abs(step).max(axis=1) for step in steps)) > _TOLERANCE]
        if moving.size == 0:
            break
    return np.asarray(np.clip(tier[:, :, None] + segment[:, None, :], -_BOUND, _BOUND))


def _newton_step(
    rows: Floats, events: Floats, tier: Floats, segment: Floats
) -> tuple[Floats, Floats]:
    """Steps of both factors; segments are eliminated, so that only tiers are solved for."""
    probability = expit(np.clip(tier[:, :, None] + segment[:, None, :], -_BOUND, _BOUND))
    surplus = events - rows * probability
    weight = rows * probability * (1 - probability)
    by_segment = weight.sum(axis=1) + _RIDGE
    share = weight / by_segment[:, None, :]
    schur = -(share @ weight.transpose(0, 2, 1))
    diagonal = np.arange(tier.shape[1])
    schur[:, diagonal, diagonal] += weight.sum(axis=2) + _RIDGE
    by_tier = surplus.sum(axis=1)
    gradient = surplus.sum(axis=2) - (share @ by_tier[:, :, None])[:, :, 0]
    step = np.linalg.solve(schur, gradient[:, :, None])[:, :, 0]
    # A constant may pass from one factor to the other: keep it small.
    step = np.clip(step - step.mean(axis=1, keepdims=True), -_LARGEST_STEP, _LARGEST_STEP)
    moved = (weight.transpose(0, 2, 1) @ step[:, :, None])[:, :, 0]
    other = np.clip((by_tier - moved) / by_segment, -_LARGEST_STEP, _LARGEST_STEP)
    return step, other


def _rate(rows: Floats, events: Floats) -> Floats:
    succession = (events + 1) / (rows + 2)
    rate = np.divide(events, rows, where=rows > 0, out=succession.copy())
    return np.where(_one_sided(rows, events), succession, rate)


def _one_sided(rows: Floats, events: Floats) -> Flags:
    return np.asarray((rows > 0) & ((events == 0) | (events == rows)))
