"""The plan of a study folder with simulated numbers, made by the code that plans every study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clustering.config.plan import EngagementConfig
from clustering.features import Horizon, Snapshot
from clustering.plan.make import Plan, Planned, make_plan
from clustering.results.plan import plan_entry, plan_frames
from clustering.results.plan_document import PlanEntry
from clustering.schemes import Axes

__all__ = ["planned"]

_AS_OF = date(2025, 6, 30)


@dataclass(frozen=True, eq=False)
class _Tables:
    frames: Mapping[str, nw.LazyFrame[Any]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


def planned(
    accounts: pd.DataFrame, segments: tuple[str, ...]
) -> tuple[PlanEntry, dict[str, pd.DataFrame]]:
    """Entry and tables of a plan on the segments of `accounts`.

    Engagements are there where ARR is, so that a study without ARR has neither.
    """
    config = EngagementConfig()
    plan = _plan(accounts.set_index("account_id"), segments, config)
    return plan_entry(plan, config), plan_frames(plan)


def _plan(frame: pd.DataFrame, segments: tuple[str, ...], config: EngagementConfig) -> Plan:
    rng = np.random.default_rng(3)
    n = len(frame)
    index = frame.index
    # Each segment has a quadrant of its own, so that the means of the axes tell its playbook.
    code = frame["segment"].to_numpy()
    unknown = pd.Series(np.nan, index=index)
    risk = frame.get("churn_risk", unknown) + 0.5 * (code % 2)
    axes = pd.DataFrame(
        {
            "churn_risk": risk,
            "growth_potential": frame.get("growth_potential", unknown) + 0.5 * (code // 2 % 2),
            "revenue_at_risk": risk * frame["arr"],
            "cost_to_serve": np.where(frame["arr"].notna(), 2_000.0, np.nan),
        }
    )
    snapshot = Snapshot(
        _AS_OF,
        pd.DataFrame({"tenure_days": 400.0}, index=index),
        (),
        frame[["arr", "started_on", "industry", "csm"]].assign(is_champion=rng.random(n) < 0.1),
    )
    outcomes = pd.DataFrame({"nrr": 1.05, "grr": 0.9}, index=index)
    known = frame["arr"].notna()
    horizon = Horizon(365, outcomes.where(known, np.nan))
    return make_plan(
        config,
        hour_cost=100.0,
        tables=_engagements(index, rng) if known.any() else _Tables(),
        snapshot=snapshot,
        horizon=horizon,
        axes=Axes(axes, axes.notna().astype(float)),
        labellings=(),
        candidates=[Planned("segment", "the segments", frame["segment_name"], segments)],
    )


def _hours(n: int, rng: np.random.Generator) -> np.ndarray:
    """Two hours a month, give or take; six in a hundred get ten, and as many a tenth."""
    usual = 2.0 * np.exp(rng.normal(0.0, 0.1, n))
    return usual * rng.choice([0.1, 1.0, 5.0], n, p=[0.06, 0.88, 0.06])


def _engagements(index: pd.Index, rng: np.random.Generator) -> _Tables:
    rows = pd.DataFrame(
        {
            "account_id": np.repeat(np.asarray(index, dtype=object), 12),
            "held_on": np.tile(pd.date_range("2024-07-15", periods=12, freq="MS"), len(index)),
            "kind": "check_in",
            "hours": np.repeat(_hours(len(index), rng), 12),
        }
    ).astype({"account_id": "str"})
    return _Tables({"engagements": nw.from_native(rows).lazy()})
