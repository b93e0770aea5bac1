"""How the accounts of today differ from those of the training date, and what of it is common."""

import numpy as np
import pandas as pd

from clustering.config import StudyConfig
from clustering.features import Snapshot
from clustering.models.labels import match
from clustering.monitor.common_change import undo_common_change
from clustering.monitor.decision import Change
from clustering.monitor.energy import Placed, energy_test, energy_within
from clustering.movement.drift.population import feature_drift
from clustering.movement.drift.refits import FrozenModel
from clustering.scorer import Scorer


def measure_change(
    scorer: Scorer,
    then: Snapshot,
    today: Snapshot,
    again: FrozenModel | None,
    config: StudyConfig,
) -> tuple[Change, pd.DataFrame]:
    """The change, and the drift of every feature (`movement.drift.population.DRIFT`).

    Parameters
    ----------
    again : the model learned again on the accounts of today; without it a common change is not
        told from one of the groups
    """
    settings, seed = config.monitor, config.seed
    names = list(scorer.standardiser.feature_names)
    features = [feature for feature in today.features if feature.name in names]
    drift = feature_drift(then, today, features, n_draws=settings.permutations, seed=seed)
    first, last = _placed(scorer, then.frame[names]), _placed(scorer, today.frame[names])
    common = undone(scorer, then, today, again)
    left = None if common is None else _placed(scorer, common)

    def sampled(placed: Placed) -> Placed:
        return placed.sample(settings.accounts)

    start, end, n_draws = sampled(first), sampled(last), settings.permutations
    change = Change(
        overall=energy_test(start, end, n_draws=n_draws, seed=seed),
        drifted=tuple(drift.loc[drift["drifted"], "feature"]),
        within=energy_within(start, end, n_draws=n_draws, seed=seed),
        left=None
        if left is None
        else energy_within(start, sampled(left), n_draws=n_draws, seed=seed),
    )
    return change, drift


def undone(
    scorer: Scorer, then: Snapshot, today: Snapshot, again: FrozenModel | None
) -> pd.DataFrame | None:
    """Features of today without what changed alike for all accounts; None where it is not known.

    Accounts stayed in their group where the model learned again puts them where the model put
    them on the training date, after matching: it needs no common scale of the two dates.
    """
    if again is None:
        return None
    names = list(scorer.standardiser.feature_names)
    common = then.frame.index.intersection(today.frame.index)
    old = FrozenModel(scorer.standardiser, scorer.model).labels(then)
    new = again.labels(today)
    old = old[then.frame.index.get_indexer(common)]
    new = new[today.frame.index.get_indexer(common)]
    known = np.flatnonzero((old >= 0) & (new >= 0))
    common, old, new = common[known], old[known], new[known]
    if not common.size:
        return None
    stayed = common[np.flatnonzero(match(old, new)[new] == old)]
    return undo_common_change(then.frame[names], today.frame[names], stayed)


def _placed(scorer: Scorer, frame: pd.DataFrame) -> Placed:
    """The accounts of which anything is known, in the matrix of the model."""
    values = scorer.standardiser.transform(frame)
    known = np.flatnonzero(~np.isnan(values).any(axis=1))
    return Placed(frame.index[known], values[known], scorer.model.labels(values[known]))
