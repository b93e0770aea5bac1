"""From notebooks that were run to pages that work offline: no address, own style, one script."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clustering.report import words
from clustering.report.build.explorer import TITLE, Explorer, own_script, policy
from clustering.report.build.notebooks import Notebook
from clustering.report.kit.names import account_html, with_links
from clustering.report.subjects import first
from clustering.results import StudyFolder

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Page:
    """One page of the report; `notebook` is the name of what it is made from, and of its file."""

    notebook: str
    title: str
    summary: str

    @property
    def file(self) -> str:
        """Name of the HTML file."""
        return f"{self.notebook}.html"


_OVERVIEW = Page("index", "Overview", "")
INDEX = _OVERVIEW.file
PAGES = (
    Page("4_leadership", "For leadership", "The answer in plain words, and what follows."),
    Page("5_plan", "What to do on Monday", "Who gets which care, what it costs, whom it fails."),
    Page("6_movement", "Over time", "Who moved and why, what to confirm, what people decided."),
    Page("1_accounts", "Who was studied", "The accounts, the rules beside them, the sources."),
    Page("2_features", "Features", "What was measured, what is missing, what was left out."),
    Page("3_choice", "Evidence and choice", "Is there structure, how many, how stable."),
)

EXPLORER = Page(
    "accounts", TITLE, "Every account: search, sort, filter, and why it is where it is."
)
"""The one page that is made from no notebook, and the one with a script."""

LISTED = (*PAGES[:2], EXPLORER, *PAGES[2:])
"""The pages in the order of the navigation."""

TWINS = {INDEX: "index.md", PAGES[0].file: "leadership.md"}
"""The pages that are written as Markdown too, and the files of these twins."""

#: A number and what it counts; a currency belongs to the amount before it.
_UNIT = re.compile(r"(\d) (%|(?:k|M|bn)\b)(?: ([A-Z]{3})\b)?")
_PARTS = re.compile(
    r"<header>\s*(<p>.*?</p>).*?<main[^>]*>(.*)</main>\s*<footer>(.*?)</footer>", re.DOTALL
)


def notebook_page(study: StudyFolder, page: Page, notebook: Notebook) -> str:
    """The page of a notebook that was run."""
    content = _template("notebook.html.j2").render(notebook=notebook)
    return _in_shell(study, page, with_links(with_anchors(content), EXPLORER.file))


def index_page(study: StudyFolder) -> str:
    """The question, the answer and what to do first; then the labels, and where to read on."""
    content = _template("index.html.j2").render(
        question=first.question(study),
        warning=words.commercial(study),
        short=words.short_answer(study),
        answer=words.recommendation(study),
        headlines=first.headlines(study),
        actions=first.actions(study),
        planned_by=first.planned_by(study),
        cards=first.cards(study),
        bands=first.band_cards(study),
        groups=study.document.group_word.plural,
        changes=words.what_would_change(study),
        proofs=first.proofs(study),
        introduction=words.introduction(study),
        pages=LISTED,
        titles={page.file: page.title for page in PAGES},
        account=_account_link,
    )
    return _in_shell(study, _OVERVIEW, content)


def _account_link(account_id: str) -> str:
    """An account that leads to what the explorer knows of it."""
    return with_links(account_html(account_id), EXPLORER.file)


def explorer_page(study: StudyFolder, made: Explorer) -> str:
    """The page of all accounts."""
    style = (_TEMPLATES / "accounts.css").read_text(encoding="utf-8")
    content = _template("accounts.html.j2").render(style=style, **made.parts)
    return _in_shell(study, EXPLORER, content, own_script())


def on_paper(pages: Mapping[str, str], title: str) -> str:
    """Finished pages as one, for printing; each begins on a sheet of its own, under its file."""
    parts = {file: _parts(page) for file, page in pages.items()}
    content = "".join(
        f'<section class="page{" overview" if file == INDEX else ""}" id="{file}">{main}</section>'
        for file, (_, main, _) in parts.items()
    )
    about, _, footer = next(iter(parts.values()))
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    rendered: str = _template("paper.html.j2").render(
        style=style, title=title, about=about, content=content, footer=footer
    )
    return rendered


def _parts(page: str) -> tuple[str, str, str]:
    """What a finished page says it is about, what it says, and where that comes from, as HTML."""
    found = _PARTS.search(page)
    if found is None:
        raise ValueError("this is no page of the report")
    return found[1], found[2], found[3]


def markdown_twin(page: str, figures: str) -> str:
    """The words and tables of a page as Markdown.

    Parameters
    ----------
    page : of the report, whole
    figures : folder of the figures, from where the text will stand
    """
    # Imported here: who shows a study in Jupyter needs no parser.
    from clustering.report.kit.markdown import as_markdown

    # The pictures themselves are long, and are left out in any case.
    words = re.sub(r'src="data:[^"]*"', "", "".join(_parts(page)))
    return as_markdown(words, figures) + "\n"


def single_page(title: str, about: str, as_of: str, content: str, footer: str) -> str:
    """A page in the style of the report that stands alone; `content` is HTML, the others text."""
    return _shell(title=title, about=about, as_of=as_of, content=content, footer=footer, pages=[])


def _in_shell(study: StudyFolder, page: Page, content: str, script: str = "") -> str:
    document = study.document
    made_from = "" if page not in PAGES else f"; made from the notebook {page.notebook}.ipynb"
    return _shell(
        title=page.title,
        about=document.title,
        as_of=document.as_of,
        caution=words.quick(study),
        current=page.file,
        body_class="overview" if page is _OVERVIEW else "",
        pages=[_OVERVIEW, *LISTED],
        content=content,
        script=script,
        script_policy=policy(script),
        footer=f"Study '{document.name}', written {document.created_at}, seed {document.seed}, "
        f"configuration {document.provenance.config_hash[:12]}. Every number on this page is read "
        f"from the study folder{made_from}.",
    )


def _shell(*, content: str, script: str = "", **parts: Any) -> str:
    # The data of a page with a script is searched and saved, and stays as it was typed.
    shown = content if script else unbroken(content)
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    rendered: str = _template("shell.html.j2").render(
        style=style, content=shown, script=script, **parts
    )
    return rendered


def _template(name: str) -> Any:
    return _environment().get_template(name)


def with_anchors(content: str) -> str:
    """Headings that can be linked to; the same words have the same address in every report."""

    def anchored(match: re.Match[str]) -> str:
        place = re.sub(r"[^a-z0-9]+", "-", match[1].lower()).strip("-")
        link = f'<a class="anchor" href="#{place}" aria-label="Link to: {match[1]}"></a>'
        return f'<h2 id="{place}">{match[1]} {link}</h2>'

    return re.sub(r"<h2>([^<]*)</h2>", anchored, content)


def unbroken(text: str) -> str:
    """A text in which a number and its unit stay on one line.

    Examples
    --------
    >>> ascii(unbroken("15 % of 2 M USD"))
    "'15\\\\xa0% of 2\\\\xa0M\\\\xa0USD'"
    """
    return _UNIT.sub(_joined, text)


def _joined(found: re.Match[str]) -> str:
    return "\u00a0".join(part for part in found.groups() if part)


def _words(text: str) -> str:
    """A text as HTML."""
    return html.escape(text)


@cache
def _environment() -> Any:
    # Imported here: the notebooks import this package for its figures alone.
    from jinja2 import Environment, FileSystemLoader
    from markdown_it import MarkdownIt

    # Values are escaped in the templates, where one sees which are text and which are pages.
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=False)
    environment.filters["words"] = _words
    environment.filters["markdown"] = MarkdownIt("commonmark", {"html": False}).render
    return environment
