"""Forward validity: what is not known is said, and what is told holds."""

import json

import numpy as np
import pandas as pd
import pytest

from clustering.comparison import forward_validity
from clustering.comparison.base.calibration import calibration
from clustering.comparison.base.entries import Gain
from clustering.comparison.base.labellings import as_boolean
from clustering.comparison.base.metrics import (
    area_under_curve,
    interval_around,
    paired_gains,
    pooled_area_under_curve,
    stratified_folds,
)
from clustering.comparison.base.nested import OutcomeTable, fit_nested
from clustering.comparison.base.rates import fit_beta_binomial, rates
from clustering.comparison.claims import forward_sentence, gain_claim
from clustering.errors import BadInputError


def rows(n: int, lift: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tier = rng.choice(["core", "mid", "large"], n, p=[0.6, 0.3, 0.1])
    segment = rng.choice(["a", "b", "c"], n)
    rate = 0.15 + 0.1 * (tier == "mid") + lift * (segment == "c")
    return pd.DataFrame({"tier": tier, "segment": segment, "y": rng.random(n) < rate})


def judged(frame: pd.DataFrame, **options: object):
    return forward_validity(frame["tier"], frame["segment"], frame["y"], n_bootstrap=300, **options)


def test_a_planted_lift_is_found_and_shuffled_outcomes_lose_it():
    frame = rows(2000, 0.3, 1)
    found = judged(frame)
    assert found.gain.interval[0] > 0
    assert found.lr_segment_given_tier.p < 1e-10
    assert forward_sentence(found).startswith("Beside tier, segment improved")
    frame["y"] = np.random.default_rng(2).permutation(frame["y"])
    shuffled = judged(frame)
    assert shuffled.gain.interval[0] <= 0
    assert forward_sentence(shuffled).startswith("No evidence that segment beat tier")


def test_the_order_of_rows_changes_nothing():
    frame = rows(300, 0.2, 3)
    mixed = frame.sample(frac=1, random_state=1)
    assert judged(frame) == judged(mixed)
    accounts = pd.Series([f"id{i // 2}" for i in range(300)])
    one = judged(frame, account=accounts)
    two = judged(mixed, account=accounts.loc[mixed.index])
    assert one == two


def test_rows_of_one_account_stay_together():
    outcome = np.tile([True, False, False], 40)
    account = np.repeat(np.arange(40), 3)
    folds = stratified_folds(outcome, np.arange(120), account, 5, seed=1)
    assert all(np.unique(folds[account == one]).size == 1 for one in range(40))
    assert sorted(np.bincount(folds)) == [24] * 5


def test_repeated_accounts_widen_the_interval():
    improvement = np.random.default_rng(0).normal(size=100)

    def interval(values: np.ndarray, account: np.ndarray | None) -> tuple[float, float]:
        return interval_around(float(values.mean()), paired_gains(values, account, 2000, seed=1))

    alone = interval(improvement, None)
    five_times = np.tile(improvement, 5)
    together = interval(five_times, np.tile(np.arange(100), 5))
    wrong = interval(five_times, None)
    assert np.diff(together)[0] == pytest.approx(np.diff(alone)[0], rel=0.1)
    assert np.diff(wrong)[0] < 0.6 * np.diff(together)[0]


def test_repeated_accounts_are_said():
    frame = rows(200, 0.1, 4)
    found = judged(frame, account=np.arange(200) // 2)
    assert found.n_accounts == 100
    assert any("several rows" in note for note in found.notes)


def test_one_class_only():
    frame = rows(100, 0.0, 5).assign(y=False)
    found = judged(frame)
    assert (found.deviance, found.gain, found.auc, found.cmh.stat) == (None,) * 4
    assert found.reasons["gain"] == "all 100 rows to fit on have no event in outcome"
    assert "not known" in forward_sentence(found)
    json.dumps(found.model_dump(mode="json"), allow_nan=False)


def test_no_outcome_in_the_window():
    frame = rows(10, 0.0, 5).assign(y=None)
    with pytest.raises(BadInputError, match="missing in all 10 rows: no outcome was observed"):
        judged(frame)


def test_all_in_one_segment():
    found = judged(rows(300, 0.0, 6).assign(segment="only"))
    assert found.gain is None
    assert "same models" in found.reasons["gain"]
    assert found.reasons["cmh"] == "all rows are in one segment"
    assert found.lr_segment_given_tier.df == 0
    assert found.lr_segment_given_tier.p is None
    assert all(test.p is None for test in found.within_tier)


def test_segments_that_are_the_tiers_add_nothing():
    frame = rows(300, 0.0, 6)
    found = judged(frame.assign(segment=frame["tier"]))
    assert found.gain is None
    assert found.lr_segment_given_tier.p is None


def test_perfect_separation_is_said_and_stays_finite():
    frame = rows(300, 0.0, 7)
    found = judged(frame.assign(y=frame["segment"] == "a"))
    assert found.deviance["both"] == pytest.approx(0.0, abs=1e-6)
    assert any("Perfect separation in segment, both, interaction" in note for note in found.notes)
    assert found.log_loss["both"] < 0.05
    assert found.gain.interval[0] > 0


def test_a_tier_with_three_accounts():
    frame = rows(300, 0.2, 8)
    frame.loc[:2, "tier"] = "strategic"
    found = judged(frame)
    small = next(test for test in found.within_tier if test.tier == "strategic")
    assert small.n == 3
    assert small.p is None or "below 5" in small.reason
    tested = [test for test in found.within_tier if test.p is not None]
    assert all(test.p_holm >= test.p for test in tested)


def test_a_tier_without_contrast_says_why():
    table = OutcomeTable(np.array([[5.0, 5.0], [5.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]]))
    from clustering.comparison.base.stratified import cochran_mantel_haenszel, within_tier_tests

    one, two = within_tier_tests(table, ["a", "b"], seed=1)
    assert one.reason == "all rows have the same outcome"
    assert two.reason == "all rows are in one segment"
    assert cochran_mantel_haenszel(table).reason == "no tier has two outcomes in two segments"


def test_segments_unknown_at_test_time():
    frame = rows(400, 0.2, 9)
    frame["train"] = np.arange(400) < 200
    frame.loc[390:, "segment"] = "new"
    found = judged(frame, train=frame["train"])
    assert any("10 rows judged on with a label of segment" in note for note in found.notes)
    assert found.n_held_out == 200
    assert found.n_tested == 200


def test_unseen_levels_fall_back_to_the_model_that_knows_them():
    counts = np.array([[20.0, 20.0, 0.0], [20.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    events = np.array([[5.0, 10.0, 0.0], [8.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    fit = fit_nested(OutcomeTable(counts, events))
    tier, both = fit.probability["tier"], fit.probability["both"]
    assert both[0, 2] == tier[0, 2] == 15 / 40
    assert both[2, 0] == fit.probability["segment"][2, 0] == 13 / 40
    assert both[2, 2] == fit.probability["base"][2, 2] == 23 / 60
    assert fit.probability["interaction"][1, 1] == both[1, 1]
    odds = both / (1 - both)
    assert odds[1, 1] / odds[1, 0] == pytest.approx(odds[0, 1] / odds[0, 0])


def test_unlinked_tiers_and_segments_fall_back_to_the_tier():
    counts = np.array([[20.0, 20.0, 0.0], [0.0, 0.0, 20.0]])
    events = np.array([[5.0, 10.0, 0.0], [0.0, 0.0, 4.0]])
    fit = fit_nested(OutcomeTable(counts, events))
    assert fit.rank["both"] == 3
    assert fit.probability["both"][1, 0] == pytest.approx(0.2)


def test_missing_rows_are_counted():
    frame = rows(300, 0.2, 10).astype(object)
    frame.loc[:9, "segment"] = None
    frame.loc[5:14, "y"] = None
    found = judged(frame)
    assert (found.n, found.n_left_out) == (285, 15)
    assert found.notes[0].startswith("15 rows left out")


def test_one_event_cannot_be_judged():
    frame = rows(100, 0.0, 5).assign(y=False)
    frame.loc[0, "y"] = True
    found = judged(frame)
    assert found.auc is None
    assert "no fold can both fit and judge" in found.reasons["gain"]
    assert any("1 row with the rarer outcome" in note for note in found.notes)


def test_a_test_part_with_one_class_has_no_curve():
    frame = rows(200, 0.1, 11)
    frame["train"] = np.arange(200) < 150
    frame.loc[150:, "y"] = False
    found = judged(frame, train=frame["train"])
    assert found.auc["both"] is None
    assert found.gain.auc is None
    assert found.gain.log_loss is not None


@pytest.mark.parametrize(("value", "found"), [(True, "all"), (False, "none")])
def test_train_must_split(value, found):
    frame = rows(50, 0.1, 12)
    with pytest.raises(BadInputError, match=f"true in {found} of the 50 complete rows"):
        judged(frame, train=[value] * 50)


def test_the_outcome_must_be_binary():
    with pytest.raises(BadInputError, match=r"y must be true or false .* found '0.7', '2'"):
        as_boolean([1, 0, 2, 0.7], "y")


def test_lengths_must_match():
    with pytest.raises(BadInputError, match=r"same length, found \[2, 3\]"):
        forward_validity(["a", "b"], ["a", "b"], [True, False, True])


def test_too_many_segments():
    n = 250
    with pytest.raises(BadInputError, match="250 different labels; at most 200"):
        forward_validity(["a"] * n, [f"s{i}" for i in range(n)], [True, False] * (n // 2))


def test_no_complete_row():
    with pytest.raises(BadInputError, match="no row has all of tier, segment, outcome"):
        forward_validity(["a", None], [None, "b"], [True, False])


# -- parts --------------------------------------------------------------------------------------


def test_a_constant_prediction_has_no_curve_to_show_in_folds():
    # The fold with more events was predicted by a model that saw fewer.
    outcome = np.array([True] * 3 + [False] * 3 + [True] + [False] * 5)
    folds = np.repeat([0, 1], 6)
    constant = np.array([1 / 6, 1 / 2])[folds]
    assert pooled_area_under_curve(constant, outcome, folds) == 0.5
    assert area_under_curve(constant, outcome) < 0.5
    assert area_under_curve(constant, np.zeros(12, dtype=bool)) is None


def test_calibration_of_right_and_wrong_probabilities():
    rng = np.random.default_rng(0)
    linear = rng.normal(size=20_000)
    probability = 1 / (1 + np.exp(-linear))
    outcome = rng.random(20_000) < probability
    right = calibration(probability, outcome)
    assert right.in_the_large == pytest.approx(0, abs=0.05)
    assert right.slope == pytest.approx(1, abs=0.05)
    extreme = calibration(1 / (1 + np.exp(-2 * linear - 1)), outcome)
    assert extreme.slope == pytest.approx(0.5, abs=0.03)
    assert extreme.in_the_large < -0.5
    assert calibration(np.full(10, 0.3), np.array([True, False] * 5)).slope is None
    assert calibration(np.full(10, 0.3), np.zeros(10, dtype=bool)).in_the_large is None


def test_few_rows_suppress_a_rate_and_nothing_is_no_rate():
    found = rates(["a", "b", "c"], np.array([100.0, 19.0, 0.0]), np.array([30.0, 2.0, 0.0]))
    assert [rate.suppressed for rate in found] == [False, True, True]
    assert (found[2].raw, found[2].wilson, found[2].shrunken) == (None, None, None)


def test_shrunken_rates_lie_between_raw_and_mean():
    counts, events = np.array([400.0, 400.0, 30.0]), np.array([40.0, 120.0, 15.0])
    prior = fit_beta_binomial(counts, events)
    assert np.isfinite(prior.weight)
    for rate in rates(["a", "b", "c"], counts, events):
        low, high = sorted([rate.raw, prior.mean])
        assert low < rate.shrunken < high


def test_equal_rates_shrink_all_the_way():
    found = rates(["a", "b"], np.array([50.0, 100.0]), np.array([10.0, 20.0]))
    assert [rate.shrunken for rate in found] == [0.2, 0.2]
    assert np.isinf(fit_beta_binomial(np.array([50.0]), np.array([0.0])).weight)
    assert fit_beta_binomial(np.array([0.0]), np.array([0.0])) is None


def test_claims_follow_the_interval():
    def claim(log_loss: float, interval: tuple[float, float]) -> str:
        return gain_claim(Gain(log_loss=log_loss, auc=None, interval=interval), "S", "T", "y")

    assert claim(0.1, (0.05, 0.2)).startswith("Beside T, S improved")
    assert claim(0.1, (0.0, 0.2)).startswith("No evidence that S beat T")
    worse = claim(-0.1, (-0.2, -0.05))
    assert worse.startswith("No evidence that S beat T")
    assert "worse" in worse
