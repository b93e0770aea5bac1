"""Windows, day numbers and exact sums."""

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest

from clustering.features.definition import Definition, ratio, shrunken_share
from clustering.features.measures import (
    Measure,
    Period,
    aggregate,
    day_number,
    fixed_point,
    from_fixed_point,
    on_grid,
)
from clustering.features.registry import DEFINITIONS
from clustering.features.types import Feature
from feature_books import AS_OF, day


def column(expression: nw.Expr, **columns: list[object]) -> list[object]:
    frame = nw.from_native(pl.DataFrame(columns).lazy())
    return frame.select(x=expression).collect("polars").to_native()["x"].to_list()


def test_day_numbers_are_those_of_the_calendar() -> None:
    years = [1, 4, 100, 400, 1582, 1899, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 2199, 2400, 9999]
    days = [date(y, m, d) for y in years for m, d in [(1, 1), (2, 28), (3, 1), (12, 31)]]
    assert column(day_number("d"), d=days) == [d.toordinal() for d in days]


@pytest.mark.parametrize("window", [14, 20, 90, 365])
def test_the_window_has_so_many_days_and_ends_on_the_day(window: int) -> None:
    period = Period(AS_OF, window)
    offsets = list(range(-window - 2, 1))
    inside = column(period.last("d"), d=[day(o) for o in offsets])
    assert [o for o, i in zip(offsets, inside, strict=True) if i] == list(range(-window + 1, 1))
    assert period.start == AS_OF - timedelta(days=window)


def test_the_halves_are_whole_weeks_that_meet() -> None:
    period = Period(AS_OF, 90)
    days = [day(-o) for o in range(100)]
    late = column(period.last("d", period.half), d=days)
    early = column(period.last("d", period.half, skip=period.half), d=days)
    assert (period.half, period.weeks) == (42, 12)
    assert [i for i, x in enumerate(late) if x] == list(range(42))
    assert [i for i, x in enumerate(early) if x] == list(range(42, 84))


def test_weeks_are_counted_back_from_the_day() -> None:
    weeks = column(Period(AS_OF, 90).weeks_ago("d"), d=[day(-o) for o in (0, 6, 7, 13, 14)])
    assert weeks == [0, 0, 1, 1, 2]


def test_fixed_point_sums_are_exact_in_any_order() -> None:
    amounts = [0.1] * 10 + [1e9, 123456.7891, 0.00004, 0.00005]
    total = {"t": [sum(column(fixed_point(nw.col("x")), x=list(amounts)))]}
    backwards = {"t": [sum(column(fixed_point(nw.col("x")), x=list(amounts[::-1])))]}
    assert total == backwards == {"t": [10_000 + 10_000_000_000_000 + 1_234_567_891 + 0 + 1]}
    assert column(from_fixed_point("t"), **total) == [1000123457.7892]


def test_the_grid_is_finer_than_a_millionth() -> None:
    values = [1 / 3, -2 / 7, 0.0, 1e6 + 0.1]
    found = column(on_grid(nw.col("x")), x=list(values))
    assert found == pytest.approx(values, abs=1e-6)
    assert all(value * 2**20 == int(value * 2**20) for value in found)


def test_nothing_in_the_window_is_zero_for_counts_and_missing_for_extremes() -> None:
    frame = nw.from_native(
        pl.DataFrame({"account_id": ["a", "b"], "d": [day(-1), day(-99)], "x": [5, 7]}).lazy()
    )
    how = ("count", "sum", "n_distinct", "max", "median")
    measures = [
        Measure(name, "usage", lambda _: nw.col("x") > 0, name, dated="d")
        if name == "count"
        else Measure(name, "usage", lambda _: nw.col("x"), name, dated="d")
        for name in how
    ]
    rows = aggregate(frame, measures, Period(AS_OF, 90)).collect("polars").to_native()
    by_account = {row.pop("account_id"): row for row in rows.to_dicts()}
    assert by_account["a"] == {"count": 1, "sum": 5, "n_distinct": 1, "max": 5, "median": 5.0}
    assert by_account["b"] == {
        "count": 0,
        "sum": 0,
        "n_distinct": 0,
        "max": None,
        "median": None,
    }


def test_ratios_are_missing_over_nothing() -> None:
    found = column(ratio(nw.col("a"), nw.col("b")), a=[1, 1, 1], b=[2, 0, None])
    assert found == [0.5, None, None]


def test_shares_of_few_are_drawn_towards_one_half() -> None:
    found = column(shrunken_share("part", "whole"), part=[0, 1, 10, 0], whole=[0, 1, 10, 10])
    assert found == [None, 0.75, 10.5 / 11, 0.5 / 11]


def test_a_definition_needs_what_its_measures_read() -> None:
    def measure(name: str, table: str, *columns: str) -> Measure:
        return Measure(name, table, lambda _: nw.col("score"), "sum", columns)

    definition = Definition(
        name="x",
        family="usage",
        unit="events in {window} days",
        meaning="",
        null_means="",
        needs=("accounts.employees",),
        scale="count",
        higher_is_better=None,
        words=("low", "high"),
        measures=(
            measure("y", "surveys"),
            measure("z", "usage", "active_users"),
            measure("w", "usage"),
        ),
    )
    described = definition.described(Period(AS_OF, 90))
    assert described.needs == ("surveys", "usage.active_users", "accounts.employees")
    assert described.unit == "events in 90 days"
    assert type(described) is Feature


def test_one_name_stands_for_one_measure() -> None:
    measures = {m.name: m for d in DEFINITIONS for m in d.measures}
    assert all(measures[m.name] is m for d in DEFINITIONS for m in d.measures)
