"""Where the texts of a drawn figure lie, and which colours it uses."""

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

_SLACK = 0.1  # inches: letters without descenders leave as much below a line
_OUT = 0.03


def faults(figure: Figure) -> list[str]:
    """What a reader of a figure that was drawn would stumble over."""
    return [*_outside(figure), *_overlapping(figure), *_alike(figure)]


def colours_of(figure: Figure) -> set[str]:
    """Every colour of lines, areas and points, as hexadecimal."""
    found: set[str] = set()
    for line in figure.findobj(Line2D):
        found |= {to_hex(line.get_color()), to_hex(line.get_markerfacecolor())}
    for patch in figure.findobj(Patch):
        found.add(to_hex(patch.get_facecolor()))
    for points in figure.findobj(Collection):
        found |= {to_hex(colour) for colour in points.get_facecolor()}
    return found


def _outside(figure: Figure) -> list[str]:
    page, room = figure.bbox, _OUT * figure.dpi
    return [
        f"'{text.get_text()}' leaves the figure"
        for text in _texts(figure)
        if (box := text.get_window_extent()).x0 < page.x0 - room
        or box.x1 > page.x1 + room
        or box.y0 < page.y0 - room
        or box.y1 > page.y1 + room
    ]


def _overlapping(figure: Figure) -> list[str]:
    # The box of a slanted text says little of where it is.
    upright = [text for text in _texts(figure) if text.get_rotation() % 90 == 0]
    boxes = [(text.get_text(), text.get_window_extent()) for text in upright]
    room = _SLACK * figure.dpi / 2
    return [
        f"'{one}' touches '{other}'"
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > room and min(a.y1, b.y1) - max(a.y0, b.y0) > room
    ]


def _alike(figure: Figure) -> list[str]:
    """Ticks of different amounts that read alike."""
    found = []
    for axis in _axes(figure):
        read: dict[str, float] = {}
        for place, text in _ticks(axis):
            if abs(read.setdefault(text.get_text(), abs(place)) - abs(place)) > 1e-12:
                found.append(f"two ticks read '{text.get_text()}'")
    return found


def _texts(figure: Figure) -> list[Text]:
    ticks = {id(text) for ax in _all_axes(figure) for axis in (ax.xaxis, ax.yaxis)
             for text in [*axis.get_ticklabels(), *_second_labels(axis), axis.label]}  # fmt: skip
    loose = [text for text in figure.findobj(Text) if id(text) not in ticks]
    shown = [text for axis in _axes(figure) for text in [*_labels(axis), axis.label]]
    return [text for text in [*loose, *shown] if text.get_visible() and text.get_text().strip()]


def _ticks(axis: Axis) -> Iterator[tuple[float, Text]]:
    """The labelled ticks that lie within what is shown."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    for place, text in zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=False):
        if low - slack <= place <= high + slack and text.get_visible() and text.get_text():
            yield float(place), text


def _labels(axis: Axis) -> list[Text]:
    return [text for _, text in _ticks(axis)]


def _second_labels(axis: Axis) -> list[Text]:
    return [tick.label2 for tick in axis.get_major_ticks()]


def _axes(figure: Figure) -> list[Axis]:
    return [axis for ax in _all_axes(figure) if ax.axison for axis in (ax.xaxis, ax.yaxis)]


def _all_axes(figure: Figure) -> list[Axes]:
    return list(figure.axes)
