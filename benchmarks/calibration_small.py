"""What is found in small books: how often the right number, and which numbers are not excluded.

Books of `calibration.py` with fewer accounts, judged as there: one line a book; a run that was
stopped goes on where it was. `--table` counts the right numbers by size: what the package prints
beside a verdict of no natural clusters. `--numbers` says how often the numbers that are not
excluded (`structure.rules.not_excluded`) hold the true one, among books called natural.

    python benchmarks/calibration_small.py --books 40 --out small_books.csv
    python benchmarks/calibration_small.py --table small_books.csv
    python benchmarks/calibration_small.py --numbers small_books.csv
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import calibration
import numpy as np
import pandas as pd
from calibration import CONFIG, K_MAX, N_INIT, SHARES, clusters, kept, natural_numbers, returns
from statsmodels.stats.proportion import proportion_confint

from clustering.models.kmeans import fit_kmeans
from clustering.models.labels import canonical_order

SIZES = (300, 200, 500, 150, 1000)
#: The size of the books of docs/calibration.md, which has all but those at 5 standard deviations.
KNOWN = 1000
SDS = (4, 5, 3)
#: Every so many-th book alone at 3 standard deviations, where next to none are found.
SELDOM = 4
FIELDS = ("n", "k", "sd", "book", "found", "not_excluded")


def judged(n: int, k: int, sd: int, book: int) -> tuple[int, str]:
    """The number of natural clusters, and the numbers that are not excluded."""
    calibration.N = n
    seed = 1_400_000 + 100_000 * k + 10_000 * sd + 1000 * SIZES.index(n) + book
    values = clusters(np.random.default_rng(seed), k, sd, 0, 0.0)
    raw = np.ascontiguousarray(values[canonical_order(values)])
    natural = natural_numbers(raw, CONFIG, K_MAX, seed)
    if not natural:
        return 1, ""
    _, scaled, _ = kept(raw, CONFIG, seed)
    larger = [
        other
        for other in range(max(natural) + 1, K_MAX + 1)
        if returns(scaled, fit_kmeans(scaled, other, n_init=N_INIT, seed=seed), CONFIG, seed)
    ]
    return max(natural), " ".join(map(str, [max(natural), *larger]))


def run(out: Path, books: int, sizes: Sequence[int], sds: Sequence[int]) -> None:
    """Judge books, round by round, so that every cell has nearly as many."""
    done: set[tuple[int, ...]] = set()
    if out.exists():
        done = set(pd.read_csv(out)[[*FIELDS[:4]]].itertuples(index=False, name=None))
    cells = [
        (n, k, sd) for n in sizes for sd in sds for k in SHARES if n != KNOWN or sd == max(SDS)
    ]
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if not done:
            writer.writerow(FIELDS)
        for book in range(books):
            for cell in cells:
                if cell[2] == min(SDS) and book % SELDOM:
                    continue
                if (*cell, book) not in done:
                    writer.writerow((*cell, book, *judged(*cell, book)))
                    file.flush()


def table(paths: list[str]) -> pd.DataFrame:
    """Books, and those with the right number, by size, number and distance of the clusters."""
    frame = pd.concat([pd.read_csv(path) for path in paths])
    right = frame["found"] == frame["k"]
    counted = right.groupby([frame["n"], frame["k"], frame["sd"]]).agg(["size", "sum"])
    return counted.set_axis(["books", "right"], axis="columns").reset_index()


def numbers(paths: list[str]) -> pd.DataFrame:
    """Of the books called natural, how often the true number is found, and not excluded."""
    frame = pd.concat([pd.read_csv(path) for path in paths])
    frame = frame[frame["found"] > 1]
    offered = frame["not_excluded"].astype("str").str.split()
    frame["right"] = frame["found"] == frame["k"]
    frame["held"] = [str(k) in held for k, held in zip(frame["k"], offered, strict=True)]
    frame["several"] = offered.str.len() > 1
    counted = frame.groupby(["k", "sd"])[["right", "held", "several"]].agg("sum")
    counted["books"] = frame.groupby(["k", "sd"]).size()
    low, high = proportion_confint(counted["held"], counted["books"], method="wilson")
    return counted.assign(low=np.round(low, 3), high=np.round(high, 3)).reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=40, help="books a cell")
    parser.add_argument("--sizes", type=int, nargs="+", choices=SIZES, default=SIZES)
    parser.add_argument("--sds", type=int, nargs="+", choices=SDS, default=SDS)
    parser.add_argument("--out", default="small_books.csv", help="one line per book; resumed")
    parser.add_argument("--table", nargs="+", help="count the books of these files and stop")
    parser.add_argument("--numbers", nargs="+", help="what is not excluded in them, and stop")
    args = parser.parse_args()
    if not args.table and not args.numbers:
        run(Path(args.out), args.books, args.sizes, args.sds)
    shown = numbers(args.numbers) if args.numbers else table(args.table or [args.out])
    print(shown.to_csv(index=False), end="")


if __name__ == "__main__":
    main()
