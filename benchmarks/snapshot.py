"""The snapshot against the same features in hand-written DuckDB SQL.

    python benchmarks/snapshot.py [--accounts 100000] [--rows 10000000] [--threads 2] [--repeat 3]

Both sides read the same Parquet files, each in a process of its own; the CPU is that of the whole
process, start and imports included, and the memory is its peak. The answers must be equal bit for
bit before any time is printed. The goal: at most 1.3 times the CPU, below 1 GiB.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

AS_OF = date(2024, 6, 30)
TABLES = ("accounts", "subscriptions", "usage", "milestones")

BOOK = """
COPY (
    SELECT printf('A%07d', i) AS account_id,
           DATE '2024-06-30' - (hash(i, 1) % 900)::INTEGER AS started_on,
           (20 + hash(i, 2) % 5000)::BIGINT AS employees
    FROM range({accounts}) AS r(i)
) TO '{folder}/accounts.parquet';
COPY (
    SELECT account_id, started_on, NULL::DATE AS ended_on,
           (1000 + hash(account_id, 3) % 90000)::DOUBLE / 7 AS arr,
           (5 + hash(account_id, 4) % 200)::BIGINT AS seats
    FROM '{folder}/accounts.parquet', range(2)
) TO '{folder}/subscriptions.parquet';
COPY (
    SELECT account_id, 'milestone ' || m AS milestone,
           started_on + (30 * m)::INTEGER AS projected_on,
           CASE WHEN hash(account_id, m) % 4 > 0
                THEN started_on + (20 * m + hash(account_id, m, 5) % 60)::INTEGER
           END AS achieved_on
    FROM '{folder}/accounts.parquet', range(1, 9) AS r(m)
) TO '{folder}/milestones.parquet';
COPY (
    SELECT printf('A%07d', least(hash(i, 6) % {accounts}, hash(i, 7) % {accounts})) AS account_id,
           DATE '2022-07-01' + (i * 730 // {rows})::INTEGER AS used_on,
           'feature ' || (hash(i, 8) % 12) AS feature,
           (1 + hash(i, 9) % 500)::BIGINT AS events,
           (hash(i, 10) % 40)::BIGINT AS active_users
    FROM range({rows}) AS r(i)
) TO '{folder}/usage.parquet';
"""

BY_HAND = """
WITH a AS (
    SELECT account_id, (DATE '2024-06-30' - started_on) AS tenure, employees
    FROM '{folder}/accounts.parquet' WHERE started_on <= DATE '2024-06-30'
), s AS (
    SELECT account_id,
           sum(floor(arr * 10000 + 0.5)::BIGINT)
               FILTER (ended_on IS NULL OR ended_on > DATE '2024-06-30') / 10000 AS arr,
           sum(seats) FILTER (ended_on IS NULL OR ended_on > DATE '2024-06-30') AS seats
    FROM '{folder}/subscriptions.parquet' WHERE started_on <= DATE '2024-06-30' GROUP BY ALL
), m AS (
    SELECT account_id,
           count(*) FILTER (done) AS done,
           count(*) FILTER (due) AS due,
           count(*) FILTER (due AND done) AS due_done,
           count(*) FILTER (due AND NOT done) AS missed,
           median(CASE WHEN done THEN achieved_on ELSE DATE '2024-06-30' END - projected_on)
               FILTER (due) AS delay,
           DATE '2024-06-30' - min(projected_on) FILTER (due AND NOT done) AS oldest,
           DATE '2024-06-30' - min(achieved_on) FILTER (done) AS first_done,
           count(*) FILTER (done AND achieved_on - started_on < 180) AS early
    FROM (SELECT m.*, started_on, coalesce(achieved_on <= DATE '2024-06-30', false) AS done,
                 projected_on < DATE '2024-06-30' AS due
          FROM '{folder}/milestones.parquet' AS m
          JOIN '{folder}/accounts.parquet' USING (account_id))
    GROUP BY ALL
), u AS (
    SELECT account_id,
           DATE '2024-06-30' - max(used_on) AS last_use,
           count(DISTINCT feature) FILTER (used_on > DATE '2024-04-01') AS features,
           count(DISTINCT used_on) FILTER (used_on > DATE '2024-04-01') AS dates,
           count(DISTINCT (DATE '2024-06-30' - used_on) // 7)
               FILTER (used_on > DATE '2024-04-07') AS weeks,
           sum(events) FILTER (used_on > DATE '2024-04-01') AS events,
           coalesce(sum(events) FILTER (used_on > DATE '2024-05-19'), 0) AS late,
           coalesce(sum(events) FILTER
               (used_on > DATE '2024-04-07' AND used_on <= DATE '2024-05-19'), 0) AS early,
           max(active_users) FILTER (used_on > DATE '2024-04-01') AS users,
           sum(active_users) FILTER (used_on > DATE '2024-04-01' AND active_users > 0) AS user_days,
           sum(events) FILTER (used_on > DATE '2024-04-01' AND active_users > 0) AS user_events
    FROM '{folder}/usage.parquet' WHERE used_on <= DATE '2024-06-30' GROUP BY ALL
)
SELECT account_id,
       CASE WHEN due > 0 THEN (due_done + 0.5::DOUBLE) / (due + 1) END
           AS milestones_due_achieved_share,
       delay AS milestone_delay_days,
       CASE WHEN due > 0 THEN missed END AS milestones_overdue,
       CASE WHEN missed > 0 THEN oldest WHEN due > 0 THEN 0 END AS oldest_overdue_days,
       tenure - first_done AS days_to_first_value,
       CASE WHEN tenure >= 30 AND done + due > 0 THEN m.early * 90 / least(tenure, 180) END
           AS early_milestones_per_90_days,
       features AS features_used,
       CASE WHEN tenure >= 7 AND weeks IS NOT NULL THEN
           least(weeks, least(tenure // 7, 12)) / least(tenure // 7, 12) END AS active_weeks_share,
       last_use AS days_since_last_use,
       CASE WHEN tenure >= 84 AND late + u.early > 0 THEN (late - u.early) / (late + u.early) END
           AS usage_trend,
       CASE WHEN user_days > 0 THEN user_events / user_days END AS events_per_user_day,
       CASE WHEN seats > 0 THEN (CASE WHEN dates = 0 THEN 0 ELSE users END) / seats END
           AS seat_utilisation_share,
       CASE WHEN dates > 0 THEN events / dates END AS events_per_active_date,
       CASE WHEN dates = 0 THEN 0 ELSE users END AS active_users_peak,
       tenure AS tenure_days,
       arr AS contracted_arr,
       CASE WHEN seats > 0 THEN seats END AS contracted_seats,
       CASE WHEN seats > 0 AND employees > 0 THEN greatest(1 - seats / employees, 0) END
           AS white_space_share
FROM a LEFT JOIN s USING (account_id) LEFT JOIN m USING (account_id) LEFT JOIN u USING (account_id)
ORDER BY account_id
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds and peak memory of one whole process."""

    cpu_seconds: float
    peak_mib: float


def by_hand(folder: Path, threads: int) -> None:
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    frame = connection.sql(BY_HAND.format(folder=folder)).df().set_index("account_id")
    frame.astype("float64").to_parquet(folder / "by_hand_answer.parquet")


def by_snapshot(folder: Path, threads: int) -> None:
    import duckdb
    import narwhals as nw

    from clustering.features import build_snapshot
    from clustering.tables import SourceTables

    connection = duckdb.connect(config={"threads": threads})
    frames = {
        name: nw.from_native(connection.read_parquet(str(folder / f"{name}.parquet")))
        for name in TABLES
    }
    snapshot = build_snapshot(SourceTables(frames=frames, absent=()), AS_OF)
    snapshot.frame.to_parquet(folder / "by_snapshot_answer.parquet")


SIDES = {"by_hand": by_hand, "by_snapshot": by_snapshot}


def cost_of(side: str, folder: Path, threads: int) -> Cost:
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
    process = subprocess.Popen([*command, "--threads", str(threads)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{side} failed with status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def require_equal_answers(folder: Path) -> str:
    import pandas as pd

    answers = [pd.read_parquet(folder / f"{side}_answer.parquet") for side in SIDES]
    pd.testing.assert_frame_equal(*answers, check_exact=True)
    return f"{len(answers[0]):,} accounts x {answers[0].shape[1]} features, equal bit for bit"


def compare(accounts: int, rows: int, threads: int, repeat: int) -> None:
    import duckdb

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        duckdb.connect().execute(BOOK.format(folder=folder, accounts=accounts, rows=rows))
        costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
        for _ in range(repeat):
            for side, found in costs.items():
                found.append(cost_of(side, folder, threads))
        print(require_equal_answers(folder))
    cpu = {s: statistics.median(c.cpu_seconds for c in found) for s, found in costs.items()}
    for side, found in costs.items():
        peak = max(cost.peak_mib for cost in found)
        all_cpu = ", ".join(f"{cost.cpu_seconds:.2f}" for cost in found)
        print(f"{side:12} median {cpu[side]:6.2f} CPU s ({all_cpu}), peak {peak:.0f} MiB")
    print(f"ratio {cpu['by_snapshot'] / cpu['by_hand']:.2f} ({threads} threads, {rows:,} rows)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        SIDES[options.side](options.folder, options.threads)
    else:
        compare(options.accounts, options.rows, options.threads, options.repeat)


if __name__ == "__main__":
    main()
