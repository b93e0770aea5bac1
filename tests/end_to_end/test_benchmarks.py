"""Benchmarks run on the code as it stands; how fast it is, they say and no test does."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Stands for a file of the test's own.
OUT = "OUT"


@pytest.mark.parametrize(
    ("name", "small"),
    [
        ("scoring", ("--accounts", "400", "--runs", "1")),
        ("scoring_calibration", ("--accounts", "300", "--seeds", "1")),
        ("nightly", ("--accounts", "400")),
        ("schemes", ("--accounts", "400", "--snapshots", "2")),
        ("snapshot", ("--accounts", "200", "--rows", "5000", "--repeat", "1")),
        ("monitor", ("--books", "1", "--accounts", "150", "--scenario", "drift", "--out", OUT)),
        ("calibration_comparison", ("--books", "1", "--part", "inference")),
        ("calibration_small", ("--books", "1", "--sizes", "150", "--sds", "5", "--out", OUT)),
        (
            "league",
            (
                "--books",
                "1",
                "--rows",
                "120",
                "--only",
                "^(gaussian|2 clusters, 5 sd)$",
                "--out",
                OUT,
            ),
        ),
        ("warehouse", ("--accounts", "500", "--kinds", "kmeans", "tied")),
    ],
)
def test_it_runs_at_a_small_size(name: str, small: tuple[str, ...], tmp_path: Path) -> None:
    given = [str(tmp_path / "out.csv") if word == OUT else word for word in small]
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_ordinary_accounts_of_the_next_quarter_are_not_called_new() -> None:
    command = [sys.executable, str(BENCHMARKS / "novelty.py"), "--scenario", "drift"]
    done = subprocess.run(
        [*command, "--seeds", "5", "--accounts", "400"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout.splitlines()[-1] == "met", done.stdout
