"""Lloyd's algorithm from given starting rows, with every assignment on its way."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError


@dataclass(frozen=True, eq=False)
class LloydPath:
    """What Lloyd's algorithm did.

    Attributes
    ----------
    initial_rows : int64 array of shape (k,), the rows that the centres started from; empty where
        they started from centres that were given
    start : float64 array of shape (k, d), the centres that it started from
    assignments : int64 array of shape (n_steps, n), cluster of every row after each step; the
        first is to the starting rows
    converged : whether the last two are equal
    """

    initial_rows: Ints
    start: Floats
    assignments: Ints
    converged: bool

    @property
    def labels(self) -> Ints:
        """The final clusters, 0 to k - 1."""
        return np.asarray(self.assignments[-1])


def follow_lloyd(values: Floats, initial_rows: Ints, max_iter: int = 10) -> LloydPath:
    """Run Lloyd's algorithm from the given rows, at most `max_iter` updates of the centres.

    A row between two centres goes to the first of them. The algorithm stops after the first
    update that changes no assignment.

    Raises
    ------
    BadInputError
        Starting rows are repeated or out of range, or a cluster runs empty.

    Examples
    --------
    >>> path = follow_lloyd(np.array([[0.0], [1.0], [5.0], [6.0]]), np.array([0, 1]))
    >>> path.assignments.tolist(), path.converged
    ([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]], True)
    """
    rows = np.asarray(initial_rows, dtype=np.int64)
    if np.unique(rows).size != rows.size or rows.min() < 0 or rows.max() >= len(values):
        raise BadInputError(
            f"the starting rows must be {rows.size} different rows of {len(values)}, numbered "
            f"from 0; found {rows.tolist()}."
        )
    return _follow(values, rows, values[rows], max_iter)


def follow_lloyd_from(values: Floats, centres: Floats, max_iter: int = 10) -> LloydPath:
    """Run Lloyd's algorithm from centres that come from elsewhere, as from other accounts.

    Raises
    ------
    BadInputError
        A cluster runs empty.

    Examples
    --------
    >>> path = follow_lloyd_from(np.array([[0.0], [1.0], [5.0], [6.0]]), np.array([[0.0], [4.0]]))
    >>> path.labels.tolist(), path.converged
    ([0, 0, 1, 1], True)
    """
    return _follow(values, np.empty(0, dtype=np.int64), centres, max_iter)


def _follow(values: Floats, rows: Ints, centres: Floats, max_iter: int) -> LloydPath:
    k = len(centres)
    assignments = [nearest(values, centres)]
    converged = False
    for _ in range(max_iter):
        assignments.append(nearest(values, _means(values, assignments[-1], k)))
        converged = bool((assignments[-1] == assignments[-2]).all())
        if converged:
            break
    if np.unique(assignments[-1]).size < k:
        raise BadInputError("a cluster ran empty; take other starting rows or a smaller k.")
    return LloydPath(rows, centres, np.stack(assignments), converged)


def nearest(values: Floats, centres: Floats) -> Ints:
    """The nearest centre of every row, the first where two are as near."""
    distances = ((values[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(distances.argmin(axis=1), dtype=np.int64)


def _means(values: Floats, labels: Ints, k: int) -> Floats:
    sizes = np.bincount(labels, minlength=k)
    if (sizes == 0).any():
        raise BadInputError("a cluster ran empty; take other starting rows or a smaller k.")
    member = np.eye(k)[labels]
    return np.asarray(member.T @ values / sizes[:, None])
