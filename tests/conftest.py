"""Fixtures that several folders of tests share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def rendered_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated study with hostile names of accounts, its scorer and its rendered report."""
    from clustering.report import render
    from study_folders import Recipe, add_scorer, build_study

    folder = build_study(tmp_path_factory.mktemp("studies") / "simulated", Recipe(forward=True))
    add_scorer(folder)
    render(folder)
    return folder


@pytest.fixture
def on_one_and_two_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], Any]], tuple[Any, Any]]:
    """What a function gives on one thread, and on two."""

    def run(find: Callable[[], Any]) -> tuple[Any, Any]:
        monkeypatch.setenv("CLUSTERING_THREADS", "1")
        one = find()
        monkeypatch.setenv("CLUSTERING_THREADS", "2")
        return one, find()

    return run


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark in this process' own JVM: it takes long to start, so all tests share it."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = session.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of an empty PostgreSQL server."""
    from postgres_server import binaries, serve

    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server binary on this machine")
    with serve(programs) as address:
        yield address
