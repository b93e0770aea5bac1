"""Values that cannot be, values far from all that were seen, and columns in another unit."""

import math

import numpy as np
import pandas as pd
import pytest

from clustering.errors import BadInputError
from clustering.features.registry import FEATURES
from clustering.features.types import MOST_DAYS, possible_values
from clustering.matrix.ranges import FeatureRange, fit_range, rescaled
from clustering.matrix.transforms import fit_column
from clustering.scorer.answers.oddities import look_at_columns, set_apart, unit_mistakes
from clustering.tables.contract import FIRST_DATE, LAST_DATE
from snapshots import book, feature, scorer_of

SHARE = FeatureRange("goals", "share, 0 to 1", 0.0, 1.0, 0.1, 0.9, (0.2, 0.3, 0.4, 0.5, 0.6))


@pytest.fixture(scope="module")
def snapshot():
    return book()


@pytest.mark.parametrize("one", FEATURES, ids=lambda one: one.name)
def test_every_feature_says_what_it_can_be(one):
    least, most = one.possible
    assert least < most
    if one.scale in ("share", "count", "amount", "days", "binary"):
        assert least == 0
    if one.scale == "days":
        assert most == MOST_DAYS


def test_no_two_dates_of_the_tables_lie_further_apart_than_days_can_be():
    assert (LAST_DATE - FIRST_DATE).days <= MOST_DAYS


def test_ranges_in_words():
    assert possible_values((-1.0, 1.0)) == "−1 to 1"
    assert possible_values((-math.inf, 2.0)) == "at most 2"


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture"])
@pytest.mark.parametrize("value", [1e9, -1e9, 1e15, -1e15, 1e300])
def test_a_huge_value_in_any_feature_is_flagged_and_named(snapshot, algorithm, value):
    scorer = scorer_of(snapshot, algorithm)
    for name in scorer.standardiser.feature_names:
        frame = snapshot.frame.copy()
        frame[name] = value
        scores = scorer.score_features(frame)
        assert scores["novel"].all(), name
        assert scores["reason"].str.contains(name, regex=False).all(), name


def test_an_impossible_value_is_not_used_and_says_its_range(snapshot):
    frame = snapshot.frame.dropna().iloc[:5].copy()
    without = frame.copy()
    frame.loc[frame.index[2], "goals_share"] = 37.0
    without.loc[frame.index[2], "goals_share"] = np.nan
    scorer = scorer_of(snapshot)
    scores, expected = scorer.score_features(frame), scorer.score_features(without)
    assert scores["reason"].iloc[2] == "goals_share is 37, which cannot be (0 to 1): not used"
    assert scores["novel"].tolist() == [False, False, True, False, False]
    for column in ("segment", "probability", "margin", "known_share"):
        assert scores[column].equals(expected[column])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("breadth", -3.0, "breadth is −3, which cannot be (0 or more): not used"),
        ("hours", -0.5, "hours is −0.5, which cannot be (0 or more): not used"),
        ("has_sponsor", 2.0, "has_sponsor is 2, which cannot be (0 to 1): not used"),
        ("hours", 1e5, "hours is 100,000, far above all that the model was learned from"),
        ("days_late", -9e4, "days_late is −90,000, far below all that the model was learned from"),
    ],
)
def test_one_odd_value_is_named(snapshot, name, value, words):
    frame = snapshot.frame.dropna().iloc[[0]].copy()
    frame[name] = value
    assert words in scorer_of(snapshot).score_features(frame)["reason"].item()


def test_more_than_three_odd_values_are_counted(snapshot):
    frame = snapshot.frame.dropna().iloc[[0]] * 0 - 1e12
    reason = scorer_of(snapshot).score_features(frame)["reason"].item()
    assert "; and 3 more" in reason
    assert scorer_of(snapshot).score_features(frame)["novel"].item()


def test_an_odd_value_does_not_change_what_is_said_of_others(snapshot):
    frame = snapshot.frame.copy()
    frame.loc["a0007", "hours"] = 1e9
    scorer = scorer_of(snapshot)
    before, after = scorer.score_features(snapshot.frame), scorer.score_features(frame)
    pd.testing.assert_frame_equal(before.drop(index="a0007"), after.drop(index="a0007"))


