"""Quarter after quarter a new model: the accounts keep their segment by its id."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "lasting_ids.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lasting_ids", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("scenario", ["needs", "moving"])
def test_at_least_95_in_100_accounts_keep_their_id(benchmark, scenario):
    found = benchmark.follow(scenario, 400, 1, [4, 4])
    assert (found["same values"] >= 0.95).all()
    assert (found["id"] >= 0.93).all()  # accounts at a border waver from date to date
    assert (found["name"] < 0.9).all()  # what happens without a previous study
    assert found["fates"].tolist() == ["4 survived"]


def test_where_the_release_adds_a_segment_the_others_keep_theirs(benchmark):
    """Half of one segment has moved to a new fifth one: the rest keep their ids, and it is new."""
    (fates,) = benchmark.follow("drift", 400, 1, [4, 5])["fates"]
    assert fates == "3 survived, 1 split, 1 new"
