"""Writing a book: whole or not at all, and never over something else."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from clustering.errors import OutputError
from clustering.simulation import Book, simulate, write_book
from clustering.tables import open_folder


@pytest.fixture(scope="module")
def book() -> Book:
    return simulate("needs", 60, seed=2)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_same_book_is_the_same_bytes(book: Book, tmp_path: Path) -> None:
    write_book(book, tmp_path / "a")
    write_book(simulate("needs", 60, seed=2), tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_written_book_meets_the_contract(book: Book, tmp_path: Path) -> None:
    write_book(book, tmp_path / "book")
    tables = open_folder(tmp_path / "book")
    assert tables.absent == ("overrides",)
    assert dict(tables.row_counts) == dict(book.manifest.rows)


def test_dates_are_dates_and_text_is_text(book: Book, tmp_path: Path) -> None:
    write_book(book, tmp_path / "book")
    schema = pq.read_schema(tmp_path / "book" / "usage.parquet")
    assert str(schema.field("used_on").type) == "date32[day]"
    assert str(schema.field("account_id").type) == "string"
    assert str(schema.field("feature").type) == "string"


def test_manifest_says_how_the_book_was_made(book: Book, tmp_path: Path) -> None:
    write_book(book, tmp_path / "book")
    found = json.loads((tmp_path / "book" / "manifest.json").read_text())
    assert found["scenario"] == "needs"
    assert (found["n_accounts"], found["seed"]) == (60, 2)
    assert found["as_of"] == "2025-06-30"
    assert found["rows"]["accounts"] == 60


def test_truth_lies_in_a_folder_of_its_own(book: Book, tmp_path: Path) -> None:
    write_book(book, tmp_path / "book")
    assert {file.stem for file in (tmp_path / "book").glob("*.parquet")} == set(book.tables)
    truth = pd.read_parquet(tmp_path / "book" / "truth" / "truth.parquet")
    assert list(truth["account_id"]) == list(book.truth["account_id"])
    for frame in book.tables.values():
        assert not [c for c in frame.columns if "true" in c or "level" in c]


def test_an_earlier_book_is_replaced(book: Book, tmp_path: Path) -> None:
    folder = tmp_path / "book"
    write_book(simulate("none", 30, seed=1), folder)
    (folder / "left_over.parquet").write_bytes(b"")
    write_book(book, folder)
    assert json.loads((folder / "manifest.json").read_text())["scenario"] == "needs"
    assert not (folder / "left_over.parquet").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["book"]


def test_an_empty_folder_is_used(book: Book, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    write_book(book, tmp_path / "book")
    assert (tmp_path / "book" / "accounts.parquet").exists()


@pytest.mark.parametrize("manifest", [None, "not json", "[]", '{"format": "other"}'])
def test_a_folder_of_something_else_is_left_alone(
    book: Book, tmp_path: Path, manifest: str | None
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("keep")
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    before = contents(folder)
    with pytest.raises(OutputError, match=r"not empty and does not hold a simulated book"):
        write_book(book, folder)
    assert contents(folder) == before


def test_a_file_in_the_way_is_named(book: Book, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"needs a folder, but '.*file' is a file or a link"):
        write_book(book, tmp_path / "file")


def test_a_parent_that_is_a_file_is_an_output_error(book: Book, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"cannot be written to .* Nothing was changed"):
        write_book(book, tmp_path / "file" / "book")


def test_a_full_disk_leaves_the_earlier_book(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "book"
    write_book(book, folder)
    before = contents(folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_book(simulate("none", 30, seed=1), folder)
    assert contents(folder) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["book"]


def test_a_failed_replacement_puts_the_earlier_book_back(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "book"
    write_book(book, folder)
    before = contents(folder)
    rename = Path.rename

    def refuse_the_new(self: Path, target: Path) -> Path:
        if target == folder and not self.name.endswith(".former"):
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_the_new)
    with pytest.raises(OutputError, match="Permission denied"):
        write_book(simulate("none", 30, seed=1), folder)
    monkeypatch.undo()
    assert contents(folder) == before
    shutil.rmtree(folder)
    assert list(tmp_path.iterdir()) == []
