"""Drift of the population: which features are distributed otherwise than at the first date."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from clustering.arrays import Floats, Ints
from clustering.features import Snapshot
from clustering.features.types import Feature
from clustering.schema import TableSpec, column

DRIFT = TableSpec(
    "drift",
    "How far each feature is distributed otherwise than at the first snapshot.",
    (
        column("feature", "text", "Feature."),
        column("unit", "text", "Its unit."),
        column("psi", "number", "Population stability index; from 0.1 moderate, from 0.25 large."),
        column("null_high", "number", "95 % quantile when the dates are exchanged."),
        column("p", "number", "Permutation of the dates."),
        column("p_adjusted", "number", "Benjamini-Hochberg over the features."),
        column("drifted", "boolean", "Index at least 0.1 and adjusted p at most 0.05."),
        column("median_first", "number", "Median at the first snapshot.", nullable=True),
        column("median_last", "number", "Median at the last snapshot.", nullable=True),
        column("missing_first", "number", "Share missing at the first snapshot."),
        column("missing_last", "number", "Share missing at the last snapshot."),
    ),
    optional=True,
)

#: Usual reading of the index: below 0.1 the same, from 0.25 on another population.
MODERATE, LARGE = 0.1, 0.25

_N_BINS = 10
#: Added to every count, so that an empty bin gives a large index and not an infinite one.
_PSEUDO_COUNT = 0.5


def stability_index(first: NDArray[np.generic], last: NDArray[np.generic]) -> Floats:
    """Population stability index of counts by bin, along the last axis.

    ``sum((q - p) ln(q / p))``, the symmetrised Kullback-Leibler divergence of the two
    distributions; 0 where they are equal. Half a unit is added to every count.

    Parameters
    ----------
    first, last : counts (..., n_bins)

    Examples
    --------
    >>> round(float(stability_index(np.array([50, 50]), np.array([50, 50]))), 4)
    0.0
    >>> round(float(stability_index(np.array([500, 500]), np.array([400, 600]))), 2)
    0.04
    """
    p = np.asarray(first, np.float64) + _PSEUDO_COUNT
    q = np.asarray(last, np.float64) + _PSEUDO_COUNT
    p /= p.sum(axis=-1, keepdims=True)
    q /= q.sum(axis=-1, keepdims=True)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=-1))


def feature_drift(
    first: Snapshot, last: Snapshot, features: Sequence[Feature], *, n_draws: int, seed: int
) -> pd.DataFrame:
    """How far each feature is distributed otherwise at the last date than at the first.

    Bins are tenths of the known values of the two dates together; the shares that are missing
    stand beside. Under the null an account's two values could as well have come in the other
    order, and a value of one date alone could as well be of the other: dates are exchanged at
    random within accounts, and what is known at one date alone is assigned to either date. Only
    counts of pairs of bins are needed for that, so a million accounts cost no more than a thousand.

    Parameters
    ----------
    first, last : snapshots of the two dates
    features : those to compare; both snapshots have them
    n_draws, seed : of the exchanges

    Returns
    -------
    DataFrame
        One row a feature, largest index first, with the columns of `DRIFT`.
    """
    common = first.frame.index.intersection(last.frame.index)
    rng = np.random.default_rng(seed)
    rows = [
        _one_feature(first.frame[f.name], last.frame[f.name], common, f, n_draws, rng)
        for f in features
    ]
    names = ["feature", "unit", "psi", "null_high", "p"]
    names += ["median_first", "median_last", "missing_first", "missing_last"]
    table = pd.DataFrame(rows, columns=names)
    table["p_adjusted"] = false_discovery_control(table["p"]) if rows else []
    table["drifted"] = (table["psi"] >= MODERATE) & (table["p_adjusted"] <= 0.05)
    return DRIFT.of(table).sort_values(
        ["psi", "feature"], ascending=[False, True], ignore_index=True
    )


def _one_feature(
    first: "pd.Series[float]",
    last: "pd.Series[float]",
    common: pd.Index,
    feature: Feature,
    n_draws: int,
    rng: np.random.Generator,
) -> tuple[object, ...]:
    edges = _edges(np.concatenate([first.to_numpy(), last.to_numpy()]))
    n_bins = edges.size + 1
    start, end = _binned(first.loc[common], edges), _binned(last.loc[common], edges)
    pairs = (start * n_bins + end)[(start >= 0) & (end >= 0)]
    both = np.bincount(pairs, minlength=n_bins**2).reshape(n_bins, n_bins)
    at_first, at_last = (_counts(_binned(series, edges), n_bins) for series in (first, last))
    observed = float(stability_index(at_first, at_last))
    null = _null_draws(both, at_first - both.sum(axis=1), at_last - both.sum(axis=0), n_draws, rng)
    p = (1 + int((null >= observed - 1e-12).sum())) / (n_draws + 1)
    medians = (float(first.median()), float(last.median()))
    missing = (float(first.isna().mean()), float(last.isna().mean()))
    high = float(np.quantile(null, 0.95))
    return (feature.name, feature.unit, observed, high, p, *medians, *missing)


def _edges(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    if not known.size:
        return np.empty(0)
    inner = np.quantile(known, np.linspace(0, 1, _N_BINS + 1)[1:-1])
    return np.unique(inner)


def _binned(values: "pd.Series[float]", edges: Floats) -> Ints:
    """Bin of every value; -1 where it is missing."""
    raw = values.to_numpy(dtype=np.float64)
    bins = np.searchsorted(edges, raw, side="left").astype(np.int64)
    bins[np.isnan(raw)] = -1
    return bins


def _counts(bins: Ints, n_bins: int) -> Ints:
    return np.bincount(bins[bins >= 0], minlength=n_bins)


def _null_draws(
    both: Ints, first: Ints, last: Ints, n_draws: int, rng: np.random.Generator
) -> Floats:
    """Index under exchange of the dates, from the counts alone, shape (n_draws,)."""
    swapped = rng.binomial(both, 0.5, size=(n_draws, *both.shape))
    kept = both - swapped
    at_first = kept.sum(axis=2) + swapped.sum(axis=1)
    at_last = kept.sum(axis=1) + swapped.sum(axis=2)
    n_first, total = int(first.sum()), first + last
    if total.sum():
        dealt = rng.multivariate_hypergeometric(total, n_first, size=n_draws, method="marginals")
        at_first, at_last = at_first + dealt, at_last + total - dealt
    return stability_index(at_first, at_last)
