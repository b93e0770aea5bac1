"""Accounts whose segment people should confirm at the next executive review.

Farmer 2020: the segment is reconfirmed at every executive review. The list says which accounts
need it most: those near a boundary, those that moved lately or wait for a second snapshot, and
those whose override ends before the next review.
"""

from collections.abc import Hashable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Flags
from clustering.columns import ACCOUNT_ID
from clustering.config.movement import MovementConfig
from clustering.movement.overrides.active import ASSIGNED, Overrides, assigned
from clustering.movement.track.hysteresis import flip_flops
from clustering.movement.track.track import Movement
from clustering.schema import TableSpec, column

RECONFIRMATION = TableSpec(
    "reconfirmation",
    "Accounts whose segment people should confirm at the next executive review; also as a "
    "spreadsheet, `reconfirmation.csv`.",
    (
        column("account_id", "text", "Account."),
        column("assigned_segment", "text", "Segment by which it is served.", nullable=True),
        column("segment_name", "text", "The model's own answer.", nullable=True),
        column("runner_up", "text", "Second most probable segment.", nullable=True),
        column("probability", "number", "Of the model's answer."),
        column("margin", "number", "Probability less that of the runner-up."),
        column("arr", "number", "ARR.", nullable=True),
        column("n_reasons", "integer", "How many of the next five hold."),
        column("near_boundary", "boolean", "Its margin is small."),
        column("moved_lately", "boolean", "It moved at the last snapshot."),
        column("waiting", "boolean", "The last snapshot says another segment than it holds."),
        column("wavering", "boolean", "It went and came back within the window."),
        column("override_due", "boolean", "Its override ends before the next snapshot."),
        column("why", "text", "In words."),
    ),
    optional=True,
    spreadsheet=True,
)

#: An account that returned to the segment it came from so often has no segment that lasts.
_WAVERS = 1


def assignments(
    scores: pd.DataFrame, movement: Movement | None, overrides: Overrides, as_of: date
) -> pd.DataFrame:
    """The segment by which every account is served, and how it came about.

    A person's decision comes first while it holds, else what the model says: a study shows one
    assignment everywhere. The segment that an account holds under hysteresis stands beside it; it
    tells of scores that follow each other in time, and no page but that one uses it.

    Parameters
    ----------
    scores : of the study's accounts, by `Scorer.score_features`
    movement : None where it could not be looked at
    overrides, as_of : the decisions, and the date on which they must hold

    Returns
    -------
    DataFrame
        Indexed like `scores`: ``segment_name`` (the model's own answer), ``held_segment`` (null
        without movement), ``assigned_segment``, ``assigned_by`` (``override``, ``model``),
        ``override_by``, ``override_reason``, ``override_until``.
    """
    model = scores["segment_name"].astype("str")
    held = model.where(model.isna())
    if movement is not None:
        codes = movement.held[movement.history.accounts.get_indexer(model.index), -1]
        names = pd.Series(movement.history.names, dtype="str")
        held = pd.Series(names.reindex(codes).to_numpy(), index=model.index, dtype="str")
    decided = assigned(model, overrides.in_force(as_of))
    by = np.where(decided["override_by"].notna(), "override", "model")
    table = pd.DataFrame({"segment_name": model, "held_segment": held}, index=model.index)
    table[ASSIGNED] = decided[ASSIGNED]
    table["assigned_by"] = pd.Series(by, index=model.index, dtype="str")
    return table.join(decided.drop(columns=ASSIGNED))


def served_otherwise(assignment: pd.DataFrame) -> str:
    """How many accounts are served in another segment than the model's, in words; empty if none.

    Parameters
    ----------
    assignment : from `assignments`

    Examples
    --------
    >>> served_otherwise(pd.DataFrame({"segment_name": ["a", "b"], "assigned_segment": ["a", "a"]}))
    'Served in another segment than the model says, and planned there: 1 account by decision.'
    """
    n = int(assignment[ASSIGNED].ne(assignment["segment_name"]).sum())
    if not n:
        return ""
    accounts = "1 account" if n == 1 else f"{n:,} accounts"
    return (
        f"Served in another segment than the model says, and planned there: {accounts} by decision."
    )


def reconfirmation_list(
    scores: pd.DataFrame,
    assignment: pd.DataFrame,
    movement: Movement | None,
    arr: "pd.Series[float]",
    config: MovementConfig,
    as_of: date,
) -> pd.DataFrame:
    """The accounts to confirm, those with most reasons and then most ARR first.

    Parameters
    ----------
    scores, assignment : of the study's accounts, with one index
    movement : None where it could not be looked at
    arr : by account; missing where it is not known
    config : `boundary_margin`; overrides that end within `step_days` are due
    as_of : date of the study

    Returns
    -------
    DataFrame
        The columns of `RECONFIRMATION`.
    """
    index = scores.index
    moved, waiting, wavering = _over_time(movement, index)
    due_by = pd.Timestamp(as_of) + timedelta(days=config.step_days)
    until = pd.to_datetime(assignment["override_until"])
    flags = pd.DataFrame(
        {
            "near_boundary": scores["margin"].lt(config.boundary_margin).to_numpy(),
            "moved_lately": moved,
            "waiting": waiting,
            "wavering": wavering,
            "override_due": (until <= due_by).to_numpy(),
        },
        index=index,
    )
    table = assignment[[ASSIGNED, "segment_name"]].join(
        scores[["runner_up", "probability", "margin"]]
    )
    table["arr"] = arr.reindex(index)
    table["n_reasons"] = flags.sum(axis=1).astype(np.int64)
    table = table.join(flags)
    table = table[table["n_reasons"] > 0].copy()
    held = assignment["held_segment"].reindex(table.index)
    table["why"] = pd.Series(
        [
            _why(row, str(holds), config)
            for row, holds in zip(table.to_dict("records"), held, strict=True)
        ],
        index=table.index,
        dtype="str",
    )
    ordered = table.rename_axis(ACCOUNT_ID).reset_index()
    return ordered.sort_values(
        ["n_reasons", "arr", ACCOUNT_ID], ascending=[False, False, True], ignore_index=True
    )


def _over_time(movement: Movement | None, index: pd.Index) -> tuple[Flags, Flags, Flags]:
    """Moved at the last snapshot, waits for the next one, went back and forth."""
    nothing = np.zeros(len(index), np.bool_)
    if movement is None:
        return nothing, nothing, nothing
    rows = movement.history.accounts.get_indexer(index)
    held, labels = movement.held[rows], movement.history.labels[rows]
    moved = (held[:, -1] >= 0) & (held[:, -2] >= 0) & (held[:, -1] != held[:, -2])
    waiting = (labels[:, -1] >= 0) & (held[:, -1] >= 0) & (labels[:, -1] != held[:, -1])
    return moved, waiting, flip_flops(labels) >= _WAVERS


def _why(row: dict[Hashable, Any], held: str, config: MovementConfig) -> str:
    reasons = []
    if row["near_boundary"]:
        reasons.append(
            f"near the boundary to '{row['runner_up']}' (margin {row['margin']:.2f}, "
            f"below {config.boundary_margin:g})"
        )
    if row["moved_lately"]:
        reasons.append("moved at the last snapshot")
    if row["waiting"]:
        reasons.append(
            f"the last snapshot alone says '{row['segment_name']}': by lasting evidence it is "
            f"still in '{held}', and the next snapshot decides"
        )
    if row["wavering"]:
        reasons.append("went to another segment and back within the window")
    if row["override_due"]:
        reasons.append("its override ends before the next snapshot")
    return "; ".join(reasons)
