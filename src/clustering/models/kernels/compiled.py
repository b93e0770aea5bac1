"""The one way in which functions of this project are compiled.

Compiled code holds no GIL, so threads share one copy of the data, and is kept on disk beside the
package (or in the user's cache folder where that is read-only), so that only the first call ever
waits. There is no `fastmath`: the order of floating-point operations is the one written, on any
number of threads.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function of this package on its first call, and keep the result on disk."""
    decorate = numba.njit(nogil=True, cache=True, error_model="numpy")
    return cast(Function, decorate(function))


def compile_kernels() -> None:
    """Compile every kernel now and keep it on disk, so that no user waits for it later.

    Examples
    --------
    >>> compile_kernels()
    """
    # The kernels are compiled by the decorator above: they cannot be imported before it is there.
    from clustering.models.kernels.distances import cluster_distances
    from clustering.models.kernels.multistart import best_of_starts
    from clustering.models.kernels.packing import nearest, pack, padded
    from clustering.models.kmeans import fit_kmeans

    values = np.array([[0.0, 1.0], [1.0, 0.0], [5.0, 5.0], [6.0, 5.0]])
    fit = fit_kmeans(values, 2, n_init=1)
    blocks = pack(values, np.arange(4))
    uniforms = np.full((1, 2, 1), 0.5)
    centres, labels, *_ = best_of_starts(
        blocks, 4, padded(np.ones(4)), fit.centres[None].copy(), uniforms, 1, 1, 1
    )
    nearest(blocks, 4, centres)
    cluster_distances(values, blocks, labels[None].copy(), np.array([0, 2]))
