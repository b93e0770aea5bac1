"""The pages of a report as text.

What a reader sees is what the cells of the notebooks give: sentences and tables, titles and texts
of figures.
"""

import html
import re
from pathlib import Path

from clustering.report.build.notebooks import Cell, read_notebook, run_notebooks
from clustering.report.build.pages import INDEX, PAGES, index_page
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.html import Html
from clustering.results import StudyFolder

#: Modules of the report that draw.
_DRAWING = ("figures.", "flow.")


def page_texts(study: StudyFolder, *, figures: bool = True) -> dict[str, str]:
    """Text of every page by the name of its notebook; `figures` draws them for their words."""
    pages = {page.notebook: _cells(study.path, page.notebook, figures) for page in PAGES}
    shell = index_page(study)
    return {"index": _plain(shell[shell.index("<main") :])} | pages


def rendered_texts(report: Path) -> dict[str, str]:
    """The same of the finished pages of a report, the shell around them and all."""
    pages = {page.notebook: report / page.file for page in PAGES} | {"index": report / INDEX}
    return {name: _main(path.read_text(encoding="utf-8")) for name, path in pages.items()}


def sheets(pdf: bytes) -> int:
    """How many sheets of paper a PDF has."""
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def _main(page: str) -> str:
    """What stands on a page, with the texts of its pictures, without names of the user's own."""
    main = page[page.index("<main") : page.index("</main>")]
    main = re.sub(r'<span class="account".*?</span>', "an account", main)
    return _plain(re.sub(r'<img [^>]*?alt="([^"]*)"[^>]*>', r"<p>\1</p>", main))


def _cells(folder: Path, name: str, figures: bool) -> str:
    def wanted(cell: Cell) -> bool:
        return figures or not cell.source.startswith(_DRAWING)

    (ran,) = run_notebooks([read_notebook(name)], folder, wanted=wanted)
    return "\n".join(_text(cell.shown) if cell.is_code else cell.source for cell in ran.cells)


def _text(shown: object) -> str:
    if isinstance(shown, ReportFigure):
        texts = [text.get_text() for text in shown.figure.findobj(match=_is_text)]
        return "\n".join([shown.title, shown.alt, *texts])
    if isinstance(shown, Html):
        return _plain(shown.text)
    assert shown is None, f"a cell shows {type(shown).__name__}"
    return ""


def _is_text(artist: object) -> bool:
    from matplotlib.text import Text

    return isinstance(artist, Text)


def _plain(markup: str) -> str:
    markup = re.sub(r"<(style|script)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    broken = re.sub(r"</(p|li|tr|h\d|caption|table|div)>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]+>", " ", broken)).replace("\u00a0", " ")
