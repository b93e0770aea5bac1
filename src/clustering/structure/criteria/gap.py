"""The gap statistic: is the data clustered more tightly than data without clusters would be?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from threadpoolctl import threadpool_limits

from clustering.arrays import Floats
from clustering.models.kmeans import checked_values
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import Starts, fit_resample
from clustering.structure.findings import GapRow

ReferenceSpace = Literal["pca", "box"]
#: The first takes part in the verdict.
SPACES: tuple[ReferenceSpace, ...] = get_args(ReferenceSpace)
COLD = Starts(n_cold=8, n_long=2, warm=False)


@dataclass(frozen=True, eq=False)
class Gap:
    """Gap statistic for every k; arrays have shape (len(ks),).

    Attributes
    ----------
    ks : numbers of clusters
    log_w : log of half the within-cluster sum of squares, the W_k of the paper over 2 as in R's
        `clusGap` (the factor cancels in the gap); -inf where every account is its own centre
    expected_log_w : its mean over the reference sets
    gap : expected_log_w - log_w
    se : standard deviation over the B reference sets (divisor B-1) times sqrt(1 + 1/B)
    """

    ks: tuple[int, ...]
    log_w: Floats
    expected_log_w: Floats
    gap: Floats
    se: Floats

    @property
    def chosen_k(self) -> int | None:
        """The published rule, see `smallest_k`."""
        return smallest_k(self.ks, self.gap, self.se)

    def row(self, at: int) -> GapRow:
        """The statistic of one k, by its position among them."""
        return GapRow(
            log_w=self.log_w[at],
            expected_log_w=self.expected_log_w[at],
            gap=self.gap[at],
            se=self.se[at],
        )


def smallest_k(ks: Sequence[int], gap: Floats, se: Floats) -> int | None:
    """Smallest k with gap(k) >= gap(k+1) - se(k+1): the paper's rule, R's "Tibs2001SEmax".

    Where no k meets it, the k with the largest gap, as R does. A gap that is not a number (no
    inertia left, in the data and in the reference sets) ends the sequence.

    Examples
    --------
    >>> smallest_k((1, 2, 3), np.array([0.1, 0.8, 0.7]), np.array([0.05, 0.05, 0.05]))
    2
    """
    unknown = np.flatnonzero(np.isnan(gap))
    if unknown.size:
        gap, se = gap[: unknown[0]], se[: unknown[0]]
    if not gap.size:
        return None
    enough = gap[:-1] >= gap[1:] - se[1:]
    return int(ks[int(enough.argmax()) if enough.any() else int(gap.argmax())])


def gap_statistic(
    values: Floats,
    ks: Sequence[int],
    inertias: Sequence[float],
    *,
    space: ReferenceSpace,
    n_references: int = 100,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Gap:
    """Gap statistic of k-means for every k against uniform reference sets.

    Both reference spaces are uniform: skewed data with one centre is not uniform either, so a gap
    is no proof of clusters. Every reference set serves all k.

    Parameters
    ----------
    values : array of shape (n_accounts, n_features)
    ks, inertias : number of clusters and within-cluster sum of squares of the best solutions found
    space : "pca": the box of the centred data along its principal axes, not scaled (the paper's
        variant b); "box": the box of the columns

    References
    ----------
    Tibshirani, Walther & Hastie (2001) JRSS-B 63:411, with squared distances: R's
    ``clusGap(d.power = 2)``.

    Examples
    --------
    >>> values = np.concatenate([np.linspace(0, 0.1, 20), np.linspace(1, 1.1, 20)])[:, None]
    >>> total = float(((values - values.mean()) ** 2).sum())
    >>> gap_statistic(values, (1, 2), (total, 0.04), space="box", n_references=20).chosen_k
    2
    """
    matrix = checked_values(values)
    low, width = reference_box(matrix - matrix.mean(axis=0), space)
    n = len(matrix)
    everyone = Draw(np.arange(n), np.ones(n))

    def reference(number: int, rng: np.random.Generator) -> Floats:
        drawn = low + width * rng.random((n, width.size))
        fits = fit_resample(drawn - drawn.mean(axis=0), everyone, ks, rng, COLD)
        return _log_w([fit.inertia for fit in fits])

    results = run_tasks(
        reference, n_references, seed=seed, purpose=f"gap statistic, {space}", progress=progress
    )
    reference_log_w = np.stack(results)
    log_w = _log_w(inertias)
    with np.errstate(invalid="ignore"):  # -inf - -inf where no inertia is left: not a number
        expected = reference_log_w.mean(axis=0)
        spread = reference_log_w.std(axis=0, ddof=1) * np.sqrt(1 + 1 / n_references)
        gap = expected - log_w
    return Gap(tuple(ks), log_w, expected, gap, spread)


def _log_w(inertias: Sequence[float]) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(0.5 * np.asarray(inertias, np.float64)))


def reference_box(centred: Floats, space: ReferenceSpace) -> tuple[Floats, Floats]:
    """Lower corner and side lengths; rotating back to the columns would change no inertia."""
    if space == "pca":
        with threadpool_limits(1):  # BLAS adds in another order on another number of threads
            _, _, axes = np.linalg.svd(centred, full_matrices=False)
            centred = centred @ axes.T
    low = centred.min(axis=0)
    return low, centred.max(axis=0) - low
