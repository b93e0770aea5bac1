"""Laws of the plan: order of accounts, names of labels and units do not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.config.plan import AuditConfig, TouchLevelsConfig
from clustering.plan.care.audit import audit_delivery
from clustering.plan.care.value import segment_value
from clustering.plan.staffing.allocation import allocate
from clustering.plan.staffing.demand import Demand

HOURS = st.floats(0.0, 200.0)
AMOUNT = st.one_of(st.just(float("nan")), st.floats(0.0, 1e6))


@st.composite
def books(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(1, 24))
    column = lambda kind: draw(st.lists(kind, min_size=n, max_size=n))  # noqa: E731
    return pd.DataFrame(
        {
            "label": column(st.sampled_from(["a", "b"])),
            "playbook": "standard",
            "needed_hours": column(HOURS),
            "has_need": column(st.booleans()),
            "size": column(st.floats(0.1, 10.0)),
            "event_hours": column(st.sampled_from([0.0, 12.0])),
            "delivered_hours": column(st.one_of(st.just(float("nan")), HOURS)),
            "exposure_days": column(st.sampled_from([30.0, 365.0])),
            "arr": column(AMOUNT),
        },
        index=[f"x{i:02d}" for i in range(n)],
    )


def audited(frame: pd.DataFrame, hour_cost: float = 100.0) -> pd.DataFrame:
    few = AuditConfig(least_accounts=5)
    found = audit_delivery(frame, config=few, hour_cost=hour_cost, affordable_share=0.15)
    return found.frame.set_index("account_id")


@settings(max_examples=60, deadline=None)
@given(frame=books(), seed=st.integers(0, 5))
def test_the_order_of_accounts_changes_no_judgement(frame: pd.DataFrame, seed: int) -> None:
    mixed = frame.sample(frac=1.0, random_state=seed)
    pd.testing.assert_frame_equal(audited(mixed).loc[frame.index], audited(frame))


@settings(max_examples=60, deadline=None)
@given(frame=books())
def test_money_in_another_currency_changes_no_list(frame: pd.DataFrame) -> None:
    """Two to a power, so that no product is rounded differently."""
    other = audited(frame.assign(arr=frame["arr"] * 8.0), hour_cost=800.0)
    first = audited(frame)
    assert other["delivery"].tolist() == first["delivery"].tolist()


@settings(max_examples=60, deadline=None)
@given(frame=books())
def test_more_delivered_never_makes_an_account_less_delivered(frame: pd.DataFrame) -> None:
    """Of one account, with the others as they are, so that what is usual hardly moves."""
    before, more = audited(frame), frame.copy()
    more.iloc[0, more.columns.get_loc("delivered_hours")] += 1000.0
    first, second = before["delivery"].iloc[0], audited(more)["delivery"].iloc[0]
    if first == "over":
        assert second == "over"
    assert second != "under"


@settings(max_examples=60, deadline=None)
@given(frame=books())
def test_a_value_that_is_not_known_puts_nobody_on_a_list(frame: pd.DataFrame) -> None:
    found = audited(frame)
    assert (found.loc[frame["arr"].isna(), "delivery"] != "bad_fit").all()
    unseen = found.loc[frame["delivered_hours"].isna(), "delivery"]
    assert unseen.isin(["bad_fit", "unknown"]).all()


@settings(max_examples=40, deadline=None)
@given(data=st.data(), n=st.integers(1, 8))
def test_more_hours_never_cover_less(data: st.DataObject, n: int) -> None:
    numbers = st.lists(st.floats(1.0, 50.0), min_size=n, max_size=n)
    wanted = Demand(
        np.array(data.draw(numbers)), np.array(data.draw(numbers)), np.full(n, 3, dtype=np.int64)
    )
    hours = data.draw(st.floats(0.0, 100.0))
    less = allocate(wanted, hours, TouchLevelsConfig())
    more = allocate(wanted, hours + 20.0, TouchLevelsConfig())
    assert more.covered >= less.covered * (1 - 2e-4)


@settings(max_examples=40, deadline=None)
@given(frame=books())
def test_segments_share_the_whole_amount(frame: pd.DataFrame) -> None:
    found = segment_value(frame, ("a", "b"), 1).frame
    segments = found[found["kind"] == "segment"]
    assert segments["n_accounts"].sum() == len(frame)
    if frame["arr"].sum() > 0:
        assert segments["arr_share"].sum() == pytest.approx(1.0)
