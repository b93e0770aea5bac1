"""A figure with the finding it shows and the text that replaces it for a reader who cannot see."""

import base64
import html
import io
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

_COMPRESSION = 4  # of 9: a third of the time of 6 for a tenth more bytes
_DOTS_PER_INCH = 170  # sharp in print and on dense screens; shown at 100 CSS pixels an inch


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

    @cached_property
    def _png(self) -> bytes:
        """Drawn once: `savefig` draws every figure twice, first for its layout alone."""
        canvas: Any = FigureCanvasAgg(self.figure)  # untyped
        self.figure.set_dpi(_DOTS_PER_INCH)
        with warnings.catch_warnings():
            # A level that a company named with an emoji is shown as a box, and that is enough.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            canvas.draw()
        buffer = io.BytesIO()
        drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        drawn.save(buffer, "png", compress_level=_COMPRESSION, dpi=(_DOTS_PER_INCH,) * 2)
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        width = round(self.figure.get_figwidth() * 100)
        content = base64.b64encode(self.png()).decode()
        return (
            f'<figure class="drawn" id="figure-{html.escape(self.name)}">'
            f'<img data-figure="{html.escape(self.name)}" width="{width}" '
            f'alt="{html.escape(self.title)}. {html.escape(self.alt)}" '
            f'style="max-width: 100%; height: auto" src="data:image/png;base64,{content}">'
            "</figure>"
        )

    def __repr__(self) -> str:
        return f"{self.title}. {self.alt}"
