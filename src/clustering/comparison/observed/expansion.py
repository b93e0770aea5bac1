"""Expansion in two parts: whether an account expanded, and by how much where it did.

Most accounts do not expand and a few expand a lot; a single mean says little about either.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import f as f_distribution

from clustering.arrays import Floats, Ints
from clustering.comparison.base.labellings import encode
from clustering.comparison.base.metrics import paired_gain, stratified_folds
from clustering.comparison.forward.report import ForwardReport
from clustering.comparison.forward.validity import forward_validity
from clustering.comparison.observed.retention import Retention, retention_by
from clustering.errors import BadInputError

Range = tuple[float, float]

_FEWEST_EXPANDED = 10
_FOLDS = 5


@dataclass(frozen=True)
class AmountFit:
    """How far tier and segment say how much an account expands, on accounts not fitted on.

    `r2_tier` and `r2_both` are 1 - squared error over that of the mean of the other folds, so
    they fall below 0 where the groups say nothing; `gain` is their difference, with a 95 %
    interval of a paired bootstrap.
    """

    r2_tier: float
    r2_both: float
    gain: float
    gain_interval: Range


@dataclass(frozen=True)
class Expansion:
    """Two parts of expansion, and retention by segment and by tier.

    `happened` are the nested models of any expansion. The amount is the log of retention among
    those that expanded: `omega_squared` is the share of its variance between segments beside
    the tiers, beyond chance, with the F test's `p`; `out_of_sample` the same on held-out
    accounts. None, with the `reason`, where it cannot be told.
    """

    happened: ForwardReport
    n_expanded: int
    omega_squared: float | None
    p: float | None
    out_of_sample: AmountFit | None
    retention: tuple[Retention, ...]
    tier_retention: tuple[Retention, ...]
    reason: str = ""


def two_part_expansion(
    tier: ArrayLike | pd.Series,
    segment: ArrayLike | pd.Series,
    arr: Floats,
    nrr: Floats,
    grr: Floats,
    *,
    n_bootstrap: int = 2000,
    seed: int,
) -> Expansion:
    """What tier and segment knew about expansion.

    Parameters
    ----------
    tier, segment : array-like of shape (n_accounts,)
    arr : float64 array of shape (n_accounts,), yearly amount at the as-of date, above 0
    nrr, grr : float64 arrays of shape (n_accounts,)
        Yearly amount at the end of the window over `arr`, and the same without expansion; NaN
        where not observed. Accounts that left count with 0: they are never dropped.
    n_bootstrap, seed : resamples and their seed

    Raises
    ------
    BadInputError
        No account has a tier, a segment, an amount and an observed retention.
    """
    tiers, segments = encode(tier, "tier"), encode(segment, "segment")
    known = np.isfinite(nrr) & np.isfinite(grr) & np.isfinite(arr) & (arr > 0)
    known &= (tiers.codes >= 0) & (segments.codes >= 0)
    if not known.any():
        raise BadInputError("no account has a tier, a segment, ARR and an observed retention.")
    tiers, segments = tiers.subset(known), segments.subset(known)
    arr, nrr, grr = arr[known], nrr[known], grr[known]
    happened = forward_validity(
        tiers,
        segments,
        nrr > 1,
        n_bootstrap=n_bootstrap,
        seed=seed,
        names=("tier", "segment", "any expansion"),
    )
    grew = nrr > 1
    amount = np.log(nrr[grew])
    omega, p, reason = _amount(tiers.codes[grew], segments.codes[grew], amount)
    held_out = None
    if omega is not None:
        held_out = _out_of_sample(
            tiers.codes[grew], segments.codes[grew], amount, n_bootstrap, seed
        )
    draws = {"n_bootstrap": n_bootstrap, "seed": seed}
    return Expansion(
        happened=happened,
        n_expanded=int(grew.sum()),
        omega_squared=omega,
        p=p,
        out_of_sample=held_out,
        retention=retention_by(segments, arr, nrr, grr, **draws),
        tier_retention=retention_by(tiers, arr, nrr, grr, **draws),
        reason=reason,
    )


def _out_of_sample(
    tier: Ints, segment: Ints, amount: Floats, n_bootstrap: int, seed: int
) -> AmountFit | None:
    """Predictions of five folds; None where the amounts do not vary."""
    order = np.lexsort((amount, segment, tier))
    rank = np.empty(amount.size, dtype=np.int64)
    rank[order] = np.arange(amount.size)
    folds = stratified_folds(amount > np.median(amount), rank, None, _FOLDS, seed)
    errors = {"mean": np.empty(amount.size), "tier": np.empty(amount.size)}
    errors["both"] = np.empty(amount.size)
    designs = {"mean": np.ones((amount.size, 1)), "tier": _dummies(tier)}
    designs["both"] = np.column_stack([_dummies(tier), _dummies(segment)])
    for fold in np.unique(folds):
        held = folds == fold
        for name, design in designs.items():
            # The least-norm solution predicts a group without training rows by the others' mean.
            centre = amount[~held].mean()
            fit = np.linalg.lstsq(design[~held], amount[~held] - centre, rcond=None)[0]
            errors[name][held] = (amount[held] - centre - design[held] @ fit) ** 2
    total = errors["mean"].mean()
    if total <= 0:
        return None
    improvement = (errors["tier"] - errors["both"]) / total
    return AmountFit(
        r2_tier=float(1 - errors["tier"].mean() / total),
        r2_both=float(1 - errors["both"].mean() / total),
        gain=float(improvement.mean()),
        gain_interval=paired_gain(improvement, None, n_bootstrap, seed),
    )


def _amount(tier: Ints, segment: Ints, amount: Floats) -> tuple[float | None, float | None, str]:
    """Partial omega squared and F test of the segment beside the tier."""
    if amount.size < _FEWEST_EXPANDED:
        return None, None, f"{amount.size} accounts expanded: too few to compare amounts"
    small, small_rank = _residual_squares(_dummies(tier), amount)
    both = np.column_stack([_dummies(tier), _dummies(segment)])
    large, large_rank = _residual_squares(both, amount)
    df, rest = large_rank - small_rank, amount.size - large_rank
    if df == 0 or rest < 1 or large <= 0:
        return None, None, "the segments of the expanded accounts do not differ beside the tiers"
    noise = large / rest
    statistic = (small - large) / df / noise
    omega = (small - large - df * noise) / (small + noise)
    return float(omega), float(f_distribution.sf(statistic, df, rest)), ""


def _residual_squares(design: Floats, target: Floats) -> tuple[float, int]:
    solution, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    return float(((target - design @ solution) ** 2).sum()), int(rank)


def _dummies(codes: Ints) -> Floats:
    present, compact = np.unique(codes, return_inverse=True)
    return np.asarray(np.eye(present.size)[compact])
