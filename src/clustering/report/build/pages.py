"""From notebooks that were run to pages that work offline: no address, own style, one script."""

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clustering.report import words
from clustering.report.build.explorer import TITLE, Explorer, own_script, policy
from clustering.report.build.notebooks import Notebook
from clustering.report.kit.html import bullets, paragraphs
from clustering.report.kit.names import with_links
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
    Page("1_accounts", "Accounts", "Who was studied, the rules beside it, where it came from."),
    Page("2_features", "Features", "What was measured, what is missing, what was left out."),
    Page("3_choice", "Evidence and choice", "Is there structure, how many, how stable."),
)

EXPLORER = Page(
    "accounts", TITLE, "Every account: search, sort, filter, and why it is where it is."
)
"""The one page that is made from no notebook, and the one with a script."""

LISTED = (*PAGES[:2], EXPLORER, *PAGES[2:])
"""The pages in the order of the navigation."""

_FIGURE = re.compile(r'<img data-figure="([^"]+)"[^>]*src="data:image/png;base64,([^"]+)"')


def notebook_page(study: StudyFolder, page: Page, notebook: Notebook) -> str:
    """The page of a notebook that was run."""
    content = _template("notebook.html.j2").render(notebook=notebook)
    return _in_shell(study, page, with_links(content, EXPLORER.file))


def index_page(study: StudyFolder) -> str:
    """The verdict first, then where to read on."""
    document = study.document
    links = "".join(
        f'<li><a href="{page.file}">{page.title}</a>: {page.summary}</li>' for page in LISTED
    )
    content = "\n".join(
        [
            f"<h1>{html.escape(document.title)}</h1>",
            f'<div class="answer">{paragraphs(words.answer(study)).text}</div>',
            "<h2>Read on</h2>",
            f"<ul>{links}</ul>",
            "<h2>What was studied</h2>",
            paragraphs(words.introduction(study)).text,
            "<h2>Why the verdict is what it is</h2>",
            bullets(document.reasons).text,
        ]
    )
    return _in_shell(study, _OVERVIEW, content)


def explorer_page(study: StudyFolder, made: Explorer) -> str:
    """The page of all accounts."""
    style = (_TEMPLATES / "accounts.css").read_text(encoding="utf-8")
    content = _template("accounts.html.j2").render(style=style, **made.parts)
    return _in_shell(study, EXPLORER, content, own_script())


def figures_in(pages: Sequence[str]) -> dict[str, bytes]:
    """Every figure of the pages as PNG, by name."""
    return {
        name: base64.b64decode(content) for page in pages for name, content in _FIGURE.findall(page)
    }


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
        current=page.file,
        pages=[_OVERVIEW, *LISTED],
        content=content,
        script=script,
        script_policy=policy(script),
        footer=f"Study '{document.name}', written {document.created_at}, seed {document.seed}, "
        f"configuration {document.provenance.config_hash[:12]}. Every number on this page is read "
        f"from the study folder{made_from}.",
    )


def _shell(**parts: Any) -> str:
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    rendered: str = _template("shell.html.j2").render(style=style, **parts)
    return rendered


def _template(name: str) -> Any:
    return _environment().get_template(name)


@cache
def _environment() -> Any:
    # Imported here: the notebooks import this package for its figures alone.
    from jinja2 import Environment, FileSystemLoader
    from markdown_it import MarkdownIt

    # Values are escaped in the templates, where one sees which are text and which are pages.
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=False)
    environment.filters["markdown"] = MarkdownIt("commonmark", {"html": False}).render
    return environment
