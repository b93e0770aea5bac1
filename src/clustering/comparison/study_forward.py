"""What every labelling of a study adds to the ARR tiers, on the same accounts and folds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.columns import ARR_TIERS
from clustering.comparison.calibration import Calibration, calibration
from clustering.comparison.forward import N_FOLDS, cross_predictions
from clustering.comparison.forward_rows import OutcomeRows
from clustering.comparison.heldout import (
    Gain,
    exact_mean,
    log_losses,
    paired_gain,
    pooled_area_under_curve,
    stratified_folds,
)
from clustering.comparison.labellings import Labelling, encode
from clustering.comparison.outcomes import as_boolean
from clustering.comparison.rivals import arr_bands, random_groups, tree_predictions
from clustering.comparison.strong_models import cross_predict, fit_arr_spline, fit_strong_model
from clustering.comparison.wording import gain_claim
from clustering.progress import SILENT, Progress

__all__ = ["FEATURES", "ForwardEntry", "ForwardStudy", "forward_study"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: The name of the strong model on all features among the labellings.
FEATURES = "features"

#: With fewer events, or fewer accounts without one, no fold can be judged.
_FEWEST_EVENTS = 10


@dataclass(frozen=True)
class ForwardEntry:
    """What one labelling adds to the tiers; None, with the reason, where it cannot be told."""

    labelling: str
    outcome: str
    window: str
    n: int
    n_events: int
    gain: Gain | None
    calibration: Calibration | None
    claim: str | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """One entry of `forward` in study.json."""
        gain = None
        if self.gain is not None:
            gain = {**vars(self.gain), "interval": list(self.gain.interval)}
        return {
            "labelling": self.labelling,
            "outcome": self.outcome,
            "window": self.window,
            "n": self.n,
            "n_events": self.n_events,
            "gain": gain,
            "calibration": None if self.calibration is None else vars(self.calibration),
            "claim": self.claim,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class ForwardStudy:
    """Entries of the labellings and the strong model, and of the rivals each must be read beside.

    `rivals` are fairness baselines, for each labelling: `arr_bands` (quantile bands of ARR, as
    many as it has groups), `random_groups` (of its sizes, inside the tiers), `tree` (a tree with
    as many leaves, grown on the outcome) and once `arr_spline` (a spline of log ARR alone).
    """

    entries: tuple[ForwardEntry, ...]
    rivals: tuple[ForwardEntry, ...]


def forward_study(
    features: pd.DataFrame,
    labellings: Mapping[str, "pd.Series[str]"],
    outcomes: pd.DataFrame,
    *,
    outcome: str,
    as_of: date,
    days: int,
    titles: Mapping[str, str] | None = None,
    arr: "pd.Series[float] | None" = None,
    n_bootstrap: int = 2000,
    seed: int,
    progress: Progress = SILENT,
) -> ForwardStudy:
    """Compare every labelling with the ARR tiers about one outcome of the window after `as_of`.

    For each labelling the gain is that of the additive model of tiers and labelling over the
    tiers alone, in held-out log loss over five folds of accounts, the same for all; with a
    paired bootstrap by account. Labels and features must have been known at `as_of`.

    Parameters
    ----------
    features : DataFrame of shape (n_accounts, n_features), indexed by account
        Features of the snapshot; missing values stay missing.
    labellings : Series of labels by name, indexed by account; `arr_tiers` is the baseline
    outcomes : DataFrame indexed by account, as in `Horizon.frame`
    outcome : the column of `outcomes` that is judged: one primary outcome, fixed beforehand
    as_of, days : the window is the days after `as_of`
    titles : what labellings are called in sentences
    arr : Series of yearly amounts, indexed by account, for the rivals that need it
    n_bootstrap, seed, progress : resamples, their seed, and who is told

    Returns
    -------
    ForwardStudy
        An entry for each labelling except the tiers and one named `features`. The claim is "No
        evidence that ..." where the interval reaches 0, and None where nothing can be told.
    """
    window = f"{as_of + timedelta(days=1)} to {as_of + timedelta(days=days)}"
    others = [name for name in labellings if name != ARR_TIERS]
    judged, problem = _judged_accounts(labellings, outcomes, outcome, seed)
    if judged is None:
        entries = [
            ForwardEntry(name, outcome, window, 0, 0, None, None, None, problem)
            for name in [*others, FEATURES]
        ]
        return ForwardStudy(tuple(entries), ())
    judge = _Judge(judged, outcome, window, titles or {}, n_bootstrap, seed)
    entries, rivals = [], []
    with progress.step("Judging what came later", len(others) + 1) as advance:
        for name in others:
            rows, folds = judged.labelled(labellings[name])
            entries.append(judge.labelling(name, rows, folds))
            if entries[-1].gain is not None:
                rivals += judge.rivals(name, rows, folds, features, arr)
            advance(1)
        entries.append(judge.strong_model(features))
        rivals += judge.arr_spline(arr) if arr is not None else []
        advance(1)
    # A rival is there to be read beside a labelling; nobody offers it, so nothing is claimed.
    return ForwardStudy(tuple(entries), tuple(replace(rival, claim=None) for rival in rivals))


@dataclass(frozen=True, eq=False)
class _Accounts:
    """Accounts with a tier and an observed outcome, sorted by id, and the fold of each."""

    ids: pd.Index
    tier: Labelling
    outcome: NDArray[np.bool_]
    folds: Codes

    def labelled(self, labels: "pd.Series[str]") -> tuple[OutcomeRows, Codes]:
        """Those that have a label, with their folds."""
        coded = encode(labels.reindex(self.ids), str(labels.name or "segment"))
        known = coded.codes >= 0
        rows = OutcomeRows(
            tier=self.tier.subset(known),
            segment=coded.subset(known),
            outcome=self.outcome[known],
            account=None,
            train=None,
            n_left_out=int((~known).sum()),
            kept=known,
        )
        return rows, self.folds[known]


def _judged_accounts(
    labellings: Mapping[str, "pd.Series[str]"], outcomes: pd.DataFrame, outcome: str, seed: int
) -> tuple[_Accounts | None, str]:
    """The accounts to judge on, or why there are none."""
    if ARR_TIERS not in labellings:
        return None, "there are no ARR tiers to compare with"
    if outcome not in outcomes or outcomes[outcome].isna().all():
        return None, f"no account has an observed outcome '{outcome}' in the window"
    ids = outcomes.index.sort_values()
    values, observed = as_boolean(outcomes[outcome].reindex(ids), outcome)
    tier = encode(labellings[ARR_TIERS].reindex(ids), ARR_TIERS)
    kept = observed & (tier.codes >= 0)
    happened = values[kept]
    least = min(int(happened.sum()), int((~happened).sum()))
    if least < _FEWEST_EVENTS:
        return None, (
            f"'{outcome}' occurred for {int(happened.sum())} of {happened.size} accounts: fewer "
            f"than {_FEWEST_EVENTS} differ from the others, too few to judge a prediction"
        )
    order = np.arange(happened.size)
    folds = stratified_folds(happened, order, None, N_FOLDS, seed)
    return _Accounts(ids[kept], tier.subset(kept), happened, folds), ""


@dataclass(frozen=True, eq=False)
class _Judge:
    """Makes entries: every new prediction against that of the tiers, on the same accounts."""

    accounts: _Accounts
    outcome: str
    window: str
    titles: Mapping[str, str]
    n_bootstrap: int
    seed: int

    def labelling(self, name: str, rows: OutcomeRows, folds: Codes) -> ForwardEntry:
        if len(rows.segment.levels) < 2:
            found = "one group only" if rows.segment.levels else "no labelled accounts"
            return self._cannot(name, rows, f"the labelling has {found} among those judged")
        if not rows.outcome.any() or rows.outcome.all():
            return self._cannot(name, rows, "all labelled accounts have the same outcome")
        predicted = cross_predictions(rows, folds)
        return self._entry(name, rows.outcome, folds, predicted["tier"], [predicted["both"]])

    def rivals(
        self,
        name: str,
        rows: OutcomeRows,
        folds: Codes,
        features: pd.DataFrame,
        arr: "pd.Series[float] | None",
    ) -> list[ForwardEntry]:
        ids = self.accounts.ids[rows.kept]
        tier = cross_predictions(rows, folds)["tier"]
        drawn = [cross_predictions(draw, folds)["both"] for draw in random_groups(rows, self.seed)]
        found = [self._entry(f"{name}: random_groups", rows.outcome, folds, tier, drawn)]
        if features.shape[1]:
            known = features.reindex(ids).to_numpy(dtype=np.float64)
            tree = tree_predictions(rows, folds, known, self.seed)
            found.append(self._entry(f"{name}: tree", rows.outcome, folds, tier, [tree]))
        if arr is not None and arr.reindex(ids).notna().all():
            banded = arr_bands(rows, np.asarray(arr.reindex(ids), dtype=np.float64))
            both = cross_predictions(banded, folds)["both"]
            found.append(self._entry(f"{name}: arr_bands", rows.outcome, folds, tier, [both]))
        return found

    def strong_model(self, features: pd.DataFrame) -> ForwardEntry:
        accounts = self.accounts
        tiers = np.eye(len(accounts.tier.levels))[accounts.tier.codes]
        known = features.reindex(accounts.ids).to_numpy(dtype=np.float64)
        if known.shape[1] == 0:
            rows, _ = accounts.labelled(pd.Series("all", index=accounts.ids))
            return self._cannot(FEATURES, rows, "there are no features")
        values = np.column_stack([known, tiers])
        new = cross_predict(values, accounts.outcome, accounts.folds, fit_strong_model, self.seed)
        return self._entry(FEATURES, accounts.outcome, accounts.folds, self._tier(), [new])

    def arr_spline(self, arr: "pd.Series[float]") -> list[ForwardEntry]:
        accounts = self.accounts
        amounts = arr.reindex(accounts.ids).to_numpy(dtype=np.float64)
        if not np.isfinite(amounts).all():
            return []
        values = np.log1p(np.maximum(amounts, 0.0))[:, None]
        new = cross_predict(values, accounts.outcome, accounts.folds, fit_arr_spline, self.seed)
        entry = self._entry("arr_spline", accounts.outcome, accounts.folds, self._tier(), [new])
        return [entry]

    def _tier(self) -> Floats:
        rows, _ = self.accounts.labelled(pd.Series("all", index=self.accounts.ids))
        return cross_predictions(rows, self.accounts.folds)["tier"]

    def _entry(
        self, name: str, outcome: NDArray[np.bool_], folds: Codes, old: Floats, new: list[Floats]
    ) -> ForwardEntry:
        """Gain of the new predictions over the old; the mean where several were drawn."""
        losses = np.mean([log_losses(prediction, outcome) for prediction in new], axis=0)
        improvement = log_losses(old, outcome) - losses
        areas = [pooled_area_under_curve(prediction, outcome, folds) for prediction in new]
        before = pooled_area_under_curve(old, outcome, folds)
        known = [area for area in areas if area is not None]
        gain = Gain(
            log_loss=exact_mean(improvement),
            auc=None if before is None or not known else float(np.mean(known)) - before,
            interval=paired_gain(improvement, None, self.n_bootstrap, self.seed),
        )
        title = self.titles.get(name, name)
        tiers = self.titles.get(ARR_TIERS, ARR_TIERS)
        return ForwardEntry(
            labelling=name,
            outcome=self.outcome,
            window=self.window,
            n=outcome.size,
            n_events=int(outcome.sum()),
            gain=gain,
            calibration=calibration(new[0], outcome),
            claim=gain_claim(gain.log_loss, gain.interval, title, tiers, self.outcome),
        )

    def _cannot(self, name: str, rows: OutcomeRows, reason: str) -> ForwardEntry:
        n, events = rows.outcome.size, int(rows.outcome.sum())
        return ForwardEntry(name, self.outcome, self.window, n, events, None, None, None, reason)
