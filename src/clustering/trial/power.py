"""How many accounts two shares need to be told apart, and what so many can tell apart.

The normal approximation for two independent shares of equally many accounts, two-sided, without
continuity correction.

References
----------
Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, 3rd ed., section 4.2;
the same as `power.prop.test` of R.
"""

import math

from scipy.optimize import brentq
from scipy.stats import norm


def power_of(n: float, first: float, second: float, level: float) -> float:
    """Chance that two shares of `n` accounts each are told apart.

    Parameters
    ----------
    n : accounts of each arm
    first, second : the true shares, from 0 to 1
    level : of the two-sided test, from 0 to 1

    Examples
    --------
    >>> round(power_of(50, 0.50, 0.75, 0.05), 3)  # R's documentation of power.prop.test: 0.740
    0.74
    """
    alike, spread = _spreads(first, second)
    distance = math.sqrt(n) * abs(first - second) - float(norm.isf(level / 2)) * alike
    if spread == 0:
        return float(distance > 0)
    return float(norm.cdf(distance / spread))


def accounts_an_arm(first: float, second: float, power: float, level: float) -> int:
    """Accounts that each arm needs, rounded up.

    Parameters
    ----------
    first, second : the true shares, from 0 to 1; they differ
    power, level : the chance to tell them apart, and the level of the two-sided test

    Raises
    ------
    ValueError
        The shares are the same: no number of accounts tells them apart.

    Examples
    --------
    >>> accounts_an_arm(0.50, 0.75, 0.90, 0.05)  # R's documentation of power.prop.test: n = 76.7
    77
    """
    if first == second:
        raise ValueError(f"two shares of {first:g} are not told apart by any number of accounts.")
    alike, spread = _spreads(first, second)
    root = float(norm.isf(level / 2)) * alike + float(norm.ppf(power)) * spread
    return math.ceil((root / (first - second)) ** 2)


def _spreads(first: float, second: float) -> tuple[float, float]:
    """Standard deviation of the difference times the root of n: were both their mean, and as is."""
    mean = (first + second) / 2
    return math.sqrt(2 * mean * (1 - mean)), math.sqrt(first * (1 - first) + second * (1 - second))


def least_difference(n: float, rate: float, power: float, level: float) -> float | None:
    """The smallest fall of a share that `n` accounts an arm tell with that power.

    Parameters
    ----------
    n : accounts of each arm
    rate : the share without the playbook, from 0 to 1
    power, level : as in `accounts_an_arm`

    Returns
    -------
    float or None
        As a share (0.1 is ten points); None where not even a fall to 0 would be told.

    Examples
    --------
    >>> round(least_difference(77, 0.75, 0.90, 0.05), 2)
    0.25
    >>> least_difference(5, 0.1, 0.8, 0.05) is None
    True
    """
    if n < 1 or power_of(n, rate, 0.0, level) < power:
        return None
    found = brentq(lambda fall: power_of(n, rate, rate - fall, level) - power, 1e-9, rate)
    return float(found)
