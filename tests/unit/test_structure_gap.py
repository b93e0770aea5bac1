"""Gap statistic and its rule."""

import numpy as np
import pytest

from clustering.models.kmeans import fit_kmeans
from clustering.structure.criteria.gap import gap_statistic, reference_box, smallest_k


def test_the_published_rule():
    gap, se = np.array([0.1, 0.2, 0.5, 0.4]), np.full(4, 0.05)
    assert smallest_k((1, 2, 3, 4), gap, se) == 3
    assert smallest_k((1, 2, 3, 4), gap, np.full(4, 0.2)) == 1
    assert smallest_k((1, 2), np.array([0.1, 0.9]), np.zeros(2)) == 2  # none: the largest, as R
    assert smallest_k((1, 2, 3), np.array([0.1, np.inf, np.inf]), np.zeros(3)) == 2
    assert smallest_k((1, 2, 3), np.array([0.1, 0.9, np.nan]), np.zeros(3)) == 2
    assert smallest_k((1,), np.array([np.nan]), np.zeros(1)) is None
    assert smallest_k((), np.empty(0), np.empty(0)) is None


@pytest.mark.parametrize("space", ["pca", "box"])
def test_uniform_data_have_one_cluster(space):
    values = np.random.default_rng(0).random((300, 2)) * [3.0, 1.0]
    ks = (1, 2, 3, 4)
    gap = gap_statistic(
        values, ks, [fit_kmeans(values, k).inertia for k in ks], space=space, n_references=40
    )
    assert gap.chosen_k == 1
    assert (np.abs(gap.gap) < 6 * gap.se).all()


def test_expected_log_w_of_one_uniform_cluster():
    # One cluster of n uniform points in the unit interval: E[W] / 2 = (n - 1) / 24.
    values = np.linspace(0, 1, 400)[:, None]
    gap = gap_statistic(values, (1,), [1.0], space="box", n_references=200)
    assert gap.expected_log_w[0] == pytest.approx(np.log(399 / 24), abs=4 * gap.se[0] / 14)


def test_the_principal_box_is_smaller_for_a_diagonal_cloud():
    rng = np.random.default_rng(0)
    along = rng.normal(size=500)
    values = np.stack([along, along + 0.1 * rng.normal(size=500)], axis=1)
    values -= values.mean(axis=0)
    (_, pca), (_, box) = reference_box(values, "pca"), reference_box(values, "box")
    assert pca.prod() < 0.3 * box.prod()


def test_se_has_divisor_b_minus_1_and_the_simulation_error():
    values = np.random.default_rng(0).random((60, 2))
    gap = gap_statistic(values, (1,), [1.0], space="box", n_references=10)
    assert 0 < gap.se[0] < 0.5


def test_more_features_than_accounts_and_constant_columns():
    values = np.random.default_rng(0).normal(size=(8, 20))
    values[:, 3] = 1.0
    for space in ("pca", "box"):
        gap = gap_statistic(values, (1, 2), [10.0, 5.0], space=space, n_references=10)
        assert np.isfinite(gap.gap).all()


def test_no_inertia_left_is_not_a_number_to_compare():
    values = np.array([[0.0], [1.0]])
    gap = gap_statistic(values, (1, 2), [0.5, 0.0], space="box", n_references=10)
    assert gap.log_w[1] == -np.inf
    assert np.isnan(gap.gap[1])
    assert gap.chosen_k == 1


def test_the_same_on_one_and_two_threads(on_one_and_two_threads):
    values = np.random.default_rng(0).normal(size=(120, 5))
    one, two = on_one_and_two_threads(
        lambda: gap_statistic(values, (1, 3), [9.0, 8.0], space="pca", n_references=10)
    )
    np.testing.assert_array_equal(one.expected_log_w, two.expected_log_w)
