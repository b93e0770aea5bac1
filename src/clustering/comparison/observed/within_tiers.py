"""How different two accounts of the same tier are: what lies inside the tiers."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Floats, Ints
from clustering.comparison.agreement.indices import entropy, mutual_information
from clustering.comparison.base.labellings import Labelling, LabelPair, pair
from clustering.comparison.observed.entries import TierHeterogeneity, WithinTiers
from clustering.errors import BadInputError
from clustering.inference.multiple_testing import holm

#: Accounts of a tier below which its share of explained variance is not tested.
_FEWEST_ACCOUNTS = 10


def heterogeneity_within_tiers(
    tier: ArrayLike | pd.Series | Labelling,
    segment: ArrayLike | pd.Series | Labelling,
    values: Floats,
    *,
    made_segments: bool,
    n_permutations: int = 1999,
    seed: int,
) -> WithinTiers:
    """How much accounts of the same tier differ, and how much of that the segments carry.

    Parameters
    ----------
    tier, segment : array-like of shape (n_accounts,)
        Accounts that lack either are left out.
    values : float64 array of shape (n_accounts, n_features), standardised
    made_segments : bool
        Whether the segments were made from these values. Then the shares describe, but the
        p-values are circular, and the note says so.
    n_permutations : permutations of segments inside tiers
    seed : their seed

    Examples
    --------
    >>> tier = ["core"] * 20 + ["large"] * 20
    >>> segment = (["a"] * 10 + ["b"] * 10) * 2
    >>> values = np.array([[0.0], [1.0]])[np.array([0, 1] * 20)]
    >>> found = heterogeneity_within_tiers(tier, segment, values, made_segments=False, seed=1)
    >>> found.entropy_share, found.variance_within, found.p > 0.05
    (1.0, 1.0, True)
    """
    both = pair(tier, segment)
    if values.ndim != 2 or values.shape[0] != both.rows.size or not np.isfinite(values).all():
        raise BadInputError(
            f"the values must be a finite matrix with {both.rows.size} rows, found shape "
            f"{values.shape}."
        )
    x = values[both.rows] - values[both.rows].mean(axis=0)
    total = float((x**2).sum())
    if total == 0:
        raise BadInputError("all accounts have the same values; there is nothing to explain.")
    strata = both.first.codes
    centred = x - _group_means(x, strata, len(both.first.levels))[strata]
    within = _sums_by(strata, (centred**2).sum(axis=1), len(both.first.levels))
    between = _between_by_tier(centred, both, both.second.codes)
    drawn = _permuted(centred, both, n_permutations, seed)
    tiers = _by_tier(both, within, between, drawn)
    table = both.contingency
    note = ""
    if made_segments:
        note = "The segments were made from these features: their p-values are circular."
    return WithinTiers(
        entropy_share=_entropy_share(table),
        variance_within=float(within.sum() / total),
        explained=partial_omega(float(between.sum()), float(within.sum()), table),
        p=_p_value(float(between.sum()), drawn.sum(axis=1)),
        tiers=tiers,
        n_permutations=n_permutations,
        note=note,
    )


def _by_tier(
    both: LabelPair, within: Floats, between: Floats, drawn: Floats
) -> list[TierHeterogeneity]:
    table = both.contingency
    found = []
    for row, tier in enumerate(both.first.levels):
        n, segments = int(table[row].sum()), int((table[row] > 0).sum())
        tested = segments > 1 and n >= _FEWEST_ACCOUNTS and within[row] > 0
        found.append(
            TierHeterogeneity(
                tier=tier,
                n_accounts=n,
                n_segments=segments,
                explained=partial_omega(between[row], within[row], table[[row]])
                if tested
                else None,
                p=_p_value(between[row], drawn[:, row]) if tested else None,
                p_holm=None,
            )
        )
    corrected = iter(holm([tier.p for tier in found if tier.p is not None]))
    return [
        tier if tier.p is None else tier.model_copy(update={"p_holm": next(corrected)})
        for tier in found
    ]


def _permuted(values: Floats, both: LabelPair, n_permutations: int, seed: int) -> Floats:
    """Sums of squares between segments, by tier, under permutation; (n_permutations, n_tiers)."""
    generator = np.random.default_rng(seed)
    # A fixed order inside tiers makes the draws independent of the order of the accounts.
    order = np.lexsort((*values.T, both.second.codes, both.first.codes))
    members = np.split(order, np.cumsum(np.bincount(both.first.codes))[:-1])
    sums = np.empty((n_permutations, len(members)))
    codes = both.second.codes.copy()
    for draw in range(n_permutations):
        for rows in members:
            codes[rows] = generator.permutation(both.second.codes[rows])
        sums[draw] = _between_by_tier(values, both, codes)
    return sums


def _between_by_tier(values: Floats, both: LabelPair, segment: Ints) -> Floats:
    """Sum of squares between segments inside each tier; `values` are centred inside tiers."""
    n_tiers, n_segments = len(both.first.levels), len(both.second.levels)
    cell = both.first.codes * n_segments + segment
    sizes = np.bincount(cell, minlength=n_tiers * n_segments)
    squares = np.zeros(n_tiers * n_segments)
    for column in values.T:
        squares += np.bincount(cell, weights=column, minlength=squares.size) ** 2
    cells = np.divide(squares, sizes, where=sizes > 0, out=np.zeros_like(squares))
    return np.asarray(cells.reshape(n_tiers, n_segments).sum(axis=1))


def partial_omega(between: float, within: float, table: Ints) -> float:
    """Share of the variance inside tiers that segments explain beyond chance.

    Parameters
    ----------
    between, within : sums of squares between segments inside tiers, and inside tiers
    table : int64 array of shape (n_tiers, n_segments), accounts
    """
    filled = int((table > 0).sum())
    strata = int((table.sum(axis=1) > 0).sum())
    rest = int(table.sum()) - filled
    if within <= 0 or rest <= 0:
        return 0.0
    noise = (within - between) / rest
    return (between - (filled - strata) * noise) / (within + noise)


def _entropy_share(table: Ints) -> float | None:
    whole = float(entropy(table.sum(axis=0)))
    return None if whole == 0 else max(0.0, 1 - float(mutual_information(table)) / whole)


def _p_value(observed: float, drawn: Floats) -> float:
    return float((1 + (drawn >= observed * (1 - 1e-12)).sum()) / (drawn.size + 1))


def _group_means(values: Floats, codes: Ints, n_groups: int) -> Floats:
    sizes = np.bincount(codes, minlength=n_groups)[:, None]
    sums = np.stack([_sums_by(codes, column, n_groups) for column in values.T], axis=1)
    return np.asarray(sums / sizes)


def _sums_by(codes: Ints, weights: Floats, n_groups: int) -> Floats:
    return np.asarray(np.bincount(codes, weights=weights, minlength=n_groups), dtype=np.float64)
