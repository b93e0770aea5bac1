"""Runs that are killed while they write: a reader sees the rows before or after, and no others."""

import itertools
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clustering.stores.address import open_store
from postgres_server import binaries, query
from score_rows import files_below, keep, run_of, write_for_ever, write_rows

pytestmark = pytest.mark.slow

DAY = "2025-03-31"
KILLS = 20
#: Enough rows that a write takes longer than the delays between two kills.
ACCOUNTS = 20_000

#: Processes that begin with everything imported, and that can be killed without harm to this one.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(
    ["score_rows", "clustering.stores.files", "clustering.stores.duckdb_file"]
)

Place = tuple[str, Callable[[], pd.Series]]


@pytest.fixture(params=["folder", "duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An address, and how many accounts a reader sees of each segment."""
    counts = "SELECT segment, count(*) AS n FROM {} GROUP BY segment"
    if request.param == "folder":
        folder = tmp_path / "scores"
        files = f"read_parquet('{folder}/**/*.parquet')"
        return str(folder), lambda: duckdb.sql(counts.format(files)).df().set_index("segment")["n"]
    if request.param == "duckdb":
        file = tmp_path / "scores.duckdb"

        def in_duckdb() -> pd.Series:
            with duckdb.connect(str(file), read_only=True) as connection:
                sql = counts.format("account_scores")
                return connection.sql(sql).df().set_index("segment")["n"]

        return str(file), in_duckdb
    address = request.getfixturevalue("postgres_address")

    def in_postgres() -> pd.Series:
        lines = query(binaries(), address, counts.format("account_scores")).splitlines()
        pairs = [line.split("|") for line in lines]
        return pd.Series({int(segment): int(n) for segment, n in pairs})

    return address, in_postgres


def rows_of_segment(folder: Path, segment: int, n: int) -> Path:
    """A file of rows as a store takes them, all accounts in one segment."""
    store = open_store(str(folder / f"rows-{segment}.parquet"), table="account_scores")
    keep(store, run_of(DAY), {f"account {row}": segment for row in range(n)})
    return folder / f"rows-{segment}.parquet"


def writer(address: str, rows: Path) -> tuple[BaseProcess, Event]:
    """A process that has begun to write the same rows again and again, and when it first has."""
    begun, done = SPAWN.Event(), SPAWN.Event()
    process = SPAWN.Process(target=write_for_ever, args=(address, rows, run_of(DAY), begun, done))
    process.start()
    assert begun.wait(60)
    return process, done


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join()


def test_a_killed_run_is_never_half_visible(place: Place, tmp_path: Path) -> None:
    address, seen = place
    # Runs with an odd number write fewer rows of another segment, so that a mixture is seen.
    rows = [rows_of_segment(tmp_path, 0, ACCOUNTS), rows_of_segment(tmp_path, 1, ACCOUNTS // 2)]
    whole = [{0: ACCOUNTS}, {1: ACCOUNTS // 2}]
    process, done = writer(address, rows[0])
    start = time.monotonic()
    assert done.wait(60)
    a_write = time.monotonic() - start
    kill(process)
    after = set()
    for number, which in zip(range(KILLS), itertools.cycle((1, 0)), strict=False):
        process, done = writer(address, rows[which])
        if number >= KILLS - 2:
            assert done.wait(60)  # the first moment at which the rows are there
        else:
            time.sleep(a_write * (number + 1) / KILLS)
        kill(process)
        found = seen().to_dict()
        assert found in whole, f"after kill {number}"
        after.add(min(found))
    assert after == {0, 1}
    write_rows(address, rows[0], run_of(DAY))
    assert seen().to_dict() == whole[0]
    own = {"rows-0.parquet", "rows-1.parquet", "scores.duckdb"}
    left = [name for name in files_below(tmp_path) if name not in own]
    assert [name for name in left if not name.endswith("/scores.parquet")] == []


def test_two_runs_at_once_end_with_the_rows_of_one(place: Place, tmp_path: Path) -> None:
    address, seen = place
    rows = [rows_of_segment(tmp_path, 0, ACCOUNTS), rows_of_segment(tmp_path, 1, ACCOUNTS // 2)]
    writers = [writer(address, one)[0] for one in rows]
    time.sleep(1.0)
    for process in writers:
        assert process.is_alive(), "a run failed instead of waiting for the other"
        kill(process)
    assert seen().to_dict() in [{0: ACCOUNTS}, {1: ACCOUNTS // 2}]
