"""One comparison after the other: new predictions against those of the tiers, on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ARR_TIERS
from clustering.comparison.base.calibration import calibration
from clustering.comparison.base.companies import units
from clustering.comparison.base.entries import Gain
from clustering.comparison.base.labellings import Labelling, as_boolean, encode
from clustering.comparison.base.metrics import foldings, two_sided_p
from clustering.comparison.claims import gain_claim
from clustering.comparison.forward.baselines import (
    arr_bands,
    random_group_predictions,
    tree_predictions,
)
from clustering.comparison.forward.entries import ForwardEntry
from clustering.comparison.forward.gain import gain_of, segment_gain, two_predictions
from clustering.comparison.forward.rows import FEWEST_EVENTS, MOST_GROUPS, N_FOLDS, OutcomeRows
from clustering.comparison.forward.strong_models import (
    cross_predict,
    fit_arr_spline,
    fit_strong_model,
)
from clustering.comparison.forward.time_split import Sample

#: The name of the strong model on all features among the labellings.
FEATURES = "features"


@dataclass(frozen=True)
class Task:
    """What is the same for every entry.

    Attributes
    ----------
    titles : what labellings are called in sentences
    window : its dates
    n_bootstrap, seed : resamples
    n_foldings : how often the folds are dealt, where there are folds
    company : as `clustering.comparison.base.companies.companies` gives it; the accounts of a
        company share their folds and are drawn together
    """

    titles: Mapping[str, str]
    window: str
    n_bootstrap: int
    seed: int
    n_foldings: int = 1
    company: "pd.Series[int] | None" = None

    def title(self, name: str) -> str:
        """What a labelling is called in a sentence."""
        return self.titles.get(name, name)


@dataclass(frozen=True, eq=False)
class EvaluationRows:
    """Accounts with a tier and an observed outcome, sorted, and the folds that judge each."""

    ids: pd.Index
    tier: Labelling
    outcome: Flags
    folds: Ints
    company: Ints | None

    def labelled(self, labels: "pd.Series[str]") -> OutcomeRows:
        """Those that have a label."""
        coded = encode(labels.reindex(self.ids), str(labels.name or "segment"))
        known = coded.codes >= 0
        return OutcomeRows(
            tier=self.tier.subset(known),
            segment=coded.subset(known),
            outcome=self.outcome[known],
            folds=self.folds[:, known],
            account=None if self.company is None else self.company[known],
            kept=known,
        )

    @property
    def every(self) -> OutcomeRows:
        """All of them, as one group."""
        return self.labelled(pd.Series("all", index=self.ids))


def evaluation_rows(sample: Sample, outcome: str, task: Task) -> EvaluationRows | str:
    """The rows to judge on, or why there are none; folds are stratified by outcome."""
    if ARR_TIERS not in sample.labels:
        return "there are no ARR tiers to compare with"
    if outcome not in sample.outcomes or sample.outcomes[outcome].isna().all():
        return f"no account has an observed outcome '{outcome}' in the window"
    ids = sample.outcomes.index.sort_values()
    values, observed = as_boolean(sample.outcomes[outcome].reindex(ids), outcome)
    tier = encode(sample.labels[ARR_TIERS].reindex(ids), ARR_TIERS)
    kept = observed & (tier.codes >= 0)
    happened = values[kept]
    company = units(ids[kept].get_level_values(-1), task.company)
    parts = [(np.ones(happened.size, dtype=bool), "")]
    if sample.folds is not None:
        folds = np.asarray(sample.folds.reindex(ids)[kept], dtype=np.int64)
        parts = [(folds >= 0, ""), (folds < 0, " at the earlier dates")]
    for part, where in parts:
        n, events = int(part.sum()), int(happened[part].sum())
        if min(events, n - events) < FEWEST_EVENTS:
            return (
                f"'{outcome}' occurred for {events} of {n} accounts{where}: fewer than "
                f"{FEWEST_EVENTS} differ from the others, too few to judge a prediction"
            )
    if sample.folds is None:
        order = np.arange(happened.size, dtype=np.int64)
        dealt = foldings(happened, order, company, N_FOLDS, task.n_foldings, task.seed)
    else:
        dealt = folds[None]
    return EvaluationRows(ids[kept], tier.subset(kept), happened, dealt, company)


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Makes the entries of one outcome on one sample."""

    accounts: EvaluationRows
    sample: Sample
    outcome: str
    task: Task
    #: Entries of the baselines that depend on the number of groups alone.
    _made: dict[tuple[str, int, bytes], ForwardEntry] = field(default_factory=dict)

    def labelling(self, name: str) -> ForwardEntry:
        """What the labelling adds."""
        rows = self.accounts.labelled(self.sample.labels[name])
        if reason := _not_comparable(rows):
            return self._cannot(name, reason, rows)
        tier, both = two_predictions(rows)
        found = segment_gain(rows, tier, both, self.task.n_bootstrap, self.task.seed)
        return self._entry(name, rows, found, both)

    def baselines(self, name: str) -> list[ForwardEntry]:
        """The baselines of fairness of one labelling, through one folding."""
        rows, seed = self.accounts.labelled(self.sample.labels[name]).once, self.task.seed
        ids = self.accounts.ids[rows.kept]
        tier, _ = two_predictions(rows)
        drawn = random_group_predictions(rows, seed)
        found = [self._paired(f"{name}: random_groups", rows, tier, drawn)]
        same = (len(rows.segment.levels), rows.kept.tobytes())
        if self.sample.features.shape[1]:
            if ("tree", *same) not in self._made:
                tree = tree_predictions(rows, _floats(self.sample.features, ids), seed)
                self._made["tree", *same] = self._paired("", rows, tier, [tree])
            found.append(_named(self._made["tree", *same], f"{name}: tree"))
        if self.sample.arr.reindex(ids).notna().all():
            if ("arr", *same) not in self._made:
                _, both = two_predictions(arr_bands(rows, _floats(self.sample.arr, ids)))
                self._made["arr", *same] = self._paired("", rows, tier, [both])
            found.append(_named(self._made["arr", *same], f"{name}: arr_bands"))
        return found

    def strong_model(self) -> ForwardEntry:
        """How much there was to be known: a strong model on all features and the tiers."""
        rows = self.accounts.every.once
        known = _floats(self.sample.features, self.accounts.ids)
        if known.shape[1] == 0:
            return self._cannot(FEATURES, "there are no features", rows)
        values = np.column_stack([known, np.eye(len(rows.tier.levels))[rows.tier.codes]])
        new = cross_predict(values, rows, fit_strong_model, self.task.seed)
        return self._paired(FEATURES, rows, two_predictions(rows)[0], [new])

    def arr_spline(self) -> list[ForwardEntry]:
        """A spline of log ARR, where it is known for all."""
        rows, amounts = self.accounts.every.once, _floats(self.sample.arr, self.accounts.ids)
        if not np.isfinite(amounts).all():
            return []
        values = np.log1p(np.maximum(amounts, 0.0))[:, None]
        new = cross_predict(values, rows, fit_arr_spline, self.task.seed)
        return [self._paired("arr_spline", rows, two_predictions(rows)[0], [new])]

    def _cannot(self, name: str, reason: str, rows: OutcomeRows) -> ForwardEntry:
        """An entry that says why nothing can be told."""
        return ForwardEntry(
            labelling=name,
            outcome=self.outcome,
            window=self.task.window,
            n=rows.judged.sum(),
            n_events=rows.outcome[rows.judged].sum(),
            reason=reason,
            design=self.sample.design,
        )

    def _paired(
        self, name: str, rows: OutcomeRows, old: Floats, new: Sequence[Floats]
    ) -> ForwardEntry:
        found = gain_of(rows, old, new, self.task.n_bootstrap, self.task.seed)
        return self._entry(name, rows, found, new[0])

    def _entry(
        self, name: str, rows: OutcomeRows, found: tuple[Gain, Floats], predicted: Floats
    ) -> ForwardEntry:
        gain, draws = found
        outcome = rows.outcome[rows.judged]
        held_out = predicted[:, rows.judged]
        return ForwardEntry(
            labelling=name,
            outcome=self.outcome,
            window=self.task.window,
            n=outcome.size,
            n_events=outcome.sum(),
            gain=gain,
            calibration=calibration(held_out.ravel(), np.tile(outcome, len(held_out))),
            design=self.sample.design,
            p=two_sided_p(gain.log_loss, draws),
            claim=gain_claim(
                gain,
                self.task.title(name),
                self.task.title(ARR_TIERS),
                self.outcome,
                self.sample.design,
            ),
        )


def _named(entry: ForwardEntry, name: str) -> ForwardEntry:
    return entry.model_copy(update={"labelling": name})


def _floats(values: "pd.DataFrame | pd.Series[float]", ids: pd.Index) -> Floats:
    return np.asarray(values.reindex(ids), dtype=np.float64)


def _not_comparable(rows: OutcomeRows) -> str:
    """Why a labelling cannot be compared on these rows; empty where it can."""
    n_groups = len(rows.segment.levels)
    if n_groups < 2:
        found = "one group only" if n_groups else "no labelled accounts"
        return f"the labelling has {found} among those judged"
    if n_groups > MOST_GROUPS:
        return f"the labelling has {n_groups} groups; at most {MOST_GROUPS} can be compared"
    if not rows.judged.any():
        return "no account with a label is judged"
    for part, where in ((rows.judged, ""), (~rows.judged, " at the earlier dates")):
        if not part.any():
            continue
        if not rows.outcome[part].any() or rows.outcome[part].all():
            return f"all labelled accounts{where} have the same outcome"
        if where and np.unique(rows.segment.codes[part]).size < 2:
            return f"the labelling has one group only{where}"
    return ""
