"""The nested models of an outcome: base rate, tier, segment, both, and their interaction.

The models see accounts only through their tier and segment, so they are fitted on the table of
cells. All but the additive model have closed forms: the rate of each group.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import chi2 as chi_square

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.base.logistic import LogisticFit, binomial_deviance, fit_logistic

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


@dataclass(frozen=True)
class LikelihoodRatio:
    """Drop of the deviance when a factor is added; `p` is None where it adds no coefficient."""

    chi2: float
    df: int
    p: float | None


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
        return LikelihoodRatio(drop, df, float(chi_square.sf(drop, df)) if df else None)


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
    shape = rows.shape
    additive = _fit_additive(table)
    by_tier = rows.sum(axis=1, keepdims=True), events.sum(axis=1, keepdims=True)
    by_segment = rows.sum(axis=0, keepdims=True), events.sum(axis=0, keepdims=True)
    every = rows.sum(keepdims=True), events.sum(keepdims=True)
    groups = {"base": every, "tier": by_tier, "segment": by_segment, "interaction": (rows, events)}
    deviance = {name: _grouped_deviance(*group) for name, group in groups.items()}
    rank = {name: int((group[0] > 0).sum()) for name, group in groups.items()}
    deviance["both"], rank["both"] = additive.deviance, additive.rank

    base = _rate(*every)
    tier = np.where(by_tier[0] > 0, _rate(*by_tier), base)
    segment = np.where(by_segment[0] > 0, _rate(*by_segment), base)
    both = _additive_probability(table, additive, tier, segment)
    predictions = {
        "base": base,
        "tier": tier,
        "segment": segment,
        "both": both,
        "interaction": np.where(rows > 0, _rate(rows, events), both),
    }
    one_sided = [name for name in groups if _one_sided(*groups[name]).any()]
    separated = {*one_sided, *(["both"] if additive.separated else [])}
    return NestedFit(
        deviance={name: deviance[name] for name in MODELS},
        rank={name: rank[name] for name in MODELS},
        probability={name: np.broadcast_to(predictions[name], shape) for name in MODELS},
        separated=tuple(name for name in MODELS if name in separated),
    )


def _fit_additive(table: OutcomeTable) -> LogisticFit:
    n_tiers, n_segments = table.rows.shape
    tier, segment = np.nonzero(table.rows)
    design = np.zeros((tier.size, n_tiers + n_segments))
    design[np.arange(tier.size), tier] = 1.0
    design[np.arange(tier.size), n_tiers + segment] = 1.0
    return fit_logistic(design, table.events[tier, segment], table.rows[tier, segment])


def _additive_probability(
    table: OutcomeTable, fit: LogisticFit, tier: Floats, segment: Floats
) -> Floats:
    n_tiers = table.rows.shape[0]
    coefficients = np.nan_to_num(fit.coefficients)
    known_tier = table.rows.sum(axis=1)[:, None] > 0
    known_segment = table.rows.sum(axis=0)[None, :] > 0
    probability = expit(coefficients[:n_tiers, None] + coefficients[None, n_tiers:])
    probability[table.rows > 0] = fit.probability
    probability = _within_succession(table, probability)
    connected = _connected(table.rows > 0)
    probability = np.where(known_segment & connected, probability, tier)
    return np.where(known_tier | ~known_segment, probability, segment)


def _within_succession(table: OutcomeTable, probability: Floats) -> Floats:
    """Replace 0 and 1 by the rule of succession of the group that has only one outcome."""
    rows, events = table.rows, table.events
    tier_rows, tier_events = rows.sum(axis=1, keepdims=True), events.sum(axis=1, keepdims=True)
    known = np.broadcast_to(rows.sum(axis=0, keepdims=True), rows.shape)
    size = np.where(_one_sided(rows.sum(axis=0), events.sum(axis=0))[None, :], known, rows)
    size = np.where(_one_sided(tier_rows, tier_events), np.maximum(size, tier_rows), size)
    least = 1 / (size + 2)
    extreme = np.minimum(probability, 1 - probability) < 1e-7
    return np.where(extreme, np.clip(probability, least, 1 - least), probability)


def _connected(filled: Flags) -> Flags:
    """Cells whose tier and segment are linked by a chain of filled cells.

    The additive model says nothing about any other cell: its tier and its segment were never
    compared, not even through others.
    """
    reached = filled.copy()
    for _ in range(min(filled.shape)):
        steps = reached.astype(np.float64)
        further = (steps @ steps.T @ steps) > 0
        if (further == reached).all():
            break
        reached = further
    return reached


def _grouped_deviance(rows: Floats, events: Floats) -> float:
    rate = np.divide(events, rows, where=rows > 0, out=np.zeros_like(rows))
    return binomial_deviance(events, rows, rate)


def _rate(rows: Floats, events: Floats) -> Floats:
    succession = (events + 1) / (rows + 2)
    rate = np.divide(events, rows, where=rows > 0, out=succession.copy())
    return np.where(_one_sided(rows, events), succession, rate)


def _one_sided(rows: Floats, events: Floats) -> Flags:
    return np.asarray((rows > 0) & ((events == 0) | (events == rows)))
