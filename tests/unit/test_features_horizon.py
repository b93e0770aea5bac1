"""Outcomes after the as-of date by example."""

import math
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from clustering.columns import OUTCOME_NAMES
from clustering.errors import BadInputError
from clustering.features.horizon import OUTCOMES, build_horizon
from clustering.features.types import Horizon
from feature_books import AS_OF, Rows, day, polars_frames

DAYS = 365
END = day(DAYS)


def account(name: str, **rest: Any) -> dict[str, Any]:
    return {"account_id": name, "started_on": day(-400), **rest}


def contract(name: str, first: int, end: int | None, arr: float) -> dict[str, Any]:
    ended_on = None if end is None else day(end)
    return {"account_id": name, "started_on": day(first), "ended_on": ended_on, "arr": arr}


def use(name: str, on: int) -> dict[str, Any]:
    return {"account_id": name, "used_on": day(on), "feature": "p", "events": 1}


def horizon(
    contracts: list[dict[str, Any]], usage: list[dict[str, Any]] | None = None, days: int = DAYS
) -> Horizon:
    names = sorted({row["account_id"] for row in contracts} | {"other"})
    rows: Rows = {
        "accounts": [account(name) for name in names],
        "subscriptions": contracts,
        "usage": [use("other", -9), use("other", days), *(usage or [])],
    }
    return build_horizon(polars_frames(rows), AS_OF, days)


def outcome_of(*contracts: tuple[int, int | None, float]) -> dict[str, Any]:
    frame = horizon([contract("a", *terms) for terms in contracts]).frame
    return {k: None if pd.isna(v) else v for k, v in frame.loc["a"].items() if k != "dormant"}


def expected(
    state: str, *, renewed: bool | None, nrr: float, grr: float | None = None
) -> dict[str, Any]:
    states = {name: name == state for name in ("churned", "contracted", "expanded")}
    return {**states, "renewed": renewed, "nrr": nrr, "grr": min(nrr, 1.0) if grr is None else grr}


@pytest.mark.parametrize(
    ("contracts", "state", "renewed", "nrr"),
    [
        ([(-90, None, 10.0)], "kept", None, 1.0),
        ([(-90, DAYS + 1, 10.0)], "kept", None, 1.0),  # due after the horizon: censored
        ([(-90, DAYS, 10.0)], "churned", False, 0.0),  # its last day was the day before the end
        ([(-90, 100, 10.0), (100, None, 10.0)], "kept", True, 1.0),
        ([(-90, 100, 10.0), (100, None, 12.0)], "expanded", True, 1.2),
        ([(-90, 100, 10.0), (100, None, 4.0)], "contracted", True, 0.4),
        ([(-90, 100, 10.0), (160, None, 10.0)], "kept", True, 1.0),  # left and came back
        ([(-90, 100, 10.0)], "churned", False, 0.0),
        ([(-90, 100, 10.0), (100, 200, 10.0)], "churned", False, 0.0),
        ([(-90, None, 10.0), (30, None, 5.0)], "expanded", None, 1.5),
        ([(-90, None, 10.0), (-90, 50, 30.0)], "contracted", True, 0.25),
        ([(-90, None, 10.0), (-90, 50, 0.0)], "kept", None, 1.0),  # a free contract is not due
        ([(-90, 0, 99.0), (-90, None, 10.0), (DAYS + 1, None, 99.0)], "kept", None, 1.0),
    ],
)
def test_what_became_of_the_contracts(
    contracts: list[tuple[int, int | None, float]], state: str, renewed: bool | None, nrr: float
) -> None:
    found = outcome_of(*contracts)
    assert found == pytest.approx(expected(state, renewed=renewed, nrr=nrr))


@pytest.mark.parametrize(
    "contracts",
    [
        [(-90, -1, 10.0)],
        [(-90, None, 0.0)],
        [(1, None, 10.0)],
    ],
)
def test_without_arr_nothing_was_at_risk(contracts: list[tuple[int, int | None, float]]) -> None:
    assert set(outcome_of(*contracts).values()) == {None}


def test_every_outcome_is_defined() -> None:
    assert [one.name for one in OUTCOMES] == [*OUTCOME_NAMES, "nrr", "grr"]


def test_accounts_not_at_risk_are_counted() -> None:
    found = horizon([contract("a", -9, None, 1.0), contract("b", 5, None, 1.0)])
    assert found.notes == ("2 of 3 accounts had no ARR at as_of and are not at risk.",)
    assert list(found.frame.index) == ["a", "b", "other"]
    assert (found.frame.dtypes[["churned", "renewed", "dormant"]] == "boolean").all()
    assert (found.frame.dtypes[["nrr", "grr"]] == "float64").all()


def test_one_account_that_holds_most_of_the_arr_is_said() -> None:
    others = [contract(name, -9, None, 10.0) for name in "bcd"]
    said = horizon([contract("a", -9, None, 270.0), *others]).notes[0]
    assert "One account, a, has 90 % of the ARR at as_of" in said
    assert not any("One account" in note for note in horizon(others).notes)


def test_dormant_accounts_had_used_the_product() -> None:
    names = ["stopped", "goes on", "last on the day", "back after the end", "never", "later"]
    rows = [
        use("stopped", -300),
        use("goes on", -5),
        use("goes on", DAYS),
        use("last on the day", 0),
        use("back after the end", -1),
        use("back after the end", DAYS + 1),
        use("later", 10),
    ]
    found = horizon([contract(name, -9, None, 1.0) for name in names], rows).frame["dormant"]
    assert found.loc[names].tolist() == [True, False, True, True, pd.NA, pd.NA]


