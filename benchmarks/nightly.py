"""`clustering score` of a million accounts into every kind of place: CPU seconds and peak memory.

    python benchmarks/nightly.py [--accounts 1000000] [--format parquet] [--postgres ADDRESS]

Accounts of 20 features are written to a file, scored twice (two dates, so that the second run
reads the history of the first) by the command in a process of its own, and the most memory that
this process ever had resident is printed; the goal is 600 MiB at most.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

GOAL_MIB = 600
DAYS = ("2025-06-30", "2025-07-01")


def prepare(folder: Path, n_accounts: int, ending: str) -> None:
    """A scorer, and a file of features."""
    from scoring import draw, train

    train(5_000, 0.02, "kmeans").save(folder / "scorer")
    frame = draw(n_accounts, missing=0.02, seed=2)
    if ending == "parquet":
        frame.to_parquet(folder / "features.parquet")
    else:
        frame.to_csv(folder / "features.csv")


def measured(command: list[str]) -> tuple[float, float]:
    """CPU seconds and the largest resident set, in MiB, of a process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    words = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, words.decode()[-2000:]
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--postgres", help="address of a database to write to as well")
    options = parser.parse_args()
    most = 0.0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        # In another process: what this one once needed would count as that of those it starts.
        given = (folder, options.accounts, options.format)
        maker = multiprocessing.get_context("spawn").Process(target=prepare, args=given)
        maker.start()
        maker.join()
        assert maker.exitcode == 0
        features = folder / f"features.{options.format}"
        print(f"{options.accounts:,} accounts x 20 features, {features.stat().st_size >> 20} MiB")
        places = [str(folder / name) for name in ("s.parquet", "s.csv", "scores", "s.duckdb")]
        for out in [*places, *([options.postgres] if options.postgres else [])]:
            for day in DAYS:
                cpu, peak = measured(
                    [
                        *(sys.executable, "-m", "clustering.cli", "score", str(features)),
                        *("--model", str(folder / "scorer"), "--as-of", day, "--out", out),
                    ]
                )
                most = max(most, peak)
                kind = "postgres" if out == options.postgres else Path(out).name
                print(f"  {kind:10} {day}: {cpu:6.1f} CPU s, {peak:5.0f} MiB")
    print(f"most {most:.0f} MiB, goal {GOAL_MIB}: {'met' if most <= GOAL_MIB else 'MISSED'}")


if __name__ == "__main__":
    main()
