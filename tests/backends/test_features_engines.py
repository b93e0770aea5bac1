"""Every feature is the same, bit for bit, on every engine, thread count and order of rows."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from clustering.config import FeaturesConfig, MilestoneRulesConfig
from clustering.features import FEATURES, Snapshot, build_snapshot
from clustering.features.horizon import build_horizon
from clustering.simulation import DEFAULT_AS_OF, simulate
from feature_books import Frames
from spark_marks import on_a_real_spark

Tables = Mapping[str, pd.DataFrame]
AS_OF: date = DEFAULT_AS_OF


@pytest.fixture(scope="module")
def book() -> Tables:
    return simulate("needs", 120, seed=5).tables


def on_duckdb(tables: Tables, threads: int = 2) -> Frames:
    connection = duckdb.connect(config={"threads": threads})
    frames = {}
    for table, frame in tables.items():
        connection.register("incoming", frame)
        dates = [name for name in frame if name.endswith("_on")]
        casts = ", ".join(f"{name}::DATE AS {name}" for name in dates)
        connection.execute(f"CREATE TABLE {table} AS SELECT * REPLACE ({casts}) FROM incoming")
        frames[table] = nw.from_native(connection.table(table))
    return Frames(frames)


def on_polars(tables: Tables) -> Frames:
    return Frames({t: nw.from_native(pl.from_pandas(f).lazy()) for t, f in tables.items()})


def on_pandas(tables: Tables) -> Frames:
    return Frames({t: nw.from_native(f).lazy() for t, f in tables.items()})


def assert_same_snapshot(first: Snapshot, second: Snapshot) -> None:
    pd.testing.assert_frame_equal(first.frame, second.frame, check_exact=True)
    pd.testing.assert_frame_equal(first.attributes, second.attributes, check_exact=True)
    assert first.notes == second.notes


@pytest.mark.parametrize("engine", [on_polars, on_pandas])
def test_every_feature_equals_duckdb(engine: Callable[[Tables], Frames], book: Tables) -> None:
    reference = build_snapshot(on_duckdb(book), AS_OF)
    assert list(reference.frame) == [feature.name for feature in FEATURES]
    assert reference.frame.notna().any().all()
    assert_same_snapshot(build_snapshot(engine(book), AS_OF), reference)


@pytest.mark.parametrize("engine", [on_polars, on_pandas])
def test_derived_milestones_equal_duckdb(engine: Callable[[Tables], Frames], book: Tables) -> None:
    tables = {name: frame for name, frame in book.items() if name != "milestones"}
    config = FeaturesConfig(milestones=MilestoneRulesConfig(derive=True, distinct_features=5))
    reference = build_snapshot(on_duckdb(tables), AS_OF, config)
    assert reference.frame["milestone_delay_days"].notna().any()
    assert_same_snapshot(build_snapshot(engine(tables), AS_OF, config), reference)


@pytest.mark.parametrize("engine", [on_polars, on_pandas])
def test_the_horizon_equals_duckdb(engine: Callable[[Tables], Frames], book: Tables) -> None:
    reference = build_horizon(on_duckdb(book), AS_OF, 365)
    found = build_horizon(engine(book), AS_OF, 365)
    assert reference.frame.notna().any().all()
    pd.testing.assert_frame_equal(found.frame, reference.frame, check_exact=True)
    assert found.notes == reference.notes


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_order_change_nothing_on_duckdb(threads: int, book: Tables) -> None:
    """DuckDB sums floating-point numbers in the order of its threads; whole numbers it does not."""
    rng = np.random.default_rng(8)
    shuffled = {
        name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
        for name, frame in book.items()
    }
    reference = build_snapshot(on_duckdb(book), AS_OF)
    assert_same_snapshot(build_snapshot(on_duckdb(shuffled, threads), AS_OF), reference)


def on_spark(tables: Tables, session: Any, folder: Any) -> Frames:
    """Through Parquet, as a cluster would read it."""
    frames = {}
    for table, frame in tables.items():
        dates = {name: pl.Date for name in frame if name.endswith("_on")}
        path = str(folder / f"{table}.parquet")
        typed = pl.from_pandas(frame).cast(dates)
        typed.with_columns(pl.col(pl.Categorical).cast(pl.String)).write_parquet(path)
        frames[table] = nw.from_native(session.read.parquet(path))
    return Frames(frames)


@on_a_real_spark
def test_every_feature_equals_duckdb_on_spark(book: Tables, spark: Any, tmp_path: Any) -> None:
    reference = build_snapshot(on_duckdb(book), AS_OF)
    assert_same_snapshot(build_snapshot(on_spark(book, spark, tmp_path), AS_OF), reference)


@on_a_real_spark
def test_the_horizon_equals_duckdb_on_spark(book: Tables, spark: Any, tmp_path: Any) -> None:
    reference = build_horizon(on_duckdb(book), AS_OF, 365)
    found = build_horizon(on_spark(book, spark, tmp_path), AS_OF, 365)
    pd.testing.assert_frame_equal(found.frame, reference.frame, check_exact=True)
