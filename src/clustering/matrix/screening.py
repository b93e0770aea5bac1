"""Which features enter the matrix, and for every other one the reason why not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ARR
from clustering.config import Family, MatrixConfig
from clustering.errors import BadInputError, breaches_message
from clustering.features.types import Feature, Snapshot
from clustering.matrix.size import dealt, of_known_size, out_of_fold_r2

#: Least number of accounts with both features known that a correlation is computed from.
MIN_PAIRS = 20


@dataclass(frozen=True)
class Screening:
    """The features of the matrix in canonical order, and why each other one was left out."""

    included: tuple[Feature, ...]
    excluded: dict[str, str]


def screen(snapshot: Snapshot, config: MatrixConfig) -> Screening:
    """Decide feature by feature which enter, and refuse where none does (`decide`).

    Raises
    ------
    BadInputError
        A value is infinite, or no feature is left; with the reason for every feature.
    """
    screening = decide(snapshot, config)
    if not screening.included:
        reasons = [f"{name}: {reason}" for name, reason in screening.excluded.items()]
        raise BadInputError(
            breaches_message("no feature is left for the matrix", reasons or ["there are none"])
        )
    return screening


def decide(snapshot: Snapshot, config: MatrixConfig) -> Screening:
    """Decide feature by feature, from configuration to correlation.

    A feature is left out when the snapshot withholds it (its family was not chosen, it is
    commercial or a proxy of size, or the configuration names it), is missing for too many
    accounts, is constant (also: once the outer `config.winsorise` are clipped), follows from the
    yearly amount by more than `config.max_size_r2`, repeats another feature, or has an
    absolute rank correlation with another one above `config.max_correlation`. Of two such features
    the one that is missing for fewer accounts stays; of two as complete, the first in canonical
    order.

    Raises
    ------
    BadInputError
        A value is infinite.
    """
    order = canonical_order(snapshot.features)
    frame = snapshot.frame
    _refuse_infinite(frame, order)
    excluded = {f.name: snapshot.withheld[f.name] for f in order if f.name in snapshot.withheld}
    excluded |= _decide(order, excluded, _by_missing_values(frame, config.max_missing_share))
    excluded |= _decide(order, excluded, _by_variation(frame, config.winsorise))
    if config.max_size_r2 is not None:
        excluded |= _decide(order, excluded, _by_size(snapshot, config.max_size_r2))
    left = [feature for feature in order if feature.name not in excluded]
    excluded |= _by_correlation(frame, left, config.max_correlation)
    included = tuple(feature for feature in left if feature.name not in excluded)
    return Screening(included, {f.name: excluded[f.name] for f in order if f.name in excluded})


def canonical_order(features: Iterable[Feature]) -> list[Feature]:
    """Families in the order of the configuration, features by name within their family."""
    families = [*get_args(Family)]

    def key(feature: Feature) -> tuple[int, str, str]:
        known = feature.family in families
        rank = families.index(feature.family) if known else len(families)
        return rank, feature.family, feature.name

    return sorted(features, key=key)


_Reason = Callable[[Feature], str | None]


def _decide(
    features: Sequence[Feature], excluded: dict[str, str], reason: _Reason
) -> dict[str, str]:
    decided = {f.name: reason(f) for f in features if f.name not in excluded}
    return {name: why for name, why in decided.items() if why is not None}


def _refuse_infinite(frame: pd.DataFrame, features: Sequence[Feature]) -> None:
    breaches = []
    for feature in features:
        infinite = np.isinf(frame[feature.name].to_numpy(dtype=np.float64, na_value=np.nan))
        if infinite.any():
            first = frame.index[int(np.argmax(infinite))]
            breaches.append(
                f"'{feature.name}' is infinite for {int(infinite.sum())} accounts; "
                f"first account_id: {first}."
            )
    if breaches:
        raise BadInputError(
            breaches_message("the snapshot holds values that are no number", breaches)
        )


def _by_missing_values(frame: pd.DataFrame, limit: float) -> _Reason:
    def reason(feature: Feature) -> str | None:
        share = float(frame[feature.name].isna().mean())
        if share == 1:
            return "missing for every account"
        if share > limit:
            return f"missing for {share:.0%} of the accounts (limit {limit:.0%})"
        return None

    return reason


def _by_variation(frame: pd.DataFrame, winsorise: float) -> _Reason:
    def reason(feature: Feature) -> str | None:
        values = frame[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)
        observed = np.sort(values[~np.isnan(values)])
        if observed[0] == observed[-1]:
            return f"constant: {observed[0]:g} for every account that has a value"
        # A binary is not clipped, so a rare one varies; a number that is rare elsewhere does not.
        low, high = np.quantile(observed, [winsorise, 1 - winsorise])
        if low == high and feature.scale != "binary":
            others = int((observed != low).sum())
            return f"nearly constant: {low:g} for all but {others} of {observed.size} accounts"
        return None

    return reason


def _by_size(snapshot: Snapshot, limit: float) -> _Reason:
    """What trees make of the feature alone about the log of the yearly amount."""
    amounts = snapshot.attributes.get(ARR, pd.Series(dtype=np.float64))
    target = np.log1p(amounts).to_numpy(dtype=np.float64, na_value=np.nan)
    rows, folds = dealt(of_known_size(target), seed=0)

    def reason(feature: Feature) -> str | None:
        if not rows.size:
            return None
        values = snapshot.frame[[feature.name]].to_numpy(dtype=np.float64, na_value=np.nan)
        share = out_of_fold_r2(values[rows], target[rows], folds, seed=0)
        if share <= limit:
            return None
        return f"follows from the size of the account: it tells log ARR with R squared {share:.2f}"

    return reason


def _by_correlation(
    frame: pd.DataFrame, features: Sequence[Feature], limit: float
) -> dict[str, str]:
    if len(features) < 2:
        return {}
    values = frame[[f.name for f in features]].to_numpy(dtype=np.float64, na_value=np.nan)
    correlations = rank_correlations(values)
    missing = np.isnan(values).sum(axis=0)
    kept: list[int] = []
    excluded: dict[str, str] = {}
    for column in np.argsort(missing, kind="stable"):
        rivals = [other for other in kept if abs(correlations[column, other]) > limit]
        if not rivals:
            kept.append(int(column))
            continue
        rival = max(rivals, key=lambda other: (abs(correlations[column, other]), -other))
        excluded[features[column].name] = _correlation_reason(
            values[:, column], values[:, rival], features[rival].name, correlations[column, rival]
        )
    return excluded


def _correlation_reason(values: Floats, rival: Floats, name: str, correlation: float) -> str:
    if np.array_equal(values, rival, equal_nan=True):
        return f"a duplicate of '{name}'"
    return f"its rank correlation with '{name}' is {correlation:.2f}"


def column_ranks(values: Floats) -> Floats:
    """Rank of each value among those of its column, ties at their mean; NaN where it is missing.

    Columns that every account has are ranked together: data without clusters is ranked hundreds
    of times.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features)

    Examples
    --------
    >>> column_ranks(np.array([[3.0, 1.0], [1.0, np.nan], [3.0, 0.0]])).T.tolist()
    [[2.5, 1.0, 2.5], [2.0, nan, 1.0]]
    """
    from scipy.stats import rankdata  # heavy, and a scorer never screens

    observed = ~np.isnan(values)
    whole = observed.all(axis=0)
    ranks = np.full(values.shape, np.nan)
    if whole.any():
        ranks[:, whole] = rankdata(values[:, whole], axis=0)
    for column in np.flatnonzero(observed.any(axis=0) & ~whole):
        known = observed[:, column]
        ranks[known, column] = rankdata(values[known, column])
    return ranks


def rank_correlations(values: Floats) -> Floats:
    """Spearman's correlation of every pair of columns, on the accounts that have both values.

    Each column is ranked once, among its own observed values (ties share their mean rank), so
    that the cost is one product of matrices. Without missing values this is Spearman's rho.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features)
        NaN is missing.

    Returns
    -------
    float64 array of shape (n_features, n_features)
        0 for pairs of columns that fewer than 20 accounts have, or that do not vary there; with
        fewer than 20 accounts in all, for pairs that not every account has.

    Examples
    --------
    >>> x = np.arange(30.0)
    >>> rank_correlations(np.column_stack([x, -(x**3)])).round(6).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    observed = ~np.isnan(values)
    ranks = column_ranks(values)
    ranks = np.where(observed, ranks - (observed.sum(axis=0) + 1) / 2, 0.0)  # no cancellation below
    present = observed.astype(np.float64)
    pairs = present.T @ present
    sums = ranks.T @ present  # [i, j]: sum of i's ranks over the accounts that have j
    squares = (ranks**2).T @ present
    counts = np.maximum(pairs, 1.0)
    covariance = ranks.T @ ranks - sums * sums.T / counts
    variance = squares - sums**2 / counts
    scale = np.sqrt(np.maximum(variance * variance.T, 0.0))
    usable = (pairs >= min(MIN_PAIRS, len(values))) & (scale > 1e-9 * counts)
    return np.where(usable, covariance / np.where(usable, scale, 1.0), 0.0)
