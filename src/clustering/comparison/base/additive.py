"""The additive logistic model of tier and segment fitted to many tables at once.

Thousands of small logistic fits, one after the other, would take longer than everything else in
the comparison. The additive model of two factors needs so little (a weight in every cell) that all
tables take each Newton step together. They go as far as resamples and random groups need; what is
printed comes from `logistic.fit_logistic`, which is exact also where a coefficient is infinite.
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
    """Rate of every tier, broadcast to the cells; that of all rows for a tier without any.

    Parameters
    ----------
    rows, events : float64 arrays of shape (n_tables, n_tiers, n_segments)

    Examples
    --------
    >>> rows, events = np.array([[[10.0, 10.0], [20.0, 0.0]]]), np.array([[[2.0, 4.0], [0.0, 0.0]]])
    >>> tier_probabilities(rows, events)[0, :, 0].round(3).tolist()
    [0.3, 0.045]
    """
    base = rate_of(rows.sum(axis=(1, 2)), events.sum(axis=(1, 2)))[:, None, None]
    size = rows.sum(axis=2, keepdims=True)
    rate = rate_of(size, events.sum(axis=2, keepdims=True))
    return np.broadcast_to(np.where(size > 0, rate, base), rows.shape)


def additive_probabilities(rows: Floats, events: Floats) -> Floats:
    """Probability of every cell under the additive model; as `fit_nested` predicts by `both`.

    Parameters
    ----------
    rows, events : float64 arrays of shape (n_tables, n_tiers, n_segments)

    Examples
    --------
    >>> rows = np.full((1, 2, 2), 10.0)
    >>> additive_probabilities(rows, np.array([[[2.0, 4.0], [5.0, 8.0]]])).round(3).tolist()
    [[[0.18, 0.42], [0.52, 0.78]]]
    """
    size = np.where(rows > 0, rows, rows.sum(axis=2, keepdims=True))
    probability = within_succession(
        rows, events, _maximum_likelihood(rows, events), size, extreme=_EXTREME
    )
    tier_size, segment_size = rows.sum(axis=2, keepdims=True), rows.sum(axis=1, keepdims=True)
    segment = rate_of(segment_size, events.sum(axis=1, keepdims=True))
    compared = (segment_size > 0) & linked(rows > 0)
    probability = np.where(compared, probability, tier_probabilities(rows, events))
    return np.where((tier_size > 0) | (segment_size == 0), probability, segment)


def within_succession(
    rows: Floats, events: Floats, probability: Floats, size: Floats, *, extreme: float
) -> Floats:
    """Replace 0 and 1 by the rule of succession of the group that has only one outcome.

    Parameters
    ----------
    rows, events, probability : float64 arrays of shape (..., n_tiers, n_segments)
    size : of the same shape, rows that speak for a cell where no such group does
    extreme : a probability this near to 0 or 1 is replaced
    """
    tier_size, segment_size = rows.sum(axis=-1, keepdims=True), rows.sum(axis=-2, keepdims=True)
    lopsided = one_sided(tier_size, events.sum(axis=-1, keepdims=True))
    size = np.where(one_sided(segment_size, events.sum(axis=-2, keepdims=True)), segment_size, size)
    least = 1 / (np.where(lopsided, np.maximum(size, tier_size), size) + 2)
    far = np.minimum(probability, 1 - probability) < extreme
    return np.where(far, np.clip(probability, least, 1 - least), probability)


def rate_of(rows: Floats, events: Floats) -> Floats:
    """Rates; by the rule of succession where there is only one outcome, or no row."""
    succession = (events + 1) / (rows + 2)
    rate = np.divide(events, rows, where=rows > 0, out=succession.copy())
    return np.where(one_sided(rows, events), succession, rate)


def one_sided(rows: Floats, events: Floats) -> Flags:
    """Which groups have rows of one outcome only."""
    return np.asarray((rows > 0) & ((events == 0) | (events == rows)))


def linked(filled: Flags) -> Flags:
    """Cells whose tier and segment are linked by a chain of filled cells.

    Of any other cell tier and segment were never compared, not even through others.

    Parameters
    ----------
    filled : boolean array of shape (..., n_tiers, n_segments)

    Examples
    --------
    >>> linked(np.array([[True, True, False], [True, False, False], [False, False, True]])).tolist()
    [[True, True, False], [True, True, False], [False, False, True]]
    """
    cells = filled.astype(np.float64)
    reached = cells @ cells.swapaxes(-2, -1) > 0
    for _ in range(int(np.ceil(np.log2(max(2, filled.shape[-2]))))):
        steps = reached.astype(np.float64)
        reached = steps @ steps > 0
    return np.asarray(reached.astype(np.float64) @ cells > 0)


def _maximum_likelihood(rows: Floats, events: Floats) -> Floats:
    """Fitted probabilities; tables that have converged leave the others to go on."""
    n_tables, n_tiers, n_segments = rows.shape
    total, happened = rows.sum(axis=(1, 2)), events.sum(axis=(1, 2))
    start = (happened + 0.5) / (total + 1.0)
    tier = np.repeat(np.log(start / (1 - start))[:, None], n_tiers, axis=1)
    segment = np.zeros((n_tables, n_segments))
    moving = np.arange(n_tables)
    for _ in range(_STEPS):
        probability = _probability(tier[moving], segment[moving])
        steps = _newton_step(rows[moving], events[moving], probability)
        tier[moving] += steps[0]
        segment[moving] += steps[1]
        moving = moving[np.maximum(*(np.abs(step).max(axis=1) for step in steps)) > _TOLERANCE]
        if moving.size == 0:
            break
    return _probability(tier, segment)


def _probability(tier: Floats, segment: Floats) -> Floats:
    log_odds = tier[:, :, None] + segment[:, None, :]
    return np.asarray(expit(np.clip(log_odds, -_BOUND, _BOUND)))


def _newton_step(rows: Floats, events: Floats, probability: Floats) -> tuple[Floats, Floats]:
    """Steps of both factors; segments are eliminated, so that only tiers are solved for."""
    surplus = events - rows * probability
    weight = rows * probability * (1 - probability)
    by_segment = weight.sum(axis=1) + _RIDGE
    share = weight / by_segment[:, None, :]
    schur = -(share @ weight.transpose(0, 2, 1))
    diagonal = np.arange(rows.shape[1])
    schur[:, diagonal, diagonal] += weight.sum(axis=2) + _RIDGE
    by_tier = surplus.sum(axis=1)
    gradient = surplus.sum(axis=2) - (share @ by_tier[:, :, None])[:, :, 0]
    step = np.linalg.solve(schur, gradient[:, :, None])[:, :, 0]
    # A constant may pass from one factor to the other: keep it small.
    step = np.clip(step - step.mean(axis=1, keepdims=True), -_LARGEST_STEP, _LARGEST_STEP)
    moved = (weight.transpose(0, 2, 1) @ step[:, :, None])[:, :, 0]
    other = np.clip((by_tier - moved) / by_segment, -_LARGEST_STEP, _LARGEST_STEP)
    return step, other
