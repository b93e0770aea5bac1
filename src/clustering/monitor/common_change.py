"""What changed alike for all accounts, undone: what is left is a change of the groups."""

import numpy as np
import pandas as pd

from clustering.arrays import Floats

#: Quantiles by which a feature of today is laid upon the same feature of then.
_QUANTILES = np.linspace(0.0, 1.0, 41)
#: With fewer accounts that know a feature at both dates it is left as it is.
_FEWEST = 20


def undo_common_change(first: pd.DataFrame, last: pd.DataFrame, stayed: pd.Index) -> pd.DataFrame:
    """The features of the last date as they would read had they not changed for all alike.

    Every feature of today goes through the increasing function that gives the accounts that
    stayed in their group the values that they had then, quantile by quantile: another unit,
    another way of counting or a release that everybody uses is undone. Accounts that went to
    another group, and new ones, are taken along and not looked at.

    Parameters
    ----------
    first, last : one row an account, the same features in raw units
    stayed : accounts of both that stayed in their group

    Examples
    --------
    >>> ids = pd.Index([str(i) for i in range(50)])
    >>> then = pd.DataFrame({"hours": np.arange(50.0)}, index=ids)
    >>> bool(np.allclose(undo_common_change(then, 60 * then, ids), then, atol=0.1))
    True
    """
    undone = {
        name: _laid_upon(last[name], last.loc[stayed, name], first.loc[stayed, name])
        for name in last.columns
    }
    return pd.DataFrame(undone, index=last.index)


def _laid_upon(
    values: "pd.Series[float]", now: "pd.Series[float]", then: "pd.Series[float]"
) -> Floats:
    raw: Floats = np.asarray(values, np.float64)
    of_now, of_then = (one.to_numpy(dtype=np.float64) for one in (now, then))
    both = ~np.isnan(of_now) & ~np.isnan(of_then)
    if both.sum() < _FEWEST:
        return raw
    places = np.quantile(of_now[both], _QUANTILES)
    # Where many accounts have one value, it stands for all the values that they had then.
    distinct, which = np.unique(places, return_inverse=True)
    targets = np.bincount(which, np.quantile(of_then[both], _QUANTILES)) / np.bincount(which)
    return np.asarray(np.where(np.isnan(raw), np.nan, np.interp(raw, distinct, targets)))
