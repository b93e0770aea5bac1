"""What tier and segment knew about an outcome that came later."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.metrics import (
    Gain,
    brier_score,
    exact_mean,
    interval_around,
    log_losses,
    paired_gain,
    pooled_area_under_curve,
    stratified_folds,
)
from clustering.comparison.base.nested import MODELS, NestedFit, OutcomeTable, fit_nested
from clustering.comparison.base.rates import rates
from clustering.comparison.base.stratified import cochran_mantel_haenszel, within_tier_tests
from clustering.comparison.forward.refitted_gain import refitted_gains
from clustering.comparison.forward.report import ForwardReport, HeldOut
from clustering.comparison.forward.rows import OutcomeRows, complete_rows
from clustering.comparison.leakage.outcome_leakage import NEARLY_TOO_GOOD, leak_in_words

N_FOLDS = 5

#: With fewer events, or fewer rows without one, the held-out figures hang on single accounts.
_FEW_EVENTS = 10


def forward_validity(
    tier: ArrayLike | pd.Series | Labelling,
    segment: ArrayLike | pd.Series | Labelling,
    outcome: ArrayLike | pd.Series,
    *,
    account: ArrayLike | pd.Series | None = None,
    train: ArrayLike | pd.Series | None = None,
    n_bootstrap: int = 2000,
    seed: int = 1,
    names: tuple[str, str, str] = ("tier", "segment", "outcome"),
) -> ForwardReport:
    """Whether the segments say more about an outcome than the tiers alone.

    Five nested logistic models are fitted by maximum likelihood: base rate, tier, segment, both,
    and their interaction. The primary figure is the gain in held-out log loss of `both` over
    `tier`, with a bootstrap by account (over folds every draw is fitted anew, on a split the
    losses of the fitted models are paired); the tests of fit are secondary.

    Parameters
    ----------
    tier, segment : array-like of shape (n_rows,)
        Labels known before the window of the outcome.
    outcome : array-like of shape (n_rows,)
        Boolean, 0 and 1, or yes and no. Missing is not observed, never "no".
    account : array-like of shape (n_rows,), optional
        Rows of one account share a fold and are resampled together.
    train : array-like of shape (n_rows,), optional
        Boolean: the models and tests use these rows, the held-out figures the others. Without
        it models and tests use all rows, and the held-out figures come from five folds,
        stratified by outcome.
    n_bootstrap, seed : int
        Resamples of the gain's interval; seed of folds, resamples and permutations.
    names : what tier, segment and outcome are called.

    Returns
    -------
    ForwardReport
        Comparisons are predictive, not causal: the tier decides the service that an account
        gets, and the service may change the outcome.

    Raises
    ------
    BadInputError
        Lengths differ, the outcome is not binary, no row is complete, there are too many labels,
        or `train` leaves nothing to fit or to judge on.

    Examples
    --------
    >>> tier = ["core"] * 100 + ["large"] * 100
    >>> segment = (["late"] * 50 + ["steady"] * 50) * 2
    >>> churned = ([True] * 30 + [False] * 20 + [True] * 10 + [False] * 40) * 2
    >>> report = forward_validity(tier, segment, churned)
    >>> round(report.lr_segment_given_tier.chi2, 2), report.lr_segment_given_tier.df
    (34.52, 1)
    >>> report.gain.interval[0] > 0
    True
    """
    rows = complete_rows(tier, segment, outcome, account, train, names)
    fitted = rows.train if rows.train is not None else np.ones(rows.outcome.size, dtype=bool)
    table = rows.table(fitted)
    n_events = int(table.events.sum())
    n_fitted = int(table.rows.sum())
    notes = _notes(rows, table, names)
    leaks: tuple[str, ...] = ()
    reasons: dict[str, str] = {}
    fit, held_out, gain = None, None, None
    if n_events in (0, n_fitted):
        value = "an event" if n_events else "no event"
        reasons["deviance"] = f"all {n_fitted} rows to fit on have {value} in {names[2]}"
        reasons["gain"] = reasons["deviance"]
    else:
        fit = fit_nested(table)
        notes += _fit_notes(fit, table)
        held_out, gain, reason = _judge(rows, fit, n_bootstrap, seed, notes)
        if reason:
            reasons["gain"] = reason
        leaks = _leaks(held_out, names)
    cmh = cochran_mantel_haenszel(table)
    if cmh.reason:
        reasons["cmh"] = cmh.reason
    return ForwardReport(
        tier=names[0],
        segment=names[1],
        outcome=names[2],
        n_rows=rows.outcome.size,
        n_accounts=None if rows.account is None else int(np.unique(rows.account).size),
        n_left_out=rows.n_left_out,
        n_events=int(rows.outcome.sum()),
        n_tested=n_fitted,
        split="five folds" if rows.train is None else "train column",
        deviance=None if fit is None else fit.deviance,
        rank=None if fit is None else fit.rank,
        lr_segment_given_tier=None if fit is None else fit.likelihood_ratio("tier", "both"),
        lr_tier_given_segment=None if fit is None else fit.likelihood_ratio("segment", "both"),
        lr_interaction=None if fit is None else fit.likelihood_ratio("both", "interaction"),
        cmh=cmh,
        within_tier=tuple(within_tier_tests(table, rows.tier.levels, seed)),
        held_out=held_out,
        gain=gain,
        rates=tuple(rates(rows.segment.levels, table.rows.sum(axis=0), table.events.sum(axis=0))),
        n_bootstrap=n_bootstrap,
        seed=seed,
        reasons=reasons,
        notes=tuple(notes),
        leaks=leaks,
    )


def _leaks(held_out: HeldOut | None, names: tuple[str, str, str]) -> tuple[str, ...]:
    """What is said of a labelling that ranks the outcome by itself almost without error."""
    if held_out is None:
        return ()
    models = zip(names[:2], ("tier", "segment"), strict=True)
    areas = {name: held_out.auc[model] for name, model in models}
    return tuple(
        leak_in_words(name, names[2], f"almost without error (area under the curve {area:.2f})")
        for name, area in areas.items()
        if area is not None and area >= NEARLY_TOO_GOOD
    )


def _judge(
    rows: OutcomeRows, fit: NestedFit, n_bootstrap: int, seed: int,
    notes: list[str],
) -> tuple[HeldOut | None, Gain | None, str]:  # fmt: skip
    """Held-out figures, the gain, and the reason why either cannot be told."""
    fold_seed, bootstrap_seed = (int(s) for s in np.random.SeedSequence(seed).generate_state(2))
    if rows.train is None:
        least = min(int(rows.outcome.sum()), int((~rows.outcome).sum()))
        if least < 2:
            return None, None, "one row only has the rarer outcome: no fold can both fit and judge"
        order = rows.tier.codes * rows.shape[1] + rows.segment.codes
        folds = stratified_folds(rows.outcome, order, rows.account, N_FOLDS, fold_seed)
        held = np.ones(rows.outcome.size, dtype=bool)
        predicted = cross_predictions(rows, folds)
    else:
        held = ~rows.train
        folds = np.zeros(int(held.sum()), dtype=np.int64)
        predicted = _predictions(fit, rows, held)
        notes += _unseen_notes(rows, held)
    outcome = rows.outcome[held]
    losses = {model: log_losses(predicted[model], outcome) for model in MODELS}
    auc = {model: pooled_area_under_curve(predicted[model], outcome, folds) for model in MODELS}
    held_out = HeldOut(
        n_rows=int(held.sum()),
        auc=auc,
        log_loss={model: exact_mean(losses[model]) for model in MODELS},
        brier={model: brier_score(predicted[model], outcome) for model in MODELS},
    )
    if fit.rank["both"] == fit.rank["tier"]:
        return held_out, None, "the segments say nothing that the tiers do not: same models"
    improvement = losses["tier"] - losses["both"]
    mean = exact_mean(improvement)
    if rows.train is None:
        draws = refitted_gains(rows, folds, n_bootstrap, bootstrap_seed)
        interval = interval_around(mean, draws)
    else:
        account = None if rows.account is None else rows.account[held]
        interval = paired_gain(improvement, account, n_bootstrap, bootstrap_seed)
    gain = Gain(mean, _difference(auc["both"], auc["tier"]), interval)
    return held_out, gain, ""


def cross_predictions(rows: OutcomeRows, folds: Ints) -> dict[str, Floats]:
    """Probability of every row from the five models, each fitted on the other folds.

    Rows of a fold below 0 are only fitted on; their probabilities are NaN.
    """
    predicted = {model: np.full(rows.outcome.size, np.nan) for model in MODELS}
    for fold in np.unique(folds[folds >= 0]):
        held = folds == fold
        fit = fit_nested(rows.table(~held))
        for model, values in _predictions(fit, rows, held).items():
            predicted[model][held] = values
    return predicted


def _predictions(fit: NestedFit, rows: OutcomeRows, held: Flags) -> dict[str, Floats]:
    cell = rows.tier.codes[held], rows.segment.codes[held]
    return {model: fit.probability[model][cell] for model in MODELS}


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _notes(rows: OutcomeRows, table: OutcomeTable, names: tuple[str, str, str]) -> list[str]:
    notes = []
    if rows.n_left_out:
        notes.append(f"{_rows_text(rows.n_left_out)} left out: a label or the outcome is missing.")
    if rows.train is not None:
        notes.append("Deviances, tests and rates are of the rows to fit on.")
    if rows.account is not None and np.bincount(rows.account).max() > 1:
        notes.append(
            "Accounts have several rows: chi-square p-values take rows as independent and are "
            "too small; the interval of the gain resamples accounts."
        )
    least = int(min(table.events.sum(), (table.rows - table.events).sum()))
    if 0 < least < _FEW_EVENTS:
        notes.append(f"{_rows_text(least)} with the rarer outcome: held-out figures are unsure.")
    return notes


def _fit_notes(fit: NestedFit, table: OutcomeTable) -> list[str]:
    notes = []
    empty = int((table.rows == 0).sum())
    if empty:
        notes.append(
            f"{empty} of {table.rows.size} combinations of tier and segment have no rows to fit "
            "on: the interaction has that much less to estimate."
        )
    if fit.separated:
        notes.append(
            f"Perfect separation in {', '.join(fit.separated)}: some group has only one outcome. "
            "The deviance is its limit; held-out rows of such a group get (events + 1) / "
            "(rows + 2)."
        )
    return notes


def _unseen_notes(rows: OutcomeRows, held: Flags) -> list[str]:
    notes = []
    for labelling, instead in ((rows.segment, "the tier"), (rows.tier, "the segment")):
        known = np.zeros(len(labelling.levels), dtype=bool)
        known[labelling.codes[~held]] = True
        unseen = int((~known[labelling.codes[held]]).sum())
        if unseen:
            levels = ", ".join(np.asarray(labelling.levels)[~known])
            notes.append(
                f"{_rows_text(unseen)} judged on with a label of {labelling.name} that no row to "
                f"fit on has ({levels}): predicted by {instead} alone, or the base rate."
            )
    return notes


def _rows_text(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
