"""How often does the monitor keep, refit and re-cut, and is it right?

Books of which the truth is known are drawn afresh; a model with the planted number of segments is
learned on the day before the change (of books that have one), and held against the accounts of a
quarter and of nine months later. The result is one line a book and step in a CSV file; a run that
was stopped goes on where it was.

    python benchmarks/monitor.py --books 60 --out monitor.csv
    python benchmarks/monitor.py --summary monitor.csv
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from clustering.comparison.base.rates import wilson
from clustering.config import FeaturesConfig, MatrixConfig, StudyConfig
from clustering.features import Snapshot, build_snapshot
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec
from clustering.monitor.change import measure_change
from clustering.monitor.decision import Change, decide
from clustering.movement.drift.refits import first_model
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder

#: What is right in each book, and how many segments a model of it has.
RIGHT = {
    "needs": ("keep", 4),
    "moving": ("keep", 4),
    "drift": ("re-cut", 4),
    "rescaled": ("refit", 4),
    "weak_drift": ("keep", 4),
    "none": ("keep", 3),
}
#: The day before what changes in a simulated book does.
TRAINED = date(2024, 9, 26)
STEPS = {"a quarter": 91, "nine months": 273}
#: The thresholds were set on books of the seeds 9000 to 9003.
FIRST_SEED = 20_000
FIELDS = ("scenario", "seed", "step", "decision", "z", "drifted", "within", "left", "unexplained")


def snapshots(scenario: str, n_accounts: int, seed: int) -> list[Snapshot]:
    """The accounts of the training date and of every step."""
    days = [TRAINED, *(TRAINED + timedelta(days=days) for days in STEPS.values())]
    with TemporaryDirectory() as folder:
        write_book(simulate(scenario, n_accounts, seed), Path(folder) / "book")
        with open_folder(Path(folder) / "book") as tables:
            return [build_snapshot(tables, day, FeaturesConfig()) for day in days]


def judged(scenario: str, n_accounts: int, seed: int) -> Iterator[dict[str, object]]:
    """One line a step."""
    then, *later = snapshots(scenario, n_accounts, seed)
    matrix, scales = standardise(then, MatrixConfig())
    fit = fit_kmeans(matrix.values, RIGHT[scenario][1], n_init=20, seed=seed)
    spec = CandidateSpec("kmeans", fit.k)
    names = [f"segment {number}" for number in range(fit.k)]
    training = Training(TRAINED, "reproducible")
    scorer = Scorer.build(scales, fit.clustering(spec), matrix, names, FeaturesConfig(), training)
    config = StudyConfig(name="book", as_of=TRAINED, seed=seed, source={"folder": "book"})
    for step, today in zip(STEPS, later, strict=True):
        again = first_model(scales, today, spec, seed)
        change, _ = measure_change(scorer, then, today, again, config)
        yield {
            "scenario": scenario,
            "seed": seed,
            "step": step,
            "decision": _decision(scorer, today, change, config),
            "z": round(change.overall.z, 3),
            "drifted": len(change.drifted),
            "within": None if change.within is None else round(change.within.z, 3),
            "left": None if change.left is None else round(change.left.z, 3),
            "unexplained": None if change.unexplained is None else round(change.unexplained, 4),
        }


def _decision(scorer: Scorer, today: Snapshot, change: Change, config: StudyConfig) -> str:
    """As `run_monitor` decides: a column in another unit comes first."""
    return "unknown" if scorer.unit_mistakes(today.frame) else decide(change, config.monitor).kind


def run(scenarios: Sequence[str], seeds: range, n_accounts: int, out: Path) -> None:
    """Judge the books that are not yet in the file."""
    done = set()
    if out.exists():
        known = pd.read_csv(out)
        done = set(zip(known["scenario"], known["seed"], strict=True))
    is_new = not out.exists()
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        for seed in seeds:
            for scenario in scenarios:
                if (scenario, seed) not in done:
                    writer.writerows(list(judged(scenario, n_accounts, seed)))
                    file.flush()


def summary(file: Path) -> pd.DataFrame:
    """Share of right decisions by scenario and step, with its 95 % Wilson interval."""
    rows = []
    found = pd.read_csv(file)
    for (scenario, step), part in found.groupby(["scenario", "step"], sort=False):
        right = RIGHT[str(scenario)][0]
        n_right = int((part["decision"] == right).sum())
        low, high = wilson(n_right, len(part))
        counts = part["decision"].value_counts().to_dict()
        said = ", ".join(f"{kind} {count}" for kind, count in counts.items())
        rows.append(
            (scenario, step, right, f"{n_right} of {len(part)}", f"{low:.2f} to {high:.2f}", said)
        )
    columns = ["scenario", "step", "right", "found", "95 % interval", "all decisions"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--books", type=int, default=60)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--accounts", type=int, default=600)
    parser.add_argument("--scenario", choices=RIGHT, action="append", help="default: all")
    parser.add_argument("--out", type=Path, default=Path("monitor.csv"))
    parser.add_argument("--summary", type=Path)
    asked = parser.parse_args()
    if asked.summary is None:
        seeds = range(asked.first_seed, asked.first_seed + asked.books)
        run(asked.scenario or list(RIGHT), seeds, asked.accounts, asked.out)
    print(summary(asked.summary or asked.out).to_string(index=False))


if __name__ == "__main__":
    main()
