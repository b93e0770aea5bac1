"""The three columns of reasons in words, each distinct piece of a sentence made once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clustering.arrays import Flags, Floats, Ints
from clustering.features.types import Feature
from clustering.scorer.answers.explain import DIGITS, Explained, last_digit
from clustering.scorer.answers.scores import as_column
from clustering.wording import number_in_words


def value_in_words(feature: Feature, value: float) -> str:
    """A value of a feature, without its unit.

    Examples
    --------
    >>> share = Feature("due_share", "", "share, 0 to 1", "", "", (), "share", True, ("", ""))
    >>> value_in_words(share, 0.625)
    '62 %'
    >>> days = Feature("oldest_overdue", "", "days", "", "", (), "days", True, ("", ""))
    >>> value_in_words(days, 41.26), with_unit(days, 41.26)
    ('41.3', '41.3 days')
    """
    if feature.scale == "share":
        return f"{100 * value:.0f} %"
    if feature.scale == "binary":
        return "yes" if value >= 0.5 else "no"
    return number_in_words(value, DIGITS)


def with_unit(feature: Feature, value: float) -> str:
    """A value with its unit, as far as the unit says more than the title does."""
    return _with_unit(feature, value_in_words(feature, value))


def _with_unit(feature: Feature, words: str) -> str:
    unit = feature.unit
    silent = feature.scale in ("share", "binary") or " to " in unit or unit in feature.title
    return words if silent or not unit else f"{words} {unit}"


def typical_in_words(feature: Feature, value: float) -> str:
    """A typical value; of what is counted, a whole number."""
    return value_in_words(feature, float(np.rint(value)) if feature.scale == "count" else value)


@dataclass(frozen=True, eq=False)
class Spelling:
    """What the reasons of some accounts are made of.

    Attributes
    ----------
    features : of the model
    columns : float64 arrays of shape (n,) in raw units, one per feature
    typical : float64 array of shape (k, n_features): a typical value of each segment
    names : of the segments
    segment, runner_up : int64 arrays of shape (n,); -1 where there is none
    """

    features: Sequence[Feature]
    columns: Sequence[Floats]
    typical: Floats
    names: Sequence[str]
    segment: Ints
    runner_up: Ints

    def why(self, explained: Explained) -> "pd.arrays.ArrowStringArray":
        """As in "milestones overdue 4, typical here 5; features used 3, typical here 2"."""
        pieces = []
        for rank, named in enumerate(explained.why):
            pieces += [self._values(named, rank), self._typical(named, self.segment, None)]
        return self._joined(pieces, explained.why[0] >= 0)

    def against_runner_up(self, explained: Explained) -> "pd.arrays.ArrowStringArray":
        """As in "features used 9, typical here 8, there 3"."""
        pieces = []
        for rank, named in enumerate(explained.against):
            typical = self._typical(named, self.segment, self.runner_up)
            pieces += [self._values(named, rank), typical]
        return self._joined(pieces, explained.against[0] >= 0)

    def would_move(self, explained: Explained) -> "pd.arrays.ArrowStringArray":
        """As in "features used 3 instead of 9"."""
        pieces = []
        for rank, (named, target) in enumerate(
            zip(explained.changed, explained.targets, strict=True)
        ):
            pieces.append(self._values(named, rank, target))
            pieces.append(self._values(named, None))
        return self._joined(pieces, explained.changed[0] >= 0)

    def _values(self, named: Ints, rank: int | None, target: Floats | None = None) -> pa.Array:
        """Of each row the value of its named feature: the account's own, or the target."""

        texts: list[str] = [""]
        codes = np.zeros(named.size, dtype=np.int64)
        for number, feature in enumerate(self.features):
            rows = np.flatnonzero(named == number)
            if not rows.size:
                continue
            given = self.columns[number][rows] if target is None else target[rows]
            found, distinct = pd.factorize(_shown(feature, given))
            codes[rows] = found + len(texts)
            texts += [self._value(number, feature, value, rank) for value in distinct.tolist()]
        return _taken(texts, codes)

    def _value(self, number: int, feature: Feature, value: float, rank: int | None) -> str:
        """A value at some place of the sentence; every distinct one is spelled once."""
        told, plain = self._spelled.get((number, value), ("", ""))
        if not told:
            words = value_in_words(feature, value)
            told = f"{feature.title} {_with_unit(feature, words)}"
            plain = f" instead of {words}"
            self._spelled[number, value] = told, plain
        return plain if rank is None else f"; {told}" if rank else told

    @cached_property
    def _spelled(self) -> dict[tuple[int, float], tuple[str, str]]:
        return {}

    def _typical(self, named: Ints, here: Ints, there: Ints | None) -> pa.Array:
        k, d = self.typical.shape
        words = [
            [typical_in_words(*pair) for pair in zip(self.features, row, strict=True)]
            for row in self.typical.tolist()
        ]
        if there is None:
            texts = [f", typical here {words[own][j]}" for own in range(k) for j in range(d)]
            codes = here * d + named
        else:
            texts = [
                f", typical here {words[own][j]}, there {words[other][j]}"
                for own in range(k)
                for other in range(k)
                for j in range(d)
            ]
            codes = (here * k + there) * d + named
        return _taken([*texts, ""], np.where((named < 0) | (here < 0), len(texts), codes))

    def _joined(self, pieces: Sequence[pa.Array], said: Flags) -> "pd.arrays.ArrowStringArray":
        # A sentence without its first piece is none.
        nothing = pa.scalar(None, pa.large_string())
        first = pc.if_else(pa.array(said & (self.segment >= 0)), pieces[0], nothing)
        empty = pa.scalar("", pa.large_string())
        return as_column(pc.binary_join_element_wise(first, *pieces[1:], empty))


def _shown(feature: Feature, values: Floats) -> Floats:
    """Values with no more digits than are shown, so that few are distinct."""
    if feature.scale == "share":
        return np.round(values, 2)
    step = last_digit(values)
    rounded = np.rint(values / step) * step
    return np.asarray(np.where(np.abs(values) >= 1000, np.rint(values), rounded))


def _taken(texts: Sequence[str], codes: Ints) -> pa.Array:
    return pa.array(texts, type=pa.large_string()).take(pa.array(codes))
