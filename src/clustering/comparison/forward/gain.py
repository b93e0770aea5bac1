"""How much better the rows are predicted by one model than by another, with its interval.

`clustering forward` and a study judge alike: the models see nothing of the rows of a fold that
they are judged on.
"""

from collections.abc import Sequence

import numpy as np

from clustering.arrays import Flags, Floats
from clustering.comparison.base.entries import Gain
from clustering.comparison.base.metrics import (
    exact_mean,
    interval_around,
    log_losses,
    paired_gains,
    pooled_area_under_curve,
)
from clustering.comparison.base.nested import MODELS, NestedFit, fit_nested
from clustering.comparison.forward.refitted_gain import refitted_gains
from clustering.comparison.forward.rows import OutcomeRows


def cross_predictions(rows: OutcomeRows) -> dict[str, Floats]:
    """Probability of every row from the five models, each fitted on the other folds.

    Rows that are only fitted on get NaN.
    """
    predicted = {model: np.full(rows.outcome.size, np.nan) for model in MODELS}
    for fold in np.unique(rows.folds[rows.judged]):
        held = rows.folds == fold
        for model, values in _predictions(fit_nested(rows.table(~held)), rows, held).items():
            predicted[model][held] = values
    return predicted


def _predictions(fit: NestedFit, rows: OutcomeRows, held: Flags) -> dict[str, Floats]:
    cell = rows.tier.codes[held], rows.segment.codes[held]
    return {model: fit.probability[model][cell] for model in MODELS}


def segment_gain(
    rows: OutcomeRows, predicted: dict[str, Floats], n_bootstrap: int, seed: int
) -> tuple[Gain, Floats]:
    """Gain of tier and segment over the tier alone, and its draws.

    Over folds every resample fits the models again, which are small enough for that; in a split
    in time they are taken as fitted.
    """
    draws = refitted_gains(rows, n_bootstrap, seed) if rows.judged.all() else None
    old, new = predicted["tier"], [predicted["both"]]
    return gain_of(rows, old, new, n_bootstrap, seed, draws)


def gain_of(
    rows: OutcomeRows,
    old: Floats,
    new: Sequence[Floats],
    n_bootstrap: int,
    seed: int,
    draws: Floats | None = None,
) -> tuple[Gain, Floats]:
    """Gain in log loss of the new predictions over the old, and its draws.

    Parameters
    ----------
    rows : OutcomeRows
    old, new : float64 arrays of shape (n_rows,), probabilities; of several new ones the mean loss
    n_bootstrap, seed : resamples of the accounts, the models taken as fitted
    draws : float64 array of shape (n_bootstrap,), where the models were fitted in every resample
    """
    judged = rows.judged
    outcome, folds = rows.outcome[judged], rows.folds[judged]
    losses = np.mean([log_losses(predicted[judged], outcome) for predicted in new], axis=0)
    improvement = np.asarray(log_losses(old[judged], outcome) - losses)
    if draws is None:
        account = None if rows.account is None else rows.account[judged]
        draws = paired_gains(improvement, account, n_bootstrap, seed)
    mean = exact_mean(improvement)
    before, after = (
        pooled_area_under_curve(predicted[judged], outcome, folds) for predicted in (old, new[0])
    )
    auc = None if before is None or after is None else after - before
    return Gain(log_loss=mean, auc=auc, interval=interval_around(mean, draws)), draws
