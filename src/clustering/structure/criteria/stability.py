"""Clusterwise stability: does a cluster come back when the accounts are drawn again?

Hennig (2007) CSDA 52:258, as in R's `fpc::clusterboot`. Stability is not validity: k-means with
two clusters on one elongated cloud is very stable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError
from clustering.models.kernels.packing import nearest, pack
from clustering.models.kmeans import checked_values
from clustering.models.labels import cross_counts
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw, Scheme, bootstrap, distinct, subset
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import ResampleFit, Starts, competing_optima, fit_resample

NOISE_SHARE = 0.05
NOISE_SDS = 4.0


@dataclass(frozen=True, eq=False)
class JaccardStability:
    """Stability of the clusters of one partition under one scheme.

    Attributes
    ----------
    values : float64 array of shape (n_resamples, k), Jaccard similarity of each cluster with the
        most similar cluster of each resample
    inertias : float64 array of shape (n_resamples,), inertia of each resample's solution
    account_stability : float64 array of shape (n_accounts,) for scheme "bootstrap", else None:
        share of resamples in which the account is nearest to the centre that matches its cluster
        one to one. All accounts count in all resamples, drawn or not, so that equal accounts are
        equally stable
    """

    values: Floats
    inertias: Floats
    account_stability: Floats | None = None

    @property
    def mean(self) -> Floats:
        """Mean Jaccard similarity per cluster, shape (k,)."""
        return np.asarray(self.values.mean(axis=0))


def clusterwise_jaccard(counts: Floats) -> Floats:
    """Jaccard similarity of every cluster with every cluster of another partition.

    Parameters
    ----------
    counts : array of shape (k, k_other), (weighted) contingency table

    Examples
    --------
    >>> clusterwise_jaccard(np.array([[3.0, 1.0], [0.0, 4.0]]))
    array([[0.75 , 0.125],
           [0.   , 0.8  ]])
    """
    union = counts.sum(axis=1)[:, None] + counts.sum(axis=0)[None, :] - counts
    return np.asarray(np.divide(counts, union, out=np.zeros_like(counts), where=union > 0))


def match_clusters(counts: Floats) -> Ints:
    """The cluster of another partition that each cluster is matched with, one to one; -1 for none.

    Parameters
    ----------
    counts : array of shape (k, k_other), (weighted) contingency table

    Examples
    --------
    >>> match_clusters(np.array([[1.0, 3.0], [4.0, 0.0]])).tolist()
    [1, 0]
    """
    rows, columns = linear_sum_assignment(-counts)
    matched = np.full(len(counts), -1, np.int64)
    matched[rows] = columns
    return matched


def jaccard_stability(
    values: Floats,
    partitions: Sequence[Ints],
    *,
    scheme: Scheme = "bootstrap",
    n_resamples: int = 100,
    starts: Starts | None = None,
    optima: Mapping[int, Floats] | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[JaccardStability, ...]:
    """Clusterwise Jaccard stability of k-means partitions, all on the same resamples.

    For each cluster C and resample, the largest ``|C & D| / |C | D|`` over the clusters D that
    k-means finds on the resample, both restricted to the accounts drawn. Under "bootstrap" an
    account drawn twice counts twice; under "noise" 5 % of the accounts are replaced by points
    uniform within 4 standard deviations along the principal axes, and not counted.

    Parameters
    ----------
    values : array of shape (n_accounts, n_features)
    partitions : label arrays of shape (n_accounts,), labels 0 .. k-1, none of them empty
    scheme : "bootstrap" (with multiplicities), "distinct" (`fpc`'s "boot"), "subset" or "noise"
    starts : default ten cold starts, and warm ones where they are clearly better
    optima : centres (n_optima, k, n_features) that warm starts begin from besides the partition's
        own, by k: `resampling.optima.competing_optima`, which is called where it is not given

    Returns
    -------
    one result per partition, in order

    References
    ----------
    Hennig (2007) CSDA 52:258; dissolution: Hennig (2008) JMVA 99:1154; R's
    ``fpc::clusterboot(bootmethod = c("boot", "subset", "noise"), multipleboot = ...)``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> values = np.concatenate([rng.normal(0, 1, (50, 2)), rng.normal(9, 1, (50, 2))])
    >>> labels = np.repeat([0, 1], 50)
    >>> (result,) = jaccard_stability(values, [labels], n_resamples=10)
    >>> result.mean
    array([1., 1.])
    """
    matrix = checked_values(values)
    bases = [_checked_partition(labels, len(matrix)) for labels in partitions]
    manner = Starts() if starts is None else starts
    if optima is None:
        ks = sorted({int(base.max()) + 1 for base in bases})
        optima = competing_optima(matrix, ks, seed=seed, progress=progress)
    task = _Resampling(matrix, bases, optima, scheme, manner)
    results = run_tasks(
        task, n_resamples, seed=seed, purpose=f"Jaccard stability, {scheme}", progress=progress
    )
    return tuple(
        JaccardStability(
            values=np.stack([result[p].jaccard for result in results]),
            inertias=np.array([result[p].inertia for result in results]),
            account_stability=task.account_stability(p, n_resamples),
        )
        for p in range(len(bases))
    )


@dataclass(frozen=True, eq=False)
class _Outcome:
    jaccard: Floats
    inertia: float


class _Resampling:
    """One resample of one scheme, judged for every partition."""

    def __init__(
        self,
        matrix: Floats,
        bases: Sequence[Ints],
        optima: Mapping[int, Floats],
        scheme: Scheme,
        starts: Starts,
    ) -> None:
        middle = matrix.mean(axis=0)
        self.matrix = np.ascontiguousarray(matrix - middle)
        self.bases = bases
        self.scheme = scheme
        self.starts = starts
        self.ks = [int(base.max()) + 1 for base in bases]
        self.parents = [
            _warm_starts(_means(self.matrix, base, k), optima.get(k), middle)
            for base, k in zip(bases, self.ks, strict=True)
        ]
        self.noise_box = _principal_box(self.matrix) if scheme == "noise" else None
        self.blocks = pack(self.matrix, np.arange(len(matrix)))
        # Counts of resamples are whole numbers: their sum is the same in any order of the threads.
        self.stable = [np.zeros(len(matrix), np.int64) for _ in bases]
        self.lock = Lock()

    def __call__(self, number: int, rng: np.random.Generator) -> list[_Outcome]:
        values, draw, counted = self._draw(rng)
        fits = fit_resample(values, draw, self.ks, rng, self.starts, self.parents)
        outcomes = []
        for p, (base, k, fit) in enumerate(zip(self.bases, self.ks, fits, strict=True)):
            counts = cross_counts(base[draw.rows], fit.labels, counted, k, k)
            similarity = clusterwise_jaccard(counts)
            outcomes.append(_Outcome(similarity.max(axis=1), fit.inertia))
            if self.scheme == "bootstrap":
                self._count_stable(p, base, fit, counts)
        return outcomes

    def _draw(self, rng: np.random.Generator) -> tuple[Floats, Draw, Floats]:
        """Values, accounts drawn, and the weight with which each of these is counted."""
        n = len(self.matrix)
        if self.scheme == "noise":
            replaced = rng.random(n) < NOISE_SHARE
            values = self.matrix.copy()
            values[replaced] = self._noise(int(replaced.sum()), rng)
            return values, Draw(np.arange(n), np.ones(n)), (~replaced).astype(np.float64)
        draw = {"bootstrap": bootstrap, "distinct": distinct, "subset": subset}[self.scheme](n, rng)
        return self.matrix, draw, draw.weights

    def _noise(self, n: int, rng: np.random.Generator) -> Floats:
        assert self.noise_box is not None
        sds, axes = self.noise_box
        return np.asarray(rng.uniform(-NOISE_SDS, NOISE_SDS, (n, sds.size)) * sds @ axes.T)

    def _count_stable(self, p: int, base: Ints, fit: ResampleFit, counts: Floats) -> None:
        matched = match_clusters(counts)
        labels, _ = nearest(self.blocks, base.size, fit.centres)
        stable = matched[base] == labels
        with self.lock:
            self.stable[p] += stable

    def account_stability(self, p: int, n_resamples: int) -> Floats | None:
        """Share of resamples in which each account stayed in its matched cluster."""
        return self.stable[p] / n_resamples if self.scheme == "bootstrap" else None


def _warm_starts(own: Floats, optima: Floats | None, middle: Floats) -> Floats:
    """Centres of the partition that is judged, and of all optima that compete with it."""
    return own[None] if optima is None else np.concatenate([own[None], optima - middle])


def _means(matrix: Floats, labels: Ints, k: int) -> Floats:
    return np.stack([matrix[labels == j].mean(axis=0) for j in range(k)])


def _principal_box(centred: Floats) -> tuple[Floats, Floats]:
    """Standard deviations along the principal axes, and the axes in columns."""
    with threadpool_limits(1):  # BLAS adds in another order on another number of threads
        covariance = centred.T @ centred / max(len(centred) - 1, 1)
        variances, axes = np.linalg.eigh(covariance)
    return np.sqrt(np.maximum(variances, 0.0)), axes


def _checked_partition(labels: Ints, n: int) -> Ints:
    partition = np.ascontiguousarray(labels, np.int64)
    if partition.shape != (n,):
        raise BadInputError(f"labels must have shape ({n},), found {partition.shape}.")
    if partition.min() < 0 or (np.bincount(partition) == 0).any():
        raise BadInputError(
            "labels must be 0 .. k-1 with no empty cluster, found "
            f"{np.unique(partition)[:10].tolist()}."
        )
    return partition
