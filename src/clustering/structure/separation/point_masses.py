"""Clusters that are one value of one column: a rule found again, not a heap of accounts.

Many accounts that share the lowest or highest value of a column (nothing used, everything reached)
lie in one plane with a gap beside it, whatever the rest is like; k-means finds "zero or not", and
every test of separation agrees (docs/method.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.guards import column_name
from clustering.models.kmeans import KMeansFit

#: The least Jaccard similarity from which two sets of accounts are called the same here.
SPIKE_JACCARD = 0.75


@dataclass(frozen=True)
class Spike:
    """A cluster that is made of the accounts with the lowest or highest value of a column.

    Attributes
    ----------
    column : name, or number from 1, of the column
    end : "lowest" or "highest"
    n_accounts : accounts that share the value
    jaccard : similarity of these accounts and the cluster
    """

    column: str
    end: str
    n_accounts: int
    jaccard: float

    def __str__(self) -> str:
        return (
            f"one cluster is the {self.n_accounts:,} accounts that share the {self.end} value "
            f"of {self.column} (Jaccard {self.jaccard:.2f})"
        )


def find_spike(
    values: Floats,
    labels: Ints,
    columns: Sequence[str] | None = None,
) -> Spike | None:
    """The closest match of a cluster with one end of a column; None where none is close.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_columns)
    labels : int64 array of shape (n_accounts,)
    columns : names for the reason

    Examples
    --------
    >>> used = np.repeat([0.0, 1.0, 2.0, 3.0], [50, 20, 20, 20])
    >>> found = find_spike(used[:, np.newaxis], (used > 0).astype(int), ["features_used"])
    >>> found.column, found.end, found.n_accounts, found.jaccard
    ("'features_used'", 'lowest', 50, 1.0)
    """
    k = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=k)
    found = []
    for index, column in enumerate(values.T):
        name = column_name(index, columns)
        for end, value in (("lowest", column.min()), ("highest", column.max())):
            there = column == value
            shared = np.bincount(labels[there], minlength=k)
            jaccard = shared / (sizes + there.sum() - shared)
            found.append(Spike(name, end, int(there.sum()), float(jaccard.max())))
    closest = max(found, key=lambda spike: spike.jaccard)
    return closest if closest.jaccard >= SPIKE_JACCARD else None


def spikes_of(
    values: Floats, fits: Sequence[KMeansFit], columns: Sequence[str] | None = None
) -> Mapping[int, Spike]:
    """By k, the partitions of which one cluster is one value of one column."""
    found = {fit.k: find_spike(values, fit.labels, columns) for fit in fits if fit.k > 1}
    return {k: spike for k, spike in found.items() if spike is not None}
