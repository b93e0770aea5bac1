"""One look for all figures: sizes, the greys of what is no segment, wrapped text.

Figures are made without pyplot, so that drawing leaves no state behind.
"""

import textwrap
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.markers import MarkerStyle

from clustering.report.kit.direction import FROM_THE_RIGHT

INK = "#1f2933"
MUTED = "#616e7c"
PALE = "#d9dee4"

#: What a figure is about where that is no segment, and what stands beside it.
STRONG = "#334e68"
SOFT = "#9fb3c8"

#: More lines than two, told apart by mark and dash as well: colour, marker, dash.
SERIES = (
    (STRONG, "o", "-"),
    ("#627d98", "s", (0, (5, 2))),
    (SOFT, "^", "-"),
    (STRONG, "D", (0, (1, 1.5))),
    ("#627d98", "v", (0, (5, 1.5, 1, 1.5))),
)

#: The only colours with a judgement; they differ in lightness, and for every colour-blind reader.
GOOD = "#01665e"
BAD = "#8c510a"
BAD_TO_GOOD = LinearSegmentedColormap.from_list("bad_to_good", [BAD, "#f7f7f7", GOOD])
NONE_TO_ALL = LinearSegmentedColormap.from_list("none_to_all", ["white", STRONG])

#: A line at what is asked for, and one at what was chosen.
ASKED: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": (0, (4, 3))}
CHOSEN: dict[str, Any] = {"color": INK, "linewidth": 1.6}

_LONGEST_WORD = 18
_LETTERS = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}  # of a path in an SVG, by matplotlib's code
_INVISIBLE = ("Cc", "Cf")  # controls and marks of direction: fonts draw them as boxes


def outline(marker: str) -> str:
    """The shape of a marker as the path of an SVG: a unit wide, around the origin.

    Examples
    --------
    >>> outline("s")
    'M-0.5 0.5L0.5 0.5L0.5 -0.5L-0.5 -0.5Z'
    """
    style = MarkerStyle(marker)
    path = style.get_path().transformed(style.get_transform())
    parts = []
    for points, code in path.iter_segments():
        letter = _LETTERS[int(code)]
        numbers = [f"{x:.3g} {0.0 - y:.3g}" for x, y in points.reshape(-1, 2)]
        parts.append(letter + ("" if letter == "Z" else " ".join(numbers)))
    return "".join(parts)


def ink_on(colour: Any) -> str:
    """White or ink, whichever reads better on a colour.

    Examples
    --------
    >>> ink_on("white") == INK, ink_on(STRONG)
    (True, 'white')
    """
    red, green, blue = to_rgb(colour)
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def wrap(text: str, width: int, lines: int | None = None) -> str:
    """Break a long name over lines; the rest of a very long one becomes an ellipsis.

    Examples
    --------
    >>> wrap("on time with milestones, high breadth", 24)
    'on time with milestones,\\nhigh breadth'
    >>> wrap("a name that goes on and on", 10, lines=2)
    'a name\\nthat …'
    >>> wrap("W" * 200 + " Ltd", 12)
    'WWWWWWWWWWWWWWWWW…\\nLtd'
    """
    kept = " ".join(_short_word(word) for word in _visible(text).split())
    kept = kept.replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%")
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


def _visible(text: str) -> str:
    """The letters of a text; marks keep in place what stands beside letters from the right."""
    kept = "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or unicodedata.category(letter) not in _INVISIBLE
    )
    return FROM_THE_RIGHT.sub("\u200e\\g<0>\u200e", kept)


def _short_word(word: str) -> str:
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 1]}…"


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
