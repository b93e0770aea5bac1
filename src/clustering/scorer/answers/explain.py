"""Which features made the segment, which speak against the runner-up, and what would lead there.

The log odds of two segments split into parts by feature (`Model.contrast`); reasons are the
largest. What would lead to the runner-up is looked for along one feature, then along two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.matrix.standardise import Standardiser
from clustering.matrix.transforms import ColumnScaling
from clustering.models.model import Assignment, Contrast, Model

N_REASONS = 3
N_CHANGED = 2

#: Digits of a number in a sentence of reasons.
DIGITS = 3

#: How far the first of two features goes, as shares of the way to the end of its usual values.
_FRACTIONS = (0.5, 1.0)
#: The runner-up must win by this much: a value that is written down and read again is the same.
_CLEARLY = 1e-6


@dataclass(frozen=True, eq=False)
class Explained:
    """Reasons by the number of their feature, for some accounts; -1 where there is none.

    Attributes
    ----------
    why : int64 array of shape (3, n): features that speak most for the segment, against the mean
        of all others
    against : int64 array of shape (3, n): features that speak most for it against the runner-up
    changed : int64 array of shape (2, n): features of the smallest change to the runner-up
    targets : float64 array of shape (2, n): the values that they would have to have, in their own
        unit
    """

    why: Ints
    against: Ints
    changed: Ints
    targets: Floats

    @classmethod
    def joined(cls, pieces: Sequence["Explained"]) -> "Explained":
        """All accounts, piece after piece."""
        names = (one.name for one in fields(cls))
        return cls(*(np.concatenate([getattr(p, name) for p in pieces], axis=1) for name in names))


@dataclass(frozen=True, eq=False)
class _Change:
    """One feature of each row moved.

    Attributes
    ----------
    feature : int64 array of shape (n,)
    target, place : float64 arrays of shape (n,): its new value in its own unit, and standardised
    cost : float64 array of shape (n,), in standard deviations
    usual : bool array of shape (n,): whether the new value is a usual one
    """

    feature: Ints
    target: Floats
    place: Floats
    cost: Floats
    usual: Flags

    def applied(self, columns: Floats) -> Floats:
        """The columns (n_features, n) after the change, where it is a usual one."""
        after = columns.copy()
        rows = np.flatnonzero(self.usual)
        after[self.feature[rows], rows] = self.place[rows]
        return after


def explain(
    model: Model,
    standardiser: Standardiser,
    usual: Floats,
    columns: Floats,
    assignment: Assignment,
) -> Explained:
    """Reasons of assigned accounts.

    Parameters
    ----------
    usual : float64 array of shape (2, n_features): least and greatest usual value, standardised
    columns : float64 array of shape (n_features, n), standardised; NaN is missing
    assignment : of these accounts by `model`
    """
    n = columns.shape[1]
    if model.k == 1:
        none = np.full((N_REASONS, n), -1)
        return Explained(none, none, none[:N_CHANGED], np.full((N_CHANGED, n), np.nan))
    contrast = model.contrast(columns, assignment.labels, assignment.runner_up)
    search = _Search(model, standardiser, usual)
    changed, targets = search.smallest(columns, contrast, assignment)
    return Explained(_strongest(contrast.own), _strongest(contrast.against), changed, targets)


def _strongest(parts: Floats) -> Ints:
    """The features (3, n) of the largest positive parts (n, d), the largest first."""
    left, rows = parts.copy(), np.arange(len(parts))
    found = np.full((N_REASONS, len(left)), -1)
    for rank in range(min(N_REASONS, left.shape[1])):
        best = left.argmax(axis=1)
        found[rank] = np.where(left[rows, best] > 0, best, -1)
        left[rows, best] = -np.inf
    return found


@dataclass(frozen=True, eq=False)
class _Search:
    """The smallest realistic change to the runner-up.

    One feature, if the usual values of one reach; else two, the first going some of the way to
    the end of its usual values. "Small" is measured in standard deviations of the features.
    """

    model: Model
    standardiser: Standardiser
    usual: Floats

    def smallest(
        self, columns: Floats, contrast: Contrast, assignment: Assignment
    ) -> tuple[Ints, Floats]:
        """Features (2, n), -1 for none, and the values (2, n) that they would have to have."""
        rows = np.arange(columns.shape[1])
        changed, targets = np.full((2, rows.size), -1), np.full((2, rows.size), np.nan)
        own, other = assignment.labels, assignment.runner_up
        scores = assignment.scores
        gap = assignment.sharpness * (scores[own, rows] - scores[other, rows])
        one = self._cheapest(columns, contrast, gap)
        reaches = one.usual & self._gives(one.applied(columns), other)
        changed[0, reaches], targets[0, reaches] = one.feature[reaches], one.target[reaches]
        rest = np.flatnonzero(~reaches)
        if rest.size:
            bend = None if contrast.bend is None else contrast.bend[rest]
            part = Contrast(contrast.own, contrast.against, contrast.slope[rest], bend)
            found = self._two(columns[:, rest], part, gap[rest], own[rest], other[rest])
            changed[:, rest], targets[:, rest] = found
        return changed, targets

    def _cheapest(self, columns: Floats, contrast: Contrast, gap: Floats) -> _Change:
        """The one feature that closes the gap with the least change."""
        values = columns.T
        step = self._steps(values, contrast, gap[:, np.newaxis] + _CLEARLY)
        cost = np.abs(step)
        cost /= self._weights
        feature = cost.argmin(axis=1)
        rows = np.arange(feature.size)
        return self._moved(feature, values[rows, feature], step[rows, feature])

    def _steps(self, values: Floats, contrast: Contrast, gap: Floats) -> Floats:
        """For each feature (n, d) the smallest step that closes the gap; infinite if none does."""
        least, most = self.usual
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if contrast.bend is None:
                step = gap / contrast.slope
                place = values + step
                step[~((place >= least) & (place <= most))] = np.inf
                return step
            step = np.full(values.shape, np.inf)
            root = np.sqrt(contrast.slope**2 + 2 * contrast.bend * gap)
            for sign in (1, -1):
                to = 2 * gap / (contrast.slope + sign * root)
                inside = (values + to >= least) & (values + to <= most)
                np.copyto(step, to, where=inside & (np.abs(to) < np.abs(step)))
        return step

    def _two(
        self, columns: Floats, contrast: Contrast, gap: Floats, own: Ints, other: Ints
    ) -> tuple[Ints, Floats]:
        """Two features, where one is not enough: the first is the one that can do most."""
        rows = np.arange(gap.size)
        changed, targets = np.full((2, rows.size), -1), np.full((2, rows.size), np.nan)
        best = np.full(rows.size, np.inf)
        first, room = self._most_able(columns.T, contrast)
        place = columns[first, rows]
        for fraction in _FRACTIONS:
            start = self._moved(first, place, fraction * room)
            after = start.applied(columns)
            step = start.place - place
            gain = step * contrast.slope[rows, first]
            if contrast.bend is None:
                moved = contrast
            else:
                gain += 0.5 * step**2 * contrast.bend[rows, first]
                moved = self.model.contrast(after, own, other)
            end = self._cheapest(after, moved, np.where(start.usual, gap - gain, np.nan))
            cost = start.cost + end.cost
            better = start.usual & end.usual & (end.feature != first) & (cost < best)
            better &= self._gives(end.applied(after), other)
            best[better] = cost[better]
            changed[:, better] = first[better], end.feature[better]
            targets[:, better] = start.target[better], end.target[better]
        return changed, targets

    def _most_able(self, values: Floats, contrast: Contrast) -> tuple[Ints, Floats]:
        """The feature (n,) that gains most within its usual values, and its way to that end."""
        rows = np.arange(len(values))
        gains, rooms = [], []
        for end in self.usual:
            room = end - values
            gain = room * contrast.slope
            if contrast.bend is not None:
                gain += 0.5 * room**2 * contrast.bend
            gain[np.isnan(gain)] = -np.inf
            gains.append(gain)
            rooms.append(room)
        upward = gains[1] > gains[0]
        first = np.maximum(*gains).argmax(axis=1)
        return first, np.where(upward[rows, first], rooms[1][rows, first], rooms[0][rows, first])

    @property
    def _weights(self) -> Floats:
        return np.array([column.weight for column in self.standardiser.columns])

    def _moved(self, feature: Ints, place: Floats, step: Floats) -> _Change:
        """The change as it is written down, not short of what is wanted."""
        target, moved = np.full(feature.size, np.nan), np.full(feature.size, np.nan)
        wanted = place + step
        possible = np.isfinite(wanted)
        for number in np.unique(feature[possible]).tolist():
            rows = np.flatnonzero((feature == number) & possible)
            column, known = self.standardiser.columns[number], self.standardiser.ranges[number]
            scale = self.standardiser.scales[number]
            rounded = round_outward(column, scale, wanted[rows], step[rows] > 0)
            least = -np.inf if known.least is None else known.least
            most = np.inf if known.most is None else known.most
            target[rows] = np.clip(rounded, least, most)
            moved[rows] = column.apply(target[rows])
        least, most = self.usual[:, feature]
        return _Change(
            feature,
            target,
            moved,
            np.abs(moved - place) / self._weights[feature],
            (moved >= least) & (moved <= most),
        )

    def _gives(self, columns: Floats, other: Ints) -> Flags:
        """Whether the model answers with the other segment, and clearly."""
        scores, sharpness = self.model.log_scores(columns)
        rows = np.arange(other.size)
        best = scores[other, rows].copy()
        scores[other, rows] = -np.inf
        return np.asarray(sharpness * (best - scores.max(axis=0)) > 0.01 * _CLEARLY)


def round_outward(column: ColumnScaling, scale: str, wanted: Floats, up: Flags) -> Floats:
    """Raw values with the digits that a sentence shows, on the far side of the wanted ones.

    Parameters
    ----------
    wanted : float64 array of shape (n,), standardised
    up : bool array of shape (n,), whether the value grows
    """
    if column.transform == "binary":
        return np.asarray(up, dtype=np.float64)
    raw = column.invert(wanted)
    if scale == "share":
        step = np.full(raw.shape, 0.01)
    elif scale == "count":
        step = np.ones(raw.shape)
    else:
        step = last_digit(raw)
    # What is a whole step but for its last digit stays where it is.
    outward = np.where(up, np.ceil(raw / step - 1e-9), np.floor(raw / step + 1e-9))
    return np.asarray(np.round(outward * step, 9))


def last_digit(values: Floats) -> Floats:
    """What a step in the last digit that is shown of each value is worth.

    Examples
    --------
    >>> last_digit(np.array([41.26, -0.5])).round(9).tolist()
    [0.1, 0.001]
    """
    size = np.maximum(np.abs(values), 1e-9)
    return np.asarray(10.0 ** (np.floor(np.log10(size)) - (DIGITS - 1)))
