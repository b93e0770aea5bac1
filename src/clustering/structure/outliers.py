"""Accounts far from all others: set aside before the protocol, given the nearest segment after.

Which they are is told by `matrix.outliers`. What is measured, data without clusters included, is
measured without them.
"""

import numpy as np

from clustering.arrays import Flags, Floats
from clustering.matrix.outliers import FarRows, far_rows
from clustering.structure.protocol import Evidence
from clustering.structure.settings import Prepare, ProtocolSettings
from clustering.wording import percent_in_words


def setting_aside(prepare: Prepare, rescale: Prepare, settings: ProtocolSettings) -> Prepare:
    """What prepares a data set without clusters as the data was: its far rows are set aside too.

    Parameters
    ----------
    prepare : turns raw columns into the matrix
    rescale : what scales the rows that are kept anew
    """

    def without_far_rows(raw: Floats) -> Floats:
        values = prepare(raw)
        far = far_rows(values, share=settings.config.most_set_aside, seed=settings.seed).rows
        return rescale(np.ascontiguousarray(values[~far]))

    return without_far_rows


def with_far_rows(evidence: Evidence, values: Floats, aside: Flags, share: float) -> Evidence:
    """The evidence of the rows that were kept, with the others in their nearest segments.

    Parameters
    ----------
    values : (n, d), scaled as the rows that were judged
    aside : (n,), the rows that were not
    share : of rows that may be set aside
    """
    clusterings = tuple(one.over(values, aside, share) for one in evidence.clusterings)
    labels = {one.spec.n_clusters: one.labels for one in clusterings if one.model.by_distance}
    stability = np.full(len(values), np.nan)
    stability[~aside] = evidence.account_stability
    sizes = {k: tuple(np.bincount(of_k, minlength=k).tolist()) for k, of_k in labels.items()}
    return evidence.model_copy(
        update={
            "n": len(values),
            "n_set_aside": int(aside.sum()),
            "clusterings": clusterings,
            "account_stability": stability,
            "kmeans": tuple(
                row.model_copy(update={"sizes": sizes[row.k]}) for row in evidence.kmeans
            ),
        }
    )


def set_aside_in_words(far: FarRows, share: float) -> list[str]:
    """How many accounts are unlike all others, why, and what became of them.

    Examples
    --------
    >>> far = FarRows(np.array([True, False, False, False]), 2.0, 3)
    >>> print(*set_aside_in_words(far, 0.25))
    Set aside: 1 of 4 accounts is unlike all others: the distance to its fifth neighbour is more \
than 2.0 times that of three accounts in four (2 more lie so far out; at most 25 % are set \
aside). It has no part in this verdict, and gets the segment that is nearest.
    """
    n, aside = len(far.rows), int(far.rows.sum())
    if not aside:
        return []
    verb, its, they_have, get = (
        ("is", "its", "It has", "gets") if aside == 1 else ("are", "their", "They have", "get")
    )
    more = far.n_far - aside
    limit = (
        f" ({more} more lie so far out; at most {percent_in_words(share)} are set aside)"
        if more
        else ""
    )
    return [
        f"Set aside: {aside} of {n:,} accounts {verb} unlike all others: the distance to {its} "
        f"fifth neighbour is more than {far.factor:.1f} times that of three accounts in "
        f"four{limit}. {they_have} no part in this verdict, and {get} the segment that is nearest."
    ]
