import hashlib
import json
import re
import shutil
import zipfile
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.errors import ModelFolderError, OutputError
from clustering.scorer import Scorer
from clustering.scorer.segment_ids import SEGMENT_ID, FormerName, new_ids
from clustering.scorer.stored import storage
from snapshots import book, scorer_of

FILES = {
    *("manifest.json", "scorer.json", "standardiser.json", "model.npz"),
    *("study_facts.json", "model_card.md"),
}


@pytest.fixture(scope="module")
def snapshot():
    return book(n=200)


@pytest.fixture(scope="module", params=["kmeans", "mixture"])
def scorer(request, snapshot):
    return scorer_of(snapshot, request.param)


@pytest.fixture
def folder(scorer, tmp_path):
    scorer.save(tmp_path / "scorer")
    return tmp_path / "scorer"


def test_the_round_trip_changes_nothing(scorer, folder, snapshot):
    again = Scorer.load(folder)
    pd.testing.assert_frame_equal(
        again.score_features(snapshot.frame), scorer.score_features(snapshot.frame)
    )
    assert again.standardiser == scorer.standardiser
    assert again.training == scorer.training
    assert again.features == scorer.features
    assert again.segment_ids == scorer.segment_ids
    np.testing.assert_array_equal(again.limits, scorer.limits)


def test_the_folder_holds_its_files_and_nothing_of_a_customer(folder, snapshot):
    assert {file.name for file in folder.iterdir()} == FILES
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    words = set(re.findall(rb"[0-9a-z]+", content))  # an id may stand inside a checksum by chance
    assert not words & {account.encode() for account in snapshot.frame.index}
    with zipfile.ZipFile(folder / "model.npz") as archive:
        assert all(name.endswith(".npy") for name in archive.namelist())


def test_writing_twice_gives_the_same_bytes(scorer, folder, tmp_path):
    scorer.save(tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_saving_replaces_an_earlier_scorer_and_leaves_nothing_behind(scorer, folder, snapshot):
    scorer_of(snapshot, "kmeans", k=2).save(folder)
    assert Scorer.load(folder).model.k == 2
    assert {file.name for file in folder.parent.iterdir()} == {"scorer"}


def test_an_empty_folder_is_filled(scorer, tmp_path):
    (tmp_path / "empty").mkdir()
    scorer.save(tmp_path / "empty")
    assert Scorer.load(tmp_path / "empty").model.k == 3


def test_something_else_is_not_overwritten(scorer, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("keep")
    with pytest.raises(OutputError, match=r"is not a scorer: it holds 'todo.txt'\. Nothing was"):
        scorer.save(tmp_path / "notes")
    assert (tmp_path / "notes" / "todo.txt").read_text() == "keep"


def test_notes_beside_a_scorer_are_not_lost(scorer, folder):
    (folder / "notes.txt").write_text("keep")
    with pytest.raises(OutputError, match=r"it holds 'notes.txt'\. Nothing was written"):
        scorer.save(folder)
    assert (folder / "notes.txt").read_text() == "keep"


def test_what_an_operating_system_left_is_no_obstacle(scorer, tmp_path):
    (tmp_path / "scorer").mkdir()
    (tmp_path / "scorer" / ".DS_Store").write_bytes(b"x")
    scorer.save(tmp_path / "scorer")
    assert Scorer.load(tmp_path / "scorer").model.k == 3


def test_a_write_that_fails_leaves_the_earlier_scorer(scorer, folder, snapshot, monkeypatch):
    before = {name: (folder / name).read_bytes() for name in FILES}

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OutputError, match=r"cannot be written to .*: No space left on device"):
        scorer_of(snapshot, "kmeans", k=2).save(folder)
    monkeypatch.undo()
    assert {name: (folder / name).read_bytes() for name in FILES} == before
    assert {file.name for file in folder.parent.iterdir()} == {"scorer"}


def test_a_study_folder_stands_for_its_scorer(folder):
    assert Scorer.load(folder.parent).model.k == 3


@pytest.mark.parametrize("name", sorted(FILES - {"manifest.json"}))
def test_a_changed_file_is_refused_by_name(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelFolderError, match=f"file '{name}' was changed"):
        Scorer.load(folder)


def test_every_breach_of_the_folder_comes_at_once(folder):
    (folder / "model.npz").unlink()
    (folder / "notes.txt").write_text("hello")
    (folder / "plots").mkdir()
    (folder / "scorer.json").write_text("{}")
    with pytest.raises(ModelFolderError) as error:
        Scorer.load(folder)
    assert "(4 breaches)" in str(error.value)
    assert "file 'model.npz' is missing." in str(error.value)
    assert "file 'notes.txt' does not belong here." in str(error.value)
    assert "file 'plots' does not belong here." in str(error.value)
    assert "file 'scorer.json' was changed" in str(error.value)
    assert "Nothing of it was used." in str(error.value)


def test_a_changed_manifest_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["package_version"] = "9.9"
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    with pytest.raises(ModelFolderError, match=r"its manifest.json was changed"):
        Scorer.load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b'{"checksum": 1}'])
