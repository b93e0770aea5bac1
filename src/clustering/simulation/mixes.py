"""A population whose groups differ in what they use, and in nothing else."""

import numpy as np

from clustering.simulation.period import Period
from clustering.simulation.population import (
    FACTORS,
    LOG_ARR_SPREAD,
    MEDIAN_ARR,
    Population,
    constant,
    draw_starts,
    scaled,
)

_NAMES = ("analysts", "builders", "coordinators")
# One row a group, one column a feature of the product, in the order of `PRODUCT_FEATURES`:
# dashboards, reports, alerts, exports, sharing, templates, automation, planning, integrations,
# forecasts, api, audit_log. Every row adds up to the same, so that no group uses more.
_HABITS = np.array(
    [
        [1.0, 1.0, 0.0, 1.0, -0.5, -0.5, -1.0, 0.0, -0.5, 0.5, -0.5, -0.5],
        [-1.0, -0.5, 0.5, -0.5, -0.5, -0.5, 1.0, -0.5, 1.0, -0.5, 1.0, 0.5],
        [0.0, -0.5, -0.5, -0.5, 1.0, 1.0, 0.0, 1.0, -0.5, 0.0, -0.5, -0.5],
    ]
)
#: Own habits of an account, in the logarithm of its use of a feature.
_OWN_SPREAD = 0.25
#: Of the levels: these accounts are alike in how far they are.
_LEVEL_SPREAD = 0.3


def draw_mixes(
    n_accounts: int, period: Period, separation: float, rng: np.random.Generator
) -> Population:
    """Draw accounts of one kind in every level, and of three kinds in what they use."""
    group = rng.integers(0, len(_NAMES), n_accounts)
    levels = _LEVEL_SPREAD * rng.standard_normal((n_accounts, len(FACTORS)))
    own = rng.standard_normal((n_accounts, _HABITS.shape[1]))
    shape = (n_accounts, period.n_quarters)
    return Population(
        period=period,
        segment_names=_NAMES,
        started=draw_starts(n_accounts, period, rng),
        log_arr=np.log(MEDIAN_ARR) + LOG_ARR_SPREAD * rng.standard_normal(n_accounts),
        segments=np.broadcast_to(group[:, None], shape),
        levels=constant(levels, period.n_quarters),
        churn=np.full(shape, -2.0),
        expand=np.full(shape, -1.4),
        arr_effect=-0.15,
        mix=_OWN_SPREAD * (scaled(_HABITS, separation)[group] + own),
    )
