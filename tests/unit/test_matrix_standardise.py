import json

import numpy as np
import pandas as pd
import pytest

from clustering.config import MatrixConfig
from clustering.errors import BadInputError, ConfigError
from clustering.matrix import Standardiser, standardise
from snapshots import FEATURES, book, feature, snapshot_of


@pytest.fixture
def snapshot():
    return book()


def family_variances(matrix):
    variances = pd.Series(matrix.values.var(axis=0, ddof=1))
    return variances.groupby(list(matrix.families)).sum()


def test_columns_are_in_canonical_order_and_complete(snapshot):
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    names = ("days_late", "goals_share", "breadth", "has_sponsor", "hours", "score")
    assert matrix.feature_names == standardiser.feature_names == names
    assert np.isfinite(matrix.values).all()
    assert matrix.account_ids == tuple(snapshot.frame.index)


def test_families_have_equal_total_variance():
    snapshot = book(missing=0.0)
    matrix, _ = standardise(snapshot, MatrixConfig())
    # milestones, outcomes, usage and sentiment have one column, engagement two
    assert family_variances(matrix).to_numpy() == pytest.approx(np.full(5, 6 / 5))


def test_without_weights_each_column_but_binaries_has_unit_variance():
    matrix, _ = standardise(book(missing=0.0), MatrixConfig(weight_families=False))
    variances = dict(zip(matrix.feature_names, matrix.values.var(axis=0, ddof=1), strict=True))
    assert variances.pop("has_sponsor") < 0.26
    assert list(variances.values()) == pytest.approx([1.0] * 5)


def test_a_family_of_one_rare_binary_is_not_stretched():
    rng = np.random.default_rng(0)
    rare = (np.arange(500) % 100 == 0) * 1.0
    snapshot = snapshot_of(
        {"a": rng.normal(size=500), "rare": rare},
        [feature("a"), feature("rare", "binary", "lifecycle")],
    )
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    assert standardiser.columns[1].weight == 1.0
    assert np.ptp(matrix.values[:, 1]) == pytest.approx(1.0)


def test_the_training_frame_comes_out_as_the_matrix_bit_for_bit(snapshot):
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    np.testing.assert_array_equal(standardiser.transform(snapshot.frame), matrix.values)


