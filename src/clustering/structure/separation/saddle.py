"""The cross-fitted saddle test: fewer accounts between two clusters than at either centre?

The dip test on half of the accounts misses small clusters and clusters seen through columns of
noise. This test uses every account, each against a partition that was fitted without it, and asks
only about the place where the partition says that a valley should be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import binom

from clustering.arrays import Floats, Ints
from clustering.models.mixture import fit_mixture
from clustering.models.starts import MixtureStarts
from clustering.models.types import CovarianceType
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import Starts, fit_resample
from clustering.structure.findings import Saddle
from clustering.structure.mixtures.discriminant import fit_discriminant
from clustering.structure.separation.valleys import match_centres

FOLDS = 5
REPEATS = 5
STARTS = Starts(n_cold=4, warm=False, n_long=2)
#: Half the width of the windows that are counted, in standard deviations within the clusters.
HALF_WIDTH = 0.5
#: Starts of the mixture of every fold: the Ward tree, k-means, random rows and k-means++ seeds.
MIXTURE_STARTS = 4


class _Components(Protocol):
    """A fitted mixture as far as the test looks at it: whatever has scores, means and spreads."""

    @property
    def weights(self) -> Floats: ...

    @property
    def means(self) -> Floats: ...

    def scores(self, values: Floats) -> Floats: ...

    def nearest(self) -> Ints: ...

    def towards(self, first: int, second: int) -> Floats: ...

    def sd_along(self, component: int, unit: Floats) -> float: ...


@dataclass
class _Counts:
    """Held-out accounts counted in the windows of one cluster, over the folds."""

    valley: int = 0
    here: int = 0
    there: int = 0
    folds_with_valley: int = 0

    @property
    def at_centres(self) -> int:
        return min(self.here, self.there)

    @property
    def expected(self) -> bool:
        """Whether the fitted mixtures have a valley here in most folds."""
        return 2 * self.folds_with_valley > FOLDS and self.at_centres > 0

    def p_value(self) -> float:
        """Of the valley against the smaller peak: valid for both peaks at once."""
        return _binomial_p(self.at_centres, self.valley) if self.expected else 1.0

    def depth(self) -> float:
        return self.valley / self.at_centres if self.expected else 1.0


def _binomial_p(at_centres: int, in_valley: int) -> float:
    """P-value of so many accounts at the centre when the valley is as likely."""
    return float(binom.sf(at_centres - 1, at_centres + in_valley, 0.5))


def _pooled_p(counts: Sequence[_Counts]) -> float:
    """Of all clusters; two clusters nearest to each other are counted twice, hence the halves."""
    if not all(of_cluster.expected for of_cluster in counts):
        return 1.0
    at_centres = sum(of_cluster.at_centres for of_cluster in counts) // 2
    return _binomial_p(at_centres, (1 + sum(of_cluster.valley for of_cluster in counts)) // 2)


def cross_fitted_saddles(
    values: Floats,
    centres: Mapping[int, Floats],
    *,
    seed: int,
    repeats: int = REPEATS,
    progress: Progress = SILENT,
) -> dict[int, Saddle]:
    """Test every cluster of every k for a valley towards its nearest cluster.

    In each of five folds, k-means is fitted on the other four and refined by a mixture with one
    common covariance, so that columns of noise and unequal scales do not blur the clusters. The
    accounts of the fold are assigned to it and, for each cluster and its nearest one, projected on
    the line through the two centres. Where the fitted mixture has a valley on that line, accounts
    are counted in a window there and in equal windows at both centres; counts of all folds are
    added.
    If the density had one peak, one of the centres would see no more accounts than the valley: a
    binomial test of the smaller centre against the valley has at most its level.

    Parameters
    ----------
    values : (n, d)
    centres : by k, (k, d), to which the clusters of every fold are matched

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (200, 2)), rng.normal(5, 1, (200, 2))])
    >>> centres = {2: np.array([[0.0, 0.0], [5.0, 5.0]])}
    >>> cross_fitted_saddles(X, centres, seed=0)[2].p < 0.01
    True
    """
    ks = tuple(k for k in centres if 1 < k <= len(values) // (2 * FOLDS))

    def fit(train: Floats, rng: np.random.Generator) -> dict[int, _Components]:
        everyone = Draw(np.arange(len(train)), np.ones(len(train)))
        fits = fit_resample(train, everyone, ks, rng, STARTS)
        return {
            k: fit_discriminant(train, of_k.labels, k) for k, of_k in zip(ks, fits, strict=True)
        }

    found = _cross_fit(values, fit, centres, ks, repeats, seed, progress)
    return {k: _summary([counts[k] for counts in found]) for k in ks}


def mixture_saddle(
    values: Floats,
    centres: Floats,
    covariance_type: CovarianceType,
    *,
    seed: int,
    repeats: int = REPEATS,
    progress: Progress = SILENT,
) -> Saddle | None:
    """The same test of the components of a mixture, refitted in every fold from cold starts.

    It looks in the direction that tells two components apart best (Fisher's), which of elongated
    ones is not that of the line through their means.

    Parameters
    ----------
    values : (n, d)
    centres : (k, d), to which the components of every fold are matched

    Returns
    -------
    None where the accounts are too few for the folds

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (150, 2)), rng.normal(5, 1, (150, 2))])
    >>> saddle = mixture_saddle(X, np.array([[0.0, 0.0], [5.0, 5.0]]), "tied", seed=0, repeats=1)
    >>> saddle.p < 0.01
    True
    """
    k = len(centres)
    if k > len(values) // (2 * FOLDS):
        return None

    def fit(train: Floats, rng: np.random.Generator) -> dict[int, _Components]:
        draw = int(rng.integers(2**31))
        starts = MixtureStarts(train, seed=draw)
        return {
            k: fit_mixture(
                train,
                k,
                covariance_type,
                n_init=MIXTURE_STARTS,
                seed=draw,
                starts=starts,
                quick_runs=2,
            )
        }

    found = _cross_fit(values, fit, {k: centres}, (k,), repeats, seed, progress)
    return _summary([counts[k] for counts in found])


def _cross_fit(
    values: Floats,
    fit: Callable[[Floats, np.random.Generator], Mapping[int, _Components]],
    centres: Mapping[int, Floats],
    ks: Sequence[int],
    repeats: int,
    seed: int,
    progress: Progress,
) -> list[dict[int, list[_Counts]]]:
    """Counts by k and cluster of every repeat, each over five folds."""

    def task(number: int, rng: np.random.Generator) -> dict[int, list[_Counts]]:
        fold = rng.permutation(len(values)) % FOLDS
        counts = {k: [_Counts() for _ in range(k)] for k in ks}
        for held_out in range(FOLDS):
            models = fit(np.ascontiguousarray(values[fold != held_out]), rng)
            for k in ks:
                _count(values[fold == held_out], models[k], centres[k], counts[k])
        return counts

    return run_tasks(task, repeats, seed=seed, purpose="held-out saddles", progress=progress)


def _count(test: Floats, model: _Components, centres: Floats, counts: list[_Counts]) -> None:
    labels = model.scores(test).argmax(axis=0)
    matched = match_centres(model.means, centres)
    for i, j in enumerate(model.nearest()):
        unit = model.towards(int(i), int(j))
        length = float((model.means[j] - model.means[i]) @ unit)
        if length <= 0:
            continue
        spreads = np.array([model.sd_along(int(one), unit) for one in (i, j)])
        sd = float(spreads.min())
        distance = length / sd
        valley = lowest_between(model.weights[[i, j]], spreads / sd, distance)
        if valley is None:
            continue
        members = (labels == i) | (labels == j)
        position = (test[members] - model.means[i]) @ (unit / sd)
        half = min(HALF_WIDTH, 0.5 * valley, 0.5 * (distance - valley))
        of_cluster = counts[matched[i]]
        of_cluster.folds_with_valley += 1
        of_cluster.valley += int((np.abs(position - valley) <= half).sum())
        of_cluster.here += int((np.abs(position) <= half).sum())
        of_cluster.there += int((np.abs(position - distance) <= half).sum())


def lowest_between(weights: Floats, spreads: Floats, distance: float) -> float | None:
    """Lowest point between two normal densities at 0 and `distance`, None where there is none.

    Examples
    --------
    >>> lowest_between(np.array([0.5, 0.5]), np.ones(2), 4.0)
    2.0
    """
    grid = np.linspace(0.0, distance, 201)
    away = np.stack([grid, distance - grid]) / spreads[:, None]
    density = (weights / spreads) @ np.exp(-0.5 * away**2)
    lowest = 1 + int(density[1:-1].argmin())
    if density[lowest] >= 0.999 * min(density[0], density[-1]):
        return None
    return float(grid[lowest])


def _summary(repeats: Sequence[list[_Counts]]) -> Saddle:
    p = np.array([[counts.p_value() for counts in repeat] for repeat in repeats])
    depth = np.array([[counts.depth() for counts in repeat] for repeat in repeats])
    return Saddle(
        p=np.median([_pooled_p(repeat) for repeat in repeats]),
        p_by_cluster=tuple(np.median(p, axis=0).tolist()),
        depth=tuple(np.median(depth, axis=0).tolist()),
    )
