"""From what was measured and judged to what a study works with, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Ints
from clustering.config import EvidenceConfig
from clustering.models.kmeans import KMeansFit
from clustering.models.labels import adjusted_rand
from clustering.models.unimodality import merge_components
from clustering.structure.findings import ChosenBy, Offered, VerdictName
from clustering.structure.measure import Measured
from clustering.structure.mixtures.candidates import Mixtures
from clustering.structure.mixtures.trial import TriedMixture
from clustering.structure.reasons import dissent, labels_beside
from clustering.structure.rules import is_workable
from clustering.structure.separation.point_masses import find_spike
from clustering.structure.settings import Matrix
from clustering.structure.verdict import Decision


@dataclass(frozen=True, eq=False)
class Choice:
    """The verdict over both kinds of models.

    Attributes
    ----------
    mixture : the mixture that is offered; None where k-means is
    """

    verdict: VerdictName
    n_clusters: int
    offered: Offered
    admissible: tuple[int, ...]
    reasons: tuple[str, ...]
    mixture: TriedMixture | None = None


def chosen_by(measured: Measured, mixtures: Mixtures, config: EvidenceConfig) -> ChosenBy:
    """What every criterion would choose by itself."""
    rows, least = measured.rows, config.min_prediction_strength
    silhouettes = [(row.silhouette, -row.k) for row in rows if row.silhouette is not None]
    unstable = [(row.instability, row.k) for row in rows if row.instability is not None]
    return ChosenBy(
        **{f"gap_{space}": gap.chosen_k for space, gap in measured.gaps.items()},
        prediction_strength=max(
            (row.k for row in rows if row.prediction_strength >= least), default=None
        ),
        instability=min(unstable)[1] if unstable else None,
        silhouette=-max(silhouettes)[1] if silhouettes else None,
        bic=mixtures.choice("bic"),
        icl=mixtures.choice("icl_hard"),
    )


def choose(
    decision: Decision,
    tried: TriedMixture | None,
    mixtures: Mixtures,
    fits: Sequence[KMeansFit],
    measured: Measured,
    matrix: Matrix,
    criteria: ChosenBy,
    config: EvidenceConfig,
) -> Choice:
    """K-means as decided, or the mixture where its trial has shown more natural clusters.

    Parameters
    ----------
    decision : about k-means
    tried : the mixture that ICL prefers; None where there was nothing to try
    """
    kmeans = Offered(algorithm="kmeans", k=decision.k)
    partitions = _partitions(measured, mixtures, fits, matrix)

    def notes(offered: Offered) -> list[str]:
        return [*_heaps(mixtures), *_labels_beside(offered.name, partitions)]

    rule = None if tried is None or not tried.trial.passed else _rule(tried, matrix)
    if tried is None or not tried.trial.passed or rule:
        why = [] if tried is None else [rule or tried.trial.reason]
        return Choice(
            decision.verdict,
            decision.n_clusters,
            kmeans,
            decision.admissible,
            (
                *decision.reasons,
                *why,
                *dissent(criteria, decision.n_clusters, len(fits)),
                *notes(kmeans),
            ),
        )
    k, kind = tried.trial.k, tried.trial.covariance_type
    workable = _workable(tried, config, len(matrix.values))
    wanted = config.offered_segments in (None, k)
    mixture = Offered(algorithm="mixture", k=k, covariance_type=kind)
    said = (
        tried.trial.reason,
        *([] if workable or not wanted else [_TOO_MANY if decision.k > 1 else _ALL_TOO_MANY]),
        *(f"K-means alone: {reason}" for reason in decision.reasons),
        *dissent(criteria, k, len(fits)),
        *notes(mixture if workable and wanted else kmeans),
    )
    if not (workable and wanted):
        return Choice("natural", k, kmeans, (), said)
    return Choice("natural", k, mixture, (k,), said, tried)


_ALL_TOO_MANY = (
    "They do not meet the limits that the business sets, and neither does any other cut."
)
_TOO_MANY = (
    "They do not meet the limits that the business sets; what is offered is a k-means partition "
    "that meets them and is a set of bands."
)


def _rule(tried: TriedMixture, matrix: Matrix) -> str | None:
    """What to cut by a rule, where a component is one value of one column."""
    spike = find_spike(matrix.sample, tried.fit.labels, matrix.columns)
    if spike is None:
        return None
    name = f"mixture k={tried.trial.k} {tried.trial.covariance_type}"
    return f"In the {name} {spike}: cut that column with a rule; it is not offered."


def _workable(tried: TriedMixture, config: EvidenceConfig, n: int) -> bool:
    labels, k = tried.fit.labels, tried.trial.k
    smallest = np.bincount(labels, minlength=k).min() / len(labels) * n
    return is_workable(k, float(smallest), config, n)


def _heaps(mixtures: Mixtures) -> list[str]:
    """Overlapping components are not called segments."""
    best = mixtures.best("bic")
    if best is None:
        return []
    groups = int(merge_components(mixtures.fit_of(best)).max()) + 1
    components = f"{best.covariance_type}, {best.k} component{'s' if best.k > 1 else ''}"
    return [
        f"The best mixture by BIC ({components}) has {groups} "
        f"separate heap{'s' if groups > 1 else ''} after overlapping components are merged."
    ]


def _partitions(
    measured: Measured, mixtures: Mixtures, fits: Sequence[KMeansFit], matrix: Matrix
) -> dict[str, Ints]:
    """Labels (m,) of the sample by name of the candidate, best first.

    The best of k-means and the best mixture come before the others of their kind.
    """
    rows = sorted((row for row in measured.rows if row.k > 1), key=lambda row: -row.calibrated)
    centres = [
        (Offered(algorithm="kmeans", k=row.k).name, fits[row.k - 1].labels[matrix.rows])
        for row in rows
    ]
    open_rows = [row for row in mixtures.rows if row.k > 1 and row.ruled_out is None]
    densities = [
        (
            Offered(algorithm="mixture", k=row.k, covariance_type=row.covariance_type).name,
            mixtures.fit_of(row).labels,
        )
        for row in sorted(open_rows, key=lambda row: float(row.icl_hard or np.inf))
    ]
    return dict(centres) | dict(densities)


def _labels_beside(offered: str, partitions: Mapping[str, Ints]) -> list[str]:
    """The offered labels against those of the best other k-means and of the best other mixture."""
    if offered not in partitions:
        return []
    others = [name for name in partitions if name != offered]
    nearest = [
        next((name for name in others if name.startswith(kind)), None)
        for kind in ("kmeans", "mixture")
    ]
    return labels_beside(
        offered,
        {
            name: adjusted_rand(partitions[offered], partitions[name])
            for name in nearest
            if name is not None
        },
    )
