"""Columns that no other column is related to: noise, as far as groups are concerned.

Groups that several features share make these features related. A column without any relation
tells nothing of such groups, but its spread hides them: k-means and the tests of gaps measure
distances over all columns.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from clustering.arrays import Flags, Floats
from clustering.config import MatrixConfig
from clustering.features.types import Snapshot
from clustering.matrix import FeatureMatrix, Standardiser, standardise
from clustering.matrix.screening import column_ranks, rank_correlations
from clustering.structure.separation.multimodal_columns import have_bumps
from clustering.structure.settings import Prepare

#: Level of the test that some pair of columns is related, over all pairs and forms (Bonferroni).
LEVEL = 0.05
#: A relation as strong as this must be visible, or nothing is said to be unrelated: with few
#: accounts even clusters far apart relate their columns by no more than chance.
LEAST_VISIBLE = 0.2
#: Fewer columns than this hold no groups that features share.
LEAST_COLUMNS = 2
#: Why such a column is left out.
UNRELATED = (
    "no relation to any other feature was found: it tells nothing of groups that several features "
    "share"
)


def unrelated_columns(values: Floats, *, seed: int, least_visible: float = LEAST_VISIBLE) -> Flags:
    """Columns with one bump that are related to no other column, (d,).

    Two columns are related when the ranks of one go with the ranks of the other, or with how far
    these are from the middle (which sees the groups that lie on both sides of another): the
    largest of the four rank correlations exceeds what chance gives at `LEVEL` over all pairs. A
    column with several bumps is never named: heaps on a grid have such columns. Nor is any where
    fewer than two would be left.

    Parameters
    ----------
    values : (n, d); NaN is missing
    seed : of the dip tests' draws among tied values
    least_visible : nothing is named where a relation as strong as this could be missed

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=(500, 1))
    >>> X = np.hstack([shared + rng.normal(size=(500, 2)), rng.normal(size=(500, 1))])
    >>> unrelated_columns(X, seed=0).tolist()
    [False, False, True]
    """
    alone = _without_relation(values, least_visible)
    if alone.any():
        ordered = np.sort(values[:, alone], axis=0)  # the order of rows changes no draw
        alone[alone] = ~have_bumps(ordered, seed=seed)
    return alone if (~alone).sum() >= LEAST_COLUMNS else np.zeros_like(alone)


def _without_relation(values: Floats, least_visible: float) -> Flags:
    """Columns of which no relation is seen though one of `least_visible` would be, (d,)."""
    d = values.shape[1]
    if d <= LEAST_COLUMNS:
        return np.zeros(d, dtype=bool)
    known = ~np.isnan(values)
    pairs = known.T.astype(np.float64) @ known
    from_middle = _from_middle(values)
    seen = np.abs(rank_correlations(np.hstack([values, from_middle])))
    strongest = seen.reshape(2, d, 2, d).max(axis=(0, 2))
    limit = norm.isf(LEVEL / 2 / (4 * d * (d - 1) / 2)) / np.sqrt(np.maximum(pairs - 1, 1.0))
    nothing = (strongest <= limit) & (limit <= least_visible)
    np.fill_diagonal(nothing, True)
    alone: Flags = nothing.all(axis=0)
    return alone


def leaving_out_unrelated(prepare: Prepare, *, seed: int) -> Prepare:
    """What prepares data without clusters as data was of which the rule left columns out.

    A draw is of all columns, and those that are left out are chosen anew: noise is related by
    chance in some draws, and what is related may look unrelated in others. Whether enough accounts
    are there to say so was decided by the data, and holds for every draw of it.

    Parameters
    ----------
    prepare : what is done to the columns that are kept
    seed : as of `unrelated_columns`

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.hstack([rng.normal(size=(500, 1)) + rng.normal(size=(500, 2)), np.eye(500, 1)])
    >>> leaving_out_unrelated(lambda kept: kept, seed=0)(X).shape
    (500, 2)
    """

    def related(raw: Floats) -> Floats:
        alone = unrelated_columns(raw, seed=seed, least_visible=np.inf)
        return prepare(np.ascontiguousarray(raw[:, ~alone]))

    return related


def _from_middle(values: Floats) -> Floats:
    """How far the rank of each value is from the middle rank of its column; NaN where missing."""
    middle = ((~np.isnan(values)).sum(axis=0) + 1) / 2
    far: Floats = np.abs(column_ranks(values) - middle)
    return far


def standardise_related(
    snapshot: Snapshot, config: MatrixConfig, *, seed: int
) -> tuple[FeatureMatrix, Standardiser]:
    """The matrix of a snapshot as `matrix.standardise` makes it, without unrelated features.

    These are among `excluded` with `UNRELATED` as their reason; their relations are looked for
    among the values that are known, not in those that were completed.

    Parameters
    ----------
    config : `leave_out_unrelated` says whether any feature is left out for this reason
    seed : as of `unrelated_columns`

    Raises
    ------
    BadInputError
        No feature is left, or a value is infinite.
    """
    matrix, standardiser = standardise(snapshot, config)
    if not config.leave_out_unrelated:
        return matrix, standardiser
    alone = unrelated_columns(matrix.known, seed=seed)
    if not alone.any():
        return matrix, standardiser
    names = (matrix.feature_names[index] for index in np.flatnonzero(alone))
    withheld = {**snapshot.withheld, **dict.fromkeys(names, UNRELATED)}
    return standardise(replace(snapshot, withheld=withheld), config)


def left_out_in_words(names: Sequence[str], n_columns: int) -> list[str]:
    """Which columns were left out for want of a relation, and of how many; nothing for none.

    Examples
    --------
    >>> print(*left_out_in_words(["seats"], 8))
    Left out: 1 of 8 columns ('seats'): no relation to any other one was found, so it tells \
nothing of groups that several columns share.
    """
    return [f"Left out: {_found(names, n_columns)}."] if names else []


def kept_in_words(names: Sequence[str], n_columns: int, remedy: str) -> list[str]:
    """Likewise, where they were kept.

    Parameters
    ----------
    remedy : what leaves them out

    Examples
    --------
    >>> print(*kept_in_words(["seats", "visits"], 8, "naming others"))
    Limit: 2 of 8 columns ('seats', 'visits'): no relation to any other one was found, so they \
tell nothing of groups that several columns share, and may hide them; naming others leaves them out.
    """
    it = "it" if len(names) == 1 else "them"
    return (
        [f"Limit: {_found(names, n_columns)}, and may hide them; {remedy} leaves {it} out."]
        if names
        else []
    )


def _found(names: Sequence[str], n_columns: int) -> str:
    it_tells = "it tells" if len(names) == 1 else "they tell"
    quoted = ", ".join(f"'{name}'" for name in names)
    return (
        f"{len(names)} of {n_columns} columns ({quoted}): no relation to any other one was found, "
        f"so {it_tells} nothing of groups that several columns share"
    )


def unrelated_in_words(matrix: FeatureMatrix, *, seed: int) -> list[str]:
    """Which features of a study are related to no other one, whether left out or not."""
    left_out = [name for name, reason in matrix.excluded.items() if reason == UNRELATED]
    if left_out:
        return left_out_in_words(left_out, len(matrix.feature_names) + len(left_out))
    kept = np.flatnonzero(unrelated_columns(matrix.known, seed=seed))
    names = [matrix.feature_names[index] for index in kept]
    return kept_in_words(names, len(matrix.feature_names), "'matrix.leave_out_unrelated = true'")
