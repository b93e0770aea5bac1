"""The one way in which functions of this project are compiled.

Compiled code holds no GIL, so threads share one copy of the data, and is kept on disk beside the
package (or in the user's cache folder where that is read-only), so that only the first call ever
waits. There is no `fastmath`: the order of floating-point operations is the one written, on any
number of threads.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

__all__ = ["compiled"]

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function of this package on its first call, and keep the result on disk."""
    decorate = numba.njit(nogil=True, cache=True, error_model="numpy")
    return cast(Function, decorate(function))
