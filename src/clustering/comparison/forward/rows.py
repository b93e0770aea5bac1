"""The complete rows of a table with tiers, segments and an outcome, checked."""

from dataclasses import dataclass

import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Flags, Ints
from clustering.comparison.base.labellings import Labelling, encode
from clustering.comparison.base.nested import OutcomeTable
from clustering.comparison.base.outcomes import as_boolean
from clustering.errors import BadInputError

#: More tiers or segments than this are an identifier, not groups of accounts.
MOST_GROUPS = 200


@dataclass(frozen=True, eq=False)
class OutcomeRows:
    """Rows with a tier, a segment and an outcome (and an account and a split, if asked for).

    `kept` says which of the rows given these are.
    """

    tier: Labelling
    segment: Labelling
    outcome: Flags
    account: Ints | None
    train: Flags | None
    n_left_out: int
    kept: Flags

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of tiers and segments."""
        return len(self.tier.levels), len(self.segment.levels)

    def table(self, chosen: Flags) -> OutcomeTable:
        """Counts of the chosen rows."""
        return OutcomeTable.count(
            self.tier.codes[chosen], self.segment.codes[chosen], self.outcome[chosen], self.shape
        )


def complete_rows(
    tier: ArrayLike | pd.Series | Labelling,
    segment: ArrayLike | pd.Series | Labelling,
    outcome: ArrayLike | pd.Series,
    account: ArrayLike | pd.Series | None,
    train: ArrayLike | pd.Series | None,
    names: tuple[str, str, str],
) -> OutcomeRows:
    """Keep the rows that lack nothing; count the others.

    Raises
    ------
    BadInputError
        See `clustering.comparison.forward.validity.forward_validity`.
    """
    tiers = tier if isinstance(tier, Labelling) else encode(tier, names[0])
    segments = segment if isinstance(segment, Labelling) else encode(segment, names[1])
    outcomes, observed = as_boolean(outcome, names[2])
    accounts = None if account is None else encode(account, "the account column")
    splits = None if train is None else as_boolean(train, "the train column")
    sizes = {tiers.codes.size, segments.codes.size, outcomes.size}
    sizes |= {accounts.codes.size} if accounts is not None else set()
    sizes |= {splits[0].size} if splits is not None else set()
    if len(sizes) > 1:
        raise BadInputError(f"all columns must have the same length, found {sorted(sizes)}.")
    if not observed.any():
        raise BadInputError(
            f"{names[2]} is missing in all {observed.size} rows: no outcome was observed in the "
            "window, so nothing can be compared with it."
        )
    complete = observed & (tiers.codes >= 0) & (segments.codes >= 0)
    complete &= accounts.codes >= 0 if accounts is not None else True
    complete &= splits[1] if splits is not None else True
    if not complete.any():
        raise BadInputError(f"no row has all of {', '.join(names)}; there is nothing to compare.")
    tiers, segments = tiers.subset(complete), segments.subset(complete)
    for labelling in (tiers, segments):
        if len(labelling.levels) > MOST_GROUPS:
            raise BadInputError(
                f"{labelling.name} has {len(labelling.levels)} different labels; at most "
                f"{MOST_GROUPS} groups can be compared. Is it an identifier or an amount?"
            )
    split = None if splits is None else splits[0][complete]
    if split is not None and (split.all() or not split.any()):
        found = "all" if split.all() else "none"
        raise BadInputError(
            f"the train column is true in {found} of the {split.size} complete rows; it needs "
            "rows to fit on (true) and rows to judge on (false)."
        )
    codes = None if accounts is None else accounts.subset(complete).codes
    n_left_out = int(complete.size - complete.sum())
    return OutcomeRows(tiers, segments, outcomes[complete], codes, split, n_left_out, complete)
