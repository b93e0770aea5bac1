"""The candidates as a table: what the study folder stores."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from clustering.structure.diagnostics import KMeansDiagnostics, MixtureRow, Offered

COLUMNS = (
    "algorithm", "k", "covariance_type", "sizes", "inertia", "silhouette", "calinski_harabasz",
    "davies_bouldin", "gap_pca", "gap_pca_se", "gap_box", "gap_box_se", "prediction_strength",
    "instability", "seed_ari", "jaccard_min", "valley_share", "log_likelihood", "n_parameters",
    "bic", "icl_hard", "icl_soft", "smallest_eigenvalue_ratio", "ruled_out", "admissible",
    "chosen",
)  # fmt: skip


def candidate_table(
    kmeans: Sequence[KMeansDiagnostics],
    mixtures: Sequence[MixtureRow],
    offered: Offered,
    admissible: Sequence[int],
) -> pd.DataFrame:
    """One row per candidate with the columns `COLUMNS`; missing where a criterion is not defined.

    `admissible` is true for the k-means candidates in the admissible set.
    """
    records = [_kmeans(row, admissible) for row in kmeans]
    records += [_mixture(row) for row in mixtures]
    frame = pd.DataFrame.from_records(records, columns=list(COLUMNS))
    same = (frame["algorithm"] == offered.algorithm) & (frame["k"] == offered.k)
    if offered.covariance_type is not None:
        same &= frame["covariance_type"] == offered.covariance_type
    frame["chosen"] = same
    numbers = [name for name in COLUMNS[4:23] if name != "n_parameters"]
    return frame.astype(
        {
            **dict.fromkeys(numbers, "float64"),
            "k": "int64",
            "n_parameters": "Int64",
            "admissible": "bool",
            "chosen": "bool",
        }
    )


def _kmeans(row: KMeansDiagnostics, admissible: Sequence[int]) -> dict[str, Any]:
    return {
        "algorithm": "kmeans",
        "k": row.k,
        "covariance_type": None,
        "sizes": list(row.sizes),
        "inertia": row.inertia,
        "silhouette": row.silhouette,
        "calinski_harabasz": row.calinski_harabasz,
        "davies_bouldin": row.davies_bouldin,
        "gap_pca": row.gap_pca.gap,
        "gap_pca_se": row.gap_pca.se,
        "gap_box": row.gap_box.gap,
        "gap_box_se": row.gap_box.se,
        "prediction_strength": row.prediction_strength,
        "instability": row.instability,
        "seed_ari": row.seed_ari,
        "jaccard_min": row.least_jaccard,
        "valley_share": None if row.valley is None else row.valley.share,
        "ruled_out": None,
        "admissible": row.k in admissible,
    }


def _mixture(row: MixtureRow) -> dict[str, Any]:
    return {
        "algorithm": "mixture",
        "k": row.k,
        "covariance_type": row.covariance_type,
        "sizes": list(row.sizes),
        "log_likelihood": row.log_likelihood,
        "n_parameters": row.n_parameters,
        "bic": row.bic,
        "icl_hard": row.icl_hard,
        "icl_soft": row.icl_soft,
        "smallest_eigenvalue_ratio": row.smallest_eigenvalue_ratio,
        "ruled_out": row.ruled_out,
        "admissible": False,
    }
