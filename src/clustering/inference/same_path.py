"""For which values of a statistic Lloyd's algorithm would have taken the same path.

Each squared distance of a row to a centre is a quadratic in the statistic, and a row stays with its
centre while the difference of two such quadratics is at most 0.
"""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.inference.lloyd_path import LloydPath

#: Roots nearer to the observed value than this are rounding: it satisfies every inequality.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Compared:
    """Everything that the assignments compared: each row's own centre with every other centre.

    Attributes
    ----------
    members : (n_steps, k, n), the weights that make the centres of each step of the rows
    own, other : int64 (m,), places in the distances (step, row, centre) of both sides
    apart : (m,) squared distance of the own centre minus that of the other, at most 0
    along : (n_steps n k, n_directions), how far rows and centres are apart along each direction
    """

    members: Floats
    own: Ints
    other: Ints
    apart: Floats
    along: Floats

    def speeds(self, contrast: Floats) -> Floats:
        """How fast rows and centres of all steps part when the statistic moves; flat.

        Moving it by t moves row i by t nu_i / |nu|^2, with nu the contrast of the two means.
        """
        moves = contrast / (contrast @ contrast)
        return np.asarray((moves[None, :, None] - (self.members @ moves)[:, None, :]).ravel())

    def excluded(self, speeds: Floats, place: int, length: float) -> Floats:
        """Moves of the statistic at which some row would have gone to another centre."""
        linear = 2 * speeds * self.along[:, place]
        square = speeds**2 * length
        return violations(
            square[self.own] - square[self.other],
            linear[self.own] - linear[self.other],
            self.apart,
        )


def compared_along(values: Floats, path: LloydPath, directions: Floats) -> Compared:
    """What the assignments of a path compared, and how it changes along some directions.

    Parameters
    ----------
    values : float64 array of shape (n, d)
    path : of Lloyd's algorithm on them
    directions : float64 array of shape (d, n_directions)
    """
    n, k, n_steps = len(values), len(path.start), len(path.assignments)
    members = np.zeros((n_steps, k, n))
    members[0, np.arange(path.initial_rows.size), path.initial_rows] = 1.0
    for step in range(1, n_steps):
        before = path.assignments[step - 1]
        members[step, before, np.arange(n)] = 1.0 / np.bincount(before, minlength=k)[before]
    centres = members @ values
    centres[0] = path.start
    gaps = values[None, :, None, :] - centres[:, None, :, :]
    apart = (gaps**2).sum(axis=3).ravel()
    first = np.arange(n_steps * n) * k
    others = (np.arange(k)[None, :] != path.assignments.reshape(-1, 1)).nonzero()
    own, other = (first + path.assignments.ravel())[others[0]], first[others[0]] + others[1]
    return Compared(
        members=members,
        own=own,
        other=other,
        apart=apart[own] - apart[other],
        along=(gaps @ directions).reshape(n_steps * n * k, -1),
    )


def violations(square: Floats, linear: Floats, constant: Floats) -> Floats:
    """Open intervals of t, shape (m, 2), where square t^2 + linear t + constant > 0.

    All inequalities hold at t = 0 (constant <= 0), so only these few shapes occur.
    """
    below = np.minimum(constant, 0.0)
    discriminant = linear**2 - 4 * square * below
    root = np.sqrt(np.maximum(discriminant, 0.0))
    # The numerically stable pair of roots: q / square and constant / q.
    q = -(linear + np.where(linear >= 0, root, -root)) / 2
    scale = np.abs(square).max(initial=0.0) + np.abs(linear).max(initial=0.0)
    tiny = 1e-14 * max(scale, 1e-300)
    is_square = np.abs(square) > tiny
    is_linear = ~is_square & (np.abs(linear) > tiny)
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(q != 0, below / q, 0.0)
        two = np.where(is_square, q / square, 0.0)
        crossing = np.where(is_linear, -below / linear, 0.0)
    low, high = np.minimum(one, two), np.maximum(one, two)
    infinite = np.full_like(low, np.inf)
    opens_up = is_square & (square > 0)
    opens_down = is_square & (square < 0) & (discriminant > 0)
    rising, falling = is_linear & (linear > 0), is_linear & (linear < 0)
    parts = (
        (np.stack([-infinite, low], axis=1))[opens_up],
        (np.stack([high, infinite], axis=1))[opens_up],
        (np.stack([low, high], axis=1))[opens_down],
        (np.stack([crossing, infinite], axis=1))[rising],
        (np.stack([-infinite, crossing], axis=1))[falling],
    )
    return np.concatenate(parts)


def remaining(
    excluded: Floats, statistic: float, least: float = 0.0
) -> tuple[tuple[float, float], ...]:
    """What is left of [least, inf) for the statistic itself; it holds the observed value.

    Parameters
    ----------
    excluded : float64 array of shape (m, 2), open intervals of the move from the observed value
    statistic : the observed value
    """
    shifted = excluded + statistic
    near = _ROUNDING * max(1.0, abs(statistic))
    shifted[:, 0] = np.where(
        np.abs(shifted[:, 0] - statistic) < near, statistic + near, shifted[:, 0]
    )
    shifted[:, 1] = np.where(
        np.abs(shifted[:, 1] - statistic) < near, statistic - near, shifted[:, 1]
    )
    shifted = shifted[shifted[:, 1] > shifted[:, 0]]
    shifted = shifted[np.argsort(shifted[:, 0])]
    reached = np.maximum.accumulate(np.concatenate([[least], shifted[:, 1]]))
    starts, ends = reached, np.concatenate([shifted[:, 0], [np.inf]])
    return tuple(
        (float(start), float(end))
        for start, end in zip(starts[ends > starts], ends[ends > starts], strict=True)
    )
