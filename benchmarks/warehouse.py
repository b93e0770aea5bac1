"""A model as SQL on a table of accounts, in the databases that are here.

    python benchmarks/warehouse.py [--accounts 50000] [--engines duckdb postgres spark]
        [--kinds kmeans spherical diag tied full]

A table of 20 features, with missing, impossible and far values, NaN and null. Printed for every
database and kind of model: the size of the query, how long it took there (wall clock, one run, the
table being there already; Spark has started), the largest difference of a probability from the
scorer's, and how many labels differ (the benchmark fails if any does).
"""

import argparse
import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from scoring import FAMILIES, SCALES, draw

import postgres_server
from clustering.config import FeaturesConfig, MatrixConfig
from clustering.export import scoring_sql
from clustering.features.types import Feature, Snapshot
from clustering.matrix import standardise
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.scorer import Scorer, Training
from scored_tables import arrow
from snapshots import AS_OF

KINDS = ("kmeans", "spherical", "diag", "tied", "full")
K = 4

Ask = Callable[[str], pd.DataFrame]


def train(kind: str) -> Scorer:
    frame = draw(2000, 0.02, seed=1)
    features = tuple(
        Feature(name, FAMILIES[i % 5], "", "", "", (), SCALES[i], None, (f"low {i}", f"high {i}"))
        for i, name in enumerate(frame.columns)
    )
    matrix, standardiser = standardise(
        Snapshot(AS_OF, frame, features, pd.DataFrame(index=frame.index)), MatrixConfig()
    )
    by_distance = kind == "kmeans"
    spec = CandidateSpec("kmeans" if by_distance else "mixture", K, None if by_distance else kind)
    return Scorer.build(
        standardiser,
        refit(spec, matrix.values, n_init=2, seed=0),
        matrix,
        [f"segment {number}" for number in range(K)],
        FeaturesConfig(),
        Training(AS_OF, "constructive"),
    )


def table(n: int) -> pd.DataFrame:
    frame = draw(n, 0.0, seed=2)
    rng = np.random.default_rng(3)
    values = frame.to_numpy(copy=True)
    share = rng.choice([0.0, 0.0, 0.1, 0.4, 0.7, 1.0], size=(n, 1))
    values[rng.random(values.shape) < share] = np.nan
    for odd in (1e9, -1e9):
        values[rng.random(values.shape) < 0.001] = odd
    frame[:] = values
    return frame.assign(tenure_days=rng.choice([3.0, 400.0, np.nan], size=n)).reset_index()


@contextmanager
def in_duckdb(features: pd.DataFrame) -> Iterator[Ask]:
    with duckdb.connect() as connection:
        connection.register("given", arrow(features))
        connection.execute("CREATE TABLE features AS SELECT * FROM given")
        yield lambda query: connection.execute(query).df()


@contextmanager
def in_postgres(features: pd.DataFrame) -> Iterator[Ask]:
    programs = postgres_server.binaries()
    assert programs is not None, "PostgreSQL is not installed"
    columns = ", ".join(f'"{name}" double precision' for name in features.columns[1:])
    rows = features.to_csv(index=False, header=False, na_rep="NaN")
    with postgres_server.serve(programs) as address:
        # Compiling a long query takes PostgreSQL longer than running it (docs/warehouse.md).
        settings = "ALTER ROLE reader SET jit = off;"
        create = f"{settings} CREATE TABLE features (account_id text, {columns});"
        load = f"{create}\nCOPY features FROM STDIN CSV;\n{rows}\\.\nANALYZE;"
        postgres_server.query(programs, address, load)

        def ask(query: str) -> pd.DataFrame:
            answer = postgres_server.query(
                programs, address, f"COPY ({query}) TO STDOUT CSV HEADER;"
            )
            found = pd.read_csv(io.StringIO(answer))
            return found.assign(novel=found["novel"] == "t")

        yield ask


@contextmanager
def in_spark(features: pd.DataFrame) -> Iterator[Ask]:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = session.config("spark.driver.memory", "2g").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    with TemporaryDirectory() as folder:
        pq.write_table(arrow(features), f"{folder}/features.parquet")
        spark.read.parquet(f"{folder}/features.parquet").createOrReplaceTempView("features")
        spark.sql("SELECT COUNT(*) FROM features").toPandas()
        yield lambda query: spark.sql(query).toPandas()
        spark.stop()


ENGINES = {"duckdb": in_duckdb, "postgres": in_postgres, "spark": in_spark}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=50_000)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["duckdb"])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--no-reasons", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    features = table(options.accounts)
    scorers = {kind: train(kind) for kind in options.kinds}
    for engine in options.engines:
        with ENGINES[engine](features) as ask:
            for kind, scorer in scorers.items():
                query = scoring_sql(scorer, engine, reasons=not options.no_reasons)
                start = time.perf_counter()
                found = ask(query)
                seconds = time.perf_counter() - start
                report(f"{engine} {kind}", query, seconds, found, scorer.score_features(features))


def report(
    what: str, query: str, seconds: float, found: pd.DataFrame, expected: pd.DataFrame
) -> None:
    found = found.set_index("account_id")
    found = found.set_axis(found.index.astype(str), axis="index").loc[expected.index]
    differ = int((found["segment"].fillna(-1) != expected["segment"].fillna(-1)).sum())
    gap = np.nanmax(np.abs(found["probability"] - expected["probability"]))
    print(
        f"{what}: {len(query) / 1000:.0f} kB, {seconds:.1f} s, probability within {gap:.0e}, "
        f"{differ} of {len(found):,} labels differ",
        flush=True,
    )
    assert differ == 0
    assert gap < 1e-9


if __name__ == "__main__":
    main()
