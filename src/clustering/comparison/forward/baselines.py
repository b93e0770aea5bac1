"""Groupings that a segmentation must be read beside: more groups fit better by themselves.

Bands of ARR as many as the segments, random groups of the segments' sizes inside the tiers, and a
tree with as many leaves that was grown on the outcome.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.comparison.base.additive import additive_probabilities
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.nested import OutcomeTable, fit_nested
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
    """Held-out predictions of tiers and random groups; one array a draw."""
    drawn, folds = list(random_groups(rows, seed)), rows.folds
    judged = np.unique(folds[rows.judged])
    tables = [
        OutcomeTable.count(rows.tier.codes[fitted], codes[fitted], rows.outcome[fitted], rows.shape)
        for codes in drawn
        for fitted in (folds != fold for fold in judged)
    ]
    both = additive_probabilities(
        np.stack([table.rows for table in tables]), np.stack([table.events for table in tables])
    ).reshape(len(drawn), judged.size, *rows.shape)
    place = np.searchsorted(judged, np.maximum(folds, judged[0]))
    return [both[draw][place, rows.tier.codes, codes] for draw, codes in enumerate(drawn)]


def tree_predictions(rows: OutcomeRows, features: Floats, seed: int) -> Floats:
    """Held-out predictions of tiers and tree leaves, the tree grown anew in every fold."""
    predicted = np.full(rows.outcome.size, np.nan)
    n_tiers, n_groups = rows.shape
    for fold in np.unique(rows.folds[rows.judged]):
        held = rows.folds == fold
        seen, judged = grow_tree_groups(
            features[~held], rows.outcome[~held], features[held], n_groups, seed
        )
        shape = n_tiers, int(max(seen.max(), judged.max())) + 1
        table = OutcomeTable.count(rows.tier.codes[~held], seen, rows.outcome[~held], shape)
        both = fit_nested(table).probability["both"]
        predicted[held] = both[rows.tier.codes[held], judged]
    return predicted


def _labelling(name: str, groups: Ints) -> Labelling:
    present, codes = np.unique(groups, return_inverse=True)
    return Labelling(name, codes.astype(np.int64), tuple(str(group) for group in present), True)
