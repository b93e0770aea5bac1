"""A model in service, held against the accounts of a later date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
from pydantic import Field

from clustering.config import MonitorConfig, StudyConfig
from clustering.errors import BadInputError, ExitStatus
from clustering.features import Snapshot
from clustering.monitor.again import Again, learned_again
from clustering.monitor.change import measure_change
from clustering.monitor.decision import Change, Decision, DecisionKind, decide, undecided
from clustering.monitor.energy import EnergyTest
from clustering.monitor.outcomes import OUTCOMES_SINCE, outcomes_since, promised_by_card
from clustering.monitor.segments import (
    MIGRATIONS,
    SEGMENTS_NOW,
    Migration,
    Scored,
    migrated,
    segments_now,
)
from clustering.movement.drift.population import DRIFT
from clustering.movement.drift.refits import ModelChange
from clustering.movement.past import Past
from clustering.movement.track.history import earlier_snapshots
from clustering.progress import SILENT, Progress
from clustering.schema import Entry, TableSpec
from clustering.scorer import Scorer
from clustering.tables import SourceTables
from clustering.wording import percent_in_words

#: The tables that a monitor writes.
MONITOR_TABLES: tuple[TableSpec, ...] = (DRIFT, SEGMENTS_NOW, MIGRATIONS, OUTCOMES_SINCE)


class Monitoring(Entry):
    """What a monitor found; no account is named in it."""

    study: str = Field(description="Study that the model comes from.")
    model_version: str = Field(description="Version of the model.")
    trained_as_of: str = Field(description="Date that the model was learned as of.")
    as_of: str = Field(description="Date of the accounts of today.")
    decision: DecisionKind = Field(description="keep, refit, re-cut or unknown.")
    sentence: str = Field(description="The decision and its ground, in words.")
    reasons: list[str] = Field(description="What else was found.")
    not_known: list[str] = Field(description="What could not be told, and why.")
    n_then: int | None = Field(description="Accounts of the training date; null if not known.")
    n_now: int = Field(description="Accounts of today.")
    energy: EnergyTest | None = Field(description="All accounts; null if not known.")
    within_segments: EnergyTest | None = Field(description="Within segments.")
    after_common_change: EnergyTest | None = Field(
        description="Within segments, after what changed alike for all accounts was undone."
    )
    unexplained: float | None = Field(
        description="Share of the change within the segments that is left then, 0 to 1."
    )
    drifted: list[str] = Field(description="Features that have drifted, the furthest first.")
    units: list[str] = Field(description="Features that are probably in another unit.")
    unlike: float = Field(description="Share of accounts unlike the training accounts.")
    unlike_expected: float = Field(description="Share that is flagged in training.")
    migration: Migration | None = Field(description="Since the last scoring; null if not known.")
    refit: ModelChange | None = Field(
        description="The model against one learned again on the accounts of today, with the same "
        "algorithm and number of segments; null if not known."
    )

    @property
    def exit_status(self) -> ExitStatus:
        """What a scheduler can branch on: what is not known is a fault of the data."""
        due = {"keep": ExitStatus.GOOD, "unknown": ExitStatus.DATA}
        return due.get(self.decision, ExitStatus.REFIT)


@dataclass(frozen=True, eq=False)
class Monitored:
    """What was found, and its tables by name (those of `MONITOR_TABLES` that are known)."""

    found: Monitoring
    frames: dict[str, pd.DataFrame]


def run_monitor(
    scorer: Scorer,
    tables: SourceTables,
    as_of: date,
    config: StudyConfig,
    *,
    last: Scored | None = None,
    progress: Progress = SILENT,
) -> Monitored:
    """Hold a model against the accounts of a later date.

    Parameters
    ----------
    scorer : the model; it stores no customer's value, so the accounts that it was learned from are
        computed again from the tables, as of the training date
    tables : of today; what lies after `as_of` is invisible
    config : its sections `monitor`, `movement` and `matrix` are used, and its seed
    last : segments of the last scoring; None: the model's own labels `movement.step_days` earlier

    Raises
    ------
    BadInputError
        `as_of` does not lie after the training date, or the tables cannot be scored.
    """
    with progress.step("Computing the accounts of both dates"):
        accounts = _accounts(scorer, tables, as_of, config, with_step=last is None)
        scores = scorer.score_features(accounts.today.frame, as_of)
    with progress.step("Learning the model again"):
        again = learned_again(scorer, accounts.today, config)
    frames = {SEGMENTS_NOW.name: segments_now(scorer, scores)}
    change, migration, note = None, None, ""
    with progress.step("Comparing the accounts of both dates"):
        last = last or _one_step_earlier(scorer, accounts)
        if last is not None:
            found = migrated(scorer, last, scores["segment_id"])
            migration, frames[MIGRATIONS.name] = found
        then = accounts.then
        if then is not None:
            compared = measure_change(scorer, then, accounts.today, again.model, config)
            change, frames[DRIFT.name] = compared
            labels = scorer.score_features(then.frame, then.as_of)["segment_name"]
            since = outcomes_since(tables, labels, then, as_of, promised_by_card(scorer))
            frames[OUTCOMES_SINCE.name], note = since
    units = scorer.unit_mistakes(accounts.today.frame)
    decision = _decision(accounts, change, units, config.monitor)
    unlike = float(scores["novel"].mean())
    reasons = [
        *_moves(migration, config.monitor),
        *_again(again),
        f"{percent_in_words(unlike, 2)} of the accounts are unlike those that the model was "
        f"learned from, against about {percent_in_words(scorer.expected_novel_share, 2)} then.",
        *_promises(frames.get(OUTCOMES_SINCE.name)),
        *accounts.notes,
    ]
    said = (*accounts.out_of_reach.values(), note, again.absent)
    result = Monitoring(
        study=scorer.training.study,
        model_version=scorer.version,
        trained_as_of=str(scorer.training.as_of),
        as_of=str(as_of),
        decision=decision.kind,
        sentence=decision.sentence,
        reasons=reasons,
        not_known=[sentence for sentence in said if sentence],
        n_then=None if then is None else len(then.frame),
        n_now=len(scores),
        **_distances(change),
        units=list(units),
        unlike=unlike,
        unlike_expected=scorer.expected_novel_share,
        migration=migration,
        refit=again.change,
    )
    return Monitored(result, frames)


def _distances(change: Change | None) -> dict[str, Any]:
    """The fields of `Monitoring` that come from a change."""
    if change is None:
        empty = dict.fromkeys(
            ("energy", "within_segments", "after_common_change", "unexplained"), None
        )
        return {**empty, "drifted": []}
    return {
        "energy": change.overall,
        "within_segments": change.within,
        "after_common_change": change.left,
        "unexplained": change.unexplained,
        "drifted": list(change.drifted),
    }


@dataclass(frozen=True, eq=False)
class _Accounts:
    """The accounts of the dates that matter; None where the tables do not reach back so far.

    Attributes
    ----------
    then, before, today : of the training date, of one step earlier, and of today
    out_of_reach : why there is none of a date
    """

    then: Snapshot | None
    before: Snapshot | None
    today: Snapshot
    out_of_reach: Mapping[date, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the tables of today."""
        if not self.today.short_tables:
            return ()
        names = ", ".join(self.today.short_tables)
        return (f"{names} begin inside the look-back window: every account looks less active.",)