def test_nothing_is_told_beyond_the_end_of_the_data() -> None:
    rows: Rows = {
        "accounts": [account("a")],
        "subscriptions": [contract("a", -90, 100, 1.0), contract("a", 900, None, 1.0)],
        "usage": [use("a", -5), use("a", 358)],
    }
    found = build_horizon(polars_frames(rows), AS_OF, DAYS)
    assert found.frame.isna().all(axis=None)
    assert found.notes == (
        "what became of the contracts is not known: 'subscriptions' ends before the horizon "
        f"does, on {END}: it reaches to {day(358)} (the last row of 'usage' is of {day(358)}). "
        "Choose an earlier as_of, a shorter horizon or a newer extract, or set "
        "subscriptions.complete_to.",
        f"dormancy is not known: the newest row of 'usage' is of {day(358)}, before the horizon "
        f"ends on {END}.",
    )


def test_a_weekly_extract_reaches_to_the_end_of_its_week() -> None:
    rows: Rows = {
        "accounts": [account("a")],
        "subscriptions": [contract("a", -90, None, 1.0)],
        "usage": [use("a", -5), use("a", 359)],
    }
    found = build_horizon(polars_frames(rows), AS_OF, DAYS)
    assert found.frame.loc["a", ["churned", "dormant"]].tolist() == [False, False]


def test_contracts_alone_date_the_extract_by_their_starts() -> None:
    rows: Rows = {
        "accounts": [account("a")],
        "subscriptions": [contract("a", -90, 60, 1.0), contract("a", 60, 900, 2.0)],
    }
    assert build_horizon(polars_frames(rows), AS_OF, 60).frame.loc["a", "nrr"] == 2
    assert math.isnan(build_horizon(polars_frames(rows), AS_OF, 90).frame.loc["a", "nrr"])


def test_absent_tables_are_named() -> None:
    found = build_horizon(polars_frames({"accounts": [account("a")]}), AS_OF, DAYS)
    assert found.frame.isna().all(axis=None)
    assert found.notes == (
        "renewal, churn, contraction and expansion need table 'subscriptions'.",
        "dormancy needs table 'usage'.",
    )
    empty = build_horizon(polars_frames({"accounts": [account("a")], "usage": []}), AS_OF, DAYS)
    assert "dormancy is not known: 'usage' has no rows." in empty.notes


def test_a_horizon_has_at_least_a_day() -> None:
    frames = polars_frames({"accounts": [account("a")]})
    with pytest.raises(BadInputError, match="a horizon has at least 1 day, found 0"):
        build_horizon(frames, AS_OF, 0)


def test_no_active_account_is_an_error() -> None:
    frames = polars_frames({"accounts": [account("a")]})
    with pytest.raises(BadInputError, match="no account is active at as_of"):
        build_horizon(frames, AS_OF - timedelta(days=999), DAYS)


# -- when it happened ----------------------------------------------------------------------------


def test_timing_tells_when_contracts_were_due_and_accounts_left():
    found = horizon(
        [
            contract("lost", -100, 40, 10.0),
            contract("renewed", -100, 50, 10.0),
            contract("renewed", 50, None, 10.0),
            contract("not due", -100, DAYS + 10, 10.0),
            contract("came back", -100, 20, 10.0),
            contract("came back", 60, 90, 10.0),
        ]
    ).timing
    assert found.loc["lost"].tolist() == [DAYS, 40.0, 40.0]
    assert found.loc["renewed", ["followed_days", "due_days"]].tolist() == [DAYS, 50.0]
    assert found.loc["came back"].tolist() == [DAYS, 20.0, 90.0]
    assert found.loc["not due", ["due_days", "left_days"]].isna().all()
    assert math.isnan(found.loc["renewed", "left_days"])
    assert found.loc["other"].isna().all()  # no contract, nothing at risk


def test_timing_tells_when_an_amendment_cancelled_a_contract():
    found = horizon(
        [
            contract("cancelled", -100, 300, 10.0),
            contract("cancelled", 200, 300, -10.0),
            contract("reduced", -100, None, 10.0),
            contract("reduced", 200, None, -4.0),
        ]
    )
    assert found.timing.loc["cancelled"].tolist() == [DAYS, 300.0, 200.0]
    assert found.frame.loc["cancelled", ["churned", "renewed"]].tolist() == [True, False]
    assert math.isnan(found.timing.loc["reduced", "left_days"])
    assert found.frame.loc["reduced", "nrr"] == pytest.approx(0.6)


def test_timing_follows_a_window_that_ends_after_the_data_as_far_as_the_data_goes():
    rows: Rows = {
        "accounts": [account("lost"), account("stays")],
        "subscriptions": [contract("lost", -100, 40, 10.0), contract("stays", -100, 200, 10.0)],
        "usage": [use("lost", -9), use("stays", 100)],
    }
    found = build_horizon(polars_frames(rows), AS_OF, DAYS)
    assert found.frame["churned"].isna().all()
    assert found.timing.loc["lost"].tolist() == [100.0, 40.0, 40.0]
    assert found.timing.loc["stays", "followed_days"] == 100.0
    assert found.timing.loc["stays", ["due_days", "left_days"]].isna().all()
