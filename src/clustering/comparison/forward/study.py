"""What every labelling of a study adds to the ARR tiers, on the same accounts and folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

import pandas as pd

from clustering.columns import ARR_TIERS, SEGMENT
from clustering.comparison.claims import corrected_claim
from clustering.comparison.forward.entries import ForwardEntry, Multiplicity, Role, TimeSplit
from clustering.comparison.forward.evaluate import FEATURES, Evaluator, Task, evaluation_rows
from clustering.comparison.forward.multiplicity import adjusted
from clustering.comparison.forward.time_split import (
    FOLDS,
    OUT_OF_TIME,
    DatedAccounts,
    EarlierDates,
    Sample,
    of_one_date,
    stack,
)
from clustering.progress import SILENT, Advance, Progress
from clustering.schema import Entry
from clustering.wording import LEVEL

_Entry = TypeVar("_Entry", bound=Entry)

#: Most resamples of what does not decide.
_FEWER_DRAWS = 500


@dataclass(frozen=True)
class ForwardStudy:
    """Entries of the labellings and the strong model, and of what they must be read beside.

    Attributes
    ----------
    entries : about the primary outcome, one a labelling and one for all `features`
    rivals : fairness baselines, for each labelling `arr_bands` (quantile bands of ARR, as many as
        it has groups), `random_groups` (of its sizes, inside the tiers), `tree` (with as many
        leaves, grown on the outcome) and once `arr_spline` (a spline of log ARR alone)
    secondary : the labellings about every other outcome; exploratory
    folds : where `entries` are split in time, the same on five folds of the study's own accounts
    split : how `entries` were split, and why not in time
    multiplicity : how many comparisons there are, and how they are corrected
    """

    entries: tuple[ForwardEntry, ...]
    rivals: tuple[ForwardEntry, ...]
    secondary: tuple[ForwardEntry, ...]
    folds: tuple[ForwardEntry, ...]
    split: TimeSplit
    multiplicity: Multiplicity


@dataclass(frozen=True)
class Question:
    """What is asked about the accounts.

    Attributes
    ----------
    outcome : the column of the outcomes that decides: one primary outcome, fixed beforehand
    secondary : other columns, which are exploratory
    days : the window is the days after the as-of date
    titles : what labellings are called in sentences
    """

    outcome: str
    days: int
    secondary: Sequence[str] = ()
    titles: Mapping[str, str] | None = None


def forward_study(
    accounts: DatedAccounts,
    question: Question,
    *,
    earlier: EarlierDates | str = "no earlier dates were asked for",
    n_bootstrap: int = 2000,
    n_foldings: int = 1,
    company: "pd.Series[int] | None" = None,
    seed: int,
    progress: Progress = SILENT,
) -> ForwardStudy:
    """Compare every labelling with the ARR tiers about the outcomes of the window after `as_of`.

    For each labelling the gain is that of the additive model of tiers and labelling over the
    tiers alone, in held-out log loss. With `earlier` dates the models are fitted on windows that
    had closed by `as_of` and judged on the one after it; without, over five folds of accounts,
    the same for all. Labels and features must have been known at their date.

    Parameters
    ----------
    accounts : features, labels (`arr_tiers` is the baseline), amounts and outcomes on the as-of
        date; missing values stay missing
    question : outcomes, the length of their window, and names for the sentences
    earlier : the same accounts on earlier dates, or the reason why there are none
    n_bootstrap, n_foldings : resamples; how often the accounts are dealt into folds
    company : as `clustering.comparison.base.companies.companies` gives it
    seed, progress : of all of it, and who is told

    Returns
    -------
    ForwardStudy
        An entry for each labelling except the tiers and one named `features`. The claim is "No
        evidence that ..." where the interval reaches 0, or where the correction for the number
        of comparisons takes it back, and None where nothing can be told.
    """
    titles = {FEATURES: "the model on all features", **(question.titles or {})}
    task = Task(
        titles, _window(accounts.as_of, question.days), n_bootstrap, seed, n_foldings, company
    )
    fewer = replace(task, n_bootstrap=min(n_bootstrap, _FEWER_DRAWS))
    plain, outcome = of_one_date(accounts), question.outcome
    sample, split = _split(plain, outcome, earlier, accounts.as_of, task)
    others = [name for name in accounts.labels if name != ARR_TIERS]
    secondary = [
        name
        for name in question.secondary
        if name != outcome and name in plain.outcomes and plain.outcomes[name].notna().any()
    ]
    with progress.step(
        "Judging what came later", len(others) * (1 + len(secondary)) + 1
    ) as advance:
        entries, rivals = _Judging(sample, plain, others, task).primary(outcome, advance)
        folds = []
        if sample is not plain:
            folds = _Judging(plain, plain, others, fewer).labellings(outcome)
        exploratory = []
        for name in secondary:
            exploratory += _Judging(sample, plain, others, fewer).labellings(name)
            advance(len(others))
    roles: dict[str, Role] = {SEGMENT: "primary", FEATURES: "bound"}
    entries = _corrected(
        [_with(entry, role=roles.get(entry.labelling, "confirmatory")) for entry in entries],
        "confirmatory",
        task,
    )
    exploratory = _corrected(
        [_with(entry, role="exploratory") for entry in exploratory], "exploratory", task
    )
    return ForwardStudy(
        entries=tuple(entries),
        # A rival is there to be read beside a labelling; nobody offers it: nothing is claimed.
        rivals=tuple(_with(rival, claim=None, role="bound") for rival in rivals),
        secondary=tuple(exploratory),
        folds=tuple(_with(entry, claim=None, role="sensitivity") for entry in folds),
        split=_with_companies(split, company),
        multiplicity=_count(entries, exploratory, outcome),
    )


def _window(as_of: date, days: int) -> str:
    return f"{as_of + timedelta(days=1)} to {as_of + timedelta(days=days)}"


def _split(
    plain: Sample, outcome: str, earlier: EarlierDates | str, as_of: date, task: Task
) -> tuple[Sample, TimeSplit]:
    """The sample to judge on, and how it is split; in time where the earlier dates allow it."""
    day = as_of.isoformat()
    folded = TimeSplit(design=FOLDS, test_date=day, n_foldings=task.n_foldings)
    if isinstance(earlier, str):
        return plain, _with(folded, reason=earlier)
    sample = stack(earlier)
    rows = evaluation_rows(sample, outcome, task)
    if isinstance(rows, str):
        return plain, _with(folded, reason=rows, notes=list(earlier.notes))
    trained = rows.ids[rows.folds[0] < 0].get_level_values("account_id")
    tested = rows.ids[rows.folds[0] >= 0].get_level_values("account_id")
    dates = [part.as_of for part in earlier.train]
    return sample, TimeSplit(
        design=OUT_OF_TIME,
        test_date=day,
        train_dates=[one.isoformat() for one in dates],
        embargo_days=(as_of - max(dates)).days,
        n_train_rows=len(trained),
        n_train_accounts=trained.nunique(),
        n_test_accounts=len(tested),
        n_in_both=tested.isin(trained).sum(),
        agreement=earlier.agreement,
        notes=[*earlier.notes, *earlier.undated.values()],
    )


def _with_companies(split: TimeSplit, company: "pd.Series[int] | None") -> TimeSplit:
    if company is None:
        return split
    sizes = company.value_counts()
    return _with(split, n_companies=len(sizes), n_sharing=int(sizes[sizes > 1].sum()))


@dataclass(frozen=True)
class _Judging:
    """Judges labellings on a sample; on five folds of the `plain` one where it cannot serve."""

    sample: Sample
    plain: Sample
    names: Sequence[str]
    task: Task

    def primary(
        self, outcome: str, advance: Advance
    ) -> tuple[list[ForwardEntry], list[ForwardEntry]]:
        """Entries of the primary outcome, those of the strong model and of the rivals included."""
        judge = self._evaluator(self.sample, outcome)
        if isinstance(judge, str):
            return [self._nothing(name, outcome, judge) for name in [*self.names, FEATURES]], []
        entries, rivals = [], []
        for name in self.names:
            entries.append(self._one(name, judge))
            if entries[-1].gain is not None and name in self.sample.labels:
                rivals += judge.baselines(name)
            advance(1)
        entries.append(judge.strong_model())
        rivals += judge.arr_spline()
        advance(1)
        return entries, rivals

    def labellings(self, outcome: str) -> list[ForwardEntry]:
        """Entries of the labellings alone."""
        judge = self._evaluator(self.sample, outcome)
        if isinstance(judge, str):
            judge = self._evaluator(self.plain, outcome)
        if isinstance(judge, str):
            return [self._nothing(name, outcome, judge) for name in self.names]
        return [self._one(name, judge) for name in self.names]

    def _one(self, name: str, judge: Evaluator) -> ForwardEntry:
        """One labelling; over folds of its own where the split in time does not know it."""
        if name in judge.sample.labels:
            return judge.labelling(name)
        plain = self._evaluator(self.plain, judge.outcome)
        if isinstance(plain, str):
            return self._nothing(name, judge.outcome, plain)
        return plain.labelling(name)

    def _evaluator(self, sample: Sample, outcome: str) -> Evaluator | str:
        rows = evaluation_rows(sample, outcome, self.task)
        return rows if isinstance(rows, str) else Evaluator(rows, sample, outcome, self.task)

    def _nothing(self, name: str, outcome: str, reason: str) -> ForwardEntry:
        return ForwardEntry(labelling=name, outcome=outcome, window=self.task.window, reason=reason)


def _with(entry: _Entry, **changes: object) -> _Entry:
    return entry.model_copy(update=changes)


def _corrected(entries: list[ForwardEntry], role: Role, task: Task) -> list[ForwardEntry]:
    """p-values of one role corrected for their number; a claim that does not survive goes."""
    chosen = [index for index, entry in enumerate(entries) if entry.role == role]
    p_values = adjusted([entries[index].p for index in chosen], role)
    n = sum(p is not None for p in p_values)
    for index, p in zip(chosen, p_values, strict=True):
        entry = _with(entries[index], p_adjusted=p)
        if entry.gain is not None and p is not None and p > LEVEL and entry.gain.interval[0] > 0:
            claim = corrected_claim(entry, task.title(entry.labelling), task.title(ARR_TIERS), n)
            entry = _with(entry, claim=claim)
        entries[index] = entry
    return entries


def _count(
    entries: list[ForwardEntry], exploratory: list[ForwardEntry], outcome: str
) -> Multiplicity:
    confirmatory = [entry for entry in entries if entry.role == "confirmatory"]
    return Multiplicity(
        primary_labelling=SEGMENT,
        primary_outcome=outcome,
        n_confirmatory=sum(entry.p is not None for entry in confirmatory),
        n_exploratory=sum(entry.p is not None for entry in exploratory),
        n_claimed=sum(entry.survives for entry in [*confirmatory, *exploratory]),
        secondary_outcomes=list(dict.fromkeys(entry.outcome for entry in exploratory)),
    )
