"""What people did for the account, and what it said: engagements, tickets, surveys."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.simulation.events.contracts import Contracts
from clustering.simulation.events.feedback import Lives, scatter

ENGAGEMENT_KINDS = ("training", "technical", "check_in", "executive_review", "strategy_workshop")
TYPICAL_HOURS = np.array([1.5, 1.0, 0.5, 1.0, 2.5])
#: Expected engagements and tickets a quarter of a typical account with 100 seats.
_ENGAGEMENTS, _TICKETS = 10.0, 5.0
_SIZE_EXPONENT = 0.85
_SEVERITIES = np.array(["low", "medium", "high", "critical"])
_SEVERITY_MIX = np.array([0.4, 0.35, 0.2, 0.05])


def draw_engagements(lives: Lives, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    """Draw meetings; how many follows the care drawn, of which kind the guidance needed."""
    care = lives.population.of("care")
    accounts, days = scatter(lives, _ENGAGEMENTS * _by_size(contracts) * np.exp(0.22 * care), rng)
    kind = draw_kinds(lives, accounts, days, rng)
    hours = TYPICAL_HOURS[kind] * np.exp(0.3 * lives.noise * rng.standard_normal(len(days)))
    hours *= lives.population.counted_on(days)
    return pd.DataFrame(
        {
            "account": accounts,
            "held_on": days,
            "kind": np.array(ENGAGEMENT_KINDS)[kind],
            "hours": np.maximum(0.25, (hours * 4).round() / 4),
        }
    ).drop_duplicates()


def draw_kinds(
    lives: Lives,
    accounts: Ints,
    days: NDArray[np.datetime64],
    rng: np.random.Generator,
) -> Ints:
    """Draw the kind of each meeting: an index into `ENGAGEMENT_KINDS`, by the guidance needed."""
    level = lives.population.level
    strategic, training = (level(name, accounts, days) for name in ("strategic", "training"))
    log_odds = np.column_stack(
        [
            0.45 * training,
            np.full(len(days), 0.1),
            np.full(len(days), 0.5),
            -0.2 + 0.45 * strategic,
            -0.6 + 0.45 * strategic,
        ]
    )
    # One column a row, drawn with these log-odds (the Gumbel-max trick).
    return np.asarray(np.argmax(log_odds + rng.gumbel(size=log_odds.shape), axis=1))


def draw_tickets(
    lives: Lives, contracts: Contracts, missing: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw support tickets; unhappy accounts open more. Half of the closed ones get a score."""
    sentiment = lives.population.of("sentiment")
    accounts, days = scatter(lives, _TICKETS * _by_size(contracts) * np.exp(-0.22 * sentiment), rng)
    n, here = len(days), lives.population.level("sentiment", accounts, days)
    worse = rng.random(n) < 0.1 * np.exp(-0.3 * here)
    severity = rng.choice(4, n, p=_SEVERITY_MIX)
    severity = np.minimum(severity + worse, 3)
    took = np.ceil(np.exp(0.8 + 0.3 * severity + 0.8 * rng.standard_normal(n))).astype(np.int64)
    closed = days + took
    is_open = closed > lives.population.period.end
    score = np.clip(3.6 + 0.35 * here + 0.8 * lives.noise * rng.standard_normal(n), 1, 5).round()
    scored = ~is_open & (rng.random(n) < 0.5 * (1.0 - missing))
    return pd.DataFrame(
        {
            "account": accounts,
            "opened_on": days,
            "closed_on": np.where(is_open, np.datetime64("NaT", "D"), closed),
            "severity": _SEVERITIES[severity],
            "score": np.where(scored, score, np.nan),
        }
    ).drop_duplicates()


def draw_surveys(lives: Lives, missing: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw survey answers; a share `missing` of the accounts never answers."""
    shape = lives.population.segments.shape
    answers = np.where(rng.random((shape[0], 1)) < missing, 0.0, 1.0)
    parts = []
    for kind, per_quarter, centre, slope, spread, low, high in (
        ("nps", 3.0, 6.8, 0.7, 1.2, 0, 10),
        ("csat", 3.0, 3.7, 0.30, 0.7, 1, 5),
        ("ces", 2.0, 4.8, 0.35, 1.0, 1, 7),
    ):
        accounts, days = scatter(lives, np.broadcast_to(per_quarter * answers, shape), rng)
        score = centre + slope * lives.population.level("sentiment", accounts, days)
        score = score + lives.noise * spread * rng.standard_normal(len(days))
        score = np.clip(score.round(), low, high)
        parts.append(
            pd.DataFrame({"account": accounts, "answered_on": days, "kind": kind, "score": score})
        )
    found = pd.concat(parts).drop_duplicates()
    return found.sort_values(["account", "answered_on", "kind"], ignore_index=True)


def _by_size(contracts: Contracts) -> Floats:
    """Work grows a little less than the seats do; relative to 100 seats, shape (n_accounts, 1)."""
    return np.asarray((contracts.seats[:, None] / 100.0) ** _SIZE_EXPONENT)
