"""The pages of a report as text.

What a reader sees is what the cells of the notebooks give: sentences and tables, titles and texts
of figures.
"""

import html
import re
from pathlib import Path

from clustering.report.build.notebooks import Cell, read_notebook, run_notebooks
from clustering.report.build.pages import PAGES, index_page
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.html import Html
from clustering.results import StudyFolder

#: What stands where a number was lost or put into powers of ten.
_SPOILT = re.compile(r"\bnan\b|\bNone\b(?! (?:of|drifted)\b)|\d[eE]\+\d|\b0 of 0\b|\binf\b")

#: Modules of the report that draw.
_DRAWING = ("figures.", "flow.")


def page_texts(study: StudyFolder, *, figures: bool = True) -> dict[str, str]:
    """Text of every page by the name of its notebook; `figures` draws them for their words."""
    pages = {page.notebook: _cells(study.path, page.notebook, figures) for page in PAGES}
    shell = index_page(study)
    return {"index": _plain(shell[shell.index("<main") :])} | pages


def spoilt(text: str) -> str:
    """The first lost number of a page with what stands around it; empty where there is none."""
    found = _SPOILT.search(text)
    return "" if found is None else text[max(0, found.start() - 80) : found.end() + 40]


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
    return html.unescape(re.sub(r"<[^>]+>", " ", broken))
