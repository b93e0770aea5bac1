"""k-means as it is reported: many starts of several kinds, run until nothing moves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import fcluster, ward
from scipy.spatial.distance import pdist

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError, breaches_message
from clustering.models.kernels.packing import nearest_centre, pack, padded
from clustering.models.kernels.seeding import seed_plus_plus
from clustering.models.kinds import CentreModel
from clustering.models.labels import adjusted_rand, canonical_order, renumber
from clustering.models.optima import Optimum, distinct_optima, run_on_all, search
from clustering.models.types import CandidateSpec, Clustering

WARD_SAMPLE = 500
#: Above so many accounts the search among starts is made on a random sample of so many.
SEARCHED = 50_000
LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class KMeansFit:
    """A k-means solution, its clusters in canonical order (ascending mean of the first column).

    Attributes
    ----------
    k : number of clusters asked for
    labels : int64 array of shape (n_accounts,), 0 .. n_found-1
    centres : float64 array of shape (n_found, n_features); n_found < k only where there are fewer
        distinct accounts than clusters
    inertia : within-cluster sum of squares, weighted
    n_iter : iterations of the winning start
    converged : whether the last iteration changed no account's cluster (above 50,000 accounts:
        gained less than 1e-7 of the inertia)
    n_starts : starts of all kinds
    runner_up_inertia : inertia of the best start that ended in another partition than the winner
        (None where all starts that were run to the end agree)
    runner_up_ari : adjusted Rand index between the winner and that partition. A near-tie in
        inertia with a low index means: there is no unique solution
    optima : float64 array of shape (n_optima, k, n_features), centres of the best solution and of
        those that compete with it, best first: what resamples are started from
    """

    k: int
    labels: Ints
    centres: Floats
    inertia: float
    n_iter: int
    converged: bool
    n_starts: int
    runner_up_inertia: float | None = None
    runner_up_ari: float | None = None
    optima: Floats | None = None

    def __post_init__(self) -> None:
        self.labels.setflags(write=False)
        self.centres.setflags(write=False)
        if self.optima is not None:
            self.optima.setflags(write=False)

    @property
    def n_found(self) -> int:
        """Clusters that have an account."""
        return int(self.centres.shape[0])

    @property
    def sizes(self) -> Ints:
        """Accounts per cluster, shape (n_found,)."""
        return np.bincount(self.labels, minlength=self.n_found)

    @property
    def runner_up_gap(self) -> float | None:
        """Relative excess of the runner-up's inertia over the winner's."""
        if self.runner_up_inertia is None or self.inertia == 0:
            return None
        return self.runner_up_inertia / self.inertia - 1

    def clustering(self, spec: CandidateSpec) -> Clustering:
        """The same solution in the type that all candidates share."""
        variance = self.inertia / max(1, self.labels.size * self.centres.shape[1])
        model = CentreModel(self.centres, variance)
        return Clustering(spec, model, self.labels, self.n_iter, self.converged)


def fit(spec: CandidateSpec, values: Floats, *, n_init: int, seed: int, quick: bool) -> Clustering:
    """K-means of the number of clusters of `spec`: see `refit.refit`."""
    return fit_kmeans(values, spec.n_clusters, n_init=n_init, seed=seed).clustering(spec)


def fit_kmeans(
    values: ArrayLike,
    k: int,
    *,
    n_init: int = 20,
    seed: int = 0,
    weights: ArrayLike | None = None,
    initial_centres: Floats | None = None,
) -> KMeansFit:
    """Best k-means solution of many starts, each run until no account changes its cluster.

    Starts are of several kinds: `n_init` greedy k-means++ starts, Ward's hierarchy of the accounts
    (of at most 500 of them), and `initial_centres` if given. All run ten iterations and the better
    half runs on; then `n_init` times (up to ten times as often below 10,000 accounts, where it
    costs little) one centre of the best solution is drawn anew. The best solutions are improved by
    Lloyd's iterations and by transfers of single accounts (Hartigan) until neither moves any.

    Above 50,000 accounts this is done on a random sample of 50,000; the three best different
    solutions are then run on all accounts until an iteration gains less than 1e-7 of the inertia.

    Parameters
    ----------
    values : array of shape (n_accounts, n_features), finite
    k : number of clusters, at least 1
    n_init : number of k-means++ starts
    seed : the same seed gives the same solution, on any number of threads
    weights : array of shape (n_accounts,), at least 0: integer weights are multiplicities. Accounts
        of weight 0 have no influence and are given the label of their nearest centre
    initial_centres : array of shape (k, n_features), one more start

    Raises
    ------
    BadInputError
        Values or weights that are not finite, negative weights, or k below 1.

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> fit = fit_kmeans(values, 2, seed=1)
    >>> fit.labels, fit.inertia
    (array([0, 0, 1, 1]), 1.0)
    """
    matrix = checked_values(values)
    mass = _checked_weights(weights, len(matrix))
    if k < 1 or n_init < 1:
        raise BadInputError(f"k and n_init must be at least 1, found {k} and {n_init}.")
    # Centring keeps digits where the columns are far from zero; distances do not change.
    middle = matrix.mean(axis=0)
    centred = matrix - middle
    rows = np.flatnonzero(mass > 0)
    rng = np.random.default_rng([seed, k])
    searched = rows
    if rows.size > SEARCHED:
        searched = np.sort(rng.choice(rows, SEARCHED, replace=False))
    blocks = pack(centred, searched)
    weights_searched = padded(mass[searched])
    starts = _starts(centred, blocks, weights_searched, searched, k, n_init, rng)
    if initial_centres is not None:
        starts.append(np.asarray(initial_centres, np.float64) - middle)
    runs = search(blocks, searched.size, weights_searched, starts, n_init, rng)
    if rows.size > SEARCHED:
        runs = run_on_all(pack(centred, rows), rows.size, padded(mass[rows]), runs)
    for run in runs:
        run.labels = run.labels[: rows.size]
    return _fit(k, runs, centred, rows, middle, len(starts))


def _fit(
    k: int, runs: list[Optimum], centred: Floats, rows: Ints, middle: Floats, n_starts: int
) -> KMeansFit:
    best = runs[0]
    used, compact = np.unique(best.labels, return_inverse=True)
    order = canonical_order(best.centres[used])
    centres = best.centres[used][order]
    labels = nearest_centre(centred, centres)
    labels[rows] = renumber(compact, order)  # ties stay where the means were computed
    other, ari = _runner_up(runs)
    return KMeansFit(
        k=k,
        labels=labels,
        centres=centres + middle,
        inertia=best.inertia,
        n_iter=best.n_iter,
        converged=best.converged,
        n_starts=n_starts,
        runner_up_inertia=other,
        runner_up_ari=ari,
        optima=_stacked([run.centres + middle for run in distinct_optima(runs, rows.size)]),
    )


def _runner_up(runs: list[Optimum]) -> tuple[float | None, float | None]:
    """The best partition that differs from the winner's."""
    for run in runs[1:]:
        ari = adjusted_rand(runs[0].labels, run.labels)
        if ari < 1.0:
            return run.inertia, ari
    return None, None


