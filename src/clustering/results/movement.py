"""From movement and overrides to their entries in `study.json` and their tables."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.movement.overrides.active import status
from clustering.movement.run import OverTime
from clustering.movement.track.hysteresis import ABSENT
from clustering.movement.track.track import Movement
from clustering.results.movement_document import (
    AssignmentEntry,
    GrowthEntry,
    ModelChangeEntry,
    MovementEntry,
    MovesEntry,
)

#: Columns of the table `movement` that are text.
_TEXTS = [ACCOUNT_ID, "snapshot", "state", "segment_name", "held_segment"]


def movement_frames(over_time: OverTime, as_of: str) -> dict[str, pd.DataFrame]:
    """The tables of the study folder."""
    frames = {"reconfirmation": over_time.reconfirmation}
    if len(over_time.overrides.frame):
        frames["overrides"] = _override_table(over_time, as_of)
    movement = over_time.movement
    if isinstance(movement, str):
        return frames
    frames |= {
        "movement": _history_table(movement),
        "transitions": movement.transitions,
        "moves": movement.moves,
        "segment_mix": movement.mix,
        "stability_over_time": movement.stability,
        "drift": movement.drift,
    }
    if len(movement.segment_fates):
        frames["segment_fates"] = movement.segment_fates
    return frames


def _history_table(movement: Movement) -> pd.DataFrame:
    history = movement.history
    n_accounts, n_dates = history.labels.shape
    labels, held = history.labels.ravel(), movement.held.ravel()
    names = np.array([*history.names, None], dtype=object)  # -1 and -2 take the last
    there = labels != ABSENT
    before = ~np.logical_or.accumulate(history.labels != ABSENT, axis=1).ravel()
    state = np.select(
        [labels >= 0, there, before], ["active", "no segment", "not yet"], default="left"
    )
    return pd.DataFrame(
        {
            ACCOUNT_ID: np.repeat(history.accounts.to_numpy(dtype=object), n_dates),
            "snapshot": np.tile([day.isoformat() for day in history.dates], n_accounts),
            "state": state,
            "segment_name": names[np.maximum(labels, -1)],
            "probability": history.probability.ravel(),
            "margin": history.margin.ravel(),
            "held_segment": names[np.maximum(held, -1)],
            "waiting": (labels >= 0) & (held >= 0) & (labels != held),
        }
    ).astype(dict.fromkeys(_TEXTS, "str"))


def _override_table(over_time: OverTime, as_of: str) -> pd.DataFrame:
    frame = over_time.overrides.frame
    model = over_time.assignment["segment_name"].reindex(frame[ACCOUNT_ID])
    table = frame.assign(
        decided_on=frame["decided_on"].dt.strftime("%Y-%m-%d"),
        valid_until=frame["valid_until"].dt.strftime("%Y-%m-%d"),
        status=status(frame, pd.Timestamp(as_of).date()),
        model_segment=model.to_numpy(),
    ).astype("str")
    return table.sort_values([ACCOUNT_ID, "decided_on"], ignore_index=True)


def movement_entry(movement: Movement | str) -> MovementEntry | None:
    """What `study.json` says of movement; None where it could not be looked at."""
    if isinstance(movement, str):
        return None
    outcomes = movement.moves["outcome"].value_counts()
    labels = movement.history.labels
    return MovementEntry(
        dates=[day.isoformat() for day in movement.history.dates],
        out_of_reach={day.isoformat(): why for day, why in movement.out_of_reach.items()},
        verdict=movement.verdict.kind,
        sentence=movement.verdict.sentence,
        reasons=list(movement.verdict.reasons),
        rule=movement.rule.words,
        without_hysteresis=MovesEntry(
            moves=movement.n_moves[0], flip_flops=movement.n_flip_flops[0]
        ),
        with_hysteresis=MovesEntry(moves=movement.n_moves[1], flip_flops=movement.n_flip_flops[1]),
        n_lasting=int(outcomes.get("lasting", 0)),
        n_passing=int(outcomes.get("passing", 0)),
        n_back=int(outcomes.get("back", 0)),
        n_open=int(outcomes.get("open", 0)),
        n_entered=int(((labels[:, 0] == ABSENT) & (labels[:, -1] != ABSENT)).sum()),
        n_left=int(((labels[:, 0] != ABSENT) & (labels[:, -1] == ABSENT)).sum()),
        growth=_growth(movement),
        model_change=_model_change(movement),
        drifted=[str(name) for name in movement.drift.loc[movement.drift["drifted"], "feature"]],
    )


def _growth(movement: Movement) -> GrowthEntry | None:
    if movement.growth is None:
        return None
    return GrowthEntry.model_validate(
        asdict(movement.growth) | {"interval": list(movement.growth.interval)}
    )


def _model_change(movement: Movement) -> ModelChangeEntry | None:
    change = movement.change
    if change is None:
        return None
    return ModelChangeEntry(
        n_accounts=change.n_accounts,
        differ=change.differ,
        interval=list(change.interval),
        ari=change.adjusted_rand,
        refits_median=change.null_median,
        refits_high=change.null_high,
        n_refits=change.n_refits,
    )


def assignment_entry(over_time: OverTime, as_of: str) -> AssignmentEntry:
    """What `study.json` says of people's decisions; no names, no reasons."""
    table = over_time.assignment
    decided = table["assigned_by"] == "override"
    known, held = table["segment_name"].notna(), table["held_segment"]
    differs = known & (table["assigned_segment"] != table["segment_name"])
    states = status(over_time.overrides.frame, pd.Timestamp(as_of).date())
    return AssignmentEntry(
        n_override=int(decided.sum()),
        n_against_model=int((decided & differs).sum()),
        n_expired=int((states == "expired").sum()),
        n_later=int((states == "not yet").sum()),
        n_hysteresis=int((known & held.notna() & (held != table["segment_name"])).sum()),
        n_reconfirm=len(over_time.reconfirmation),
    )
