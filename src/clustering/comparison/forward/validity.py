"""What tier and segment knew about an outcome that came later."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.comparison.base.entries import Gain
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.metrics import (
    brier_score,
    exact_mean,
    log_losses,
)
from clustering.comparison.base.nested import MODELS, NestedFit, OutcomeTable, fit_nested
from clustering.comparison.base.rates import rates
from clustering.comparison.base.stratified import cochran_mantel_haenszel, within_tier_tests
from clustering.comparison.forward.entries import ForwardReport
from clustering.comparison.forward.gain import cross_predictions, mean_area, segment_gain
from clustering.comparison.forward.rows import FEWEST_EVENTS, Columns, OutcomeRows, complete_rows
from clustering.comparison.leakage.outcome_leakage import NEARLY_TOO_GOOD, leak_in_words
from clustering.config import ComparisonConfig


def forward_validity(
    tier: ArrayLike | pd.Series | Labelling,
    segment: ArrayLike | pd.Series | Labelling,
    outcome: ArrayLike | pd.Series,
    *,
    account: ArrayLike | pd.Series | None = None,
    train: ArrayLike | pd.Series | None = None,
    n_bootstrap: int = 2000,
    n_foldings: int = ComparisonConfig().foldings,
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
    n_bootstrap, n_foldings, seed : int
        Resamples of the gain's interval; how often the rows are dealt into folds, of which the
        held-out figures are the mean; seed of folds, resamples and permutations.
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
    fold_seed, bootstrap_seed = (int(s) for s in np.random.SeedSequence(seed).generate_state(2))
    rows = complete_rows(
        Columns(tier, segment, outcome, account, train), names, fold_seed, n_foldings
    )
    table = rows.table(rows.fitted)
    n_events, n_tested = int(table.events.sum()), int(table.rows.sum())
    notes = _notes(rows, table)
    cmh = cochran_mantel_haenszel(table)
    reasons: dict[str, str] = {}
    fit, held_out = None, _HeldOut()
    if n_events in (0, n_tested):
        value = "an event" if n_events else "no event"
        reason = f"all {n_tested} rows to fit on have {value} in {names[2]}"
        reasons |= {"deviance": reason, "gain": reason}
    else:
        fit = fit_nested(table)
        notes += [*_fit_notes(fit, table), *_unseen_notes(rows)]
        held_out = _held_out(rows, fit, n_bootstrap, bootstrap_seed)
        reasons |= {"gain": held_out.reason} if held_out.reason else {}
    reasons |= {"cmh": cmh.reason} if cmh.reason else {}
    return ForwardReport(
        tier=names[0],
        segment=names[1],
        outcome=names[2],
        n=rows.outcome.size,
        n_accounts=None if rows.account is None else np.unique(rows.account).size,
        n_left_out=rows.n_left_out,
        n_events=rows.outcome.sum(),
        n_tested=n_tested,
        n_held_out=held_out.n,
        split="five folds" if train is None else "train column",
        **({} if fit is None else _tests_of_fit(fit)),
        cmh=cmh,
        within_tier=within_tier_tests(table, rows.tier.levels, seed),
        auc=held_out.auc,
        log_loss=held_out.log_loss,
        brier=held_out.brier,
        gain=held_out.gain,
        rates=rates(rows.segment.levels, table.rows.sum(axis=0), table.events.sum(axis=0)),
        n_bootstrap=n_bootstrap,
        n_foldings=len(rows.folds),
        seed=seed,
        reasons=reasons,
        notes=notes,
        leaks=_leaks(held_out, names),
    )


def _tests_of_fit(fit: NestedFit) -> dict[str, Any]:
    """The fields of the report that tell how well the models fit what they were fitted on."""
    return {
        "deviance": dict(fit.deviance),
        "rank": dict(fit.rank),
        "lr_segment_given_tier": fit.likelihood_ratio("tier", "both"),
        "lr_tier_given_segment": fit.likelihood_ratio("segment", "both"),
        "lr_interaction": fit.likelihood_ratio("both", "interaction"),
    }


@dataclass(frozen=True)
class _HeldOut:
    """Figures of the five models on rows that did not make them, and why there are none."""

    n: int | None = None
    auc: dict[str, float | None] | None = None
    log_loss: dict[str, float] | None = None
    brier: dict[str, float] | None = None
    gain: Gain | None = None
    reason: str = ""


def _held_out(rows: OutcomeRows, fit: NestedFit, n_bootstrap: int, seed: int) -> _HeldOut:
    judged = rows.judged
    outcome, folds = rows.outcome[judged], rows.folds[:, judged]
    if judged.all() and min(int(outcome.sum()), int((~outcome).sum())) < 2:
        reason = "one row only has the rarer outcome: no fold can both fit and judge"
        return _HeldOut(reason=reason)
    predicted = cross_predictions(rows)
    gain, reason = None, "the segments say nothing that the tiers do not: same models"
    if fit.rank["both"] != fit.rank["tier"]:
        gain, _ = segment_gain(rows, predicted["tier"], predicted["both"], n_bootstrap, seed)
        reason = ""
    of = {model: predicted[model][:, judged] for model in MODELS}
    every = np.tile(outcome, len(folds))
    return _HeldOut(
        n=int(judged.sum()),
        auc={model: mean_area(of[model], outcome, folds) for model in MODELS},
        log_loss={
            model: exact_mean(log_losses(of[model], outcome).mean(axis=0)) for model in MODELS
        },
        brier={model: brier_score(of[model].ravel(), every) for model in MODELS},
        gain=gain,
        reason=reason,
    )


def _leaks(held_out: _HeldOut, names: tuple[str, str, str]) -> list[str]:
    """What is said of a labelling that ranks the outcome by itself almost without error."""
    areas = held_out.auc or {}
    told = [
        (name, areas.get(model)) for name, model in zip(names, ("tier", "segment"), strict=False)
    ]
    return [
        leak_in_words(name, names[2], f"almost without error (area under the curve {area:.2f})")
        for name, area in told
        if area is not None and area >= NEARLY_TOO_GOOD
    ]


def _notes(rows: OutcomeRows, table: OutcomeTable) -> list[str]:
    notes = []
    if rows.n_left_out:
        notes.append(f"{_rows_text(rows.n_left_out)} left out: a label or the outcome is missing.")
    if not rows.judged.all():
        notes.append("Deviances, tests and rates are of the rows to fit on.")
    if rows.account is not None and np.bincount(rows.account).max() > 1:
        notes.append(
            "Accounts have several rows: chi-square p-values take rows as independent and are "
            "too small; the interval of the gain resamples accounts."
        )
    least = int(min(table.events.sum(), (table.rows - table.events).sum()))
    if 0 < least < FEWEST_EVENTS:
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


def _unseen_notes(rows: OutcomeRows) -> list[str]:
    """Labels of rows to judge on that no row to fit on has; over folds there are none."""
    notes = []
    for labelling, instead in ((rows.segment, "the tier"), (rows.tier, "the segment")):
        known = np.zeros(len(labelling.levels), dtype=bool)
        known[labelling.codes[rows.fitted]] = True
        unseen = int((~known[labelling.codes[rows.judged]]).sum())
        if unseen:
            levels = ", ".join(np.asarray(labelling.levels)[~known])
            notes.append(
                f"{_rows_text(unseen)} judged on with a label of {labelling.name} that no row to "
                f"fit on has ({levels}): predicted by {instead} alone, or the base rate."
            )
    return notes


def _rows_text(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
