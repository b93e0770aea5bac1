"""Tiers by size: by ARR, the baseline of the study, and by employees."""

from clustering.columns import ARR, ARR_TIERS
from clustering.config import ArrTiersConfig, EmployeeBandsConfig
from clustering.features.types import Snapshot
from clustering.schemes.bands import CutPoints, cut, cut_points
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, SchemeAbsentError

SIZE_LEVELS = ("smb", "midmarket", "enterprise")


@scheme(ARR_TIERS, "ARR tiers", order=0, ordered=True)
def arr_tiers(snapshot: Snapshot, config: ArrTiersConfig) -> Groups:
    """Tiers of ARR: the baseline that every other segmentation must beat.

    An account whose contracts are not known has no tier. One whose contracts have all ended has
    an ARR of 0, which is of the lowest.

    Raises
    ------
    SchemeAbsentError
        There are no subscriptions, or ARR does not part the accounts.

    References
    ----------
    Eizips 2017 (value segmentation); Pickens (tiers that approximate the guidance needed).

    Examples
    --------
    >>> from datetime import date
    >>> import pandas as pd
    >>> arr = pd.DataFrame({"arr": [5e3, 5e4, 5e5, float("nan")]}, index=list("abcd"))
    >>> snapshot = Snapshot(date(2025, 1, 1), pd.DataFrame(index=arr.index), (), arr)
    >>> config = ArrTiersConfig(midmarket_from=2e4, enterprise_from=1e5)
    >>> arr_tiers(snapshot, config).labels.tolist()
    ['smb', 'midmarket', 'enterprise', nan]
    """
    if ARR not in snapshot.attributes:
        raise SchemeAbsentError(f"'{ARR_TIERS}' needs ARR: the table subscriptions would allow it.")
    arr = snapshot.attributes[ARR].astype("float64")
    if arr.notna().sum() == 0:
        raise SchemeAbsentError(
            f"'{ARR_TIERS}' needs ARR, which no account has: the table subscriptions would allow "
            "it, with contracts active at the as-of date."
        )
    given = (config.midmarket_from, config.enterprise_from)
    points = cut_points(ARR_TIERS, arr, "ARR", given, config.quantiles)
    return Groups(cut(arr, points, SIZE_LEVELS), SIZE_LEVELS, _in_words("ARR", points))


@scheme("employee_bands", "Employee bands", order=30, ordered=True, dated=False)
def employee_bands(snapshot: Snapshot, config: EmployeeBandsConfig) -> Groups:
    """Bands of the customer's employees: how Sales segments before any ARR is known.

    Raises
    ------
    SchemeAbsentError
        The accounts have no `employees`, or all fall in one band.

    References
    ----------
    Pickens.
    """
    if "employees" not in snapshot.attributes:
        raise SchemeAbsentError("'employee_bands' needs the column accounts.employees.")
    employees = snapshot.attributes["employees"].astype("float64")
    if employees.notna().sum() == 0:
        raise SchemeAbsentError("'employee_bands' needs accounts.employees, which is empty.")
    points = CutPoints(config.midmarket_from, config.enterprise_from, "as configured")
    return Groups(cut(employees, points, SIZE_LEVELS), SIZE_LEVELS, _in_words("employees", points))


def _in_words(what: str, points: CutPoints) -> str:
    """The rule with its numbers, as in "enterprise from 90,000 ARR, midmarket from 30,000"."""
    return (
        f"{SIZE_LEVELS[2]} from {points.upper_from:,.0f} {what}, {SIZE_LEVELS[1]} from "
        f"{points.middle_from:,.0f}, {SIZE_LEVELS[0]} below; {points.origin}"
    )
