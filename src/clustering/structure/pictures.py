"""The numbers behind three pictures of the evidence; none of them enters the verdict.

How accounts move between the k-means partitions (clustergram), which accounts stay together when
the segments are fitted again (co-assignment), and what held-out accounts look like between two
neighbouring segments (valley projections).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.inference.multiple_testing import holm
from clustering.models.kernels.packing import nearest_centre
from clustering.models.labels import canonical_order
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec, Clustering
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw, bootstrap, halves
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import Starts, fit_resample
from clustering.structure.protocol import Evidence
from clustering.structure.separation.dip import dip
from clustering.structure.separation.valleys import gabriel_neighbours, match_centres
from clustering.structure.tables import CLUSTERGRAM, COASSIGNMENT, VALLEYS, typed

#: Accounts of the co-assignment matrix: more cannot be told apart in a picture.
SHOWN = 150
#: Above so many accounts the refits are made on a random sample of so many.
REFITTED = 5_000
REFITS = 50
#: Cold starts only: a warm start pulls every refit towards the partition that is looked at.
STARTS = Starts(n_cold=6, warm=False, n_long=2)
MIXTURE_STARTS = 3
#: Along the line through two centres, which lie at 0 and 1; what lies beyond is counted at the end.
BIN_EDGES: Floats = np.linspace(-1.5, 2.5, 41)
_PAIR = ("first", "second")


def picture_tables(
    values: Floats,
    evidence: Evidence,
    positions: Floats,
    account_ids: Sequence[str],
    *,
    seed: int,
    progress: Progress = SILENT,
) -> dict[str, pd.DataFrame]:
    """The tables of all pictures; the cost does not grow beyond a few thousand accounts.

    Parameters
    ----------
    values : (n, d), as given to `assess_structure`
    evidence : what was found in them
    positions : (n,), the axis on which the clustergram is drawn
    account_ids : (n,)
    seed : of the samples and refits; the order of the rows does not matter
    """
    # As the verdict, so the pictures: without the accounts that were set aside.
    kept = np.flatnonzero(evidence.chosen.fitted)
    partitions = [
        one.labels[kept] for one in evidence.clusterings if one.spec.algorithm == "kmeans"
    ]
    chosen, stability = evidence.chosen.rows(kept), evidence.account_stability[kept]
    values, positions = values[kept], positions[kept]
    together = coassignment(values, chosen, stability, seed=seed, progress=progress)
    return {
        "clustergram": clustergram(partitions, positions),
        "coassignment": named(together, [account_ids[row] for row in kept.tolist()]),
        "valleys": valley_projections(values, chosen, seed=seed, progress=progress),
    }


def named(pairs: pd.DataFrame, account_ids: Sequence[str]) -> pd.DataFrame:
    """Pairs of accounts by their ids, and no longer by their positions."""
    ids = np.array(account_ids, dtype=object)
    found = {one: pd.Series(ids[pairs[one].astype(np.int64)], dtype="str") for one in _PAIR}
    return pairs.assign(**found)


def clustergram(partitions: Sequence[Ints], positions: Floats) -> pd.DataFrame:
    """Where the accounts of every cluster come from, partition after partition.

    Parameters
    ----------
    partitions : label arrays of shape (n,), by rising k, labels 0 .. k-1
    positions : (n,), for instance the first principal component

    Returns
    -------
    the columns of `CLUSTERGRAM`; nothing is before the first partition

    References
    ----------
    Schonlau (2002) The Stata Journal 2:391.

    Examples
    --------
    >>> one, two = np.array([0, 0, 0]), np.array([0, 1, 1])
    >>> flows = clustergram([one, two], np.array([1.0, 4.0, 6.0]))[1:]
    >>> flows[["cluster", "position", "from_cluster", "n_shared"]].values.tolist()
    [[0, 1.0, 0, 1], [1, 5.0, 0, 2]]
    """
    flows: list[tuple[Any, ...]] = []
    before: Ints | None = None
    for labels in partitions:
        sizes = np.bincount(labels)
        means = np.bincount(labels, weights=positions) / np.maximum(sizes, 1)
        for cluster in np.flatnonzero(sizes):
            shared = _sources(before, labels == cluster)
            flows += [
                (len(sizes), cluster, sizes[cluster], means[cluster], *source) for source in shared
            ]
        before = labels
    return typed(CLUSTERGRAM, flows)


def _sources(before: Ints | None, members: Flags) -> list[tuple[int | None, int | None]]:
    if before is None:
        return [(None, None)]
    counts = np.bincount(before[members])
    return [(int(source), int(counts[source])) for source in np.flatnonzero(counts)]


def coassignment(
    values: Floats,
    chosen: Clustering,
    stability: Floats,
    *,
    seed: int,
    n_refits: int = REFITS,
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Share of refits on bootstrap draws in which two accounts are together.

    Every account is given to a segment of every refit, drawn or not. At most 150 accounts, drawn
    at random, are compared; at most 5,000 are refitted.

    Parameters
    ----------
    values : (n, d)
    chosen : the partition; the same kind of model is fitted
    stability : (n,), orders the accounts within a segment; may hold NaN

    Returns
    -------
    the columns of `COASSIGNMENT`, accounts by their positions; empty where there is one segment

    References
    ----------
    Monti et al. (2003) Machine Learning 52:91 (consensus matrix).

    Examples
    --------
    >>> from clustering.models.kmeans import fit_kmeans
    >>> from clustering.models.types import CandidateSpec
    >>> X = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    >>> chosen = fit_kmeans(X, 2).clustering(CandidateSpec("kmeans", 2))
    >>> coassignment(X, chosen, np.ones(6), seed=0)["share"].head().round().tolist()
    [1.0, 1.0, 0.0, 0.0, 0.0]
    """
    if chosen.spec.n_clusters == 1:
        return typed(COASSIGNMENT, [])
    rows = _sample(values, seed)
    base = np.ascontiguousarray(values[rows] - chosen.centres.mean(axis=0))
    shown = np.sort(np.random.default_rng([seed, 1]).permutation(len(rows))[:SHOWN])
    order = np.lexsort((-stability[rows[shown]], chosen.labels[rows[shown]]))
    shown = shown[order]
    accounts = np.ascontiguousarray(base[shown])

    def task(number: int, rng: np.random.Generator) -> Ints:
        _, labels_of = _fit(base, bootstrap(len(base), rng), chosen.spec, rng)
        return labels_of(accounts)

    labels = run_tasks(task, n_refits, seed=seed, purpose="co-assignment", progress=progress)
    counts = sum((found[:, None] == found[None]).astype(np.int64) for found in labels)
    first, second = np.triu_indices(len(shown), k=1)
    pairs = {
        "first": rows[shown][first],
        "second": rows[shown][second],
        "share": np.asarray(counts / n_refits)[first, second],
        "n_refits": n_refits,
        "n_accounts": len(rows),
    }
    return typed(COASSIGNMENT, pairs)


