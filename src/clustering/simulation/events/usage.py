"""Weekly use of the product, feature by feature."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.simulation.events.contracts import Contracts
from clustering.simulation.events.feedback import Lives, chance
from clustering.simulation.period import Days
from clustering.simulation.population import FACTORS

#: Product features, the most popular first.
PRODUCT_FEATURES = (
    "dashboards", "reports", "alerts", "exports", "sharing", "templates", "automation", "planning",
    "integrations", "forecasts", "api", "audit_log",
)  # fmt: skip
_ACCOUNTS_PER_BLOCK = 1_000
_TYPICAL_BREADTH = 6.0
_BREADTH_PER_LEVEL = 1.1
#: Share of an account's active users that use the feature in a week, by rank of popularity.
_USER_SHARE = np.linspace(0.95, 0.5, len(PRODUCT_FEATURES))
_USED_IN_ACTIVE_WEEK = 0.85
#: Ranks that a feature is taken up sooner, for each e-fold of its use.
_SOONER = 8.0


def draw_usage(lives: Lives, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    """Draw one row for each account, week and feature that was used.

    Accounts are drawn in blocks, each with a random stream of its own, so that memory stays
    bounded; a week is dated by the first day on which the account used anything.
    """
    n_accounts = lives.population.n_accounts
    starts = range(0, n_accounts, _ACCOUNTS_PER_BLOCK)
    blocks = [
        _draw_block(
            lives, contracts, np.arange(start, min(start + _ACCOUNTS_PER_BLOCK, n_accounts)), own
        )
        for start, own in zip(starts, rng.spawn(len(starts)), strict=True)
    ]
    return pd.concat(blocks, ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Habits:
    """How the accounts of a block use the product; (n, n_weeks) unless said otherwise."""

    breadth: Floats
    active: Flags
    users: Ints
    events_per_user: Floats  # (n,)
    adopted_week: Ints  # (n, n_features): weeks after the start, by own rank
    feature: Ints  # (n, n_features): the feature at each own rank


def _draw_block(
    lives: Lives, contracts: Contracts, block: Ints, rng: np.random.Generator
) -> pd.DataFrame:
    weeks = _mondays(lives)
    habits = _draw_habits(lives, contracts, block, weeks, rng)
    n_features = len(PRODUCT_FEATURES)
    age = (weeks[None, :] - lives.started[block][:, None]).astype(np.int64) // 7
    shape = (len(block), n_features, len(weeks))
    used = rng.random(shape, dtype=np.float32) < _USED_IN_ACTIVE_WEEK
    used &= habits.active[:, None, :]
    used &= np.arange(n_features)[None, :, None] < habits.breadth[:, None, :]
    used &= habits.adopted_week[:, :, None] <= age[:, None, :]
    row, rank, week = np.nonzero(used)
    feature = habits.feature[row, rank]
    users = np.maximum(1, rng.binomial(habits.users[row, week], _USER_SHARE[feature]))
    per_user = habits.events_per_user[row] * _more_of(lives, block)[row, feature]
    events = np.maximum(users, rng.poisson(users * per_user))
    counted = lives.population.counted_on(weeks)[week]
    first_day = rng.integers(0, 7, habits.active.shape)
    return pd.DataFrame(
        {
            "account": block[row].astype(np.int32),
            "used_on": np.minimum(weeks[week] + first_day[row, week], lives.until[block][row] - 1),
            "feature": pd.Categorical.from_codes(feature, categories=pd.Index(PRODUCT_FEATURES)),
            "events": (events * counted).round().astype(np.int64),
            "active_users": users,
        }
    )


def _more_of(lives: Lives, block: Ints) -> Floats:
    """How much more than usual each account uses each feature, shape (n, n_features)."""
    mix = lives.population.mix
    return np.ones((len(block), len(PRODUCT_FEATURES))) if mix is None else np.exp(mix[block])


def _draw_habits(
    lives: Lives,
    contracts: Contracts,
    block: Ints,
    weeks: Days,
    rng: np.random.Generator,
) -> _Habits:
    population, noise, n = lives.population, lives.noise, len(block)
    levels = population.levels[block][:, population.period.quarter(weeks), :]
    breadth = levels[:, :, FACTORS.index("breadth")]
    used = levels[:, :, FACTORS.index("utilisation")]
    own = noise * rng.standard_normal((4, n, 1))
    width = np.round(_TYPICAL_BREADTH + _BREADTH_PER_LEVEL * breadth + 0.5 * own[0])
    regularity = chance(1.2 + 0.35 * breadth + 0.3 * own[1])
    alive = (weeks >= lives.started[block][:, None]) & (weeks < lives.until[block][:, None])
    utilisation = chance(0.2 + 0.4 * used + 0.2 * own[2])
    seats = _seats_by_week(contracts, block, weeks)
    n_features = len(PRODUCT_FEATURES)
    liking = np.arange(n_features) + 2.0 * rng.standard_normal((n, n_features))
    if population.mix is not None:  # what an account uses more it also takes up sooner
        liking -= _SOONER * population.mix[block]
    pace = 1.2 * np.exp(0.3 * rng.standard_normal((n, 1)))
    return _Habits(
        breadth=np.clip(width, 1, n_features),
        active=alive & (rng.random(alive.shape) < regularity),
        users=rng.binomial(seats, utilisation),
        events_per_user=np.exp(1.3 + 0.12 * breadth.mean(axis=1) + 0.25 * own[3, :, 0]),
        adopted_week=(np.arange(n_features) * pace).astype(np.int64),
        feature=np.argsort(liking, axis=1),
    )


def _mondays(lives: Lives) -> Days:
    period = lives.population.period
    first = period.begin + (-(period.begin.astype("datetime64[D]").astype(int) + 3)) % 7
    return np.arange(first, period.end + 1, 7).astype("datetime64[D]")


def _seats_by_week(contracts: Contracts, block: Ints, weeks: Days) -> Ints:
    """Seats under contract, shape (n, n_weeks): the sum of the periods active on each Monday."""
    rows = contracts.rows
    rows = rows[rows["account"].between(block[0], block[-1])]
    change = np.zeros((len(block), len(weeks) + 1), dtype=np.int64)
    account = rows["account"].to_numpy() - block[0]
    seats = rows["seats"].to_numpy()
    begin = np.searchsorted(weeks, rows["started_on"].to_numpy().astype("datetime64[D]"))
    end = np.searchsorted(weeks, rows["ended_on"].to_numpy().astype("datetime64[D]"))
    np.add.at(change, (account, begin), seats)
    np.add.at(change, (account, end), -seats)
    return np.asarray(change.cumsum(axis=1)[:, :-1])
