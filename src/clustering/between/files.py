"""What a comparison leaves: a page, `compare.json` and a table of accounts, whole or not at all."""

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from clustering.between.compare import Compared
from clustering.between.entries import ACCOUNTS
from clustering.outputs import write_result
from clustering.scorer.files import write_cells
from clustering.targets import check_result

PAGE = "compare.html"
RESULT = "compare.json"
TABLE = f"{ACCOUNTS.name}.csv"


def check_folder(folder: Path, studies: Iterable[Path]) -> None:
    """Refuse a folder that is one of the studies, or holds something other than a comparison.

    Raises
    ------
    OutputError
        Before anything is computed.
    """
    check_result(folder, RESULT, studies)


def write_comparison(compared: Compared, folder: Path) -> None:
    """Write the result; an earlier one in the folder is replaced, other files are kept.

    Raises
    ------
    OutputError
        The folder cannot be written; what was there is untouched.
    """
    write_result(folder, {PAGE, RESULT, TABLE}, partial(_write_into, compared))


def _write_into(compared: Compared, folder: Path) -> None:
    from clustering.between.page import compare_page

    content = json.dumps(compared.found.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (folder / RESULT).write_text(content + "\n", encoding="utf-8")
    write_cells(compared.accounts, folder / TABLE)
    (folder / PAGE).write_text(compare_page(compared), encoding="utf-8")
