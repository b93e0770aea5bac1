"""Inference after clustering that is valid: selective tests, data thinning; usable alone."""

from clustering.inference.one_feature import FeatureTest, selective_feature_tests
from clustering.inference.selective import SelectiveTest, estimate_sigma, selective_kmeans_test
from clustering.inference.thinning import (
    IndependenceCheck,
    ThinnedTest,
    check_independence,
    gaussian_difference_test,
    poisson_difference_test,
    thin_gaussian,
    thin_poisson,
)

__all__ = [
    "FeatureTest",
    "IndependenceCheck",
    "SelectiveTest",
    "ThinnedTest",
    "check_independence",
    "estimate_sigma",
    "gaussian_difference_test",
    "poisson_difference_test",
    "selective_feature_tests",
    "selective_kmeans_test",
    "thin_gaussian",
    "thin_poisson",
]
