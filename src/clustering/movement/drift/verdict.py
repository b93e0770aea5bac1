"""Movement, a re-cut, or neither: a sentence from numbers, by rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from clustering.config.movement import MovementConfig
from clustering.movement.drift.refits import ModelChange
from clustering.movement.track.lasting import FEWEST_ACCOUNTS, LastingMovement
from clustering.wording import estimate_in_words

VerdictKind = Literal["recut", "movement", "neither", "unknown"]


@dataclass(frozen=True)
class MovementVerdict:
    """What may be said about time.

    Attributes
    ----------
    kind : ``recut``, ``movement`` (without instability), ``neither`` or ``unknown``
    sentence : the finding, with its numbers
    reasons : the other finding, and what could not be told
    """

    kind: VerdictKind
    sentence: str
    reasons: tuple[str, ...]


def judge_movement(
    growth: LastingMovement | None,
    change: ModelChange | None,
    config: MovementConfig,
    dates: Sequence[date],
    change_absent: str = "",
) -> MovementVerdict:
    """Tell drift of the model and movement of the accounts apart.

    1. *Re-cut* where the model of the first date gives today's accounts another segment than
       today's model does, and more of them than refits explain: lower bound of the share, less
       the 97.5 % quantile of the refits, at least ``least_model_change``. Moves between segments
       that themselves have changed are not read as movement, however many there are.
    2. *Movement, not instability* where the model has not changed so and lasting movement (see
       `lasting_movement`) has a lower bound of at least ``least_movement``.
    3. *Neither* where both could be measured and none of the two holds; otherwise *unknown*.

    Parameters
    ----------
    growth : lasting movement; None where it is not known
    change : change of the model; None where it is not known, for the reason `change_absent`
    dates : of the snapshots, oldest first
    """
    moved = _movement_words(growth, dates)
    changed = change_absent if change is None else _change_words(change, dates)
    if change is not None and change.beyond_refits >= config.least_model_change:
        return MovementVerdict(
            "recut",
            f"Re-cut: {changed} The segments of {dates[0]} no longer fit these accounts.",
            (f"Not to be read as movement of accounts while the segments change: {moved}",),
        )
    if change is None or growth is None:
        return MovementVerdict(
            "unknown",
            "Movement of accounts and change of the model cannot be told apart here.",
            (_sentence(moved), _sentence(changed)),
        )
    if growth.interval[0] >= config.least_movement:
        sentence = f"Movement, not instability: {moved}"
        return MovementVerdict("movement", sentence, (_sentence(changed),))
    return MovementVerdict(
        "neither",
        f"{_not_enough(growth)} Movement is claimed where the interval of lasting movement begins "
        f"at {_percent(config.least_movement)} or more, a re-cut where that of the change of the "
        f"model begins {_points(config.least_model_change)} percentage points or more above what "
        "refits change.",
        (_sentence(moved), _sentence(changed)),
    )


def _not_enough(growth: LastingMovement) -> str:
    """Nothing is above 0, or something that is too little to be called movement."""
    if growth.interval[0] > 0:
        return "Few accounts moved for good, and no need to cut the segments again was shown."
    return "Neither lasting movement of accounts nor a need to cut the segments again was shown."


def _movement_words(growth: LastingMovement | None, dates: Sequence[date]) -> str:
    if growth is None:
        return (
            f"Lasting movement is not known: that needs three snapshots and at least "
            f"{FEWEST_ACCOUNTS} accounts with a segment at each of them, and segments that differ "
            f"in more than one family of features; there are {len(dates)} snapshots."
        )
    days = (dates[-1] - dates[0]).days
    value, low, high = _percents(growth.value, growth.interval)
    return (
        f"of the {growth.n_accounts:,} accounts followed for {days} days, "
        f"{_percent(growth.over_window)} are in another segment at the end, against "
        f"{_percent(growth.per_step)} from one snapshot to the next. Lasting movement, in which "
        "features of different families went the same way from one segment to another, is that "
        f"of {value} of the accounts (95 % interval {low} to {high}); the rest wavered at "
        "the borders."
    )


def _change_words(change: ModelChange, dates: Sequence[date]) -> str:
    differ, low, high = _percents(change.differ, change.interval)
    return (
        f"a model fitted on {dates[0]} gives {differ} (95 % interval {low} to {high}) of the "
        f"{change.n_accounts:,} accounts of {dates[-1]} another segment than the model of that "
        f"day; {change.n_refits} refits on resampled accounts of that day change up to "
        f"{_percent(change.refits_high)}."
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _percents(share: float, interval: tuple[float, float]) -> tuple[str, ...]:
    """A share and its interval in percent, with the digits that the interval carries."""
    low, high = interval
    told = estimate_in_words(100 * share, (100 * low, 100 * high), least=0)
    return tuple(f"{text} %" for text in told)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    text = f"{100 * share:.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")