def test_parameters_are_those_of_the_training_snapshot(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    one = snapshot.frame.iloc[[7]]
    whole = standardiser.transform(snapshot.frame)
    np.testing.assert_allclose(standardiser.transform(one)[0], whole[7], rtol=1e-12)


def test_an_account_of_which_nothing_is_known_is_left_out_and_said():
    snapshot = book(n=200)
    snapshot.frame.iloc[5] = np.nan
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    assert "a0005" not in matrix.account_ids
    assert len(matrix.account_ids) == 199
    assert any("1 accounts have no value" in note for note in matrix.notes)
    assert np.isnan(standardiser.transform(snapshot.frame)[5]).all()


def test_notes_say_what_was_clipped_and_completed(snapshot):
    matrix, _ = standardise(snapshot, MatrixConfig())
    clipped, completed, alone = matrix.notes
    assert "were drawn in" in clipped
    assert f"of {400 * 6} values lay beyond" in clipped
    assert completed.startswith(f"{snapshot.frame.isna().to_numpy().mean():.1%} of the values")
    assert "breadth" in completed
    assert alone.startswith("One feature carries a whole family: 'days_late' (milestones)")
    assert "hours" not in alone


def test_the_square_root_weighs_a_family_of_one_feature_less():
    matrix, _ = standardise(book(missing=0.0), MatrixConfig(family_weight="root"))
    variances = family_variances(matrix)
    assert variances.sum() == pytest.approx(6)
    # engagement has one feature and a binary of a quarter of a variance at most
    assert variances["engagement"] / variances["usage"] == pytest.approx(1.25**0.5, abs=0.01)
    assert not any("whole family" in note for note in matrix.notes)


def test_families_and_features_count_as_often_as_the_configuration_says():
    config = MatrixConfig(family_weights={"usage": 3.0}, feature_weights={"score": 0.25})
    matrix, standardiser = standardise(book(missing=0.0), config)
    variances = family_variances(matrix)
    assert variances["usage"] / variances["outcomes"] == pytest.approx(3)
    assert variances["sentiment"] / variances["outcomes"] == pytest.approx(0.25)
    again = Standardiser.from_json(json.dumps(standardiser.to_json()))
    assert again == standardiser
    raw = standardiser.raw(book(missing=0.0).frame)
    np.testing.assert_allclose(again.refit(raw), matrix.values)


def test_weights_of_what_is_not_there_are_refused_together():
    config = MatrixConfig(family_weights={"usge": 2.0}, feature_weights={"scor": 2.0})
    with pytest.raises(ConfigError) as caught:
        standardise(book(missing=0.0), config)
    message = str(caught.value)
    assert "'usge' of matrix.family_weights is no family that these tables allow." in message
    assert "Did you mean 'score'?" in message


def test_missing_shares_are_recorded(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    expected = snapshot.frame.isna().mean()
    for column in standardiser.columns:
        assert column.missing_share == pytest.approx(expected[column.feature])


def test_every_breach_of_a_frame_comes_at_once(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    frame = snapshot.frame.drop(columns="breadth").assign(
        score="many", hours=snapshot.frame["hours"].where(snapshot.frame["hours"] < 40, np.inf)
    )
    with pytest.raises(BadInputError) as error:
        standardiser.transform(frame)
    assert "feature 'breadth' is missing." in str(error.value)
    assert "feature 'score' is not numeric; found str, first: 'many'." in str(error.value)
    assert "feature 'hours' is infinite for " in str(error.value)
    assert "(3 breaches)" in str(error.value)


def test_complete_raw_keeps_observed_values_and_fills_in_the_features_unit(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    raw = standardiser.raw(snapshot.frame)
    completed = standardiser.complete_raw(snapshot.frame)
    known = ~np.isnan(raw)
    np.testing.assert_array_equal(completed[known], raw[known])
    assert np.isfinite(completed).all()
    low, high = np.nanmin(raw, axis=0), np.nanmax(raw, axis=0)
    assert ((completed >= low - 1e-9) & (completed <= high + 1e-9)).all()
    sponsor = completed[:, standardiser.feature_names.index("has_sponsor")]
    assert set(np.unique(sponsor)) == {0.0, 1.0}


def test_refit_on_the_training_values_gives_the_matrix():
    snapshot = book(missing=0.0)
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    raw = standardiser.raw(snapshot.frame)
    np.testing.assert_array_equal(standardiser.refit(raw), matrix.values)


def test_refit_fits_every_parameter_anew():
    snapshot = book(missing=0.0)
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    moved = standardiser.raw(snapshot.frame)
    moved[:, 4] *= 1000  # hours: its start, clip limits, mean and sd follow
    np.testing.assert_allclose(standardiser.refit(moved), matrix.values, atol=1e-9)


def test_refit_completes_missing_entries_from_its_own_prototypes(snapshot):
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    raw = standardiser.raw(snapshot.frame)
    np.testing.assert_array_equal(standardiser.refit(raw), matrix.values)


def test_refit_survives_a_draw_without_variation(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    raw = np.ones((50, 6))
    assert (standardiser.refit(raw) == 0).all()


def test_json_round_trip_is_exact(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    text = json.dumps(standardiser.to_json(), allow_nan=False)
    again = Standardiser.from_json(text)
    assert again == standardiser
    np.testing.assert_array_equal(
        again.transform(snapshot.frame), standardiser.transform(snapshot.frame)
    )


def test_json_holds_no_account(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    text = json.dumps(standardiser.to_json())
    assert not any(account in text for account in snapshot.frame.index)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("columns"), "columns: Field required"),
        (lambda c: c["columns"][0].pop("unit"), r"columns\.0\.unit: Field required"),
        (lambda c: c["columns"][0].update(extra=1), "extra"),
        (lambda c: c["columns"][0].update(scale="1"), "should be a valid number"),
        (lambda c: c["columns"][0].update(scale=float("nan")), "should be a finite number"),
        (lambda c: c["columns"][0].update(scale=0.0), "'scale' of 'days_late' cannot be 0.0"),
        (lambda c: c["columns"][0].update(unit=-1.0), "'unit' of 'days_late' cannot be -1.0"),
        (lambda c: c["columns"][0].update(lower=9.0, upper=1.0), "'lower' of 'days_late'"),
        (lambda c: c["columns"][0].update(exponent=50.0), "'exponent' of 'days_late'"),
        (lambda c: c["columns"].pop(), r"5 columns have parts of other widths: \[5, 6\]"),
        (lambda c: c["prototypes"][0].pop(), r"6 columns have parts of other widths: \[5, 6\]"),
        (lambda c: c.update(prototypes=[]), "there are no prototypes"),
        (lambda c: c.update(prototype_variance=-1.0), "'prototype_variance' cannot be -1.0"),
        (lambda c: c["scales"].pop(), r"6 columns have parts of other widths"),
        (lambda c: c["columns"][0].update(transform="cube"), "transform"),
        (lambda c: c["columns"][0].update(feature="breadth"), "two columns are of the same"),
        (lambda c: c["ranges"].reverse(), "the ranges are of other features"),
        (lambda c: c["ranges"][1].update(least=2.0), "the range of 'goals_share' cannot be"),
        (lambda c: c["ranges"][1].update(sizes=[1.0]), "the range of 'goals_share' cannot be"),
    ],
)
def test_json_of_something_else_is_refused(snapshot, change, message):
    _, standardiser = standardise(snapshot, MatrixConfig())
    content = json.loads(json.dumps(standardiser.to_json()))
    change(content)
    with pytest.raises(BadInputError, match=message):
        Standardiser.from_json(json.dumps(content))


def test_integer_boolean_and_nullable_columns_are_numbers(snapshot):
    _, standardiser = standardise(snapshot, MatrixConfig())
    frame = snapshot.frame.iloc[:4].copy()
    frame["breadth"] = pd.array([1, 2, None, 4], dtype="Int64")
    frame["has_sponsor"] = [True, False, True, False]
    expected = frame.assign(breadth=[1, 2, np.nan, 4], has_sponsor=[1.0, 0, 1, 0])
    np.testing.assert_array_equal(standardiser.transform(frame), standardiser.transform(expected))


def test_one_account_is_too_few():
    snapshot = snapshot_of({f.name: [1.0] for f in FEATURES}, FEATURES)
    with pytest.raises(BadInputError, match="no feature is left for the matrix"):
        standardise(snapshot, MatrixConfig())