def _starts(
    centred: Floats,
    blocks: Floats,
    weights: Floats,
    rows: Ints,
    k: int,
    n_init: int,
    rng: np.random.Generator,
) -> list[Floats]:
    starts = []
    for _ in range(n_init):
        centres = np.empty((k, centred.shape[1]))
        seed_plus_plus(blocks, weights, rng.random((k, n_candidates(k))), centres, 0)
        starts.append(centres)
    if 1 < k < rows.size:
        starts.extend(_ward_start(centred[rows], k, rng))
    return starts


def _stacked(centres: list[Floats]) -> Floats:
    return np.stack([one[canonical_order(one)] for one in centres])


def n_candidates(k: int) -> int:
    """Candidates for each seed of greedy k-means++: 2 + log k, as in scikit-learn.

    Examples
    --------
    >>> [n_candidates(k) for k in (1, 3, 8)]
    [2, 3, 4]
    """
    return 2 + int(np.log(k))


def _ward_start(values: Floats, k: int, rng: np.random.Generator) -> list[Floats]:
    """Centres of the cut of Ward's hierarchy, of a sample where there are more than 500 accounts.

    None where ties leave no cut with k clusters.
    """
    if len(values) > WARD_SAMPLE:
        values = values[np.sort(rng.choice(len(values), WARD_SAMPLE, replace=False))]
    centres = cut_centres(ward(pdist(values)), values, k)
    return [centres] if len(centres) == k else []


def cut_centres(tree: Floats, values: Floats, k: int) -> Floats:
    """Centres (at most k, d) of the cut of a hierarchy of `values`; fewer where there are ties."""
    labels = fcluster(tree, k, "maxclust")  # not `cut_tree`: it walks the whole tree in Python
    return np.stack([values[labels == cluster].mean(axis=0) for cluster in np.unique(labels)])


def checked_values(values: ArrayLike) -> Floats:
    """A finite float64 matrix, or an error that says everything that is wrong with it.

    Raises
    ------
    BadInputError
        Not a matrix, empty, not numeric, not finite, or too large to be squared.

    Examples
    --------
    >>> checked_values([[1, 2], [3, 4]]).dtype
    dtype('float64')
    """
    try:
        matrix = np.ascontiguousarray(values, np.float64)
    except (TypeError, ValueError):
        raise BadInputError("values must be numbers; text columns must be left out.") from None
    if matrix.ndim != 2 or matrix.size == 0:
        raise BadInputError(
            f"values must be a table of accounts and features, found shape {matrix.shape}."
        )
    breaches = []
    if np.isnan(matrix).any():
        columns = np.flatnonzero(np.isnan(matrix).any(axis=0))
        breaches.append(f"missing entries in columns {columns.tolist()}; complete them first")
    if np.isinf(matrix).any():
        columns = np.flatnonzero(np.isinf(matrix).any(axis=0))
        breaches.append(f"infinite entries in columns {columns.tolist()}")
    if not breaches and np.abs(matrix).max() > LARGEST:
        breaches.append(f"entries beyond {LARGEST:g}, whose squares are infinite; rescale them")
    if breaches:
        raise BadInputError(breaches_message("values cannot be clustered", breaches))
    return matrix


def _checked_weights(weights: ArrayLike | None, n: int) -> Floats:
    if weights is None:
        return np.ones(n)
    mass = np.asarray(weights, np.float64)
    if mass.shape != (n,):
        raise BadInputError(f"weights must have shape ({n},), found {mass.shape}.")
    if not np.isfinite(mass).all() or (mass < 0).any() or not mass.sum() > 0:
        raise BadInputError("weights must be finite, at least 0, and not all 0.")
    return mass
