import numpy as np
import pytest
from scipy.stats import multivariate_normal

from clustering.models.kinds import MODELS, CentreModel, GaussianModel
from snapshots import kmeans_clustering, mixture_clustering


@pytest.fixture
def values():
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(3, 4)) * 3
    return centres[rng.integers(3, size=300)] + rng.normal(size=(300, 4))


def columns(values):
    return np.ascontiguousarray(values.T)


def test_kmeans_labels_and_distances_are_those_of_the_nearest_centre(values):
    clustering = kmeans_clustering(values, 3)
    assignment = clustering.model.assign(columns(values))
    distances = np.sqrt(((values[:, None, :] - clustering.centres) ** 2).sum(axis=2))
    np.testing.assert_array_equal(assignment.labels, clustering.labels)
    np.testing.assert_array_equal(assignment.runner_up, np.argsort(distances, axis=1)[:, 1])
    np.testing.assert_allclose(assignment.fit, distances.min(axis=1), atol=1e-6)


def test_kmeans_probability_is_the_posterior_of_equal_spheres(values):
    clustering = kmeans_clustering(values, 3)
    nearest = ((values - clustering.centres[clustering.labels]) ** 2).sum()
    variance = nearest / values.size
    densities = np.column_stack(
        [multivariate_normal(c, variance * np.eye(4)).pdf(values) for c in clustering.centres]
    )
    expected = densities / densities.sum(axis=1, keepdims=True)
    model = clustering.model
    np.testing.assert_allclose(model.probabilities(values), expected, atol=1e-9)
    assignment = model.assign(columns(values))
    np.testing.assert_allclose(assignment.probability, expected.max(axis=1), atol=1e-9)
    top_two = np.sort(expected, axis=1)[:, -2:]
    np.testing.assert_allclose(assignment.margin, top_two[:, 1] - top_two[:, 0], atol=1e-9)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_mixture_probability_and_log_density_are_those_of_scipy(values, kind):
    clustering = mixture_clustering(values, 3, kind)
    model = clustering.model
    joint = np.column_stack(
        [
            np.log(weight) + multivariate_normal(mean, covariance).logpdf(values)
            for weight, mean, covariance in zip(
                model.weights, model.centres, model.covariances, strict=True
            )
        ]
    )
    log_density = np.logaddexp.reduce(joint, axis=1)
    assignment = model.assign(columns(values))
    np.testing.assert_allclose(assignment.fit, log_density, atol=1e-9)
    np.testing.assert_allclose(
        model.probabilities(values), np.exp(joint - log_density[:, None]), atol=1e-9
    )
    np.testing.assert_array_equal(assignment.labels, clustering.labels)


def test_a_tie_goes_to_the_first_segment_wherever_the_account_stands():
    model = CentreModel(np.array([[-1.0, 0.3], [1.0, 0.3]]), variance=0.5)
    middle = np.array([[0.0], [0.7]])
    for n in (1, 7, 8192, 8193):
        assignment = model.assign(np.repeat(middle, n, axis=1))
        assert (assignment.labels == 0).all()
        assert assignment.margin == pytest.approx(np.zeros(n))


def test_near_ties_far_from_the_origin_are_decided_by_differences():
    model = CentreModel(np.array([[1e7], [1e7 + 2]]), variance=1.0)
    assignment = model.assign(np.array([[1e7 + 0.999, 1e7 + 1.001]]))
    assert assignment.labels.tolist() == [0, 1]


def test_one_segment_is_certain_and_has_no_runner_up(values):
    assignment = kmeans_clustering(values, 1).model.assign(columns(values))
    assert (assignment.probability == 1).all()
    assert (assignment.margin == 1).all()
    assert (assignment.runner_up == -1).all()


def test_copies_without_any_spread_are_certain():
    values = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    assignment = kmeans_clustering(values, 2).model.assign(columns(values))
    assert assignment.probability == pytest.approx(np.ones(10))


@pytest.mark.parametrize("fit", [kmeans_clustering, mixture_clustering])
def test_arrays_hold_everything(values, fit):
    model = fit(values, 3).model
    arrays = model.to_arrays()
    assert {name: array.shape for name, array in arrays.items()} == model.shapes(3, 4)
    again = MODELS[model.algorithm].from_arrays(model.algorithm, model.covariance_type, arrays)
    np.testing.assert_array_equal(again.probabilities(values), model.probabilities(values))


