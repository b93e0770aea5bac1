"""Agreement of two ordered labellings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Ints
from clustering.comparison.base.labellings import Labelling, LabelPair
from clustering.errors import BadInputError


@dataclass(frozen=True)
class OrdinalAgreement:
    """How far two ordered labellings rise together; from -1 to 1, None where it is undefined.

    `first_order` and `second_order` are the levels as they were ordered, lowest first; `note`
    says so where an order was taken from the labels and not declared.
    """

    tau_b: float | None
    gamma: float | None
    first_order: tuple[str, ...]
    second_order: tuple[str, ...]
    note: str = ""


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
    ranks, orders, undeclared = [], [], []
    for labelling, axis in ((pair.first, 0), (pair.second, 1)):
        declared = labelling.levels[0] in listed
        position = {level: listed.index(level) for level in labelling.levels} if declared else {}
        levels = sorted(labelling.levels, key=position.__getitem__) if declared else None
        orders.append(tuple(levels or labelling.levels))
        ranks.append([labelling.levels.index(level) for level in orders[axis]])
        if not declared and not labelling.ordered:
            undeclared.append(f"{labelling.name}: {' < '.join(labelling.levels)}")
    table = pair.contingency[np.ix_(ranks[0], ranks[1])]
    note = ""
    if undeclared:
        note = "order taken from the names of the labels, not declared: " + "; ".join(undeclared)
    return OrdinalAgreement(kendall_tau_b(table), gamma(table), orders[0], orders[1], note)


def kendall_tau_b(table: Ints) -> float | None:
    """Kendall's tau-b of a table whose rows and columns are in order; None without spread.

    Examples
    --------
    >>> kendall_tau_b(np.array([[2, 0], [0, 2]]))
    1.0
    """
    concordant, discordant = _ordered_pairs(table)
    untied_first = _untied(table.sum(axis=1))
    untied_second = _untied(table.sum(axis=0))
    if untied_first == 0 or untied_second == 0:
        return None
    return float((concordant - discordant) / np.sqrt(untied_first) / np.sqrt(untied_second))


def gamma(table: Ints) -> float | None:
    """Goodman and Kruskal's gamma of such a table; None where every pair of accounts is tied.

    Examples
    --------
    >>> gamma(np.array([[2, 1], [0, 2]]))
    1.0
    """
    concordant, discordant = _ordered_pairs(table)
    untied = concordant + discordant
    return float((concordant - discordant) / untied) if untied else None


def _ordered_pairs(table: Ints) -> tuple[float, float]:
    counts = table.astype(np.float64)
    below = np.zeros_like(counts)
    below[:-1] = np.cumsum(counts[::-1], axis=0)[::-1][1:]
    right = np.cumsum(below[:, ::-1], axis=1)[:, ::-1]
    left = np.cumsum(below, axis=1)
    concordant = (counts[:, :-1] * right[:, 1:]).sum()
    discordant = (counts[:, 1:] * left[:, :-1]).sum()
    return float(concordant), float(discordant)


def _untied(sizes: Ints) -> float:
    counts = sizes.astype(np.float64)
    n = counts.sum()
    return float((n * (n - 1) - (counts * (counts - 1)).sum()) / 2)


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
