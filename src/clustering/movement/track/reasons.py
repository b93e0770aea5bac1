"""Who moved, and which features moved them."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ACCOUNT_ID
from clustering.features import Snapshot
from clustering.features.types import Feature
from clustering.models.model import Model
from clustering.movement.track.history import History
from clustering.movement.track.hysteresis import changes
from clustering.schema import TableSpec, column
from clustering.scorer import Scorer
from clustering.wording import number_in_words

#: Features that are named for a move, the strongest first.
N_DRIVERS = 3

MOVES = TableSpec(
    "moves",
    "Every change of segment from one snapshot to the next, and the features behind it.",
    (
        column("account_id", "text", "Account."),
        column("from_date", "text", "Snapshot before."),
        column("to_date", "text", "Snapshot after."),
        column("from_segment", "text", "Segment before."),
        column("to_segment", "text", "Segment after."),
        column("probability", "number", "Of the new segment."),
        column(
            "log_odds_change",
            "number",
            "Of the new segment against the old one, from what is known at each date.",
        ),
        column("outcome", "text", "Under the rule: lasting, passing (taken back), back, or open."),
        column("why", "text", "The features that moved it most, before and after."),
    ),
    more="driver_1 to driver_3 and driver_1_share to driver_3_share: those features and their "
    "shares of what spoke for the move.",
    optional=True,
)
_DRIVERS = {
    **{f"driver_{rank}": "str" for rank in range(1, N_DRIVERS + 1)},
    **{f"driver_{rank}_share": "float64" for rank in range(1, N_DRIVERS + 1)},
}


def contributions(
    model: Model, before: Floats, after: Floats, origin: Ints, target: Ints
) -> Floats:
    """What each feature added to the log odds of the new segment against the old one.

    The log odds of two segments are quadratic in the features (linear for k-means), so that their
    change is exactly the gradient half-way times the step, feature by feature. Nothing is left
    over: the parts of one account sum to its change.

    Parameters
    ----------
    model : Model
    before, after : float64 arrays (n, n_features), standardised, at the two dates
    origin, target : int64 arrays (n,), the segments moved from and to

    Returns
    -------
    float64 array (n, n_features), in natural log odds

    Examples
    --------
    >>> from clustering.models.kinds import CentreModel
    >>> model = CentreModel(np.array([[0.0, 0.0], [2.0, 0.0]]), variance=1.0)
    >>> contributions(model, np.zeros((1, 2)), np.array([[2.0, 5.0]]), np.array([0]), np.array([1]))
    array([[4., 0.]])
    """
    middle = (before + after) / 2
    gradient = model.slopes(middle, origin) - model.slopes(middle, target)
    return np.asarray(gradient * (after - before))


def neutral(model: Model, values: Floats, origin: Ints, target: Ints) -> Floats:
    """Values (n, n_features) with what is missing half-way between the centres of two segments.

    There it speaks for neither, as in the score, which uses what is known alone.
    """
    middle = (model.centres[origin] + model.centres[target]) / 2
    return np.where(np.isnan(values), middle, values)


def log_odds(model: Model, columns: Floats, origin: Ints, target: Ints) -> Floats:
    """Of the target against the origin, of what is known of accounts as columns."""
    scores, sharpness = model.log_scores(columns)
    rows = np.arange(origin.size)
    return np.asarray(sharpness * (scores[target, rows] - scores[origin, rows]))


def moves_table(
    history: History, held: Ints, snapshots: Sequence[Snapshot], scorer: Scorer
) -> pd.DataFrame:
    """Every change of segment from one snapshot to the next, and why.

    Parameters
    ----------
    history : labels without hysteresis
    held : int64 array of the same shape, with hysteresis
    snapshots : those of the history, in its order
    scorer : the one that gave the labels

    Returns
    -------
    DataFrame
        One row a change, with the columns of `MOVES`; its ``outcome`` is ``lasting`` (the account
        moved under the rule of hysteresis), ``passing`` (the snapshots turned away again before),
        ``back`` (it returned to the segment that it had held all the time) or ``open`` (it waits
        for the next snapshot).
    """
    found = changes(history.labels)
    outcome = _outcomes(history.labels, held, found)
    parts = []
    for start, end in sorted({(int(a), int(b)) for _, a, b in found.T}):
        chosen = (found[1] == start) & (found[2] == end)
        rows = found[0][chosen]
        parts.append(
            _explained(history, snapshots, scorer, rows, (start, end)).assign(
                outcome=outcome[chosen]
            )
        )
    explained = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    drivers = explained.reindex(columns=list(_DRIVERS)).astype(_DRIVERS)
    table = MOVES.from_rows(explained).join(drivers)
    return table.sort_values(["to_date", ACCOUNT_ID], kind="stable").reset_index(drop=True)


def _outcomes(labels: Ints, held: Ints, found: Ints) -> NDArray[np.str_]:
    rows, befores, starts = found
    target = labels[rows, starts]
    back = held[rows, befores] == target  # it never counted as gone
    outcome = np.where(back, "back", "open").astype("<U8")
    running = ~back
    for t in range(labels.shape[1]):
        due = running & (t >= starts)
        lasting = due & (held[rows, t] == target) & (labels[rows, t] == target)
        passing = due & ~lasting & (labels[rows, t] != target) & (labels[rows, t] != -1)
        outcome[lasting], outcome[passing] = "lasting", "passing"
        running &= ~(lasting | passing)
    return outcome


def _explained(
    history: History,
    snapshots: Sequence[Snapshot],
    scorer: Scorer,
    rows: Ints,
    steps: tuple[int, int],
) -> pd.DataFrame:
    start, end = steps
    accounts = history.accounts[rows]
    frames = [snapshots[t].frame.loc[accounts] for t in steps]
    scales, model = scorer.standardiser, scorer.model
    known = [scales.known_columns(scales.columns_of(frame)) for frame in frames]
    origin, target = history.labels[rows, start], history.labels[rows, end]
    before, after = (neutral(model, columns.T, origin, target) for columns in known)
    parts = contributions(model, before, after, origin, target)
    odds = [log_odds(model, columns, origin, target) for columns in known]
    features = {feature.name: feature for feature in snapshots[end].features}
    listed = [features[name] for name in scorer.standardiser.feature_names]
    raw = [frame[[f.name for f in listed]].to_numpy(dtype=np.float64) for frame in frames]
    # What is missing at both dates explains nothing to a reader.
    parts[np.isnan(raw[0]) & np.isnan(raw[1])] = 0.0
    # What is known on one date alone made the account known, not another.
    once = np.where(np.isnan(raw[0]) != np.isnan(raw[1]), parts, 0.0).sum(axis=1)
    order = np.argsort(-parts, axis=1, kind="stable")[:, :N_DRIVERS]
    strength = np.take_along_axis(parts, order, axis=1)
    positive = np.where(parts > 0, parts, 0.0).sum(axis=1, keepdims=True)
    share = np.where(strength > 0, strength / np.maximum(positive, 1e-300), np.nan)
    drivers = np.array([f.name for f in listed], dtype=object)[order]
    drivers[~(strength > 0)] = None
    names = np.array(history.names, dtype=object)
    table = pd.DataFrame(
        {
            ACCOUNT_ID: accounts,
            "from_date": history.dates[start].isoformat(),
            "to_date": history.dates[end].isoformat(),
            "from_segment": names[origin],
            "to_segment": names[target],
            "probability": history.probability[rows, end],
            "log_odds_change": odds[1] - odds[0],
            "why": _words(listed, raw, order, strength > 0, 2 * once > parts.sum(axis=1)),
        }
    )
    for rank in range(N_DRIVERS):
        has = rank < order.shape[1]
        table[f"driver_{rank + 1}"] = drivers[:, rank] if has else None
        table[f"driver_{rank + 1}_share"] = share[:, rank] if has else np.nan
    return table


def _words(
    features: Sequence[Feature],
    raw: Sequence[Floats],
    order: Ints,
    named: Flags,
    became_known: Flags,
) -> list[str]:
    """As in "features used 9 to 3 features; days late 0 to 41 days"."""
    before, after = raw
    texts = []
    for row, (columns, shown, known_once) in enumerate(
        zip(order, named, became_known, strict=True)
    ):
        parts = [
            _change(features[column], before[row, column], after[row, column])
            for column, show in zip(columns, shown, strict=True)
            if show
        ]
        said = "; ".join(parts) or "no single feature"
        texts.append(f"{_KNOWN_ONCE}: {said}" if known_once else said)
    return texts


_KNOWN_ONCE = "not a move of the account, but of what is known of it"


_ALL_DIGITS = 9


def _change(feature: Feature, before: float, after: float) -> str:
    words, share, unit = _spelling(feature)
    if share:
        return f"{words} {_share(before)} to {_share(after)}"
    # With the digits that tell the two apart: more would say nothing of the change.
    apart = abs(after - before)
    digits = _ALL_DIGITS if apart > 0 else 2
    first, second = (number_in_words(x, digits, spread=apart) for x in (before, after))
    return f"{words} {first} to {second}{unit}"


@cache
def _spelling(feature: Feature) -> tuple[str, bool, str]:
    return feature.title, feature.scale == "share", feature.unit_after


def _share(value: float) -> str:
    return "unknown" if value != value else f"{100 * value:.0f} %"
