"""Milestones of the journey, and the outcomes that customers wanted."""

import numpy as np
import pandas as pd

from clustering.simulation.events.feedback import Lives, chance

#: Name, planned day after the start, and whether reaching it was agreed as an expand trigger.
_MILESTONES: tuple[tuple[str, int, bool], ...] = (
    ("kickoff_held", 14, False),
    ("data_connected", 30, False),
    ("first_users_trained", 50, False),
    ("first_dashboard_live", 75, False),
    ("first_value_confirmed", 100, False),
    ("team_rollout", 130, False),
    ("process_integrated", 165, False),
    ("success_plan_reviewed", 200, False),
    ("second_use_case_live", 240, True),
    ("full_rollout", 290, False),
    ("benchmark_reached", 340, False),
    ("second_team_live", 400, True),
    ("year_two_goal_1", 460, False),
    ("year_two_goal_2", 520, False),
    ("year_two_goal_3", 580, False),
    ("year_two_goal_4", 640, False),
    ("third_team_live", 700, True),
    ("year_three_goal_1", 760, False),
    ("year_three_goal_2", 830, False),
    ("year_three_goal_3", 900, False),
    ("year_three_goal_4", 970, False),
    ("year_three_goal_5", 1040, False),
    ("year_four_goal_1", 1110, False),
    ("year_four_goal_2", 1180, False),
    ("year_four_goal_3", 1250, False),
    ("year_four_goal_4", 1320, False),
)
_APPLICABLE = 0.92
_DAYS_EARLY_PER_LEVEL = 12.0
_DAYS_SPREAD = 20.0

#: Name, a typical target, and whether a higher value is better.
_OUTCOMES: tuple[tuple[str, float, bool], ...] = (
    ("orders_processed_per_week", 400.0, True),
    ("hours_saved_per_month", 120.0, True),
    ("forecast_accuracy_percent", 80.0, True),
    ("days_to_close_books", 6.0, False),
    ("error_rate_percent", 2.0, False),
    ("reports_automated", 30.0, True),
    ("stock_turns_per_year", 8.0, True),
    ("lead_time_days", 12.0, False),
    ("cost_per_order", 5.0, False),
    ("on_time_delivery_percent", 90.0, True),
)
_OUTCOMES_PER_ACCOUNT = 6
_ATTAINMENT_PER_LEVEL = 0.06
_ATTAINMENT_SPREAD = 0.08
_FIRST_MEASURE_DAYS = 45


def draw_milestones(lives: Lives, missing: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw planned, achieved and recorded dates; a share `missing` of plans has no date."""
    n_accounts, n_kinds = lives.population.n_accounts, len(_MILESTONES)
    accounts = np.repeat(np.arange(n_accounts), n_kinds)
    kind = np.tile(np.arange(n_kinds), n_accounts)
    planned_after = np.array([days for _, days, _ in _MILESTONES])[kind]
    spread = np.clip(8.0 * rng.standard_normal(len(kind)), -12, 24).astype(np.int64)
    projected = lives.started[accounts] + planned_after + spread
    applies = (rng.random(len(kind)) < _APPLICABLE) & (projected < lives.until[accounts] + 90)
    accounts, kind, projected = accounts[applies], kind[applies], projected[applies]

    level = lives.population.level("milestones", accounts, projected)
    late = -_DAYS_EARLY_PER_LEVEL * level
    late = late + lives.noise * _DAYS_SPREAD * rng.standard_normal(len(kind))
    earliest = lives.started[accounts] + 3
    achieved = np.maximum(projected + late.round().astype(np.int64), earliest)
    recorded = achieved + rng.geometric(1 / 6, len(kind)) - 1
    recorded = np.where(rng.random(len(kind)) < 0.03, recorded + 45, recorded)
    reached = rng.random(len(kind)) >= chance(-1.8 - 0.5 * level)
    reached &= (achieved < lives.until[accounts]) & (recorded <= lives.population.period.end)
    nothing = np.datetime64("NaT", "D")
    unplanned = rng.random(len(kind)) < missing
    return pd.DataFrame(
        {
            "account": accounts,
            "milestone": np.array([name for name, _, _ in _MILESTONES])[kind],
            "projected_on": np.where(unplanned, nothing, projected),
            "achieved_on": np.where(reached, achieved, nothing),
            "achieved_recorded_on": np.where(reached, recorded, nothing),
            "is_expand_trigger": np.array([trigger for _, _, trigger in _MILESTONES])[kind],
        }
    )


def draw_outcomes(lives: Lives, missing: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw quarterly results; a share `missing` of the accounts never measures any."""
    n_accounts = lives.population.n_accounts
    n_kinds, n_quarters = len(_OUTCOMES), lives.population.period.n_quarters
    chosen = np.argsort(rng.random((n_accounts, n_kinds)), axis=1)[:, :_OUTCOMES_PER_ACCOUNT]
    chosen.sort(axis=1)
    typical = np.array([target for _, target, _ in _OUTCOMES])
    target = typical[chosen] * np.exp(0.4 * rng.standard_normal(chosen.shape))
    measures = rng.random(n_accounts) >= missing

    grid = np.indices((n_accounts, _OUTCOMES_PER_ACCOUNT, n_quarters))
    accounts, slot, turn = (axis.ravel() for axis in grid)
    first = rng.integers(_FIRST_MEASURE_DAYS, _FIRST_MEASURE_DAYS + 60, chosen.shape)
    measured = lives.started[accounts] + first[accounts, slot] + 91 * turn
    recorded = measured + rng.geometric(1 / 5, len(accounts)) - 1
    kept = measures[accounts] & lives.within(accounts, measured)
    kept &= recorded <= lives.population.period.end
    accounts, slot = accounts[kept], slot[kept]
    measured, recorded = measured[kept], recorded[kept]
    kind = chosen[accounts, slot]
    higher = np.array([better for _, _, better in _OUTCOMES])[kind]

    level = lives.population.level("outcomes", accounts, measured)
    attained = 0.95 + _ATTAINMENT_PER_LEVEL * level
    attained = attained + lives.noise * _ATTAINMENT_SPREAD * rng.standard_normal(len(kind))
    attained = np.maximum(attained, 0.05)
    goal = target[accounts, slot].round(2)
    value = np.where(higher, goal * attained, goal / attained)
    return pd.DataFrame(
        {
            "account": accounts,
            "outcome": np.array([name for name, _, _ in _OUTCOMES])[kind],
            "measured_on": measured,
            "value": value.round(3),
            "target": goal,
            "higher_is_better": higher,
            "recorded_on": recorded,
        }
    )
