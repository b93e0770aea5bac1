"""Whether agreement with the ARR tiers is real, or was put in through the features."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from clustering.arrays import Floats, Ints
from clustering.comparison.agreement.agreement import compare_partitions
from clustering.comparison.agreement.indices import adjusted_mutual_information
from clustering.comparison.base.labellings import Labelling, encode, pair
from clustering.comparison.base.metrics import stratified_folds
from clustering.comparison.leakage.entries import Ablation, Circularity, LeakageIndex
from clustering.errors import BadInputError
from clustering.matrix.size import (
    FEWEST_ACCOUNTS,
    N_FOLDS,
    dealt,
    of_known_size,
    out_of_fold_r2,
)

#: Clusters standardised values with a seed: the chosen algorithm and number of clusters.
Cluster = Callable[[Floats, int], ArrayLike]

#: Least agreement of a labelling with its held-out prediction from which it is called circular.
CIRCULAR_FROM = 0.8


def ablation(
    values: Floats,
    tier: ArrayLike | pd.Series | Labelling,
    log_arr: Floats,
    cluster: Cluster,
    *,
    size_proxies: Floats | None = None,
    tenure: Floats | None = None,
    n_bootstrap: int = 2000,
    seed: int,
) -> list[Ablation]:
    """Agreement with the tiers, clustering on features with and without ARR.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features)
        F0: standardised features without ARR and without proxies of size.
    tier : array-like of shape (n_accounts,)
    log_arr : float64 array of shape (n_accounts,), finite
    cluster : fits the same clustering to each set of features
    size_proxies : float64 array of shape (n_accounts, n_proxies), standardised, optional
    tenure : float64 array of shape (n_accounts,), optional
    n_bootstrap, seed : of the intervals, which take the labels as fixed

    Returns
    -------
    list of Ablation
        F0; F1 with proxies of size; F2 with ARR; F3 ARR alone; F0 with permuted ARR, the control
        for one more skewed feature; F0 residualised on log ARR, and on tenure. Headline results
        rest on F0 alone.

    Raises
    ------
    BadInputError
        Shapes do not fit, or log ARR is not known for all accounts.
    """
    n_accounts = values.shape[0]
    for name, array in (("log ARR", log_arr), ("tenure", tenure)):
        if array is not None and (array.shape != (n_accounts,) or not np.isfinite(array).all()):
            raise BadInputError(f"{name} must be known for all {n_accounts} accounts.")
    arr = _standard(log_arr)[:, None]
    permuted = np.random.default_rng(seed).permutation(arr)
    sets = [("F0", "no ARR, no proxy of size", values)]
    if size_proxies is not None and size_proxies.shape[1]:
        sets.append(("F1", "F0 and proxies of size", np.column_stack([values, size_proxies])))
    sets += [
        ("F2", "F0 and ARR", np.column_stack([values, arr])),
        ("F3", "ARR alone", arr),
        ("F0+permuted", "F0 and ARR of other accounts", np.column_stack([values, permuted])),
        ("F0-ARR", "F0 residualised on log ARR", _residuals(values, arr)),
    ]
    if tenure is not None and np.ptp(tenure) > 0:
        residuals = _residuals(values, _standard(tenure)[:, None])
        sets.append(("F0-tenure", "F0 residualised on tenure", residuals))
    found, plain = [], encode(np.asarray(cluster(values, seed)), "F0")
    for name, meaning, features in sets:
        made = plain if features is values else encode(np.asarray(cluster(features, seed)), name)
        agreement = compare_partitions(
            tier,
            made,
            n_permutations=1,
            n_bootstrap=n_bootstrap,
            seed=seed,
        )
        found.append(
            Ablation(
                features=name,
                meaning=meaning,
                n_features=features.shape[1],
                ami=agreement.ami,
                ari=agreement.ari,
                with_f0=adjusted_mutual_information(pair(plain, made).contingency),
                interval=agreement.interval,
            )
        )
    return found


def leakage_index(features: pd.DataFrame, log_arr: ArrayLike, *, seed: int) -> LeakageIndex:
    """How well the features predict log ARR, overall and leaving one feature out.

    Out-of-fold R squared of gradient boosted trees over five folds, on at most 10,000 accounts.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> log_arr = rng.normal(size=400)
    >>> frame = pd.DataFrame({"seats": log_arr + rng.normal(size=400) / 4, "noise": log_arr[::-1]})
    >>> index = leakage_index(frame, log_arr, seed=1)
    >>> index.overall > 0.8, min(index.without, key=index.without.get)
    (True, 'seats')
    """
    target = np.asarray(log_arr, dtype=np.float64)
    known = of_known_size(target)
    if not known.size:
        raise BadInputError(
            f"the leakage index needs at least {FEWEST_ACCOUNTS} accounts of different ARR, found "
            f"{np.isfinite(target).sum()}."
        )
    rows, folds = dealt(known, seed)
    values = features.to_numpy(dtype=np.float64)[rows]
    overall = out_of_fold_r2(values, target[rows], folds, seed)
    without = {
        str(name): out_of_fold_r2(np.delete(values, column, axis=1), target[rows], folds, seed)
        for column, name in enumerate(features.columns)
    }
    return LeakageIndex(overall=overall, without=without, n_accounts=rows.size)


def detect_circularity(
    labels: ArrayLike | pd.Series | Labelling,
    features: pd.DataFrame,
    *,
    name: str,
    seed: int,
) -> Circularity:
    """Whether a labelling was made, or could have been made, from the same features.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"breadth": rng.normal(size=400), "noise": rng.normal(size=400)})
    >>> found = detect_circularity(frame["breadth"] > 0, frame, name="needs_segment", seed=1)
    >>> found.circular
    True
    """
    coded = labels if isinstance(labels, Labelling) else encode(labels, name)
    known = np.flatnonzero(coded.codes >= 0)
    rows, _ = dealt(known, seed)
    codes = coded.codes[rows]
    if np.unique(codes).size < 2 or rows.size < FEWEST_ACCOUNTS:
        sentence = f"Whether {name} was made from the features is not known: too few labels."
        return Circularity(ami=None, circular=False, sentence=sentence)
    values = features.to_numpy(dtype=np.float64)[rows]
    folds = stratified_folds(codes == codes[0], np.arange(rows.size), None, N_FOLDS, seed)
    predicted = np.empty_like(codes)
    with threadpool_limits(1):
        for fold in range(N_FOLDS):
            held = folds == fold
            predicted[held] = _classify(values[~held], codes[~held], values[held], seed)
    ami = float(adjusted_mutual_information(pair(codes, predicted).contingency))
    if ami >= CIRCULAR_FROM:
        sentence = (
            f"{name} follows from the features (their prediction agrees with it at AMI "
            f"{ami:.2f}): agreement of the segments with it is circular."
        )
    else:
        sentence = (
            f"{name} does not follow from the features (AMI {ami:.2f} with their prediction): it "
            "is an external reference, with errors of its own."
        )
    return Circularity(ami=ami, circular=ami >= CIRCULAR_FROM, sentence=sentence)


def _classify(train: Floats, codes: Ints, test: Floats, seed: int) -> Ints:
    if np.unique(codes).size < 2:
        return np.full(test.shape[0], codes[0])
    model = HistGradientBoostingClassifier(
        learning_rate=0.1, max_iter=40, max_leaf_nodes=8, early_stopping=False, random_state=seed
    )
    return np.asarray(model.fit(train, codes).predict(test), dtype=np.int64)


def _residuals(values: Floats, on: Floats) -> Floats:
    design = np.column_stack([np.ones(len(on)), on])
    coefficients, *_ = np.linalg.lstsq(design, values, rcond=None)
    return np.asarray(values - design @ coefficients)


def _standard(values: Floats) -> Floats:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))
