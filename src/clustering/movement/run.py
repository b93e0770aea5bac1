"""Time and people's decisions, together: what a study holds of both."""

from dataclasses import dataclass

import pandas as pd

from clustering.columns import ARR
from clustering.config import StudyConfig
from clustering.features import Snapshot
from clustering.models.types import CandidateSpec
from clustering.movement.overrides.active import Overrides, check_overrides
from clustering.movement.overrides.reconfirmation import assignments, reconfirmation_list
from clustering.movement.track.over_time import Assign
from clustering.movement.track.track import Movement, study_movement
from clustering.progress import SILENT, Progress
from clustering.scorer import Scorer
from clustering.tables import SourceTables


@dataclass(frozen=True, eq=False)
class OverTime:
    """What the study knows of time and of people's decisions.

    Attributes
    ----------
    movement : or, as text, why it could not be looked at
    overrides : every decision
    assignment : see `movement.reconfirmation.assignments`
    reconfirmation : see `movement.reconfirmation.reconfirmation_list`
    """

    movement: Movement | str
    overrides: Overrides
    assignment: pd.DataFrame
    reconfirmation: pd.DataFrame


def run_movement(
    tables: SourceTables,
    snapshot: Snapshot,
    scorer: Scorer,
    spec: CandidateSpec,
    scores: pd.DataFrame,
    overrides: Overrides,
    assign: Assign,
    config: StudyConfig,
    progress: Progress = SILENT,
) -> OverTime:
    """Follow the accounts back in time, and let people's decisions have the last word.

    Parameters
    ----------
    tables, snapshot, scorer, spec : of the study; the chosen model
    scores : of the accounts of the matrix
    overrides : of the study, read and checked before anything was fitted
    assign : every rule-based labelling of a snapshot
    config, progress

    Raises
    ------
    BadInputError
        A decision that holds at the as-of date names a segment that this study does not have.
    """
    in_force = overrides.in_force(config.as_of).reset_index()
    check_overrides(in_force, segments=scorer.segment_names)
    movement = study_movement(tables, snapshot, scorer, spec, assign, config, progress)
    known = None if isinstance(movement, str) else movement
    assignment = assignments(scores, known, overrides, config.as_of)
    arr = snapshot.attributes.get(ARR, pd.Series(dtype="float64")).reindex(scores.index)
    return OverTime(
        movement=movement,
        overrides=overrides,
        assignment=assignment,
        reconfirmation=reconfirmation_list(
            scores, assignment, known, arr, config.movement, config.as_of
        ),
    )
