"""Labels of any kind as codes with named levels, outcomes as booleans; gaps stay gaps."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Flags, Ints
from clustering.errors import BadInputError

#: A labelling with more levels than this is an identifier, not a way to group accounts.
MOST_LEVELS = 1000

_YES = {"1", "true", "t", "yes", "y"}
_NO = {"0", "false", "f", "no", "n"}


@dataclass(frozen=True, eq=False)
class Labelling:
    """One label per account.

    Attributes
    ----------
    name : what messages call it
    codes : int64 array of shape (n_accounts,); -1 where the label is missing
    levels : the labels as text, in their own order: that of an ordered categorical, else by
        number where all are numbers, else alphabetical with numbers inside compared as numbers
    ordered : whether the order of the levels means something (ordered categoricals, numbers)
    """

    name: str
    codes: Ints
    levels: tuple[str, ...]
    ordered: bool

    def __post_init__(self) -> None:
        self.codes.setflags(write=False)

    def subset(self, rows: Flags) -> "Labelling":
        """The labelling of some accounts; levels that none of them has are dropped."""
        present, codes = np.unique(self.codes[rows], return_inverse=True)
        levels = tuple(self.levels[code] for code in present if code >= 0)
        shift = 1 if present.size and present[0] < 0 else 0
        return Labelling(self.name, codes.astype(np.int64) - shift, levels, self.ordered)


@dataclass(frozen=True, eq=False)
class LabelPair:
    """Two labellings of the accounts that both of them label, and how many were left out.

    `rows` (boolean, one per account given) says which accounts those are.
    """

    first: Labelling
    second: Labelling
    rows: Flags

    @property
    def n_accounts(self) -> int:
        """Accounts that have both labels."""
        return int(self.rows.sum())

    @property
    def n_left_out(self) -> int:
        """Accounts that lack one of them."""
        return int(self.rows.size) - self.n_accounts

    @property
    def contingency(self) -> Ints:
        """Counts of accounts, shape (n_first, n_second)."""
        shape = len(self.first.levels), len(self.second.levels)
        cells = self.first.codes * shape[1] + self.second.codes
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def encode(labels: ArrayLike | pd.Series, name: str = "labels") -> Labelling:
    """Code one labelling; `None`, NaN, NA and empty text are missing.

    Raises
    ------
    BadInputError
        The labels are not one-dimensional.

    Examples
    --------
    >>> labelling = encode(["tier 10", "tier 2", None, "tier 2"])
    >>> labelling.levels, labelling.codes.tolist()
    (('tier 2', 'tier 10'), [1, 0, -1, 0])
    """
    series = labels if isinstance(labels, pd.Series) else _series(labels, name)
    if isinstance(series.dtype, pd.CategoricalDtype) and series.cat.ordered:
        return _encode_ordered(series, name)
    codes, values = pd.factorize(series.to_numpy(), use_na_sentinel=True)
    texts = [label_text(value) for value in values]
    levels = sorted({text for text in texts if text}, key=natural_key(texts))
    position = {text: code for code, text in enumerate(levels)}
    lookup = np.array([*(position.get(text, -1) for text in texts), -1], dtype=np.int64)
    return Labelling(name, lookup[codes], tuple(levels), all_numbers(levels))


def as_boolean(values: ArrayLike | pd.Series, name: str) -> tuple[Flags, Flags]:
    """The values, and which of them are known; 0 and 1, true and false, yes and no.

    Raises
    ------
    BadInputError
        A value is none of these.

    Examples
    --------
    >>> values, known = as_boolean(["yes", None, "no"], "churned")
    >>> values.tolist(), known.tolist()
    ([True, False, False], [True, False, True])
    """
    coded = encode(values, name)
    spelled = [level.lower() for level in coded.levels]
    strange = [level for level in coded.levels if level.lower() not in _YES | _NO]
    if strange:
        shown = ", ".join(map(repr, strange[:5])) + (", ..." if len(strange) > 5 else "")
        raise BadInputError(
            f"{name} must be true or false (1 or 0, yes or no); found {shown}. An amount needs a "
            "threshold first: for example, expanded = nrr > 1."
        )
    is_yes = np.array([*(level in _YES for level in spelled), False], dtype=bool)
    return is_yes[coded.codes], coded.codes >= 0


def pair(
    first: ArrayLike | pd.Series | Labelling, second: ArrayLike | pd.Series | Labelling
) -> LabelPair:
    """Bring two labellings of the same accounts together; accounts lacking a label drop out.

    Raises
    ------
    BadInputError
        The lengths differ, no account has both labels, or a labelling has more than
        `MOST_LEVELS` levels.
    """
    one = first if isinstance(first, Labelling) else encode(first, _name(first, "first"))
    two = second if isinstance(second, Labelling) else encode(second, _name(second, "second"))
    if one.codes.size != two.codes.size:
        raise BadInputError(
            f"two labellings of the same accounts have the same length; found {one.codes.size} "
            f"labels in {one.name} and {two.codes.size} in {two.name}."
        )
    both = (one.codes >= 0) & (two.codes >= 0)
    if not both.any():
        raise BadInputError(
            f"no account has a label in both {one.name} and {two.name} "
            f"({both.size} accounts looked at); there is nothing to compare."
        )
    one, two = one.subset(both), two.subset(both)
    for labelling in (one, two):
        if len(labelling.levels) > MOST_LEVELS:
            raise BadInputError(
                f"{labelling.name} has {len(labelling.levels)} different labels; at most "
                f"{MOST_LEVELS} can be compared. Is it an identifier or an amount? Band it first."
            )
    return LabelPair(one, two, both)


def label_text(value: object) -> str:
    """A label as text: whole floats lose their point, so that 1, 1.0 and "1" are one label."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def natural_key(texts: Sequence[str]) -> Callable[[str], Any]:
    """Sort key of labels: as numbers where all of them are, else as text with numbers in it."""
    if all_numbers([text for text in texts if text]):
        return lambda text: (float(text), text)
    return lambda text: (
        [
            (0, float(part), "") if part.isdigit() else (1, 0.0, part.casefold())
            for part in re.split(r"(\d+)", text)
            if part
        ]
        + [(2, 0.0, text)]
    )


def all_numbers(texts: Sequence[str]) -> bool:
    """Whether every label reads as a finite number."""
    try:
        return all(np.isfinite(float(text)) for text in texts)
    except ValueError:
        return False


def _name(labels: ArrayLike | pd.Series, place: str) -> str:
    if isinstance(labels, pd.Series) and labels.name is not None:
        return str(labels.name)
    return f"the {place} labelling"


def _series(labels: ArrayLike, name: str) -> pd.Series:
    values = np.asarray(labels, dtype=object if isinstance(labels, list | tuple) else None)
    if values.ndim != 1:
        raise BadInputError(f"{name} must be one label per account, found shape {values.shape}.")
    return pd.Series(values)


def _encode_ordered(series: pd.Series, name: str) -> Labelling:
    texts = tuple(label_text(level) for level in series.cat.categories)
    codes = series.cat.codes.to_numpy().astype(np.int64)
    labelling = Labelling(name, codes, texts, True)
    return labelling.subset(np.ones(codes.size, dtype=bool))
