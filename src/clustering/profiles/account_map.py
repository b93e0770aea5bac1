"""Two coordinates per account, for a picture of all of them."""

import numpy as np

from clustering.arrays import Floats


def map_accounts(values: Floats) -> Floats:
    """First two principal components of the matrix.

    The picture shows the directions of largest variance, not the separation of the segments:
    segments may overlap on it and be apart in the matrix.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features)

    Returns
    -------
    float64 array of shape (n_accounts, 2)
        Centred. Signs are fixed: the largest loading of each component is positive. The second
        coordinate is 0 when there is a single feature.

    Examples
    --------
    >>> values = np.array([[0.0, 0.0], [2.0, 1.0], [4.0, -1.0]])
    >>> map_accounts(values).round(2).tolist()
    [[-1.91, -0.58], [-0.29, 0.96], [2.2, -0.38]]
    """
    centred = values - values.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    leading = axes[:, ::-1][:, :2]
    strongest = np.argmax(np.abs(leading), axis=0)
    leading = leading * np.where(leading[strongest, np.arange(leading.shape[1])] < 0, -1.0, 1.0)
    coordinates = np.zeros((len(values), 2))
    coordinates[:, : leading.shape[1]] = centred @ leading
    return coordinates
