"""Whether the outcome differs by segment inside the tiers: tests over all tiers and in each."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2 as chi_square
from scipy.stats import random_table

from clustering.arrays import Floats
from clustering.comparison.base.entries import CmhTest, TierTest
from clustering.comparison.base.nested import OutcomeTable
from clustering.inference.multiple_testing import holm

_PERMUTATIONS = 1999


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
        return CmhTest(reason="all rows are in one segment")
    sizes, positives = rows.sum(axis=1), events.sum(axis=1)
    surplus = (events - rows * (positives / sizes)[:, None]).sum(axis=0)[:-1]
    spread = positives * (sizes - positives) / (sizes**2 * (sizes - 1))
    covariance = np.einsum("k,ki,ij->ij", spread * sizes, rows, np.eye(rows.shape[1]))
    covariance = (covariance - np.einsum("k,ki,kj->ij", spread, rows, rows))[:-1, :-1]
    df = int(np.linalg.matrix_rank(covariance)) if covariance.any() else 0
    if df == 0:
        return CmhTest(reason="no tier has two outcomes in two segments")
    plain = float(surplus @ np.linalg.pinv(covariance, hermitian=True) @ surplus)
    stat = plain
    if present.sum() == 2 and abs(surplus[0]) >= 0.5:
        stat = float((abs(surplus[0]) - 0.5) ** 2 / covariance[0, 0])
    return CmhTest(
        stat=stat,
        df=df,
        p=chi_square.sf(stat, df),
        stat_uncorrected=plain,
        p_uncorrected=chi_square.sf(plain, df),
    )


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
        test if test.p is None else test.model_copy(update={"p_holm": next(corrected)})
        for test in tests
    ]


def _test_tier(tier: str, rows: Floats, events: Floats, seed: np.random.SeedSequence) -> TierTest:
    n = int(rows.sum())
    counts = np.stack([events, rows - events])[:, rows > 0]
    outcomes = counts.sum(axis=1)
    if counts.shape[1] < 2:
        reason = "all rows are in one segment" if n else "the tier has no rows"
        return TierTest(tier=tier, n=n, reason=reason)
    if (outcomes == 0).any():
        return TierTest(tier=tier, n=n, reason="all rows have the same outcome")
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
        p=chi_square.sf(observed, df),
        p_permutation=(1 + reached) / (_PERMUTATIONS + 1),
        reason="expected counts below 5: read p_permutation" if small else "",
    )


def _pearson(counts: Floats, expected: Floats) -> Floats:
    return np.asarray(((counts - expected) ** 2 / expected).sum(axis=(-2, -1)))
