"""Groupings that a segmentation must be read beside: more groups fit better by themselves.

Bands of ARR as many as the segments, random groups of the segments' sizes inside the tiers, and a
tree with as many leaves that was grown on the outcome.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.nested import OutcomeTable, fit_nested
from clustering.comparison.forward.gain import two_predictions
from clustering.comparison.forward.rows import OutcomeRows
from clustering.comparison.forward.strong_models import grow_tree_groups

#: Draws of random groups, whose mean gain is what chance gives.
_DRAWS = 20


def arr_bands(rows: OutcomeRows, arr: Floats) -> OutcomeRows:
    """The rows in quantile bands of ARR, as many as there are segments (ties share a band).

    In a split in time the quantiles are those of the rows to fit on.
    """
    n_bands = len(rows.segment.levels)
    edges = np.unique(np.quantile(arr[rows.fitted], np.arange(1, n_bands) / n_bands))
    return replace(rows, segment=_labelling("arr_bands", np.searchsorted(edges, arr, "right")))


def random_groups(rows: OutcomeRows, seed: int) -> Iterator[Ints]:
    """Codes of the segments permuted inside every tier, several times."""
    generator = np.random.default_rng(seed)
    for _ in range(_DRAWS):
        codes = rows.segment.codes.copy()
        for tier in range(len(rows.tier.levels)):
            members = np.flatnonzero(rows.tier.codes == tier)
            codes[members] = generator.permutation(codes[members])
        yield codes


def random_group_predictions(rows: OutcomeRows, seed: int) -> list[Floats]:
    """Held-out predictions of tiers and random groups; one (n_foldings, n_rows) array a draw."""
    return [
        two_predictions(replace(rows, segment=replace(rows.segment, codes=codes)))[1]
        for codes in random_groups(rows, seed)
    ]


def tree_predictions(rows: OutcomeRows, features: Floats, seed: int) -> Floats:
    """Held-out predictions of tiers and tree leaves, the tree grown anew in every fold.

    Trees go through the first folding alone.
    """
    predicted = np.full(rows.outcome.size, np.nan)
    n_tiers, n_groups = rows.shape
    for fold in np.unique(rows.folds[0, rows.judged]):
        held = rows.folds[0] == fold
        seen, judged = grow_tree_groups(
            features[~held], rows.outcome[~held], features[held], n_groups, seed
        )
        shape = n_tiers, int(max(seen.max(), judged.max())) + 1
        table = OutcomeTable.count(rows.tier.codes[~held], seen, rows.outcome[~held], shape)
        both = fit_nested(table).probability["both"]
        predicted[held] = both[rows.tier.codes[held], judged]
    return predicted[None]


def _labelling(name: str, groups: Ints) -> Labelling:
    present, codes = np.unique(groups, return_inverse=True)
    return Labelling(name, codes.astype(np.int64), tuple(str(group) for group in present), True)
