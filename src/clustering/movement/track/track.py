"""Everything that a study says about time: movement, hysteresis, drift and their verdict."""

from dataclasses import dataclass

import pandas as pd
from pydantic import Field

from clustering.arrays import Ints
from clustering.config import StudyConfig
from clustering.models.types import CandidateSpec
from clustering.movement.drift.fates import fate_table, fates
from clustering.movement.drift.population import feature_drift
from clustering.movement.drift.refits import (
    FrozenModel,
    ModelChange,
    first_model,
    model_change,
)
from clustering.movement.drift.verdict import VerdictKind, judge_movement
from clustering.movement.past import Past
from clustering.movement.track.history import (
    History,
    Snapshots,
    earlier_snapshots,
    follow,
    history_table,
    snapshot_dates,
)
from clustering.movement.track.hysteresis import ABSENT, Rule, changes, flip_flops, held_segments
from clustering.movement.track.lasting import LastingMovement, lasting_movement
from clustering.movement.track.over_time import Assign, stability_over_time
from clustering.movement.track.reasons import moves_table
from clustering.movement.track.transitions import mix_table, transition_table
from clustering.progress import SILENT, Progress
from clustering.schema import Entry
from clustering.scorer import Scorer

#: A model of the first date needs so many accounts for each segment.
_ACCOUNTS_A_SEGMENT = 20


class Moves(Entry):
    """Changes of segment from one snapshot to the next."""

    moves: int = Field(description="Changes of segment, all accounts and steps.")
    flip_flops: int = Field(description="Returns to the segment of two snapshots ago.")

    @classmethod
    def of(cls, labels: Ints) -> "Moves":
        """Those of labels (n_accounts, n_dates)."""
        return cls(moves=changes(labels).shape[1], flip_flops=int(flip_flops(labels).sum()))


class MovementSummary(Entry):
    """The accounts over the snapshots of a window, by one frozen model."""

    dates: list[str] = Field(description="Snapshot dates, oldest first.")
    out_of_reach: dict[str, str] = Field(description="Dates that could not be had, and why.")
    verdict: VerdictKind = Field(
        description="Cut again; movement without instability; neither; or it is not known."
    )
    sentence: str = Field(description="The verdict in words.")
    reasons: list[str] = Field(description="The other finding, and what could not be told.")
    rule: str = Field(description="Hysteresis in words.")
    without_hysteresis: Moves = Field(description="Every change counts.")
    with_hysteresis: Moves = Field(description="Only lasting evidence counts.")
    n_lasting: int = Field(description="Changes that lasted under the rule.")
    n_passing: int = Field(description="Changes that were taken back before they counted.")
    n_back: int = Field(description="Changes back to the segment that was held all the time.")
    n_open: int = Field(description="Changes that wait for the next snapshot.")
    n_entered: int = Field(description="Accounts that began within the window and are there.")
    n_left: int = Field(description="Accounts of the first snapshot that have ended.")
    growth: LastingMovement | None = Field(description="Lasting movement; null if not told.")
    model_change: ModelChange | None = Field(description="Null if not told.")
    drifted: list[str] = Field(description="Features that are distributed otherwise than then.")


@dataclass(frozen=True, eq=False)
class Movement:
    """What became of the accounts over the window.

    Attributes
    ----------
    history : segment of every account at every date, without hysteresis
    held : int64 array of the same shape, with hysteresis
    summary : what `study.json` says
    frames : the tables of the study folder, by name
    """

    history: History
    held: Ints
    summary: MovementSummary
    frames: dict[str, pd.DataFrame]


def study_movement(
    past: Past,
    scorer: Scorer,
    spec: CandidateSpec,
    progress: Progress = SILENT,
    today: pd.DataFrame | None = None,
) -> Movement | str:
    """Follow the accounts of a study back in time; or say why that cannot be done.

    All dates are scored with the study's own scorer, fitted at the as-of date: readers meet its
    segments everywhere, a label means the same at every date, and nothing is predicted from the
    labels of earlier dates, so that it does no harm that the model saw later ones. Whether a model
    of the first date would have said the same is measured beside it (see `drift`).

    Parameters
    ----------
    past : the accounts of the study on any date
    scorer, spec : its scorer, and the kind of the chosen model
    today : the study's own scores at its date (`Scorer.score_training`), which stand there (None:
        what the scorer says of that date too)
    """
    config = past.config
    if config.movement.snapshots == 1:
        return "movement.snapshots is 1: movement was not looked at."
    if scorer.model.k == 1:
        return "There is one segment, and nowhere to move to."
    with progress.step("Looking back in time"):
        dates = snapshot_dates(config.as_of, config.movement.snapshots, config.movement.step_days)
        snapshots = earlier_snapshots(past, dates, scorer.standardiser.feature_names)
        if len(snapshots.taken) == 1:
            reason = snapshots.out_of_reach[dates[-2]]
            return f"Movement is not known: the tables do not reach back to {dates[-2]} ({reason})."
        return follow_accounts(snapshots, scorer, spec, past.labellings, config, today)


