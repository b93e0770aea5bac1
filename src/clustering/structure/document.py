"""The evidence as a document of plain numbers, text and None, ready for JSON."""

import math
from typing import TYPE_CHECKING, Any

from clustering.structure.diagnostics import (
    GapRow,
    KMeansDiagnostics,
    MixtureRow,
    Offered,
    Structure,
)
from clustering.structure.nulls.homogeneous import NullTest
from clustering.structure.separation.bridges import Bridge
from clustering.structure.separation.dip import Dip
from clustering.structure.separation.saddle import Saddle
from clustering.structure.verdict import LEAST_EFFECT

if TYPE_CHECKING:
    from clustering.structure.evidence import Evidence
    from clustering.structure.trial import Trial

Document = dict[str, Any]


def _number(value: float | None) -> float | None:
    """A finite float, or None: JSON has no infinity."""
    return float(value) if value is not None and math.isfinite(value) else None


def document(evidence: "Evidence") -> Document:
    """Everything the evidence holds, by the keys of docs/method.md."""
    chosen_by = evidence.chosen_by
    return {
        "n": evidence.n,
        "d": evidence.d,
        "scale": evidence.scale,
        "seed": evidence.seed,
        "verdict": evidence.verdict,
        "n_clusters": evidence.n_clusters,
        "offered": _offered(evidence.offered),
        "segments_return": evidence.segments_return,
        "admissible": list(evidence.admissible),
        "reasons": list(evidence.reasons),
        "chosen_by": {
            "gap_pca": chosen_by.gap_pca,
            "gap_box": chosen_by.gap_box,
            "prediction_strength": chosen_by.prediction_strength,
            "instability": chosen_by.instability,
            "silhouette": chosen_by.silhouette,
            "bic": _mixture_choice(chosen_by.bic),
            "icl": _mixture_choice(chosen_by.icl),
        },
        "structure": _structure(evidence.structure),
        "kmeans": [_kmeans(row) for row in evidence.kmeans],
        "mixtures": [_mixture(row) for row in evidence.mixtures],
        "trial": None if evidence.trial is None else _trial(evidence.trial),
    }


def _trial(trial: "Trial") -> Document:
    saddle = trial.saddle
    return {
        "covariance_type": trial.fit.covariance_type,
        "k": trial.fit.k,
        "passed": trial.passed,
        "reason": trial.reason,
        "saddle": None if saddle is None else _saddle(saddle),
        "bridges": [_bridge(bridge) for bridge in trial.bridges],
        "jaccard": [_number(value) for value in trial.jaccard],
        "nulls": [_null(test) for test in trial.nulls],
    }


def _saddle(saddle: Saddle) -> Document:
    return {
        "p": saddle.pooled_p,
        "p_by_cluster": list(saddle.p),
        "depth": list(saddle.depth),
    }


def _bridge(bridge: Bridge) -> Document:
    return {
        "segments": [number + 1 for number in bridge.pair],
        "p": bridge.p,
        "p_off_line": bridge.off_line,
        "p_spread": bridge.spread,
        "p_filled": bridge.filled,
        "density": _number(bridge.density),
    }


def _offered(offered: Offered) -> Document:
    return {
        "algorithm": offered.algorithm,
        "k": offered.k,
        "covariance_type": offered.covariance_type,
    }


def _mixture_choice(choice: Offered | None) -> Document | None:
    if choice is None:
        return None
    return {"covariance_type": choice.covariance_type, "k": choice.k}


def _structure(structure: Structure) -> Document:
    return {
        "hopkins": _number(structure.hopkins.mean),
        "hopkins_null": _number(structure.hopkins.null_mean),
        "dip": {
            "columns": [_dip(dip) for dip in structure.dip_columns],
            "pc1": _dip(structure.dip_pc1),
        },
        "nulls": [_null(test) for test in structure.nulls],
        "least_effect": LEAST_EFFECT,
    }


def _dip(dip: Dip) -> Document:
    return {"D": _number(dip.D), "p": _number(dip.p)}


def _null(test: NullTest) -> Document:
    return {
        "name": test.name,
        "statistic": test.statistic,
        "observed": _number(test.observed),
        "mean": _number(test.mean),
        "sd": _number(test.sd),
        "p": _number(test.p),
        "z": _number(test.z),
        "replicates": test.replicates,
    }


def _kmeans(row: KMeansDiagnostics) -> Document:
    band = row.silhouette_null
    return {
        "k": row.k,
        "sizes": list(row.sizes),
        "inertia": _number(row.inertia),
        "silhouette": _number(row.silhouette),
        "calinski_harabasz": _number(row.calinski_harabasz),
        "davies_bouldin": _number(row.davies_bouldin),
        "gap": {"pca": _gap(row.gap_pca), "box": _gap(row.gap_box)},
        "prediction_strength": _number(row.prediction_strength),
        "instability": _number(row.instability),
        "seed_ari": _number(row.seed_ari),
        "jaccard": {
            "bootstrap": [_number(value) for value in row.jaccard.bootstrap],
            "distinct": [_number(value) for value in row.jaccard.distinct],
            "subset": [_number(value) for value in row.jaccard.subset],
            "noise": [_number(value) for value in row.jaccard.noise],
        },
        "valley_share": None if row.valley is None else _number(row.valley.share),
        "saddle": None if row.saddle is None else _saddle(row.saddle),
        "bridges": [_bridge(bridge) for bridge in row.bridges],
        "silhouette_null": None
        if band is None
        else {"mean": _number(band.mean), "sd": _number(band.sd)},
    }


def _gap(gap: GapRow) -> Document:
    return {
        "log_w": _number(gap.log_w),
        "expected_log_w": _number(gap.expected_log_w),
        "gap": _number(gap.gap),
        "se": _number(gap.se),
    }


def _mixture(row: MixtureRow) -> Document:
    return {
        "covariance_type": row.covariance_type,
        "k": row.k,
        "log_likelihood": _number(row.log_likelihood),
        "n_parameters": row.n_parameters,
        "bic": _number(row.bic),
        "icl_hard": _number(row.icl_hard),
        "icl_soft": _number(row.icl_soft),
        "smallest_eigenvalue_ratio": _number(row.smallest_eigenvalue_ratio),
        "ruled_out": row.ruled_out,
    }