@pytest.mark.parametrize("fit", [kmeans_clustering, mixture_clustering])
def test_slopes_are_the_gradient_of_the_log_odds(values, fit):
    model = fit(values, 3).model
    origin, target = np.zeros(300, dtype=int), np.ones(300, dtype=int)
    step = 1e-6 * np.eye(4)
    numeric = np.empty_like(values)
    for feature in range(4):
        ends = [np.log(model.probabilities(values + sign * step[feature])) for sign in (1, -1)]
        odds = [end[:, 1] - end[:, 0] for end in ends]
        numeric[:, feature] = (odds[0] - odds[1]) / 2e-6
    exact = model.slopes(values, origin) - model.slopes(values, target)
    np.testing.assert_allclose(numeric, exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (CentreModel(np.array([[2e6]]), 1.0), "centres lie further"),
        (CentreModel(np.zeros((1, 1)), -1.0), "'variance' cannot be"),
        (GaussianModel("full", np.zeros((1, 1)), np.array([0.5]), np.ones((1, 1, 1))), "weights"),
        (GaussianModel("full", np.zeros((1, 1)), np.ones(1), -np.ones((1, 1, 1))), "covariances"),
    ],
)
def test_numbers_that_no_fit_gives_are_named(model, words):
    (breach,) = model.breaches()
    assert words in breach


KINDS = ["full", "tied", "diag", "spherical"]


def with_holes(values, seed=3, share=0.4):
    holes = values.copy()
    holes[np.random.default_rng(seed).random(values.shape) < share] = np.nan
    return holes


@pytest.mark.parametrize("kind", KINDS)
def test_scores_of_incomplete_accounts_are_those_of_the_marginal_density(values, kind):
    model = mixture_clustering(values, 3, kind).model
    holes = with_holes(values)
    scores, _ = model.log_scores(columns(holes))
    for row, account in enumerate(holes):
        known = np.flatnonzero(~np.isnan(account))
        for segment in range(3):
            expected = np.log(model.weights[segment])
            if known.size:
                expected += multivariate_normal(
                    model.centres[segment][known],
                    model.covariances[segment][np.ix_(known, known)],
                ).logpdf(account[known])
            assert scores[segment, row] == pytest.approx(expected, abs=1e-9)


def test_kmeans_scores_of_incomplete_accounts_are_distances_in_what_is_known(values):
    model = kmeans_clustering(values, 3).model
    holes = with_holes(values)
    scores, sharpness = model.log_scores(columns(holes))
    expected = -np.nansum((holes[:, None, :] - model.centres) ** 2, axis=2).T
    np.testing.assert_allclose(scores, expected, atol=1e-9)
    assert sharpness == pytest.approx(0.5 / model.variance)


@pytest.mark.parametrize("fit", [kmeans_clustering, mixture_clustering])
def test_what_is_missing_makes_no_account_unlike_the_others(values, fit):
    """Its known part is compared with the limit of complete accounts, and never looks further."""
    model = fit(values, 3).model
    whole = model.assign(columns(values)).fit
    part = model.assign(columns(with_holes(values, share=0.6))).fit
    if model.by_distance:
        assert (part <= whole + 0.5).mean() > 0.9
        assert part.max() <= whole.max()
    else:
        assert np.quantile(part, 0.01) > np.quantile(whole, 0.01)
        assert np.median(part) == pytest.approx(np.median(whole), abs=0.5)


@pytest.mark.parametrize("fit", [kmeans_clustering, mixture_clustering])
def test_labels_of_incomplete_accounts_depend_on_no_neighbour(values, fit):
    model = fit(values, 3).model
    holes = with_holes(values)
    together = model.assign(columns(holes))
    for rows in ([0], [5, 7, 11], list(range(0, 300, 3))):
        alone = model.assign(columns(holes[rows]))
        np.testing.assert_array_equal(alone.labels, together.labels[rows])
        np.testing.assert_allclose(alone.probability, together.probability[rows], atol=1e-9)


def test_a_temperature_changes_how_probable_a_segment_is_and_never_which(values):
    model = kmeans_clustering(values, 3).model
    holes = columns(with_holes(values))
    n_known = np.isfinite(holes).sum(axis=0)
    warm = model.assign(holes, np.array([1, 0.2, 0.4, 0.6, 3.0])[n_known])
    plain = model.assign(holes)
    np.testing.assert_array_equal(warm.labels, plain.labels)
    np.testing.assert_array_equal(warm.fit, plain.fit)
    assert (warm.probability[n_known == 4] >= plain.probability[n_known == 4]).all()
    assert (warm.probability[n_known < 4] <= plain.probability[n_known < 4]).all()
