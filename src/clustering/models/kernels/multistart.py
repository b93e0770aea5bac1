"""The best of several starts on one resample, compiled."""

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.compiled import compiled
from clustering.models.kernels.lloyd import lloyd
from clustering.models.kernels.packing import LANES, inertia_of
from clustering.models.kernels.seeding import seed_plus_plus

#: Iterations on a sample of the accounts end after so many, or once one gains less than the share.
ROUGH_ITER = 50
ROUGH_TOL = 1e-3
#: Likewise for the run on all accounts after which starts are compared.
SHORT_ITER = 2
SHORT_TOL = 1e-4
#: The better starts run on until an iteration gains less than this share of the inertia.
LONG_TOL = 3e-5
#: Cold starts whose inertia is within this share of the best have found the same optimum.
AGREE = 1e-4
#: Iterations of a run to its end.
MAX_ITER = 1000
#: A start from given centres must be better than the cold ones by this share of the inertia.
CLEARLY = 4e-4
#: Starts from given centres that are run.
N_RIVALS = 2


@compiled
def _thinned(
    blocks: Floats, n: int, weights: Floats, step: int, first: int
) -> tuple[Floats, Floats]:
    """Every `step`-th account from `first` on, packed again, and its weights."""
    d = blocks.shape[1]
    m = (n - first + step - 1) // step
    some = np.zeros(((m + LANES - 1) // LANES, d, LANES))
    some_weights = np.zeros(some.shape[0] * LANES)
    for p in range(m):
        i = first + p * step
        some_weights[p] = weights[i]
        for t in range(d):
            some[p // LANES, t, p % LANES] = blocks[i // LANES, t, i % LANES]
    return some, some_weights


@compiled
def cold_start(
    blocks: Floats,
    n: int,
    weights: Floats,
    uniforms: Floats,
    step: int,
    first: int,
    centres: Floats,
) -> None:
    """Write the centres (k, d) of a k-means++ start, refined on every `step`-th account.

    Bradley & Fayyad (1998): a solution of a small sample is a good start for all accounts, and
    costs a fraction of the iterations on them.
    """
    if step == 1:
        seed_plus_plus(blocks, weights, uniforms, centres, 0)
        return
    some, some_weights = _thinned(blocks, n, weights, step, first)
    seed_plus_plus(some, some_weights, uniforms, centres, 0)
    m = (n - first + step - 1) // step
    labels = np.empty(some_weights.size, np.int64)
    lloyd(some, m, some_weights, centres, labels, ROUGH_ITER, ROUGH_TOL)


@compiled
def _best_cold(
    blocks: Floats,
    n: int,
    weights: Floats,
    uniforms: Floats,
    step: int,
    n_long: int,
    n_agree: int,
) -> tuple[Floats, float, int]:
    """Centres, inertia and iterations of the best cold start."""
    n_cold, k = uniforms.shape[:2]
    centres = np.empty((n_cold, k, blocks.shape[1]))
    labels = np.empty(weights.size, np.int64)
    inertias = np.full(n_cold, np.inf)
    iterations = np.zeros(n_cold, np.int64)
    for s in range(n_cold):
        cold_start(blocks, n, weights, uniforms[s], step, s % step, centres[s])
        inertias[s], iterations[s], _ = lloyd(
            blocks, n, weights, centres[s], labels, SHORT_ITER, SHORT_TOL
        )
        best = inertias[: s + 1].min()
        if (inertias[: s + 1] <= best * (1 + AGREE)).sum() >= n_agree:
            break
    ranking = np.argsort(inertias, kind="mergesort")
    winner = ranking[0]
    for r in range(min(n_long, n_cold)):
        s = ranking[r]
        if inertias[s] < np.inf:
            inertias[s], more, _ = lloyd(blocks, n, weights, centres[s], labels, MAX_ITER, LONG_TOL)
            iterations[s] += more
            if inertias[s] < inertias[winner]:
                winner = s
    return centres[winner], inertias[winner], iterations[winner]


@compiled
def _best_given(
    blocks: Floats, n: int, weights: Floats, given: Floats
) -> tuple[Floats, float, int]:
    """Centres, inertia and iterations of the best start from given centres.

    One look at the inertia of each shows which two are worth running.
    """
    at_start = np.empty(given.shape[0])
    for g in range(given.shape[0]):
        at_start[g] = inertia_of(blocks, weights, given[g])
    ranking = np.argsort(at_start, kind="mergesort")
    labels = np.empty(weights.size, np.int64)
    best_centres = given[ranking[0]].copy()
    best_inertia = np.inf
    best_iterations = 0
    for r in range(min(N_RIVALS, given.shape[0])):
        centres = given[ranking[r]].copy()
        inertia, n_iter, _ = lloyd(blocks, n, weights, centres, labels, MAX_ITER, LONG_TOL)
        if inertia < best_inertia:
            best_centres = centres
            best_inertia = inertia
            best_iterations = n_iter
    return best_centres, best_inertia, best_iterations


@compiled
def best_of_starts(
    blocks: Floats,
    n: int,
    weights: Floats,
    given: Floats,
    uniforms: Floats,
    step: int,
    n_long: int,
    n_agree: int,
) -> tuple[Floats, Ints, float, int, bool]:
    """Best of cold k-means++ starts, and of the starts from `given` centres (g, k, d).

    `uniforms` has shape (n_cold, k, n_trials). Cold starts are refined on every `step`-th account,
    and compared after a short run on all; the best `n_long` run on until an iteration gains little,
    and the best of these until no account changes its cluster. No more cold starts are made once
    `n_agree` of them have found the best inertia. Starts from given centres know the partition
    that is judged: one of them replaces the cold solution only where it is clearly better, so that
    near-ties are not decided in favour of that partition.

    Returns centres (k, d; infinite for clusters without an account), labels (n,), inertia,
    iterations of the winner and whether it converged.
    """
    centres, best, n_iter = _best_cold(blocks, n, weights, uniforms, step, n_long, n_agree)
    if given.shape[0] > 0:
        rival, rival_inertia, rival_iter = _best_given(blocks, n, weights, given)
        if rival_inertia < best * (1 - CLEARLY):
            centres = rival
            n_iter = rival_iter
    labels = np.empty(weights.size, np.int64)
    inertia, more, converged = lloyd(blocks, n, weights, centres, labels, MAX_ITER, 0.0)
    sizes = np.zeros(centres.shape[0], np.int64)
    for i in range(n):
        sizes[labels[i]] += 1
    for j in range(sizes.size):
        if sizes[j] == 0:
            centres[j] = np.inf  # nothing is ever nearest to it
    return centres.copy(), labels[:n].copy(), inertia, n_iter + more, converged
