"""Measures every k-means candidate of one matrix: criteria, gap, stability, valleys, nulls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.config import EvidenceConfig
from clustering.models.kmeans import KMeansFit
from clustering.progress import Progress
from clustering.resampling.draws import SCHEMES
from clustering.structure.criteria.gap import Gap, gap_statistic
from clustering.structure.criteria.internal import criteria_of
from clustering.structure.criteria.prediction import (
    instability,
    prediction_strength,
    seed_stability,
)
from clustering.structure.criteria.stability import jaccard_stability
from clustering.structure.diagnostics import GapRow, JaccardRow, KMeansDiagnostics, NullBand
from clustering.structure.nulls.homogeneous import NULL_NAMES
from clustering.structure.nulls.null_search import NullSearch, Prepare, search, search_nulls
from clustering.structure.separation.bridges import bridges_between
from clustering.structure.separation.saddle import cross_fitted_saddles
from clustering.structure.separation.valleys import held_out_valleys

#: Runs from other seeds that are compared with each other.
SEEDS = 10


@dataclass(frozen=True, eq=False)
class Measured:
    """Rows of the evidence, and the per-account stability by k, of the accounts measured."""

    rows: tuple[KMeansDiagnostics, ...]
    account_stability: Mapping[int, Floats]
    gap_pca: Gap
    gap_box: Gap
    least_unstable: int | None
    strongest: int | None


def run_nulls(
    values: Floats,
    raw: Floats,
    prepare: Prepare,
    rescale: Prepare,
    ks: tuple[int, ...],
    config: EvidenceConfig,
    seed: int,
    progress: Progress,
) -> tuple[NullSearch, ...]:
    """The three homogeneous nulls; none where there is no k to search over.

    The one-Gaussian null is drawn on the prepared scale: it is meant for data made symmetric.
    """
    if not ks:
        return ()
    observed = search(values, ks, np.random.default_rng([seed, 1]))
    return tuple(
        search_nulls(
            name,
            values if name == "gaussian" else raw,
            rescale if name == "gaussian" else prepare,
            observed,
            replicates=config.nulls,
            seed=seed,
            progress=progress,
        )
        for name in NULL_NAMES
    )


def measure_kmeans(
    values: Floats,
    fits: Sequence[KMeansFit],
    rows: Ints,
    nulls: Sequence[NullSearch],
    config: EvidenceConfig,
    seed: int,
    progress: Progress,
) -> Measured:
    """All criteria of k-means for every k.

    Parameters
    ----------
    values : (n, d)
    fits : one per k, ascending, fitted on all accounts
    rows : the accounts on which everything but inertia, sizes and indices is measured; all of
        them unless there are too many
    """
    ks = tuple(fit.k for fit in fits)
    indices = criteria_of(values, [fit.labels for fit in fits], seed=seed, progress=progress)
    sample = np.ascontiguousarray(values[rows])
    labels = [_compact(fit.labels[rows]) for fit in fits]
    inertias = [
        fit.inertia if len(rows) == len(values) else _inertia(sample, of_sample)
        for fit, of_sample in zip(fits, labels, strict=True)
    ]
    gap_pca, gap_box = (
        gap_statistic(
            sample,
            ks,
            inertias,
            space=space,
            n_references=config.resamples,
            seed=seed,
            progress=progress,
        )
        for space in ("pca", "box")
    )
    optima = {fit.k: fit.optima for fit in fits if fit.optima is not None}
    jaccard = {
        scheme: jaccard_stability(
            sample,
            labels,
            scheme=scheme,
            n_resamples=config.resamples,
            optima=optima,
            seed=seed,
            progress=progress,
        )
        for scheme in SCHEMES
    }
    pairs = max(10, config.resamples // 2)
    strength = prediction_strength(sample, ks, n_splits=pairs, seed=seed, progress=progress)
    unstable = instability(sample, ks, n_pairs=pairs, seed=seed, progress=progress)
    several = tuple(k for k in ks if k > 1)
    seeds = seed_stability(sample, several, n_seeds=SEEDS, seed=seed, progress=progress)
    seed_ari = dict(zip(several, seeds.mean.tolist(), strict=True))
    centres = {fit.k: fit.centres for fit in fits if fit.k > 1}
    valleys = held_out_valleys(sample, centres, seed=seed, progress=progress)
    saddles = cross_fitted_saddles(sample, centres, seed=seed, progress=progress)
    with progress.step("bridges", len(several)) as advance:
        bridges = {}
        for k, of_sample in zip(ks, labels, strict=True):
            if k > 1:
                bridges[k] = bridges_between(sample, of_sample, seed=seed)
                advance(1)
    band = next((null for null in nulls if null.test.name == "copula_unimodal"), None)
    measured = tuple(
        KMeansDiagnostics(
            k=fit.k,
            sizes=tuple(fit.sizes.tolist()),
            inertia=fit.inertia,
            silhouette=None if criteria.silhouette is None else criteria.silhouette.mean,
            calinski_harabasz=criteria.calinski_harabasz,
            davies_bouldin=criteria.davies_bouldin,
            gap_pca=_gap_row(gap_pca, position),
            gap_box=_gap_row(gap_box, position),
            prediction_strength=float(strength.mean[position]),
            instability=None if fit.k == 1 else float(unstable.mean[position]),
            seed_ari=seed_ari.get(fit.k),
            jaccard=JaccardRow(
                **{scheme: tuple(jaccard[scheme][position].mean.tolist()) for scheme in SCHEMES}
            ),
            valley=valleys.get(fit.k),
            saddle=saddles.get(fit.k),
            bridges=bridges.get(fit.k, ()),
            silhouette_null=_band(band, fit.k),
        )
        for position, (fit, criteria) in enumerate(zip(fits, indices, strict=True))
    )
    stability = {
        k: one.account_stability
        for k, one in zip(ks, jaccard["bootstrap"], strict=True)
        if one.account_stability is not None
    }
    strong = [
        k
        for k, mean in zip(ks, strength.mean, strict=True)
        if mean >= config.min_prediction_strength
    ]
    by_instability = [(float(mean), k) for k, mean in zip(ks, unstable.mean, strict=True) if k > 1]
    return Measured(
        rows=measured,
        account_stability=stability,
        gap_pca=gap_pca,
        gap_box=gap_box,
        least_unstable=min(by_instability)[1] if by_instability else None,
        strongest=max(strong) if strong else None,
    )


def _compact(labels: Ints) -> Ints:
    """Labels 0 .. k-1 without a gap: a sample may miss a small cluster."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _inertia(values: Floats, labels: Ints) -> float:
    k = int(labels.max()) + 1
    centres = np.stack([values[labels == j].mean(axis=0) for j in range(k)])
    return float(((values - centres[labels]) ** 2).sum())


def _gap_row(gap: Gap, position: int) -> GapRow:
    return GapRow(
        log_w=float(gap.log_w[position]),
        expected_log_w=float(gap.expected_log_w[position]),
        gap=float(gap.gap[position]),
        se=float(gap.se[position]),
    )


def _band(null: NullSearch | None, k: int) -> NullBand | None:
    if null is None or k not in null.ks:
        return None
    mean, sd = null.band(k)
    return NullBand(mean, sd)
