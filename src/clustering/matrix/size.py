"""How well features tell the size of an account, also where they do not rise with it."""

import numpy as np

from clustering.arrays import Floats, Ints

#: Accounts that it is computed on at most; more do not change it visibly.
MOST_ACCOUNTS = 10_000
N_FOLDS = 5
#: With fewer accounts it is not known.
FEWEST_ACCOUNTS = 10 * N_FOLDS


def of_known_size(log_arr: Floats) -> Ints:
    """Accounts whose size is known; none where they are too few, or all of one size.

    Examples
    --------
    >>> of_known_size(np.r_[np.nan, np.linspace(0, 1, 50)]).tolist() == list(range(1, 51))
    True
    >>> of_known_size(np.linspace(0, 1, 49)).size, of_known_size(np.ones(50)).size
    (0, 0)
    """
    known = np.flatnonzero(np.isfinite(log_arr))
    told = known.size >= FEWEST_ACCOUNTS and np.ptp(log_arr[known]) > 0
    return known if told else known[:0]


def dealt(known: Ints, seed: int) -> tuple[Ints, Ints]:
    """Accounts to compute on, ascending, and the fold of each.

    Examples
    --------
    >>> rows, folds = dealt(np.arange(60), seed=1)
    >>> rows.size, np.bincount(folds).tolist()
    (60, [12, 12, 12, 12, 12])
    """
    generator = np.random.default_rng(seed)
    rows = np.sort(generator.permutation(known)[:MOST_ACCOUNTS])
    return rows, generator.permutation(rows.size) % N_FOLDS


def out_of_fold_r2(values: Floats, target: Floats, folds: Ints, seed: int) -> float:
    """R squared of gradient boosted trees on accounts that they were not fitted on.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features); NaN is missing
    target : float64 array of shape (n_accounts,), finite
    folds : int64 array of shape (n_accounts,)
    seed : of the trees

    Examples
    --------
    The distance from the middle follows from the size, though neither rises with the other:

    >>> size = np.linspace(-1, 1, 400)
    >>> rows, folds = dealt(np.arange(400), seed=1)
    >>> out_of_fold_r2(np.abs(size)[:, None], size**2, folds, 1) > 0.9
    True
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # heavy, and a scorer never asks
    from threadpoolctl import threadpool_limits

    residual, spread = 0.0, 0.0
    with threadpool_limits(1):  # many small fits: waiting threads cost more than they save
        for fold in range(N_FOLDS):
            held = folds == fold
            mean = float(target[~held].mean())
            predicted = np.full(int(held.sum()), mean)
            if values.shape[1]:
                model = HistGradientBoostingRegressor(
                    learning_rate=0.15,
                    max_iter=25,
                    max_leaf_nodes=8,
                    early_stopping=False,
                    random_state=seed,
                )
                predicted = model.fit(values[~held], target[~held]).predict(values[held])
            residual += float(((target[held] - predicted) ** 2).sum())
            spread += float(((target[held] - mean) ** 2).sum())
    return 1 - residual / spread