def valley_projections(
    values: Floats, chosen: Clustering, *, seed: int, progress: Progress = SILENT
) -> pd.DataFrame:
    """Held-out accounts between the neighbouring segments of one split in halves.

    Clusters are found on one half; the other half is given to them and projected on the
    line through each pair of Gabriel neighbours. One split allows a p-value for each pair; the
    verdict rests on the share of many splits (`separation.held_out_valleys`).

    Parameters
    ----------
    values : (n, d)
    chosen : the partition; the clusters of the half are matched to its centres, one to one

    Returns
    -------
    the columns of `VALLEYS`, a row a pair and bin; empty where there is one segment

    Examples
    --------
    >>> from clustering.models.kmeans import fit_kmeans
    >>> from clustering.models.types import CandidateSpec
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (200, 2)), rng.normal(8, 1, (200, 2))])
    >>> chosen = fit_kmeans(X, 2).clustering(CandidateSpec("kmeans", 2))
    >>> bins = valley_projections(X, chosen, seed=0)
    >>> int(bins["count"].sum()), bool((bins["dip_p"] < 0.01).all())
    (200, True)
    """
    if chosen.spec.n_clusters == 1:
        return typed(VALLEYS, [])
    middle = chosen.centres.mean(axis=0)
    base = np.ascontiguousarray(values[_sample(values, seed)] - middle)

    def project(number: int, rng: np.random.Generator) -> list[_Projected]:
        first, second = halves(len(base), rng)
        centres, labels_of = _fit(base, first, chosen.spec, rng)
        held_out = np.ascontiguousarray(base[second.rows])
        reference = chosen.centres - middle
        return _project_pairs(held_out, labels_of(held_out), centres, reference)

    n_held_out = len(base) - len(base) // 2
    (pairs,) = run_tasks(
        project, 1, seed=seed, purpose="valley projections", progress=progress, n_threads=1
    )
    return _bins(pairs, n_held_out)


