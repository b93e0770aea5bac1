"""Whether a probability is a frequency: mean probability and share of hits on held-out accounts.

    python benchmarks/scoring_calibration.py [--accounts 1500] [--seeds 1 2 3]

The model is learned from one half of the accounts of a simulated book. Features of the other half
are hidden, single ones at random or whole families; a hit is the segment that the same model gives
when nothing is hidden. Printed for every book and model: the largest difference between the mean
probability and the share of hits over the shares of missing features and over the tenths of the
probability, and the log loss with half of the features missing; then the same of every book over
its seeds and models, with both kinds of gaps apart and together, and of all together.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.config import FeaturesConfig, MatrixConfig
from clustering.features import build_snapshot
from clustering.features.types import Snapshot
from clustering.matrix import standardise
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder

SCENARIOS = ("needs", "moving", "drift")
SPECS = (
    CandidateSpec("kmeans", 3),
    CandidateSpec("kmeans", 5),
    CandidateSpec("mixture", 2, "full"),
    CandidateSpec("mixture", 3, "diag"),
)
SHARES = (0.0, 0.1, 0.25, 0.5, 0.75)
GOAL = 0.05
#: How often every account is masked at each share: that of a single mask is chance.
MASKS = 4
#: Fewer answers in a cell tell nothing of a difference of this size; an account counts once.
LEAST = 150 * MASKS


@dataclass(frozen=True, eq=False)
class Answers:
    """One row an answer: how it was masked, how sure it was, and whether it was right."""

    frame: pd.DataFrame

    def worst(self, by: pd.Series) -> float:
        cells = self.frame.groupby(by)[["probability", "hit"]].mean()
        enough = self.frame.groupby(by).size() >= LEAST
        return float((cells["probability"] - cells["hit"])[enough].abs().max())

    def tenths(self) -> pd.Series:
        return (10 * self.frame["probability"]).clip(upper=9.999).astype(int)


def snapshot(scenario: str, n: int, seed: int) -> Snapshot:
    book = simulate(scenario, n, seed=seed)
    with TemporaryDirectory() as place:
        write_book(book, Path(place) / "book")
        with open_folder(Path(place) / "book") as tables:
            return build_snapshot(tables, book.manifest.as_of, FeaturesConfig())


def halves(whole: Snapshot, seed: int) -> tuple[Snapshot, pd.DataFrame]:
    first = np.random.default_rng(seed).random(len(whole.frame)) < 0.5
    train = replace(whole, frame=whole.frame[first], attributes=whole.attributes[first])
    return train, whole.frame[~first]


def learn(train: Snapshot, spec: CandidateSpec) -> Scorer:
    matrix, standardiser = standardise(train, MatrixConfig())
    fit = refit(spec, matrix.values, n_init=5, seed=1)
    names = [str(number) for number in range(fit.model.k)]
    training = Training(train.as_of, "reproducible")
    return Scorer.build(standardiser, fit, matrix, names, FeaturesConfig(), training)


def masks(
    families: NDArray[np.str_], n: int, share: float, by_family: bool, rng: np.random.Generator
) -> NDArray[np.bool_]:
    place = rng.random((n, families.size))
    if by_family:
        numbered = np.unique(families, return_inverse=True)[1]
        place += 2 * rng.random((n, numbered.max() + 1)).argsort(axis=1)[:, numbered]
    return place.argsort(axis=1).argsort(axis=1) < round(share * families.size)


def answers(scorer: Scorer, test: pd.DataFrame, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
    names = list(scorer.standardiser.feature_names)
    test = test[[*names, *{"tenure_days"} - {*names}]]
    whole = scorer.score_features(test)["segment"]
    for share, hidden in product(SHARES, ("single", "families")):
        for _ in range(MASKS):
            families = np.array(scorer.standardiser.families)
            mask = masks(families, len(test), share, hidden == "families", rng)
            frame = test.copy()
            frame[names] = frame[names].mask(mask)
            scores = scorer.score_features(frame)[["segment", "probability"]].dropna()
            hit = scores["segment"] == whole.loc[scores.index]
            yield scores.assign(hit=hit.astype(float), hidden=hidden, share=share)


def told(name: str, found: Answers) -> str:
    frame = found.frame
    half = frame[frame["share"] == 0.5]
    right = np.where(half["hit"] == 1, half["probability"], 1 - half["probability"])
    parts = [
        f"shares {found.worst(frame['hidden'] + frame['share'].astype(str)):.3f}",
        f"tenths {found.worst(found.tenths()):.3f}",
        *(
            f"tenths, {hidden} {Answers(rows).worst(Answers(rows).tenths()):.3f}"
            for hidden, rows in frame.groupby("hidden")
        ),
        f"log loss at half {-np.log(np.maximum(right, 1e-15)).mean():.2f}",
    ]
    return f"  {name:26} " + "  ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    print("largest |mean probability - share of hits| on held-out accounts")
    everything, books_told = [], []
    for scenario in SCENARIOS:
        of_book = []
        books = [snapshot(scenario, options.accounts, seed) for seed in options.seeds]
        for number, spec in enumerate(SPECS):
            rows = []
            for seed, book in zip(options.seeds, books, strict=True):
                train, test = halves(book, seed)
                rng = np.random.default_rng([seed, number])
                rows += answers(learn(train, spec), test, rng)
            found = Answers(pd.concat(rows, ignore_index=True))
            print(told(f"{scenario} {spec.name}", found), flush=True)
            of_book.append(found.frame)
        everything += of_book
        books_told.append(told(f"{scenario}, all models", Answers(pd.concat(of_book))))
    print(*books_told, sep="\n")
    together = Answers(pd.concat(everything, ignore_index=True))
    print(told("all", together))
    for by in ("share", together.tenths().rename("tenth")):
        print(together.frame.groupby(by)[["probability", "hit"]].mean().round(3).to_string())
    worst = max(together.worst(together.frame["share"]), together.worst(together.tenths()))
    print(
        f"largest of all together {worst:.3f}, goal {GOAL}: {'met' if worst <= GOAL else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
