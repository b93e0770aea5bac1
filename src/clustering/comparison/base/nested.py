"""The nested models of an outcome: base rate, tier, segment, both, and their interaction.

The models see accounts only through their tier and segment, so they are fitted on the table of
cells. All but the additive model have closed forms: the rate of each group.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.special import expit
from scipy.stats import chi2 as chi_square

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.base.additive import linked, one_sided, rate_of, within_succession
from clustering.comparison.base.entries import LikelihoodRatio
from clustering.comparison.base.logistic import (
    SEPARATED,
    LogisticFit,
    binomial_deviance,
    fit_logistic,
)

MODELS = ("base", "tier", "segment", "both", "interaction")


@dataclass(frozen=True, eq=False)
class OutcomeTable:
    """Rows and events in every cell of tier and segment, each of shape (n_tiers, n_segments)."""

    rows: Floats
    events: Floats

    @classmethod
    def count(
        cls,
        tier: Ints,
        segment: Ints,
        outcome: Flags,
        shape: tuple[int, int],
    ) -> "OutcomeTable":
        """Count the rows of one outcome."""
        cell = tier * shape[1] + segment
        size = shape[0] * shape[1]
        rows = np.bincount(cell, minlength=size).astype(np.float64)
        events = np.bincount(cell[outcome], minlength=size).astype(np.float64)
        return cls(rows.reshape(shape), events.reshape(shape))


@dataclass(frozen=True, eq=False)
class NestedFit:
    """The five models fitted on one table.

    Attributes
    ----------
    deviance, rank : by model; minus twice the log-likelihood, and coefficients that can be told
        apart (empty cells of the interaction have none, as in R)
    probability : by model, shape (n_tiers, n_segments): what is predicted for every cell, also
        for cells, segments or tiers without training rows (see `fit_nested`)
    separated : models some of whose cells have a fitted probability of 0 or 1
    """

    deviance: Mapping[str, float]
    rank: Mapping[str, int]
    probability: Mapping[str, Floats]
    separated: tuple[str, ...]

    def likelihood_ratio(self, smaller: str, larger: str) -> LikelihoodRatio:
        """Test of the larger model against the smaller one, which must be nested in it."""
        drop = max(0.0, self.deviance[smaller] - self.deviance[larger])
        df = self.rank[larger] - self.rank[smaller]
        return LikelihoodRatio(chi2=drop, df=df, p=chi_square.sf(drop, df) if df else None)


def fit_nested(table: OutcomeTable) -> NestedFit:
    """Fit the five models by maximum likelihood.

    What is predicted where maximum likelihood says nothing, or says 0 or 1:

    - a segment (tier, cell) without training rows is predicted by the next smaller model that
      knows it: `interaction` by `both`, `both` by `tier` or else `segment`, these by `base`;
    - a probability of 0 or 1 would make one surprise infinitely bad; the rule of succession,
      (events + 1) / (rows + 2) of the group that has only one outcome, replaces it.

    Neither touches the deviances, which are those of maximum likelihood.

    Examples
    --------
    >>> rows = np.array([[10.0, 10.0], [10.0, 10.0]])
    >>> fit = fit_nested(OutcomeTable(rows, np.array([[2.0, 4.0], [5.0, 8.0]])))
    >>> round(fit.deviance["base"], 3), fit.likelihood_ratio("tier", "both").df
    (55.352, 1)
    """
    rows, events = table.rows, table.events
    groups = {
        "base": (rows.sum(keepdims=True), events.sum(keepdims=True)),
        "tier": (rows.sum(axis=1, keepdims=True), events.sum(axis=1, keepdims=True)),
        "segment": (rows.sum(axis=0, keepdims=True), events.sum(axis=0, keepdims=True)),
        "interaction": (rows, events),
    }
    deviance = {name: _grouped_deviance(*group) for name, group in groups.items()}
    rank = {name: int((group[0] > 0).sum()) for name, group in groups.items()}
    separated = {name for name, group in groups.items() if one_sided(*group).any()}

    fit, raw = _additive(table)
    deviance["both"], rank["both"] = fit.deviance, fit.coefficients.size
    if fit.separated:
        separated.add("both")

    known = {name: group[0] > 0 for name, group in groups.items()}
    base = rate_of(*groups["base"])
    tier = np.where(known["tier"], rate_of(*groups["tier"]), base)
    segment = np.where(known["segment"], rate_of(*groups["segment"]), base)
    both = within_succession(rows, events, raw, rows, extreme=SEPARATED)
    both = np.where(known["segment"] & linked(rows > 0), both, tier)
    both = np.where(known["tier"] | ~known["segment"], both, segment)
    predictions = {
        "base": base,
        "tier": tier,
        "segment": segment,
        "both": both,
        "interaction": np.where(rows > 0, rate_of(rows, events), both),
    }
    return NestedFit(
        deviance={name: deviance[name] for name in MODELS},
        rank={name: rank[name] for name in MODELS},
        probability={name: np.broadcast_to(predictions[name], rows.shape) for name in MODELS},
        separated=tuple(name for name in MODELS if name in separated),
    )


def _additive(table: OutcomeTable) -> tuple[LogisticFit, Floats]:
    """The additive model and its probability of every cell; it speaks of `linked` cells alone."""
    n_tiers, n_segments = table.rows.shape
    links = np.zeros((n_tiers + n_segments,) * 2, dtype=bool)
    links[:n_tiers, n_tiers:] = table.rows > 0
    _, part = connected_components(links, directed=False)
    # Of every part of the table that hangs together one column follows from the others.
    _, spare = np.unique(part, return_index=True)
    kept = np.setdiff1d(np.arange(part.size), spare)
    tier, segment = np.nonzero(table.rows)
    design = np.zeros((tier.size, part.size))
    design[np.arange(tier.size), tier] = 1.0
    design[np.arange(tier.size), n_tiers + segment] = 1.0
    fit = fit_logistic(design[:, kept], table.events[tier, segment], table.rows[tier, segment])
    coefficients = np.zeros(part.size)
    coefficients[kept] = fit.coefficients
    probability = expit(coefficients[:n_tiers, None] + coefficients[None, n_tiers:])
    probability[tier, segment] = fit.probability
    return fit, probability


def _grouped_deviance(rows: Floats, events: Floats) -> float:
    rate = np.divide(events, rows, where=rows > 0, out=np.zeros_like(rows))
    return binomial_deviance(events, rows, rate)