def test_what_training_had_broken_is_no_bound():
    """An amount with credits in it was below zero in training: it may be so again."""
    raw = np.concatenate([np.linspace(1, 100, 300), [-5.0]])
    amount = feature("credit", "amount")
    known = fit_range(raw, amount, fit_column(raw, amount, 0.005))
    assert known.least is None
    assert known.impossible(raw) is None
    assert known.unseen(raw) is None
    assert known.unseen(np.array([-1e6])) is not None


def test_training_values_are_never_impossible_and_rarely_far(snapshot):
    standardiser = scorer_of(snapshot).standardiser
    columns = standardiser.columns_of(snapshot.frame)
    usable, odd = set_apart(columns, standardiser.ranges)
    assert not [values for values in odd if values.impossible]
    assert sum(values.rows.size for values in odd) == 0
    for before, after in zip(columns, usable, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_column_of_percent_is_refused_with_the_unit():
    values = np.linspace(20, 60, 40)
    with pytest.raises(BadInputError) as error:
        look_at_columns([values], [SHARE], lambda row: f"a{row}")
    assert str(error.value) == (
        "these features are not in the units of the model (1 breach):\n"
        "  - 'goals' cannot be what it is for 40 of 40 accounts: expected 0 to 1 (share, 0 to 1), "
        "found 20 to 60; first account_id: a0. It is about 100 times larger than in training "
        "(typically 40, 0.4 then): percent instead of shares? Divide it by 100\n"
        "The unit of every feature is in docs/features.md. Nothing was scored."
    )


@pytest.mark.parametrize(
    "values",
    [
        np.full(40, 999.0),  # one placeholder
        np.concatenate([np.full(35, 0.4), np.linspace(2, 9, 5)]),  # a few accounts
        np.linspace(20, 60, 9),  # too few accounts to speak of a column
    ],
)
def test_what_is_not_a_whole_column_is_named_by_account(values):
    _, odd = set_apart([values], [SHARE])
    assert look_at_columns([values], [SHARE], str).n_odd == odd[0].rows.size
    assert odd[0].impossible
    assert odd[0].rows.size == (values > 1).sum()


@pytest.mark.parametrize(
    ("unit", "factor", "mistaken"),
    [
        ("days", 24.0, "hours instead of days"),
        ("days", 1 / 7, "weeks instead of days"),
        ("days", 86_400.0, "seconds instead of days"),
        ("hours per engagement", 60.0, "minutes instead of hours"),
        ("share, 0 to 1", 100.0, "percent instead of shares"),
        ("share, 0 to 1", 1_000.0, "thousandths instead of shares"),
        ("users", 1 / 1_000.0, "thousands instead of single ones"),
        ("points", 20.0, ""),
    ],
)
def test_another_unit_is_recognised_in_other_accounts(unit, factor, mistaken):
    rng = np.random.default_rng(3)
    trained, later = np.exp(rng.normal(1, 0.6, 300)), np.exp(rng.normal(1.1, 0.65, 200))
    one = feature("x", "amount")
    known = fit_range(trained, one, fit_column(trained, one, 0.005))
    known = FeatureRange("x", unit, known.least, known.most, None, None, known.sizes)
    assert rescaled(known, later) is None
    found = rescaled(known, np.append(later * factor, np.nan))
    assert found is not None
    assert found.unit == mistaken
    assert found.factor == pytest.approx(factor, rel=0.35)


def test_accounts_that_changed_are_not_taken_for_another_unit():
    """All inactive for a month longer: an offset, not a factor."""
    trained = np.exp(np.random.default_rng(4).normal(1.5, 0.8, 400))
    one = feature("days", "days")
    known = fit_range(trained, one, fit_column(trained, one, 0.005))
    assert rescaled(known, trained + 60) is None
    assert rescaled(known, trained * 3) is None
    assert rescaled(known, trained[:5] * 100) is None
    assert unit_mistakes([trained * 2], [known]) == ()
