"""Expansion in two parts: whether an account expanded, and by how much where it did.

Most accounts do not expand and a few expand a lot; a single mean says little about either.
"""

import numpy as np
from scipy.stats import f as f_distribution

from clustering.arrays import Floats, Ints
from clustering.comparison.base.metrics import interval_around, paired_gains, stratified_folds
from clustering.comparison.forward.rows import N_FOLDS
from clustering.comparison.forward.validity import forward_validity
from clustering.comparison.observed.entries import AmountFit, Expansion
from clustering.comparison.observed.retention import Retained

_FEWEST_EXPANDED = 10


def two_part_expansion(accounts: Retained, *, n_bootstrap: int = 2000, seed: int) -> Expansion:
    """What tier and segment knew about expansion.

    Parameters
    ----------
    accounts : those whose retention was observed; those that left count with 0
    n_bootstrap, seed : resamples and their seed

    Examples
    --------
    >>> from clustering.comparison.observed.retention import retained
    >>> nrr = np.array([1.0, 1.0, 1.2, 1.5] * 50)
    >>> ones, tier, segment = np.ones(200), ["t"] * 200, ["calm", "calm", "keen", "keen"] * 50
    >>> found = two_part_expansion(retained(tier, segment, ones, nrr, ones), seed=1)
    >>> found.n_expanded, found.gain.interval[0] > 0
    (100, True)
    """
    happened = forward_validity(
        accounts.tier,
        accounts.segment,
        accounts.expanded,
        account=accounts.company,
        n_bootstrap=n_bootstrap,
        seed=seed,
        names=("tier", "segment", "any expansion"),
    )
    grew = accounts.expanded
    amount = np.log(accounts.nrr[grew])
    groups = accounts.tier.codes[grew], accounts.segment.codes[grew]
    omega, p, reason = _amount(*groups, amount)
    held_out = None
    if omega is not None:
        company = None if accounts.company is None else accounts.company[grew]
        held_out = _out_of_sample(*groups, amount, company, n_bootstrap, seed)
    return Expansion(
        n=happened.n,
        n_expanded=grew.sum(),
        gain=happened.gain,
        omega_squared=omega,
        p=p,
        out_of_sample=held_out,
        reason=reason or happened.reasons.get("gain", ""),
    )


def _out_of_sample(
    tier: Ints, segment: Ints, amount: Floats, company: Ints | None, n_bootstrap: int, seed: int
) -> AmountFit | None:
    """Predictions of five folds; None where the amounts do not vary."""
    order = np.lexsort((amount, segment, tier))
    rank = np.empty(amount.size, dtype=np.int64)
    rank[order] = np.arange(amount.size)
    folds = stratified_folds(amount > np.median(amount), rank, company, N_FOLDS, seed)
    designs = {"mean": np.ones((amount.size, 1)), "tier": _dummies(tier)}
    designs["both"] = np.column_stack([_dummies(tier), _dummies(segment)])
    errors = {name: np.empty(amount.size) for name in designs}
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
    gain = float(improvement.mean())
    return AmountFit(
        r2_tier=1 - errors["tier"].mean() / total,
        r2_both=1 - errors["both"].mean() / total,
        gain=gain,
        gain_interval=interval_around(gain, paired_gains(improvement, company, n_bootstrap, seed)),
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
