"""Texts at bars, points and ticks: none on another, and no two numbers that read alike."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import Formatter
from matplotlib.transforms import ScaledTranslation

from clustering.arrays import Floats
from clustering.report.kit.canvas import INK
from clustering.report.kit.marks import Mark

_MOST_DIGITS = 9
_ASIDE = 9.0  # points between an axis and the mark of a segment


def spread(places: Sequence[float], heights: Sequence[float], low: float, high: float) -> Floats:
    """Middles of labels, as near to their places as they go without touching.

    Parameters
    ----------
    places, heights : of the labels, from the first to the last
    low, high : between which all of them lie, if there is room

    Examples
    --------
    >>> spread([0.1, 0.15, 0.9], [0.2, 0.2, 0.2], 0.0, 1.0).round(2).tolist()
    [0.1, 0.3, 0.9]
    >>> spread([0.9, 0.95], [0.2, 0.2], 0.0, 1.0).round(2).tolist()
    [0.7, 0.9]
    """
    found = np.asarray(places, dtype=np.float64).copy()
    half = np.asarray(heights, dtype=np.float64) / 2
    end = low
    for i in range(len(found)):
        found[i] = max(found[i], end + half[i])
        end = found[i] + half[i]
    end = high
    for i in reversed(range(len(found))):
        found[i] = min(found[i], end - half[i])
        end = found[i] - half[i]
    return found


class InWords(Formatter):
    """Ticks as a function of value and digits writes them, with the fewest digits that differ.

    Examples
    --------
    >>> from clustering.wording import percent_in_words
    >>> InWords(percent_in_words).format_ticks([0.15001, 0.15002])
    ['15.001 %', '15.002 %']
    >>> InWords(percent_in_words).format_ticks([0.0, 0.5])
    ['0 %', '50 %']
    """

    def __init__(self, words: Callable[[float, int], str]) -> None:
        self.words = words

    def __call__(self, x: float, pos: int | None = None) -> str:
        """One tick alone."""
        return self.words(x, 3)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """All ticks of an axis."""
        for digits in range(3, _MOST_DIGITS + 1):
            texts = [self.words(float(value), digits) for value in values]
            # A share to either side of zero may be written without its sign.
            if len(set(texts)) >= len({abs(value) for value in values}):
                break
        return texts


def mark_ticks(
    ax: Axes,
    marks: Sequence[Mark],
    axis: Literal["x", "y"] = "y",
    *,
    places: Sequence[float] | None = None,
    top: bool = False,
) -> None:
    """The mark of a segment between every tick and its label.

    Parameters
    ----------
    places : of the ticks; 0, 1, 2, ... if not given
    top : whether the labels of the columns stand above them
    """
    shift = _ASIDE / 72
    figure = ax.figure
    if axis == "y":
        base, offset = ax.get_yaxis_transform(), (-shift, 0.0)
    else:
        base, offset = ax.get_xaxis_transform(), (0.0, shift if top else -shift)
    where = base + ScaledTranslation(*offset, figure.dpi_scale_trans)
    listed = range(len(marks)) if places is None else places
    for place, mark in zip(listed, marks, strict=True):
        at = (0.0, place) if axis == "y" else (place, 1.0 if top else 0.0)
        ax.plot(
            [at[0]], [at[1]], marker=mark.marker, color=mark.colour, markersize=6.5,
            markeredgecolor=INK, markeredgewidth=0.3, linestyle="none", transform=where,
            clip_on=False, zorder=5,
        )  # fmt: skip
    ax.tick_params(axis=axis, pad=2 * _ASIDE - 2)
