"""What a monitor leaves: a page, `monitor.json` and its tables, whole or not at all."""

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from clustering.monitor.run import MONITOR_TABLES, Monitored
from clustering.outputs import write_result
from clustering.scorer.files import write_cells
from clustering.targets import check_result

PAGE = "monitor.html"
RESULT = "monitor.json"
_FILES = {PAGE, RESULT, *(f"{spec.name}.csv" for spec in MONITOR_TABLES)}


def check_folder(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse a folder that is an input, or holds something other than a monitor's result.

    Raises
    ------
    OutputError
        Before anything is computed.
    """
    check_result(folder, RESULT, inputs)


def write_monitoring(monitored: Monitored, folder: Path) -> None:
    """Write the result; an earlier one in the folder is replaced, other files are kept.

    Raises
    ------
    OutputError
        The folder cannot be written; what was there is untouched.
    """
    write_result(folder, _FILES, partial(write_into, monitored))


def write_into(monitored: Monitored, folder: Path) -> None:
    """Write every file into a folder that exists."""
    from clustering.monitor.page import monitor_page

    content = json.dumps(monitored.found.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (folder / RESULT).write_text(content + "\n", encoding="utf-8")
    for name, frame in monitored.frames.items():
        write_cells(frame, folder / f"{name}.csv")
    (folder / PAGE).write_text(monitor_page(monitored), encoding="utf-8")