def _accounts(
    scorer: Scorer, tables: SourceTables, as_of: date, config: StudyConfig, *, with_step: bool
) -> _Accounts:
    trained = scorer.training.as_of
    if as_of <= trained:
        raise BadInputError(
            f"the model was learned as of {trained}: expected a later date to monitor, found "
            f"{as_of}."
        )
    today = scorer.snapshot(tables, as_of)
    settings = config.model_copy(update={"as_of": as_of, "features": scorer.features})
    before = max(trained, as_of - timedelta(days=config.movement.step_days))
    dates = sorted({trained, as_of, *([before] if with_step else [])})
    needed = scorer.standardiser.feature_names
    found = earlier_snapshots(Past(tables, settings, today, ()), dates, needed)
    by_date = {snapshot.as_of: snapshot for snapshot in found.taken}
    return _Accounts(by_date.get(trained), by_date.get(before), today, found.out_of_reach)


def _one_step_earlier(scorer: Scorer, accounts: _Accounts) -> Scored | None:
    """The model's own segments of the date that stands in for the last scoring."""
    before = accounts.before
    if before is None:
        return None
    return Scored(before.as_of, scorer.score_features(before.frame, before.as_of)["segment_id"])


def _decision(
    accounts: _Accounts, change: Change | None, units: tuple[str, ...], config: MonitorConfig
) -> Decision:
    """Wrong columns, short tables and few accounts come before any comparison."""
    if units:
        return undecided(
            f"{' '.join(units)} Correct the unit first; if the product now counts so, learn the "
            "model again."
        )
    if accounts.today.short_tables:
        return undecided(f"{accounts.notes[0]} Give tables of the whole window.")
    if change is None or accounts.then is None:
        return undecided(
            "the accounts that it was learned from cannot be computed from these tables, and the "
            "model stores none."
        )
    fewest = min(len(accounts.then.frame), len(accounts.today.frame))
    if fewest < config.least_accounts:
        return undecided(
            f"there are {fewest} accounts at one of the dates; monitor.least_accounts is "
            f"{config.least_accounts}."
        )
    return decide(change, config)


def _moves(migration: Migration | None, config: MonitorConfig) -> list[str]:
    if migration is None or migration.share is None:
        return []
    share = (
        f"{percent_in_words(migration.share, 2)} of the {migration.n_accounts:,} accounts with a "
        f"segment on {migration.since} and today are in another one."
    )
    return [f"Accounts moved: {share}" if migration.share >= config.most_migration else share]


def _again(again: Again) -> list[str]:
    found = again.change
    if found is None:
        return []
    return [
        f"Learned again on the accounts of today, with the same algorithm and number of segments, "
        f"the model gives {percent_in_words(found.differ, 2)} of them another segment; refits on "
        f"resampled accounts change up to {percent_in_words(found.refits_high, 2)}."
    ]


def _promises(since: pd.DataFrame | None) -> list[str]:
    """How many of the rates that the study showed have held."""
    if since is None:
        return []
    told = since["kept"][since["kept"].isin(["yes", "no"])]
    if told.empty:
        return []
    broken = int((told == "no").sum())
    return [
        f"Of the {len(told)} rates of outcomes that the study showed, {broken} lie outside the "
        "95 % interval of what happened since."
    ]
