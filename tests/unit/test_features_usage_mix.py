"""The usage mix: shares of what is used, taken as centred log-ratios of a list that stays."""

import math
from datetime import date

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from clustering.config import FeaturesConfig
from clustering.features import build_snapshot
from clustering.features.families.usage_mix import LIFT, part_names
from clustering.features.query import snapshot_query
from clustering.features.snapshot import with_fixed_parts
from feature_books import Frames

AS_OF = date(2024, 3, 1)
DAY = date(2024, 2, 1)


def book(rows: list[tuple[str, str, int]], module: dict[str, str | None] | None = None) -> Frames:
    """Accounts with use on one day, in DuckDB: (account, feature, events)."""
    usage = pl.DataFrame(
        [{"account_id": a, "used_on": DAY, "feature": f, "events": n} for a, f, n in rows]
    )
    if module is not None:
        usage = usage.with_columns(module=pl.col("feature").replace_strict(module))
    accounts = pl.DataFrame(
        [
            {"account_id": a, "started_on": date(2023, 1, 1)}
            for a in dict.fromkeys(r[0] for r in rows)
        ]
    )
    connection = duckdb.connect()
    connection.register("usage_rows", usage.to_arrow())
    connection.register("account_rows", accounts.to_arrow())
    connection.execute("CREATE TABLE usage AS SELECT * FROM usage_rows")
    connection.execute("CREATE TABLE accounts AS SELECT * FROM account_rows")
    return Frames({n: nw.from_native(connection.table(n)) for n in ("accounts", "usage")})


def mixed(**mix: object) -> FeaturesConfig:
    return FeaturesConfig(usage_mix={"include": True, **mix})


ROWS = [("a", "x", 60), ("a", "y", 40), ("b", "x", 10), ("b", "y", 80), ("b", "z", 10)]


def test_values_are_centred_log_ratios_of_lifted_shares() -> None:
    found = build_snapshot(book(ROWS), AS_OF, mixed()).frame
    assert [name for name in found if name.startswith("mix_")] == ["mix_x", "mix_y"]  # z: the rest
    logs = [math.log(share + LIFT) for share in (0.1, 0.8, 0.1)]
    assert found.loc["b", "mix_y"] == pytest.approx(logs[1] - sum(logs) / 3)
    # Nothing of a part is a number too.
    logs = [math.log(share + LIFT) for share in (0.6, 0.4, 0.0)]
    assert found.loc["a", "mix_x"] == pytest.approx(logs[0] - sum(logs) / 3)


def test_the_mix_does_not_depend_on_how_much_is_used() -> None:
    frame = build_snapshot(book(ROWS), AS_OF, mixed()).frame
    larger = build_snapshot(book([(a, f, 1000 * n) for a, f, n in ROWS]), AS_OF, mixed()).frame
    pd.testing.assert_frame_equal(frame.filter(like="mix_"), larger.filter(like="mix_"))


def test_few_events_have_no_mix() -> None:
    frame = build_snapshot(book([*ROWS, ("c", "x", 19)]), AS_OF, mixed()).frame
    assert frame.filter(like="mix_").loc["c"].isna().all()
    assert frame.filter(like="mix_").drop("c").notna().all(axis=None)


def test_without_the_option_there_is_none() -> None:
    assert not [n for n in build_snapshot(book(ROWS), AS_OF).frame if n.startswith("mix_")]


def test_features_of_few_accounts_are_part_of_the_rest() -> None:
    many = [(f"a{i:02}", f, 30) for i in range(20) for f in ("x", "y")]
    found = build_snapshot(book([*many, ("a00", "rare", 500)]), AS_OF, mixed())
    assert [n for n in found.frame if n.startswith("mix_")] == ["mix_x", "mix_y"]
    assert "tells 2 features apart: x, y" in found.notes[-1]


def test_modules_merge_features_and_stand_in_where_they_are_empty() -> None:
    tables = book(ROWS, {"x": "core", "y": "core", "z": None})
    found = build_snapshot(tables, AS_OF, mixed()).frame
    assert [n for n in found if n.startswith("mix_")] == ["mix_core"]
    logs = [math.log(0.9 + LIFT), math.log(0.1 + LIFT)]
    assert found.loc["b", "mix_core"] == pytest.approx((logs[0] - logs[1]) / 2)
    by_feature = build_snapshot(tables, AS_OF, mixed(by="feature")).frame
    assert [n for n in by_feature if n.startswith("mix_")] == ["mix_x", "mix_y"]


def test_the_list_of_the_study_stays() -> None:
    fixed = with_fixed_parts(book(ROWS), AS_OF, mixed())
    assert fixed.usage_mix.parts == ("x", "y")
    assert fixed.usage_mix.by == "feature"
    later = [("a", "new", 900), ("a", "x", 100), ("b", "new", 50)]
    found = build_snapshot(book(later), AS_OF, fixed).frame
    assert [n for n in found if n.startswith("mix_")] == ["mix_x", "mix_y"]
    assert FeaturesConfig.model_validate(fixed.model_dump(mode="json")) == fixed


def test_tables_without_usage_say_why_there_is_no_mix() -> None:
    few = Frames({"accounts": book(ROWS).frames["accounts"]})
    found = build_snapshot(few, AS_OF, mixed())
    assert "is not computed" in found.notes[-1]
    assert not [n for n in found.frame if n.startswith("mix_")]


def test_a_scorer_of_modules_asks_for_the_column() -> None:
    fixed = mixed(parts=("core",), by="module")
    found = build_snapshot(book(ROWS), AS_OF, fixed)
    assert found.not_computed["mix_core"] == "needs column 'module' in table 'usage'"


def test_names_do_not_depend_on_order_and_never_collide() -> None:
    parts = ("Audit log", "audit-log", "API", "レポート", "分析")
    names = part_names(parts)
    assert len(set(names)) == len(parts)
    assert dict(zip(parts, names, strict=True)) == dict(
        zip(parts[::-1], part_names(parts[::-1]), strict=True)
    )
    assert names[2] == "mix_api"


def test_braces_and_quotes_in_a_feature_are_text() -> None:
    rows = [("a", "{0} o'clock", 50), ("a", "y", 50), ("b", "{0} o'clock", 10), ("b", "y", 90)]
    found = build_snapshot(book(rows), AS_OF, mixed(parts=("{0} o'clock",)))
    feature = next(one for one in found.features if one.family == "usage_mix")
    assert "Share of '{0} o'clock' in the use of the last 90 days" in feature.meaning
    assert found.frame[feature.name].notna().all()


def test_one_query_gives_the_same_mix() -> None:
    tables = book(ROWS)
    fixed = with_fixed_parts(tables, AS_OF, mixed())
    names = ["mix_x", "mix_y"]
    reference = build_snapshot(tables, AS_OF, fixed).frame[names]
    query = snapshot_query(tables, AS_OF, fixed, names).collect("pandas").to_native()
    np.testing.assert_allclose(query[names].to_numpy(), reference.to_numpy(), rtol=1e-12)
