"""Six slides: what the pages say, nothing beyond its frame, and no customer."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from matplotlib.font_manager import findfont
from PIL import Image, ImageFont

from clustering import results
from clustering.errors import OutputError
from clustering.report import render, words
from clustering.report.build.deck import deck
from clustering.report.build.slides import write_slides
from study_folders import Recipe, build_study

pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")

RECIPES = {
    "a gain": Recipe(forward=True),
    "eight natural groups": Recipe(verdict="natural", k=8, amount_name="run-rate"),
    "no amounts, one group": Recipe(verdict="constructive", k=1, with_arr=False, needs=False),
}


@pytest.fixture(scope="module", params=RECIPES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A study, and its slides as a presentation program opens them."""
    folder = build_study(tmp_path_factory.mktemp("slides") / "study", RECIPES[request.param])
    study = results.read(folder)
    write_slides(study, deck(study), folder / "s.pptx")
    return study, pptx.Presentation(folder / "s.pptx")


def texts(slide: Any) -> list[str]:
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


def test_there_are_six_with_a_title_and_notes(made: Any) -> None:
    _, slides = made
    assert len(slides.slides) == 6
    for slide in slides.slides:
        assert slide.shapes.title.text_frame.text
        assert len(slide.notes_slide.notes_text_frame.text) > 100


def test_the_first_says_what_the_first_screen_says(made: Any) -> None:
    study, slides = made
    said = "\n".join(texts(slides.slides[0])).replace("\u00a0", " ")
    assert words.short_answer(study) in said
    assert words.recommendation(study) in said
    notes = slides.slides[0].notes_slide.notes_text_frame.text.replace("\u00a0", " ")
    assert words.structure(study) in notes


def test_nothing_lies_beyond_the_slide_or_on_something_else(made: Any) -> None:
    _, slides = made
    for slide in slides.slides:
        places = [(s.left, s.top, s.left + s.width, s.top + s.height) for s in slide.shapes]
        for number, (left, top, right, bottom) in enumerate(places):
            assert left >= 0
            assert top >= 0
            assert right <= slides.slide_width
            assert bottom <= slides.slide_height
            for other in places[:number]:
                apart = right <= other[0] or other[2] <= left or bottom <= other[1]
                assert apart or other[3] <= top


def test_every_text_fits_its_frame(made: Any) -> None:
    _, slides = made
    for slide in slides.slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                assert height_of(shape) <= shape.height / 914_400 * 72, shape.text_frame.text


def height_of(shape: Any) -> float:
    """Points that the text takes, every line as a presentation program breaks it."""
    frame = shape.text_frame
    room = (shape.width - frame.margin_left - frame.margin_right) / 914_400 * 72
    height = (frame.margin_top + frame.margin_bottom) / 914_400 * 72
    for paragraph in frame.paragraphs:
        for run in paragraph.runs:
            size = run.font.size.pt
            face = ImageFont.truetype(findfont("DejaVu Sans"), round(size * 10))
            line, n = "", 1
            for word in run.text.split(" "):
                longer = f"{line} {word}".strip()
                if face.getlength(longer) / 10 > room and line:
                    line, n = word, n + 1
                else:
                    line = longer
            height += n * size * 1.2 + paragraph.space_after.pt
    return height


def test_no_column_and_no_customer_is_named(made: Any) -> None:
    study, slides = made
    for slide in slides.slides:
        said = "\n".join([*texts(slide), slide.notes_slide.notes_text_frame.text])
        assert not re.search(r"\w_\w", "\n".join(texts(slide)))
        assert not re.search(r"\bnan\b|\bNone\b|log loss", said)
        assert not [name for name in study.names if name in said]


def test_figures_are_pictures_with_words(made: Any) -> None:
    study, slides = made
    pictures = [
        shape for slide in slides.slides for shape in slide.shapes if hasattr(shape, "image")
    ]
    assert pictures or len(study.document.segments) == 1
    for picture in pictures:
        wide, high = Image.open(io.BytesIO(picture.image.blob)).size
        assert abs(picture.width / picture.height - wide / high) < 0.01
        assert len(picture._element._nvXxPr.cNvPr.get("descr")) > 40


def test_without_the_library_one_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pptx", None)
    folder = build_study(tmp_path / "study", RECIPES["a gain"])
    with pytest.raises(OutputError, match=r"Install clustering\[slides\], or leave out --slides"):
        render(folder, slides=True)
    assert not (folder / "report").exists()
