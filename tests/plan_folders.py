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
from clustering.plan.accounts.champions import Champions
from clustering.plan.inputs import PlanInputs, Planned
from clustering.plan.make import Plan, make_plan
from clustering.plan.next_steps import NextSteps
from clustering.plan.sensitivity import SENSITIVITY
from clustering.schemes import Axes

_AS_OF = date(2025, 6, 30)


@dataclass(frozen=True, eq=False)
class _Tables:
    frames: Mapping[str, nw.LazyFrame[Any]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


def planned(accounts: pd.DataFrame, segments: tuple[str, ...]) -> Plan:
    """A plan on the segments of `accounts`.

    Engagements are there where ARR is, so that a study without ARR has neither.
    """
    frame = accounts.set_index("account_id")
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
    given = PlanInputs(
        hour_cost=100.0,
        tables=_engagements(index, rng) if known.any() else _Tables(),
        snapshot=snapshot,
        horizon=horizon,
        axes=Axes(axes, axes.notna().astype(float)),
        labellings=(),
        segments=Planned("segment", "the segments", frame["segment_name"], segments),
    )
    return make_plan(EngagementConfig(), given)


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


def moved(
    answer: str, subject: str, setting: str, values: tuple[float, float, float],
    words: tuple[str, str, str] = ("", "", ""), kind: str = "threshold",
) -> dict[str, object]:  # fmt: skip
    low, base, high = values
    return dict(
        zip(
            (one.name for one in SENSITIVITY.columns),
            [answer, subject, setting, kind, 10.0, 8.0, 12.0, base, low, high, words[1], words[0],
             words[2], any(word not in ("", words[1]) for word in words)],
            strict=True,
        )
    )  # fmt: skip


LABELS = moved("labels", "all", "schemes.growth_risk.risk.quantile", (0.1, 0.0, 0.2))
SCHEME = moved("labels", "arr_tiers", "schemes.arr_tiers.quantiles.0", (0.12, 0.0, 0.3))
STEADY = moved(
    "plan_cost_share", "plan", "schemes.axes.cost.hour", (0.08, 0.1, 0.12),
    ("within the limit",) * 3, "cost",
)  # fmt: skip
FLIP = moved(
    "cost_share", "all", "schemes.axes.cost.hour", (0.11, 0.14, 0.17),
    ("within the limit", "within the limit", "over the limit"), "cost",
)  # fmt: skip
CLOSEST = moved(
    "closest", "all", "schemes.axes.health.outcomes", (0.3, 0.4, 0.41),
    ("arr_tiers", "needs_segment", "needs_segment"), "weight",
)  # fmt: skip


def next_steps(
    rows: list[dict[str, object]], *, champions_reason: str = "", misjudged_reason: str = ""
) -> NextSteps:
    listed = pd.DataFrame(
        {
            "account_id": ["A-00003", "A-00004"], "tier": ["smb", "enterprise"],
            "care": ["too little", "too much"],
            "by_stage": ["high_touch, smb, adoption", "low_touch, enterprise, retention"],
            "arr": [9_000.0, 900_000.0], "at_stake": [250_000.0, 4_000.0],
            "growth_potential": [0.7, 0.2], "churn_risk": [0.1, 0.1], "adopted_share": [0.5, 1.0],
            "expansion_pipeline": [249_000.0, 0.0], "why": ["room to grow", "fully adopted"],
        }
    )  # fmt: skip
    gaps = pd.DataFrame(
        {
            "account_id": "A-00003", "champion_id": "A-00005", "rank": 1, "distance": 1.0,
            "gap": [1, 2], "feature": ["features_used_90d", "nps_latest"], "unit": "u",
            "value": 1.0, "champion_value": 2.0, "difference": [2.0, 1.0], "words": ["one", "two"],
        }
    )  # fmt: skip
    talks = pd.DataFrame(
        {
            "segment": [0], "segment_name": "late", "kind": "boundary", "rank": [1],
            "account_id": ["A-00006"], "arr": [5.0], "probability": [0.6], "runner_up": ["on time"],
            "distance": [1.5], "hypothesis": "it could be both", "question": "which?",
        }
    )  # fmt: skip
    found = Champions(
        gaps.iloc[:0] if champions_reason else gaps, "champions are those marked",
        champions_reason, 0 if champions_reason else 1, 0 if champions_reason else 1,
    )  # fmt: skip
    missing = listed.iloc[:0] if misjudged_reason else listed
    return NextSteps(missing, misjudged_reason, found, talks, SENSITIVITY.from_rows(rows))
