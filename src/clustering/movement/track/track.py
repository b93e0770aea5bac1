"""Everything that a study says about time: movement, hysteresis, drift and their verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from clustering.arrays import Ints
from clustering.config import StudyConfig
from clustering.features import Snapshot
from clustering.models.types import CandidateSpec
from clustering.movement.drift.population import feature_drift
from clustering.movement.drift.refits import (
    Fate,
    FrozenModel,
    ModelChange,
    fates,
    first_model,
    fit_anew,
    model_change,
)
from clustering.movement.drift.verdict import MovementVerdict, judge_movement
from clustering.movement.track.history import (
    History,
    Snapshots,
    earlier_snapshots,
    follow,
    snapshot_dates,
)
from clustering.movement.track.hysteresis import Rule, flip_flops, held_segments, n_moves
from clustering.movement.track.lasting import Growth, lasting_movement
from clustering.movement.track.over_time import Assign, stability_over_time
from clustering.movement.track.reasons import moves_table
from clustering.movement.track.transitions import mix_table, transition_table
from clustering.progress import SILENT, Progress
from clustering.scorer import Scorer
from clustering.tables import SourceTables

#: Starts of a refit on resampled accounts, and of the model of the first date.
_REFIT_STARTS, _FIRST_STARTS = 5, 20
#: A model of the first date needs so many accounts for each segment.
_ACCOUNTS_A_SEGMENT = 20


@dataclass(frozen=True, eq=False)
class Movement:
    """What became of the accounts over the window.

    Attributes
    ----------
    history : segment of every account at every date, without hysteresis
    held : int64 array of the same shape, with hysteresis
    rule : of the hysteresis
    out_of_reach : dates that were wanted and could not be had, and why
    transitions, moves, mix, stability : see `transition_table`, `moves_table`, `mix_table` and
        `by_distance` (one row a labelling and distance in time)
    n_moves, n_flip_flops : (without, with hysteresis)
    growth : lasting movement; None where it cannot be told
    change : change of the model; None where it cannot be told
    segment_fates, drift : what became of the segments and of the features; empty likewise
    verdict : movement, a re-cut, or neither
    """

    history: History
    held: Ints
    rule: Rule
    out_of_reach: Mapping[date, str]
    transitions: pd.DataFrame
    moves: pd.DataFrame
    mix: pd.DataFrame
    stability: pd.DataFrame
    n_moves: tuple[int, int]
    n_flip_flops: tuple[int, int]
    growth: Growth | None
    change: ModelChange | None
    segment_fates: pd.DataFrame
    drift: pd.DataFrame
    verdict: MovementVerdict


def study_movement(
    tables: SourceTables,
    snapshot: Snapshot,
    scorer: Scorer,
    spec: CandidateSpec,
    assign: Assign,
    config: StudyConfig,
    progress: Progress = SILENT,
) -> Movement | str:
    """Follow the accounts of a study back in time; or say why that cannot be done.

    All dates are scored with the study's own scorer, fitted at the as-of date: readers meet its
    segments everywhere, a label means the same at every date, and nothing is predicted from the
    labels of earlier dates, so that it does no harm that the model saw later ones. Whether a model
    of the first date would have said the same is measured beside it (see `drift`).

    Parameters
    ----------
    tables, snapshot, scorer, spec : of the study; the chosen model
    assign : every rule-based labelling of a snapshot
    config, progress
    """
    settings = config.movement
    if settings.snapshots == 1:
        return "movement.snapshots is 1: movement was not looked at."
    if scorer.model.k == 1:
        return "There is one segment, and nowhere to move to."
    with progress.step("Looking back in time"):
        dates = snapshot_dates(config.as_of, settings.snapshots, settings.step_days)
        snapshots = earlier_snapshots(
            tables,
            snapshot,
            config.features,
            dates,
            scorer.standardiser.feature_names,
            max_missing_share=config.matrix.max_missing_share,
        )
        if len(snapshots.taken) == 1:
            reason = snapshots.out_of_reach[dates[-2]]
            return (
                f"Movement cannot be told: the tables do not reach back to {dates[-2]} ({reason})."
            )
        return follow_accounts(snapshots, scorer, spec, assign, config)


def follow_accounts(
    snapshots: Snapshots,
    scorer: Scorer,
    spec: CandidateSpec,
    assign: Assign,
    config: StudyConfig,
) -> Movement:
    """Movement over snapshots that were taken already, at least two."""
    settings = config.movement
    rule = Rule(settings.hold_snapshots, settings.hold_probability)
    history = follow(snapshots.taken, scorer)
    held = held_segments(history.labels, history.probability, rule)
    growth = lasting_movement(history, snapshots.taken, scorer)
    change, became, absent = _drift(snapshots, scorer, spec, config)
    both = (history.labels, held)
    return Movement(
        history=history,
        held=held,
        rule=rule,
        out_of_reach=snapshots.out_of_reach,
        transitions=transition_table(history, held),
        moves=moves_table(history, held, snapshots.taken, scorer),
        mix=mix_table(history),
        stability=stability_over_time(snapshots, history, held, assign),
        n_moves=(int(n_moves(both[0]).sum()), int(n_moves(both[1]).sum())),
        n_flip_flops=(int(flip_flops(both[0]).sum()), int(flip_flops(both[1]).sum())),
        growth=growth,
        change=change,
        segment_fates=became,
        drift=_feature_drift(snapshots, scorer, config),
        verdict=judge_movement(growth, change, settings, history.dates, absent),
    )


def _drift(
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
        return None, _fate_table((), scorer.segment_names), reason
    latest = FrozenModel(scorer.standardiser, scorer.model)
    earlier = first_model(
        scorer.standardiser, first, fit_anew(spec, _FIRST_STARTS), seed=config.seed
    )
    change = model_change(
        earlier,
        latest,
        last,
        fit_anew(spec, _REFIT_STARTS),
        n_refits=config.movement.refits,
        seed=config.seed,
    )
    old, new = earlier.labels(last), latest.labels(last)
    known = (old >= 0) & (new >= 0)
    found = fates(old[known], new[known], earlier.model.k, latest.model.k)
    return change, _fate_table(found, scorer.segment_names), ""


def _fate_table(found: Sequence[Fate], names: Sequence[str]) -> pd.DataFrame:
    """Fates with names: those of today's segments, and numbers for the segments of then."""
    rows = [
        (
            fate.side,
            _side_name(fate.side, fate.segment, names),
            fate.n_accounts,
            fate.kind,
            "; ".join(_side_name(_OTHER[fate.side], other, names) for other in fate.into),
            fate.overlap,
        )
        for fate in found
    ]
    columns = ["model", "segment_name", "n_accounts", "fate", "overlaps", "overlap"]
    kinds = dict.fromkeys(columns, "str") | {"n_accounts": "int64", "overlap": "float64"}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


_OTHER = {"first": "latest", "latest": "first"}


def _side_name(side: str, segment: int, names: Sequence[str]) -> str:
    return names[segment] if side == "latest" else f"segment {segment + 1} of then"


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
