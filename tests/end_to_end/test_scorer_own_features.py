"""A model of a usage mix and of features of a company's own scores raw tables as it was learned."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from clustering.config import FeaturesConfig, MatrixConfig
from clustering.export.features import features_sql
from clustering.features import build_snapshot
from clustering.features.snapshot import with_fixed_parts
from clustering.matrix import standardise
from clustering.profiles import profile
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from snapshots import kmeans_clustering

FEATURES = FeaturesConfig(
    keep=("mix_*", "severe_open", "health_score", "reports_share", "features_used"),
    usage_mix={"include": True},
    own=(
        {
            "name": "severe_open",
            "unit": "tickets",
            "scale": "count",
            "table": "tickets",
            "sql": "count(*) FILTER (WHERE severity = 'high' AND closed_on IS NULL)",
            "empty_is_zero": True,
        },
        {
            "name": "health_score",
            "unit": "points",
            "scale": "amount",
            "column": "health",
            "known_on": "health_on",
        },
        {
            "name": "reports_share",
            "unit": "share of events",
            "scale": "share",
            "sql": "(SELECT sum(events) FILTER (WHERE feature = 'reports') / sum(events) FROM "
            "usage WHERE usage.account_id = accounts.account_id)",
        },
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("own") / "book"
    write_book(simulate("usage_mix", 150, seed=4), place)
    accounts = pd.read_parquet(place / "accounts.parquet")
    rng = np.random.default_rng(1)
    days = pd.to_datetime("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, len(accounts)), "D")
    accounts.assign(health=rng.random(len(accounts)) * 10, health_on=days.date).to_parquet(
        place / "accounts.parquet"
    )
    return place


AS_OF = date(2025, 6, 30)


@pytest.fixture(scope="module")
def learned(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scorer, pd.Series]:
    with open_folder(folder, FEATURES) as tables:
        features = with_fixed_parts(tables, AS_OF, FEATURES)
        snapshot = build_snapshot(tables, AS_OF, features)
    matrix, standardiser = standardise(snapshot, MatrixConfig(max_missing_share=0.9))
    clustering = kmeans_clustering(matrix.values, 3)
    names = profile(snapshot, matrix, clustering).names
    scorer = Scorer.build(
        standardiser, clustering, matrix, names, features, Training(AS_OF, "reproducible")
    )
    place = tmp_path_factory.mktemp("scorer") / "scorer"
    scorer.save(place)
    return Scorer.load(place), pd.Series(clustering.labels, index=list(matrix.account_ids))


def test_the_model_has_them_all(learned: tuple[Scorer, pd.Series]) -> None:
    names = learned[0].standardiser.feature_names
    assert {"severe_open", "health_score", "features_used"} <= set(names)
    assert sum(name.startswith("mix_") for name in names) >= 5


def test_training_tables_give_back_the_labels(
    folder: Path, learned: tuple[Scorer, pd.Series]
) -> None:
    scorer, labels = learned
    with open_folder(folder, scorer.features) as tables:
        scores = scorer.score_tables(tables, AS_OF)
    known = (scores["known_share"] == 1) & scores["segment"].notna()
    assert known.sum() > 30
    np.testing.assert_array_equal(scores["segment"][known].astype(int), labels[known[known].index])


@pytest.mark.parametrize("days", [-120, 0, 150])
def test_the_sql_of_the_features_gives_the_snapshot(
    folder: Path, learned: tuple[Scorer, pd.Series], days: int
) -> None:
    scorer, day = learned[0], AS_OF + timedelta(days=days)
    names = [*scorer.standardiser.feature_names]
    with open_folder(folder, scorer.features) as tables:
        query = features_sql(scorer, tables, day)
        reference = scorer.snapshot(tables, day).frame[names]
        with duckdb.connect() as connection:
            for table, frame in tables.frames.items():
                connection.register("incoming", frame.to_native().arrow())
                connection.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")
            found = connection.execute(query).df().set_index("account_id")
    pd.testing.assert_frame_equal(
        found[names], reference, check_index_type=False, check_column_type=False, rtol=1e-12
    )
