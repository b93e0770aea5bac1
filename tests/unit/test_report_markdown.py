"""Pages as Markdown: the words of the page, shown as they are, and nothing that acts."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from clustering import results
from clustering.report.build.pages import TWINS
from clustering.report.build.render import WITHOUT_NAMES
from clustering.report.kit.markdown import as_markdown
from study_folders import HOSTILE_NAMES


class Words(HTMLParser):
    """The words of a page in their order, those of pictures included, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self._texts: list[str] = []
        self.feed(page)

    @property
    def found(self) -> list[str]:
        return re.findall(r"\w+", " ".join(self._texts).replace("\u2068", "").replace("\u2069", ""))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self._texts.append(dict(attrs)["alt"] or "")

    def handle_data(self, data: str) -> None:
        self._texts.append(data)


def shown(markdown: str) -> Words:
    """What a reader of Markdown shows, one that lets HTML pass as well."""
    return Words(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


@pytest.mark.slow
@pytest.mark.parametrize("folder", [".", WITHOUT_NAMES])
@pytest.mark.parametrize("page", TWINS)
def test_the_twin_says_what_the_page_says(rendered_study: Path, page: str, folder: str) -> None:
    report = rendered_study / "report" / folder
    text = (report / page).read_text(encoding="utf-8")
    main = Words(text[text.index("<main") : text.index("</main>")]).found
    twin = shown((report / TWINS[page]).read_text(encoding="utf-8"))
    start = twin.found.index(main[0], 3)
    assert twin.found[start : start + len(main)] == main
    assert len(main) > 300
    allowed = "h1 h2 h3 p strong ul ol li img table thead tbody tr th td"
    assert set(twin.tags) <= set(allowed.split())


@pytest.mark.slow
def test_its_pictures_are_there_and_names_stay_at_home(rendered_study: Path) -> None:
    report = rendered_study / "report"
    names = results.read(rendered_study).names
    local = (report / "leadership.md").read_text(encoding="utf-8")
    assert names.iloc[-1] in local or "Company " in local
    for folder in (report, report / WITHOUT_NAMES):
        text = (folder / "leadership.md").read_text(encoding="utf-8")
        pictures = re.findall(r"\]\(([^)]+\.png)\)", text)
        assert len(pictures) >= 5
        assert all((folder / picture).is_file() for picture in pictures)
    assert not [name for name in names if " ".join(name.split()) in text]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_shown_and_does_nothing(name: str) -> None:
    said = " ".join(name.split())
    for place in ("<p>{}</p>", "<ul><li>{}</li></ul>", "<h2>{}</h2>"):
        found = shown(as_markdown(place.format(f"<bdi>{html.escape(said)}</bdi>")))
        assert not {"script", "img", "span"} & set(found.tags)
        assert found.found == re.findall(r"\w+", said)


@pytest.mark.parametrize(
    "text", ["1. one", "12) two", "- a", "+ a", "# a", "=== a", "---", "> a", "a | b", "&lt; a"]
)
def test_no_text_becomes_a_list_or_a_heading_by_chance(text: str) -> None:
    made = as_markdown(f"<p>{html.escape(text)}</p>")
    parsed = MarkdownIt("commonmark").enable("table").render(made)
    assert parsed == f"<p>{html.escape(text)}</p>\n"


def test_a_name_from_the_right_is_isolated_in_its_line() -> None:
    made = as_markdown("<p><bdi>\u05e9\u05dc\u202etxt</bdi> (A-1)</p>")
    assert made == "\u2068\u05e9\u05dc\u202etxt\u2069 (A-1)"


def test_a_table_keeps_its_rows_columns_and_sides() -> None:
    cells = "<tr><th>a|b</th><td class='number'>1</td></tr>"
    head = "<tr><th>x</th><th class='number'>y</th></tr>"
    made = as_markdown(f"<table><caption>T</caption><thead>{head}</thead>{cells}</table>")
    assert made == "**T**\n\n| x | y |\n| --- | ---: |\n| a\\|b | 1 |"
