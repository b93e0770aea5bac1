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

from clustering.arrays import Flags
from clustering.columns import ACCOUNT_ID
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.matrix import FeatureMatrix
from clustering.profiles.naming import LEAST_DIFFERENCE
from clustering.profiles.unlike import Unlike
from clustering.schema import TableSpec, column
from clustering.schemes import Axes, Labelling
from clustering.wording import percent_in_words

#: Champions that are named for an account, and gaps for each of them.
N_CHAMPIONS = 3
N_GAPS = 3

_ADOPTED = ("milestones_due_achieved_share", "outcome_attainment")
_GROWING = ("grow", "invest")

CHAMPIONS = TableSpec(
    "champions",
    "Growth accounts with their nearest champions and the gaps to each: one row an account, "
    "champion and gap.",
    (
        column("account_id", "text", "Growth account."),
        column("champion_id", "text", "Champion."),
        column("rank", "integer", "From 1, the nearest."),
        column("distance", "number", "Distance in the matrix."),
        column("gap", "integer", "From 1, the largest; 0 where no gap matters."),
        column("feature", "text", "Feature in which the champion stands better.", nullable=True),
        column("unit", "text", "Its unit.", nullable=True),
        column("value", "number", "Value of the account.", nullable=True),
        column("champion_value", "number", "Value of the champion.", nullable=True),
        column("difference", "number", "In standard deviations of the matrix.", nullable=True),
        column("words", "text", "In words."),
    ),
    optional=True,
)


@dataclass(frozen=True, eq=False)
class Champions:
    """Growth accounts with their nearest champions.

    Attributes
    ----------
    table : the columns of `CHAMPIONS`; the feature and its numbers are missing where no gap matters
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
    if not reason and growth is None:
        reason = "No growth accounts: the scheme 'growth_risk' cannot be applied."
    if reason or growth is None:
        return Champions(CHAMPIONS.from_rows([]), rule, reason, 0, 0)
    grows = growth.labels.reindex(ids).isin(_GROWING).to_numpy() & ~champion
    rule += "; growth accounts are those to grow or invest in by the scheme 'growth_risk'"
    if growth.near_line is not None:
        near = growth.near_line.reindex(ids, fill_value=False).to_numpy(dtype=bool) & grows
        grows &= ~near
        rule += f", without {int(near.sum()):,} near the line (a label within its noise)"
    if not grows.any():
        reason = "No growth accounts: every one of them is a champion already, or near the line."
        return Champions(CHAMPIONS.from_rows([]), rule, reason, 0, 0)
    table = _table(snapshot, matrix, np.flatnonzero(grows), np.flatnonzero(champion))
    return Champions(table, rule, "", int(champion.sum()), int(grows.sum()))


def _champions(
    snapshot: Snapshot, axes: Axes, config: SchemesConfig, ids: "pd.Index[str]"
) -> tuple[Flags, str, str]:
    """Who is a champion, by which rule, and why nobody is."""
    marked = snapshot.attributes.get("is_champion")
    if marked is not None and marked.fillna(False).any():
        champion = marked.reindex(ids).fillna(False).to_numpy(dtype=bool)
        if champion.any():
            return champion, "champions are the accounts that are marked as one", ""
    settings = config.lifecycle_touch
    rule = (
        f"champions are the fully adopted accounts: "
        f"{percent_in_words(settings.adopted_from)} or more of the due "
        "milestones reached, outcomes on target, churn risk below "
        f"{settings.risk_from:g}"
    )
    unset = "" if marked is None else " (no account has it set)"
    would_say = f"the column accounts.is_champion{unset} would say who they are"
    absent = [name for name in _ADOPTED if name not in snapshot.frame]
    if absent or axes.frame["churn_risk"].isna().all():
        needs = [f"'{name}' {snapshot.not_computed.get(name, 'is missing')}" for name in absent]
        needs = needs or ["the axis 'churn_risk' is missing"]
        reason = (
            f"No champions: {would_say}; that accounts are fully adopted is not known either "
            f"({'; '.join(needs)})."
        )
        return np.zeros(len(ids), bool), rule, reason
    reached, attained = (snapshot.frame[name].reindex(ids) for name in _ADOPTED)
    risk = axes.frame["churn_risk"].reindex(ids)
    adopted = (reached >= settings.adopted_from) & (attained >= 1.0) & (risk < settings.risk_from)
    reason = f"No champions: no account is fully adopted, and {would_say}."
    reason = "" if adopted.any() else reason
    return adopted.to_numpy(dtype=bool), rule, reason


def _table(
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    growing: NDArray[np.intp],
    champions: NDArray[np.intp],
) -> pd.DataFrame:
    """The largest gaps of every growth account to each of its nearest champions."""
    n_near = min(N_CHAMPIONS, len(champions))
    search = NearestNeighbors(n_neighbors=n_near).fit(matrix.values[champions])
    distances, near = search.kneighbors(matrix.values[growing])
    # The families' weights are part of the distances, not of what a standard deviation is.
    seen = Unlike.of(snapshot, matrix)
    sides = [feature.higher_is_better for feature in seen.features]
    better = np.array([0.0 if side is None else 2.0 * side - 1.0 for side in sides])
    rows: list[dict[str, object]] = []
    for rank in range(n_near):
        chosen = champions[near[:, rank]]
        gap = np.nan_to_num((seen.z[chosen] - seen.z[growing]) * better)
        largest = np.argsort(-np.round(gap, 9), axis=1, kind="stable")[:, :N_GAPS]
        for place, (account, champion) in enumerate(zip(growing, chosen, strict=True)):
            pair = {
                ACCOUNT_ID: matrix.account_ids[account],
                "champion_id": matrix.account_ids[champion],
                "rank": rank + 1,
                "distance": distances[place, rank],
            }
            matter = [f for f in largest[place] if gap[place, f] >= LEAST_DIFFERENCE]
            if not matter:
                rows.append(pair | {"gap": 0, "words": _NO_GAP})
            for number, f in enumerate(matter, start=1):
                feature, value, better_value = seen.features[f], *seen.raw[[account, champion], f]
                found = {
                    "gap": number,
                    "feature": feature.name,
                    "unit": feature.unit,
                    "value": value,
                    "champion_value": better_value,
                    "difference": gap[place, f],
                    "words": _words(seen, f, value, better_value),
                }
                rows.append(pair | found)
    table = CHAMPIONS.from_rows(rows)
    return table.sort_values([ACCOUNT_ID, "rank", "gap"], kind="stable", ignore_index=True)


_NO_GAP = "no gap of half a standard deviation or more: in what was measured it is like a champion"


def _words(seen: Unlike, column: int, value: float, champion: float) -> str:
    """A gap in words and in the feature's own unit."""
    feature = seen.features[column]
    own, other = (seen.in_words(column, one) for one in (value, champion))
    return f"{feature.title}: {own} against {other} of the champion{feature.unit_after}"
