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

CLUSTERGRAM = TableSpec(
    "clustergram",
    "How accounts move between the k-means partitions: one row a group and source.",
    (
        column("k", "integer", "Number of groups of the partition."),
        column("cluster", "integer", "Group, numbered within the partition."),
        column("size", "integer", "Its accounts."),
        column("position", "number", "Mean of map_1 of its accounts."),
        column("from_cluster", "integer", "Group of the partition with k - 1.", nullable=True),
        column("n_shared", "integer", "Accounts that come from there.", nullable=True),
    ),
)
COASSIGNMENT = TableSpec(
    "coassignment",
    "How often two accounts are together when the segments are fitted again; a random sample "
    "of at most 150 accounts, each pair once. Empty where there is one segment.",
    (
        column("first", "text", "Account; by segment and within it by falling stability."),
        column("second", "text", "Account that comes later in that order."),
        column("share", "number", "Share of the refits that put both into one segment."),
        column("n_refits", "integer", "Refits, each on a bootstrap draw."),
        column("n_accounts", "integer", "Accounts from which each refit was drawn."),
    ),
)
VALLEYS = TableSpec(
    "valleys",
    "Held-out accounts between neighbouring segments: one row a pair and bin. Empty where "
    "there is one segment.",
    (
        column("first_segment", "integer", "Segment whose centre lies at 0."),
        column("second_segment", "integer", "Segment whose centre lies at 1."),
        column("bin_low", "number", "Along the line through the centres of the other half."),
        column("bin_high", "number", "The outermost bins hold what lies beyond them."),
        column("count", "integer", "Held-out accounts of the two segments."),
        column("n_held_out", "integer", "Held-out accounts of all segments."),
        column("dip_p", "number", "p-value of the dip test, one split in halves."),
        column("dip_p_holm", "number", "The same, adjusted for the number of pairs (Holm)."),
    ),
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


def typed(spec: TableSpec, content: Any) -> pd.DataFrame:
    """A frame with the declared columns, its numbers of the declared kinds also where it is empty.

    Parameters
    ----------
    content : what pandas makes a frame of; texts stay as they are
    """
    kinds = {"integer": "int64", "number": "float64"}
    frame = pd.DataFrame(content, columns=[one.name for one in spec.columns])
    return frame.astype(
        {
            one.name: "Int64" if one.kind == "integer" and one.nullable else kinds[one.kind]
            for one in spec.columns
            if one.kind in kinds
        }
    )
