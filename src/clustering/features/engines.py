"""The few differences between engines, hidden in one place.

Everything else in this room is one narwhals definition for DuckDB, PySpark, polars and pandas.
"""

from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from clustering.columns import ACCOUNT_ID


def column_names(frame: nw.LazyFrame[Any]) -> tuple[str, ...]:
    """Columns of a lazy frame, without computing it."""
    return tuple(frame.collect_schema().names())


def typed(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Make dates dates, texts texts, and whole numbers able to be null.

    Checked tables from DuckDB or Spark are so already; pandas and polars frames may not be.

    Examples
    --------
    >>> usage = pd.DataFrame({"used_on": pd.to_datetime(["2024-02-29 00:00"])})
    >>> typed(nw.from_native(usage).lazy()).collect_schema()["used_on"]
    Date
    """
    if frame.implementation is nw.Implementation.PANDAS:
        native: Any = frame.collect().to_native()
        nullable: nw.DataFrame[Any] = nw.from_native(native.convert_dtypes(dtype_backend="pyarrow"))
        frame = nullable.lazy()
    schema = frame.collect_schema()
    dates = {n: nw.col(n).cast(nw.Date) for n in schema if _is_date(n) and schema[n] != nw.Date}
    coded = {n: nw.col(n).cast(nw.String) for n in schema if schema[n] == nw.Categorical}
    return frame.with_columns(**dates, **coded) if dates or coded else frame


def with_date(frame: nw.LazyFrame[Any], column: str) -> nw.LazyFrame[Any]:
    """A frame that has a date column: without any date where it had no such column."""
    if column in column_names(frame):
        return frame
    return frame.with_columns(nw.lit(None).cast(nw.Date).alias(column))


def _is_date(column: str) -> bool:
    """The contract's names of dates; the type tells nothing where all are empty."""
    return column.endswith("_on") or column == "valid_until"


def collect_by_account(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Run the query; one row per account, indexed by `account_id`."""
    collected: pd.DataFrame = frame.collect("pandas").to_native()
    collected = collected.set_index(ACCOUNT_ID)
    return collected.set_axis(collected.index.astype("str"), axis="index")


def first_and_last(frame: nw.LazyFrame[Any], column: str) -> tuple[date, date] | None:
    """First and last date of a column; None where it has no date."""
    dates = frame.select(first=nw.col(column).min(), last=nw.col(column).max())
    found = dates.collect("pandas").to_native().iloc[0]
    if pd.isna(found["first"]):
        return None
    return pd.Timestamp(found["first"]).date(), pd.Timestamp(found["last"]).date()
