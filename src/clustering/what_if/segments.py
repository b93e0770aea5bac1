"""The segments with another number of them, or with features that weigh more or less."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from clustering.arrays import Floats, Ints
from clustering.columns import ARR_TIERS
from clustering.comparison.agreement.indices import adjusted_mutual_information
from clustering.config import EvidenceConfig
from clustering.errors import BadInputError, or_known
from clustering.models.labels import renumber
from clustering.models.refit import refit
from clustering.results import StudyFolder
from clustering.scorer import Scorer

#: Seed of the refit, and its starts: a look is repeated at ease, and has the same answer each time.
_SEED, _STARTS = 0, 10


@dataclass(frozen=True, eq=False)
class OtherSegments:
    """The groups of another setting beside the segments of the study.

    Attributes
    ----------
    groups : by account_id, numbers from 1, the largest group first; accounts of which nothing is
        known are left out
    crosswalk : accounts by segment of the study (rows) and group (columns)
    stayed : by account_id, whether an account is in the group that stands for its segment
    ami : adjusted mutual information with the segments of the study
    ami_tiers : with the ARR tiers; None where the study has none
    """

    groups: "pd.Series[int]"
    crosswalk: pd.DataFrame
    stayed: "pd.Series[bool]"
    ami: float
    ami_tiers: float | None


def other_segments(
    study: StudyFolder, k: int | None = None, weights: Mapping[str, float] | None = None
) -> OtherSegments:
    """Fit the model of the study again with another setting.

    Parameters
    ----------
    k : number of groups (None: as in the study)
    weights : by feature, or by family of features: its differences count so many times as much as
        in the study, 0 leaves it out

    Raises
    ------
    BadInputError
        A weight is negative, or of no feature and no family of the model; or there are no `k`
        groups to be found.
    ModelFolderError
        The study has no scorer.
    """
    scorer = Scorer.load(study.path / "scorer")
    accounts = study.accounts.set_index("account_id")
    values = scorer.standardiser.transform(accounts)
    known = ~np.isnan(values).any(axis=1)
    n = int(known.sum())
    number = len(study.document.segments) if k is None else k
    if not 1 <= number < n:
        raise BadInputError(f"k = {number}: give a number from 1 to {n - 1}.")
    scaled = np.ascontiguousarray(values[known] * _factors(scorer, weights or {}))
    asked = EvidenceConfig.model_validate(study.document.configuration["evidence"])
    spec = replace(scorer.model.spec, n_clusters=number, set_aside=asked.most_set_aside)
    found = refit(spec, scaled, n_init=_STARTS, seed=_SEED)
    return _beside(accounts.iloc[np.flatnonzero(known)], _by_size(found.labels))


def _factors(scorer: Scorer, weights: Mapping[str, float]) -> Floats:
    """What every column is multiplied with, shape (n_features,)."""
    features, families = scorer.standardiser.feature_names, scorer.standardiser.families
    factors = np.ones(len(features))
    wrong = []
    for name, weight in weights.items():
        chosen = np.array([name in pair for pair in zip(features, families, strict=True)])
        if not chosen.any():
            wrong.append(f"'{name}' is no feature.{or_known(name, [*features, *set(families)])}")
        elif not (np.isfinite(weight) and weight >= 0):
            wrong.append(f"the weight of '{name}' is {weight}: give 0 or more.")
        factors[chosen] *= weight
    if not wrong and not factors.any():
        wrong.append("every feature has the weight 0: leave one in.")
    if wrong:
        raise BadInputError(" ".join(wrong))
    return factors


def _by_size(labels: Ints) -> Ints:
    return renumber(labels, np.argsort(-np.bincount(labels), kind="stable"))


def _beside(accounts: pd.DataFrame, labels: Ints) -> OtherSegments:
    groups = pd.Series(1 + labels, index=accounts.index)
    segments = accounts["segment_name"]
    crosswalk = pd.crosstab(segments, groups)
    # Every segment is stood for by the group that keeps most accounts together, one each.
    rows, columns = linear_sum_assignment(-crosswalk.to_numpy())
    stands = dict(zip(crosswalk.index[rows], crosswalk.columns[columns], strict=True))
    return OtherSegments(
        groups=groups,
        crosswalk=crosswalk,
        stayed=segments.map(stands).eq(groups),
        ami=_ami(crosswalk),
        ami_tiers=_with_tiers(accounts, groups),
    )


def _with_tiers(accounts: pd.DataFrame, groups: "pd.Series[int]") -> float | None:
    if ARR_TIERS not in accounts:
        return None
    tiers = accounts[ARR_TIERS].dropna()
    return _ami(pd.crosstab(tiers, groups[tiers.index])) if len(tiers) else None


def _ami(counts: pd.DataFrame) -> float:
    return adjusted_mutual_information(counts.to_numpy()).item()