def _fit(
    base: Floats, draw: Draw, spec: CandidateSpec, rng: np.random.Generator
) -> tuple[Floats, Callable[[Floats], Ints]]:
    """Centres of the same kind of segments on one draw, and what labels any accounts by them."""
    if spec.algorithm == "kmeans":
        (fit,) = fit_resample(base, draw, (spec.n_clusters,), rng, STARTS)
        return fit.centres, lambda values: nearest_centre(values, fit.centres)
    values = base[np.repeat(draw.rows, draw.weights.astype(np.int64))]
    seed = int(rng.integers(2**31))
    model = refit(spec, values, n_init=MIXTURE_STARTS, seed=seed, quick=True).model
    return model.centres, model.labels


@dataclass(frozen=True, eq=False)
class _Projected:
    first: int
    second: int
    along: Floats


def _project_pairs(
    held_out: Floats, labels: Ints, centres: Floats, reference: Floats
) -> list[_Projected]:
    matched = match_centres(centres, reference)
    pairs = []
    for i, j in gabriel_neighbours(centres):
        # From the segment with the lower number to the other.
        low, high = sorted((i, j), key=lambda cluster: int(matched[cluster]))
        line = centres[high] - centres[low]
        length = float(line @ line)
        if length > 0:
            members = held_out[(labels == i) | (labels == j)]
            along = (members - centres[low]) @ line / length
            pairs.append(_Projected(int(matched[low]), int(matched[high]), along))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def _bins(pairs: Sequence[_Projected], n_held_out: int) -> pd.DataFrame:
    if not pairs:
        return typed(VALLEYS, [])
    p_values = [dip(pair.along).p if len(pair.along) else 1.0 for pair in pairs]
    parts = [
        typed(
            VALLEYS,
            {
                "first_segment": pair.first,
                "second_segment": pair.second,
                "bin_low": BIN_EDGES[:-1],
                "bin_high": BIN_EDGES[1:],
                "count": _histogram(pair.along),
                "n_held_out": n_held_out,
                "dip_p": p,
                "dip_p_holm": p_holm,
            },
        )
        for pair, p, p_holm in zip(pairs, p_values, holm(p_values), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _histogram(along: Floats) -> Ints:
    inside = np.clip(along, BIN_EDGES[0], BIN_EDGES[-1])
    return np.asarray(np.histogram(inside, BIN_EDGES)[0], dtype=np.int64)


def _sample(values: Floats, seed: int) -> Ints:
    """At most `REFITTED` positions in the order of their values, whatever that of the rows."""
    order = canonical_order(values)
    if len(order) <= REFITTED:
        return order
    drawn = np.random.default_rng([seed, len(order)]).choice(len(order), REFITTED, replace=False)
    return np.asarray(order[np.sort(drawn)])
