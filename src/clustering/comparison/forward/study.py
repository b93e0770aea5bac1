"""What every labelling of a study adds to the ARR tiers, on the same accounts and folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from clustering.columns import ARR_TIERS, SEGMENT
from clustering.comparison.claims import corrected_claim
from clustering.comparison.forward.evaluate import FEATURES, ForwardEntry, Judge, judged_rows
from clustering.comparison.forward.multiplicity import LEVEL, Multiplicity, Role, adjusted
from clustering.comparison.forward.time_split import EarlierDates, Stacked, TimeSplit, stack
from clustering.progress import SILENT, Advance, Progress

FOLDS = "five folds"
OUT_OF_TIME = "out of time"

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


def forward_study(
    features: pd.DataFrame,
    labellings: Mapping[str, "pd.Series[str]"],
    outcomes: pd.DataFrame,
    *,
    outcome: str,
    as_of: date,
    days: int,
    secondary: Sequence[str] = (),
    titles: Mapping[str, str] | None = None,
    arr: "pd.Series[float] | None" = None,
    earlier: EarlierDates | str = "no earlier dates were asked for",
    n_bootstrap: int = 2000,
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
    features : DataFrame of shape (n_accounts, n_features), indexed by account
        Features of the snapshot; missing values stay missing.
    labellings : Series of labels by name, indexed by account; `arr_tiers` is the baseline
    outcomes : DataFrame indexed by account, as in `Horizon.frame`
    outcome : the column of `outcomes` that decides: one primary outcome, fixed beforehand
    secondary : other columns, which are exploratory
    as_of, days : the window is the days after `as_of`
    titles : what labellings are called in sentences
    arr : Series of yearly amounts, indexed by account, for the rivals that need it
    earlier : the same accounts on earlier dates, or the reason why there are none
    n_bootstrap, seed, progress : resamples, their seed, and who is told

    Returns
    -------
    ForwardStudy
        An entry for each labelling except the tiers and one named `features`. The claim is "No
        evidence that ..." where the interval reaches 0, or where the correction for the number
        of comparisons takes it back, and None where nothing can be told.
    """
    called = {FEATURES: "the model on all features", **(titles or {})}
    task = _Task(called, as_of, days, n_bootstrap, seed)
    plain = _Book(features, labellings, outcomes, arr, None, FOLDS)
    book, split = _split(plain, outcome, earlier, task)
    others = [name for name in labellings if name != ARR_TIERS]
    others_outcomes = [name for name in secondary if name != outcome and _observed(outcomes, name)]
    with progress.step(
        "Judging what came later", len(others) * (1 + len(others_outcomes)) + 1
    ) as advance:
        entries, rivals = _primary(book, plain, others, outcome, task, advance)
        fewer = replace(task, n_bootstrap=min(n_bootstrap, _FEWER_DRAWS))
        folds = _entries(plain, others, outcome, fewer) if book is not plain else []
        exploratory = []
        for name in others_outcomes:
            exploratory += _entries(book, others, name, fewer, plain)
            advance(len(others))
    roles: dict[str, Role] = {SEGMENT: "primary", FEATURES: "bound"}
    entries = _corrected(
        [replace(entry, role=roles.get(entry.labelling, "confirmatory")) for entry in entries],
        "confirmatory",
        task,
    )
    exploratory = _corrected(
        [replace(entry, role="exploratory") for entry in exploratory], "exploratory", task
    )
    return ForwardStudy(
        entries=tuple(entries),
        # A rival is there to be read beside a labelling; nobody offers it: nothing is claimed.
        rivals=tuple(replace(rival, claim=None, role="bound") for rival in rivals),
        secondary=tuple(exploratory),
        folds=tuple(replace(entry, claim=None, role="sensitivity") for entry in folds),
        split=split,
        multiplicity=_count(entries, exploratory, outcome),
    )


@dataclass(frozen=True)
class _Task:
    titles: Mapping[str, str]
    as_of: date
    days: int
    n_bootstrap: int
    seed: int

    @property
    def window(self) -> str:
        first, last = self.as_of + timedelta(days=1), self.as_of + timedelta(days=self.days)
        return f"{first} to {last}"


@dataclass(frozen=True, eq=False)
class _Book:
    """Rows to judge on: of the as-of date alone, or of all dates under each other."""

    features: pd.DataFrame
    labellings: Mapping[str, "pd.Series[str]"]
    outcomes: pd.DataFrame
    arr: "pd.Series[float] | None"
    folds: "pd.Series[int] | None"
    design: str

    @classmethod
    def of(cls, stacked: Stacked) -> "_Book":
        return cls(
            stacked.features,
            stacked.labels,
            stacked.outcomes,
            stacked.arr,
            stacked.folds,
            OUT_OF_TIME,
        )

    def judge(self, outcome: str, task: _Task) -> tuple[Judge | None, str]:
        rows, problem = judged_rows(self.labellings, self.outcomes, outcome, task.seed, self.folds)
        if rows is None:
            return None, problem
        return Judge(
            rows, outcome, task.window, task.titles, self.design, task.n_bootstrap, task.seed
        ), ""


