"""The report of a study: its notebooks, run on its folder, as pages that work offline.

``report/`` shows the names of the accounts where the study has them. ``report/without_names/``
never held them: the notebooks run on ids alone, and the names are put into the finished pages.
That second set is the one that may be passed on, and the one that is tracked.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clustering import results
from clustering.errors import OutputError
from clustering.outputs import publish, staged_folder
from clustering.progress import SILENT, Progress
from clustering.report.build.deck import deck
from clustering.report.build.explorer import SHEET, explorer
from clustering.report.build.notebooks import read_notebook, run_notebooks
from clustering.report.build.pages import (
    EXPLORER,
    INDEX,
    PAGES,
    TWINS,
    explorer_page,
    index_page,
    markdown_twin,
    notebook_page,
)
from clustering.report.build.printed import chromium, print_papers
from clustering.report.build.slides import SLIDES, check_installed, write_slides
from clustering.report.kit.facts import account_names
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.files import above_the_pages, with_files
from clustering.report.kit.names import with_names, with_private
from clustering.report.subjects.movement.tables import private_texts
from clustering.results import StudyFolder
from clustering.results.spreadsheet import write_csv

WITHOUT_NAMES = "without_names"


def render(
    folder: Path, progress: Progress = SILENT, *, pdf: bool = False, slides: bool = False
) -> Path:
    """Render the report of a finished study.

    Parameters
    ----------
    folder : Path
        A study folder; ``report`` in it is written whole or not at all.
    progress : Progress
        Shows the cells that are done.
    pdf : bool
        Whether the pages are printed as well, by Chromium.
    slides : bool
        Whether six slides are written as well, by python-pptx.

    Returns
    -------
    Path
        The first page, ``<folder>/report/index.html``.

    Raises
    ------
    StudyFolderError
        The folder is not a finished study, or cannot be shown.
    OutputError
        The report cannot be written, or printed.
    """
    program = chromium() if pdf else None
    if slides:
        check_installed()
    study = results.read(Path(folder))
    pages, figures = _pages(study, progress)
    target = study.path / "report"
    try:
        with staged_folder(target) as stage:
            own = _own(pages, study)
            _write(stage, own, figures="figures")
            bare = {file: with_files(page, above=()) for file, page in pages.items()}
            _write(stage / WITHOUT_NAMES, bare, figures="../figures")
            sets = ((own, stage), (bare, stage / WITHOUT_NAMES)) if program else ()
            # Chromium prints in processes of its own while the rest is written.
            with ThreadPoolExecutor(2) as pool:
                printed = [
                    pool.submit(print_papers, shown, folder, str(program), progress)
                    for shown, folder in sets
                ]
                _write_figures(stage / "figures", figures)
                _write_explorer(stage, study)
                if slides:
                    write_slides(study, deck(study), stage / SLIDES)
                    shutil.copyfile(stage / SLIDES, stage / WITHOUT_NAMES / SLIDES)
                for one in printed:
                    one.result()
            with results.still_there(study):
                publish(stage, target)
    except OSError as error:
        raise OutputError(
            f"the report cannot be written to '{study.path}': {error.strerror or error}. "
            "An earlier report there is untouched."
        ) from None
    return target / INDEX


def _pages(
    study: StudyFolder, progress: Progress
) -> tuple[dict[str, str], dict[str, ReportFigure]]:
    """Every page without names, by file; and every figure on them, by name."""
    notebooks = [read_notebook(page.notebook) for page in PAGES]
    ran = run_notebooks(notebooks, study.path.resolve(), progress=progress)
    pages = {
        page.file: notebook_page(study, page, notebook)
        for page, notebook in zip(PAGES, ran, strict=True)
    }
    shown = [cell.shown for notebook in ran for cell in notebook.cells]
    figures = {one.name: one for one in shown if isinstance(one, ReportFigure)}
    return {INDEX: index_page(study)} | pages, figures


def _own(pages: dict[str, str], study: StudyFolder) -> dict[str, str]:
    """The same with the names of accounts, and what people wrote."""
    names, private = account_names(study), private_texts(study)
    lists = above_the_pages(study)
    return {
        file: with_files(with_private(with_names(page, names), private), lists)
        for file, page in pages.items()
    }


def _write(folder: Path, pages: dict[str, str], figures: str) -> None:
    folder.mkdir(exist_ok=True)
    for file, page in pages.items():
        (folder / file).write_text(page, encoding="utf-8")
        if twin := TWINS.get(file):
            (folder / twin).write_text(markdown_twin(page, figures), encoding="utf-8")


def _write_figures(folder: Path, figures: dict[str, ReportFigure]) -> None:
    """Every figure for other pages (PNG) and for slides (SVG)."""
    folder.mkdir()
    for name, figure in figures.items():
        (folder / f"{name}.png").write_bytes(figure.png())
        (folder / f"{name}.svg").write_bytes(figure.svg())


def _write_explorer(stage: Path, study: StudyFolder) -> None:
    for folder, names in ((stage, True), (stage / WITHOUT_NAMES, False)):
        made = explorer(study, names=names)
        (folder / EXPLORER.file).write_text(explorer_page(study, made), encoding="utf-8")
        write_csv(made.sheet, folder / SHEET)
