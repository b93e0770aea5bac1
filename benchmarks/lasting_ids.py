"""How many accounts keep their segment from quarter to quarter when every quarter is a new study.

The model is fitted anew each quarter and names the model of the quarter before as the previous
one. Of the accounts that did not truly move (same planted segment on both dates and some quarters
before the first: features look back 90 days and more), the share is printed that is in the same
segment in both quarters by lasting id, by number, and by the name that a study without a previous
one gives.
Accounts at a border waver as their features do, whatever the models are: `same values` is the
share of all accounts that both models give the same id on the values of the later date, and `held`
the share that hold the same id on both dates under hysteresis, of accounts that did not move for as
much longer as it waits. `truth` is the share of all accounts of both quarters whose planted segment
is the same on both dates; of the others no id should be.

    python benchmarks/lasting_ids.py --scenario moving --seeds 1 2 3
"""

import argparse
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from clustering.config import FeaturesConfig, MatrixConfig, MovementConfig
from clustering.features import Snapshot, build_snapshot
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec
from clustering.movement.succession.entries import succession
from clustering.movement.succession.inherit import inherit
from clustering.movement.track.hysteresis import ABSENT, UNKNOWN, Held, Rule
from clustering.profiles import profile
from clustering.scorer import Scorer, Training
from clustering.scorer.segment_ids import SegmentNames
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder

AS_OF = date(2025, 6, 30)
QUARTER = timedelta(days=91)
#: Segments that a study finds in each book; the release of `drift` adds the fifth one.
K = {"needs": 4, "moving": 4, "drift": 5}


@dataclass(frozen=True, eq=False)
class Quarter:
    """One study: what each account is called in it, in three ways."""

    scorer: Scorer
    labels: pd.DataFrame
    same_values: float
    fates: str


def study(snapshot: Snapshot, k: int, seed: int, previous: Scorer | None) -> Quarter:
    matrix, scales = standardise(snapshot, MatrixConfig())
    chosen = fit_kmeans(matrix.values, k, n_init=20, seed=seed).clustering(
        CandidateSpec("kmeans", k)
    )
    frame = snapshot.frame.loc[list(matrix.account_ids)]
    found = inherit(chosen.labels, k, origin=str(snapshot.as_of), previous=previous, frame=frame)
    told = profile(snapshot, matrix, chosen, given=found.names, taken=found.taken_names)
    former = found.former_names(told.names, told.automatic, str(snapshot.as_of), snapshot.as_of)
    scorer = Scorer.build(
        scales,
        chosen,
        matrix,
        SegmentNames(found.ids, told.names, former),
        FeaturesConfig(),
        Training(snapshot.as_of, "reproducible", study=str(snapshot.as_of)),
    )
    labels = {"id": found.ids, "number": range(k), "name": told.automatic}
    columns = {how: np.array(names)[chosen.labels] for how, names in labels.items()}
    made = succession(found, told)
    frames, entry = made.frames, made.entry
    fates = "" if not frames else ", ".join(
        f"{n} {fate}" for fate, n in frames["succession"]["fate"].value_counts().items()
    )  # fmt: skip
    return Quarter(
        scorer, pd.DataFrame(columns, index=frame.index), entry.same_id if entry else 1.0, fates
    )


def held_ids(quarters: list[Quarter]) -> list["pd.Series[str]"]:
    """The id that every account holds in each quarter; one that is gone is not held any more."""
    config = MovementConfig()
    rule = Rule(config.hold_snapshots, config.hold_probability)
    accounts = pd.Index(sorted({*pd.concat([one.labels for one in quarters]).index}))
    ids = sorted({one for quarter in quarters for one in quarter.scorer.segment_ids})
    number = pd.Series(range(len(ids)), ids)
    state, found = Held.nothing(len(accounts)), []
    for quarter in quarters:
        there = number[list(quarter.scorer.segment_ids)]
        gone = (state.segment >= 0) & ~np.isin(state.segment, there)
        waits = np.isin(state.waiting, there)
        state = Held(
            np.where(gone, UNKNOWN, state.segment),
            np.where(waits, state.waiting, ABSENT),
            np.where(waits, state.dates, 0),
        )
        label = number.reindex(quarter.labels["id"].reindex(accounts)).fillna(ABSENT)
        # The rule of the defaults asks for no probability.
        state = state.after(label.to_numpy(np.int64), np.zeros(len(accounts)), rule)
        held = pd.Series(state.segment, accounts)
        found.append(held[held >= 0].map(dict(enumerate(ids))))
    return found


def segment_on(path: pd.DataFrame, day: date) -> "pd.Series[str]":
    """Planted segment of every account on a date."""
    known = path[pd.to_datetime(path["from_on"]) <= pd.Timestamp(day)]
    return known.sort_values("from_on").groupby("account_id")["true_segment"].last()


def stayed(path: pd.DataFrame, first: date, last: date, settled: int) -> pd.Index:
    """Accounts that did not truly move between the dates, nor so many quarters before."""
    now = segment_on(path, last)
    same = pd.Series(True, index=now.index)
    for back in range(settled + 1):
        same &= segment_on(path, first - back * QUARTER).reindex(now.index).eq(now)
    return same.index[same]


def follow(scenario: str, n: int, seed: int, ks: list[int], settled: int = 1) -> pd.DataFrame:
    """One row a pair of quarters."""
    book = simulate(scenario, n, seed)
    dates = [AS_OF - QUARTER * back for back in reversed(range(len(ks)))]
    quarters: list[Quarter] = []
    with TemporaryDirectory() as folder:
        write_book(book, Path(folder) / "book")
        with open_folder(Path(folder) / "book") as tables:
            for day, k in zip(dates, ks, strict=True):
                before = quarters[-1].scorer if quarters else None
                snapshot = build_snapshot(tables, day, FeaturesConfig())
                quarters.append(study(snapshot, k, seed, before))
    rows = []
    held = held_ids(quarters)
    for (first, last), (one, other), (before, after) in zip(
        pairwise(dates), pairwise(quarters), pairwise(held), strict=True
    ):
        everybody = one.labels.index.intersection(other.labels.index)
        both = everybody.intersection(stayed(book.path, first, last, settled))
        longer = settled + MovementConfig().hold_snapshots - 1
        waited = everybody.intersection(stayed(book.path, first, last, longer))
        same = (one.labels.loc[both] == other.labels.loc[both]).mean()
        told = {
            "held": (before.reindex(waited) == after.reindex(waited)).mean(),
            "same values": other.same_values,
            "truth": len(everybody.intersection(stayed(book.path, first, last, 0)))
            / len(everybody),
            "fates": other.fates,
        }
        of = {"scenario": scenario, "seed": seed, "to": last, "accounts": len(both)}
        rows.append({**of, **same.to_dict(), **told})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", choices=[*K, "all"], default="all")
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--k", type=int, nargs="+", help="segments of each quarter, oldest first")
    parser.add_argument("--quarters", type=int, default=5)
    parser.add_argument("--settled", type=int, default=1, help="quarters without a move before")
    given = parser.parse_args()
    scenarios = list(K) if given.scenario == "all" else [given.scenario]
    found = pd.concat(
        follow(
            scenario, given.accounts, seed, given.k or [K[scenario]] * given.quarters, given.settled
        )
        for scenario in scenarios
        for seed in given.seeds
    )
    print(found.to_string(index=False, float_format="{:.3f}".format))
    summary = found.groupby("scenario", sort=False)[
        ["id", "number", "name", "held", "same values", "truth"]
    ].agg(["min", "mean"])
    print("\n" + summary.to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
