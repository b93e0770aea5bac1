"""Notebooks executed on a study, all in one kernel of this very Python.

One kernel for all notebooks saves the import of pandas and matplotlib three times. It is reset
between two notebooks, so that none can rest on what another left behind.
"""

import copy
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clustering.errors import StudyFolderError
from clustering.outputs import scratch
from clustering.progress import SILENT, Progress

Notebook = Any  # nbformat.NotebookNode, which has no types

_SECONDS_A_CELL = 600
_RESET = "%reset -sf"


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


def execute(
    notebooks: Sequence[Notebook], parameters: str, progress: Progress = SILENT
) -> list[Notebook]:
    """Run notebooks after each other; `parameters` replaces the cell tagged so.

    Raises
    ------
    StudyFolderError
        A cell raised; the message holds the notebook's cell and the error.
    """
    # Imported here: the notebooks themselves import this package for its figures alone.
    import nbclient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_code_cell

    joined = copy.deepcopy(notebooks[0])
    joined.cells = []
    for notebook in notebooks:
        joined.cells.append(new_code_cell(_RESET))
        joined.cells += [_with_parameters(cell, parameters) for cell in notebook.cells]
    failed: list[str] = []
    with (
        scratch("clustering-report-") as folder,
        progress.step("Rendering the report", total=len(joined.cells)) as advance,
    ):
        client = nbclient.NotebookClient(
            joined,
            timeout=_SECONDS_A_CELL,
            km=_own_kernel(folder),
            on_cell_complete=lambda **_: advance(1),
            on_cell_error=lambda cell, **_: failed.append(cell.source),
            resources={"metadata": {"path": str(folder)}},
        )
        try:
            client.execute(env=_environment(folder))
        except CellExecutionError as error:
            cell = failed[-1] if failed else "?"
            raise StudyFolderError(
                f"the report cannot be made: the cell\n{cell}\nraised {error.ename}: {error.evalue}"
            ) from error
        except (CellTimeoutError, DeadKernelError) as error:
            raise StudyFolderError(
                f"the report cannot be made: the kernel stopped ({error})."
            ) from None
        finally:
            if client.km is not None and client.km.has_kernel:
                client._cleanup_kernel()
    return _split(client.nb, notebooks)


def _with_parameters(cell: Notebook, parameters: str) -> Notebook:
    cell = copy.deepcopy(cell)
    if "parameters" in cell.metadata.get("tags", []):
        cell.source = parameters
    return cell


def _split(joined: Notebook, notebooks: Sequence[Notebook]) -> list[Notebook]:
    """Give every executed cell back to its notebook, without the resets between them."""
    parts = []
    start = 1
    for notebook in notebooks:
        part = copy.copy(notebook)
        part.cells = joined.cells[start : start + len(notebook.cells)]
        parts.append(part)
        start += len(notebook.cells) + 1
    return parts


def _own_kernel(folder: Path) -> Any:
    """A kernel of `sys.executable`, whatever kernels are installed elsewhere."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python", language="python")

    return AsyncKernelManager(
        kernel_spec_manager=ThisPython(),
        connection_file=str(folder / "kernel.json"),
        transport="ipc",  # files of this user in a folder of this user: no port is opened
        ip=str(folder / "kernel"),
    )


def _environment(folder: Path) -> dict[str, str]:
    """Without the user's start-up files, history and debugger."""
    return dict(os.environ) | {
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "agg",
    }
