"""Which features made the segment, which speak against the runner-up, and what would lead there.

The half squared distance of an account to a segment, in the segment's own metric, splits into one
part a feature: the offset from the centre times its pull, ``0.5 * (z - mu)_j * (P (z - mu))_j``
with P the precision of what is known (for k-means 1 / variance). The parts of two segments differ
by exactly their log odds, but for a constant (weights and volumes of a mixture) that no feature
of the account makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.matrix.standardise import Standardiser
from clustering.matrix.transforms import ColumnScaling
from clustering.models.model import Assignment, Model, Pulls, nothing_missing

N_REASONS = 3
N_CHANGED = 2

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
    """One feature a row moved: which, to what raw value, what it costs, whether it is enough."""

    feature: Ints
    target: Floats
    cost: Floats
    reaches: Flags


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
    pulls = model.pulls(columns)
    own, other = assignment.labels, assignment.runner_up
    why, against = _advantages(model, columns, pulls, own, other)
    changed, targets = _Search(model, standardiser, usual).smallest(columns, pulls, assignment)
    return Explained(_strongest(why), _strongest(against), changed, targets)


def _advantages(
    model: Model, columns: Floats, pulls: Pulls, own: Ints, other: Ints
) -> tuple[Floats, Floats]:
    """What each feature (d, n) adds for the segment, against the mean of others and the next."""
    parts = nothing_missing(columns - model.centres[:, :, np.newaxis])
    parts *= 0.5 * pulls.pull
    mine = _of_segment(parts, own)
    against = _of_segment(parts, other) - mine
    why = (parts.sum(axis=0) - model.k * mine) / (model.k - 1)
    return why, against


def _of_segment(values: Floats, segments: Ints) -> Floats:
    """From (k, d, n), or (k, d, 1) alike for all: those (d, n) of each account's segment."""
    if values.shape[2] == 1:
        return np.asarray(values[segments, :, 0].T)
    return np.asarray(np.take_along_axis(values, segments[np.newaxis, np.newaxis], axis=0)[0])


