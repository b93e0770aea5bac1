"""Gaussian components that overlap into one heap are merged before anyone calls them segments."""

import numpy as np

from clustering.arrays import Ints
from clustering.models.gaussian import log_joint_density
from clustering.models.mixture import MixtureFit

STEPS = 101


def is_unimodal_pair(fit: MixtureFit, first: int, second: int) -> bool:
    """Whether two components together have a single mode.

    All modes of two Gaussians lie on their ridgeline (Ray and Lindsay 2005, Annals of Statistics
    33:2042), so that one curve decides in any number of dimensions.
    """
    precisions = [np.linalg.inv(fit.covariances[j]) for j in (first, second)]
    pulls = [precisions[0] @ fit.means[first], precisions[1] @ fit.means[second]]
    curve = np.stack(
        [
            np.linalg.solve(
                (1 - share) * precisions[0] + share * precisions[1],
                (1 - share) * pulls[0] + share * pulls[1],
            )
            for share in np.linspace(0.0, 1.0, STEPS)
        ]
    )
    pair = [first, second]
    joint = log_joint_density(curve, fit.weights[pair], fit.means[pair], fit.covariances[pair])
    height = np.logaddexp(joint[:, 0], joint[:, 1])
    steps = np.diff(height)
    rising = steps[np.abs(steps) > 1e-12] > 0
    # One heap: once the curve falls it never rises again.
    return not bool((~rising[:-1] & rising[1:]).any())


def merge_components(fit: MixtureFit) -> Ints:
    """Group of every component, (k,): components that share a heap share a group.

    Hennig's ridgeline unimodality method (2010, ADAC 4:3) with groups as chains of unimodal
    pairs; groups are numbered by their first component.

    Examples
    --------
    >>> from clustering.models.mixture import fit_from_labels
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(m, 1, (200, 1)) for m in (0, 1, 9)])
    >>> fit = fit_from_labels(X, np.repeat([0, 1, 2], 200), "full", tolerance=1e-3)
    >>> merge_components(fit).tolist()
    [0, 0, 1]
    """
    groups = np.arange(fit.k)
    for i in range(fit.k):
        for j in range(i + 1, fit.k):
            if groups[i] != groups[j] and is_unimodal_pair(fit, i, j):
                groups[groups == groups[j]] = groups[i]
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)
