"""Time and people's decisions, together: what a study holds of both."""

from dataclasses import dataclass, replace

import pandas as pd
from pydantic import Field

from clustering.columns import ARR
from clustering.models.types import CandidateSpec
from clustering.movement.drift.fates import SEGMENT_FATES
from clustering.movement.drift.population import DRIFT
from clustering.movement.overrides.active import (
    ASSIGNED,
    OVERRIDES,
    Overrides,
    check_overrides,
    in_todays_words,
    override_table,
    status,
)
from clustering.movement.overrides.reconfirmation import (
    RECONFIRMATION,
    assignments,
    reconfirmation_list,
)
from clustering.movement.past import Past
from clustering.movement.succession.entries import SUCCESSION
from clustering.movement.track.history import MOVEMENT
from clustering.movement.track.over_time import STABILITY_OVER_TIME
from clustering.movement.track.reasons import MOVES
from clustering.movement.track.track import Movement, study_movement
from clustering.movement.track.transitions import SEGMENT_MIX, TRANSITIONS
from clustering.progress import SILENT, Progress
from clustering.schema import Entry, TableSpec
from clustering.scorer import Scorer

#: The tables of the study folder that this room fills.
MOVEMENT_TABLES: tuple[TableSpec, ...] = (
    MOVEMENT,
    TRANSITIONS,
    MOVES,
    SEGMENT_MIX,
    STABILITY_OVER_TIME,
    SEGMENT_FATES,
    DRIFT,
    RECONFIRMATION,
    OVERRIDES,
    SUCCESSION,
)


class AssignmentSummary(Entry):
    """Whose word decides the segment by which an account is served; no names, no reasons."""

    n_override: int = Field(description="Accounts whose segment a person decided.")
    n_against_model: int = Field(description="Of these, those that the model puts elsewhere.")
    n_expired: int = Field(description="Decisions that no longer hold.")
    n_later: int = Field(description="Decisions that do not hold yet.")
    n_hysteresis: int = Field(
        description="Accounts that the rule of hysteresis would keep in another segment for now; "
        "the study serves them by the model's answer."
    )
    n_reconfirm: int = Field(description="Accounts to confirm at the next executive review.")


@dataclass(frozen=True, eq=False)
class OverTime:
    """What the study knows of time and of people's decisions.

    Attributes
    ----------
    movement : or, as text, why it could not be looked at
    assignment : see `movement.overrides.reconfirmation.assignments`
    decided : what `study.json` says of it
    frames : the tables of the study folder, by name
    """

    movement: Movement | str
    assignment: pd.DataFrame
    decided: AssignmentSummary
    frames: dict[str, pd.DataFrame]


def run_movement(
    past: Past,
    scorer: Scorer,
    spec: CandidateSpec,
    scores: pd.DataFrame,
    overrides: Overrides,
    progress: Progress = SILENT,
) -> OverTime:
    """Follow the accounts back in time, and let people's decisions have the last word.

    Parameters
    ----------
    past : the accounts of the study on any date
    scorer, spec : its scorer, and the kind of the chosen model
    scores : of the accounts of the matrix
    overrides : of the study, read and checked before anything was fitted

    Raises
    ------
    BadInputError
        A decision that holds at the as-of date names a segment that this study does not have.
    """
    config = past.config
    overrides = replace(overrides, frame=in_todays_words(overrides.frame, scorer.called))
    in_force = overrides.in_force(config.as_of).reset_index()
    check_overrides(in_force, segments=scorer.called)
    movement = study_movement(past, scorer, spec, progress, scores)
    known = None if isinstance(movement, str) else movement
    assignment = assignments(scores, known, overrides, config.as_of)
    arr = past.latest.attributes.get(ARR, pd.Series(dtype="float64")).reindex(scores.index)
    listed = reconfirmation_list(scores, assignment, known, arr, config.movement, config.as_of)
    frames = {RECONFIRMATION.name: listed}
    if len(overrides.frame):
        frames[OVERRIDES.name] = override_table(overrides, assignment["segment_name"], config.as_of)
    states = status(overrides.frame, config.as_of)
    return OverTime(
        movement=movement,
        assignment=assignment,
        decided=_summary(assignment, states, n_reconfirm=len(listed)),
        frames=frames if known is None else {**frames, **known.frames},
    )


def _summary(
    assignment: pd.DataFrame, states: "pd.Series[str]", *, n_reconfirm: int
) -> AssignmentSummary:
    decided = assignment["assigned_by"] == "override"
    model, held = assignment["segment_name"], assignment["held_segment"]
    differs = model.notna() & (assignment[ASSIGNED] != model)
    return AssignmentSummary(
        n_override=decided.sum(),
        n_against_model=(decided & differs).sum(),
        n_expired=(states == "expired").sum(),
        n_later=(states == "not yet").sum(),
        n_hysteresis=(model.notna() & held.notna() & (held != model)).sum(),
        n_reconfirm=n_reconfirm,
    )
