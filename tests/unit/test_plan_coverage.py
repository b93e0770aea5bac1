"""Coverage and the four levers: the examples of the sources, with their arithmetic."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering.config.plan import CapacityConfig, EngagementConfig, LeversConfig
from clustering.plan.assumptions import Assumptions
from clustering.plan.care.coverage import COVERAGE, cover
from clustering.plan.care.levers import cost_share, solve_levers
from clustering.plan.playbooks.assignment import Assigned
from clustering.plan.playbooks.library import load_playbooks


def accounts_of(arr: list[float], label: str = "a", playbook: str = "high_touch") -> pd.DataFrame:
    """Accounts of median size that follow a playbook."""
    return pd.DataFrame(
        {
            "label": label, "arr": arr, "event_hours": 0.0, "has_need": True, "size_factor": 1.0,
            "needed_hours": load_playbooks().hours(playbook), "delivered_hours": 30.0,
        },
        index=[f"x{i}" for i in range(len(arr))],
    )  # fmt: skip


def covered(
    arr: list[float], label: str = "a", playbook: str = "high_touch", **config: object
) -> Any:
    settings = EngagementConfig.model_validate(config)
    frame = accounts_of(arr, label, playbook)
    assigned = (Assigned("a", playbook, "test"),)
    (row,) = cover(
        frame, assigned, load_playbooks(), assumed(settings), settings.levers
    ).itertuples()
    return row


def assumed(settings: EngagementConfig) -> Assumptions:
    return Assumptions.of(settings, 100.0, load_playbooks())


def test_hours_are_those_of_every_account_at_its_size_or_of_its_present_care() -> None:
    frame = accounts_of([50_000.0] * 3)
    frame["size_factor"] = [0.5, 2.0, 1.0]
    frame["needed_hours"] *= frame["size_factor"]
    frame.loc["x2", ["has_need", "needed_hours"]] = [False, 30.0]  # keeps what it gets today
    books, assigned = load_playbooks(), (Assigned("a", "high_touch", "test"),)
    found = cover(frame, assigned, books, assumed(EngagementConfig()), LeversConfig())
    (one,) = found.itertuples()
    assert one.scale == pytest.approx(2.5)
    assert one.hours == pytest.approx(2.5 * 49.2 + 30.0)  # 49.2 are a year of high touch
    assert (one.n_present, one.present_hours, one.delivered_hours) == (1, 30.0, 90.0)
    assert one.touches == 2 * books.n_touches("high_touch")


def test_pickens_15_percent() -> None:
    """A CSM of 150,000 a year may look after 1 MM of ARR and no less: 150,000 / 15 %."""
    assert cost_share(arr_per_account=50_000, accounts_per_csm=20, cost_per_csm=150_000) == 0.15
    assert solve_levers(50_000, 20, 150_000, 0.15, LeversConfig()) is None
    levers = solve_levers(40_000, 20, 150_000, 0.15, LeversConfig())
    assert levers is not None
    # 150,000 / (20 x 40,000) = 18.75 %, which is 1.25 times the limit.
    assert levers.arr_per_account == pytest.approx(50_000)
    assert levers.accounts_per_csm == pytest.approx(25)
    assert levers.cost_per_csm == pytest.approx(120_000)
    # 7,500 an account is spent, 15 % of 40,000 = 6,000 is affordable.
    assert levers.services_per_account == pytest.approx(1_500)


def test_eizips_two_million_per_csm() -> None:
    """One CSM per 2 MM ARR: 150,000 / 2 MM = 7.5 %, half of Pickens's limit."""
    assert cost_share(100_000, 20, 150_000) == pytest.approx(0.075)
    # At 2 MM a CSM could cost 300,000 before the limit of 15 % is met.
    levers = solve_levers(100_000, 20, 400_000, 0.15, LeversConfig())
    assert levers is not None
    assert levers.cost_per_csm == pytest.approx(300_000)


