"""From what was measured and judged to what a study works with, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from clustering.config import EvidenceConfig
from clustering.models.kmeans import KMeansFit
from clustering.models.merging import merge_components
from clustering.selection.candidates import Mixtures
from clustering.selection.measure import Measured
from clustering.selection.rows import ChosenBy, MixtureRow, Offered
from clustering.selection.spikes import find_spike
from clustering.selection.trial import Trial
from clustering.selection.verdict import Decision, VerdictName, dissent, least_size

__all__ = ["Adopted", "adopt", "chosen_by"]

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Adopted:
    """The verdict over both kinds of models.

    Attributes
    ----------
    trial : the mixture that is offered; None where k-means is
    """

    verdict: VerdictName
    n_clusters: int
    offered: Offered
    admissible: tuple[int, ...]
    reasons: tuple[str, ...]
    trial: Trial | None


def chosen_by(measured: Measured, mixtures: Mixtures) -> ChosenBy:
    """What every criterion would choose by itself."""
    silhouettes = [(row.silhouette, -row.k) for row in measured.rows if row.silhouette is not None]
    return ChosenBy(
        gap_pca=measured.gap_pca.chosen_k,
        gap_box=measured.gap_box.chosen_k,
        prediction_strength=measured.strongest,
        instability=measured.least_unstable,
        silhouette=-max(silhouettes)[1] if silhouettes else None,
        bic=_as_choice(mixtures.best("bic")),
        icl=_as_choice(mixtures.best("icl_hard")),
    )


def _as_choice(row: MixtureRow | None) -> Offered | None:
    return None if row is None else Offered("mixture", row.k, row.covariance_type)


def adopt(
    decision: Decision,
    trial: Trial | None,
    mixtures: Mixtures,
    fits: Sequence[KMeansFit],
    sample: Floats,
    rows: Labels,
    criteria: ChosenBy,
    config: EvidenceConfig,
    n: int,
    columns: Sequence[str] | None,
) -> Adopted:
    """K-means as decided, or the mixture where its trial has shown more natural clusters.

    Parameters
    ----------
    decision : about k-means
    trial : of the mixture that ICL prefers; None where there was nothing to try
    sample, rows : (m, d) values on which the mixtures were fitted, and their positions among all
        `n` accounts
    """
    kmeans_labels = fits[decision.k - 1].labels[rows]
    notes = _mixture_notes(kmeans_labels, mixtures)
    refused = None if trial is None else _refused(trial, sample, config, n, columns)
    if trial is None or refused:
        tried = [] if refused is None else [refused]
        return Adopted(
            decision.verdict,
            decision.n_clusters,
            Offered("kmeans", decision.k),
            decision.admissible,
            (
                *decision.reasons,
                *tried,
                *dissent(criteria, decision.n_clusters),
                *notes,
            ),
            None,
        )
    k = trial.fit.k
    return Adopted(
        "natural",
        k,
        Offered("mixture", k, trial.fit.covariance_type),
        (k,),
        (
            trial.reason,
            *(f"K-means alone: {reason}" for reason in decision.reasons),
            *dissent(criteria, k),
            *notes,
        ),
        trial,
    )


def _refused(
    trial: Trial, sample: Floats, config: EvidenceConfig, n: int, columns: Sequence[str] | None
) -> str | None:
    """Why the mixture is not offered; None when it is."""
    if not trial.passed:
        return trial.reason
    labels = trial.fit.labels
    spike = find_spike(sample, labels, columns)
    if spike is not None:
        return f"In the {trial.name} {spike}: cut that column with a rule; it is not offered."
    smallest = np.bincount(labels, minlength=trial.fit.k).min() / len(labels) * n
    too_many = config.most_segments is not None and trial.fit.k > config.most_segments
    if smallest < least_size(n, config) or too_many:
        return f"{trial.reason} It is not offered, because of the limits that the business sets."
    return None


def _mixture_notes(labels: Labels, mixtures: Mixtures) -> list[str]:
    """k-means and mixtures compared; overlapping components are not called segments."""
    best = mixtures.best("bic")
    by_icl = mixtures.best("icl_hard")
    if best is None or by_icl is None:
        return []
    groups = int(merge_components(mixtures.fit_of(best)).max()) + 1
    agreement = adjusted_rand_score(labels, mixtures.fit_of(by_icl).labels)
    return [
        f"The best mixture by BIC ({best.covariance_type}, {best.k} components) has {groups} "
        f"separate heap{'s' if groups > 1 else ''} after overlapping components are merged.",
        f"K-means with {int(labels.max()) + 1} and the best mixture by ICL "
        f"({by_icl.covariance_type}, {by_icl.k} components) agree with an adjusted Rand index of "
        f"{agreement:.2f}.",
    ]
