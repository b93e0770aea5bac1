from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clustering.movement.track.history import History
from clustering.movement.track.hysteresis import ABSENT, UNKNOWN
from clustering.movement.track.transitions import (
    by_distance,
    mix_table,
    transition_table,
)

DATES = tuple(date(2025, 1, 1) + timedelta(days=91 * i) for i in range(4))


def history(labels):
    labels = np.array(labels, np.int64)
    chances = np.where(labels >= 0, 0.9, np.nan)
    ids = pd.Index([f"a{i}" for i in range(len(labels))], name="account_id")
    dates = DATES[: labels.shape[1]]
    return History(dates, ids, labels, chances, chances.copy(), ("low", "high"))


def counts(table, rule="none", span="step"):
    rows = table[(table["rule"] == rule) & (table["span"] == span)]
    return {
        (row.to_date, row.from_segment, row.to_segment): row.n_accounts for row in rows.itertuples()
    }


def test_every_account_is_in_one_row_of_a_step_and_nobody_is_dropped():
    given = history([[0, 1], [0, 0], [1, ABSENT], [ABSENT, 0], [0, UNKNOWN], [ABSENT, ABSENT]])
    table = transition_table(given, given.labels)
    day = DATES[1].isoformat()
    assert counts(table) == {
        (day, "low", "low"): 1,
        (day, "low", "high"): 1,
        (day, "low", "(no segment)"): 1,
        (day, "high", "(left)"): 1,
        (day, "(entered)", "low"): 1,
    }
    low = table[(table["from_segment"] == "low") & (table["span"] == "step")]
    assert low.groupby("rule")["share_of_from"].sum().tolist() == pytest.approx([1, 1])
    assert (
        (table["low"] <= table["share_of_from"]) & (table["share_of_from"] <= table["high"])
    ).all()


def test_the_whole_window_leaves_out_what_happened_between():
    given = history([[0, 1, 0]])
    table = transition_table(given, np.zeros((1, 3), np.int64))
    assert counts(table, span="window") == {(DATES[2].isoformat(), "low", "low"): 1}
    assert counts(table)[(DATES[1].isoformat(), "low", "high")] == 1
    assert counts(table, rule="hysteresis")[(DATES[1].isoformat(), "low", "low")] == 1


def test_one_date_has_no_transitions_and_keeps_its_columns():
    table = transition_table(history([[0]]), np.zeros((1, 1), np.int64))
    assert table.empty
    assert {"rule", "n_accounts", "share_of_from"} <= set(table)


def test_the_mix_counts_accounts_with_a_segment():
    mix = mix_table(history([[0, 1], [0, UNKNOWN], [1, ABSENT]]))
    first = mix[mix["snapshot"] == DATES[0].isoformat()].set_index("segment_name")
    assert first["n_accounts"].to_dict() == {"low": 2, "high": 1}
    assert first["share"].to_dict() == pytest.approx({"low": 2 / 3, "high": 1 / 3})
    second = mix[mix["snapshot"] == DATES[1].isoformat()].set_index("segment_name")
    assert second["share"].to_dict() == {"low": 0.0, "high": 1.0}


def test_labels_that_only_waver_differ_as_much_at_every_distance():
    rng = np.random.default_rng(0)
    table = by_distance(rng.integers(0, 2, (4000, 4)), DATES)
    assert table["days"].tolist() == [91, 182, 273]
    np.testing.assert_allclose(table["differ"], 0.5, atol=0.03)


def test_labels_of_accounts_that_go_differ_more_with_time():
    step = np.repeat(np.arange(1, 5), 100)
    labels = (np.arange(4) >= step[:, None]).astype(np.int64)
    assert by_distance(labels, DATES)["differ"].tolist() == pytest.approx([0.25, 0.5, 0.75])


def test_pairs_without_both_labels_are_left_out():
    table = by_distance(np.array([[0, -1, 1], [-2, -2, 0]]), DATES[:3])
    assert table["days"].tolist() == [182]
    assert table["n_accounts"].tolist() == [1]
