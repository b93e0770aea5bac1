"""The held-out valley test: is there a dip of density between neighbouring clusters?

Clusters are found on one half of the accounts and looked at on the other, so that nothing is
tested on the points that made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from clustering.arrays import Floats, Ints
from clustering.models.kernels.packing import nearest, pack
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import halves
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import Starts, fit_resample
from clustering.structure.separation.dip import dip

LEVEL = 0.05
SPLITS = 40
#: Cold starts only: a start from the centres of all accounts would have seen the held-out half.
STARTS = Starts(n_cold=6, warm=False, n_long=2)


@dataclass(frozen=True)
class Valley:
    """Held-out valleys between the clusters of one k.

    Attributes
    ----------
    share : share of neighbouring pairs, over all splits, whose dip p-value is below 0.05. Splits
        share accounts: an effect size, not a p-value
    nearest : for each cluster (canonical order) the share of splits with a valley between it and
        its nearest cluster
    fewest_points : median over splits of the fewest held-out accounts of a pair
    """

    share: float
    nearest: tuple[float, ...]
    fewest_points: float


@dataclass(frozen=True)
class _Split:
    p_values: tuple[float, ...]
    nearest_p: tuple[float, ...]
    fewest_points: int


def gabriel_neighbours(centres: Floats) -> list[tuple[int, int]]:
    """Pairs of centres without a third inside the ball whose diameter is their segment.

    Between other pairs lies a third cluster; taking it away would leave a valley of our making.

    Parameters
    ----------
    centres : (k, d)

    Examples
    --------
    >>> gabriel_neighbours(np.array([[0.0], [1.0], [3.0]]))
    [(0, 1), (1, 2)]
    """
    k = len(centres)
    squared = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    pairs = []
    for i in range(k):
        for j in range(i + 1, k):
            inside = squared[i] + squared[j] < squared[i, j]
            inside[[i, j]] = False
            if not inside.any():
                pairs.append((i, j))
    return pairs


def match_centres(found: Floats, reference: Floats) -> Ints:
    """The reference centre of every centre, one to one, with the least sum of squared distances.

    Examples
    --------
    >>> match_centres(np.array([[5.0], [1.0]]), np.array([[0.0], [4.0]])).tolist()
    [1, 0]
    """
    cost = ((found[:, None] - reference[None]) ** 2).sum(axis=2)
    return np.asarray(linear_sum_assignment(cost)[1], dtype=np.int64)


def held_out_valleys(
    values: Floats,
    centres: Mapping[int, Floats],
    *,
    seed: int,
    n_splits: int = SPLITS,
    progress: Progress = SILENT,
) -> dict[int, Valley]:
    """Share of neighbouring clusters with a valley between them on held-out accounts.

    The accounts are split in halves; k-means is fitted on the first, the second is assigned to its
    centres; for each pair of Gabriel-neighbouring centres the held-out accounts of the two
    clusters are projected on the line through the centres, and tested for unimodality (dip).

    A failed test means "no visible valley", not "no mixture": spherical clusters 3 standard
    deviations apart are nearly unimodal along the line.

    Parameters
    ----------
    values : (n, d)
    centres : by k, the (k, d) centres of the partition of all accounts, to which the clusters of
        every split are matched

    Returns
    -------
    by k, in the given order

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (200, 2)), rng.normal(8, 1, (200, 2))])
    >>> centres = {2: np.array([[0.0, 0.0], [8.0, 8.0]])}
    >>> held_out_valleys(X, centres, seed=0, n_splits=5)[2].share
    1.0
    """
    ks = tuple(k for k in centres if 1 < k <= len(values) // 2)

    def task(number: int, rng: np.random.Generator) -> dict[int, _Split]:
        first, second = halves(len(values), rng)
        held_out = np.ascontiguousarray(values[second.rows])
        blocks = pack(held_out, np.arange(len(held_out)))
        fits = fit_resample(values, first, ks, rng, STARTS)
        splits = {}
        for k, fit in zip(ks, fits, strict=True):
            labels, _ = nearest(blocks, len(held_out), fit.centres)
            splits[k] = _judge_split(held_out, labels, fit.centres, centres[k])
        return splits

    results = run_tasks(task, n_splits, seed=seed, purpose="held-out valleys", progress=progress)
    return {k: _summary([result[k] for result in results]) for k in ks}


def _judge_split(values: Floats, labels: Ints, found: Floats, reference: Floats) -> _Split:
    pairs = gabriel_neighbours(found)
    p_values = {pair: _pair_p(values, labels, found, pair) for pair in pairs}
    squared = ((found[:, None] - found[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    matched = match_centres(found, reference)
    nearest_p = np.ones(len(found))
    for i, j in enumerate(squared.argmin(axis=1)):
        # The nearest centre is always a Gabriel neighbour, but for ties.
        nearest_p[matched[i]] = p_values.get((min(i, int(j)), max(i, int(j))), 1.0)
    counts = np.bincount(labels, minlength=len(found))
    fewest = min(int(counts[i] + counts[j]) for i, j in pairs) if pairs else 0
    return _Split(tuple(p_values.values()), tuple(nearest_p.tolist()), fewest)


def _pair_p(values: Floats, labels: Ints, centres: Floats, pair: tuple[int, int]) -> float:
    i, j = pair
    members = (labels == i) | (labels == j)
    if members.sum() < 4:
        return 1.0
    return dip(values[members] @ (centres[j] - centres[i])).p


def _summary(splits: Sequence[_Split]) -> Valley:
    p_values = np.array([p for split in splits for p in split.p_values])
    nearest_p = np.array([split.nearest_p for split in splits])
    return Valley(
        share=float((p_values < LEVEL).mean()) if p_values.size else 0.0,
        nearest=tuple((nearest_p < LEVEL).mean(axis=0).tolist()),
        fewest_points=float(np.median([split.fewest_points for split in splits])),
    )
