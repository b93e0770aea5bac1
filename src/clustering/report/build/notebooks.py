"""The notebooks of the report, run on a study in this very process.

Their cells import, assign and show, and nothing else (a test holds them to it), so no kernel is
needed: starting one and importing everything again took longer than drawing. In Jupyter they run
as any notebook does.
"""

import ast
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustering.errors import StudyFolderError
from clustering.progress import SILENT, Progress

#: Tag of the cell that names the study.
PARAMETERS = "parameters"


@dataclass(frozen=True)
class Cell:
    """One cell; `shown` is what it gives once it is run: None where it shows nothing."""

    source: str
    is_code: bool
    tags: tuple[str, ...]
    shown: Any = None


@dataclass(frozen=True)
class Notebook:
    """The cells of one notebook, in order."""

    cells: tuple[Cell, ...]


def notebook_folder() -> Path:
    """Where the committed notebooks are: inside an installed package, or beside `src`.

    Raises
    ------
    StudyFolderError
        The installation has none.
    """
    installed = Path(__file__).parents[1] / "notebooks"
    checkout = Path(__file__).parents[4] / "notebooks"
    for folder in (installed, checkout):
        if any(folder.glob("*.ipynb")):
            return folder
    raise StudyFolderError(
        f"the notebooks of the report are neither in '{installed}' nor in '{checkout}'. "
        "Install the package again."
    )


def read_notebook(name: str) -> Notebook:
    """A notebook of the report by its name, not run."""
    text = (notebook_folder() / f"{name}.ipynb").read_text(encoding="utf-8")
    return Notebook(
        tuple(
            Cell(
                source="".join(cell["source"]),
                is_code=cell["cell_type"] == "code",
                tags=tuple(cell["metadata"].get("tags", ())),
            )
            for cell in json.loads(text)["cells"]
        )
    )


def run_notebooks(
    notebooks: Sequence[Notebook],
    study: Path,
    *,
    names: bool = False,
    wanted: Callable[[Cell], bool] = lambda _: True,
    progress: Progress = SILENT,
) -> list[Notebook]:
    """Run notebooks after each other, none on what another left behind.

    Parameters
    ----------
    notebooks : as read
    study : folder of a finished study
    names : whether accounts are shown with their names
    wanted : cells that are run; the others show nothing
    progress : shows the cells that are done

    Raises
    ------
    StudyFolderError
        A cell raised; the message holds the cell and the error.
    """
    n_cells = sum(len(notebook.cells) for notebook in notebooks)
    with progress.step("Rendering the report", total=n_cells) as advance:
        ran = []
        for notebook in notebooks:
            variables: dict[str, Any] = {"STUDY": str(study), "NAMES": names}
            cells = []
            for cell in notebook.cells:
                cells.append(_run(cell, variables) if wanted(cell) else cell)
                advance(1)
            ran.append(Notebook(tuple(cells)))
        return ran


def _run(cell: Cell, variables: dict[str, Any]) -> Cell:
    if not cell.is_code or PARAMETERS in cell.tags:
        return cell
    try:
        shown = _value(cell.source, variables)
    except Exception as error:
        raise StudyFolderError(
            f"the report cannot be made: the cell\n{cell.source}\n"
            f"raised {type(error).__name__}: {error}"
        ) from error
    return Cell(cell.source, True, cell.tags, shown)


def _value(source: str, variables: dict[str, Any]) -> Any:
    """Run a cell; give the value of its last expression, as a notebook shows it."""
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(compile(source, "cell", "exec"), variables)
        return None
    exec(compile(ast.Module(before, []), "cell", "exec"), variables)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), variables)
