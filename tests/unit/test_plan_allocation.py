"""The allocation of touch: against brute force, its bound, and what it says when it cannot."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.config.plan import LEVELS, TouchLevelsConfig
from clustering.plan.staffing.allocation import Allocation, allocate, coverage_curve
from clustering.plan.staffing.demand import Demand

TOUCH = TouchLevelsConfig()
SHARE, COVERS = np.array(TOUCH.hours), np.array(TOUCH.covers)


def demand(hours: list[float], value: list[float], least: list[int] | None = None) -> Demand:
    lowest = [3] * len(hours) if least is None else least
    return Demand(np.array(hours), np.array(value), np.array(lowest, dtype=np.int64))


def brute_force(wanted: Demand, hours: float, most: float) -> float:
    """The most that any of all allocations covers."""
    best = -np.inf
    for levels in itertools.product(range(len(LEVELS)), repeat=len(wanted.hours)):
        level = np.array(levels)
        fits = (wanted.hours * SHARE[level]).sum() <= hours + 1e-9
        if fits and (level < 3).sum() <= most and (level <= wanted.least).all():
            best = max(best, float((wanted.value * COVERS[level]).sum()))
    return best


def holds(found: Allocation, wanted: Demand, hours: float, most: float) -> None:
    """What is stated of an allocation is so."""
    assert (wanted.hours * SHARE[found.level]).sum() == pytest.approx(found.hours)
    assert found.hours <= hours * (1 + 1e-6) + 1e-6
    assert (found.level < 3).sum() <= most
    assert (found.level <= wanted.least).all()
    assert (wanted.value * COVERS[found.level]).sum() == pytest.approx(found.covered)
    assert found.covered <= found.bound * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), n=st.integers(1, 5))
def test_it_is_the_best_of_all_allocations(data: st.DataObject, n: int) -> None:
    numbers = st.lists(st.floats(0.5, 100.0), min_size=n, max_size=n)
    wanted = demand(
        data.draw(numbers),
        data.draw(numbers),
        data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n)),
    )
    hours = data.draw(st.floats(0.0, 1.2)) * float(wanted.hours.sum())
    most = data.draw(st.sampled_from([np.inf, 1.0, 2.0, float(n)]))
    found = allocate(wanted, hours, TOUCH, most)
    best = brute_force(wanted, hours, most)
    if best == -np.inf:
        assert found.status == "infeasible"
        return
    holds(found, wanted, hours, most)
    assert found.covered == pytest.approx(best, rel=2e-4)
    assert found.bound >= best * (1 - 1e-9)


def test_many_accounts_solved_in_groups_are_within_one_percent_of_the_bound() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    wanted = Demand(
        rng.choice([59.2, 46.2, 41.4, 10.4], n), np.exp(rng.normal(9, 1.3, n)), np.full(n, 3)
    )
    hours = 0.3 * float(wanted.hours.sum())
    found = allocate(wanted, hours, TOUCH)
    holds(found, wanted, hours, np.inf)
    assert found.gap < 0.001
    assert found.reason == "the hours of the head count limit what is covered"


def test_groups_and_single_accounts_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    wanted = demand(list(rng.choice([10.0, 40.0], 300)), list(np.exp(rng.normal(8, 1, 300))))
    single = allocate(wanted, 3_000.0, TOUCH)
    monkeypatch.setattr("clustering.plan.staffing.demand._SINGLE", 10)
    grouped = allocate(wanted, 3_000.0, TOUCH)
    holds(grouped, wanted, 3_000.0, np.inf)
    assert grouped.covered == pytest.approx(single.covered, rel=0.005)
    assert grouped.bound >= single.covered * (1 - 1e-9)


def test_no_csm_leaves_every_account_digital() -> None:
    found = allocate(demand([10.0, 20.0], [5.0, 7.0]), 0.0, TOUCH)
    assert [LEVELS[level] for level in found.level] == ["digital", "digital"]
    assert found.covered == pytest.approx(1.2)


def test_hours_that_the_lowest_levels_exceed_are_named() -> None:
    # Two accounts that may not fall below low: 20 % of 100 h each, 40 h, and there are 30.
    found = allocate(demand([100.0, 100.0], [1.0, 1.0], [2, 2]), 30.0, TOUCH)
    assert found.status == "infeasible"
    assert found.reason.startswith(
        "the lowest levels allowed take 40 hours a year, and the head count has 30: hire for 10"
    )


def test_places_that_do_not_suffice_are_named() -> None:
    found = allocate(demand([1.0, 1.0], [1.0, 1.0], [2, 2]), 30.0, TOUCH, most_accounts=1.0)
    assert found.status == "infeasible"
    assert found.reason.startswith("2 accounts may not be digital, and the head count can keep 1")


def test_both_limits_that_break_are_named() -> None:
    found = allocate(demand([100.0] * 2, [1.0] * 2, [2, 2]), 30.0, TOUCH, most_accounts=1.0)
    assert "hours a year" in found.reason
    assert "may not be digital" in found.reason


def test_hours_without_end_give_everyone_high_touch() -> None:
    found = allocate(demand([10.0, 20.0], [5.0, 7.0]), 1e6, TOUCH)
    assert [LEVELS[level] for level in found.level] == ["high", "high"]
    assert found.reason == "neither hours nor places limit what is covered"


def test_all_accounts_identical_and_none_worth_anything() -> None:
    same = allocate(demand([10.0] * 8, [100.0] * 8), 40.0, TOUCH)
    # Half an hour buys most at medium touch: 8 x 5 h = 40 h, 8 x 65.
    assert same.covered == pytest.approx(520.0)
    worthless = allocate(demand([10.0] * 3, [0.0] * 3), 10.0, TOUCH)
    assert (worthless.covered, worthless.gap) == (0.0, 0.0)


def test_no_accounts() -> None:
    assert allocate(demand([], []), 10.0, TOUCH).status == "optimal"


def test_the_curve_rises_and_bounds_the_allocations() -> None:
    rng = np.random.default_rng(2)
    wanted = demand(list(rng.uniform(5, 60, 50)), list(np.exp(rng.normal(8, 1, 50))))
    hours = np.array([0.0, 200.0, 500.0, 5_000.0])
    curve = coverage_curve(wanted, hours, TOUCH, np.full(4, np.inf))
    assert (np.diff(curve) >= -1e-6).all()
    for limit, most in zip(hours, curve, strict=True):
        assert allocate(wanted, float(limit), TOUCH).covered <= most * (1 + 1e-9)
    assert curve[-1] == pytest.approx(0.9 * wanted.value.sum())


@pytest.mark.slow
def test_a_hundred_thousand_accounts_stay_within_one_percent() -> None:
    rng = np.random.default_rng(0)
    n = 100_000
    wanted = Demand(
        rng.choice([59.2, 46.2, 41.4, 10.4], n), np.exp(rng.normal(9, 1.3, n)), np.full(n, 3)
    )
    for share, most in ((0.5, np.inf), (0.1, np.inf), (0.5, 0.3 * n)):
        found = allocate(wanted, share * float(wanted.hours.sum()), TOUCH, most)
        assert found.gap < 0.01
