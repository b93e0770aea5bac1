"""Do the comparison's intervals cover and its p-values keep their level? On fresh simulated books.

    python benchmarks/calibration_comparison.py [--books 400] [--part agreement]

Prints a table in Markdown: what, where, the goal, and the share measured with its Monte-Carlo
standard error. Truth is known exactly in every scenario: it is computed from the probabilities
that the accounts were drawn from.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import silhouette_score

from clustering.comparison import compare_partitions, forward_validity
from clustering.comparison.agreement.indices import entropy, mutual_information
from clustering.comparison.base.nested import OutcomeTable, fit_nested
from clustering.comparison.base.rates import wilson
from clustering.comparison.observed.differences import segment_differences
from clustering.config import EvidenceConfig
from clustering.inference import (
    gaussian_difference_test,
    poisson_difference_test,
    selective_kmeans_test,
    thin_gaussian,
    thin_poisson,
)
from clustering.inference.lloyd_path import follow_lloyd
from clustering.matrix.outliers import far_rows
from clustering.models.kmeans import fit_kmeans

Floats = NDArray[np.float64]

TIERS = np.array([0.6, 0.3, 0.1])


@dataclass(frozen=True)
class Row:
    """One line of the table: the share of books in which something happened."""

    what: str
    where: str
    goal: str
    happened: list[bool]

    def __str__(self) -> str:
        share = float(np.mean(self.happened))
        error = float(np.sqrt(max(share * (1 - share), 1e-12) / len(self.happened)))
        return f"| {self.what} | {self.where} | {self.goal} | {share:.3f} ({error:.3f}) |"


def agreement_cells(kept: float, groups: int) -> Floats:
    """Probabilities of tier and segment: matched with probability `kept`, else independent.

    Three groups are matched one to one; 20 equal groups are matched with four equal tiers.
    """
    if groups == 3:
        return kept * np.diag(TIERS) + (1 - kept) * np.outer(TIERS, TIERS)
    matched = np.kron(np.eye(4), np.full((1, groups // 4), 1 / groups))
    return kept * matched + (1 - kept) / (4 * groups)


def population_ami(cells: Floats) -> float:
    scaled = np.rint(cells * 1e9).astype(np.int64)
    mean = (entropy(scaled.sum(axis=1)) + entropy(scaled.sum(axis=0))) / 2
    return float(mutual_information(scaled) / mean)


def population_ari(cells: Floats) -> float:
    together = (cells**2).sum()
    first, second = (cells.sum(axis=1) ** 2).sum(), (cells.sum(axis=0) ** 2).sum()
    return float((together - first * second) / ((first + second) / 2 - first * second))


AGREEMENTS = (
    (0.0, 3, "unrelated"),
    (0.2, 3, "faint"),
    (0.3, 3, "weak"),
    (0.8, 3, "strong"),
    (0.95, 3, "nearly the same"),
    (0.0, 20, "unrelated, 20 groups"),
    (0.3, 20, "weak, 20 groups"),
    (0.8, 20, "strong, 20 groups"),
)


def agreement_rows(books: int) -> Iterator[Row]:
    for kept, groups, words in AGREEMENTS:
        cells = agreement_cells(kept, groups)
        truth = {"ami": population_ami(cells), "ari": population_ari(cells)}
        for n in (200, 1000):
            inside: dict[str, list[bool]] = {"ami": [], "ari": []}
            rejected, held = [], []
            for book in range(books):
                rng = np.random.default_rng([1, book])
                first, second = np.divmod(rng.choice(cells.size, n, p=cells.ravel()), groups)
                found = compare_partitions(
                    first, second, n_bootstrap=1000, n_permutations=199, seed=book
                )
                rejected.append(found.permutation_p <= 0.05)
                low, high = found.interval.ami
                held.append(low <= found.ami <= high)
                for name in inside:
                    low, high = getattr(found.interval, name)
                    inside[name].append(low <= truth[name] + 1e-9 and truth[name] - 1e-9 <= high)
            where = f"{words}, n = {n}"
            for name, covered in inside.items():
                yield Row(f"coverage of the {name.upper()} interval", where, "0.95", covered)
            yield Row("the AMI interval holds its estimate", where, "1", held)
            if kept == 0:
                yield Row("permutation p <= 0.05", where, "0.05", rejected)


def outcome_rates(lift: float) -> Floats:
    """Rate of the outcome by tier and segment; segments matter only through `lift`."""
    base = np.array([0.12, 0.2, 0.3])[:, None]
    return np.clip(base + lift * np.array([0.0, 0.5, 1.0])[None, :], 0.01, 0.99)


def forward_books(books: int, n: int, lift: float) -> Iterator[tuple[int, Floats, tuple]]:
    rates = outcome_rates(lift)
    for book in range(books):
        rng = np.random.default_rng([2, book])
        tier, segment = rng.choice(3, n, p=TIERS), rng.integers(0, 3, n)
        yield book, rates, (tier, segment, rng.random(n) < rates[tier, segment])


def expected_gain(fit_probability: dict[str, Floats], rates: Floats) -> float:
    """Gain in log loss of these fitted models on new accounts of the same population."""
    weights = np.outer(TIERS, np.full(3, 1 / 3))

    def loss(p: Floats) -> float:
        return float(-(weights * (rates * np.log(p) + (1 - rates) * np.log(1 - p))).sum())

    return loss(fit_probability["tier"]) - loss(fit_probability["both"])


def fitted(tier: Floats, segment: Floats, outcome: Floats) -> dict[str, Floats]:
    table = OutcomeTable.count(tier, segment, outcome, (3, 3))
    return dict(fit_nested(table).probability)


def average_gain(n: int, rates: Floats, draws: int = 400) -> float:
    """Mean gain on new accounts of models fitted on fresh books of n accounts."""
    gains = []
    for draw in range(draws):
        rng = np.random.default_rng([4, draw])
        tier, segment = rng.choice(3, n, p=TIERS), rng.integers(0, 3, n)
        outcome = rng.random(n) < rates[tier, segment]
        gains.append(expected_gain(fitted(tier, segment, outcome), rates))
    return float(np.mean(gains))


def forward_rows(books: int) -> Iterator[Row]:
    for lift, words in ((0.0, "segments say nothing"), (0.15, "segments matter")):
        for n in (400, 2000):
            covered, covered_folds, mean_folds, lifted, lr, cmh, tier_p, permuted, rate = (
                [] for _ in range(9)
            )
            average = average_gain(4 * n // 5, outcome_rates(lift))
            for book, rates, (tier, segment, outcome) in forward_books(books, n, lift):
                train = np.arange(n) < n // 2
                split = forward_validity(
                    tier, segment, outcome, train=train, n_bootstrap=500, seed=book
                )
                truth = expected_gain(fitted(tier[train], segment[train], outcome[train]), rates)
                low, high = split.gain.interval
                covered.append(low <= truth <= high)
                folds = forward_validity(tier, segment, outcome, n_bootstrap=500, seed=book)
                low, high = folds.gain.interval
                whole = expected_gain(fitted(tier, segment, outcome), rates)
                covered_folds.append(low <= whole <= high)
                mean_folds.append(low <= average <= high)
                lifted.append(low > 0)
                lr.append(folds.lr_segment_given_tier.p <= 0.05)
                cmh.append(folds.cmh.p <= 0.05)
                tested = [test for test in folds.within_tier if test.p is not None]
                tier_p.append(min(test.p_holm for test in tested) <= 0.05)
                permuted.append(tested[0].p_permutation <= 0.05)
                first = folds.rates[0]
                true_rate = float((TIERS * rates[:, 0]).sum())
                bounds = wilson(first.events, first.n)
                rate.append(bounds[0] <= true_rate <= bounds[1])
            where = f"{words}, n = {n}"
            yield Row("coverage of the gain's interval, train column", where, "0.95", covered)
            yield Row(
                "coverage of the gain's interval, five folds, mean gain of such models",
                where, "0.95", mean_folds,
            )  # fmt: skip
            yield Row(
                "coverage of the gain's interval, five folds, gain of the models of all rows",
                where, "0.95", covered_folds,
            )  # fmt: skip
            yield Row("coverage of the Wilson interval of a segment", where, "0.95", rate)
            goal = "at most 0.05" if lift == 0 else "power"
            yield Row("forward lift claimed", where, goal, lifted)
            goal = "0.05" if lift == 0 else "power"
            yield Row("likelihood ratio p <= 0.05", where, goal, lr)
            yield Row("Cochran-Mantel-Haenszel p <= 0.05", where, goal, cmh)
            yield Row("any tier's Holm p <= 0.05", where, goal, tier_p)
            yield Row("one tier's permutation p <= 0.05", where, goal, permuted)


def inference_rows(books: int) -> Iterator[Row]:
    known, estimated, naive, thinned, counts = ([] for _ in range(5))
    for book in range(books):
        rng = np.random.default_rng([3, book])
        values = rng.normal(size=(100, 2))
        start = rng.choice(100, 3, replace=False)
        test = selective_kmeans_test(values, start, (0, 1), sigma=1.0, max_iter=50)
        known.append(test.p <= 0.05)
        naive.append(test.p_naive <= 0.05)
        plug_in = selective_kmeans_test(values, start, (0, 1), max_iter=50)
        estimated.append(plug_in.p <= 0.05)
        first, second = thin_gaussian(values, 1.0, seed=10_000 + book)
        labels = follow_lloyd(first, start, 50).labels
        thinned.append(gaussian_difference_test(second, labels, (0, 1), 1.0).p <= 0.05)
        part, other = thin_poisson(rng.poisson(5, size=(100, 3)), seed=20_000 + book)
        labels = follow_lloyd(part + rng.random(part.shape) / 100, start, 50).labels
        counts.append(poisson_difference_test(other, labels, (0, 1)).p <= 0.05)
    where = "one Gaussian cloud, n = 100, d = 2, k = 3"
    yield Row("selective p <= 0.05, sigma known", where, "0.05", known)
    yield Row("selective p <= 0.05, sigma estimated", where, "0.05", estimated)
    yield Row("thinned Gaussian p <= 0.05", where, "0.05", thinned)
    poisson = "Poisson counts, n = 100, d = 3, k = 3"
    yield Row("thinned Poisson p <= 0.05 (exact, Bonferroni)", poisson, "at most 0.05", counts)
    yield Row("naive p <= 0.05, for contrast", where, "0.05 if it were valid", naive)


def cloud(rng: np.random.Generator, tails: bool, outliers: int) -> Floats:
    """400 accounts in four features without segments; the first rows four times as wide."""
    values = rng.normal(size=(400, 4)) @ (0.3 * rng.normal(size=(4, 4)) + np.eye(4))
    if tails:
        values /= np.sqrt(rng.chisquare(3, 400) / 3)[:, None]
    values[:outliers] *= 4
    return values


def as_run(values: Floats, ks: range, seed: int) -> tuple[Floats, NDArray[np.int64], int]:
    """The matrix, the segments and their number: far accounts aside, then k by the silhouette."""
    spread = (values - values.mean(axis=0)) / values.std(axis=0)
    far = far_rows(spread, share=EvidenceConfig().most_set_aside, seed=seed).rows
    scaled = (values - values[~far].mean(axis=0)) / values[~far].std(axis=0, ddof=1)
    kept = np.ascontiguousarray(scaled[~far])
    fits = {k: fit_kmeans(kept, k, n_init=3, seed=seed) for k in ks}
    k = max(ks, key=lambda k: silhouette_score(kept, fits[k].labels) if len(ks) > 1 else k)
    apart = ((scaled[:, None] - fits[k].centres) ** 2).sum(axis=2)
    return scaled, apart.argmin(axis=1), k


def differences_rows(books: int) -> Iterator[Row]:
    """The tests of a study where nothing differs, with the number of segments chosen before."""
    for where, ks, tails, outliers in (
        ("one Gaussian cloud, k = 3", range(3, 4), False, 0),
        ("one Gaussian cloud, k chosen from 2 to 6", range(2, 7), False, 0),
        ("the same, 2 % outliers", range(2, 7), False, 8),
        ("heavy tails (t3), k chosen from 2 to 6", range(2, 7), True, 0),
    ):
        one, any_of_them, naive = [], [], []
        for book in range(books):
            rng = np.random.default_rng([4, book])
            scaled, labels, k = as_run(cloud(rng, tails, outliers), ks, book)
            frame = pd.DataFrame(scaled, columns=[*"abcd"])
            _, tests = segment_differences(scaled, labels, [*"123456"[:k]], frame, [], seed=book)
            if tests.empty:
                continue
            drawn = tests.iloc[rng.integers(len(tests))]
            one.append(drawn["p"] <= 0.05)
            naive.append(drawn["p_naive"] <= 0.05)
            any_of_them.append(bool((tests["p_holm"] <= 0.05).any()))
        yield Row("one selective p <= 0.05", where, "0.05", one)
        yield Row("any selective p (Holm) <= 0.05", where, "at most 0.05", any_of_them)
        yield Row("naive p <= 0.05, for contrast", where, "0.05 if it were valid", naive)


PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "agreement": agreement_rows,
    "forward": forward_rows,
    "inference": inference_rows,
    "differences": differences_rows,
}


def print_table(parts: dict[str, Callable[[int], Iterator[Row]]], books: int, about: str) -> None:
    """Run the parts asked for on the command line; `books` where it says nothing."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--books", type=int, default=books)
    parser.add_argument("--part", choices=[*parts], help="one part only (default: all)")
    options = parser.parse_args()
    print("| what | where | goal | measured (standard error) |")
    print("| --- | --- | --- | --- |")
    for part in [options.part] if options.part else parts:
        for row in parts[part](options.books):
            print(row, flush=True)


if __name__ == "__main__":
    print_table(PARTS, 400, __doc__)
