"""Simulate the quantiles of Hartigan's dip under the uniform: the table that p-values come from.

Uniform order statistics are drawn as partial sums of exponentials, so nothing is sorted. With
`--write` it replaces the table of the package, in some ten minutes; without, it draws fresh
samples and prints how often they reach the quantiles of the table.
"""

import argparse
from pathlib import Path

import numpy as np

from clustering.structure.separation.dip import TABLE, dip_of_sorted

SIZES = (4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 20_000)
#: Upper tail probabilities of the columns.
TAILS = (
    1.0, 0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.08, 0.06,
    0.05, 0.04, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001,
)  # fmt: skip
SEED = 1985
VALUES_DRAWN = 300_000_000  # at each size, within the bounds of draws below
LEAST_DRAWS, MOST_DRAWS = 100_000, 1_000_000


def dips(n: int, draws: int, seed: int) -> np.ndarray:
    """Sqrt(n) times the dip of `draws` samples of n uniform values."""
    rng = np.random.default_rng([seed, n])
    found = np.empty(draws)
    for draw in range(draws):
        sums = np.cumsum(rng.standard_exponential(n + 1))
        found[draw] = dip_of_sorted(sums[:-1] / sums[-1])
    return np.sqrt(n) * found


def table(draws_of: dict[int, int], seed: int) -> list[str]:
    lines = [
        "# Quantiles of sqrt(n) D of n uniform values; columns: share of samples at or above.",
        "# Simulated by benchmarks/dip_table.py.",
        ",".join(["n", *(f"{tail:g}" for tail in TAILS)]),
    ]
    for n, draws in draws_of.items():
        quantiles = np.quantile(dips(n, draws, seed), 1.0 - np.array(TAILS))
        lines.append(",".join([str(n), *(f"{value:.5f}" for value in quantiles)]))
        print(f"n = {n}: {draws:,} samples", flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the table of the package")
    arguments = parser.parse_args()
    here = (
        Path(__file__).resolve().parents[1]
        / "src"
        / "clustering"
        / "structure"
        / "separation"
        / TABLE
    )
    if arguments.write:
        draws = {n: min(MOST_DRAWS, max(LEAST_DRAWS, VALUES_DRAWN // n)) for n in SIZES}
        here.write_text("\n".join(table(draws, SEED)) + "\n", encoding="utf-8")
        return
    rows = [line.split(",") for line in here.read_text(encoding="utf-8").splitlines()[3:]]
    columns = [TAILS.index(tail) for tail in (0.5, 0.1, 0.05, 0.01)]
    for row in rows:
        n = int(row[0])
        if n > 1000:
            continue
        found = dips(n, 20_000, SEED + 1)
        shares = [(found >= float(row[1 + column])).mean() for column in columns]
        print(
            f"n = {n:5d}: share of 20,000 fresh samples at or above the quantile of "
            + ", ".join(f"{TAILS[c]:g}: {s:.4f}" for c, s in zip(columns, shares, strict=True))
        )


if __name__ == "__main__":
    main()
