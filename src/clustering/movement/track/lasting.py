"""Lasting movement: accounts whose features changed together, as a change of segment asks."""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.arrays import Floats, Ints
from clustering.comparison.base.rates import Z95
from clustering.features import Snapshot
from clustering.movement.track.history import History
from clustering.schema import Entry
from clustering.scorer import Scorer

#: Fewer accounts tell nothing about movement.
FEWEST_ACCOUNTS = 30
#: Fewer dates leave no step to compare the whole window with.
FEWEST_DATES = 3
#: A mover must agree over families to at least this share, else one family makes the segments.
_LEAST_SHARED = 0.05


class LastingMovement(Entry):
    """Lasting movement over the window, beside the changes of label that it is part of."""

    n_accounts: int = Field(description="Accounts with a segment at every snapshot.")
    per_step: float = Field(description="Mean share in another segment one snapshot later.")
    over_window: float = Field(description="Share in another segment at the end.")
    value: float = Field(
        description="Lasting movement: share of accounts whose features of different families "
        "went the same way from one segment to another."
    )
    #: By the normal approximation over accounts; a share is not below 0.
    interval: tuple[float, float] = Field(description="95 % interval over accounts.")


def lasting_movement(
    history: History, snapshots: Sequence[Snapshot], scorer: Scorer
) -> LastingMovement | None:
    """Share of the accounts that moved, beyond what wavers; None where it is not known.

    An account near a border has another label next time because some feature of it wavered, or
    became known, or has a longer record now; a feature with a long memory wavers slowly, so that
    comparing a step with the whole window does not take this out. But what wavers in one family of
    features does not waver in the others at the same time, while an account that goes to another
    segment changes in all that set the two apart. So lasting movement is read off the products of
    changes of *different* families, of values that are known on both dates, less what all
    accounts have in common: 0 on average for whatever wavers, 1 for an account that made the whole
    way from one centre to another. What made half of the way counts for a quarter: the value is on
    the careful side.

    Parameters
    ----------
    history : of the accounts by the scorer
    snapshots : those of the history, in its order
    scorer : the one that gave the labels

    Returns
    -------
    LastingMovement, or None with fewer than three dates or 30 accounts with a segment at all of
    them, or where one family of features makes the segments.
    """
    followed = history.followed
    labels = history.labels[followed]
    n, n_dates = labels.shape
    if n_dates < FEWEST_DATES or n < FEWEST_ACCOUNTS:
        return None
    ids = history.accounts[followed]
    moved = _movement_of_each(snapshots[0], snapshots[-1], scorer, ids, labels[:, [0, -1]])
    if moved is None:
        return None
    value = float(moved.mean())
    half = Z95 * float(moved.std(ddof=1)) / np.sqrt(n)
    steps = [labels[:, a] != labels[:, b] for a, b in pairwise(range(n_dates))]
    return LastingMovement(
        n_accounts=n,
        per_step=float(np.mean(steps)),
        over_window=float((labels[:, 0] != labels[:, -1]).mean()),
        value=max(0.0, value),
        interval=(max(0.0, value - half), max(0.0, value + half)),
    )


def _movement_of_each(
    first: Snapshot, last: Snapshot, scorer: Scorer, ids: pd.Index, ends: Ints
) -> Floats | None:
    names = list(scorer.standardiser.feature_names)
    before, after = first.frame.loc[ids, names], last.frame.loc[ids, names]
    change = scorer.standardiser.transform(after) - scorer.standardiser.transform(before)
    change[(before.isna() | after.isna()).to_numpy()] = np.nan
    family = {feature.name: feature.family for feature in last.features}
    families, of = np.unique([family[name] for name in names], return_inverse=True)
    members = np.equal.outer(of, np.arange(families.size)).astype(np.float64)
    return shared_change(change, scorer.model.centres, members, ends)


def shared_change(change: Floats, centres: Floats, members: Floats, ends: Ints) -> Floats | None:
    """How far each account's families of features went together from one centre to another.

    For two centres, `u` is the part of a change along the line between them, by family, 1 in all
    for an account that went the whole way; the sum of the products of `u` of different families
    is summed over all pairs of centres and divided by what it is for such an account.

    Parameters
    ----------
    change : float64 array (n, n_features), in the matrix' units; NaN: not known on both dates
    centres : float64 array (k, n_features)
    members : float64 array (n_features, n_families) of 0 and 1
    ends : int64 array (n, 2); labels at both ends, which say what pairs of segments matter

    Returns
    -------
    float64 array (n,); None where families do not share what sets the segments apart.

    Examples
    --------
    >>> centres = np.array([[0.0, 0.0], [2.0, 2.0]])
    >>> change = np.array([[2.0, 2.0], [-2.0, -2.0], [2.0, 0.0], [-2.0, 0.0]])
    >>> shared_change(change, centres, np.eye(2), np.array([[0, 1], [1, 0], [0, 0], [1, 1]]))
    array([1., 1., 0., 0.])
    """
    pairs = list(combinations(range(len(centres)), 2))
    lines = np.array([centres[b] - centres[a] for a, b in pairs])
    crossed = np.array([(np.isin(ends, pair).all(axis=1) & (ends[:, 0] != ends[:, 1])).sum()
                        for pair in pairs])  # fmt: skip
    whole = np.average(_products(lines, lines, members), weights=crossed if crossed.any() else None)
    if whole < _LEAST_SHARED:
        return None
    known = ~np.isnan(change)
    common = np.nansum(change, axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(_products(np.where(known, change - common, 0.0), lines, members) / whole)


def _products(change: Floats, lines: Floats, members: Floats) -> Floats:
    """Sum over lines of the products of the parts of different families, shape (n,)."""
    total = np.zeros(len(change))
    for line in lines[(lines**2).sum(axis=1) > 0]:
        parts = (change * line) @ members / (line @ line)
        total += parts.sum(axis=1) ** 2 - (parts**2).sum(axis=1)
    return total
