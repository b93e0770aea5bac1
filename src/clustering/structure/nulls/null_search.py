"""The search over k that is run on the observed data and on every null alike."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats
from clustering.progress import SILENT, Progress
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import Starts
from clustering.structure.criteria.internal import Profile, best_silhouettes
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


def search(values: Floats, ks: tuple[int, ...], rng: np.random.Generator) -> Profile:
    """Average silhouette of k-means for every k: the same treatment for data and nulls.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (100, 2)), rng.normal(9, 1, (100, 2))])
    >>> int(search(X, (2, 3), rng).silhouettes.argmax())
    0
    """
    sample = None if len(values) <= EXACT_UP_TO else SAMPLE
    return best_silhouettes(values, ks, rng=rng, starts=STARTS, sample=sample)


def search_nulls(
    name: NullName,
    raw: Floats,
    prepare: Prepare,
    observed: Profile,
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
    observed : from `search` on the observed matrix
    """
    draw = null_sampler(name, raw)
    ks = observed.ks

    def task(number: int, rng: np.random.Generator) -> Floats:
        return search(prepare(draw(rng)), ks, rng).silhouettes

    drawn = np.stack(
        run_tasks(task, replicates, seed=seed, purpose=f"null '{name}'", progress=progress)
    )
    drawn = np.where(np.isfinite(drawn), drawn, 0.0)
    used = [index for index, k in enumerate(ks) if k in SEARCHED]
    statistic = f"largest average silhouette over k = {ks[used[0]]}..{ks[used[-1]]}"
    best = np.where(np.isfinite(observed.silhouettes), observed.silhouettes, 0.0)[used].max()
    test = nulls_test(name, statistic, float(best), drawn[:, used].max(axis=1))
    return NullSearch(test, ks, drawn)
