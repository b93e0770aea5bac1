"""Snapshots back in time, who is on the list to confirm, and who has the last word."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clustering.config import MatrixConfig, StudyConfig
from clustering.config.movement import MovementConfig
from clustering.features import build_snapshot
from clustering.models.types import CandidateSpec
from clustering.movement.overrides.active import Overrides, no_overrides
from clustering.movement.overrides.reconfirmation import assignments, reconfirmation_list
from clustering.movement.past import Past
from clustering.movement.track.history import Snapshots, earlier_snapshots, follow, snapshot_dates
from clustering.movement.track.hysteresis import ABSENT, UNKNOWN
from clustering.movement.track.over_time import stability_over_time
from clustering.movement.track.track import follow_accounts, study_movement
from clustering.schemes import Labelling
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from snapshots import AS_OF, book, scorer_of

CONFIG = StudyConfig(name="s", as_of=AS_OF, source={"folder": "x"})
STEP = timedelta(days=91)


@pytest.fixture(scope="module")
def latest():
    return book(n=150, missing=0.02)


@pytest.fixture(scope="module")
def scorer(latest):
    return scorer_of(latest, k=3)


@pytest.fixture(scope="module")
def snapshots(latest):
    """Three dates: one account enters, one leaves, one turns into another, one is unknown once."""
    frames = [latest.frame.copy() for _ in range(3)]
    frames[0] = frames[0].drop(index="a0000")
    frames[2] = frames[2].drop(index="a0001")
    for frame in frames[1:]:
        frame.loc["a0002"] = latest.frame.loc["a0003"].to_numpy()
    frames[1].loc["a0004"] = np.nan
    days = [AS_OF - 2 * STEP, AS_OF - STEP, AS_OF]
    taken = [
        replace(latest, frame=frame, attributes=latest.attributes.reindex(frame.index), as_of=day)
        for frame, day in zip(frames, days, strict=True)
    ]
    return Snapshots(tuple(taken), {})


def nothing(snapshot):
    return ()


def test_dates_end_with_the_as_of_date():
    assert snapshot_dates(AS_OF, 1, 91) == (AS_OF,)
    assert snapshot_dates(AS_OF, 3, 30) == (AS_OF - timedelta(60), AS_OF - timedelta(30), AS_OF)


def test_accounts_that_come_go_or_are_unknown_stay_on_the_list(snapshots, scorer):
    history = follow(snapshots.taken, scorer)
    rows = dict(zip(history.accounts, history.labels.tolist(), strict=True))
    assert len(rows) == 150
    assert rows["a0000"][0] == ABSENT
    assert rows["a0001"][2] == ABSENT
    assert rows["a0004"][1] == UNKNOWN
    assert np.isnan(history.probability[history.labels < 0]).all()
    expected = scorer.score_features(snapshots.taken[2].frame)["segment"]
    found = pd.Series(history.labels[:, 2], index=history.accounts)
    assert (found.loc[expected.index] == expected).all()


def test_a_move_and_its_reasons_reach_the_tables(snapshots, scorer):
    found = follow_accounts(snapshots, scorer, CandidateSpec("kmeans", 3), nothing, CONFIG)
    moved = found.frames["moves"].set_index("account_id")
    names = scorer.segment_names
    own = scorer.score_features(snapshots.taken[2].frame)["segment_name"]
    if own["a0002"] != scorer.score_features(snapshots.taken[0].frame)["segment_name"]["a0002"]:
        assert moved.loc["a0002", "to_segment"] == own["a0002"]
        assert moved.loc["a0002", "outcome"] == "lasting"
    assert set(found.frames["segment_mix"]["segment_name"]) == set(names)
    assert "a0004" not in moved.index  # not known in between, the same before and after


def test_too_few_accounts_for_a_model_of_the_first_date_are_named(snapshots, scorer):
    first = snapshots.taken[0]
    few = replace(first, frame=first.frame.iloc[:50], attributes=first.attributes.iloc[:50])
    short = Snapshots((few, *snapshots.taken[1:]), {})
    found = follow_accounts(short, scorer, CandidateSpec("kmeans", 3), nothing, CONFIG)
    assert found.summary.model_change is None
    assert "segment_fates" not in found.frames
    assert any("a model of 3 segments of that day needs 60" in r for r in found.summary.reasons)


def test_a_labelling_over_time_is_compared_with_itself(snapshots, scorer):
    history = follow(snapshots.taken, scorer)

    def by_date(snapshot):
        label = "new" if snapshot.as_of == AS_OF else "old"
        labels = pd.Series(label, index=snapshot.frame.index, dtype="str")
        made = Labelling("ages", "Ages", labels, (label,), "rule", "by date")
        return (made, replace(made, name="own_column", kind="own"))

    table = stability_over_time(snapshots, history, history.labels, by_date)
    ages = table[table["labelling"] == "ages"].set_index("days")
    assert ages["differ"].to_dict() == pytest.approx({91: 0.5, 182: 1.0}, abs=0.01)
    assert set(ages["n_accounts"]) == {147}  # those with a segment at every date
    own = table[table["labelling"] == "own_column"]
    assert own["note"].eq("its column has no dates: the same at every date by construction").all()


def test_one_segment_has_nowhere_to_move(latest):
    alone = scorer_of(latest, k=1)
    words = study_movement(Past(None, CONFIG, latest, ()), alone, CandidateSpec("kmeans", 1))
    assert words == "There is one segment, and nowhere to move to."


def test_movement_can_be_switched_off(latest, scorer):
    off = CONFIG.model_copy(update={"movement": MovementConfig(snapshots=1)})
    words = study_movement(Past(None, off, latest, ()), scorer, CandidateSpec("kmeans", 3))
    assert words == "movement.snapshots is 1: movement was not looked at."


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "book"
    write_book(simulate("needs", 60, seed=3), folder)
    return open_folder(folder)


@pytest.mark.parametrize(
    ("as_of", "needed", "words"),
    [
        (date(2022, 12, 1), ("features_used",), "'usage' begins on 2022-07-"),
        (date(2022, 9, 1), ("days_to_first_value",), "before the first account began"),
        (date(2023, 1, 30), ("outcome_trend_per_90_days",), "is missing for"),
    ],
)
def test_a_date_out_of_reach_is_named_with_its_reason(tables, as_of, needed, words):
    latest = build_snapshot(tables, as_of)
    dates = snapshot_dates(as_of, 3, 91)
    config = CONFIG.model_copy(update={"matrix": MatrixConfig(max_missing_share=0.2)})
    found = earlier_snapshots(Past(tables, config, latest, ()), dates, needed)
    assert [snapshot.as_of for snapshot in found.taken] == [as_of]
    assert list(found.out_of_reach) == [dates[1], dates[0]]
    assert words in found.out_of_reach[dates[1]]


def test_a_study_that_reaches_nowhere_says_so(tables, scorer):
    as_of = date(2022, 9, 1)
    config = CONFIG.model_copy(update={"as_of": as_of})
    latest = build_snapshot(tables, as_of)
    spec = CandidateSpec("kmeans", 3)
    words = study_movement(Past(tables, config, latest, ()), scorer, spec)
    assert words.startswith("Movement is not known: the tables do not reach back to 2022-06-02")


def scores():
    index = pd.Index(["a", "b", "c", "d"], name="account_id")
    return pd.DataFrame(
        {
            "segment_name": pd.array(["x", "x", "y", None], dtype="str"),
            "runner_up": pd.array(["y", "y", "x", None], dtype="str"),
            "probability": [0.9, 0.55, 0.8, np.nan],
            "margin": [0.8, 0.1, 0.6, np.nan],
        },
        index=index,
    )


def decided(until="2025-12-31"):
    rows = [("c", "x", "Kim", "pilot", "2025-01-01", until)]
    columns = ["account_id", "segment", "decided_by", "reason", "decided_on", "valid_until"]
    frame = pd.DataFrame(rows, columns=columns)
    return Overrides(frame.astype(dict.fromkeys(columns[-2:], "datetime64[s]")))


def test_a_person_has_the_last_word_and_the_models_answer_stays():
    table = assignments(scores(), None, decided(), AS_OF)
    assert table["assigned_segment"].tolist()[:3] == ["x", "x", "x"]
    assert table["assigned_by"].tolist() == ["model", "model", "override", "model"]
    assert table["segment_name"].tolist()[2] == "y"
    assert table["held_segment"].isna().all()
    assert pd.isna(table.loc["d", "assigned_segment"])


def test_an_expired_decision_is_dropped():
    table = assignments(scores(), None, decided(until="2025-06-29"), AS_OF)
    assert table.loc["c", ["assigned_segment", "assigned_by"]].tolist() == ["y", "model"]


def test_accounts_near_a_boundary_and_overrides_that_end_soon_are_to_be_confirmed():
    arr = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"))
    due = decided(until="2025-07-31")
    table = reconfirmation_list(
        scores(), assignments(scores(), None, due, AS_OF), None, arr, MovementConfig(), AS_OF
    )
    assert table["account_id"].tolist() == ["c", "b"]
    assert table["why"].tolist() == [
        "its override ends before the next snapshot",
        "near the boundary to 'y' (margin 0.10, below 0.2)",
    ]
    later = assignments(scores(), None, decided(), AS_OF)
    again = reconfirmation_list(scores(), later, None, arr, MovementConfig(), AS_OF)
    assert again["account_id"].tolist() == ["b"]


def test_an_account_that_waits_is_served_by_the_model_and_is_to_be_confirmed(snapshots, scorer):
    moved_last = [*snapshots.taken[:2], snapshots.taken[2]]
    frame = snapshots.taken[1].frame.copy()
    frame.loc["a0002"] = snapshots.taken[0].frame.loc["a0002"].to_numpy()
    moved_last[1] = replace(snapshots.taken[1], frame=frame)
    taken = Snapshots(tuple(moved_last), {})
    found = follow_accounts(taken, scorer, CandidateSpec("kmeans", 3), nothing, CONFIG)
    now = scorer.score_features(taken.taken[2].frame)
    before = scorer.score_features(taken.taken[0].frame)
    assert now.loc["a0002", "segment"] != before.loc["a0002", "segment"]
    table = assignments(now, found, no_overrides(), AS_OF)
    assert table.loc["a0002", "assigned_by"] == "model"
    assert table.loc["a0002", "assigned_segment"] == now.loc["a0002", "segment_name"]
    assert table.loc["a0002", "held_segment"] == before.loc["a0002", "segment_name"]
    arr = pd.Series(1.0, index=now.index)
    listed = reconfirmation_list(now, table, found, arr, CONFIG.movement, AS_OF)
    row = listed.set_index("account_id").loc["a0002"]
    assert row["waiting"]
    still = f"by lasting evidence it is still in '{before.loc['a0002', 'segment_name']}'"
    assert still in row["why"]
