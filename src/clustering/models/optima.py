"""The search for the best k-means partition, and the optima that compete with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.lloyd import finish, lloyd
from clustering.models.kernels.seeding import seed_plus_plus
from clustering.models.labels import adjusted_rand

MAX_ITER = 1000
SHORT_ITER = 10
#: Two partitions that agree more than this are one optimum as far as stability is concerned.
SAME = 0.95
MOST_OPTIMA = 12
N_FINISHED = 3
LONG_TOL = 1e-5
FINAL_TOL = 1e-7
#: A swap whose short run ends this near the best solution runs on; to its end if it gets closer.
NEAR = 5e-4
CLOSE = 1e-4
#: Below so many accounts there are more swaps, up to ten times as many.
CHEAP = 10_000


@dataclass(eq=False)
class Optimum:
    """One run: centres (k, d), labels (n,), inertia, iterations, and whether nothing moves."""

    centres: Floats
    labels: Ints
    inertia: float
    n_iter: int
    converged: bool


def search(
    blocks: Floats,
    n: int,
    weights: Floats,
    starts: Sequence[Floats],
    n_swaps: int,
    rng: np.random.Generator,
) -> list[Optimum]:
    """Different optima, best first; the first ones are run until nothing moves.

    Short runs of all starts; the better half runs on until an iteration gains little, the best
    three of different optima to their end. Then `n_swaps` times one centre of the best
    solution is taken away and drawn anew by k-means++: what the better of many starts lack is
    mostly one centre in the wrong place (random swap, Franti 2018).
    """
    runs = [_short_run(blocks, n, weights, start) for start in starts]
    runs.sort(key=lambda run: run.inertia)
    better = runs[: max(2, (len(runs) + 1) // 2)]
    for run in better:
        _run_on(blocks, n, weights, run, to_end=False)
    better.sort(key=lambda run: run.inertia)
    finished = distinct_optima(better, n)
    for run in finished[:N_FINISHED]:
        _run_on(blocks, n, weights, run, to_end=True)
    best = min(finished, key=lambda run: run.inertia)
    k = len(best.centres)
    effort = min(max(CHEAP // n, 1), 10)
    for _ in range(n_swaps * effort if k > 1 else 0):
        kept = np.roll(best.centres, -int(rng.integers(k)), axis=0)[1:]
        start = np.concatenate([kept, kept[:1]])
        seed_plus_plus(blocks, weights, rng.random((k, 3)), start, k - 1)
        run = _short_run(blocks, n, weights, start)
        if run.inertia < best.inertia * (1 + NEAR * effort):
            _run_on(blocks, n, weights, run, to_end=False)
            if run.inertia < best.inertia * (1 + CLOSE * effort):
                _run_on(blocks, n, weights, run, to_end=True)
            finished.append(run)
            best = min(best, run, key=lambda one: one.inertia)
    finished.sort(key=lambda run: run.inertia)
    return finished


def run_on_all(blocks: Floats, n: int, weights: Floats, runs: Sequence[Optimum]) -> list[Optimum]:
    """Run the best solutions of a sample on all accounts, until an iteration gains nearly nothing.

    With very many accounts there is always one at a border that changes sides.
    """
    finished = []
    for run in runs[:N_FINISHED]:
        centres, labels = run.centres.copy(), np.empty(weights.size, np.int64)
        inertia, more, _ = lloyd(blocks, n, weights, centres, labels, MAX_ITER, FINAL_TOL)
        converged = run.converged and more < MAX_ITER
        finished.append(Optimum(centres, labels, float(inertia), run.n_iter + int(more), converged))
    finished.sort(key=lambda run: run.inertia)
    return finished


def _short_run(blocks: Floats, n: int, weights: Floats, start: Floats) -> Optimum:
    run = Optimum(start, np.empty(weights.size, np.int64), np.inf, 0, False)
    inertia, run.n_iter, run.converged = lloyd(
        blocks, n, weights, start, run.labels, SHORT_ITER, 0.0
    )
    run.inertia = float(inertia)
    return run


def _run_on(blocks: Floats, n: int, weights: Floats, run: Optimum, *, to_end: bool) -> None:
    """Until an iteration gains little, or until neither it nor a transfer moves any account."""
    given = (blocks, n, weights, run.centres, run.labels, MAX_ITER)
    inertia, more, converged = finish(*given, MAX_ITER) if to_end else lloyd(*given, LONG_TOL)
    run.inertia, run.converged = float(inertia), bool(converged)
    run.n_iter += int(more)


def distinct_optima(runs: Sequence[Optimum], n: int) -> list[Optimum]:
    """The best run of every group of runs that agree (adjusted Rand index above 0.95), best first.

    At most 12; runs whose inertia is more than 5 % above the best are no competitors.
    """
    kept: list[Optimum] = []
    for run in runs:
        if len(kept) == MOST_OPTIMA or run.inertia > 1.05 * runs[0].inertia:
            break
        if all(adjusted_rand(run.labels[:n], other.labels[:n]) <= SAME for other in kept):
            kept.append(run)
    return kept
