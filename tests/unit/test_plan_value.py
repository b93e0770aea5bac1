"""What segments give back: small groups stay hidden, missing is never zero."""

import numpy as np
import pandas as pd
import pytest

from clustering.plan.care.value import segment_value


def accounts(n: int = 30, **columns: object) -> pd.DataFrame:
    given: dict[str, object] = {"label": "a", "arr": 100.0}
    return pd.DataFrame(given | columns, index=[f"x{i}" for i in range(n)])


def test_small_groups_have_their_size_alone() -> None:
    labels = ["a"] * 20 + ["b"] * 19
    found = segment_value(accounts(39, label=labels), ("a", "b"), 20).frame.set_index("group")
    assert not found.loc["a", "suppressed"]
    assert found.loc["b", "suppressed"]
    assert found.loc["b", "n_accounts"] == 19
    assert found.drop(columns=["kind", "label", "n_accounts", "suppressed"]).loc["b"].isna().all()


def test_industries_are_of_the_segment_with_the_most_arr_alone() -> None:
    frame = accounts(
        60,
        label=["a"] * 30 + ["b"] * 30,
        arr=[10.0] * 30 + [20.0] * 30,
        industry=["retail"] * 30 + ["retail"] * 25 + ["steel"] * 5,
    )
    found = segment_value(frame, ("a", "b"), 20)
    assert found.top == "b"
    shown = found.frame[found.frame["kind"] == "industry"]
    assert shown["group"].tolist() == ["retail", "steel"]
    assert shown["n_accounts"].tolist() == [25, 5]
    assert shown["suppressed"].tolist() == [False, True]


def test_rates_are_of_those_who_answered_closed_or_were_observed() -> None:
    frame = accounts(
        30,
        is_champion=[1.0] * 3 + [0.0] * 12 + [np.nan] * 15,
        nps_answers=[2.0] * 10 + [0.0] * 20,
        nps_promoters=[1.0] * 10 + [0.0] * 20,
        sales_closed=[2.0] * 5 + [0.0] * 25,
        sales_cycle_days=[180.0] * 5 + [0.0] * 25,
        cost_to_serve=10.0,
    )
    row = segment_value(frame, ("a",), 20).frame.iloc[0]
    assert row["champion_share"] == pytest.approx(3 / 15)
    assert row["promoter_share"] == pytest.approx(0.5)
    assert row["sales_cycle_days"] == pytest.approx(90.0)
    assert row["net"] == pytest.approx(30 * 100 - 30 * 10)
    assert row["arr_share"] == 1.0


def test_what_no_account_has_is_named_with_its_table() -> None:
    found = segment_value(accounts(30, arr=np.nan), ("a",), 20)
    assert found.top is None
    assert found.not_computed["cost_to_serve"] == "no `engagements`"
    assert found.not_computed["champion_share"] == "the column `accounts.is_champion` is missing"
    assert found.frame["net"].isna().all()


def test_an_empty_segment_is_shown_as_empty() -> None:
    found = segment_value(accounts(30), ("a", "gone"), 20).frame
    assert found["n_accounts"].tolist() == [30, 0]
    assert found["suppressed"].tolist() == [False, True]
