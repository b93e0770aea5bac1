"""Whether the outcome differs by segment inside the tiers: tests over all tiers and in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2 as chi_square
from scipy.stats import random_table

from clustering.arrays import Floats
from clustering.comparison.base.nested import OutcomeTable
from clustering.inference.multiple_testing import holm

_PERMUTATIONS = 1999


@dataclass(frozen=True)
class CmhTest:
    """Cochran-Mantel-Haenszel test of outcome and segment, given the tier.

    `stat` is None, with the `reason`, where it cannot be told. With two segments `stat` has
    Yates' continuity correction, as `mantelhaen.test` of R has by default; `stat_uncorrected`
    never has it.
    """

    stat: float | None
    df: int | None
    p: float | None
    stat_uncorrected: float | None = None
    p_uncorrected: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class TierTest:
    """Pearson's chi-square test of outcome and segment among the rows of one tier.

    `p_permutation` keeps the margins and needs no large counts; `p_holm` corrects `p` for the
    number of tiers that could be tested. All are None, with the `reason`, where they cannot be
    told; `reason` also says when counts are too small for `p`.
    """

    tier: str
    n: int
    chi2: float | None
    df: int | None
    p: float | None
    p_holm: float | None
    p_permutation: float | None
    reason: str = ""


def cochran_mantel_haenszel(table: OutcomeTable) -> CmhTest:
    """Test whether the outcome is independent of the segment inside every tier.

    The generalised statistic for a 2 x S x K table, and for S = 2 the classical one with
    continuity correction. Tiers with fewer than two rows say nothing and are left out; so are
    segments without rows.

    References
    ----------
    Agresti (2002), Categorical Data Analysis, section 7.5.3; R's `stats::mantelhaen.test`.

    Examples
    --------
    Admissions at Berkeley by sex in six departments (`UCBAdmissions`, Bickel et al. 1975):

    >>> men, women = [825, 560, 325, 417, 191, 373], [108, 25, 593, 375, 393, 341]
    >>> admitted = np.array([[512, 89], [353, 17], [120, 202], [138, 131], [53, 94], [22, 24]])
    >>> test = cochran_mantel_haenszel(OutcomeTable(np.array([men, women]).T, admitted))
    >>> round(test.stat, 4), test.df, round(test.p, 4)
    (1.4269, 1, 0.2323)
    """
    usable = table.rows.sum(axis=1) > 1
    rows, events = table.rows[usable], table.events[usable]
    present = rows.sum(axis=0) > 0
    rows, events = rows[:, present], events[:, present]
    if present.sum() < 2:
        return CmhTest(None, None, None, reason="all rows are in one segment")
    sizes, positives = rows.sum(axis=1), events.sum(axis=1)
    surplus = (events - rows * (positives / sizes)[:, None]).sum(axis=0)[:-1]
    spread = positives * (sizes - positives) / (sizes**2 * (sizes - 1))
    covariance = np.einsum("k,ki,ij->ij", spread * sizes, rows, np.eye(rows.shape[1]))
    covariance = (covariance - np.einsum("k,ki,kj->ij", spread, rows, rows))[:-1, :-1]
    df = int(np.linalg.matrix_rank(covariance)) if covariance.any() else 0
    if df == 0:
        reason = "no tier has two outcomes in two segments"
        return CmhTest(None, None, None, reason=reason)
    plain = float(surplus @ np.linalg.pinv(covariance, hermitian=True) @ surplus)
    stat = plain
    if present.sum() == 2 and abs(surplus[0]) >= 0.5:
        stat = float((abs(surplus[0]) - 0.5) ** 2 / covariance[0, 0])
    return CmhTest(stat, df, float(chi_square.sf(stat, df)), plain, float(chi_square.sf(plain, df)))


def within_tier_tests(table: OutcomeTable, tiers: Sequence[str], seed: int) -> list[TierTest]:
    """Test outcome against segment in every tier, with Holm's correction over the tiers.

    Examples
    --------
    >>> table = OutcomeTable(np.array([[20.0, 20.0], [3.0, 0.0]]), np.array([[5.0, 15.0], [1, 0]]))
    >>> first, second = within_tier_tests(table, ["core", "large"], seed=1)
    >>> first.chi2, first.df, second.chi2, second.reason
    (10.0, 1, None, 'all rows are in one segment')
    """
    seeds = np.random.SeedSequence(seed).spawn(len(tiers))
    tests = [
        _test_tier(tier, table.rows[row], table.events[row], seeds[row])
        for row, tier in enumerate(tiers)
    ]
    corrected = iter(holm([test.p for test in tests if test.p is not None]))
    return [
        test if test.p is None else TierTest(**{**vars(test), "p_holm": next(corrected)})
        for test in tests
    ]


def _test_tier(tier: str, rows: Floats, events: Floats, seed: np.random.SeedSequence) -> TierTest:
    n = int(rows.sum())
    counts = np.stack([events, rows - events])[:, rows > 0]
    outcomes = counts.sum(axis=1)
    if counts.shape[1] < 2:
        reason = "all rows are in one segment" if n else "the tier has no rows"
        return TierTest(tier, n, None, None, None, None, None, reason)
    if (outcomes == 0).any():
        reason = "all rows have the same outcome"
        return TierTest(tier, n, None, None, None, None, None, reason)
    expected = np.outer(outcomes, counts.sum(axis=0)) / n
    observed = float(_pearson(counts, expected))
    df = counts.shape[1] - 1
    permuted = random_table(outcomes, counts.sum(axis=0), seed=np.random.default_rng(seed))
    drawn = _pearson(permuted.rvs(size=_PERMUTATIONS), expected)
    reached = int((drawn >= observed - 1e-9).sum())
    small = (expected < 5).any()
    return TierTest(
        tier=tier,
        n=n,
        chi2=observed,
        df=df,
        p=float(chi_square.sf(observed, df)),
        p_holm=None,
        p_permutation=(1 + reached) / (_PERMUTATIONS + 1),
        reason="expected counts below 5: read p_permutation" if small else "",
    )


def _pearson(counts: Floats, expected: Floats) -> Floats:
    return np.asarray(((counts - expected) ** 2 / expected).sum(axis=(-2, -1)))
