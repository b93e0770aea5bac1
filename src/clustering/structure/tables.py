"""The tables of the study folder that show the evidence; light, as `findings` is."""

from operator import attrgetter
from typing import Any

import pandas as pd

from clustering.schema import TableSpec, column
from clustering.structure.findings import Findings, KMeansDiagnostics, MixtureDiagnostics

CANDIDATES = TableSpec(
    "candidates",
    "One row a candidate model, with every criterion.",
    (
        column("algorithm", "text", "kmeans or mixture."),
        column("k", "integer", "Number of segments."),
        column("covariance_type", "text", "Of a mixture.", nullable=True),
        column("sizes", "list", "Accounts per segment."),
        column("ruled_out", "text", "The reason why a guard ruled it out.", nullable=True),
        column("admissible", "boolean", "Whether the rule admits it."),
        column("chosen", "boolean", "Whether it is the chosen one."),
    ),
    more="The criteria, named as in the JSON of `clustering evidence`.",
)

_Row = KMeansDiagnostics | MixtureDiagnostics
#: Column -> where a row of the findings has it; empty where the row, or what it is in, has not.
_CRITERIA = {
    "inertia": "inertia",
    "silhouette": "silhouette",
    "calinski_harabasz": "calinski_harabasz",
    "davies_bouldin": "davies_bouldin",
    "gap_pca": "gap.pca.gap",
    "gap_pca_se": "gap.pca.se",
    "gap_box": "gap.box.gap",
    "gap_box_se": "gap.box.se",
    "prediction_strength": "prediction_strength",
    "instability": "instability",
    "seed_ari": "seed_ari",
    "jaccard_min": "least_jaccard",
    "valley_share": "valley_share",
    "log_likelihood": "log_likelihood",
    "n_parameters": "n_parameters",
    "bic": "bic",
    "icl_hard": "icl_hard",
    "icl_soft": "icl_soft",
    "smallest_eigenvalue_ratio": "smallest_eigenvalue_ratio",
}


def candidate_table(findings: Findings) -> pd.DataFrame:
    """One row per candidate; missing where a criterion is not defined.

    `admissible` is true for the k-means candidates in the admissible set.
    """
    offered = findings.offered
    rows: list[_Row] = [*findings.kmeans, *findings.mixtures]
    kinds = dict.fromkeys(_CRITERIA, "float64") | {"n_parameters": "Int64"}
    return pd.DataFrame.from_records(
        [
            {
                "algorithm": _algorithm(row),
                "k": row.k,
                "covariance_type": getattr(row, "covariance_type", None),
                "sizes": list(row.sizes),
                **{name: _read(row, place) for name, place in _CRITERIA.items()},
                "ruled_out": getattr(row, "ruled_out", None),
                "admissible": _algorithm(row) == "kmeans" and row.k in findings.admissible,
                "chosen": (_algorithm(row), row.k) == (offered.algorithm, offered.k)
                and getattr(row, "covariance_type", None) == offered.covariance_type,
            }
            for row in rows
        ]
    ).astype(kinds)


def _algorithm(row: _Row) -> str:
    return "kmeans" if isinstance(row, KMeansDiagnostics) else "mixture"


def _read(row: _Row, place: str) -> Any:
    try:
        return attrgetter(place)(row)
    except AttributeError:
        return None
