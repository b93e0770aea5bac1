"""How much of what sets the segments apart each feature carries."""

import numpy as np

from clustering.arrays import Floats, Ints


def separation_shares(values: Floats, labels: Ints) -> Floats | None:
    """Share of the variance between the segments that each column has.

    The variance of the segments' means about the mean of all accounts, in the matrix: what a
    weight enlarges counts for more here too, as it did when the segments were made.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features)
    labels : int64 array of shape (n_accounts,)

    Returns
    -------
    float64 array of shape (n_features,) that adds up to 1; None where nothing sets them apart

    Examples
    --------
    >>> values = np.array([[0.0, 1.0], [0.0, 3.0], [4.0, 1.0], [4.0, 5.0]])
    >>> separation_shares(values, np.array([0, 0, 1, 1])).round(2).tolist()
    [0.94, 0.06]
    """
    centred = values - values.mean(axis=0)
    between = np.zeros(values.shape[1])
    for segment in np.unique(labels):
        inside = labels == segment
        between += inside.mean() * centred[inside].mean(axis=0) ** 2
    total = between.sum()
    return between / total if total > 1e-12 else None
