"""Size of accounts, and by how much the hours of care grow with it."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.features.types import Snapshot
from clustering.plan.care.effort import (
    ASSUMED,
    Size,
    account_size,
    effort_of,
    size_in_label,
)

INDEX = pd.Index([f"a{i}" for i in range(4)], name="account_id")
NAN = float("nan")


def snapshot(**columns: list[float]) -> Snapshot:
    frame = pd.DataFrame(columns, index=INDEX)
    arr = pd.DataFrame({"arr": [1.0, 10.0, 100.0, 1000.0]}, index=INDEX)
    return Snapshot(date(2025, 6, 30), frame, (), arr)


def test_the_first_measure_that_is_known_of_an_account_tells_its_size() -> None:
    # Seeds of seats: median 20. Where they are missing or 0, users against their own median of 8.
    found = account_size(
        snapshot(contracted_seats=[10, 30, NAN, 0], active_users_peak=[8, 8, 16, NAN]), INDEX
    )
    assert found.relative.tolist()[:3] == [0.5, 1.5, 2.0]
    assert found.counts == {"seats under contract": 2, "active users": 1}
    assert found.n_unknown == 1


def test_what_an_account_pays_is_no_size() -> None:
    found = account_size(snapshot(), INDEX)
    assert found.relative.isna().all()
    assert found.n_unknown == 4


def test_a_size_that_is_not_known_is_that_of_a_median_account_never_zero() -> None:
    size = Size(pd.Series([1.0, 9.0, NAN, 4.0], index=INDEX), {})
    labels = pd.Series(["x", "x", "x", "y"], index=INDEX)
    # Medians 5 and 4.
    assert size_in_label(size, labels).tolist() == [0.2, 1.8, 1.0, 1.0]


def book(elasticity: float, n: int = 400, noise: float = 0.3) -> tuple[Size, pd.Series, pd.Series]:
    rng = np.random.default_rng(7)
    relative = pd.Series(np.exp(rng.normal(0, 1, n)))
    labels = pd.Series(rng.choice(["x", "y"], n))
    level = labels.map({"x": 10.0, "y": 60.0})
    hours = level * relative**elasticity * np.exp(noise * rng.normal(size=n))
    return Size(relative, {}), hours, labels


@pytest.mark.parametrize("true", [0.0, 0.4, 0.85])
def test_the_hours_delivered_inside_the_labels_tell_the_elasticity(true: float) -> None:
    found = effort_of(*book(true))
    assert found.origin == "estimated"
    assert found.interval is not None
    assert found.interval[0] < true < found.interval[1]
    assert found.elasticity == pytest.approx(true, abs=0.06)


@pytest.mark.parametrize(("true", "held"), [(1.4, 1.0), (-0.4, 0.0)])
def test_it_is_held_between_0_and_1_and_the_interval_is_told_as_it_is(
    true: float, held: float
) -> None:
    found = effort_of(*book(true))
    assert found.elasticity == held
    assert found.interval is not None
    assert found.interval[0] < true < found.interval[1]


def test_a_label_of_larger_accounts_that_gets_more_is_no_elasticity() -> None:
    """Between the labels hours grow tenfold with size; inside them not at all."""
    rng = np.random.default_rng(1)
    labels = pd.Series(["x", "y"] * 200)
    size = Size(labels.map({"x": 1.0, "y": 10.0}) * np.exp(0.5 * rng.normal(size=400)), {})
    hours = labels.map({"x": 5.0, "y": 50.0}) * np.exp(0.2 * rng.normal(size=400))
    assert effort_of(size, hours, labels).elasticity < 0.1


def test_too_little_to_estimate_it_is_said_and_the_middle_is_taken() -> None:
    size, hours, labels = book(0.8, n=20)
    found = effort_of(size, hours, labels)
    assert (found.elasticity, found.origin) == (ASSUMED, "assumed")
    assert found.why == "hours and a size are known together of 20 accounts, and 30 are needed"
    size, hours, labels = book(0.8, n=40, noise=3.0)
    assert "tell too little of it" in effort_of(size, hours, labels).why
    size, hours, labels = book(0.8)
    same = Size(size.relative * 0 + 1, {})
    assert "of one size" in effort_of(same, hours, labels).why
    none = effort_of(size, hours * np.nan, labels)
    assert none.origin == "assumed"
    assert effort_of(size, hours, labels, 0.3).elasticity == 0.3
