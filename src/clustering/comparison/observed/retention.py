"""Net and gross revenue retention by group, with intervals over accounts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.base.entries import Range
from clustering.comparison.base.labellings import Labelling, encode
from clustering.comparison.base.resampled import resampled_sums
from clustering.errors import BadInputError

#: Retention is also shown with the accounts' own cut at these quantiles: one account must not
#: make it.
WINSORISED = (0.01, 0.99)


@dataclass(frozen=True, eq=False)
class Retained:
    """Accounts with a tier, a segment, an amount and an observed retention.

    Attributes
    ----------
    tier, segment : labels, without a gap
    arr : float64 array of shape (n_accounts,), yearly amount at the as-of date, above 0
    nrr, grr : float64 arrays of shape (n_accounts,)
        Yearly amount at the end of the window over `arr`, and the same without expansion.
    """

    tier: Labelling
    segment: Labelling
    arr: Floats
    nrr: Floats
    grr: Floats
    company: Ints | None = None

    @property
    def expanded(self) -> Flags:
        """Accounts whose amount grew."""
        return np.asarray(self.nrr > 1)


def retained(
    tier: ArrayLike | pd.Series,
    segment: ArrayLike | pd.Series,
    arr: Floats,
    nrr: Floats,
    grr: Floats,
    company: Ints | None = None,
) -> Retained:
    """The accounts for which all is known; those that left count with 0 and are never dropped.

    Parameters
    ----------
    tier, segment : array-like of shape (n_accounts,)
    arr, nrr, grr : float64 arrays of shape (n_accounts,); NaN where not observed
    company : int64 array of shape (n_accounts,), codes; None where every account is one

    Raises
    ------
    BadInputError
        No account has a tier, a segment, an amount and an observed retention.
    """
    tiers, segments = encode(tier, "tier"), encode(segment, "segment")
    known = np.isfinite(nrr) & np.isfinite(grr) & np.isfinite(arr) & (arr > 0)
    known &= (tiers.codes >= 0) & (segments.codes >= 0)
    if not known.any():
        raise BadInputError("no account has a tier, a segment, ARR and an observed retention.")
    return Retained(
        tiers.subset(known),
        segments.subset(known),
        arr[known],
        nrr[known],
        grr[known],
        None if company is None else company[known],
    )


def retention_by(
    groups: Labelling, of: Retained, *, n_bootstrap: int, seed: int
) -> list[dict[str, object]]:
    """Retention of every group: amounts after over amounts before.

    Parameters
    ----------
    groups : Labelling of shape (n_accounts,); accounts without a label are in no group
    of : the accounts

    Returns
    -------
    list of rows of `retention.parquet`, without the name of the labelling

    Examples
    --------
    >>> groups = Labelling("tier", np.array([0, 0, 1]), ("small", "large"), True)
    >>> arr, nrr = np.array([10.0, 30.0, 60.0]), np.array([0.0, 1.2, 1.5])
    >>> accounts = Retained(groups, groups, arr, nrr, np.minimum(nrr, 1.0))
    >>> found = retention_by(groups, accounts, n_bootstrap=200, seed=1)
    >>> [(one["level"], round(one["nrr"], 2), round(one["grr"], 2)) for one in found]
    [('small', 0.9, 0.75), ('large', 1.5, 1.0)]
    """
    cut = np.clip(of.nrr, *np.quantile(of.nrr, WINSORISED))
    amounts = np.stack([of.arr, of.arr * of.nrr, of.arr * cut, of.arr * of.grr], axis=1)
    found = []
    for code, level in enumerate(groups.levels):
        rows = groups.codes == code
        if not rows.any():
            continue
        own = amounts[rows]
        sums = resampled_sums(
            own, n_bootstrap, seed + code, None if of.company is None else of.company[rows]
        )
        sums = sums[sums[:, 0] > 0]
        row: dict[str, object] = {
            "level": level,
            "n_accounts": int(rows.sum()),
            "arr": float(own[:, 0].sum()),
        }
        for column, name in enumerate(("nrr", "nrr_winsorised", "grr"), start=1):
            low, high = _interval(sums, column)
            row |= {name: float(own[:, column].sum() / own[:, 0].sum())}
            row |= {f"{name}_low": low, f"{name}_high": high}
        found.append(row)
    return found


def _interval(sums: Floats, column: int) -> Range:
    low, high = np.quantile(sums[:, column] / sums[:, 0], [0.025, 0.975])
    return float(low), float(high)
