"""Tasks on threads: the same results, in the same order, on any number of them.

The kernels of `models` hold no GIL, so threads use all cores and share one copy of the data. Each
task draws from a stream of its own that depends on the seed, the purpose and its number only. BLAS
is held to one thread a worker: two levels of threads on two cores lose more than they gain.
"""

import os
import zlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from clustering.errors import BadInputError
from clustering.progress import SILENT, Progress

Result = TypeVar("Result")


def available_cores() -> int:
    """Cores that this process may use; `CLUSTERING_THREADS` in the environment lowers it.

    Examples
    --------
    >>> available_cores() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    asked = os.environ.get("CLUSTERING_THREADS", "")
    if not asked:
        return cores or 1
    if not asked.isdecimal() or int(asked) < 1:
        raise BadInputError(f"CLUSTERING_THREADS must be a number from 1, found '{asked}'.")
    return min(int(asked), cores or 1)


def streams(seed: int, purpose: str, n: int) -> list[np.random.SeedSequence]:
    """Independent streams, one per task; another purpose gets other streams from the same seed.

    Examples
    --------
    >>> first, second = streams(1, "gap", 2)
    >>> bool((first.generate_state(2) != second.generate_state(2)).all())
    True
    """
    return np.random.SeedSequence([seed, zlib.crc32(purpose.encode())]).spawn(n)


def run_tasks(
    task: Callable[[int, np.random.Generator], Result],
    n_tasks: int,
    *,
    seed: int,
    purpose: str,
    progress: Progress = SILENT,
    n_threads: int | None = None,
) -> list[Result]:
    """Results of ``task(number, rng)`` for every number below `n_tasks`, in order.

    An interrupt (Ctrl-C) and the first error of a task cancel all tasks that have not begun and
    are raised again as soon as the running ones are done.

    Parameters
    ----------
    seed, purpose : what the streams follow from; `purpose` also names the step in `progress`
    n_threads : default `available_cores()`; never changes a result

    Examples
    --------
    >>> run_tasks(lambda number, rng: number**2, 4, seed=0, purpose="squares")
    [0, 1, 4, 9]
    """
    sequences = streams(seed, purpose, n_tasks)
    threads = min(n_threads or available_cores(), max(n_tasks, 1))

    def run(number: int) -> Result:
        return task(number, np.random.default_rng(sequences[number]))

    with threadpool_limits(1), progress.step(purpose, n_tasks) as advance:
        if threads == 1:
            return [_advanced(run(number), advance) for number in range(n_tasks)]
        return _on_threads(run, n_tasks, threads, advance)


def _advanced(result: Result, advance: Callable[[int], None]) -> Result:
    advance(1)
    return result


def _on_threads(
    run: Callable[[int], Result], n_tasks: int, threads: int, advance: Callable[[int], None]
) -> list[Result]:
    executor = ThreadPoolExecutor(threads, thread_name_prefix="resampling")
    futures: list[Future[Result]] = []
    try:
        futures.extend(executor.submit(run, number) for number in range(n_tasks))
        pending = set(futures)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            advance(len(done))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return [future.result() for future in futures]
