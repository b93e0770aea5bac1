"""One comparison after the other: new predictions against those of the tiers, on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ARR_TIERS
from clustering.comparison.base.calibration import Calibration, calibration
from clustering.comparison.base.labellings import Labelling, encode
from clustering.comparison.base.metrics import (
    Gain,
    exact_mean,
    interval_around,
    log_losses,
    paired_gains,
    pooled_area_under_curve,
    stratified_folds,
    two_sided_p,
)
from clustering.comparison.base.outcomes import as_boolean
from clustering.comparison.claims import gain_claim
from clustering.comparison.forward.baselines import (
    arr_bands,
    random_group_predictions,
    tree_predictions,
)
from clustering.comparison.forward.multiplicity import Role
from clustering.comparison.forward.refitted_gain import refitted_gains
from clustering.comparison.forward.rows import MOST_GROUPS, OutcomeRows
from clustering.comparison.forward.strong_models import (
    cross_predict,
    fit_arr_spline,
    fit_strong_model,
)
from clustering.comparison.forward.validity import N_FOLDS, cross_predictions

#: The name of the strong model on all features among the labellings.
FEATURES = "features"

#: With fewer events, or fewer accounts without one, no fold can be judged.
FEWEST_EVENTS = 10


@dataclass(frozen=True)
class ForwardEntry:
    """What one labelling adds to the tiers; None, with the reason, where it cannot be told.

    `p` is that of no gain, from the spread of the resamples; `p_adjusted` is corrected for the
    comparisons of its `role`. `n` and `n_events` are of the rows that are judged.
    """

    labelling: str
    outcome: str
    window: str
    n: int
    n_events: int
    gain: Gain | None
    calibration: Calibration | None
    claim: str | None
    reason: str = ""
    design: str = "five folds"
    role: Role = "primary"
    p: float | None = None
    p_adjusted: float | None = None

    def to_json(self) -> dict[str, Any]:
        """One entry of `forward` in study.json."""
        entry = dict(vars(self))
        if self.gain is not None:
            entry["gain"] = {**vars(self.gain), "interval": list(self.gain.interval)}
        if self.calibration is not None:
            entry["calibration"] = dict(vars(self.calibration))
        return entry


@dataclass(frozen=True, eq=False)
class EvaluationRows:
    """Accounts with a tier and an observed outcome, sorted, and the fold that judges each.

    A fold below 0 is only fitted on: in a split in time, the earlier dates.
    """

    ids: pd.Index
    tier: Labelling
    outcome: Flags
    folds: Ints

    def labelled(self, labels: "pd.Series[str]") -> tuple[OutcomeRows, Ints]:
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


def judged_rows(
    labellings: Mapping[str, "pd.Series[str]"],
    outcomes: pd.DataFrame,
    outcome: str,
    seed: int,
    split: "pd.Series[int] | None" = None,
) -> tuple[EvaluationRows | None, str]:
    """The rows to judge on, or why there are none.

    Parameters
    ----------
    split : fold of every row of `outcomes`, below 0 to fit on only (default: five folds,
        stratified by outcome)
    """
    if ARR_TIERS not in labellings:
        return None, "there are no ARR tiers to compare with"
    if outcome not in outcomes or outcomes[outcome].isna().all():
        return None, f"no account has an observed outcome '{outcome}' in the window"
    ids = outcomes.index.sort_values()
    values, observed = as_boolean(outcomes[outcome].reindex(ids), outcome)
    tier = encode(labellings[ARR_TIERS].reindex(ids), ARR_TIERS)
    kept = observed & (tier.codes >= 0)
    happened = values[kept]
    folds: Ints = np.zeros(happened.size, dtype=np.int64)
    if split is not None:
        folds = np.asarray(split.reindex(ids)[kept], dtype=np.int64)
    for part, where in ((folds >= 0, ""), (folds < 0, " at the earlier dates")):
        if where and split is None:
            continue
        n, events = int(part.sum()), int(happened[part].sum())
        if min(events, n - events) < FEWEST_EVENTS:
            return None, (
                f"'{outcome}' occurred for {events} of {n} accounts{where}: fewer than "
                f"{FEWEST_EVENTS} differ from the others, too few to judge a prediction"
            )
    if split is None:
        order = np.arange(happened.size, dtype=np.int64)
        folds = stratified_folds(happened, order, None, N_FOLDS, seed)
    return EvaluationRows(ids[kept], tier.subset(kept), happened, folds), ""


@dataclass(frozen=True, eq=False)
class Judge:
    """Makes entries of one outcome."""

    accounts: EvaluationRows
    outcome: str
    window: str
    titles: Mapping[str, str]
    design: str
    n_bootstrap: int
    seed: int

    def labelling(self, name: str, labels: "pd.Series[str]") -> ForwardEntry:
        """What the labelling adds; its models are so small that every resample refits them."""
        rows, folds = self.accounts.labelled(labels)
        reason = _not_comparable(rows, folds)
        if reason:
            return self.cannot(name, reason, rows, folds)
        predicted = cross_predictions(rows, folds)
        draws = None
        if (folds >= 0).all():
            draws = refitted_gains(rows, folds, self.n_bootstrap, self.seed)
        return self._entry(name, rows.outcome, folds, predicted["tier"], [predicted["both"]], draws)

    def rivals(
        self,
        name: str,
        labels: "pd.Series[str]",
        features: pd.DataFrame,
        arr: "pd.Series[float] | None",
        made: dict[tuple[str, int, bytes], ForwardEntry],
    ) -> list[ForwardEntry]:
        """The baselines of fairness; those that depend on the number of groups are `made` once."""
        rows, folds = self.accounts.labelled(labels)
        ids = self.accounts.ids[rows.kept]
        tier = cross_predictions(rows, folds)["tier"]
        drawn = random_group_predictions(rows, folds, self.seed)
        found = [self._entry(f"{name}: random_groups", rows.outcome, folds, tier, drawn)]
        same = (len(rows.segment.levels), rows.kept.tobytes())
        if features.shape[1]:
            if ("tree", *same) not in made:
                known = features.reindex(ids).to_numpy(dtype=np.float64)
                tree = tree_predictions(rows, folds, known, self.seed)
                made["tree", *same] = self._entry("", rows.outcome, folds, tier, [tree])
            found.append(replace(made["tree", *same], labelling=f"{name}: tree"))
        if arr is not None and arr.reindex(ids).notna().all():
            if ("arr", *same) not in made:
                amounts = np.asarray(arr.reindex(ids), dtype=np.float64)
                both = cross_predictions(arr_bands(rows, amounts, folds), folds)["both"]
                made["arr", *same] = self._entry("", rows.outcome, folds, tier, [both])
            found.append(replace(made["arr", *same], labelling=f"{name}: arr_bands"))
        return found

    def strong_model(self, features: pd.DataFrame) -> ForwardEntry:
        """How much there was to be known: a strong model on all features and the tiers."""
        accounts = self.accounts
        tiers = np.eye(len(accounts.tier.levels))[accounts.tier.codes]
        known = features.reindex(accounts.ids).to_numpy(dtype=np.float64)
        if known.shape[1] == 0:
            return self.cannot(FEATURES, "there are no features")
        values = np.column_stack([known, tiers])
        new = cross_predict(values, accounts.outcome, accounts.folds, fit_strong_model, self.seed)
        return self._entry(FEATURES, accounts.outcome, accounts.folds, self._tier(), [new])

    def arr_spline(self, arr: "pd.Series[float]") -> list[ForwardEntry]:
        """A spline of log ARR, where it is known for all."""
        accounts = self.accounts
        amounts = arr.reindex(accounts.ids).to_numpy(dtype=np.float64)
        if not np.isfinite(amounts).all():
            return []
        values = np.log1p(np.maximum(amounts, 0.0))[:, None]
        new = cross_predict(values, accounts.outcome, accounts.folds, fit_arr_spline, self.seed)
        entry = self._entry("arr_spline", accounts.outcome, accounts.folds, self._tier(), [new])
        return [entry]

    def cannot(
        self,
        name: str,
        reason: str,
        rows: OutcomeRows | EvaluationRows | None = None,
        folds: Ints | None = None,
    ) -> ForwardEntry:
        """An entry that says why nothing can be told."""
        given = self.accounts if rows is None else rows
        judged = (self.accounts.folds if folds is None else folds) >= 0
        return ForwardEntry(
            labelling=name,
            outcome=self.outcome,
            window=self.window,
            n=int(judged.sum()),
            n_events=int(given.outcome[judged].sum()),
            gain=None,
            calibration=None,
            claim=None,
            reason=reason,
            design=self.design,
        )

    def _tier(self) -> Floats:
        rows, _ = self.accounts.labelled(pd.Series("all", index=self.accounts.ids))
        return cross_predictions(rows, self.accounts.folds)["tier"]

    def _entry(
        self, name: str, outcome: Flags, folds: Ints, old: Floats, new: list[Floats],
        draws: Floats | None = None,
    ) -> ForwardEntry:  # fmt: skip
        """Gain of the new predictions over the old; the mean where several were drawn."""
        judged = folds >= 0
        outcome, folds, old = outcome[judged], folds[judged], old[judged]
        new = [prediction[judged] for prediction in new]
        losses = np.mean([log_losses(prediction, outcome) for prediction in new], axis=0)
        improvement = log_losses(old, outcome) - losses
        if draws is None:
            draws = paired_gains(improvement, None, self.n_bootstrap, self.seed)
        mean = exact_mean(improvement)
        before = pooled_area_under_curve(old, outcome, folds)
        after = pooled_area_under_curve(new[0], outcome, folds)
        gain = Gain(
            log_loss=mean,
            auc=None if before is None or after is None else after - before,
            interval=interval_around(mean, draws),
        )
        return ForwardEntry(
            labelling=name,
            outcome=self.outcome,
            window=self.window,
            n=outcome.size,
            n_events=int(outcome.sum()),
            gain=gain,
            calibration=calibration(new[0], outcome),
            claim=gain_claim(
                gain.log_loss,
                gain.interval,
                self.titles.get(name, name),
                self.titles.get(ARR_TIERS, ARR_TIERS),
                self.outcome,
                self.design,
            ),
            design=self.design,
            p=two_sided_p(mean, draws),
        )


def _not_comparable(rows: OutcomeRows, folds: Ints) -> str:
    """Why a labelling cannot be compared on these rows; empty where it can."""
    n_groups = len(rows.segment.levels)
    if n_groups < 2:
        found = "one group only" if n_groups else "no labelled accounts"
        return f"the labelling has {found} among those judged"
    if n_groups > MOST_GROUPS:
        return f"the labelling has {n_groups} groups; at most {MOST_GROUPS} can be compared"
    for part, where in ((folds >= 0, ""), (folds < 0, " at the earlier dates")):
        if not part.any():
            if not where:
                return "no account with a label is judged"
            continue
        if not rows.outcome[part].any() or rows.outcome[part].all():
            return f"all labelled accounts{where} have the same outcome"
        if where and np.unique(rows.segment.codes[part]).size < 2:
            return f"the labelling has one group only{where}"
    return ""