def follow_accounts(
    snapshots: Snapshots,
    scorer: Scorer,
    spec: CandidateSpec,
    assign: Assign,
    config: StudyConfig,
    today: pd.DataFrame | None = None,
) -> Movement:
    """Movement over snapshots that were taken already, at least two.

    Parameters
    ----------
    assign : every rule-based labelling of a snapshot
    today : as for `study_movement`
    """
    settings, taken = config.movement, snapshots.taken
    rule = Rule(settings.hold_snapshots, settings.hold_probability)
    history = follow(taken, scorer, today)
    held = held_segments(history.labels, history.probability, rule)
    growth = lasting_movement(history, taken, scorer)
    moves = moves_table(history, held, taken, scorer)
    change, became, absent = _change_of_model(snapshots, scorer, spec, config)
    drift = _feature_drift(snapshots, scorer, config)
    verdict = judge_movement(growth, change, settings, history.dates, absent)
    outcomes = moves["outcome"].value_counts()
    was_there, is_there = (history.labels[:, t] != ABSENT for t in (0, -1))
    summary = MovementSummary(
        dates=[day.isoformat() for day in history.dates],
        out_of_reach={day.isoformat(): why for day, why in snapshots.out_of_reach.items()},
        verdict=verdict.kind,
        sentence=verdict.sentence,
        reasons=list(verdict.reasons),
        rule=rule.words,
        without_hysteresis=Moves.of(history.labels),
        with_hysteresis=Moves.of(held),
        n_lasting=outcomes.get("lasting", 0),
        n_passing=outcomes.get("passing", 0),
        n_back=outcomes.get("back", 0),
        n_open=outcomes.get("open", 0),
        n_entered=(~was_there & is_there).sum(),
        n_left=(was_there & ~is_there).sum(),
        growth=growth,
        model_change=change,
        drifted=list(drift.loc[drift["drifted"], "feature"]),
    )
    frames = {
        "movement": history_table(history, held),
        "transitions": transition_table(history, held),
        "moves": moves,
        "segment_mix": mix_table(history),
        "stability_over_time": stability_over_time(snapshots, history, held, assign),
        "drift": drift,
        **({"segment_fates": became} if len(became) else {}),
    }
    return Movement(history, held, summary, frames)


def _change_of_model(
    snapshots: Snapshots, scorer: Scorer, spec: CandidateSpec, config: StudyConfig
) -> tuple[ModelChange | None, pd.DataFrame, str]:
    """Change of the model since the first date, fates of the segments, or why they are absent."""
    first, last = snapshots.taken[0], snapshots.taken[-1]
    least = _ACCOUNTS_A_SEGMENT * scorer.model.k
    if len(first.frame) < least:
        reason = (
            f"{len(first.frame):,} accounts were active on {first.as_of}; a model of "
            f"{scorer.model.k} segments of that day needs {least:,}."
        )
        return None, fate_table((), scorer.segment_names), reason
    latest = FrozenModel(scorer.standardiser, scorer.model)
    earlier = first_model(scorer.standardiser, first, spec, config.seed)
    change = model_change(
        earlier, latest, last, spec, n_refits=config.movement.refits, seed=config.seed
    )
    old, new = earlier.labels(last), latest.labels(last)
    known = (old >= 0) & (new >= 0)
    found = fates(old[known], new[known], earlier.model.k, latest.model.k)
    return change, fate_table(found, scorer.segment_names), ""


def _feature_drift(snapshots: Snapshots, scorer: Scorer, config: StudyConfig) -> pd.DataFrame:
    last = snapshots.taken[-1]
    wanted = set(scorer.standardiser.feature_names)
    return feature_drift(
        snapshots.taken[0],
        last,
        [feature for feature in last.features if feature.name in wanted],
        n_draws=config.movement.permutations,
        seed=config.seed,
    )
