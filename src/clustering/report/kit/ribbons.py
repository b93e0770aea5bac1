"""Bars, and ribbons between them: how accounts of some groups spread over others."""

from collections.abc import Callable, Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from clustering.arrays import Floats
from clustering.report.kit.canvas import INK

_CODES = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]


def bar(
    ax: Axes, sides: tuple[float, float], span: Iterable[float], colour: str, hatch: str = ""
) -> None:
    """A bar between two sides of the axes, over a span of heights."""
    low, high = span
    width = sides[1] - sides[0]
    ax.add_patch(
        Rectangle(
            (sides[0], low), width, high - low, facecolor=colour, hatch=hatch,
            edgecolor=INK if hatch else "none", linewidth=0,
        )
    )  # fmt: skip


def ribbons(
    ax: Axes,
    sides: tuple[float, float],
    heights: Floats,
    starts: tuple[Floats, Floats],
    paint: Callable[[int, int], tuple[str, float]],
) -> None:
    """A ribbon from every bar on the left to every bar on the right, none where nothing goes.

    Parameters
    ----------
    sides : where the ribbons begin and end
    heights : float64 array (n_left, n_right)
    starts : least height of every bar on the left, and of every one on the right
    paint : colour and opacity of the ribbon between two bars
    """
    at = starts[0][:, None] + np.cumsum(heights, axis=1) - heights
    to = starts[1] + np.cumsum(heights, axis=0) - heights
    for i, j in np.argwhere(heights > 0):
        colour, alpha = paint(int(i), int(j))
        shape = _ribbon(*sides, at[i, j], to[i, j], heights[i, j])
        ax.add_patch(PathPatch(shape, facecolor=colour, alpha=alpha, edgecolor="none"))


def _ribbon(x0: float, x1: float, start: float, end: float, height: float) -> Path:
    middle = (x0 + x1) / 2
    there = [(x0, start), (middle, start), (middle, end), (x1, end)]
    back = [(x, y + height) for x, y in reversed(there)]
    return Path([*there, *back, (x0, start)], _CODES)
