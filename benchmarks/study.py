"""CPU of the whole demonstration: `python benchmarks/study.py` (goal: under 60 CPU seconds).

Everything counts that `make study` does after set-up: the book, the study, its report and its
record, with all processes that they start.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = Path(__file__).parents[1] / "experiments" / "simulated.toml"


def clustering(*arguments: object) -> tuple[float, float]:
    """CPU seconds of the command and its children, and seconds of the clock."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "clustering.cli", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, time.monotonic() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        book, out = Path(scratch) / "book", Path(scratch) / "studies" / "simulated"
        steps = {
            "simulate": ("simulate", "--scenario", "needs", "--accounts", 1000, "--seed", 7,
                         "--out", book),
            "study": ("study", EXPERIMENT, "--set", f"source.folder={book}", "--out", out),
        }  # fmt: skip
        total = 0.0
        for name, arguments in steps.items():
            cpu, clock = clustering(*arguments)
            total += cpu
            print(f"{name:<10} {cpu:6.1f} CPU s {clock:6.1f} s")
        print(f"{'all':<10} {total:6.1f} CPU s (goal: under 60)")


if __name__ == "__main__":
    main()
