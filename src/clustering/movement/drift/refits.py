"""Did the accounts move, or did the model change: the frozen model against a refit, never mixed.

Two models look at the same accounts. The *first* is fitted anew on the first snapshot of the
window, with the study's features, algorithm and number of segments; the *latest* is the study's
own. First against latest, on the same accounts at the same date, is change of the model. One and
the same model at two dates is movement of accounts.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.arrays import Floats, Ints
from clustering.comparison.base.rates import wilson
from clustering.features import Snapshot
from clustering.matrix import Standardiser
from clustering.models.labels import adjusted_rand, match
from clustering.models.model import Model
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.schema import Entry

#: Refits are made on at most so many accounts: beyond it sampling hardly changes a model.
_REFIT_ACCOUNTS = 20_000
#: Starts of a refit on resampled accounts, and of the model of the first date.
_REFIT_STARTS, _FIRST_STARTS = 5, 20


@dataclass(frozen=True, eq=False)
class FrozenModel:
    """A standardisation and a segmentation that were fitted together, frozen."""

    standardiser: Standardiser
    model: Model

    def labels(self, snapshot: Snapshot) -> Ints:
        """Segments of the accounts of a snapshot; -1 where nothing is known of an account."""
        return self.labels_in(snapshot.frame)

    def labels_in(self, frame: pd.DataFrame) -> Ints:
        """The same of accounts by their features, one a row."""
        values = self.standardiser.transform(frame)
        known = ~np.isnan(values).any(axis=1)
        labels = np.full(len(values), -1, np.int64)
        labels[known] = self.model.assign(np.ascontiguousarray(values[known].T)).labels
        return labels

    def labels_of(self, raw: Floats) -> Ints:
        """Segments of accounts (n, n_features), complete and in raw units."""
        return self.model.assign(self.standardiser.transform_columns([*raw.T])).labels


class ModelChange(Entry):
    """A model of the first date against today's, on the accounts of today."""

    n_accounts: int = Field(description="Accounts with a segment in both.")
    differ: float = Field(description="Share with another segment, after matching.")
    interval: tuple[float, float] = Field(description="95 % Wilson interval.")
    ari: float = Field(description="Adjusted Rand index of the two.")
    refits_median: float = Field(description="What refits on resampled accounts change, median.")
    refits_high: float = Field(description="97.5 % quantile of the same.")
    n_refits: int = Field(description="Refits.")

    @property
    def beyond_refits(self) -> float:
        """Lower bound of the share less what refits explain; above 0: the model has changed."""
        return self.interval[0] - self.refits_high


def first_model(
    standardiser: Standardiser, snapshot: Snapshot, spec: CandidateSpec, seed: int
) -> FrozenModel:
    """The study's pipeline fitted on an earlier snapshot: scales, clip limits and segments."""
    return _fitted(standardiser, _known_raw(standardiser, snapshot), spec, _FIRST_STARTS, seed)


def model_change(
    first: FrozenModel,
    latest: FrozenModel,
    snapshot: Snapshot,
    spec: CandidateSpec,
    *,
    n_refits: int,
    seed: int,
) -> ModelChange:
    """Compare two models on the accounts of the last date, beside what refits explain."""
    old, new = first.labels(snapshot), latest.labels(snapshot)
    both = (old >= 0) & (new >= 0)
    old, new = old[both], new[both]
    differ = _disagreement(new, old)
    null = refit_disagreements(latest, snapshot, spec, n_refits=n_refits, seed=seed)
    return ModelChange(
        n_accounts=int(both.sum()),
        differ=differ,
        interval=wilson(differ * new.size, float(new.size)),
        ari=adjusted_rand(new, old),
        refits_median=float(np.median(null)),
        refits_high=float(np.quantile(null, 0.975)),
        n_refits=n_refits,
    )


def refit_disagreements(
    latest: FrozenModel, snapshot: Snapshot, spec: CandidateSpec, *, n_refits: int, seed: int
) -> Floats:
    """Shares of accounts whose segment a refit on resampled accounts of the same date changes.

    Scales and segments are fitted anew on every draw. Books of more than 20,000 accounts are
    drawn down to so many, which makes the shares a little too large and the finding of a change
    more careful.
    """
    raw = _known_raw(latest.standardiser, snapshot)
    own = latest.labels_of(raw)
    rng = np.random.default_rng(seed)
    shares = np.empty(n_refits)
    for draw in range(n_refits):
        rows = rng.integers(0, len(raw), min(len(raw), _REFIT_ACCOUNTS))
        again = _fitted(latest.standardiser, raw[rows], spec, _REFIT_STARTS, draw)
        shares[draw] = _disagreement(own, again.labels_of(raw))
    return shares


def _known_raw(standardiser: Standardiser, snapshot: Snapshot) -> Floats:
    """Completed values in raw units of the accounts of which anything is known."""
    raw = standardiser.complete_raw(snapshot.frame)
    return raw[~np.isnan(raw).any(axis=1)]


def _fitted(
    standardiser: Standardiser, raw: Floats, spec: CandidateSpec, n_init: int, seed: int
) -> FrozenModel:
    scales = standardiser.refitted(raw)
    values = scales.transform_columns([*raw.T]).T
    return FrozenModel(scales, refit(spec, values, n_init=n_init, seed=seed).model)


def _disagreement(reference: Ints, other: Ints) -> float:
    return float((match(reference, other)[other] != reference).mean())
