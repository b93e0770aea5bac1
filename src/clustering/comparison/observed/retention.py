"""Net and gross revenue retention by group, with intervals over accounts."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.resampled import resampled_sums

Range = tuple[float, float]

#: Retention is also shown with the accounts' own cut at these quantiles: one account must not
#: make it.
WINSORISED = (0.01, 0.99)


@dataclass(frozen=True)
class Retention:
    """Net and gross revenue retention of one group: amounts after over amounts before.

    Each with a 95 % percentile interval over accounts; `nrr_winsorised` with the accounts' own
    retention cut at the 1 % and 99 % quantiles of all. `arr` is the amount before.
    """

    segment: str
    n_accounts: int
    arr: float
    nrr: float
    nrr_interval: Range
    nrr_winsorised: float
    nrr_winsorised_interval: Range
    grr: float
    grr_interval: Range


def retention_by(
    groups: Labelling, arr: Floats, nrr: Floats, grr: Floats, *, n_bootstrap: int, seed: int
) -> tuple[Retention, ...]:
    """Retention of every group; accounts that left count with 0 and are never dropped.

    Parameters
    ----------
    groups : Labelling of shape (n_accounts,); accounts without a label are in no group
    arr : float64 array of shape (n_accounts,), yearly amount at the as-of date, above 0
    nrr, grr : float64 arrays of shape (n_accounts,), known
        Yearly amount at the end of the window over `arr`, and the same without expansion.

    Examples
    --------
    >>> groups = Labelling("tier", np.array([0, 0, 1]), ("small", "large"), True)
    >>> arr, nrr = np.array([10.0, 30.0, 60.0]), np.array([0.0, 1.2, 1.5])
    >>> found = retention_by(groups, arr, nrr, np.minimum(nrr, 1.0), n_bootstrap=200, seed=1)
    >>> [(one.segment, round(one.nrr, 2), round(one.grr, 2)) for one in found]
    [('small', 0.9, 0.75), ('large', 1.5, 1.0)]
    """
    cut = np.clip(nrr, *np.quantile(nrr, WINSORISED)) if nrr.size else nrr
    amounts = np.stack([arr, arr * nrr, arr * cut, arr * grr], axis=1)
    found = []
    for code, level in enumerate(groups.levels):
        rows = groups.codes == code
        if not rows.any():
            continue
        own = amounts[rows]
        sums = resampled_sums(own, n_bootstrap, seed + code)
        sums = sums[sums[:, 0] > 0]
        before, after, winsorised, gross = own.sum(axis=0)
        found.append(
            Retention(
                segment=level,
                n_accounts=int(rows.sum()),
                arr=float(before),
                nrr=float(after / before),
                nrr_interval=_interval(sums, 1),
                nrr_winsorised=float(winsorised / before),
                nrr_winsorised_interval=_interval(sums, 2),
                grr=float(gross / before),
                grr_interval=_interval(sums, 3),
            )
        )
    return tuple(found)


def _interval(sums: Floats, column: int) -> Range:
    low, high = np.quantile(sums[:, column] / sums[:, 0], [0.025, 0.975])
    return float(low), float(high)
