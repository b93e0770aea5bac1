"""Predictions that a labelling is measured against: what the features themselves can say.

Each is fitted on the training rows of a fold and gives probabilities for the others. None is a
segmentation: they show how much there was to be known.
"""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.forward.rows import OutcomeRows

#: Training rows, their outcome, rows to predict, seed: probabilities of the latter.
FitPredict = Callable[[Floats, Flags, Floats, int], Floats]


def fit_strong_model(train: Floats, outcome: Flags, test: Floats, seed: int) -> Floats:
    """Probabilities of the test rows from all features; missing values may remain.

    The mean of two models that fail in different ways: a ridge logistic regression on normal
    scores, steady with few rows, and gradient boosted trees, which find thresholds and
    interactions. Neither has a setting that was chosen by the outcome.
    """
    n_quantiles = int(min(200, train.shape[0]))
    linear = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(
            n_quantiles=n_quantiles, output_distribution="normal", subsample=None, random_state=seed
        ),
        StandardScaler(),
        LogisticRegression(C=0.05, max_iter=2000),
    )
    trees = HistGradientBoostingClassifier(
        learning_rate=0.04,
        max_iter=80,
        max_leaf_nodes=4,
        min_samples_leaf=max(20, train.shape[0] // 100),
        l2_regularization=5.0,
        early_stopping=False,
        random_state=seed,
    )
    probability = np.zeros(test.shape[0])
    with warnings.catch_warnings():
        # A feature that is empty in one fold says nothing there; it is no fault of the data.
        warnings.filterwarnings("ignore", message="Skipping features without any observed values")
        for model in (linear, trees):
            probability += model.fit(train, outcome).predict_proba(test)[:, 1] / 2
    return probability


def fit_arr_spline(train: Floats, outcome: Flags, test: Floats, seed: int) -> Floats:
    """Probabilities from a cubic spline of log ARR (four knots), by nearly unpenalised ML."""
    spline = make_pipeline(
        SplineTransformer(n_knots=4, degree=3, knots="quantile", extrapolation="linear"),
        StandardScaler(),
        LogisticRegression(C=100.0, max_iter=2000),
    )
    if np.unique(train).size < 5:  # the quantile knots would coincide
        spline = make_pipeline(StandardScaler(), LogisticRegression(C=100.0, max_iter=2000))
    fitted = spline.fit(train, outcome)
    return np.asarray(fitted.predict_proba(test)[:, 1], dtype=np.float64)


def grow_tree_groups(
    train: Floats, outcome: Flags, test: Floats, n_groups: int, seed: int
) -> tuple[Ints, Ints]:
    """Leaves of a tree with `n_groups` leaves, grown on the outcome: the best such rule.

    It saw the outcome, which no segmentation may: the bound for any rule of so many groups.
    """
    least = max(5, train.shape[0] // 50)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=max(2, n_groups), min_samples_leaf=least, random_state=seed
    )
    leaves = tree.fit(train, outcome).apply
    both = np.concatenate([leaves(train), leaves(test)])
    _, codes = np.unique(both, return_inverse=True)
    return codes[: train.shape[0]].astype(np.int64), codes[train.shape[0] :].astype(np.int64)


def cross_predict(features: Floats, rows: OutcomeRows, fit: FitPredict, seed: int) -> Floats:
    """Predict every row that is judged by a model fitted on the rows of the other folds.

    Returns
    -------
    float64 array of shape (1, n_rows): these models go through the first folding alone. Rows that
    are only fitted on get NaN
    """
    predicted = np.full(rows.outcome.size, np.nan)
    # Threads that wait for a busy core cost more than they save, and one thread is one answer.
    with threadpool_limits(1):
        for fold in np.unique(rows.folds[0, rows.judged]):
            held = rows.folds[0] == fold
            predicted[held] = fit(features[~held], rows.outcome[~held], features[held], seed)
    return predicted[None]
