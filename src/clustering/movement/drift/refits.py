"""Did the accounts move, or did the model change: the frozen model against a refit, never mixed.

Two models look at the same accounts. The *first* is fitted anew on the first snapshot of the
window, with the study's features, algorithm and number of segments; the *latest* is the study's
own. First against latest, on the same accounts at the same date, is change of the model. One and
the same model at two dates is movement of accounts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.comparison.base.rates import wilson
from clustering.features import Snapshot
from clustering.matrix import Standardiser
from clustering.models.labels import adjusted_rand, contingency, match
from clustering.models.model import Model
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec

#: Refits are made on at most so many accounts: beyond it sampling hardly changes a model.
_REFIT_ACCOUNTS = 20_000
#: MONIC: a segment survives where it shares more than this of its accounts.
OVERLAP = 0.5
#: Smaller parts of a segment are not named.
LEAST_PIECE = 0.1


@dataclass(frozen=True, eq=False)
class FrozenModel:
    """A standardisation and a segmentation that were fitted together, frozen."""

    standardiser: Standardiser
    model: Model

    def labels(self, snapshot: Snapshot) -> Ints:
        """Segments of the accounts of a snapshot; -1 where nothing is known of an account."""
        values = self.standardiser.transform(snapshot.frame)
        known = ~np.isnan(values).any(axis=1)
        labels = np.full(len(values), -1, np.int64)
        labels[known] = self.model.assign(np.ascontiguousarray(values[known].T)).labels
        return labels


@dataclass(frozen=True)
class Fate:
    """What became of one segment of the first model, or where one of the latest came from.

    Attributes
    ----------
    side : ``first`` or ``latest``
    segment : its number in its own model
    n_accounts : its accounts, all at the last date
    kind : of a first segment ``survived``, ``absorbed``, ``split`` or ``disappeared``; of a latest
        one ``kept`` or ``emerged``
    into : segments of the other model that it overlaps with, the largest overlap first
    overlap : share of its accounts in the first of them
    """

    side: Literal["first", "latest"]
    segment: int
    n_accounts: int
    kind: str
    into: tuple[int, ...]
    overlap: float


@dataclass(frozen=True)
class ModelChange:
    """How far the first and the latest model disagree about the same accounts at the last date.

    Attributes
    ----------
    n_accounts : accounts with a segment in both
    differ : share with another segment, after the best matching of the segments
    interval : 95 % Wilson
    adjusted_rand : of the two labellings
    null_median, null_high : median and 97.5 % quantile of the same share between the latest model
        and its refits on resampled accounts of the same date: what a refit changes anyway
    n_refits : refits behind them
    """

    n_accounts: int
    differ: float
    interval: tuple[float, float]
    adjusted_rand: float
    null_median: float
    null_high: float
    n_refits: int

    @property
    def beyond_refits(self) -> float:
        """Lower bound of the share less what refits explain; above 0: the model has changed."""
        return self.interval[0] - self.null_high


Refitted = Callable[[Floats, int], Model]


def fit_anew(spec: CandidateSpec, n_init: int) -> Refitted:
    """How the study's kind of segments is fitted to other values, as values and seed -> model."""
    return lambda values, seed: refit(spec, values, n_init=n_init, seed=seed).model


def first_model(
    standardiser: Standardiser, snapshot: Snapshot, fit: Refitted, seed: int
) -> FrozenModel:
    """The study's pipeline fitted on an earlier snapshot: scales, clip limits and segments."""
    raw = standardiser.complete_raw(snapshot.frame)
    raw = raw[~np.isnan(raw).any(axis=1)]
    scales = standardiser.refitted(raw)
    values = np.ascontiguousarray(scales.transform_columns([*raw.T]).T)
    return FrozenModel(scales, fit(values, seed))


def model_change(
    first: FrozenModel,
    latest: FrozenModel,
    snapshot: Snapshot,
    fit: Refitted,
    *,
    n_refits: int,
    seed: int,
) -> ModelChange:
    """Compare two models on the accounts of the last date, beside what refits explain."""
    old, new = first.labels(snapshot), latest.labels(snapshot)
    both = (old >= 0) & (new >= 0)
    old, new = old[both], new[both]
    differ = _disagreement(new, old)
    null = refit_disagreements(latest, snapshot, fit, n_refits=n_refits, seed=seed)
    return ModelChange(
        n_accounts=int(both.sum()),
        differ=differ,
        interval=wilson(differ * new.size, float(new.size)),
        adjusted_rand=adjusted_rand(new, old),
        null_median=float(np.median(null)),
        null_high=float(np.quantile(null, 0.975)),
        n_refits=n_refits,
    )


