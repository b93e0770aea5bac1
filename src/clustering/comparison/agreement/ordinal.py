"""Agreement of two ordered labellings."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import kendalltau

from clustering.arrays import Ints
from clustering.comparison.agreement.entries import OrdinalAgreement
from clustering.comparison.base.labellings import Labelling, LabelPair
from clustering.errors import BadInputError


def ordinal_agreement(pair: LabelPair, order: Sequence[str]) -> OrdinalAgreement:
    """Kendall's tau-b and Goodman and Kruskal's gamma, with the levels in a declared order.

    `order` lists levels from lowest to highest: those of one labelling, or of both. A labelling
    whose levels are not listed keeps its own order (numbers, ordered categories, or labels with
    numbers in them), and the note says which that is. Segments are nominal: their order must
    come from something other than the labelling they are compared with, or tau is circular.

    Raises
    ------
    BadInputError
        A level is listed twice, no listed level exists, or a labelling is listed in part.
    """
    listed = [str(level).strip() for level in order]
    _check_order(pair, listed)
    orders, undeclared = [], []
    for labelling in (pair.first, pair.second):
        declared = labelling.levels[0] in listed
        orders.append(sorted(labelling.levels, key=listed.index) if declared else labelling.levels)
        if not declared and not labelling.ordered:
            undeclared.append(f"{labelling.name}: {' < '.join(labelling.levels)}")
    ranks = [
        np.array([levels.index(level) for level in labelling.levels])
        for labelling, levels in zip((pair.first, pair.second), orders, strict=True)
    ]
    table = pair.contingency[np.ix_(*(np.argsort(rank) for rank in ranks))]
    tau_b = kendalltau(ranks[0][pair.first.codes], ranks[1][pair.second.codes]).statistic
    note = ""
    if undeclared:
        note = "order taken from the names of the labels, not declared: " + "; ".join(undeclared)
    return OrdinalAgreement(
        tau_b=tau_b,
        gamma=gamma(table),
        first_order=list(orders[0]),
        second_order=list(orders[1]),
        note=note,
    )


def gamma(table: Ints) -> float | None:
    """Goodman and Kruskal's gamma of a table whose rows and columns are in order.

    None where every pair of accounts is tied.

    Examples
    --------
    >>> gamma(np.array([[2, 1], [0, 2]]))
    1.0
    """
    counts = table.astype(np.float64)
    below = np.zeros_like(counts)
    below[:-1] = np.cumsum(counts[::-1], axis=0)[::-1][1:]
    right = np.cumsum(below[:, ::-1], axis=1)[:, ::-1]
    left = np.cumsum(below, axis=1)
    concordant = float((counts[:, :-1] * right[:, 1:]).sum())
    discordant = float((counts[:, 1:] * left[:, :-1]).sum())
    untied = concordant + discordant
    return (concordant - discordant) / untied if untied else None


def _check_order(pair: LabelPair, listed: list[str]) -> None:
    twice = sorted({level for level in listed if listed.count(level) > 1})
    if twice:
        raise BadInputError(f"the order lists {', '.join(map(repr, twice))} more than once.")
    matched = False
    for labelling in (pair.first, pair.second):
        absent = [level for level in labelling.levels if level not in listed]
        if not absent:
            matched = True
        elif len(absent) < len(labelling.levels):
            raise BadInputError(
                f"the order lists some levels of {labelling.name} but not "
                f"{', '.join(map(repr, absent))}; list all of them, lowest first."
            )
    if not matched:
        raise BadInputError(
            f"the order ({', '.join(listed)}) holds no level of either labelling; "
            + "; ".join(
                f"{labelling.name} has {_some(labelling)}"
                for labelling in (pair.first, pair.second)
            )
            + "."
        )


def _some(labelling: Labelling) -> str:
    more = ", ..." if len(labelling.levels) > 8 else ""
    return ", ".join(labelling.levels[:8]) + more
