"""The search over k that is run on the observed data and on every null alike."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats
from clustering.models.kernels.distances import cluster_distances
from clustering.models.kernels.packing import pack
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import Starts, fit_resample
from clustering.structure.criteria.silhouette import mean_silhouettes
from clustering.structure.findings import NullBand, NullName, NullTest
from clustering.structure.nulls.homogeneous import null_sampler, nulls_test
from clustering.structure.settings import Prepare

#: The statistic of the nulls is the best average silhouette over these k.
SEARCHED = (2, 3, 4, 5)
STARTS = Starts(n_cold=4, warm=False, n_long=2)
#: Up to so many accounts every account has its silhouette computed, else a random `SAMPLE`.
EXACT_UP_TO = 2000
SAMPLE = 1000


@dataclass(frozen=True, eq=False)
class NullSearch:
    """Average silhouettes under one null: the test, and the band of every k.

    `silhouettes` has shape (replicates, n_ks).
    """

    test: NullTest
    ks: tuple[int, ...]
    silhouettes: Floats

    def band(self, k: int) -> NullBand | None:
        """Mean and sd of the average silhouette at one k; None where it was not searched."""
        if k not in self.ks:
            return None
        column = self.silhouettes[:, self.ks.index(k)]
        return NullBand(mean=column.mean(), sd=column.std(ddof=1))


def search(
    values: Floats, ks: tuple[int, ...], rng: np.random.Generator, sample: int | None = None
) -> Floats:
    """Average silhouette of k-means for every k: the same treatment for data and nulls.

    Fast enough for hundreds of draws: few starts and, of many accounts, the silhouettes of a random
    sample, each computed exactly against all accounts. It uses the calling thread only and holds no
    GIL in the kernels, so that `run_tasks` may run one draw on each core.

    Parameters
    ----------
    values : array of shape (n, d), finite; one draw from a null, or the data
    ks : numbers of clusters, each at least 2
    rng : the stream of this draw
    sample : accounts whose silhouette is computed (None: all of up to 2,000, else 1,000)

    Returns
    -------
    (len(ks),), NaN where there are not more distinct accounts than clusters

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (100, 2)), rng.normal(9, 1, (100, 2))])
    >>> int(search(X, (2, 3), rng).argmax())
    0
    """
    matrix = np.ascontiguousarray(values - np.mean(values, axis=0), np.float64)
    n = len(matrix)
    fits = fit_resample(matrix, Draw(np.arange(n), np.ones(n)), ks, rng, STARTS)
    m = min(sample or (n if n <= EXACT_UP_TO else SAMPLE), n)
    rows = np.arange(n) if m == n else np.sort(rng.permutation(n)[:m])
    labels = np.stack([fit.labels for fit in fits])
    offsets = np.concatenate([[0], np.cumsum(ks)]).astype(np.int64)
    sums = cluster_distances(matrix, pack(matrix, rows), labels, offsets)
    return mean_silhouettes(sums, labels, rows, offsets)


def search_nulls(
    name: NullName,
    raw: Floats,
    prepare: Prepare,
    ks: tuple[int, ...],
    observed: Floats,
    *,
    replicates: int,
    seed: int,
    progress: Progress = SILENT,
) -> NullSearch:
    """Run the whole pipeline on draws from one null.

    Parameters
    ----------
    raw : (n, d_raw) values that the null is fitted to
    prepare : what turns a raw data set into the matrix that is clustered
    ks, observed : numbers of clusters, and what `search` gave for them on the observed matrix
    """
    draw = null_sampler(name, raw)

    def task(number: int, rng: np.random.Generator) -> Floats:
        return search(prepare(draw(rng)), ks, rng)

    drawn = np.stack(
        run_tasks(task, replicates, seed=seed, purpose=f"null '{name}'", progress=progress)
    )
    drawn = np.where(np.isfinite(drawn), drawn, 0.0)
    used = [index for index, k in enumerate(ks) if k in SEARCHED]
    statistic = f"largest average silhouette over k = {ks[used[0]]}..{ks[used[-1]]}"
    best = np.where(np.isfinite(observed), observed, 0.0)[used].max()
    test = nulls_test(name, statistic, float(best), drawn[:, used].max(axis=1))
    return NullSearch(test, ks, drawn)
