"""Measures: whole-number aggregates per account, computed by whichever engine holds the table.

An engine is asked only for counts, distinct counts, sums of whole numbers, extremes and medians.
Their answers do not depend on the order of rows or the number of threads, which a sum of
floating-point numbers does; amounts and hours are summed in ten-thousandths for that reason.
Ratios are formed afterwards, once, on one row per account (`clustering.features.snapshot`), so
that every engine gives the same bits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import narwhals as nw

from clustering.columns import ACCOUNT_ID

How = Literal["count", "sum", "max", "median", "n_distinct", "latest", "earliest", "value"]

#: Amounts, hours and scores are summed in units of 1/10 000.
FIXED_POINT = 10_000
_GRID = 2**20


@dataclass(frozen=True)
class Period:
    """The as-of date and the look-back window `(as_of - window_days, as_of]`.

    Examples
    --------
    >>> period = Period(date(2024, 3, 31), 90)
    >>> period.weeks, period.half
    (12, 42)
    """

    as_of: date
    window_days: int

    @property
    def start(self) -> date:
        """The last day before the window."""
        return self.as_of - timedelta(days=self.window_days)

    @property
    def weeks(self) -> int:
        """Whole weeks in the window; weekly extracts have one row in each."""
        return self.window_days // 7

    @property
    def half(self) -> int:
        """Half of the window in days, as whole weeks, so that both halves hold as many weekdays."""
        return self.window_days // 14 * 7

    def last(self, column: str, days: int | None = None, *, skip: int = 0) -> nw.Expr:
        """Whether a date lies in the last `days` days (default: the window), `skip` days ago."""
        end = self.as_of - timedelta(days=skip)
        start = end - timedelta(days=self.window_days if days is None else days)
        inside = nw.col(column) > nw.lit(start)
        # Rows after as_of are invisible already: the upper bound is needed only further back.
        return inside & (nw.col(column) <= nw.lit(end)) if skip else inside

    def age(self, column: str) -> nw.Expr:
        """Days from the date in `column` to `as_of`."""
        return self.as_of.toordinal() - day_number(column)

    def weeks_ago(self, column: str) -> nw.Expr:
        """Whole weeks from the date in `column` to `as_of`: 0 for the last seven days."""
        return ((self.age(column).cast(nw.Float64) + 0.5) / 7).floor()


#: An expression, or one that depends on the as-of date or the window.
Formula = nw.Expr | Callable[[Period], nw.Expr]


@dataclass(frozen=True)
class Measure:
    """One aggregate of one table.

    Attributes
    ----------
    columns : optional columns of the contract that it needs
    rows : the value of each visible row; rows where it is null do not count
    how : `latest` and `earliest` take and give dates; `value` is of a table with one row an account
    dated : the date by which only rows of the look-back window count; None: all rows count
    """

    name: str
    table: str
    rows: Formula
    how: How
    columns: tuple[str, ...] = ()
    dated: str | None = None

    @property
    def value(self) -> nw.Expr:
        """What was measured of an account, in a formula."""
        return nw.col(self.name)

    @property
    def needs(self) -> tuple[str, ...]:
        """The table, or its optional columns, by the names that `Feature.needs` uses."""
        return tuple(f"{self.table}.{column}" for column in self.columns) or (self.table,)


def at(period: Period, formula: Formula) -> nw.Expr:
    """The expression of a formula for a period."""
    return formula if isinstance(formula, nw.Expr) else formula(period)


def day_number(column: str) -> nw.Expr:
    """Proleptic Gregorian ordinal of a date, as `datetime.date.toordinal`.

    narwhals has no difference of dates in days that runs on every engine; parts of a date do.
    Products and floors stand for whole divisions, for which narwhals writes long SQL on DuckDB;
    the half year keeps every product clear of a whole number.
    """
    years = nw.col(column).dt.year().cast(nw.Float64) - 1
    middle = years + 0.5
    leap_days = (middle * 0.25).floor() - (middle * 0.01).floor() + (middle * 0.0025).floor()
    return (years * 365 + leap_days + nw.col(column).dt.ordinal_day()).cast(nw.Int64)


def fixed_point(value: nw.Expr) -> nw.Expr:
    """A number in ten-thousandths, rounded half up: its sums are exact in any order."""
    return (value.cast(nw.Float64) * FIXED_POINT + 0.5).floor().cast(nw.Int64)


def on_grid(value: nw.Expr) -> nw.Expr:
    """A ratio rounded to a multiple of 2**-20 (about one millionth).

    Engines interpolate a median as `(a + b) / 2` or as `a + (b - a) / 2`; on this grid both are
    exact, and equal.
    """
    return (value * _GRID + 0.5).floor() / _GRID


def from_fixed_point(name: str) -> nw.Expr:
    """The number that a sum of `fixed_point` stands for."""
    return nw.col(name) / FIXED_POINT


def aggregate(
    frame: nw.LazyFrame[Any], measures: Sequence[Measure], period: Period
) -> nw.LazyFrame[Any]:
    """One row per account that has a row in `frame`; one column per measure.

    Rows outside the window are filtered away before the measures that need only the window, which
    on a long history is most of the work.
    """
    totals = _totals(frame, [m for m in measures if m.dated is None], period)
    for date_column in sorted({m.dated for m in measures if m.dated is not None}):
        dated = [m for m in measures if m.dated == date_column]
        part = _totals(frame.filter(period.last(date_column)), dated, period)
        totals = totals.join(part, on=ACCOUNT_ID, how="left")
    # An account with rows, none of them in the window, has truly none there.
    counted = [m.name for m in measures if m.how in ("count", "sum", "n_distinct")]
    zeros = {name: nw.col(name).fill_null(0) for name in counted}
    return totals.select(
        ACCOUNT_ID, **{m.name: zeros.get(m.name, nw.col(m.name)) for m in measures}
    )


def _totals(
    frame: nw.LazyFrame[Any], measures: Sequence[Measure], period: Period
) -> nw.LazyFrame[Any]:
    rows = {measure.name: _row_value(measure, period) for measure in measures}
    nulls = {
        _null_flag(measure): rows[measure.name].is_null().cast(nw.Int64)
        for measure in measures
        if measure.how == "n_distinct"
    }
    totals = [_total(measure) for measure in measures] or [nw.len().alias("n_rows")]
    grouped = frame.select(ACCOUNT_ID, **rows, **nulls).group_by(ACCOUNT_ID)
    settled = {measure.name: _settled(measure) for measure in measures}
    return grouped.agg(*totals, *(nw.col(name).max() for name in nulls)).select(
        ACCOUNT_ID, **settled
    )


def _row_value(measure: Measure, period: Period) -> nw.Expr:
    value = at(period, measure.rows)
    return nw.when(value).then(nw.lit(1)) if measure.how == "count" else value


def _null_flag(measure: Measure) -> str:
    return f"{measure.name}_has_null"


def _total(measure: Measure) -> nw.Expr:
    column = nw.col(measure.name)
    match measure.how:
        case "count" | "sum":
            return column.sum()
        case "median":
            return column.median()
        case "n_distinct":
            return column.n_unique()
        case "earliest":
            return column.min()
        case "max" | "latest" | "value":
            return column.max()


def _settled(measure: Measure) -> nw.Expr:
    match measure.how:
        case "median" | "value":
            return nw.col(measure.name).cast(nw.Float64)
        case "latest" | "earliest":
            return nw.col(measure.name)
        case "n_distinct":  # n_unique counts null as one more value
            total = nw.col(measure.name).cast(nw.Int64) - nw.col(_null_flag(measure))
            return total.cast(nw.Int64)
        case _:
            return nw.col(measure.name).cast(nw.Int64)
