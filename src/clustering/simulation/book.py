"""A simulated book, and how it is written: whole or not at all."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clustering.errors import OutputError
from clustering.outputs import publish, staged_folder

_FORMAT = "clustering simulated book"
_MANIFEST = "manifest.json"
_DATE_SUFFIX = "_on"
_README = """# A simulated book of accounts

Every table here was made by `clustering simulate`; no account is real. `manifest.json` holds the
parameters and the as-of date that the book was made for: three years lie before it and a year
after it. `truth/` holds what was planted. Nothing reads it unless a person asks for it, and a
study that did would prove nothing.
"""


@dataclass(frozen=True)
class Manifest:
    """With which parameters a book was made, and which dates it covers.

    `first_day` and `last_day` bound what is recorded; contracts may end later.
    """

    scenario: str
    n_accounts: int
    seed: int
    separation: float
    noise: float
    missing: float
    as_of: date
    first_day: date
    last_day: date
    changed_on: date | None
    rows: Mapping[str, int]
    over_delivered: float = 0.0
    under_delivered: float = 0.0
    unaffordable: str | None = None


@dataclass(frozen=True, eq=False)
class Book:
    """All tables of a simulated company, with the truth beside them.

    Attributes
    ----------
    tables : the tables of the contract by name, without `overrides`
    truth : one row an account at the as-of date: `account_id`, `true_segment`, the log-odds of
        churn and expansion, and the level of every latent factor
    path : every segment that an account was in: `account_id`, `from_on`, `true_segment`
    manifest : the parameters and dates
    truth_note : what is true in this scenario and what an honest study must say
    delivery : what was planted about care: `account_id`, `delivery` (over, under, as_planned),
        `planned_hours` and `affordable`; None where nothing was
    """

    tables: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame
    path: pd.DataFrame
    manifest: Manifest
    truth_note: str
    delivery: pd.DataFrame | None = None


def write_book(book: Book, folder: Path) -> None:
    """Write a book: `<table>.parquet`, `manifest.json`, `README.md`, and the truth in `truth/`.

    An earlier book in `folder` is replaced; anything else there is left alone.

    Raises
    ------
    OutputError
        The folder holds something other than a book, or cannot be written.
    """
    folder = folder.expanduser().absolute()
    check_target(folder)
    try:
        with staged_folder(folder) as made:
            _write_parts(book, made)
            publish(made, folder, _is_of_a_book)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def check_target(folder: Path) -> None:
    """Refuse a folder that holds something other than a book, before any work is done."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(
            f"the book needs a folder, but '{folder}' is a file or a link; name another folder."
        )
    try:
        occupied = folder.exists() and any(folder.iterdir()) and not _is_book(folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    if occupied:
        raise OutputError(
            f"folder '{folder}' is not empty and does not hold a simulated book (it has no "
            f"{_MANIFEST} of one), so it is not replaced; name a new or empty folder."
        )


def _is_book(folder: Path) -> bool:
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == _FORMAT


def _write_parts(book: Book, folder: Path) -> None:
    for name, frame in book.tables.items():
        _write_table(frame, folder / f"{name}.parquet")
    truth = folder / "truth"
    truth.mkdir()
    _write_table(book.truth, truth / "truth.parquet")
    _write_table(book.path, truth / "path.parquet")
    if book.delivery is not None:
        _write_table(book.delivery, truth / "delivery.parquet")
    (truth / "README.md").write_text(book.truth_note, encoding="utf-8")
    (folder / "README.md").write_text(_README, encoding="utf-8")
    content = {"format": _FORMAT, **asdict(book.manifest)}
    (folder / _MANIFEST).write_text(
        json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8"
    )


def _write_table(frame: pd.DataFrame, file: Path) -> None:
    """Write Parquet with dates as DATE and text as text, whatever pandas keeps them in."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = []
    for field in table.schema:
        kind = field.type
        if field.name.endswith(_DATE_SUFFIX):
            kind = pa.date32()
        elif pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    pq.write_table(table.cast(pa.schema(fields)), file, compression="zstd")


def _is_of_a_book(name: str) -> bool:
    return name.endswith(".parquet") or name in ("truth", "README.md", _MANIFEST)


def _cannot_write(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(
        f"the book cannot be written to '{folder}': {os.fspath(reason)}. Nothing was changed; "
        "free some space or name a folder that you may write to."
    )