@given(
    arr=st.floats(1e3, 1e6),
    accounts=st.floats(1, 500),
    cost=st.floats(1e4, 1e6),
    limit=st.floats(0.01, 0.9),
)
def test_every_lever_and_the_equal_mix_meet_the_limit(
    arr: float, accounts: float, cost: float, limit: float
) -> None:
    levers = solve_levers(arr, accounts, cost, limit, LeversConfig())
    if cost_share(arr, accounts, cost) <= limit:
        assert levers is None
        return
    assert levers is not None
    for alone in (
        cost_share(levers.arr_per_account, accounts, cost),
        cost_share(arr, levers.accounts_per_csm, cost),
        cost_share(arr, accounts, levers.cost_per_csm),
        cost_share(arr, accounts, cost, levers.services_per_account),
    ):
        assert alone == pytest.approx(limit, rel=1e-6)
    mix = levers.equal
    together = cost_share(
        mix.arr_per_account, mix.accounts_per_csm, mix.cost_per_csm, mix.services_per_account
    )
    assert together == pytest.approx(limit, rel=1e-6)
    assert mix.reached
    assert 0 < mix.moved < 1
    assert levers.bounded.moved <= 1


def test_bounds_that_do_not_suffice_say_where_they_end() -> None:
    bounds = LeversConfig(
        arr_per_account=0.1, accounts_per_csm=0.0, cost_per_csm=0.0, priced_services=0.0
    )
    # 150,000 / (10 x 20,000) = 75 %; with 10 % more ARR 150,000 / (10 x 22,000) = 68.2 %.
    levers = solve_levers(20_000, 10, 150_000, 0.15, bounds)
    assert levers is not None
    assert not levers.bounded.reached
    assert levers.bounded.moved == 1.0
    assert levers.bounded.cost_share == pytest.approx(0.68182, abs=1e-5)


def test_hours_csms_and_cost_of_a_segment() -> None:
    # High touch takes 49.2 h: 100 accounts 4,920 h, 3.28 CSMs of 1,500 h, 492,000 at 150,000 each.
    one = covered([30_000.0] * 100)
    assert one.hours == pytest.approx(4_920)
    assert one.csms == pytest.approx(3.28)
    assert one.cost == pytest.approx(492_000)
    # 492,000 / 3,000,000 = 16.4 %.
    assert one.cost_share == pytest.approx(0.164)
    assert one.over_limit
    assert one.need_arr_per_account == pytest.approx(32_800)


def test_an_empty_segment_stays_in_the_plan_with_zeros() -> None:
    one = covered([10_000.0], label="b")
    assert (one.n_accounts, one.hours, one.cost) == (0, 0.0, 0.0)
    assert np.isnan(one.arr)
    assert np.isnan(one.need_arr_per_account)
    assert one.note == "no account has this label now"


def test_a_cost_of_zero_is_within_every_limit() -> None:
    one = covered([1.0] * 10, capacity={"csm_cost": 0.0})
    assert one.cost == 0.0
    assert not one.over_limit
    assert one.cost_share == 0.0


def test_no_arr_leaves_the_share_open_and_an_arr_of_zero_has_no_lever() -> None:
    unknown = covered([np.nan] * 3)
    assert np.isnan(unknown.cost_share)
    assert not unknown.over_limit
    assert "table `subscriptions`" in unknown.note
    nothing = covered([0.0] * 3)
    assert nothing.over_limit
    assert np.isnan(nothing.need_arr_per_account)
    assert "no lever" in nothing.note


def test_the_table_has_a_row_a_segment_even_without_levers() -> None:
    accounts, assigned = accounts_of([1e6]), (Assigned("a", "high_touch", "test"),)
    found = cover(accounts, assigned, load_playbooks(), assumed(EngagementConfig()), LeversConfig())
    table = COVERAGE.of(found)
    assert len(table) == 1
    assert np.isnan(table["need_arr_per_account"][0])


def test_the_cost_of_a_csm_is_given_or_follows_from_the_hour() -> None:
    assert assumed(EngagementConfig()).csm_cost == 150_000.0
    given_cost = EngagementConfig(capacity=CapacityConfig(csm_cost=180_000.0))
    assert assumed(given_cost).hour_cost == 120.0
