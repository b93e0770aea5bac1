"""Internal criteria of partitions.

None of them can say "one cluster": a single group has no silhouette, and every other k gets some
value. They are judged against their own distribution where there are no clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from threadpoolctl import threadpool_limits

from clustering.arrays import Floats, Ints
from clustering.models.kmeans import checked_values
from clustering.progress import SILENT, Progress
from clustering.structure.criteria.silhouette import (
    Silhouettes,
    silhouettes,
)


@dataclass(frozen=True, eq=False)
class Criteria:
    """Internal criteria of one partition.

    Attributes
    ----------
    k : number of clusters
    silhouette : silhouettes of the accounts, None for one cluster or one account per cluster
    calinski_harabasz : (B / (k-1)) / (W / (n-k)), higher is better, None likewise
    davies_bouldin : mean over clusters of the worst (s_i + s_j) / d_ij, lower is better, None
        likewise
    """

    k: int
    silhouette: Silhouettes | None = None
    calinski_harabasz: float | None = None
    davies_bouldin: float | None = None


def criteria_of(
    values: Floats,
    partitions: Sequence[Ints],
    *,
    complete: bool = True,
    seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[Criteria, ...]:
    """Silhouette, Calinski-Harabasz and Davies-Bouldin of every partition.

    Calinski-Harabasz rewards what k-means optimises: it cannot compare k-means with other
    algorithms. The average silhouette rewards one far group of outliers.

    Parameters
    ----------
    values : array of shape (n_accounts, n_features)
    partitions : label arrays of shape (n_accounts,), labels 0 .. k-1
    complete : whether the two indices that decide nothing are computed too

    References
    ----------
    Rousseeuw (1987); Calinski & Harabasz (1974); Davies & Bouldin (1979), as in scikit-learn.

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> one, two = criteria_of(values, [np.zeros(4, int), np.array([0, 0, 1, 1])])
    >>> one.silhouette, two.calinski_harabasz, two.davies_bouldin
    (None, 200.0, 0.1)
    """
    matrix = checked_values(values)
    ks = [int(np.max(labels)) + 1 for labels in partitions]
    judged = [p for p, k in enumerate(ks) if 2 <= k < len(matrix)]
    found: dict[int, Silhouettes] = {}
    if judged:
        results = silhouettes(matrix, [partitions[p] for p in judged], seed=seed, progress=progress)
        found = dict(zip(judged, results, strict=True))

    def criteria(p: int) -> Criteria:
        if p not in found or not complete:
            return Criteria(ks[p], found.get(p))
        labels = partitions[p]
        calinski_harabasz = float(calinski_harabasz_score(matrix, labels))
        return Criteria(
            ks[p], found[p], calinski_harabasz, float(davies_bouldin_score(matrix, labels))
        )

    with threadpool_limits(1):  # BLAS adds in another order on another number of threads
        return tuple(criteria(p) for p in range(len(ks)))
