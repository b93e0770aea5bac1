"""What a served model makes of a request; over HTTP it is tried end to end."""

import numpy as np
import pandas as pd
import pytest

from clustering.errors import BadInputError
from clustering.scorer.requests import ANSWER, answer
from snapshots import book, scorer_of


@pytest.fixture(scope="module")
def snapshot():
    return book()


@pytest.fixture(scope="module")
def scorer(snapshot):
    return scorer_of(snapshot)


def test_nothing_missing_is_nan(scorer, snapshot):
    frame = snapshot.frame.iloc[:20].copy()
    frame.iloc[3] = np.nan
    answered = answer(scorer, frame)
    assert list(answered) == list(ANSWER)
    assert answered["account_id"].tolist() == frame.index.tolist()
    assert answered.iloc[3]["segment"] is None
    assert answered.iloc[3]["probability"] is None
    values = [value for row in answered.to_dict("records") for value in row.values()]
    assert not [value for value in values if isinstance(value, float) and np.isnan(value)]
    assert None in values
    expected = scorer.score_features(frame)
    assert (
        answered["segment_name"].fillna("").tolist() == expected["segment_name"].fillna("").tolist()
    )


@pytest.mark.parametrize(
    "kind", ["int64", "int32", "uint8", "float32", "Int64", "Float64", "boolean", "object"]
)
def test_numbers_of_every_kind_are_taken(scorer, snapshot, kind):
    ones = pd.DataFrame(1, index=range(3), columns=snapshot.frame.columns)
    expected = answer(scorer, ones.astype("float64"))
    pd.testing.assert_frame_equal(answer(scorer, ones.astype(kind)), expected)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1, 2], ["1", "2"]),
        ([1.0, None], ["1", None]),
        (["007", "x"], ["007", "x"]),
        ([None, None], [None, None]),
        (["a", "a"], ["a", "a"]),
    ],
)
def test_ids_come_back_as_text_in_the_order_of_the_rows(scorer, snapshot, ids, expected):
    frame = snapshot.frame.iloc[:2].reset_index(drop=True).assign(account_id=ids)
    assert answer(scorer, frame)["account_id"].tolist() == expected
    assert answer(scorer, frame.to_dict("records"))["account_id"].tolist() == expected


def test_without_ids_the_rows_are_answered_in_order(scorer, snapshot):
    answered = answer(scorer, snapshot.frame.reset_index(drop=True))
    assert answered["account_id"].isna().all()
    scores = scorer.score_features(snapshot.frame)
    assert answered["segment"].tolist() == scores["segment"].tolist()


def test_null_in_every_row_is_not_known(scorer, snapshot):
    frame = snapshot.frame.iloc[:3].assign(score=None)
    pd.testing.assert_frame_equal(
        answer(scorer, frame), answer(scorer, frame.astype({"score": "float64"}))
    )


def test_every_missing_column_is_named_with_what_was_given(scorer, snapshot):
    with pytest.raises(BadInputError) as error:
        answer(scorer, snapshot.frame[["hours", "score"]].assign(extra=1))
    message = str(error.value)
    assert message.startswith("the request lacks what the model needs (4 breaches):\n")
    for name in ("days_late", "goals_share", "breadth", "has_sponsor"):
        assert f"  - column '{name}' is missing." in message
    assert message.endswith(
        "Columns given: account_id, hours, score, extra. A value that is not known is null."
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ([1, 2], "column 'breadth' is missing"),
        ("text", "the request is no table"),
        ({"breadth": [1], "score": [1, 2]}, "the request is no table"),
        (None, "column 'breadth' is missing"),
        (np.ones((2, 6)), "column 'breadth' is missing"),
    ],
)
def test_what_is_no_table_is_said(scorer, request_, message):
    with pytest.raises(BadInputError, match=message):
        answer(scorer, request_)


def test_text_and_columns_that_come_twice_are_named(scorer, snapshot):
    frame = snapshot.frame.iloc[:2]
    with pytest.raises(BadInputError, match=r"'score' is not numeric; found .*, first: 'many'"):
        answer(scorer, frame.assign(score="many"))
    with pytest.raises(BadInputError, match="columns more than once: score"):
        answer(scorer, pd.concat([frame, frame[["score"]]], axis=1))
    with pytest.raises(BadInputError, match="account_id holds fractions"):
        answer(scorer, frame.reset_index(drop=True).assign(account_id=1.5))
