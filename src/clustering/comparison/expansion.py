"""Expansion in two parts: whether an account expanded, and by how much where it did.

Most accounts do not expand and a few expand a lot; a single mean says little about either.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import f as f_distribution

from clustering.comparison.agreement import percentile_range
from clustering.comparison.forward import forward_validity
from clustering.comparison.forward_report import ForwardReport
from clustering.comparison.labellings import encode
from clustering.errors import BadInputError

__all__ = ["Expansion", "Retention", "two_part_expansion"]

Floats = NDArray[np.float64]
Range = tuple[float, float]

_FEWEST_EXPANDED = 10

_NUMBERS_AT_ONCE = 4_000_000

#: Retention is also shown with amounts cut at these quantiles: one account must not make it.
_WINSORISED = (0.01, 0.99)


@dataclass(frozen=True)
class Retention:
    """Net and gross revenue retention of one segment: amounts after over amounts before.

    Each with a 95 % percentile interval over accounts; `nrr_winsorised` with the accounts' own
    retention cut at the 1 % and 99 % quantiles of all.
    """

    segment: str
    n_accounts: int
    nrr: float
    nrr_interval: Range
    nrr_winsorised: float
    grr: float
    grr_interval: Range


@dataclass(frozen=True)
class Expansion:
    """Two parts of expansion, and retention by segment.

    `happened` are the nested models of any expansion. The amount is the log of retention among
    those that expanded: `omega_squared` is the share of its variance between segments beside
    the tiers, beyond chance, with the F test's `p`; None, with the `reason`, where it cannot be
    told.
    """

    happened: ForwardReport
    n_expanded: int
    omega_squared: float | None
    p: float | None
    retention: tuple[Retention, ...]
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
    """
    tiers, segments = encode(tier, "tier"), encode(segment, "segment")
    known = np.isfinite(nrr) & np.isfinite(grr) & np.isfinite(arr) & (arr > 0)
    known &= (tiers.codes >= 0) & (segments.codes >= 0)
    if not known.any():
        raise BadInputError("no account has a tier, a segment, ARR and an observed retention.")
    happened = forward_validity(
        tiers.subset(known),
        segments.subset(known),
        nrr[known] > 1,
        n_bootstrap=n_bootstrap,
        seed=seed,
        names=("tier", "segment", "any expansion"),
    )
    expanded = known & (nrr > 1)
    omega, p, reason = _amount(
        tiers.codes[expanded], segments.codes[expanded], np.log(nrr[expanded])
    )
    generator = np.random.default_rng(seed)
    low, high = np.quantile(nrr[known], _WINSORISED)
    retention = []
    for code, name in enumerate(segments.levels):
        rows = np.flatnonzero(known & (segments.codes == code))
        if rows.size:
            retention.append(
                _retention(
                    name, arr[rows], nrr[rows], grr[rows], (low, high), n_bootstrap, generator
                )
            )
    return Expansion(happened, int(expanded.sum()), omega, p, tuple(retention), reason)


def _retention(
    segment: str,
    arr: Floats,
    nrr: Floats,
    grr: Floats,
    cut: Range,
    n_bootstrap: int,
    generator: np.random.Generator,
) -> Retention:
    after = np.stack([arr * nrr, arr * grr], axis=1)
    at_once = max(1, _NUMBERS_AT_ONCE // arr.size)
    drawn = []
    for start in range(0, n_bootstrap, at_once):
        times = _bootstrap_counts(arr.size, min(at_once, n_bootstrap - start), generator)
        drawn.append((times @ after) / (times @ arr)[:, None])
    resampled = np.concatenate(drawn)
    observed = after.sum(axis=0) / arr.sum()
    return Retention(
        segment=segment,
        n_accounts=arr.size,
        nrr=float(observed[0]),
        nrr_interval=percentile_range(resampled[:, 0]),
        nrr_winsorised=float((arr * np.clip(nrr, *cut)).sum() / arr.sum()),
        grr=float(observed[1]),
        grr_interval=percentile_range(resampled[:, 1]),
    )


def _bootstrap_counts(n: int, size: int, generator: np.random.Generator) -> Floats:
    chosen = generator.integers(0, n, size=(size, n)) + np.arange(size)[:, None] * n
    return np.bincount(chosen.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _amount(
    tier: NDArray[np.int64], segment: NDArray[np.int64], amount: Floats
) -> tuple[float | None, float | None, str]:
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


def _dummies(codes: NDArray[np.int64]) -> Floats:
    present, compact = np.unique(codes, return_inverse=True)
    return np.asarray(np.eye(present.size)[compact])
