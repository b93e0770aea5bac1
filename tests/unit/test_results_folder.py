"""A study folder is written whole or not at all."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from clustering.errors import OutputError, StudyFolderError
from clustering.results import publish, read, staged, still_there
from clustering.results.tables import check_tables
from study_folders import Recipe, build_study


def finished(folder: Path, text: str = "{}") -> None:
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(text)


def test_a_finished_stage_takes_the_place_of_the_earlier_study(tmp_path: Path) -> None:
    target = tmp_path / "trial"
    finished(target, "old")
    with staged(target) as stage:
        (stage / "study.json").write_text("new")
        publish(stage, target)
    assert (target / "study.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["trial"]


def test_an_error_leaves_the_earlier_study_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "trial"
    finished(target, "old")
    with pytest.raises(ZeroDivisionError), staged(target) as stage:
        (stage / "study.json").write_text("half")
        raise ZeroDivisionError
    assert (target / "study.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["trial"]


def test_a_killed_run_leaves_the_earlier_study_and_the_next_run_works(tmp_path: Path) -> None:
    target = tmp_path / "trial"
    finished(target, "old")
    code = f"""
        import os, signal
        from pathlib import Path
        from clustering.results import staged
        with staged(Path({str(target)!r})) as stage:
            (stage / "study.json").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (target / "study.json").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    with staged(target) as stage:
        (stage / "study.json").write_text("new")
        publish(stage, target)
    assert [path.name for path in tmp_path.iterdir()] == ["trial"]


def test_a_kill_between_the_two_renames_is_mended(tmp_path: Path) -> None:
    finished(tmp_path / ".trial.former", "old")
    with pytest.raises(StudyFolderError, match="not of this version"):
        read(tmp_path / "trial")
    assert (tmp_path / "trial" / "study.json").read_text() == "old"


def test_a_full_disk_is_one_clear_message(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"cannot be written .*No space left"),
        staged(tmp_path / "trial"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_no_permission_is_one_clear_message(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match="cannot be written"), staged(file / "below" / "trial"):
        raise AssertionError("not reached")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_not_a_study_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "trial"
    if kind == "folder":
        target.mkdir()
        (target / "thesis.txt").write_text("mine")
    else:
        target.write_text("mine")
    with pytest.raises(OutputError, match=r"Nothing was written|is a file"), staged(target):
        raise AssertionError("not reached")
    assert target.exists()


def test_a_folder_without_a_study_says_so(tmp_path: Path) -> None:
    with pytest.raises(StudyFolderError, match="is not a finished study"):
        read(tmp_path)


def test_a_study_that_went_away_is_missed_and_not_waited_for(tmp_path: Path) -> None:
    study = read(build_study(tmp_path / "trial", Recipe()))
    shutil.rmtree(study.path)
    with pytest.raises(StudyFolderError, match="is not a finished study"), still_there(study):
        raise AssertionError("not reached")


def test_what_belongs_to_one_study_is_not_put_beside_another(tmp_path: Path) -> None:
    study = read(build_study(tmp_path / "trial", Recipe()))
    with still_there(study):
        pass
    other = study.document.provenance.model_copy(update={"config_hash": "of another"})
    document = study.document.model_copy(update={"provenance": other})
    (study.path / "study.json").write_text(document.model_dump_json(), encoding="utf-8")
    with (
        pytest.raises(StudyFolderError, match="another study has taken the place"),
        still_there(study),
    ):
        raise AssertionError("not reached")


def test_tables_that_a_report_could_not_show_are_refused_all_at_once() -> None:
    names = pd.DataFrame({"account_id": [1.0, None], "more": ["a", "b"]})
    with pytest.raises(StudyFolderError) as refused:
        check_tables({"names": names})
    for breach in (
        "table 'accounts' is missing.",
        "names.account_id is empty in 1 rows.",
        "names.account_id is not text.",
        "names.name is missing.",
    ):
        assert breach in str(refused.value)
    assert "'names' is missing" not in str(refused.value)
    assert "names.more" not in str(refused.value)
