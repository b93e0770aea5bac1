"""CPU and wall time of every scheme, the audit, movement and the allocation at 100,000 accounts.

    python benchmarks/schemes.py [--accounts 100000] [--snapshots 12]

A simulated book of 1,000 accounts is drawn from with replacement and every number is jittered, so
that accounts differ. Features are computed before the clock starts: the goals are of what follows.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from clustering.config import FeaturesConfig, MatrixConfig, SchemesConfig
from clustering.config.plan import AuditConfig, TouchLevelsConfig
from clustering.features import Snapshot, build_snapshot
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec
from clustering.movement.track.history import follow
from clustering.movement.track.hysteresis import Rule, held_segments
from clustering.movement.track.reasons import moves_table
from clustering.movement.track.transitions import transition_table
from clustering.plan.accounts.champions import find_champions
from clustering.plan.care.audit import audit_delivery
from clustering.plan.playbooks.library import load_playbooks
from clustering.plan.scheme_answers import scheme_sensitivity
from clustering.plan.staffing.allocation import allocate
from clustering.plan.staffing.demand import Demand
from clustering.profiles import profile
from clustering.schemes import assign_all, compute_axes
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder

GOAL_ALL, GOAL_SCHEMES, GOAL_ALLOCATION, GOAL_GAP = 60.0, 5.0, 60.0, 0.01
OWN = {
    "own": [
        {
            "name": "own_rules",
            "otherwise": "light",
            "rules": [
                {"label": "heavy", "where": {"churn_risk": {"min_quantile": 0.8}}},
                {"label": "steady", "where": {"health": {"min": 0.6}, "arr": {"min": 20_000}}},
            ],
        },
        {
            "name": "own_sql",
            "sql": "CASE WHEN churn_risk > 0.5 AND arr > 50000 THEN 'a' "
            "WHEN lifecycle_stage IN ('mature', 'expanding') THEN 'b' ELSE 'c' END",
        },
    ]
}


def small_book() -> Snapshot:
    """The snapshot of a simulated book."""
    with tempfile.TemporaryDirectory() as folder:
        book = simulate("needs", 1000, seed=7)
        write_book(book, Path(folder))
        with open_folder(Path(folder)) as tables:
            return build_snapshot(tables, book.manifest.as_of, FeaturesConfig())


def enlarged(small: Snapshot, n: int, seed: int, days: int = 0) -> Snapshot:
    """So many accounts, drawn from the small book and jittered by 5 %; one in twenty is another."""
    rows = np.random.default_rng(0).integers(len(small.frame), size=n)
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random(n) < 0.05, rng.integers(len(small.frame), size=n), rows)
    index = pd.Index([f"{i:07d}" for i in range(n)], name="account_id")
    frame = small.frame.iloc[rows].set_axis(index)
    attributes = small.attributes.iloc[rows].set_axis(index)
    frame = frame * rng.normal(1.0, 0.05, frame.shape)
    attributes = attributes.assign(arr=attributes["arr"] * rng.lognormal(0.0, 0.2, n))
    as_of = small.as_of - timedelta(days=days)
    return Snapshot(as_of, frame, small.features, attributes, withheld=small.withheld)


def timed(name: str, run: Callable[[], object]) -> tuple[object, float]:
    """Run, print and give back the result and its CPU seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{name:<52}{cpu:8.1f}{wall:8.1f}", flush=True)
    return result, cpu


def verdict(name: str, found: float, goal: float, unit: str) -> None:
    """One line on a goal."""
    print(f"{name}: {found:.3g} {unit}, goal {goal:g}: {'met' if found <= goal else 'MISSED'}")


def care(snapshot: Snapshot) -> pd.DataFrame:
    """What the audit reads, with hours delivered that were drawn at random."""
    n = len(snapshot.frame)
    rng = np.random.default_rng(1)
    needed = load_playbooks().hours("standard")
    return pd.DataFrame(
        {
            "label": "all", "playbook": "standard", "size": 1.0, "size_factor": 1.0,
            "has_need": True, "needed_hours": needed, "event_hours": 0.0,
            "delivered_hours": needed * rng.lognormal(0.0, 0.6, n), "exposure_days": 365.0,
            "arr": snapshot.attributes["arr"],
        },
        index=snapshot.frame.index,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--snapshots", type=int, default=12)
    settings = parser.parse_args()
    n, n_dates = settings.accounts, settings.snapshots
    small = small_book()
    book = enlarged(small, n, seed=1)
    config, own = SchemesConfig(), SchemesConfig.model_validate(OWN)
    matrix, standardiser = standardise(book, MatrixConfig())
    fit = fit_kmeans(matrix.values, 4, n_init=1, seed=0)
    chosen = fit.clustering(CandidateSpec("kmeans", 4))
    names = profile(book, matrix, chosen).names
    scorer = Scorer.build(standardiser, chosen, matrix, names, FeaturesConfig(),
                          Training(book.as_of, "natural"))  # fmt: skip
    history = [enlarged(small, n, seed=step, days=91 * step) for step in range(n_dates - 1, 0, -1)]
    snapshots = [*history, book]

    print(f"{n:,} accounts; seconds of CPU, and of the clock")
    (labellings, _), schemes = timed("axes and all schemes", lambda: assign_all(book, config))
    timed("the same with two schemes of one's own", lambda: assign_all(book, own))
    audit_input = care(book)
    _, audit = timed(
        "delivery audit",
        lambda: audit_delivery(
            audit_input, config=AuditConfig(), hour_cost=100.0, affordable_share=0.15
        ),
    )

    def move() -> object:
        found = follow(snapshots, scorer)
        held = held_segments(found.labels, found.probability, Rule())
        return transition_table(found, held), moves_table(found, held, snapshots, scorer)

    (_, moves), movement = timed(f"movement over {n_dates} snapshots, with reasons", move)
    axes = compute_axes(book, config.axes)
    rng = np.random.default_rng(2)
    value = axes.frame["revenue_at_risk"].fillna(0.0).to_numpy()
    demand = Demand(
        rng.choice([10.0, 24.2, 31.2, 49.2], n), value, rng.integers(2, 4, n).astype(np.int64)
    )
    hours = 0.4 * float(demand.hours.sum())
    allocation, allocated = timed(
        "allocation of touch in 40 % of the hours",
        lambda: allocate(demand, hours, TouchLevelsConfig()),
    )
    growth = next(one for one in labellings if one.name == "growth_risk")
    timed("champions of every growth account",
          lambda: find_champions(book, matrix, axes, growth, config))  # fmt: skip
    segments = pd.Series(chosen.labels, index=book.frame.index)
    timed("sensitivity of the schemes (a sample)",
          lambda: scheme_sensitivity(book, segments, config, 0.15, seed=0))  # fmt: skip

    print(f"{len(moves):,} moves explained; allocation {allocation.status}")
    verdict("all schemes", schemes, GOAL_SCHEMES, "CPU s")
    verdict("schemes, audit and movement", schemes + audit + movement, GOAL_ALL, "CPU s")
    verdict("allocation", allocated, GOAL_ALLOCATION, "CPU s")
    verdict("gap of the allocation", allocation.gap, GOAL_GAP, "of the bound")


if __name__ == "__main__":
    main()
