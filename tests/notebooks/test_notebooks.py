"""Committed notebooks show; they hold no outputs, define nothing and compute nothing."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from clustering.report.build.notebooks import notebook_folder
from clustering.report.build.pages import PAGES

#: These need an account or somebody who moves sliders, and are no pages.
FOR_JUPYTER = ["7_one_account", "8_what_if"]
NOTEBOOKS = sorted(notebook_folder().glob("*.ipynb"))


def code_of(path: Path) -> list[tuple[str, ast.Module]]:
    notebook = nbformat.read(path, as_version=4)
    return [
        (cell.source, ast.parse(cell.source)) for cell in notebook.cells if cell.cell_type == "code"
    ]


def test_every_page_has_its_notebook() -> None:
    names = ["1_accounts", "2_features", "3_choice", "4_leadership", "5_plan", "6_movement"]
    assert [path.stem for path in NOTEBOOKS] == [*names, *FOR_JUPYTER]
    assert sorted(page.notebook for page in PAGES) == names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_code_cell_is_its_parameters(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.metadata.get("tags") == ["parameters"]
    assert first.source.startswith("STUDY = ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_define_and_compute_nothing(path: Path) -> None:
    forbidden = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.For,
        ast.While,
        ast.ListComp,
        ast.DictComp,
        ast.SetComp,
        ast.GeneratorExp,
        ast.BinOp,
    )
    for source, tree in code_of(path):
        found = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, forbidden)]
        assert not found, f"{source}\n{found}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_import_this_package_alone(path: Path) -> None:
    for _, tree in code_of(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).split(".")[0] in {"clustering", "pathlib"}
            assert not isinstance(node, ast.Import)


def test_text_of_the_notebooks_claims_nothing() -> None:
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                assert "cluster" not in cell.source.lower()
                assert "$" not in cell.source


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_analyst_who_runs_it_alone_sees_names(path: Path, rendered_study: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    parameters = next(cell for cell in notebook.cells if cell.cell_type == "code")
    parameters.source = f"STUDY = {str(rendered_study)!r}\nNAMES = True"
    ran = NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    assert len(outputs) >= 5
    assert all(output.output_type in {"execute_result", "display_data"} for output in outputs)
    if path.stem in {"1_accounts", "4_leadership"}:
        shown = "".join(str(output.data.get("text/html", "")) for output in outputs)
        assert "Company " in shown
