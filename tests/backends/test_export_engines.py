"""The query of a model runs in the databases that are here, and gives what the model gives."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import postgres_server
from clustering.export import scoring_sql
from scored_tables import KINDS, arrow, assert_same_scores, features_with_holes, scorer_of_kind
from spark_marks import on_a_real_spark


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return features_with_holes(4000)


@pytest.fixture(scope="module")
def postgres(features: pd.DataFrame) -> Iterator[tuple[Path, str]]:
    """A server with the table of features, NaN as NaN in one half of it."""
    programs = postgres_server.binaries()
    if programs is None:
        pytest.skip("needs a PostgreSQL server")
    columns = ", ".join(f'"{name}" double precision' for name in features.columns[1:])
    rows = [
        "\t".join("\\N" if value is None else str(value) for value in row.values())
        for row in arrow(features).to_pylist()
    ]
    with postgres_server.serve(programs) as address:
        table = f"CREATE SCHEMA cs; CREATE TABLE cs.features (account_id text, {columns});"
        loaded = "\n".join([table, "COPY cs.features FROM STDIN;", *rows, "\\.", ""])
        postgres_server.query(programs, address, loaded)
        yield programs, address


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_query_gives_the_same_in_postgres(
    kind: str, features: pd.DataFrame, postgres: tuple[Path, str]
) -> None:
    scorer = scorer_of_kind(kind)
    query = scoring_sql(scorer, "postgres", "cs.features")
    answer = postgres_server.query(*postgres, f"COPY ({query}) TO STDOUT CSV HEADER;")
    found = pd.read_csv(
        io.StringIO(answer),
        keep_default_na=False,
        na_values={
            name: [""]
            for name in (
                "segment",
                "segment_id",
                "segment_name",
                "probability",
                "runner_up",
                "margin",
                "reason",
            )
        },
    )
    assert_same_scores(found.assign(novel=found["novel"] == "t"), scorer, features)


@on_a_real_spark
@pytest.mark.parametrize(("kind", "reasons"), [("kmeans", True), ("full", False)])
def test_the_query_gives_the_same_in_spark(
    kind: str, reasons: bool, features: pd.DataFrame, spark: Any, tmp_path: Path
) -> None:
    scorer = scorer_of_kind(kind)
    pq.write_table(arrow(features), tmp_path / "features.parquet")
    spark.read.parquet(str(tmp_path / "features.parquet")).createOrReplaceTempView("features")
    found = spark.sql(scoring_sql(scorer, "spark", reasons=reasons)).toPandas()
    assert_same_scores(found, scorer, features)
