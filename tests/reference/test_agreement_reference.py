"""Agreement against published numbers and other implementations."""

import numpy as np
import pytest
from sklearn import metrics

from clustering.comparison import compare_partitions
from clustering.comparison.agreement.indices import (
    adjusted_mutual_information,
    adjusted_rand_index,
    expected_mutual_information,
)
from clustering.comparison.agreement.ordinal import gamma

QUICK = {"n_bootstrap": 0, "n_permutations": 1, "seed": 1}

# Agresti (2002), Categorical Data Analysis, 2nd ed., table 2.8: income by job satisfaction of 104
# black males, General Social Survey 1996.
JOB_SATISFACTION = np.array([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]])


def test_rand_index_of_yeung_and_ruzzo():
    # Yeung and Ruzzo (2001), supplement to "An empirical study on PCA for clustering gene
    # expression data", Bioinformatics 17:763, table 2: 0.313.
    table = np.array([[1, 1, 0], [1, 2, 1], [0, 0, 4]])
    assert float(adjusted_rand_index(table)) == pytest.approx(0.313, abs=5e-4)


def test_gamma_of_job_satisfaction():
    # Agresti (2002), section 2.4.5: C = 1331, D = 849, gamma = 0.221.
    assert gamma(JOB_SATISFACTION) == pytest.approx((1331 - 849) / (1331 + 849), abs=1e-12)


def test_variation_of_information_by_hand():
    # Meila (2007): VI = H(U|V) + H(V|U). Two crossed halves: one bit each.
    found = compare_partitions([0, 0, 1, 1], [0, 1, 0, 1], **QUICK)
    assert found.vi_nats == pytest.approx(2 * np.log(2))


def test_expected_information_by_complete_enumeration():
    # All 4! / (2! 2!) = 6 ways to give labels 0, 0, 1, 1: twice log 2, four times 0.
    expected = expected_mutual_information(np.array([2, 2]), np.array([2, 2]))
    assert expected == pytest.approx(np.log(2) / 3)


@pytest.mark.parametrize("seed", range(8))
def test_all_indices_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 3000))
    first = rng.integers(0, rng.integers(1, 9), n)
    second = np.where(rng.random(n) < 0.4, first, rng.integers(0, rng.integers(1, 9), n))
    found = compare_partitions(first, second, **QUICK)
    homogeneity, completeness, v = metrics.homogeneity_completeness_v_measure(first, second)
    assert found.ami == pytest.approx(metrics.adjusted_mutual_info_score(first, second), abs=1e-9)
    assert found.ari == pytest.approx(metrics.adjusted_rand_score(first, second), abs=1e-12)
    assert found.nmi == pytest.approx(
        metrics.normalized_mutual_info_score(first, second), abs=1e-12
    )
    assert (found.homogeneity, found.completeness, found.v_measure) == pytest.approx(
        (homogeneity, completeness, v), abs=1e-12
    )


def test_many_accounts_lose_no_digits():
    rng = np.random.default_rng(0)
    first = rng.choice(4, 200_000, p=[0.6, 0.3, 0.09, 0.01])
    second = np.where(rng.random(first.size) < 0.02, first, rng.integers(0, 5, first.size))
    table = metrics.cluster.contingency_matrix(first, second)
    assert float(adjusted_mutual_information(table)) == pytest.approx(
        metrics.adjusted_mutual_info_score(first, second), abs=1e-10
    )
