"""Values that cannot be, or lie far from all that the model was learned from.

They are set apart before anything is computed. A value that cannot be says nothing: it is not
used. One that is far is used (the matrix draws it in to its outer quantile), and the account is
flagged. Both are named. A whole column of impossible values is a mistake of the file, not of the
accounts, and is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.arrays import Flags, Floats
from clustering.errors import BadInputError, breaches_message
from clustering.matrix.ranges import FeatureRange, Rescaled, rescaled
from clustering.wording import number_in_words

#: A column is refused from this share of impossible values on ...
_MOSTLY = 0.5
#: ... or from this one, if another unit explains them.
_EXPLAINED = 0.1
#: A few values, or one value again and again (a placeholder), are accounts to name, not a unit.
_LEAST_KNOWN, _LEAST_DISTINCT = 10, 5
#: More odd values of one account than this are counted, not named.
_NAMED = 3
#: Enough accounts to tell the size of a column.
_SAMPLE = 50_000


@dataclass(frozen=True, eq=False)
class OddValues:
    """Odd values of one feature.

    Attributes
    ----------
    known : the range that they lie outside of
    rows : intp array of shape (n_odd,)
    values : float64 array of shape (n_odd,)
    impossible : whether they cannot be; otherwise they are far from all that were seen
    """

    known: FeatureRange
    rows: NDArray[np.intp]
    values: Floats
    impossible: bool

    def reasons(self) -> list[str]:
        """One sentence for each value, with the feature, the value and the range."""
        known, name = self.known, self.known.feature
        if self.impossible:
            return [
                f"{name} is {number_in_words(value)}, which cannot be "
                f"({known.possible_in_words}): not used"
                for value in self.values
            ]
        return [
            f"{name} is {number_in_words(value)}, far {self._side(value)} all that the model was "
            "learned from"
            for value in self.values
        ]

    def _side(self, value: float) -> str:
        most = self.known.reach_most
        return "above" if most is not None and value > most else "below"


@dataclass(frozen=True)
class ColumnFindings:
    """What whole columns say, which no piece of them can.

    Attributes
    ----------
    mistakes : sentences on columns whose values have another size than in training
    n_odd : accounts with values that cannot be, or lie far from all that were seen
    """

    mistakes: tuple[str, ...]
    n_odd: int


def look_at_columns(
    columns: Iterable[Floats], ranges: Sequence[FeatureRange], account_id: Callable[[int], object]
) -> ColumnFindings:
    """Look at whole columns, one at a time, before any account is scored.

    Parameters
    ----------
    columns : float64 arrays of shape (n_accounts,) in raw units; NaN is missing
    ranges : one per column
    account_id : of a row, to name the first account of a column that is refused

    Raises
    ------
    BadInputError
        A whole column cannot be in the unit of its feature; every such column at once.
    """
    breaches: list[str] = []
    mistakes: list[str] = []
    is_odd: Flags | None = None
    for column, known in zip(columns, ranges, strict=True):
        is_odd = np.zeros(len(column), bool) if is_odd is None else is_odd
        mistakes += unit_mistakes([column], [known])
        for values in set_apart([column], [known])[1]:
            is_odd[values.rows] = True
            breaches += _column_breach(column, values, account_id)
    _refuse(breaches)
    return ColumnFindings(tuple(mistakes), 0 if is_odd is None else int(is_odd.sum()))


def refuse_columns(
    columns: Sequence[Floats],
    odd: Iterable[OddValues],
    ranges: Sequence[FeatureRange],
    account_id: Callable[[int], object],
) -> None:
    """Refuse whole columns that cannot be in the unit of their feature.

    Parameters
    ----------
    columns, ranges, account_id : as in `look_at_columns`
    odd : what `set_apart` found in them

    Raises
    ------
    BadInputError
        With every such column.
    """
    given = {known.feature: column for column, known in zip(columns, ranges, strict=True)}
    _refuse(
        [
            sentence
            for values in odd
            for sentence in _column_breach(given[values.known.feature], values, account_id)
        ]
    )


def _refuse(breaches: Sequence[str]) -> None:
    if breaches:
        raise BadInputError(
            breaches_message("these features are not in the units of the model", breaches)
            + "\nThe unit of every feature is in docs/features.md. Nothing was scored."
        )


def set_apart(
    columns: Sequence[Floats], ranges: Sequence[FeatureRange]
) -> tuple[list[Floats], list[OddValues]]:
    """The columns without impossible values, and every odd value.

    Parameters
    ----------
    columns : float64 arrays of shape (n_accounts,) in raw units; NaN is missing
    ranges : one per column
    """
    usable: list[Floats] = []
    odd: list[OddValues] = []
    for column, known in zip(columns, ranges, strict=True):
        if known.covers(column):
            usable.append(column)
            continue
        impossible = known.impossible(column)
        if impossible is not None:
            odd.append(_odd(known, column, impossible, impossible=True))
            column = np.where(impossible, np.nan, column)
        unseen = known.unseen(column)
        if unseen is not None:
            odd.append(_odd(known, column, unseen, impossible=False))
            # The matrix draws it in further still; here it keeps powers from overflowing.
            column = np.clip(column, known.reach_least, known.reach_most)
        usable.append(column)
    return usable, odd


def reasons_by_row(odd: Iterable[OddValues]) -> Mapping[int, str]:
    """What is odd about each account that has odd values, the first three named."""
    named: dict[int, list[str]] = {}
    for values in odd:
        for row, reason in zip(values.rows.tolist(), values.reasons(), strict=True):
            named.setdefault(row, []).append(reason)
    return {row: _listed(reasons) for row, reasons in named.items()}


def unit_mistakes(columns: Sequence[Floats], ranges: Sequence[FeatureRange]) -> tuple[str, ...]:
    """Sentences on columns whose values have another size than in training.

    Parameters
    ----------
    columns, ranges : as in `set_apart`
    """
    step = max(1, -(-len(columns[0]) // _SAMPLE))
    sentences = []
    for column, known in zip(columns, ranges, strict=True):
        found = rescaled(known, column[::step])
        if found is not None:
            text = f"'{known.feature}' ({known.unit}) {_in_words(found)}"
            sentences.append(text if text.endswith("?") else f"{text}.")
    return tuple(sentences)


def _odd(known: FeatureRange, column: Floats, which: Flags, *, impossible: bool) -> OddValues:
    rows = np.flatnonzero(which)
    return OddValues(known, rows, column[rows], impossible)


def _column_breach(
    column: Floats, odd: OddValues, account_id: Callable[[int], object]
) -> list[str]:
    known, values = odd.known, odd.values
    n_known, n_wrong = int((~np.isnan(column)).sum()), values.size
    few = n_known < _LEAST_KNOWN or np.unique(values).size < _LEAST_DISTINCT
    if few or not odd.impossible:
        return []
    found = rescaled(known, column)
    if n_wrong < (_MOSTLY if found is None else _EXPLAINED) * n_known:
        return []
    looks = "Correct the column." if found is None else f"It {_in_words(found)}"
    return [
        f"'{known.feature}' cannot be what it is for {n_wrong} of {n_known} accounts: expected "
        f"{known.possible_in_words} ({known.unit}), found {number_in_words(values.min())} to "
        f"{number_in_words(values.max())}; first account_id: "
        f"{account_id(int(odd.rows[0]))}. {looks}"
    ]


def _in_words(found: Rescaled) -> str:
    larger = found.factor > 1
    times = number_in_words(found.factor if larger else 1 / found.factor)
    compared = (
        f"is about {times} times {'larger' if larger else 'smaller'} than in training (typically "
        f"{number_in_words(found.median)}, {number_in_words(found.trained)} then)"
    )
    if not found.unit:
        return f"{compared}: is it in another unit?"
    return f"{compared}: {found.unit}? {'Divide' if larger else 'Multiply'} it by {times}"


def _listed(reasons: Sequence[str]) -> str:
    text = "; ".join(reasons[:_NAMED])
    return text if len(reasons) <= _NAMED else f"{text}; and {len(reasons) - _NAMED} more"
