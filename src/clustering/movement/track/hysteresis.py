"""Hysteresis: an account moves only on lasting evidence."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError

#: The account has not started or has ended.
ABSENT = -2
#: The account is there, but none of its features is known: it has no segment.
UNKNOWN = -1


@dataclass(frozen=True)
class Rule:
    """When an account moves to the segment that a snapshot gives it.

    Attributes
    ----------
    snapshots : consecutive snapshots with the same new segment after which it moves
    probability : probability of the new segment from which it moves at once; None: never at once
    """

    snapshots: int = 2
    probability: float | None = None

    @property
    def words(self) -> str:
        """The rule as a sentence.

        Examples
        --------
        >>> Rule(2, 0.99).words
        'An account moves when 2 snapshots in a row give it the same new segment, or at once when \
the probability of the new segment is at least 0.99.'
        """
        if self.snapshots == 1:
            return "An account moves with every snapshot that gives it another segment."
        text = (
            f"An account moves when {self.snapshots} snapshots in a row give it the same new "
            "segment"
        )
        if self.probability is None:
            return f"{text}."
        return (
            f"{text}, or at once when the probability of the new segment is at least "
            f"{self.probability:g}."
        )


@dataclass(frozen=True, eq=False)
class Held:
    """What accounts hold on one date, and the evidence that builds up against it.

    Attributes
    ----------
    segment : int64 array of shape (n_accounts,); `UNKNOWN` or `ABSENT` where none is held
    waiting : the other segment that the evidence is for; `ABSENT` where there is none
    dates : for so many dates in a row
    """

    segment: Ints
    waiting: Ints
    dates: Ints

    @classmethod
    def nothing(cls, n_accounts: int) -> "Held":
        """Before the first date."""
        none = np.full(n_accounts, ABSENT, np.int64)
        return cls(none, none, np.zeros(n_accounts, np.int64))

    def after(self, label: Ints, probability: Floats, rule: Rule) -> "Held":
        """What they hold when a further date has been seen (see `held_segments`).

        Examples
        --------
        >>> label, sure = np.array([1]), np.array([0.8])
        >>> first = Held.nothing(1).after(np.array([0]), sure, Rule(2))
        >>> waits = first.after(label, sure, Rule(2))
        >>> waits.segment.tolist(), waits.waiting.tolist(), waits.dates.tolist()
        ([0], [1], [1])
        >>> waits.after(label, sure, Rule(2)).segment.tolist()
        [1]
        """
        state, run = self.segment, self.dates
        known, absent = label >= 0, label == ABSENT
        other = known & (state >= 0) & (label != state)
        same = label == self.waiting
        run = np.where(other, np.where(same, run + 1, 1), np.where(known, 0, run))
        waiting = np.where(other, label, np.where(known, ABSENT, self.waiting))
        at_once = np.inf if rule.probability is None else rule.probability
        moves = other & ((run >= rule.snapshots) | (probability >= at_once))
        state = np.where(moves | (known & (state < 0)), label, state)
        state = np.where(absent, ABSENT, np.where((state == ABSENT) & ~absent, UNKNOWN, state))
        ended = moves | absent
        return Held(state, np.where(ended, ABSENT, waiting), np.where(ended, 0, run))


def held_segments(labels: Ints, probability: Floats, rule: Rule) -> Ints:
    """Segment of every account at every snapshot under hysteresis.

    An account holds its first segment until the evidence for one and the same other segment has
    lasted: for `rule.snapshots` snapshots in a row, or with a probability that passes
    `rule.probability`. A snapshot that gives its own segment back ends the evidence. A snapshot
    without a segment (nothing is known of the account) is evidence for nothing: it neither adds
    nor ends. What comes later is not looked at, so the answer at one date never changes
    afterwards. While the evidence builds up a playbook may start at once; only the segment waits.

    Parameters
    ----------
    labels : int64 array of shape (n_accounts, n_snapshots)
        Segment by snapshot, oldest first; `UNKNOWN` or `ABSENT` where there is none.
    probability : float64 array of the same shape, of the segment
    rule : Rule

    Returns
    -------
    int64 array of shape (n_accounts, n_snapshots)
        `ABSENT` where the account is; an account that comes back begins anew.

    Raises
    ------
    BadInputError
        The shapes differ.

    Examples
    --------
    >>> labels = np.array([[0, 1, 0, 1, 1]])
    >>> held_segments(labels, np.full(labels.shape, 0.8), Rule(snapshots=2)).tolist()
    [[0, 0, 0, 0, 1]]
    """
    if labels.ndim != 2 or labels.shape != probability.shape:
        raise BadInputError(
            "labels and probabilities must both be of shape (n_accounts, n_snapshots), found "
            f"{labels.shape} and {probability.shape}."
        )
    held = np.empty_like(labels)
    state = Held.nothing(len(labels))
    for t in range(labels.shape[1]):
        state = state.after(labels[:, t], probability[:, t], rule)
        held[:, t] = state.segment
    return held


def changes(labels: Ints) -> Ints:
    """Every change from one segment to another: row, date before and date after, (3, n_changes).

    Snapshots without a segment are passed over: a segment before and another one after is a
    change.

    Examples
    --------
    >>> changes(np.array([[0, 1, -1, 1, 0], [2, 2, -2, 3, 3]])).tolist()
    [[0, 0, 1], [0, 3, 1], [1, 4, 3]]
    """
    rows, dates = np.nonzero(labels >= 0)
    segments = labels[rows, dates]
    changed = (rows[1:] == rows[:-1]) & (segments[1:] != segments[:-1])
    return np.stack([rows[1:], dates[:-1], dates[1:]])[:, changed]


def flip_flops(labels: Ints) -> Ints:
    """How often each account returns at once to the segment it came from, shape (n_accounts,).

    Examples
    --------
    >>> flip_flops(np.array([[0, 1, 0, 1], [0, 1, 1, 2]]))
    array([2, 0])
    """
    first, middle, last = labels[:, :-2], labels[:, 1:-1], labels[:, 2:]
    returned = (first >= 0) & (middle >= 0) & (first == last) & (middle != first)
    return np.asarray(returned.sum(axis=1), np.int64)
