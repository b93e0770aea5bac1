"""The nearest champions of every account that could grow, and what still parts it from them.

A fully adopted account is the model that growth accounts are built towards (Leonor, Windham 2020);
an account may expand that can be modelled after a champion (Knoefel 2021). Near means near in the
matrix, that is in how accounts behave, whatever they pay.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from clustering.arrays import Flags, Floats
from clustering.columns import ACCOUNT_ID
from clustering.config import SchemesConfig
from clustering.features.types import Feature, Snapshot
from clustering.matrix import FeatureMatrix
from clustering.profiles.naming import LEAST_DIFFERENCE
from clustering.schemes import Axes, Labelling
from clustering.wording import number_in_words

#: Champions that are named for an account, and gaps for each of them.
N_CHAMPIONS = 3
N_GAPS = 3

_ADOPTED = ("milestones_due_achieved_share", "outcome_attainment")
_GROWING = ("grow", "invest")
_COLUMNS = {
    ACCOUNT_ID: "str",
    "champion_id": "str",
    "rank": "int64",
    "distance": "float64",
    "gap": "int64",
    "feature": "str",
    "unit": "str",
    "value": "float64",
    "champion_value": "float64",
    "difference": "float64",
    "words": "str",
}


@dataclass(frozen=True, eq=False)
class Champions:
    """Growth accounts with their nearest champions.

    Attributes
    ----------
    table : one row an account, champion and gap: `account_id`, `champion_id`, `rank` (1 is the
        nearest), `distance` (in the matrix), `gap` (1 is the largest; 0 where no gap matters, and
        the next columns are empty), `feature`, `unit`, `value` and `champion_value` (in that unit),
        `difference` (in standard deviations of the matrix) and `words`
    rule : who counts as a champion, and as a growth account
    reason : why there is no row; empty where there is one
    n_champions, n_growth : how many there are of both
    """

    table: pd.DataFrame
    rule: str
    reason: str
    n_champions: int
    n_growth: int


def find_champions(
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    axes: Axes,
    growth: Labelling | None,
    config: SchemesConfig,
) -> Champions:
    """Find the nearest champions of every growth account.

    Champions are the accounts with `is_champion`; where no account has it, the fully adopted ones:
    their due milestones reached as far as `lifecycle_touch.adopted_from` asks, outcomes on target,
    and a churn risk below `lifecycle_touch.risk_from`, all three known. Growth accounts are those
    that the scheme `growth_risk` would grow or invest in and that are no champions themselves.

    A gap is a feature in which the champion stands better (`Feature.higher_is_better`) by half a
    standard deviation or more, where the feature is known for both accounts.

    Parameters
    ----------
    growth : the labelling `growth_risk`; None where the accounts do not allow it

    References
    ----------
    Knoefel 2021; Leonor, Windham 2020.
    """
    ids = pd.Index(matrix.account_ids)
    champion, rule, reason = _champions(snapshot, axes, config, ids)
    if reason:
        return _none(rule, reason)
    if growth is None:
        return _none(rule, "No growth accounts: the scheme 'growth_risk' cannot be applied.")
    grows = growth.labels.reindex(ids).isin(_GROWING).to_numpy() & ~champion
    rule += "; growth accounts are those to grow or invest in by the scheme 'growth_risk'"
    if growth.near_line is not None:
        near = growth.near_line.reindex(ids, fill_value=False).to_numpy(dtype=bool) & grows
        grows &= ~near
        rule += f", without {int(near.sum()):,} near the line (a label within its noise)"
    if not grows.any():
        return _none(
            rule, "No growth accounts: every one of them is a champion already, or near the line."
        )
    table = _table(snapshot, matrix, np.flatnonzero(grows), np.flatnonzero(champion))
    return Champions(table, rule, "", int(champion.sum()), int(grows.sum()))


def _none(rule: str, reason: str) -> Champions:
    empty = {name: pd.Series([], dtype=kind) for name, kind in _COLUMNS.items()}
    return Champions(pd.DataFrame(empty), rule, reason, 0, 0)


def _champions(
    snapshot: Snapshot, axes: Axes, config: SchemesConfig, ids: "pd.Index[str]"
) -> tuple[Flags, str, str]:
    """Who is a champion, by which rule, and why nobody is."""
    marked = snapshot.attributes.get("is_champion")
    if marked is not None and marked.fillna(False).any():
        champion = marked.reindex(ids).fillna(False).to_numpy(dtype=bool)
        if champion.any():
            return champion, "champions are the accounts with accounts.is_champion", ""
    settings = config.lifecycle_touch
    rule = (
        f"champions are the fully adopted accounts: {settings.adopted_from:.0%} or more of the due "
        "milestones reached, outcomes on target, churn risk below "
        f"{settings.risk_from:g}"
    )
    column = "the column accounts.is_champion" + (
        "" if marked is None else " (no account has it set)"
    )
    absent = [name for name in _ADOPTED if name not in snapshot.frame]
    if absent or axes.frame["churn_risk"].isna().all():
        needs = [f"'{name}' {snapshot.not_computed.get(name, 'is missing')}" for name in absent]
        needs = needs or ["the axis 'churn_risk' is missing"]
        reason = (
            f"No champions: {column} would say who they are; that accounts are fully adopted "
            f"cannot be told either ({'; '.join(needs)})."
        )
        return np.zeros(len(ids), bool), rule, reason
    reached, attained = (snapshot.frame[name].reindex(ids) for name in _ADOPTED)
    risk = axes.frame["churn_risk"].reindex(ids)
    adopted = (reached >= settings.adopted_from) & (attained >= 1.0) & (risk < settings.risk_from)
    reason = "" if adopted.any() else f"No champions: no account is fully adopted, and {column}"
    reason = f"{reason} would say who they are." if reason else ""
    return adopted.to_numpy(dtype=bool), rule, reason


def _table(
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    growing: NDArray[np.intp],
    champions: NDArray[np.intp],
) -> pd.DataFrame:
    n_near = min(N_CHAMPIONS, len(champions))
    search = NearestNeighbors(n_neighbors=n_near).fit(matrix.values[champions])
    distances, near = search.kneighbors(matrix.values[growing])
    features = [_by_name(snapshot)[name] for name in matrix.feature_names]
    raw = snapshot.frame.loc[list(matrix.account_ids), list(matrix.feature_names)].to_numpy()
    better = np.array([0.0 if f.higher_is_better is None else 2.0 * f.higher_is_better - 1.0
                       for f in features])  # fmt: skip
    # The families' weights are part of the distances, not of what a standard deviation is.
    spread = matrix.values.std(axis=0)
    parts = []
    for rank in range(n_near):
        chosen = champions[near[:, rank]]
        gap = (matrix.values[chosen] - matrix.values[growing]) / np.where(spread > 0, spread, 1.0)
        gap = np.where(np.isnan(raw[chosen]) | np.isnan(raw[growing]), 0.0, gap * better)
        parts.append(
            _rows(matrix, features, raw, growing, chosen, rank + 1, distances[:, rank], gap)
        )
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values([ACCOUNT_ID, "rank", "gap"], kind="stable", ignore_index=True)
    return table.astype(_COLUMNS)


def _by_name(snapshot: Snapshot) -> dict[str, Feature]:
    return {feature.name: feature for feature in snapshot.features}


def _rows(
    matrix: FeatureMatrix,
    features: list[Feature],
    raw: Floats,
    growing: NDArray[np.intp],
    chosen: NDArray[np.intp],
    rank: int,
    distance: Floats,
    gap: Floats,
) -> pd.DataFrame:
    """The largest gaps of every account to one champion; one empty row where none matters."""
    order = np.argsort(-np.round(gap, 9), axis=1, kind="stable")[:, :N_GAPS]
    sizes = np.take_along_axis(gap, order, axis=1)
    account, place = np.nonzero(sizes >= LEAST_DIFFERENCE)
    without = np.flatnonzero(~(sizes >= LEAST_DIFFERENCE).any(axis=1))
    feature = order[account, place]
    ids = np.array(matrix.account_ids, dtype=object)
    rows = np.concatenate([account, without])
    n_empty = len(without)
    empty = np.full(n_empty, np.nan)
    value, better = raw[growing[account], feature], raw[chosen[account], feature]
    words = [_words(features[f], v, b) for f, v, b in zip(feature, value, better, strict=True)]
    return pd.DataFrame(
        {
            ACCOUNT_ID: ids[growing[rows]],
            "champion_id": ids[chosen[rows]],
            "rank": rank,
            "distance": distance[rows],
            "gap": np.concatenate([place + 1, np.zeros(n_empty, int)]),
            "feature": [*(features[f].name for f in feature), *[None] * n_empty],
            "unit": [*(features[f].unit for f in feature), *[None] * n_empty],
            "value": np.concatenate([value, empty]),
            "champion_value": np.concatenate([better, empty]),
            "difference": np.concatenate([sizes[account, place], empty]),
            "words": [*words, *[_NO_GAP] * n_empty],
        }
    )


_NO_GAP = "no gap of half a standard deviation or more: in what was measured it is like a champion"


def _words(feature: Feature, value: float, champion: float) -> str:
    """A gap in words and in the feature's own unit."""
    name = feature.title
    if feature.scale == "share":
        return f"{name}: {value:.0%} against {champion:.0%} of the champion"
    own, other = number_in_words(value), number_in_words(champion)
    return f"{name}: {own} against {other} of the champion ({feature.unit})"
