"""From what was measured and judged to what a study works with, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from clustering.arrays import Floats, Ints
from clustering.config import EvidenceConfig
from clustering.models.kmeans import KMeansFit
from clustering.models.unimodality import merge_components
from clustering.structure.candidates import Mixtures
from clustering.structure.diagnostics import ChosenBy, MixtureRow, Offered
from clustering.structure.measure import Measured
from clustering.structure.separation.point_masses import find_spike
from clustering.structure.trial import Trial
from clustering.structure.verdict import Decision, VerdictName, dissent, is_workable


@dataclass(frozen=True, eq=False)
class Choice:
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


def choose(
    decision: Decision,
    trial: Trial | None,
    mixtures: Mixtures,
    fits: Sequence[KMeansFit],
    sample: Floats,
    rows: Ints,
    criteria: ChosenBy,
    config: EvidenceConfig,
    n: int,
    columns: Sequence[str] | None,
) -> Choice:
    """K-means as decided, or the mixture where its trial has shown more natural clusters.

    Parameters
    ----------
    decision : about k-means
    trial : of the mixture that ICL prefers; None where there was nothing to try
    sample, rows : (m, d) values on which the mixtures were fitted, and their positions among all
        `n` accounts
    """
    notes = tuple(_mixture_notes(fits[decision.k - 1].labels[rows], mixtures))
    kmeans = Offered("kmeans", decision.k)
    rule = None if trial is None or not trial.passed else _rule(trial, sample, columns)
    if trial is None or not trial.passed or rule:
        tried = [] if trial is None else [rule or trial.reason]
        reasons = (
            *decision.reasons,
            *tried,
            *dissent(criteria, decision.n_clusters, len(fits)),
            *notes,
        )
        return Choice(
            decision.verdict, decision.n_clusters, kmeans, decision.admissible, reasons, None
        )
    k = trial.fit.k
    workable = _workable(trial, config, n)
    reasons = (
        trial.reason,
        *([] if workable else [_TOO_MANY if decision.k > 1 else _ALL_TOO_MANY]),
        *(f"K-means alone: {reason}" for reason in decision.reasons),
        *dissent(criteria, k, len(fits)),
        *notes,
    )
    if not workable:
        return Choice("natural", k, kmeans, (), reasons, None)
    mixture = Offered("mixture", k, trial.fit.covariance_type)
    return Choice("natural", k, mixture, (k,), reasons, trial)


_ALL_TOO_MANY = (
    "They do not meet the limits that the business sets, and neither does any other cut."
)
_TOO_MANY = (
    "They do not meet the limits that the business sets; what is offered is a k-means partition "
    "that meets them and is a set of bands."
)


def _rule(trial: Trial, sample: Floats, columns: Sequence[str] | None) -> str | None:
    """What to cut by a rule, where a component is one value of one column."""
    spike = find_spike(sample, trial.fit.labels, columns)
    if spike is None:
        return None
    return f"In the {trial.name} {spike}: cut that column with a rule; it is not offered."


def _workable(trial: Trial, config: EvidenceConfig, n: int) -> bool:
    labels = trial.fit.labels
    smallest = np.bincount(labels, minlength=trial.fit.k).min() / len(labels) * n
    return is_workable(trial.fit.k, float(smallest), config, n)


def _mixture_notes(labels: Ints, mixtures: Mixtures) -> list[str]:
    """k-means and mixtures compared; overlapping components are not called segments."""
    best = mixtures.best("bic")
    by_icl = mixtures.best("icl_hard")
    if best is None or by_icl is None:
        return []
    groups = int(merge_components(mixtures.fit_of(best)).max()) + 1
    agreement = adjusted_rand_score(labels, mixtures.fit_of(by_icl).labels)
    return [
        f"The best mixture by BIC ({_name(best)}) has {groups} "
        f"separate heap{'s' if groups > 1 else ''} after overlapping components are merged.",
        f"K-means with {int(labels.max()) + 1} and the best mixture by ICL ({_name(by_icl)}) agree "
        f"with an adjusted Rand index of {agreement:.2f}.",
    ]


def _name(row: MixtureRow) -> str:
    return f"{row.covariance_type}, {row.k} component{'s' if row.k > 1 else ''}"
