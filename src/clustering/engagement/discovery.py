"""Whom to interview next, to learn what accounts need: each with a hypothesis to be refuted.

Segments follow from the outcome that a customer requires and the experience that is appropriate to
it, which only customers can tell (Murphy). The list names for every segment its medoids (what is
typical of it), its boundary cases (what tells it from its neighbour) and its misfits (what it
misses). It is a list of questions; no answer is in it.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.columns import ACCOUNT_ID, ARR, NAME
from clustering.features.types import Feature, Snapshot
from clustering.matrix import FeatureMatrix
from clustering.models.types import Clustering
from clustering.profiles import Profiles
from clustering.profiles.naming import LEAST_DIFFERENCE
from clustering.schemes import Axes

__all__ = ["KINDS", "N_EACH", "discovery_list", "discovery_sheet"]

#: Accounts of each kind in a segment.
N_EACH = 3
KINDS = ("medoid", "boundary", "misfit")
#: A boundary case leads its second segment by less; beyond it an account is no boundary case.
_WIDEST_MARGIN = 0.5
#: A misfit lies further from its centre than this share of its segment.
_MISFIT_QUANTILE = 0.95

_GUIDANCE = {
    "guidance_strategy": "strategy and organisation",
    "guidance_execution": "execution",
    "guidance_first_steps": "first steps",
}
_COLUMNS = {
    "segment": "int64",
    "segment_name": "str",
    "kind": "str",
    "rank": "int64",
    ACCOUNT_ID: "str",
    ARR: "float64",
    "probability": "float64",
    "runner_up": "str",
    "distance": "float64",
    "hypothesis": "str",
    "question": "str",
}


def discovery_list(
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    chosen: Clustering,
    profiles: Profiles,
    scores: pd.DataFrame,
    axes: Axes,
) -> pd.DataFrame:
    """Choose the accounts to interview in every segment.

    The *medoids* are the members with the least sum of squared distances to the others, which are
    those nearest to the mean of the members. *Boundary cases* have the least margin over their
    second segment, below 0.5; there may be none. *Misfits* lie furthest from the centre, beyond the
    95 % quantile of their segment. An account is listed once, under the first kind that it is of.

    Parameters
    ----------
    scores : indexed by `account_id`, with `probability`, `runner_up` and `margin`
    axes : what kind of guidance an account draws

    Returns
    -------
    DataFrame
        `segment`, `segment_name`, `kind`, `rank` (from 1), `account_id`, `arr`, `probability`,
        `runner_up`, `distance` (to the mean of the members, in the matrix), `hypothesis` and
        `question`; names of accounts are not in it.

    References
    ----------
    Murphy (Appropriate Experience; discovery by interviews).
    """
    ids = pd.Index(matrix.account_ids)
    known = scores.reindex(ids)
    arr = snapshot.attributes.get(ARR, pd.Series(np.nan, index=ids)).reindex(ids)
    guidance = _guidance(axes, ids)
    z = _standardised(snapshot, matrix)
    by_name = {feature.name: feature for feature in snapshot.features}
    features = [by_name[name] for name in matrix.feature_names]
    rows: list[dict[str, object]] = []
    for profile in profiles.segments:
        members = np.flatnonzero(chosen.labels == profile.segment)
        distance = _to_mean(matrix.values[members])
        margin = known["margin"].to_numpy(dtype=float)[members]
        picked = _pick(distance, margin, [matrix.account_ids[m] for m in members])
        drawn = _most_drawn(guidance.iloc[members])
        for kind, rank, place in picked:
            account = members[place]
            told = _Told(
                segment=profile.name,
                runner_up=str(known["runner_up"].iloc[account]),
                probability=float(known["probability"].iloc[account]),
                unusual=_unusual(z, members, account, features),
                drawn=drawn,
                own=guidance.iloc[account],
            )
            hypothesis, question = told.words(kind)
            rows.append(
                {
                    "segment": profile.segment,
                    "segment_name": profile.name,
                    "kind": kind,
                    "rank": rank,
                    ACCOUNT_ID: matrix.account_ids[account],
                    ARR: float(arr.iloc[account]),
                    "probability": told.probability,
                    "runner_up": told.runner_up if len(profiles.segments) > 1 else None,
                    "distance": float(distance[place]),
                    "hypothesis": hypothesis,
                    "question": question,
                }
            )
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
