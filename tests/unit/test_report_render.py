"""The report is whole, offline, without scripts; names are in one set of pages only."""

import html
import itertools
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clustering import results
from clustering.errors import OutputError, StudyFolderError
from clustering.report import render as render_study
from clustering.report import words
from clustering.report.build import pages
from clustering.report.build.explorer import SHEET
from clustering.report.build.notebooks import Cell, Notebook, run_notebooks
from clustering.report.build.render import WITHOUT_NAMES
from study_folders import HOSTILE_NAMES, build_study

PAGES = [pages.INDEX, *(page.file for page in pages.LISTED)]
pytestmark = pytest.mark.slow


class Elements(HTMLParser):
    """Every start tag with its attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.mark.parametrize("file", PAGES)
def test_a_page_asks_for_nothing_from_outside(rendered_study: Path, file: str) -> None:
    page = (rendered_study / "report" / file).read_text(encoding="utf-8")
    elements = Elements(page).found
    for tag, attributes in elements:
        assert tag not in {"iframe", "object", "embed", "base", "form"}
        assert tag != "script" or file == pages.EXPLORER.file
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "data", "action"):
            value = attributes.get(name, "")
            assert not re.match(r"(?i)\s*([a-z]+:)?//", value), value
            assert not re.match(r"(?i)\s*javascript:", value)
    assert not re.search(r"https?://", re.sub(r"base64,[^\"]+", "", page))
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert ("script-src" in page) == (file == pages.EXPLORER.file)


@pytest.mark.parametrize("file", PAGES)
def test_a_page_can_be_read_by_everybody(rendered_study: Path, file: str) -> None:
    elements = Elements((rendered_study / "report" / file).read_text(encoding="utf-8")).found
    tags = [tag for tag, _ in elements]
    assert ("html", {"lang": "en"}) in elements
    assert tags.count("h1") == 1
    assert tags.count("main") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    for tag, attributes in elements:
        if tag == "img":
            assert len(attributes["alt"]) > 40


def test_links_lead_to_pages_that_exist(rendered_study: Path) -> None:
    for folder in (rendered_study / "report", rendered_study / "report" / WITHOUT_NAMES):
        for file in PAGES:
            elements = Elements((folder / file).read_text(encoding="utf-8")).found
            links = [a["href"] for tag, a in elements if tag == "a" and "#" not in a["href"]]
            assert len(links) >= len(PAGES)
            assert all((folder / link).is_file() for link in links)


def test_lists_with_names_are_linked_from_the_local_pages_alone(rendered_study: Path) -> None:
    for file in ("4_leadership.html", "1_accounts.html"):
        page = (rendered_study / "report" / file).read_text(encoding="utf-8")
        assert 'href="../reconfirmation.csv"' in page
        bare = (rendered_study / "report" / WITHOUT_NAMES / file).read_text(encoding="utf-8")
        assert "reconfirmation.csv" in bare
        assert "../" not in bare[bare.index("<main") :]
        for one in (page, bare):
            assert f'href="{SHEET}"' in one


def test_the_verdict_stands_in_the_first_lines(rendered_study: Path) -> None:
    index = (rendered_study / "report" / pages.INDEX).read_text(encoding="utf-8")
    body = " ".join(re.sub(r"<[^>]+>", " ", index[index.index("<main") :]).split())
    study = results.read(rendered_study)
    answer = f"tiers? {words.short_answer(study)} {words.recommendation(study)}"
    assert answer in body[: 2 * len(answer)]
    assert "no natural groups" in body[: 3 * len(answer)]


def test_leadership_sees_no_code_and_no_formulas(rendered_study: Path) -> None:
    page = (rendered_study / "report" / "4_leadership.html").read_text(encoding="utf-8")
    assert "import" not in page
    assert "study = results" not in page
    text = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    assert "$" not in text
    assert "Traceback" not in text


def test_names_are_shown_as_text_and_only_in_the_local_report(rendered_study: Path) -> None:
    report = rendered_study / "report"
    local = (report / "4_leadership.html").read_text(encoding="utf-8")
    names = results.read(rendered_study).names
    shown = [name for name in HOSTILE_NAMES if html.escape(" ".join(name.split())) in local]
    assert shown == list(HOSTILE_NAMES)
    for file in (report / WITHOUT_NAMES).iterdir():
        page = html.unescape(file.read_text(encoding="utf-8"))
        assert not [name for name in names if " ".join(name.split()) in page]


def test_people_are_named_in_the_local_explorer_alone(rendered_study: Path) -> None:
    report = rendered_study / "report"
    for file in (pages.EXPLORER.file, SHEET):
        assert "Manager Alpha" in (report / file).read_text(encoding="utf-8")
        assert "Manager" not in (report / WITHOUT_NAMES / file).read_text(encoding="utf-8")


def test_figures_are_files_too(rendered_study: Path) -> None:
    figures = {file.stem for file in (rendered_study / "report" / "figures").glob("*.png")}
    assert {"choice_curves", "profile_heatmap", "flow_arr_tiers", "account_map"} <= figures


def test_a_cell_that_fails_leaves_the_earlier_report(
    rendered_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tmp_path / "study"
    shutil.copytree(rendered_study, study)
    (study / "typical.parquet").unlink()
    before = (study / "report" / pages.INDEX).read_bytes()
    accounts = next(page for page in pages.PAGES if page.notebook == "1_accounts")
    monkeypatch.setattr("clustering.report.build.render.PAGES", (accounts,))
    with pytest.raises(StudyFolderError, match=r"tables\.typical\(study, names=NAMES\)\s+raised"):
        render_study(study)
    assert (study / "report" / pages.INDEX).read_bytes() == before
    assert not [file for file in study.iterdir() if file.name.startswith(".")]


def test_no_notebook_rests_on_what_another_left_behind(tmp_path: Path) -> None:
    first = Notebook((Cell("left = 1\nleft", is_code=True, tags=()),))
    second = Notebook((Cell("'left' in dir()", is_code=True, tags=()),))
    ran = run_notebooks([first, second], tmp_path)
    assert [notebook.cells[0].shown for notebook in ran] == [1, False]


def test_a_report_that_cannot_be_written_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = build_study(tmp_path / "study")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clustering.report.build.render._pages", lambda *_: ({}, {}))
    monkeypatch.setattr("clustering.report.build.render._write", full)
    with pytest.raises(OutputError, match=r"No space left on device\. An earlier report there"):
        render_study(study)
    assert not (study / "report").exists()


def test_a_folder_that_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyFolderError, match="is not a finished study"):
        render_study(tmp_path)
