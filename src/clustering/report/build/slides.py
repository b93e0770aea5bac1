"""Six slides as a file that presentation programs open and edit; see `deck` for what they say.

Sizes are in inches, on a slide of 13.33 by 7.5. Every text is measured before it is placed, in a
face that is wider than those of presentation programs: what fits here fits there.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from clustering.errors import OutputError
from clustering.report.build.deck import Box, Slide
from clustering.report.build.pages import unbroken
from clustering.report.kit.canvas import INK, MUTED, PALE
from clustering.results import StudyFolder

SLIDES = "leadership.pptx"
"""The file of the slides, beside the pages."""

_WIDTH, _HEIGHT = 13.333, 7.5
_SIDE, _GAP = 0.6, 0.25
_INSET = 0.12  # between the frame of a box and its text
_BOTTOM = 0.55  # for the line below: what was studied, and when
_NO_XML = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_LINE = 1.25  # height of a line over the size of its letters
_POINTS = 72
#: Largest and smallest letters, in points.
_TITLE, _TEXT, _FOOT = (28, 18), (20, 9), (10, 8)


@dataclass(frozen=True)
class Place:
    """A rectangle of a slide, in inches."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Run:
    """A paragraph in one style."""

    text: str
    is_bold: bool = False
    is_muted: bool = False
    scale: float = 1.0


def check_installed() -> None:
    """Refuse before anything is done where slides cannot be written.

    Raises
    ------
    OutputError
        python-pptx is not installed.
    """
    try:
        import pptx  # noqa: F401
    except ImportError:
        raise OutputError(
            "slides are written by python-pptx, which is not installed. Install "
            "clustering[slides], or leave out --slides. Nothing was written."
        ) from None


def write_slides(study: StudyFolder, slides: Sequence[Slide], file: Path) -> None:
    """Write a presentation.

    Parameters
    ----------
    study : for the line at the foot, the title and the date of the file
    slides : as `deck` chose them
    file : of the presentation
    """
    from pptx import Presentation
    from pptx.util import Inches

    document = study.document
    made: Any = Presentation()
    made.slide_width, made.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    about = made.core_properties
    about.title, about.author, about.last_modified_by = document.title, "clustering", "clustering"
    about.created = about.modified = datetime.fromisoformat(document.created_at)
    foot = f"{document.title} · as of {document.as_of}"
    for number, slide in enumerate(slides, start=1):
        _draw(made, slide, f"{foot} · {number} of {len(slides)}")
    made.save(file)


def _draw(made: Any, slide: Slide, foot: str) -> None:
    # The layout that has a title and nothing else: readers of screens find a slide by its title.
    page = made.slides.add_slide(made.slide_layouts[5])
    inside = _WIDTH - 2 * _SIDE
    _write(
        page.shapes.title, [Run(slide.title, is_bold=True)], Place(_SIDE, 0.4, inside, 1.0), _TITLE
    )
    top = 1.55
    text_width = inside if slide.figure is None else inside * 0.34
    room = _HEIGHT - _BOTTOM - top
    if slide.lines:
        height = min(room, 1.0) if slide.boxes else room
        place = Place(_SIDE, top, text_width, height)
        _text(page, [Run(line) for line in slide.lines], place)
        top += height + _GAP
    if slide.boxes:
        _boxes(page, slide.boxes, Place(_SIDE, top, text_width, _HEIGHT - _BOTTOM - _GAP - top))
    if slide.figure is not None:
        left = _SIDE + text_width + _GAP
        _picture(page, slide, Place(left, 1.55, _WIDTH - _SIDE - left, room))
    _text(page, [Run(foot, is_muted=True)], Place(_SIDE, _HEIGHT - 0.5, inside, 0.32), _FOOT)
    page.notes_slide.notes_text_frame.text = "\n".join(_plain(note) for note in slide.notes)


