"""Measures every k-means candidate of one matrix: criteria, gap, stability, valleys, nulls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kmeans import KMeansFit
from clustering.resampling.draws import SCHEMES
from clustering.structure.criteria.gap import SPACES, Gap, gap_statistic
from clustering.structure.criteria.internal import criteria_of
from clustering.structure.criteria.prediction import (
    instability,
    prediction_strength,
    seed_stability,
)
from clustering.structure.criteria.stability import JaccardStability, jaccard_stability
from clustering.structure.findings import Bridge, Gaps, JaccardRow, KMeansDiagnostics
from clustering.structure.nulls.homogeneous import NULL_NAMES
from clustering.structure.nulls.null_search import NullSearch, search, search_nulls
from clustering.structure.separation.bridges import bridges_between
from clustering.structure.separation.saddle import cross_fitted_saddles
from clustering.structure.separation.valleys import Valley, held_out_valleys
from clustering.structure.settings import Matrix, ProtocolSettings

#: Runs from other seeds that are compared with each other.
SEEDS = 10


@dataclass(frozen=True, eq=False)
class Measured:
    """Rows of the evidence with what is not stored, of the accounts measured.

    Attributes
    ----------
    valleys, account_stability : by k
    gaps : against one reference space each, all k
    """

    rows: tuple[KMeansDiagnostics, ...]
    valleys: Mapping[int, Valley]
    account_stability: Mapping[int, Floats]
    gaps: Mapping[str, Gap]


def run_nulls(
    matrix: Matrix, ks: tuple[int, ...], settings: ProtocolSettings
) -> tuple[NullSearch, ...]:
    """The three homogeneous nulls; none where there is no k to search over.

    The one-Gaussian null is drawn on the prepared scale: it is meant for data made symmetric.
    """
    if not ks:
        return ()
    values, raw = matrix.sample, matrix.raw_sample
    observed = search(values, ks, np.random.default_rng([settings.seed, 1]))
    return tuple(
        search_nulls(
            name,
            values if name == "gaussian" else raw,
            matrix.rescale if name == "gaussian" else matrix.prepare,
            ks,
            observed,
            replicates=settings.config.nulls,
            seed=settings.seed,
            progress=settings.progress,
        )
        for name in NULL_NAMES
    )


def measure_kmeans(
    matrix: Matrix,
    fits: Sequence[KMeansFit],
    nulls: Sequence[NullSearch],
    settings: ProtocolSettings,
) -> Measured:
    """All criteria of k-means for every k.

    Parameters
    ----------
    fits : one per k, ascending, fitted on all accounts
    """
    seed, progress = settings.seed, settings.progress
    sample, ks = matrix.sample, tuple(fit.k for fit in fits)
    labels = [_compact(fit.labels[matrix.rows]) for fit in fits]
    indices = criteria_of(
        matrix.values,
        [fit.labels for fit in fits],
        complete=settings.complete,
        seed=seed,
        progress=progress,
    )
    gaps = _gaps(matrix, fits, labels, settings)
    jaccard = _jaccard(sample, fits, labels, settings)
    pairs = max(10, settings.config.resamples // 2)
    strength = prediction_strength(sample, ks, n_splits=pairs, seed=seed, progress=progress).mean
    unstable = instability(sample, ks, n_pairs=pairs, seed=seed, progress=progress).mean
    several = tuple(k for k in ks if k > 1)
    seeds = seed_stability(sample, several, n_seeds=SEEDS, seed=seed, progress=progress)
    seed_ari = dict(zip(several, seeds.mean.tolist(), strict=True))
    centres = {fit.k: fit.centres for fit in fits if fit.k > 1}
    valleys = held_out_valleys(sample, centres, seed=seed, progress=progress)
    saddles = cross_fitted_saddles(sample, centres, seed=seed, progress=progress)
    bridges = _bridges(sample, dict(zip(ks, labels, strict=True)), settings)
    band = next((null for null in nulls if null.test.name == "copula_unimodal"), None)
    rows = tuple(
        KMeansDiagnostics(
            k=fit.k,
            sizes=tuple(fit.sizes.tolist()),
            inertia=fit.inertia,
            silhouette=None if criteria.silhouette is None else criteria.silhouette.mean,
            calinski_harabasz=criteria.calinski_harabasz,
            davies_bouldin=criteria.davies_bouldin,
            gap=Gaps(**{space: gap.row(at) for space, gap in gaps.items()}),
            prediction_strength=strength[at],
            instability=None if fit.k == 1 else unstable[at],
            seed_ari=seed_ari.get(fit.k),
            jaccard=JaccardRow(**{name: tuple(of[at].mean) for name, of in jaccard.items()}),
            valley_share=valleys[fit.k].share if fit.k in valleys else None,
            saddle=saddles.get(fit.k),
            bridges=bridges.get(fit.k, ()),
            silhouette_null=None if band is None else band.band(fit.k),
        )
        for at, (fit, criteria) in enumerate(zip(fits, indices, strict=True))
    )
    return Measured(
        rows=rows,
        valleys=valleys,
        account_stability={
            k: one.account_stability
            for k, one in zip(ks, jaccard["bootstrap"], strict=True)
            if one.account_stability is not None
        },
        gaps=gaps,
    )


def _compact(labels: Ints) -> Ints:
    """Labels 0 .. k-1 without a gap: a sample may miss a small cluster."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _gaps(
    matrix: Matrix,
    fits: Sequence[KMeansFit],
    labels: Sequence[Ints],
    settings: ProtocolSettings,
) -> dict[str, Gap]:
    sample = matrix.sample
    inertias = [
        fit.inertia if matrix.whole else _inertia(sample, of_sample)
        for fit, of_sample in zip(fits, labels, strict=True)
    ]
    return {
        space: gap_statistic(
            sample,
            [fit.k for fit in fits],
            inertias,
            space=space,
            n_references=settings.config.resamples,
            seed=settings.seed,
            progress=settings.progress,
        )
        for space in (SPACES if settings.complete else SPACES[:1])
    }


def _inertia(values: Floats, labels: Ints) -> float:
    k = int(labels.max()) + 1
    centres = np.stack([values[labels == j].mean(axis=0) for j in range(k)])
    return float(((values - centres[labels]) ** 2).sum())


def _jaccard(
    sample: Floats,
    fits: Sequence[KMeansFit],
    labels: Sequence[Ints],
    settings: ProtocolSettings,
) -> dict[str, tuple[JaccardStability, ...]]:
    """By scheme of resampling, one result a k; the verdict rests on the first scheme."""
    optima = {fit.k: fit.optima for fit in fits if fit.optima is not None}
    return {
        scheme: jaccard_stability(
            sample,
            labels,
            scheme=scheme,
            n_resamples=settings.config.resamples,
            optima=optima,
            seed=settings.seed,
            progress=settings.progress,
        )
        for scheme in (SCHEMES if settings.complete else SCHEMES[:1])
    }


def _bridges(
    sample: Floats, labels: Mapping[int, Ints], settings: ProtocolSettings
) -> dict[int, tuple[Bridge, ...]]:
    several = {k: of_sample for k, of_sample in labels.items() if k > 1}
    found = {}
    with settings.progress.step("bridges", len(several)) as advance:
        for k, of_sample in several.items():
            found[k] = bridges_between(sample, of_sample)
            advance(1)
    return found
