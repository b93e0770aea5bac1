"""Gaussian mixtures against scikit-learn, their laws, and the guards with their words."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture

from clustering.models.guards import ruled_out
from clustering.models.mixture import as_clustering, fit_from_labels, fit_mixture
from clustering.models.unimodality import merge_components
from clustering.structure.mixtures.candidates import splits

KINDS = ("full", "tied", "diag", "spherical")


def _three(seed=0, n=300):
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 6.0]])
    return centres[rng.choice(3, n, p=(0.5, 0.3, 0.2))] + rng.normal(size=(n, 2))


@pytest.mark.parametrize(
    ("kind", "k", "bic"),
    [
        ("full", 1, 829.9782),
        ("full", 2, 574.0178),
        ("full", 3, 580.8389),
        ("tied", 2, 688.0972),
        ("tied", 3, 632.9633),
        ("diag", 2, 857.5515),
        ("spherical", 2, 1012.2352),
        ("spherical", 3, 853.8090),
    ],
)
def test_iris_bic_of_mclust(kind, k, bic):
    # R's mclust 6 with the sign turned; scikit-learn 1.9.1 agrees.
    fit = fit_mixture(load_iris().data, k, kind, n_init=10, seed=0)
    assert fit.bic <= bic + 0.02
    if (kind, k) != ("spherical", 3):
        assert fit.bic == pytest.approx(bic, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_no_worse_than_scikit_learn(kind):
    values = _three()
    theirs = GaussianMixture(3, covariance_type=kind, n_init=10, tol=1e-8, random_state=0)
    ours = fit_mixture(values, 3, kind, n_init=10, seed=0)
    assert ours.bic <= theirs.fit(values).bic(values) + 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_responsibilities_and_canonical_order(kind):
    clustering = as_clustering(fit_mixture(_three(), 3, kind, n_init=4, seed=0), n_init=4, seed=0)
    np.testing.assert_allclose(clustering.responsibilities.sum(axis=1), 1.0, atol=1e-12)
    assert (clustering.responsibilities >= 0).all()
    assert (clustering.labels == clustering.responsibilities.argmax(axis=1)).all()
    assert (np.diff(clustering.centres[:, 0]) >= 0).all()


@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
def test_the_unit_of_a_column_changes_nothing(kind):
    values = _three()
    first = fit_mixture(values, 3, kind, n_init=4, seed=0)
    second = fit_mixture(values * [1000.0, 0.01], 3, kind, n_init=4, seed=0)
    assert (first.labels == second.labels).all()
    shift = len(values) * np.log(1000.0 * 0.01)
    assert second.log_likelihood == pytest.approx(first.log_likelihood - shift, abs=1e-3)


def test_em_never_lowers_the_likelihood():
    values = _three()
    start = np.random.default_rng(0).integers(0, 3, len(values))
    runs = [
        fit_from_labels(values, start, "full", max_iter=steps).log_likelihood
        for steps in (1, 2, 5, 10, 30)
    ]
    assert (np.diff(runs) >= -1e-9).all()


def test_ties_do_not_win():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(size=200), rng.normal(size=200)])
    values[:40, 0] = 0.5
    fit = fit_mixture(values, 3, "diag", n_init=20, seed=0)
    assert fit.smallest_eigenvalue_ratio >= 1e-3 or ruled_out(fit) is not None


def test_floor_is_ruled_out_by_column_name():
    values = np.r_[np.zeros(30), np.random.default_rng(0).normal(5, 1, 60)][:, None]
    fit = fit_from_labels(values, np.repeat([0, 1], [30, 60]), "diag", reg_covar=1e-6)
    reason = ruled_out(fit, ["milestones_reached"])
    assert "mixture k=2 diag: component 1 has variance" in reason
    assert "in 'milestones_reached', the reg_covar floor; its 30.0 accounts" in reason
    assert "column 1" in ruled_out(fit)


def test_dependent_columns_are_ruled_out():
    values = _three()
    fit = fit_mixture(np.column_stack([values, values[:, 0]]), 1, "full", seed=0)
    assert "linearly dependent" in ruled_out(fit)


def test_small_components_are_ruled_out():
    rng = np.random.default_rng(0)
    values = np.vstack([rng.normal(0, 1, (200, 2)), rng.normal(30, 1, (4, 2))])
    fit = fit_from_labels(values, np.repeat([0, 1], [200, 4]), "full")
    assert "expected count of 4.0 accounts; full covariances of 2 columns need at least 10" in (
        ruled_out(fit)
    )


def test_collapsed_components_are_ruled_out():
    rng = np.random.default_rng(0)
    values = np.vstack([rng.normal(0, 1, (200, 1)), rng.normal(30, 0.01, (40, 1))])
    fit = fit_from_labels(values, np.repeat([0, 1], [200, 40]), "full")
    assert "a component has collapsed" in ruled_out(fit)


def test_not_converged_is_ruled_out():
    start = np.random.default_rng(0).integers(0, 3, 300)
    fit = fit_from_labels(_three(), start, "full", max_iter=2)
    assert "EM had not converged after 2 iterations" in ruled_out(fit)


def test_overlapping_components_are_merged():
    rng = np.random.default_rng(0)
    values = np.vstack([rng.normal(m, 1, (200, 2)) for m in (0, 0.8, 9)])
    fit = fit_from_labels(values, np.repeat([0, 1, 2], 200), "tied")
    assert merge_components(fit).max() + 1 == 2


def test_splits_have_one_component_more():
    fit = fit_mixture(_three(), 2, "full", n_init=4, seed=0)
    cuts = splits(fit, _three())
    assert len(cuts) == 2
    assert all(len(np.unique(cut)) == 3 for cut in cuts)
