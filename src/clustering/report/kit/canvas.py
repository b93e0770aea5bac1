"""One look for all figures: sizes, colours that colour-blind readers tell apart, wrapped text.

Figures are made without pyplot, so that drawing leaves no state behind.
"""

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

INK = "#1f2933"
MUTED = "#616e7c"
PALE = "#d9dee4"
ACCENT = "#c2410c"

#: A line at what is asked for, and one at what was chosen.
ASKED: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": (0, (4, 3))}
CHOSEN: dict[str, Any] = {"color": ACCENT, "linewidth": 1.4}

# Okabe and Ito (2008), without the yellow that is too pale on white, and two that follow suit.
_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#5D3A9B",
    "#7F7F7F",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""A second channel beside colour; from the ninth segment colours repeat with other markers."""


def colours(n: int) -> list[str]:
    """One colour a segment.

    Examples
    --------
    >>> len(set(colours(8))), len(colours(11))
    (8, 11)
    """
    return [_COLOURS[i % len(_COLOURS)] for i in range(n)]


def wrap(text: str, width: int, lines: int | None = None) -> str:
    """Break a long name over lines; the rest of a very long one becomes an ellipsis.

    Examples
    --------
    >>> wrap("on time with milestones, high breadth", 24)
    'on time with milestones,\\nhigh breadth'
    >>> wrap("a name that goes on and on", 10, lines=2)
    'a name\\nthat …'
    """
    kept = text.replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%")
    broken = textwrap.wrap(
        kept,
        width,
        max_lines=lines,
        placeholder=" …",
        break_on_hyphens=False,
        break_long_words=False,
    )
    # A dollar sign would otherwise start mathematics in matplotlib.
    return "\n".join(broken).replace("$", r"\$")


def wrap_apart(names: Sequence[str], width: int, lines: int | None = None) -> list[str]:
    """Names broken over lines; those that the ellipsis made alike begin with their place.

    Examples
    --------
    >>> wrap_apart(["late, low breadth", "late, low use", "early"], 10, lines=1)
    ['1: late, …', '2: late, …', 'early']
    """
    broken = [wrap(name, width, lines) for name in names]
    count = Counter(broken)
    return [
        wrap(f"{place}: {name}", width, lines) if count[text] > 1 else text
        for place, (name, text) in enumerate(zip(names, broken, strict=True), start=1)
    ]


def new_figure(
    title: str, width: float = 9.6, height: float = 4.8, *, solve: bool = True
) -> Figure:
    """An empty figure with its finding as title, left-aligned and wrapped.

    `solve` finds margins that fit all text; a figure of many equal panels is drawn in half the
    time with margins of its own.
    """
    layout = (
        ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.04, hspace=0.06) if solve else None
    )
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    figure.suptitle(
        wrap(title, int(width * 9.2)),
        x=0.012,
        ha="left",
        fontsize=13,
        fontweight="bold",
        color=INK,
    )
    return figure


def one_panel(title: str, width: float = 9.6, height: float = 4.8) -> tuple[Figure, Axes]:
    """An empty figure with one panel."""
    figure = new_figure(title, width, height)
    return figure, figure.subplots()


def tidy(axes: Axes | Sequence[Axes], grid: str | None = None) -> None:
    """Leave out what carries no information; `grid` draws pale lines along "x" or "y"."""
    for ax in [axes] if isinstance(axes, Axes) else axes:
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            ax.spines[side].set_color(PALE)
        ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=9, length=3)
        ax.xaxis.label.set_color(INK)
        ax.yaxis.label.set_color(INK)
        if grid == "x":
            ax.grid(axis="x", color=PALE, linewidth=0.7)
        elif grid == "y":
            ax.grid(axis="y", color=PALE, linewidth=0.7)
        ax.set_axisbelow(True)
