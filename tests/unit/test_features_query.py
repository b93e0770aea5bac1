"""The features as one query equal the snapshot, to the last bit."""

from dataclasses import replace

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from clustering.config import AccountsConfig, FeaturesConfig, MilestoneRulesConfig
from clustering.errors import BadInputError
from clustering.features import FEATURES, build_snapshot
from clustering.features.query import snapshot_query
from clustering.simulation import DEFAULT_AS_OF, simulate
from feature_books import Frames

NAMES = [feature.name for feature in FEATURES]


@pytest.fixture(scope="module")
def tables() -> dict[str, nw.LazyFrame]:
    connection = duckdb.connect()
    frames = {}
    for table, frame in simulate("moving", 80, seed=5).tables.items():
        connection.register("incoming", frame)
        casts = ", ".join(f"{name}::DATE AS {name}" for name in frame if name.endswith("_on"))
        connection.execute(f"CREATE TABLE {table} AS SELECT * REPLACE ({casts}) FROM incoming")
        frames[table] = nw.from_native(connection.table(table))
    return frames


@pytest.mark.parametrize("left_by", ["either", "contracts", "accounts"])
def test_a_query_gives_the_features_of_the_snapshot(
    left_by: str, tables: dict[str, nw.LazyFrame]
) -> None:
    held = replace(Frames(tables), account_rules=AccountsConfig(left_by=left_by))
    reference = build_snapshot(held, DEFAULT_AS_OF).frame
    query = snapshot_query(held, DEFAULT_AS_OF, FeaturesConfig(), NAMES)
    found = query.collect("pandas").to_native().set_index("account_id")
    pd.testing.assert_frame_equal(
        found, reference, check_exact=True, check_index_type=False, check_column_type=False
    )


def test_an_account_without_contracts_is_a_customer_until_its_row_ends(
    tables: dict[str, nw.LazyFrame],
) -> None:
    few = Frames({name: frame for name, frame in tables.items() if name != "subscriptions"})
    reference = build_snapshot(few, DEFAULT_AS_OF).frame
    query = snapshot_query(few, DEFAULT_AS_OF, FeaturesConfig(), ["features_used", "tenure_days"])
    found = query.collect("pandas").to_native()
    assert found["account_id"].tolist() == reference.index.tolist()


def test_what_the_tables_lack_is_named(tables: dict[str, nw.LazyFrame]) -> None:
    few = Frames({"accounts": tables["accounts"], "usage": tables["usage"]})
    with pytest.raises(BadInputError, match=r"2 breaches[\s\S]*milestones_overdue.*'milestones'"):
        snapshot_query(
            few, DEFAULT_AS_OF, FeaturesConfig(), ["milestones_overdue", "nps", "features_used"]
        )


def test_milestones_derived_from_usage_are_no_single_query(
    tables: dict[str, nw.LazyFrame],
) -> None:
    few = Frames({name: frame for name, frame in tables.items() if name != "milestones"})
    config = FeaturesConfig(milestones=MilestoneRulesConfig(derive=True, distinct_features=5))
    with pytest.raises(BadInputError, match="clustering score"):
        snapshot_query(few, DEFAULT_AS_OF, config, ["milestone_delay_days"])