def _grid(area: Place, n: int) -> list[Place]:
    """Equal places in rows of at most four."""
    columns = n if n <= 4 else -(-n // 2)
    rows = -(-n // columns)
    width = (area.width - (columns - 1) * _GAP) / columns
    height = (area.height - (rows - 1) * _GAP) / rows
    return [
        Place(
            area.left + (i % columns) * (width + _GAP),
            area.top + (i // columns) * (height + _GAP),
            width,
            height,
        )
        for i in range(n)
    ]


def _boxes(page: Any, boxes: Sequence[Box], area: Place) -> None:
    """Boxes side by side, in letters of one size."""
    places = _grid(area, len(boxes))
    texts = [_runs(box) for box in boxes]
    size = min(
        fitted(text, _inside(place), _TEXT)[0] for text, place in zip(texts, places, strict=True)
    )
    for text, place in zip(texts, places, strict=True):
        _box(page, text, place, size)


def _runs(box: Box) -> list[Run]:
    lines = [Run(line) for line in box.lines]
    if box.value:
        return [Run(box.title, is_muted=True), Run(box.value, is_bold=True, scale=1.6), *lines]
    return [Run(box.title, is_bold=True, scale=1.1), *lines]


def _inside(place: Place) -> Place:
    """What the frame of a box leaves for its text."""
    inset = 2 * _INSET
    return Place(place.left, place.top, place.width - inset, place.height - inset)


def _box(page: Any, runs: Sequence[Run], place: Place, size: int) -> None:
    from pptx.enum.shapes import MSO_SHAPE

    shape = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(place))
    shape.fill.solid()
    shape.fill.fore_color.rgb = _colour("#f5f7f9")
    shape.line.color.rgb = _colour(PALE)
    shape.shadow.inherit = False
    _write(shape, runs, place, (size, size), inset=_INSET)


def _text(page: Any, runs: Sequence[Run], place: Place, sizes: tuple[int, int] = _TEXT) -> None:
    _write(page.shapes.add_textbox(*_emu(place)), runs, place, sizes)


def _write(
    shape: Any, runs: Sequence[Run], place: Place, sizes: tuple[int, int], inset: float = 0.0
) -> None:
    """Put a text into a shape, as large as it fits; what does not fit at all is cut."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Inches, Pt

    shape.left, shape.top, shape.width, shape.height = _emu(place)
    frame = shape.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Inches(inset)
    room = Place(0, 0, place.width - 2 * inset, place.height - 2 * inset)
    size, fitting = fitted(runs, room, sizes)
    for number, run in enumerate(fitting):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_after = Pt(size * 0.35)
        written = paragraph.add_run()
        written.text = run.text
        written.font.size = Pt(round(size * run.scale))
        written.font.bold = run.is_bold
        written.font.color.rgb = _colour(MUTED if run.is_muted else INK)


def fitted(runs: Sequence[Run], room: Place, sizes: tuple[int, int]) -> tuple[int, list[Run]]:
    """The largest size of letters at which a text fits, and the text.

    Where it does not fit at the smallest, the longest paragraph is cut until it does.

    Examples
    --------
    >>> size, text = fitted([Run("a short text")], Place(0, 0, 4, 1), (20, 9))
    >>> size, text[0].text
    (20, 'a short text')
    >>> size, text = fitted([Run("many words " * 99)], Place(0, 0, 2, 1), (20, 9))
    >>> size, text[0].text[-2:]
    (9, ' …')
    """
    found = [Run(_plain(run.text), run.is_bold, run.is_muted, run.scale) for run in runs]
    found = [run for run in found if run.text]
    largest, smallest = sizes
    for size in range(largest, smallest - 1, -1):
        if _height(found, room.width, size) <= room.height:
            return size, found
    while _height(found, room.width, smallest) > room.height:
        longest = max(range(len(found)), key=lambda i: len(found[i].text))
        run = found[longest]
        words = run.text.removesuffix(" …").split(" ")
        shorter = " ".join(words[:-1]) if len(words) > 1 else run.text[: len(run.text) // 2]
        found[longest] = Run(f"{shorter} …", run.is_bold, run.is_muted, run.scale)
    return smallest, found


def _height(runs: Sequence[Run], width: float, size: int) -> float:
    """Inches that a text takes."""
    return sum(
        (_lines(run, width, size) * _LINE * run.scale + 0.35) * size / _POINTS for run in runs
    )


def _lines(run: Run, width: float, size: int) -> int:
    """Lines of a paragraph: a word that does not fit begins a line, one without end is broken."""
    room = width * _POINTS / (size * run.scale)
    lines, used = 1, 0.0
    for word in run.text.split(" "):
        long = _measure(word, run.is_bold)
        if used and used + long > room:
            lines, used = lines + 1, 0.0
        lines += int(long // room)
        used += long % room + _measure(" ", run.is_bold)
    return lines


@cache
def _measure(word: str, is_bold: bool) -> float:
    """Width of a word, in heights of its letters."""
    return float(_face(is_bold).getlength(word)) / 100


@cache
def _face(is_bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont
    from PIL import ImageFont

    weight = "bold" if is_bold else "normal"
    return ImageFont.truetype(findfont(FontProperties(family="DejaVu Sans", weight=weight)), 100)


def _picture(page: Any, slide: Slide, place: Place) -> None:
    """The figure as large as it fits, in its own shape, with the words that replace it."""
    from PIL import Image
    from pptx.util import Inches

    figure = slide.figure
    if figure is None:
        return
    content = figure.png()
    wide, high = Image.open(io.BytesIO(content)).size
    scale = min(place.width / wide, place.height / high)
    shown = page.shapes.add_picture(
        io.BytesIO(content),
        Inches(place.left + (place.width - wide * scale) / 2),
        Inches(place.top),
        Inches(wide * scale),
        Inches(high * scale),
    )
    shown.name = figure.name
    shown._element._nvXxPr.cNvPr.set("descr", _plain(f"{figure.title}. {figure.alt}"))


def _emu(place: Place) -> tuple[int, int, int, int]:
    from pptx.util import Inches

    sides = (place.left, place.top, place.width, place.height)
    left, top, width, height = (Inches(side) for side in sides)
    return left, top, width, height


def _plain(text: str) -> str:
    """One line of characters that an Office file may hold."""
    return unbroken(" ".join(_NO_XML.sub(" ", text).split()))


def _colour(code: str) -> Any:
    from pptx.dml.color import RGBColor

    colour: Any = RGBColor  # untyped
    return colour.from_string(code.removeprefix("#").upper())
