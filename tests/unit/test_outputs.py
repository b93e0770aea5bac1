"""Results appear whole or not at all, never over an input; killed runs leave nothing for long."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clustering.errors import OutputError
from clustering.outputs import (
    make_scratch,
    publish,
    recover,
    scratch,
    staged_folder,
    turn,
    whole_file,
)
from clustering.tables.session import Session
from clustering.targets import check_file, refuse_inputs


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def started(code: str) -> "subprocess.Popen[str]":
    """A run of its own that says so when it has come to the end of the code, and then waits."""
    whole = f"""
from pathlib import Path
from clustering.outputs import *
from clustering.outputs import make_scratch
{textwrap.dedent(code)}
"""
    return subprocess.Popen([sys.executable, "-c", whole], stdout=subprocess.PIPE, text=True)


WAIT = 'print("there", flush=True); import time; time.sleep(600)'


@contextmanager
def at_work(code: str) -> Iterator["subprocess.Popen[str]"]:
    process = started(code.replace("WAIT", WAIT))
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "o.csv"
    target.write_text("old")
    target.chmod(0o640)
    with whole_file(target) as stage:
        stage.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["o.csv"]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, OutputError])
def test_a_failed_one_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "o.csv").write_text("old")
    with pytest.raises(error), whole_file(tmp_path / "o.csv") as stage:
        stage.write_text("half")
        raise error
    with pytest.raises(error), staged_folder(tmp_path / "new" / "below" / "study") as folder:
        (folder / "x").write_text("half")
        raise error
    with pytest.raises(error), scratch("clustering-test-", tmp_path):
        raise error
    with pytest.raises(error), turn(tmp_path / "mlflow.db", 1):
        raise error
    assert names(tmp_path) == ["o.csv"]
    assert (tmp_path / "o.csv").read_text() == "old"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/o.csv").write_text("old")
    (tmp_path / "o.csv").symlink_to("real/o.csv")
    with whole_file(tmp_path / "o.csv") as stage:
        stage.write_text("new")
        assert stage.parent == tmp_path / "real"
    assert (tmp_path / "o.csv").is_symlink()
    assert (tmp_path / "real/o.csv").read_text() == "new"


LEAVING = {
    "file": ('with whole_file(Path("o.csv")): WAIT', "o.csv"),
    "folder": ('with staged_folder(Path("study")): WAIT', "study"),
    "scratch": ('made = make_scratch("clustering-tables-", Path(".")); WAIT', "clustering-tables-"),
}


def write_again(kind: str, folder: Path) -> None:
    if kind == "file":
        with whole_file(folder / "o.csv") as stage:
            stage.write_text("whole")
    elif kind == "folder":
        with staged_folder(folder / "study") as stage:
            (stage / "x").write_text("whole")
            publish(stage, folder / "study")
    else:
        _, remove = make_scratch("clustering-tables-", folder)
        remove()


@pytest.mark.parametrize("kind", LEAVING)
def test_what_a_killed_run_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, name = LEAVING[kind]
    with at_work(code) as process:
        (left,) = names(tmp_path)
        assert name in left
        write_again(kind, tmp_path)
        assert left in names(tmp_path)  # it is still being written
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert left in names(tmp_path)
        write_again(kind, tmp_path)
        assert left not in names(tmp_path)
    assert set(names(tmp_path)) <= {"o.csv", "study"}


def test_only_what_is_certainly_left_over_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".o.csv.partial-notes").write_text("mine")
    (tmp_path / ".o.csv.backup").write_text("mine")
    (tmp_path / f".o.csv.partial-{os.getpid()}-0123abcd").symlink_to(tmp_path / ".o.csv.backup")
    with whole_file(tmp_path / "o.csv") as stage:
        stage.write_text("x")
    assert len(names(tmp_path)) == 4


def test_tables_of_a_killed_run_are_removed_by_the_next_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code = """
    from clustering.tables.session import Session
    session = Session(); session.execute("CREATE TABLE " + session.own("x") + " AS SELECT 1"); WAIT
    """
    with at_work(code) as process:
        Session().close()
        assert len(names(tmp_path)) == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
        Session().close()
        assert names(tmp_path) == []


def test_of_two_that_finish_at_once_the_later_wins_whole(tmp_path: Path) -> None:
    """Forty folders by four runs: every one that a reader sees is of one run alone."""
    code = f"""
    import sys
    target = Path({str(tmp_path)!r}) / "study"
    for number in range(10):
        with staged_folder(target) as stage:
            for name in "abc":
                (stage / name).write_text(sys.argv[1] + str(number))
            publish(stage, target)
    """
    whole = f"from pathlib import Path\nfrom clustering.outputs import *\n{textwrap.dedent(code)}"
    running = [
        subprocess.Popen([sys.executable, "-c", whole, mark], stderr=subprocess.PIPE, text=True)
        for mark in ("one ", "two ", "three ", "four ")
    ]
    ends = [process.communicate()[1] for process in running]
    assert ends == ["", "", "", ""]
    assert len({(tmp_path / "study" / name).read_text() for name in "abc"}) == 1
    assert (tmp_path / "study" / "a").read_text().endswith("9")
    assert names(tmp_path) == ["study"]


def test_what_somebody_put_into_the_folder_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "study"
    (target / "notes").mkdir(parents=True)
    (target / "notes/monday.txt").write_text("mine")
    (target / "table").write_text("old")
    (target / "gone").write_text("old")
    with staged_folder(target) as stage:
        (stage / "table").write_text("new")
        publish(stage, target, lambda name: name in ("table", "gone"))
    assert names(target) == ["notes", "table"]
    assert (target / "table").read_text() == "new"
    assert (target / "notes/monday.txt").read_text() == "mine"


def test_a_folder_behind_a_link_is_replaced_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "disk/study").mkdir(parents=True)
    (tmp_path / "study").symlink_to(tmp_path / "disk/study")
    with staged_folder(tmp_path / "study") as stage:
        (stage / "x").write_text("new")
        publish(stage, tmp_path / "study")
    assert (tmp_path / "study").is_symlink()
    assert (tmp_path / "disk/study/x").read_text() == "new"
    assert names(tmp_path / "disk") == ["study"]


def test_a_kill_between_the_two_renames_is_mended(tmp_path: Path) -> None:
    (tmp_path / ".study.former").mkdir()
    recover(tmp_path / "study")
    assert names(tmp_path) == ["study"]


def test_turns_end_with_their_process_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with at_work('with turn(Path("mlflow.db"), 5): WAIT') as process:
        assert names(tmp_path) == [".mlflow.db.turn"]
        with pytest.raises(TimeoutError), turn(tmp_path / "mlflow.db", 0):
            raise AssertionError("not reached")
        process.send_signal(signal.SIGKILL)
        process.wait()
        with turn(tmp_path / "mlflow.db", 5):
            assert names(tmp_path) == [".mlflow.db.turn"]
    assert names(tmp_path) == []


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "accounts.csv").write_text("account_id\n")
    return folder


def test_an_input_is_no_output(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = book / "accounts.csv"
    (book / "link.csv").symlink_to(read)
    (book.parent / "way").symlink_to(book)
    os.link(read, book / "hard.csv")
    monkeypatch.chdir(book)
    for same in (
        "accounts.csv", "./accounts.csv", "../book/accounts.csv", "../way/accounts.csv",
        "link.csv", "hard.csv", "Accounts.CSV", str(read),
    ):  # fmt: skip
        with pytest.raises(OutputError, match="is an input of this command"):
            refuse_inputs(Path(same), [read])
        with pytest.raises(OutputError, match="is an input of this command"):
            refuse_inputs(read, [Path(same)])
    with pytest.raises(OutputError, match=r"holds '.*accounts\.csv', which this command reads"):
        refuse_inputs(book.parent / "way", [read])
    refuse_inputs(book / "scores.csv", [read, book])


def test_a_file_that_cannot_be_written_is_refused_at_once(book: Path) -> None:
    for target, words in (
        (book, "is a folder"),
        (book / "nowhere" / "o.json", "there is no folder"),
        (book / "o.txt", r"has ending '\.txt'; expected \.csv or \.json"),
        (book / "o.csv", "which this command reads"),
    ):
        with pytest.raises(OutputError, match=words):
            suffixes = () if words == "is a folder" else (".csv", ".json")
            check_file(target, suffixes=suffixes, closed=[book] if "reads" in words else [])


def test_a_folder_in_a_staged_folder_does_not_wait_for_itself(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "study") as study:
        for _ in range(2):
            with staged_folder(study / "scorer") as scorer:
                (scorer / "model.json").write_text("{}")
                publish(scorer, study / "scorer")
        with whole_file(study / "record.json") as record:
            record.write_text("{}")
        publish(study, tmp_path / "study")
    assert {path.name for path in (tmp_path / "study").iterdir()} == {"scorer", "record.json"}