def _split(
    plain: _Book, outcome: str, earlier: EarlierDates | str, task: _Task
) -> tuple[_Book, TimeSplit]:
    """The book to judge on, and how it is split; in time where the earlier dates allow it."""
    if isinstance(earlier, str):
        return plain, TimeSplit(FOLDS, task.as_of, reason=earlier)
    stacked = stack(earlier)
    book = _Book.of(stacked)
    rows, problem = judged_rows(book.labellings, book.outcomes, outcome, task.seed, book.folds)
    if rows is None:
        return plain, TimeSplit(FOLDS, task.as_of, reason=problem, notes=earlier.notes)
    trained = rows.ids[rows.folds < 0].get_level_values("account_id")
    tested = rows.ids[rows.folds >= 0].get_level_values("account_id")
    dates = tuple(part.as_of for part in earlier.train)
    return book, TimeSplit(
        OUT_OF_TIME,
        task.as_of,
        train_dates=dates,
        embargo_days=(task.as_of - max(dates)).days,
        n_train_rows=len(trained),
        n_train_accounts=trained.nunique(),
        n_test_accounts=len(tested),
        n_in_both=int(tested.isin(trained).sum()),
        agreement=earlier.agreement,
        notes=(*earlier.notes, *earlier.undated.values()),
    )


def _primary(
    book: _Book, plain: _Book, others: list[str], outcome: str, task: _Task, advance: Advance
) -> tuple[list[ForwardEntry], list[ForwardEntry]]:
    """Entries of the primary outcome, those of the strong model and of the rivals included."""
    judge, problem = book.judge(outcome, task)
    if judge is None:
        return [_nothing(name, outcome, problem, task) for name in [*others, FEATURES]], []
    entries, rivals = [], []
    made: dict[tuple[str, int, bytes], ForwardEntry] = {}
    for name in others:
        own, judged = (book, judge) if name in book.labellings else (plain, None)
        entries.append(_one(own, name, outcome, task, judged))
        if entries[-1].gain is not None and judged is not None:
            rivals += judge.rivals(name, own.labellings[name], book.features, book.arr, made)
        advance(1)
    entries.append(judge.strong_model(book.features))
    rivals += judge.arr_spline(book.arr) if book.arr is not None else []
    advance(1)
    return entries, rivals


def _entries(
    book: _Book, others: list[str], outcome: str, task: _Task, plain: _Book | None = None
) -> list[ForwardEntry]:
    """Entries of the labellings alone; where the earlier dates cannot serve, on five folds."""
    judge, _ = book.judge(outcome, task)
    if judge is None and plain is not None:
        book, (judge, _) = plain, plain.judge(outcome, task)
    return [
        _one(book, name, outcome, task, judge)
        if name in book.labellings
        else _one(plain or book, name, outcome, task, None)
        for name in others
    ]


def _one(book: _Book, name: str, outcome: str, task: _Task, judge: Judge | None) -> ForwardEntry:
    """One labelling; with five folds of its own where the split in time does not know it."""
    if judge is None:
        judge, problem = book.judge(outcome, task)
        if judge is None:
            return _nothing(name, outcome, problem, task)
    return judge.labelling(name, book.labellings[name])


def _nothing(name: str, outcome: str, reason: str, task: _Task) -> ForwardEntry:
    return ForwardEntry(name, outcome, task.window, 0, 0, None, None, None, reason)


def _observed(outcomes: pd.DataFrame, name: str) -> bool:
    return name in outcomes and bool(outcomes[name].notna().any())


def _corrected(entries: list[ForwardEntry], role: Role, task: _Task) -> list[ForwardEntry]:
    """p-values of one role corrected for their number; a claim that does not survive goes."""
    chosen = [index for index, entry in enumerate(entries) if entry.role == role]
    p_values = adjusted([entries[index].p for index in chosen], role)
    n = sum(p is not None for p in p_values)
    for index, p in zip(chosen, p_values, strict=True):
        entry = replace(entries[index], p_adjusted=p)
        if entry.gain is not None and p is not None and p > LEVEL and entry.gain.interval[0] > 0:
            title = task.titles.get(entry.labelling, entry.labelling)
            tiers = task.titles.get(ARR_TIERS, ARR_TIERS)
            entry = replace(
                entry, claim=corrected_claim(entry.gain, title, tiers, entry.outcome, n, p)
            )
        entries[index] = entry
    return entries


def _count(
    entries: list[ForwardEntry], exploratory: list[ForwardEntry], outcome: str
) -> Multiplicity:
    confirmatory = [entry for entry in entries if entry.role == "confirmatory"]
    tested = [entry for entry in [*confirmatory, *exploratory] if entry.p is not None]
    claimed = [
        entry
        for entry in tested
        if entry.gain is not None
        and entry.gain.interval[0] > 0
        and entry.p_adjusted is not None
        and entry.p_adjusted <= LEVEL
    ]
    return Multiplicity(
        primary_labelling=SEGMENT,
        primary_outcome=outcome,
        n_confirmatory=sum(entry.p is not None for entry in confirmatory),
        n_exploratory=sum(entry.p is not None for entry in exploratory),
        n_claimed=len(claimed),
        secondary_outcomes=tuple(dict.fromkeys(entry.outcome for entry in exploratory)),
    )