def test_a_manifest_of_something_else_is_refused(folder, content):
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"its manifest.json was changed"):
        Scorer.load(folder)


def test_another_format_is_refused_with_both_versions(folder, monkeypatch, scorer):
    monkeypatch.setattr(storage, "FORMAT", 1)
    scorer.save(folder)
    monkeypatch.undo()
    with pytest.raises(
        ModelFolderError, match=r"has format 1, written by .* reads format 4\. Run the study"
    ):
        Scorer.load(folder)


def test_no_scorer_there(tmp_path):
    with pytest.raises(ModelFolderError, match="there is no scorer at"):
        Scorer.load(tmp_path / "nowhere")
    with pytest.raises(ModelFolderError, match=r"is not a scorer: it has no manifest.json"):
        Scorer.load(tmp_path)


def test_a_copy_elsewhere_scores_the_same(folder, scorer, snapshot, tmp_path):
    shutil.copytree(folder, tmp_path / "deployed" / "model")
    again = Scorer.load(tmp_path / "deployed" / "model")
    pd.testing.assert_frame_equal(
        again.score_features(snapshot.frame), scorer.score_features(snapshot.frame)
    )


def test_ids_are_the_same_for_the_same_study_and_for_no_other(scorer):
    training = scorer.training
    origin = f"{training.study}\n{training.as_of}\n{training.config_hash}"
    assert scorer.segment_ids == new_ids(origin, 3)
    assert all(SEGMENT_ID.fullmatch(one) for one in scorer.segment_ids)
    assert not set(new_ids("one", 50)) & set(new_ids("other", 50))
    assert len(set(new_ids("one", 2000))) == 2000


def test_names_of_earlier_studies_are_kept_and_belong_to_one_segment(scorer, tmp_path):
    gone = FormerName("S-000000", "was here", "first", date(2025, 3, 31))
    renamed = FormerName(scorer.segment_ids[0], "old name", "first", date(2025, 3, 31))
    replace(scorer, former_names=(gone, renamed)).save(tmp_path / "good")
    assert Scorer.load(tmp_path / "good").former_names == (gone, renamed)
    other = FormerName("S-000000", scorer.segment_names[0], "first", date(2025, 3, 31))
    replace(scorer, former_names=(other,)).save(tmp_path / "bad")
    with pytest.raises(ModelFolderError, match="a segment has the name that another one had"):
        Scorer.load(tmp_path / "bad")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (("S-000000",) * 3, "two segments have one id"),
        (("S-000000", "S-00000I", "S-000001"), "'S-00000I' is no id of a segment"),
        (("S-000000", "=cmd()", "S-000001"), r"'=cmd\(\)' is no id of a segment"),
    ],
)
def test_ids_that_are_none_are_refused(scorer, tmp_path, ids, message):
    replace(scorer, segment_ids=ids).save(tmp_path / "scorer")
    with pytest.raises(ModelFolderError, match=message):
        Scorer.load(tmp_path / "scorer")


def test_the_version_is_that_of_the_manifest_and_changes_with_the_model(scorer, folder):
    manifest = (folder / "manifest.json").read_bytes()
    assert Scorer.load(folder).version == hashlib.sha256(manifest).hexdigest()[:12]
    assert Scorer.load(folder).version == scorer.version
    renamed = replace(Scorer.load(folder), segment_names=("a", "b", "c"))
    assert renamed.version != scorer.version


def test_a_model_keeps_the_version_that_another_package_gave_it(scorer, folder, monkeypatch):
    before = Scorer.load(folder).version
    monkeypatch.setattr(storage, "version", lambda name: "9.9.9")
    assert Scorer.load(folder).version == before
    assert replace(scorer).version != before
