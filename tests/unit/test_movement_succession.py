"""Ids and names from one study to the next: what goes on, what does not, and what is refused."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from clustering.commands.reading import study_inputs
from clustering.config import StudyConfig, load_config
from clustering.errors import BadInputError, ConfigError, FutureDataError, ModelFolderError
from clustering.inputs import check_inputs
from clustering.movement.succession.entries import SUCCESSION, succession
from clustering.movement.succession.inherit import inherit
from clustering.movement.succession.names import known_names
from clustering.movement.succession.previous import load_previous, snapshot_for
from clustering.profiles import profile
from clustering.scorer.segment_ids import FormerName, SegmentNames
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from snapshots import book, fitted, scorer_of

K = 3


@pytest.fixture(scope="module")
def snapshot():
    return book(n=240)


@pytest.fixture(scope="module")
def previous(snapshot):
    return scorer_of(snapshot, "kmeans", k=K)


@pytest.fixture(scope="module")
def labels(snapshot):
    return fitted(snapshot, "kmeans", K)[2].labels


def of(now, k, previous, snapshot, **more):
    return inherit(now, k, origin="later", previous=previous, frame=snapshot.frame, **more)


def former(found, names):
    return found.former_names(names, names, "later", date(2025, 9, 30))


def test_a_study_that_follows_itself_keeps_every_id_and_name(snapshot, previous, labels):
    found = of(labels, K, previous, snapshot)
    assert found.ids == previous.segment_ids
    assert found.names == previous.segment_names
    assert former(found, previous.segment_names) == ()
    assert {fate.kind for fate in found.fates} == {"survived", "kept"}


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0), (0, 2, 1)])
def test_ids_follow_the_accounts_whatever_the_numbers_are(snapshot, previous, labels, order):
    found = of(np.array(order)[labels], K, previous, snapshot)
    assert [found.ids[new] for new in order] == list(previous.segment_ids)
    assert [found.names[new] for new in order] == list(previous.segment_names)


def test_the_order_of_the_accounts_changes_nothing(snapshot, previous, labels):
    rows = np.random.default_rng(0).permutation(len(labels))
    found = inherit(
        labels[rows], K, origin="later", previous=previous, frame=snapshot.frame.iloc[rows]
    )
    assert found.ids == previous.segment_ids


def test_a_first_study_has_new_ids_and_names_that_people_gave(labels):
    first = inherit(labels, K, origin="one")
    assert first.previous is None
    assert first.names == (None,) * K
    assert first.ids != inherit(labels, K, origin="other").ids
    again = inherit(labels, K, origin="one", renamed={first.ids[1]: "ours"})
    assert again.names == (None, "ours", None)
    kept = again.former_names(("a", "ours", "c"), ("a", "b", "c"), "one", date(2025, 9, 30))
    assert kept == (FormerName(first.ids[1], "b", "one", date(2025, 9, 30)),)


def test_the_larger_part_of_a_split_keeps_the_id(snapshot, previous, labels):
    now = labels.copy()
    inside = np.flatnonzero(labels == 1)
    now[inside[: len(inside) // 3]] = 3
    found = of(now, 4, previous, snapshot)
    assert found.ids[:3] == previous.segment_ids
    assert found.ids[3] not in previous.segment_ids
    assert found.names[3] is None
    kinds = {(fate.side, fate.segment): fate.kind for fate in found.fates}
    assert kinds["first", 1] == "split"
    assert kinds["latest", 3] == "new"


def test_halves_of_a_split_are_both_new_and_the_id_is_never_used_again(snapshot, previous, labels):
    now = labels.copy()
    inside = np.flatnonzero(labels == 1)
    now[inside[::2]], now[inside[1::2]] = 1, 3
    if len(inside) % 2:  # two parts of one size: neither holds more than half
        now[inside[-1]] = 0
    found = of(now, 4, previous, snapshot)
    gone = previous.segment_ids[1]
    assert gone not in found.ids
    left = former(found, ["a", "b", "c", "d"])
    assert (gone, previous.segment_names[1]) in [(one.segment_id, one.name) for one in left]
    later = replace(
        previous,
        segment_ids=found.ids[:3],
        segment_names=("a", "b", "c"),
        former_names=left,
    )
    third = inherit(
        labels, K, origin="x", previous=later, frame=snapshot.frame, renamed={gone: "back"}
    )
    assert gone not in third.ids
    assert gone in {one.segment_id for one in former(third, ["a", "b", "c"])}


def test_a_segment_inside_another_one_is_absorbed(snapshot, previous, labels):
    sizes = np.bincount(labels)
    small, large = int(sizes.argmin()), int(sizes.argmax())
    if sizes[small] == sizes[large]:
        pytest.skip("all segments of this book have one size")
    (rest,) = {0, 1, 2} - {small, large}
    now = np.where(labels == rest, 1, 0)
    found = of(now, 2, previous, snapshot)
    kinds = {fate.segment: fate.kind for fate in found.fates if fate.side == "first"}
    assert kinds == {small: "absorbed", large: "survived", rest: "survived"}
    assert found.ids == (previous.segment_ids[large], previous.segment_ids[rest])


def test_a_new_segment_gets_no_name_that_stood_for_another(snapshot, previous, labels):
    """The automatic name of a new segment is marked where an earlier one had it."""
    gone = replace(previous.training, study="before")
    earlier = replace(previous, segment_ids=("S-000000", "S-000001", "S-000002"), training=gone)
    scattered = np.random.default_rng(1).integers(0, K, len(labels))
    found = of(scattered, K, earlier, snapshot)
    assert not set(found.ids) & set(earlier.segment_ids)
    matrix, _, clustering = fitted(snapshot, "kmeans", K)
    told = profile(snapshot, matrix, clustering, given=found.names, taken=found.taken_names)
    assert told.automatic == previous.segment_names
    assert told.names == tuple(f"{name} ({snapshot.as_of})" for name in told.automatic)


def test_a_new_segment_gets_no_name_that_a_renamed_one_had(snapshot, previous, labels, tmp_path):
    """Else the model of the new study would contradict itself, and could not be read."""
    matrix, _, clustering = fitted(snapshot, "kmeans", K)
    had = FormerName("S-000000", previous.segment_names[2], "q1", snapshot.as_of)
    earlier = replace(
        previous,
        segment_ids=("S-000000", "S-000001", "S-000002"),
        segment_names=("our best", "second", "third"),
        former_names=(had,),
    )
    now = np.where(labels == 2, np.arange(len(labels)) % 3, labels)  # the third is scattered
    found = of(now, K, earlier, snapshot)
    assert found.ids[:2] == ("S-000000", "S-000001")
    found = replace(found, ids=(*found.ids[:2], "S-000009"), names=("our best", "second", None))
    told = profile(snapshot, matrix, clustering, given=found.names, taken=found.taken_names)
    assert told.names[2] == f"{had.name} ({snapshot.as_of})"
    scorer = replace(
        previous,
        segment_ids=found.ids,
        segment_names=told.names,
        former_names=former(found, told.names),
    )
    scorer.save(tmp_path / "scorer")
    assert load_previous(config(previous=tmp_path)).called.name_of(had.name) == "our best"


def test_what_a_study_says_of_the_previous_one(snapshot, previous, labels):
    matrix, _, clustering = fitted(snapshot, "kmeans", K)
    named = replace(previous, segment_names=("our best", *previous.segment_names[1:]))
    found = of(labels, K, named, snapshot)
    profiles = profile(snapshot, matrix, clustering, given=found.names, taken=found.taken_names)
    told = succession(found, profiles)
    assert told.entry.same_id == 1.0
    assert (told.entry.n_survived, told.entry.n_new, told.entry.n_gone) == (3, 0, 0)
    assert told.entry.version == named.version
    table = told.frames[SUCCESSION.name]
    assert table["segment_name"].tolist() == list(named.segment_names)
    assert table["would_be_called"].tolist() == [previous.segment_names[0], "", ""]
    assert table["no_longer"].tolist() == [""] * 3
    assert table["n_then"].tolist() == table["n_now"].tolist() == np.bincount(labels).tolist()
    assert (table["stayed"] == 1.0).all()


def test_words_of_a_kept_name_that_hold_no_longer_are_said(snapshot, previous, labels):
    matrix, _, clustering = fitted(snapshot, "kmeans", K)
    turned = tuple(reversed(previous.segment_names))
    profiles = profile(snapshot, matrix, clustering, given=turned)
    table = succession(
        of(labels, K, replace(previous, segment_names=turned), snapshot), profiles
    ).frames[SUCCESSION.name]
    assert table["no_longer"].iloc[0]
    assert table["would_be_called"].iloc[0] == previous.segment_names[0]


def test_an_old_name_leads_to_its_segment(previous):
    called = SegmentNames(previous.segment_ids, ("a", "b", "c"), known_names(previous))
    for segment_id, name in zip(previous.segment_ids, previous.segment_names, strict=True):
        assert called.id_of(name) == segment_id == called.id_of(segment_id)
        assert called.name_of(f"{segment_id} {name}") == called.name_of(name)
    assert called.id_of("b") == previous.segment_ids[1]
    for nobody in ("nobody", "S-000000", f"{previous.segment_ids[0]}x", ""):
        assert called.id_of(nobody) is called.name_of(nobody) is called.gone(nobody) is None


def config(**more) -> StudyConfig:
    return StudyConfig(
        **{"name": "q2", "as_of": "2025-09-30", "source": {"folder": "book"}, **more}
    )


def test_the_previous_study_is_found_from_the_toml_and_is_no_part_of_the_hash(tmp_path):
    (tmp_path / "conf").mkdir()
    toml = tmp_path / "conf" / "q2.toml"
    text = 'name = "q2"\nas_of = 2025-09-30\nprevious = "{}"\n[source]\nfolder = "book"\n'
    toml.write_text(text.format("../studies/q1"))
    found = load_config(toml)
    assert found.previous == (tmp_path / "studies" / "q1").resolve()
    again = StudyConfig.model_validate(found.model_dump(mode="json"))
    assert again.previous == found.previous
    toml.write_text(text.format("models:/account-segments@champion"))
    address = load_config(toml)
    assert address.previous == "models:/account-segments@champion"
    assert address.hash == found.hash == load_config(toml, ["previous=x"]).hash
    toml.write_text(text.format("  "))
    with pytest.raises(ConfigError, match="'previous': expected a folder or models:/NAME@ALIAS"):
        load_config(toml)


def test_a_previous_study_that_is_not_there_is_told_before_anything_runs(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "q1").mkdir()
    places = {"source": {"folder": tmp_path / "book"}}
    with pytest.raises(BadInputError) as error:
        check_inputs(config(previous=tmp_path / "q11", **places))
    told = str(error.value)
    assert "the previous study" in told
    assert "does not exist. Did you mean 'q1'? Correct previous, or leave it out" in told
    check_inputs(config(previous="models:/account-segments@champion", **places))
    own = config(previous=tmp_path / "q1", **places)
    check_inputs(own)
    assert tmp_path / "q1" not in study_inputs(own)  # the new study may take its place
    (tmp_path / "q1").rename(tmp_path / ".q1.former")  # killed between two renames
    check_inputs(own)
    assert (tmp_path / "q1").is_dir()


def test_a_previous_study_that_cannot_be_used_is_one_message(previous, tmp_path):
    assert load_previous(config()) is None
    with pytest.raises(ModelFolderError, match=r"(?s)there is no scorer at .* For a first study"):
        load_previous(config(previous=tmp_path / "nothing"))
    with pytest.raises(ConfigError, match="looks it up in the registry"):
        load_previous(config(previous="models:/account-segments@champion"))
    previous.save(tmp_path / "scorer")
    assert load_previous(config(previous=tmp_path)).version == previous.version
    early = config(previous=tmp_path, as_of="2020-01-31")
    with pytest.raises(FutureDataError, match="later than the date of this one, 2020-01-31"):
        load_previous(early)
    with (tmp_path / "scorer" / "model.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(
        ModelFolderError, match=r"(?s)the previous study cannot be used: .*model\.npz"
    ):
        load_previous(config(previous=tmp_path))


def test_a_previous_model_with_other_features_is_named_with_them(snapshot, previous, tmp_path):
    write_book(simulate("needs", 60, seed=1), tmp_path)
    with open_folder(tmp_path) as tables:
        assert snapshot_for(previous, tables, snapshot, previous.features) is snapshot
        less = replace(snapshot, frame=snapshot.frame.iloc[:, 1:])
        with pytest.raises(BadInputError) as error:
            snapshot_for(previous, tables, less, previous.features)
    told = str(error.value)
    assert told.startswith("the previous study 'demo' cannot score the accounts of this one")
    assert "feature 'days_late': it is no longer defined" in told
    assert "For a first study leave out `previous`" in told