def refit_disagreements(
    latest: FrozenModel, snapshot: Snapshot, fit: Refitted, *, n_refits: int, seed: int
) -> Floats:
    """Shares of accounts whose segment a refit on resampled accounts of the same date changes.

    Scales and segments are fitted anew on every draw. Books of more than 20,000 accounts are
    drawn down to so many, which makes the shares a little too large and the finding of a change
    more careful.
    """
    raw = latest.standardiser.complete_raw(snapshot.frame)
    raw = raw[~np.isnan(raw).any(axis=1)]
    own = latest.model.assign(latest.standardiser.transform_columns([*raw.T])).labels
    rng = np.random.default_rng(seed)
    shares = np.empty(n_refits)
    for draw in range(n_refits):
        rows = rng.integers(0, len(raw), min(len(raw), _REFIT_ACCOUNTS))
        scales = latest.standardiser.refitted(raw[rows])
        model = fit(np.ascontiguousarray(scales.transform_columns([*raw[rows].T]).T), draw)
        shares[draw] = _disagreement(own, model.assign(scales.transform_columns([*raw.T])).labels)
    return shares


def _disagreement(reference: Ints, other: Ints) -> float:
    return float((match(reference, other)[other] != reference).mean())


def fates(old: Ints, new: Ints, k_old: int, k_new: int) -> tuple[Fate, ...]:
    """What became of each segment of the first model among those of the latest, and vice versa.

    A first segment *survived* where more than half of its accounts are in one latest segment that
    is mainly made of it, was *absorbed* where that one is mainly made of others, *split* where two
    or more latest segments that are mainly made of it hold more than half of it together, and has
    *disappeared* otherwise. A latest segment is *kept* where more than half of it comes from one
    first segment of which it is the largest part, and has *emerged* otherwise.

    Parameters
    ----------
    old, new : int64 arrays (n,), the same accounts at the same date by the two models

    References
    ----------
    Spiliopoulou, Ntoutsi, Theodoridis and Schult (2006), MONIC, KDD; overlap threshold 0.5.

    Examples
    --------
    >>> old, new = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 2, 2])
    >>> [(fate.side, fate.segment, fate.kind) for fate in fates(old, new, 2, 3)]
    [('first', 0, 'survived'), ('first', 1, 'split'), ('latest', 0, 'kept'), \
('latest', 1, 'emerged'), ('latest', 2, 'kept')]
    """
    counts = np.zeros((k_old, k_new), np.int64)
    found = contingency(old, new)
    counts[: found.shape[0], : found.shape[1]] = found
    of_old = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    of_new = counts / np.maximum(counts.sum(axis=0, keepdims=True), 1)
    first = [_first_fate(segment, counts, of_old, of_new) for segment in range(k_old)]
    latest = [_latest_fate(segment, counts, of_old, of_new) for segment in range(k_new)]
    return (*first, *latest)


def _first_fate(segment: int, counts: Ints, of_old: Floats, of_new: Floats) -> Fate:
    share, made_of_it = of_old[segment], of_new[segment] > OVERLAP
    best = int(np.argmax(share))
    pieces = np.flatnonzero(made_of_it & (share >= LEAST_PIECE))
    if pieces.size > 1 and share[pieces].sum() > OVERLAP:
        kind = "split"
    elif share[best] > OVERLAP:
        kind = "survived" if made_of_it[best] else "absorbed"
    else:
        kind = "disappeared"
    into = _overlaps(share)
    return Fate("first", segment, int(counts[segment].sum()), kind, into, float(share[best]))


def _latest_fate(segment: int, counts: Ints, of_old: Floats, of_new: Floats) -> Fate:
    share = of_new[:, segment]
    best = int(np.argmax(share))
    largest_part = int(np.argmax(of_old[best])) == segment
    kind = "kept" if share[best] > OVERLAP and largest_part else "emerged"
    n_accounts = int(counts[:, segment].sum())
    return Fate("latest", segment, n_accounts, kind, _overlaps(share), float(share[best]))


def _overlaps(share: Floats) -> tuple[int, ...]:
    order: list[int] = np.argsort(-share, kind="stable").tolist()
    return tuple(j for j in order if share[j] >= LEAST_PIECE)