def _strongest(advantages: Floats) -> Ints:
    """The features (3, n) of the largest positive advantages (d, n), the largest first."""
    left = np.ascontiguousarray(advantages.T)
    rows = np.arange(len(left))
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
        self, columns: Floats, pulls: Pulls, assignment: Assignment
    ) -> tuple[Ints, Floats]:
        """Features (2, n), -1 for none, and the values (2, n) that they would have to have."""
        n = columns.shape[1]
        changed, targets = np.full((N_CHANGED, n), -1), np.full((N_CHANGED, n), np.nan)
        own, other = assignment.labels, assignment.runner_up
        one = self._one(columns, pulls, assignment.scores, own, other)
        changed[0, one.reaches] = one.feature[one.reaches]
        targets[0, one.reaches] = one.target[one.reaches]
        rest = np.flatnonzero(~one.reaches)
        if rest.size:
            part = Pulls(pulls.pull[:, :, rest], pulls.curve_of(rest))
            found = self._two(columns[:, rest], part, own[rest], other[rest])
            changed[:, rest], targets[:, rest] = found
        return changed, targets

    def _one(
        self, columns: Floats, pulls: Pulls, scores: Floats, own: Ints, other: Ints
    ) -> _Change:
        """The one feature that leads to the runner-up with the least change, if any does."""
        rows = np.arange(own.size)
        gap = scores[own, rows] - scores[other, rows] + _CLEARLY
        slope = _of_segment(pulls.pull, own) - _of_segment(pulls.pull, other)
        bend = _of_segment(pulls.curve, own) - _of_segment(pulls.curve, other)
        least, most = self.usual[:, :, np.newaxis]
        step = np.full(columns.shape, np.inf)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            root = np.sqrt(slope**2 + 2 * bend * gap)
            for sign in (1, -1):
                to = 2 * gap / (slope + sign * root)
                inside = (columns + to >= least) & (columns + to <= most)
                np.copyto(step, to, where=inside & (np.abs(to) < np.abs(step)))
        cost = np.abs(step) / self._weights[:, np.newaxis]
        feature = cost.argmin(axis=0)
        cheapest = cost[feature, rows]
        place = columns[feature, rows]
        target, moved = self._rounded(feature, place, place + step[feature, rows])
        step_taken = moved - place
        after = scores - step_taken * pulls.pull[:, feature, rows]
        after -= 0.5 * step_taken**2 * pulls.curve_at(feature, rows)
        wins = self._wins(after, other) & np.isfinite(cheapest)
        inside = (moved >= self.usual[0, feature]) & (moved <= self.usual[1, feature])
        return _Change(feature, target, cheapest, wins & inside)

    def _two(self, columns: Floats, pulls: Pulls, own: Ints, other: Ints) -> tuple[Ints, Floats]:
        """Two features, where one is not enough: the first is the one that can do most."""
        rows = np.arange(own.size)
        slope = _of_segment(pulls.pull, own) - _of_segment(pulls.pull, other)
        bend = _of_segment(pulls.curve, own) - _of_segment(pulls.curve, other)
        room = self.usual[:, :, np.newaxis] - columns
        gain = room * slope + 0.5 * room**2 * bend
        gain[np.isnan(gain)] = -np.inf
        end = gain.argmax(axis=0)
        first = np.where(np.isfinite(gain.max(axis=0)), gain.max(axis=0), -np.inf).argmax(axis=0)
        away = room[end[first, rows], first, rows]
        changed, targets = np.full((2, own.size), -1), np.full((2, own.size), np.nan)
        best = np.full(own.size, np.inf)
        possible = np.isfinite(away)
        for fraction in _FRACTIONS:
            place = columns[first, rows]
            target, moved = self._rounded(
                first, place, place + fraction * np.where(possible, away, 0.0)
            )
            after = columns.copy()
            after[first, rows] = np.where(possible, moved, place)
            scores, sharpness = self.model.log_scores(after)
            second = self._one(after, self.model.pulls(after), sharpness * scores, own, other)
            inside = (moved >= self.usual[0, first]) & (moved <= self.usual[1, first])
            cost = second.cost + np.abs(moved - place) / self._weights[first]
            better = second.reaches & inside & possible & (second.feature != first) & (cost < best)
            best[better] = cost[better]
            changed[:, better] = first[better], second.feature[better]
            targets[:, better] = target[better], second.target[better]
        return changed, targets

    @property
    def _weights(self) -> Floats:
        return np.array([column.weight for column in self.standardiser.columns])

    def _rounded(self, features: Ints, place: Floats, wanted: Floats) -> tuple[Floats, Floats]:
        """Raw values as they are written down, not short of what is wanted; and standardised."""
        target, moved = np.full(features.size, np.nan), np.full(features.size, np.nan)
        for number, column in enumerate(self.standardiser.columns):
            rows = np.flatnonzero((features == number) & np.isfinite(wanted))
            if rows.size:
                scale = self.standardiser.scales[number]
                up = wanted[rows] > place[rows]
                known = self.standardiser.ranges[number]
                least = -np.inf if known.least is None else known.least
                most = np.inf if known.most is None else known.most
                rounded = round_outward(column, scale, wanted[rows], up)
                target[rows] = np.clip(rounded, least, most)
                moved[rows] = column.apply(target[rows])
        return target, moved

    def _wins(self, scores: Floats, other: Ints) -> Flags:
        rows = np.arange(other.size)
        best = scores[other, rows]
        rivals = scores.copy()
        rivals[other, rows] = -np.inf
        return np.asarray(best > rivals.max(axis=0))


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
        step = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(raw), 1e-9))) - 2)
    # What is a whole step but for its last digit stays where it is.
    outward = np.where(up, np.ceil(raw / step - 1e-9), np.floor(raw / step + 1e-9))
    return np.asarray(np.round(outward * step, 9))
