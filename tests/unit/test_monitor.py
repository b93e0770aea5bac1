"""What tells keep, refit and re-cut apart: distances, what is common to all, and the rules."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import energy_distance, kstest

from clustering.config import FeaturesConfig, MonitorConfig
from clustering.errors import BadInputError
from clustering.features import build_snapshot
from clustering.monitor.common_change import undo_common_change
from clustering.monitor.decision import Change, decide
from clustering.monitor.energy import EnergyTest, Placed, energy_test, energy_within
from clustering.monitor.last_scores import read_last
from clustering.monitor.outcomes import Promise, outcomes_since
from clustering.monitor.segments import Scored, migrated, segments_now
from clustering.movement.drift.population import feature_drift
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from snapshots import book, feature, scorer_of, snapshot_of

CONFIG = MonitorConfig()


def placed(values, segments=None, first_id=0) -> Placed:
    rows = np.asarray(values, float).reshape(len(values), -1)
    ids = pd.Index([f"a{first_id + row:05}" for row in range(len(rows))])
    labels = np.zeros(len(rows), np.int64) if segments is None else np.asarray(segments)
    return Placed(ids, rows, labels)


# -- energy distance ----------------------------------------------------------------------------


def test_the_distance_is_the_square_of_scipys_in_one_dimension():
    rng = np.random.default_rng(1)
    first, last = rng.normal(size=40), rng.exponential(size=70)
    found = energy_test(placed(first), placed(last, first_id=30), n_draws=99, seed=0)
    assert found.value == pytest.approx(energy_distance(first, last) ** 2)
    assert (found.n_first, found.n_last) == (40, 70)


def test_accounts_that_did_not_change_are_at_no_distance():
    accounts = placed(np.random.default_rng(1).normal(size=(50, 3)))
    found = energy_test(accounts, accounts, n_draws=99, seed=0)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.p == 1
    assert found.z < 1


@pytest.mark.parametrize("overlap", [0, 15, 30])
def test_the_p_value_is_uniform_where_nothing_changed(overlap):
    """Whether no, half or all accounts are of both dates, and however alike they stay."""
    rng = np.random.default_rng(overlap)
    found = []
    for trial in range(300):
        own = rng.normal(size=(60, 2))
        first = own[:30] + 0.5 * rng.normal(size=(30, 2))
        last = own[30 - overlap : 60 - overlap] + 0.5 * rng.normal(size=(30, 2))
        then, now = placed(first), placed(last, first_id=30 - overlap)
        found.append(energy_test(then, now, n_draws=99, seed=trial).p)
    assert kstest(found, "uniform").statistic < 0.1
    assert np.mean(np.array(found) <= 0.05) < 0.09


def test_accounts_that_change_places_are_no_change():
    rng = np.random.default_rng(3)
    sides = np.where(rng.random(200) < 0.5, -4.0, 4.0)
    then = placed(sides + rng.normal(size=200))
    now = placed(-sides + rng.normal(size=200))
    assert energy_test(then, now, n_draws=199, seed=0).z < 3


def test_another_mix_of_the_same_segments_is_a_change_overall_and_none_within():
    rng = np.random.default_rng(4)

    def of(shares, first_id):
        segments = rng.choice(2, 300, p=shares)
        return placed(10.0 * segments + rng.normal(size=300), segments, first_id)

    then, now = of([0.8, 0.2], 0), of([0.3, 0.7], 1000)
    assert energy_test(then, now, n_draws=199, seed=0).z > 6
    within = energy_within(then, now, n_draws=199, seed=0)
    assert within is not None
    assert within.z < 3


def test_without_a_segment_of_ten_accounts_at_both_dates_nothing_is_said_within():
    then = placed(np.arange(30.0), np.zeros(30, np.int64))
    now = placed(np.arange(30.0), np.ones(30, np.int64))
    assert energy_within(then, now, n_draws=99, seed=0) is None


def test_a_sample_holds_the_same_accounts_of_both_dates():
    accounts = placed(np.arange(2000.0))
    part = accounts.sample(300)
    assert len(part) == 300
    assert set(part.ids) == set(placed(-np.arange(2000.0)).sample(300).ids)
    assert accounts.sample(5000) is accounts


# -- features -----------------------------------------------------------------------------------


def drift_of(first, last):
    spec = [feature("x", "amount")]
    one, other = snapshot_of({"x": first}, spec), snapshot_of({"x": last}, spec)
    return feature_drift(one, other, spec, n_draws=199, seed=0).iloc[0]


def test_the_stability_index_ignores_the_unit_and_is_small_for_equal_samples():
    rng = np.random.default_rng(5)
    first, last = rng.gamma(2.0, size=2000), rng.gamma(2.0, size=2000)
    plain, exponential = drift_of(first, last), drift_of(np.expm1(first), np.expm1(last))
    assert plain["psi"] == pytest.approx(exponential["psi"])
    assert plain["psi"] < 0.03
    assert not plain["drifted"]


def test_a_column_of_many_zeros_drifts_where_the_zeros_become_fewer():
    rng = np.random.default_rng(6)
    values = rng.gamma(2.0, size=1000)
    first = np.where(rng.random(1000) < 0.8, 0.0, values)
    assert not drift_of(first, first[::-1].copy())["drifted"]
    assert drift_of(first, np.where(rng.random(1000) < 0.5, 0.0, values))["drifted"]


# -- what is common to all ----------------------------------------------------------------------


def frame(values) -> pd.DataFrame:
    return pd.DataFrame({"x": values}, index=[f"a{row}" for row in range(len(values))])


@pytest.mark.parametrize("change", [lambda x: 60 * x, np.log, np.sqrt, lambda x: x + 7])
def test_another_way_of_counting_is_undone_whatever_it_is(change):
    values = np.random.default_rng(7).gamma(3.0, size=500)
    then, now = frame(values), frame(change(values))
    undone = undo_common_change(then, now, then.index)
    assert np.abs(undone["x"] - then["x"]).quantile(0.95) < 0.05


def test_accounts_that_went_elsewhere_do_not_say_what_is_common():
    rng = np.random.default_rng(8)
    values = rng.normal(10, 1, 400)
    now = 2 * values
    now[:100] += 30  # these went to another group
    then = frame(values)
    undone = undo_common_change(then, frame(now), then.index[100:])
    stayed = undone.iloc[100:]["x"] - then.iloc[100:]["x"]
    assert np.abs(stayed).quantile(0.95) < 0.1
    assert (undone.iloc[:100]["x"] >= undone["x"].quantile(0.75)).all()


def test_missing_stays_missing_and_a_little_known_feature_stays_as_it_is():
    values = np.arange(50.0)
    now = np.where(values % 7 == 0, np.nan, 2 * values)
    then = frame(values)
    assert undo_common_change(then, frame(now), then.index)["x"].isna().sum() == 8
    few = undo_common_change(then, frame(now), then.index[:15])
    pd.testing.assert_frame_equal(few, frame(now))


# -- the decision -------------------------------------------------------------------------------


def distance(z: float) -> EnergyTest:
    return EnergyTest(value=1 + 0.01 * z, expected=1, z=z, p=0.5, n_first=100, n_last=100)


@pytest.mark.parametrize(
    ("overall", "drifted", "within", "left", "kind"),
    [
        (1.0, (), 1.0, 1.0, "keep"),
        (1.0, ("x",), 9.0, 9.0, "keep"),
        (20.0, (), 20.0, 20.0, "keep"),
        (20.0, ("x",), 2.0, 2.0, "keep"),
        (20.0, ("x",), 20.0, 2.0, "refit"),
        (90.0, ("x",), 90.0, 7.0, "refit"),
        (20.0, ("x",), 20.0, 12.0, "re-cut"),
        (20.0, ("x",), 20.0, None, "unknown"),
        (20.0, ("x",), None, None, "unknown"),
    ],
)
def test_the_rules(overall, drifted, within, left, kind):
    change = Change(
        distance(overall),
        drifted,
        None if within is None else distance(within),
        None if left is None else distance(left),
    )
    found = decide(change, CONFIG)
    assert found.kind == kind
    assert found.sentence.endswith(".")


def test_thresholds_are_those_of_the_configuration():
    change = Change(distance(5.0), ("x",), distance(5.0), distance(4.5))
    assert decide(change, CONFIG).kind == "keep"
    assert decide(change, MonitorConfig(least_z=3.0)).kind == "re-cut"
    assert decide(change, MonitorConfig(least_z=3.0, least_unexplained=0.95)).kind == "refit"
    assert decide(change, MonitorConfig(least_z=3.0, least_z_of_groups=4.8)).kind == "refit"


# -- segments and the last scoring --------------------------------------------------------------


@pytest.fixture(scope="module")
def scorer():
    return scorer_of(book(n=120), k=2)


def test_migration_counts_accounts_with_a_segment_at_both_dates(scorer):
    one, two = scorer.segment_ids
    ids = pd.Index(list("abcd"), name="account_id")
    then = Scored(date(2025, 3, 31), pd.Series([one, one, two, None], index=ids, dtype="str"))
    now = pd.Series([one, two, two, two], index=ids, dtype="str")
    found, table = migrated(scorer, then, now)
    assert (found.n_accounts, found.share, found.since) == (3, pytest.approx(1 / 3), "2025-03-31")
    assert set(table["from_segment"]) == set(scorer.segment_names)
    assert table["n_accounts"].sum() == 3


def test_without_common_accounts_the_migration_is_not_known(scorer):
    then = Scored(date(2025, 3, 31), pd.Series([], dtype="str"))
    found, table = migrated(scorer, then, pd.Series([scorer.segment_ids[0]], index=["a"]))
    assert (found.n_accounts, found.share, len(table)) == (0, None, 0)


def test_segments_beside_training_add_up(scorer):
    scores = scorer.score_features(book(n=60, seed=1).frame)
    table = segments_now(scorer, scores)
    assert table["n_then"].sum() == 120
    assert table["n_now"].sum() == scores["segment"].notna().sum()
    assert ((table["low"] <= table["share_now"]) & (table["share_now"] <= table["high"])).all()


def test_the_last_scores_are_read_back(scorer, tmp_path):
    scores = scorer.score_features(book(n=30).frame).assign(as_of="2025-03-31")
    scores.to_csv(tmp_path / "scores.csv")
    found = read_last(tmp_path / "scores.csv", scorer, date(2025, 6, 30))
    assert found.as_of == date(2025, 3, 31)
    assert found.segment_ids.tolist() == scores["segment_id"].tolist()


def test_all_that_is_wrong_with_the_last_scores_is_said_at_once(scorer, tmp_path):
    (tmp_path / "scores.csv").write_text(
        "account_id,segment_id,as_of\na,S-other1,2025-03-31\na,S-other1,2025-07-31\n"
    )
    with pytest.raises(BadInputError) as caught:
        read_last(tmp_path / "scores.csv", scorer, date(2025, 6, 30))
    message = str(caught.value)
    assert "cannot serve as the last scoring (4 breaches)" in message
    for part in (
        "account_id comes more than once in 1 rows; first: a",
        "as_of: expected one date, found 2",
        "as_of: expected a date before 2025-06-30, found 2025-07-31",
        "segment_id: S-other1 are no segments of this model",
    ):
        assert part in message


# -- what was promised --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("promised") / "book"
    write_book(simulate("needs", 200, seed=4), folder)
    with open_folder(folder) as tables:
        yield tables, build_snapshot(tables, date(2024, 9, 26), FeaturesConfig())


def test_rates_since_training_are_held_against_those_of_the_same_window_alone(small_book):
    tables, then = small_book
    segments = pd.Series("all", index=then.frame.index, dtype="str")
    promise = Promise(365, {("churned", "all"): 0.9, ("expanded", "all"): 0.0})
    early, _ = outcomes_since(tables, segments, then, date(2025, 6, 26), promise)
    row = early.set_index("outcome").loc["churned"]
    assert row["kept"] == "promised for 365 days, 273 have passed"
    assert row["low"] <= row["rate"] <= row["high"]
    late, _ = outcomes_since(tables, segments, then, date(2026, 1, 1), promise)
    assert late.set_index("outcome").loc["churned", "kept"] == "no"
    year, _ = outcomes_since(tables, segments, then, date(2025, 9, 26), promise)
    pd.testing.assert_frame_equal(late, year)  # the window of the promise, whatever has passed
    assert (early["events"].to_numpy() <= early["n"].to_numpy()).all()


def test_what_the_tables_do_not_reach_is_not_known_and_said(small_book):
    tables, then = small_book
    segments = pd.Series("all", index=then.frame.index, dtype="str")
    frame, note = outcomes_since(tables, segments, then, date(2030, 1, 1), None)
    assert frame.empty
    assert "is not known: 'subscriptions' ends before the horizon" in note
