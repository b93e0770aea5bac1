"""The pages of a report as text, made in this process: its notebooks' cells, one after the other.

What a reader sees is what the cells give: sentences and tables, titles and texts of figures. A
kernel for each page would cost seconds and add nothing but the shell around them.
"""

import ast
import html
import re
from pathlib import Path
from typing import Any

import nbformat

from clustering.report.build.kernel import notebook_folder
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
    notebook = nbformat.read(notebook_folder() / f"{name}.ipynb", as_version=4)
    namespace: dict[str, Any] = {}
    texts = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            texts.append(cell.source)
        elif "parameters" in cell.metadata.get("tags", []):
            namespace |= {"STUDY": str(folder), "NAMES": False}
        elif figures or not cell.source.startswith(_DRAWING):
            texts.append(_text(_run(cell.source, namespace)))
    return "\n".join(texts)


def _run(source: str, namespace: dict[str, Any]) -> object:
    """Run a cell; give the value of its last expression, as a notebook shows it."""
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(source, namespace)
        return None
    exec(compile(ast.Module(before, []), "cell", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)


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
