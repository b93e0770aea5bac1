"""How much better the rows are predicted by one model than by another, with its interval.

`clustering forward` and a study judge alike: the models see nothing of the rows of a fold that
they are judged on.
"""

from collections.abc import Sequence

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.base.additive import additive_probabilities, tier_probabilities
from clustering.comparison.base.entries import Gain
from clustering.comparison.base.metrics import (
    exact_mean,
    interval_around,
    log_losses,
    paired_gains,
    pooled_area_under_curve,
)
from clustering.comparison.base.nested import MODELS, OutcomeTable, fit_nested
from clustering.comparison.forward.refitted_gain import refitted_gains
from clustering.comparison.forward.rows import OutcomeRows


def cross_predictions(rows: OutcomeRows) -> dict[str, Floats]:
    """Probability of every row from the five models, each fitted on the other folds.

    Returns
    -------
    by model, float64 array of shape (n_foldings, n_rows); rows that are only fitted on get NaN
    """
    predicted = {model: np.full(rows.folds.shape, np.nan) for model in MODELS}
    for folding, folds in enumerate(rows.folds):
        for fold in np.unique(folds[rows.judged]):
            held = folds == fold
            fit = fit_nested(rows.table(~held))
            cell = rows.tier.codes[held], rows.segment.codes[held]
            for model in MODELS:
                predicted[model][folding, held] = fit.probability[model][cell]
    return predicted


def two_predictions(rows: OutcomeRows) -> tuple[Floats, Floats]:
    """Those of the models of the tier, and of tier and segment, all folds fitted together.

    Returns
    -------
    two float64 arrays of shape (n_foldings, n_rows); rows that are only fitted on get NaN
    """
    judged = rows.judged
    tables: list[OutcomeTable] = []
    place = []
    for folds in rows.folds:
        held, codes = np.unique(folds[judged], return_inverse=True)
        place.append(codes + len(tables))
        tables += [rows.table(folds != fold) for fold in held]
    n_rows = np.stack([table.rows for table in tables])
    n_events = np.stack([table.events for table in tables])
    cell = np.stack(place), rows.tier.codes[judged], rows.segment.codes[judged]
    found = []
    for model in (tier_probabilities, additive_probabilities):
        predicted = np.full(rows.folds.shape, np.nan)
        predicted[:, judged] = model(n_rows, n_events)[cell]
        found.append(predicted)
    return found[0], found[1]


def segment_gain(
    rows: OutcomeRows, old: Floats, new: Floats, n_bootstrap: int, seed: int
) -> tuple[Gain, Floats]:
    """Gain of tier and segment (`new`) over the tier alone (`old`), and its draws.

    Over folds every resample fits the models again, which are small enough for that; in a split
    in time they are taken as fitted.
    """
    draws = refitted_gains(rows, n_bootstrap, seed) if rows.judged.all() else None
    return gain_of(rows, old, [new], n_bootstrap, seed, draws)


def gain_of(
    rows: OutcomeRows,
    old: Floats,
    new: Sequence[Floats],
    n_bootstrap: int,
    seed: int,
    draws: Floats | None = None,
) -> tuple[Gain, Floats]:
    """Gain in log loss of the new predictions over the old, the mean of all foldings; its draws.

    Parameters
    ----------
    rows : OutcomeRows
    old, new : float64 arrays of shape (n_foldings, n_rows), probabilities; of several new ones the
        mean loss
    n_bootstrap, seed : resamples of the accounts, the models taken as fitted
    draws : float64 array of shape (n_bootstrap,), where the models were fitted in every resample
    """
    judged = rows.judged
    outcome, folds = rows.outcome[judged], rows.folds[:, judged]
    losses = np.mean([log_losses(predicted[:, judged], outcome) for predicted in new], axis=0)
    improvement = np.asarray(log_losses(old[:, judged], outcome) - losses).mean(axis=0)
    mean = exact_mean(improvement)
    if draws is None:
        account = None if rows.account is None else rows.account[judged]
        draws = paired_gains(improvement, account, n_bootstrap, seed)
    else:
        # Models of a resample know fewer different accounts and gain less: only the spread counts.
        draws = draws - draws.mean() + mean
    before, after = (mean_area(predicted[:, judged], outcome, folds) for predicted in (old, new[0]))
    auc = None if before is None or after is None else after - before
    return Gain(log_loss=mean, auc=auc, interval=interval_around(mean, draws)), draws


def mean_area(predicted: Floats, outcome: Flags, folds: Ints) -> float | None:
    """Area under the curve, the mean of all foldings; None without pairs of rows.

    Parameters
    ----------
    predicted, folds : of shape (n_foldings, n_rows)
    outcome : of shape (n_rows,)
    """
    areas = [
        pooled_area_under_curve(probability, outcome, dealt)
        for probability, dealt in zip(predicted, folds, strict=True)
    ]
    known = [area for area in areas if area is not None]
    return exact_mean(np.asarray(known)) if known else None
