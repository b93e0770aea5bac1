"""What a monitor leaves: a page, `monitor.json` and its tables, whole or not at all."""

import json
from collections.abc import Iterable
from pathlib import Path

from clustering.errors import OutputError
from clustering.monitor.run import MONITOR_TABLES, Monitored
from clustering.outputs import publish, staged_folder
from clustering.scorer.files import guard_cells
from clustering.targets import refuse_inputs

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
    read = [*inputs]
    refuse_inputs(folder, read, closed=read)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"'{folder}' is a file; name a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RESULT).is_file():
        raise OutputError(
            f"folder '{folder}' is not empty and holds no {RESULT}, so it is not replaced; name a "
            "new or empty folder."
        )


def write_monitoring(monitored: Monitored, folder: Path) -> None:
    """Write the result; an earlier one in the folder is replaced, other files are kept.

    Raises
    ------
    OutputError
        The folder cannot be written; what was there is untouched.
    """
    try:
        with staged_folder(folder) as stage:
            write_into(monitored, stage)
            publish(stage, folder, _FILES.__contains__)
    except OSError as error:
        raise OutputError(
            f"the result cannot be written to '{folder}': {error.strerror or error}. What was "
            "there is untouched."
        ) from None


def write_into(monitored: Monitored, folder: Path) -> None:
    """Write every file into a folder that exists."""
    from clustering.monitor.page import monitor_page

    content = json.dumps(monitored.found.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (folder / RESULT).write_text(content + "\n", encoding="utf-8")
    for name, frame in monitored.frames.items():
        guard_cells(frame).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    (folder / PAGE).write_text(monitor_page(monitored), encoding="utf-8")
