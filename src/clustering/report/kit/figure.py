"""A figure with the finding it shows and the text that replaces it for a reader who cannot see."""

import base64
import html
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

_COLOURS = 256  # flat ones and their edges: a third of the bytes of all colours
_COMPRESSION = 6
_DOTS_PER_INCH = 170  # sharp in print and on dense screens; shown at 100 CSS pixels an inch
_LONGEST_ALT = 300  # characters: a screen reader cannot skip within an alternative text

#: A slide of 13.33 by 7.5 inches; a figure of another shape stands in its middle.
_SLIDE = 'width="960pt" height="540pt"'
_SIZE = re.compile(r'width="[\d.]+pt" height="[\d.]+pt"')
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, eq=False)
class ReportFigure:
    """One figure of the report.

    Attributes
    ----------
    name : file name without suffix, as in "choice_curves"
    figure : the drawing, its title inside
    title : the finding, in words that say no more than the numbers
    alt : alternative text: what the figure shows and what can be read from it
    """

    name: str
    figure: Figure
    title: str
    alt: str

    def png(self) -> bytes:
        """The figure as PNG, without the time or the versions that would make it differ."""
        return self._png

    def svg(self) -> bytes:
        """The figure as SVG of the size of a slide; the same figure gives the same bytes.

        What the PNG found to fit stays where it is: margins are not looked for twice.
        """
        self.png()
        self.figure.set_layout_engine("none")
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        settings: Any = {"svg.hashsalt": self.name, "svg.fonttype": "path"}
        with _quietly(), mpl.rc_context(settings):
            canvas: Any = FigureCanvasSVG(self.figure)  # untyped
            canvas.print_svg(buffer, metadata={"Title": self.title, **nothing})
        text = _SIZE.sub(_SLIDE, _NO_XML.sub("", buffer.getvalue()), count=1)
        return text.encode()

    @cached_property
    def _png(self) -> bytes:
        """Drawn once: `savefig` draws every figure twice, first for its layout alone."""
        canvas: Any = FigureCanvasAgg(self.figure)  # untyped
        self.figure.set_dpi(_DOTS_PER_INCH)
        with _quietly():
            canvas.draw()
        buffer = io.BytesIO()
        drawn = _in_few_colours(Image.fromarray(np.asarray(canvas.buffer_rgba())))
        drawn.save(buffer, "png", compress_level=_COMPRESSION, dpi=(_DOTS_PER_INCH,) * 2)
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        width = round(self.figure.get_figwidth() * 100)
        content = base64.b64encode(self.png()).decode()
        words = f"{self.title}. {self.alt}"
        brief = _brief(words)
        more = (
            ""
            if brief == words
            else f"<details><summary>This figure in words</summary><p>{html.escape(words)}</p>"
            "</details>"
        )
        return (
            f'<figure id="figure-{html.escape(self.name)}">'
            f'<img data-figure="{html.escape(self.name)}" width="{width}" '
            f'alt="{html.escape(brief)}" '
            f'style="max-width: 100%; height: auto" src="data:image/png;base64,{content}">'
            f"{more}</figure>"
        )

    def __repr__(self) -> str:
        return f"{self.title}. {self.alt}"


def _in_few_colours(image: Image.Image) -> Image.Image:
    """An image with a palette, in which paper stays white: the corner of a figure is paper."""
    few = image.convert("RGB").quantize(
        _COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    palette, corner = few.getpalette() or [], few.getpixel((0, 0))
    assert isinstance(corner, int)
    palette[3 * corner : 3 * corner + 3] = [255, 255, 255]
    few.putpalette(palette)
    return few


def _brief(words: str) -> str:
    """The beginning of a text, up to the last whole part of it that has room."""
    if len(words) <= _LONGEST_ALT:
        return words
    kept = words[: _LONGEST_ALT - 1]
    end = max(kept.rfind("; "), kept.rfind(". ") + 1)
    return f"{kept[: end if end > _LONGEST_ALT / 2 else kept.rfind(' ')].rstrip()} …"


@contextmanager
def _quietly() -> Iterator[None]:
    """A level that a company named with an emoji is shown as a box, and that is enough."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
