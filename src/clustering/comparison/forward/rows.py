"""Rows with a tier, a segment and an observed outcome, and the folds that judge each."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Flags, Ints
from clustering.comparison.base.labellings import Labelling, as_boolean, encode
from clustering.comparison.base.metrics import foldings
from clustering.comparison.base.nested import OutcomeTable
from clustering.errors import BadInputError

N_FOLDS = 5

#: The fold of a row that models are fitted on and never judged on.
FIT_ONLY = -1

#: More tiers or segments than this are an identifier, not groups of accounts.
MOST_GROUPS = 200

#: With fewer events, or fewer rows without one, held-out figures hang on single accounts.
FEWEST_EVENTS = 10


@dataclass(frozen=True, eq=False)
class OutcomeRows:
    """Complete rows, and what judges them.

    Attributes
    ----------
    tier, segment : labels, without a gap
    outcome : boolean array of shape (n_rows,)
    folds : int64 array of shape (n_foldings, n_rows), a line for each way to deal the rows; those
        of a fold below 0 are only fitted on, as in a split in time, which is one line
    account : int64 array of shape (n_rows,), codes of what is dealt and drawn together, as the
        rows of an account or the accounts of a company; None: every row is one
    kept : boolean, which of the rows given these are
    """

    tier: Labelling
    segment: Labelling
    outcome: Flags
    folds: Ints
    account: Ints | None
    kept: Flags

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of tiers and segments."""
        return len(self.tier.levels), len(self.segment.levels)

    @property
    def judged(self) -> Flags:
        """Rows that predictions are judged on."""
        return np.asarray(self.folds[0] >= 0)

    @property
    def once(self) -> Self:
        """The same with the first folding alone, for models that are too slow for all."""
        return replace(self, folds=self.folds[:1])

    @property
    def fitted(self) -> Flags:
        """Rows that all is tested on: those only fitted on in a split in time, else every one."""
        return self.judged if self.judged.all() else ~self.judged

    @property
    def n_left_out(self) -> int:
        """Rows that lack something."""
        return int((~self.kept).sum())

    def table(self, chosen: Flags) -> OutcomeTable:
        """Counts of the chosen rows."""
        return OutcomeTable.count(
            self.tier.codes[chosen], self.segment.codes[chosen], self.outcome[chosen], self.shape
        )


@dataclass(frozen=True)
class Columns:
    """Columns of one table, each of shape (n_rows,): labels, outcome, account and split."""

    tier: ArrayLike | pd.Series | Labelling
    segment: ArrayLike | pd.Series | Labelling
    outcome: ArrayLike | pd.Series
    account: ArrayLike | pd.Series | None = None
    train: ArrayLike | pd.Series | None = None


def complete_rows(
    columns: Columns, names: tuple[str, str, str], seed: int, n_foldings: int = 1
) -> OutcomeRows:
    """Keep the rows that lack nothing; split by the train column, else into five folds.

    The folds are dealt `n_foldings` times.

    Raises
    ------
    BadInputError
        See `clustering.comparison.forward.validity.forward_validity`.
    """
    tiers, segments = _encoded(columns.tier, names[0]), _encoded(columns.segment, names[1])
    outcomes, observed = as_boolean(columns.outcome, names[2])
    complete = [observed, tiers.codes >= 0, segments.codes >= 0]
    accounts, splits = None, None
    if columns.account is not None:
        accounts = encode(columns.account, "the account column")
        complete.append(accounts.codes >= 0)
    if columns.train is not None:
        splits, known = as_boolean(columns.train, "the train column")
        complete.append(known)
    sizes = sorted({part.size for part in complete})
    if len(sizes) > 1:
        raise BadInputError(f"all columns must have the same length, found {sizes}.")
    if not observed.any():
        raise BadInputError(
            f"{names[2]} is missing in all {observed.size} rows: no outcome was observed in the "
            "window, so nothing can be compared with it."
        )
    kept = np.logical_and.reduce(complete)
    if not kept.any():
        raise BadInputError(f"no row has all of {', '.join(names)}; there is nothing to compare.")
    tiers, segments, happened = tiers.subset(kept), segments.subset(kept), outcomes[kept]
    account = None if accounts is None else accounts.subset(kept).codes
    _refuse_identifiers(tiers, segments)
    if splits is None:
        order = tiers.codes * len(segments.levels) + segments.codes
        folds = foldings(happened, order, account, N_FOLDS, n_foldings, seed)
    else:
        folds = _folds_of_split(splits[kept])
    return OutcomeRows(tiers, segments, happened, folds, account, kept)


def _encoded(labels: ArrayLike | pd.Series | Labelling, name: str) -> Labelling:
    return labels if isinstance(labels, Labelling) else encode(labels, name)


def _refuse_identifiers(*labellings: Labelling) -> None:
    for labelling in labellings:
        if len(labelling.levels) > MOST_GROUPS:
            raise BadInputError(
                f"{labelling.name} has {len(labelling.levels)} different labels; at most "
                f"{MOST_GROUPS} groups can be compared. Is it an identifier or an amount?"
            )


def _folds_of_split(train: Flags) -> Ints:
    if train.all() or not train.any():
        found = "all" if train.all() else "none"
        raise BadInputError(
            f"the train column is true in {found} of the {train.size} complete rows; it needs "
            "rows to fit on (true) and rows to judge on (false)."
        )
    return np.where(train, FIT_ONLY, 0)[None]
