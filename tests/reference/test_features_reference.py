"""Features against numbers of others: Kaplan-Meier medians, and ARR arithmetic on real periods."""

import csv
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from clustering.config import AccountsConfig
from clustering.features import build_snapshot
from clustering.features.families.derived import median_times_of_earlier
from clustering.features.horizon import build_horizon
from feature_books import Frames, polars_frames

SHARED = Path(os.environ.get("CLUSTERING_SHARED", Path(__file__).parents[3] / "shared"))
PERIODS = SHARED / "data" / "mrr_playbook" / "subscription_periods.csv"


@pytest.mark.parametrize("seed", range(5))
def test_the_median_is_that_of_kaplan_and_meier(seed: int) -> None:
    """statsmodels' SurvfuncRight is the reference; ties and censoring are in it."""
    rng = np.random.default_rng(seed)
    n = 60 + 40 * seed
    days = rng.integers(0, 40, n)
    reached = rng.random(n) < 0.7
    started = np.repeat(np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"), [n, 1])
    found = median_times_of_earlier(started, np.append(days, 5), np.append(reached, False))[-1]
    assert found == SurvfuncRight(days, reached.astype(int)).quantile(0.5)


def test_freireich_6mp() -> None:
    """Remission under 6-MP, 21 patients: median 23 weeks.

    Freireich et al. (1963), Blood 21:699-716; the data are `gehan` of R's MASS, of which `survfit`
    prints this median.
    """
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    relapsed = [True] * 9 + [False] * 12
    started = np.repeat(np.array(["1959-01-01", "1960-01-01"], dtype="datetime64[D]"), [21, 1])
    medians = median_times_of_earlier(started, np.array([*weeks, 0]), np.array([*relapsed, False]))
    assert medians[-1] == 23


def periods() -> list[dict[str, Any]]:
    if not PERIODS.exists():
        pytest.skip(f"{PERIODS.name} is not beside the project (set CLUSTERING_SHARED)")
    with PERIODS.open(encoding="utf-8", newline="") as file:
        return [
            {
                "account_id": row["customer_id"],
                "started_on": date.fromisoformat(row["start_date"]),
                "ended_on": date.fromisoformat(row["end_date"]),
                "arr": 12 * float(row["monthly_amount"]),
            }
            for row in csv.DictReader(file)
        ]


def book(rows: list[dict[str, Any]]) -> Frames:
    first: dict[str, date] = {}
    for row in rows:
        name = row["account_id"]
        first[name] = min(first.get(name, date.max), row["started_on"])
    accounts = [{"account_id": name, "started_on": start} for name, start in first.items()]
    frames = polars_frames({"accounts": accounts, "subscriptions": rows})
    # Every customer stays one, so that all amounts at a date are compared.
    return replace(frames, account_rules=AccountsConfig(lapsed_days=3650))


def arr_at(rows: list[dict[str, Any]], name: str, on: date) -> float:
    return sum(
        row["arr"]
        for row in rows
        if row["account_id"] == name and row["started_on"] <= on < row["ended_on"]
    )


@pytest.mark.real_input
@pytest.mark.parametrize("as_of", [date(2018, 11, 30), date(2019, 2, 1), date(2019, 5, 15)])
@pytest.mark.parametrize("days", [31, 180])
def test_arr_and_its_changes_on_real_periods(as_of: date, days: int) -> None:
    """121 periods of 55 customers with gaps, upgrades, downgrades, churn and reactivation.

    dbt Labs, mrr-playbook (MIT), subscription_periods.csv; end dates exclusive.
    """
    rows = periods()
    end = as_of + timedelta(days=days)
    snapshot = build_snapshot(book(rows), as_of)
    horizon = build_horizon(book(rows), as_of, days).frame
    assert len(snapshot.frame) == len({r["account_id"] for r in rows if r["started_on"] <= as_of})
    told = 0
    for name, found in horizon.iterrows():
        before, after = arr_at(rows, str(name), as_of), arr_at(rows, str(name), end)
        assert snapshot.attributes.loc[name, "arr"] == before
        if before == 0:
            assert found.isna().all()
            continue
        told += 1
        due = any(
            r["account_id"] == name and r["started_on"] <= as_of < r["ended_on"] <= end
            for r in rows
        )
        assert found["churned"] == (after == 0)
        assert found["contracted"] == (0 < after < before)
        assert found["expanded"] == (after > before)
        assert found["nrr"] == after / before
        assert found["grr"] == min(after, before) / before
        assert (found["renewed"] == (after > 0)) if due else pd.isna(found["renewed"])
    assert told >= 10
