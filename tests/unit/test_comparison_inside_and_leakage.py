"""Inside the tiers, leakage, assignment error, expansion."""

import io
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pandas as pd
import pytest

from clustering.comparison.leakage.size_leakage import ablation, detect_circularity, leakage_index
from clustering.comparison.observed.bch import corrected_rates
from clustering.comparison.observed.expansion import two_part_expansion
from clustering.comparison.observed.retention import retained, retention_by
from clustering.comparison.observed.within_tiers import heterogeneity_within_tiers
from clustering.errors import BadInputError

# -- inside the tiers ----------------------------------------------------------------------------


def inside(shift: float, seed: int = 0):
    rng = np.random.default_rng(seed)
    tier = rng.choice(["core", "large"], 400, p=[0.8, 0.2])
    segment = rng.choice(["a", "b"], 400)
    values = (
        rng.normal(size=(400, 3)) + shift * (segment == "a")[:, None] + (tier == "core")[:, None]
    )
    return heterogeneity_within_tiers(
        tier, segment, values, made_segments=False, n_permutations=199, seed=1
    )


def test_differences_inside_tiers_are_found_and_none_are_invented():
    found, nothing = inside(1.0), inside(0.0)
    assert found.p == 0.005
    assert 0.1 < found.explained < 0.3
    assert [tier.p_holm for tier in found.tiers] == [0.01, 0.01]
    assert found.entropy_share > 0.98
    assert nothing.p > 0.05
    assert abs(nothing.explained) < 0.02
    assert nothing.variance_within < 1


def test_tiers_that_decide_the_segment_leave_nothing():
    tier = np.repeat(["a", "b"], 20)
    values = np.random.default_rng(0).normal(size=(40, 2))
    found = heterogeneity_within_tiers(
        tier, tier, values, made_segments=True, n_permutations=19, seed=1
    )
    assert found.entropy_share == pytest.approx(0.0, abs=1e-12)
    assert all(part.p is None for part in found.tiers)
    assert "circular" in found.note


def test_a_small_tier_is_not_tested():
    tier = ["core"] * 40 + ["vip"] * 3
    segment = ["a", "b"] * 21 + ["a"]
    values = np.random.default_rng(0).normal(size=(43, 2))
    found = heterogeneity_within_tiers(
        tier, segment, values, made_segments=False, n_permutations=19, seed=1
    )
    vip = next(part for part in found.tiers if part.tier == "vip")
    assert (vip.n_accounts, vip.explained, vip.p) == (3, None, None)


@pytest.mark.parametrize(
    ("values", "message"),
    [(np.zeros((4, 1)), "nothing to explain"), (np.zeros((3, 1)), "finite matrix with 4 rows")],
)
def test_values_that_do_not_fit(values, message):
    with pytest.raises(BadInputError, match=message):
        heterogeneity_within_tiers(list("abab"), list("xxyy"), values, made_segments=False, seed=1)


# -- leakage -------------------------------------------------------------------------------------


def halves(values: np.ndarray, seed: int) -> np.ndarray:
    """Stands for a clustering: two halves along the first principal component."""
    centred = values - values.mean(axis=0)
    direction = np.linalg.svd(centred, full_matrices=False)[2][0]
    score = centred @ direction
    return (score > np.median(score)).astype(int)


def test_the_ablation_shows_where_agreement_comes_from():
    rng = np.random.default_rng(0)
    log_arr = rng.normal(9, 1, 600)
    values = rng.normal(size=(600, 3)) * [1.4, 1, 1]
    seats = (log_arr - 9)[:, None] * 2 + rng.normal(size=(600, 1)) * 0.2
    tier = np.where(log_arr > np.median(log_arr), "large", "small")
    table = ablation(
        values, tier, log_arr, halves, size_proxies=seats, tenure=rng.normal(size=600),
        n_bootstrap=100, seed=1,
    )  # fmt: skip
    ami = {row.features: row.ami for row in table}
    assert list(ami) == ["F0", "F1", "F2", "F3", "F0+permuted", "F0-ARR", "F0-tenure"]
    assert ami["F3"] == 1.0
    assert ami["F1"] > 0.5
    assert max(ami["F0"], ami["F0+permuted"], ami["F0-ARR"]) < 0.05
    kept = {row.features: row.with_f0 for row in table}
    assert kept["F0"] == pytest.approx(1.0)
    assert kept["F0-ARR"] > 0.8 > 0.2 > max(kept["F1"], kept["F3"])


def test_arr_must_be_known_for_the_ablation():
    with pytest.raises(BadInputError, match="log ARR must be known for all 4"):
        ablation(np.zeros((4, 1)), list("aabb"), np.array([1.0, np.nan, 1, 1]), halves, seed=1)


def test_the_leakage_index_names_the_carrier():
    rng = np.random.default_rng(1)
    log_arr = rng.normal(size=800)
    frame = pd.DataFrame(
        {"seats": log_arr + rng.normal(size=800) / 3, "breadth": rng.normal(size=800)}
    )
    index = leakage_index(frame, log_arr, seed=1)
    assert index.overall > 0.7
    assert min(index.without, key=index.without.get) == "seats"
    assert index.without["seats"] < 0.1
    assert leakage_index(frame[["breadth"]], log_arr, seed=1).overall < 0.05


def test_the_leakage_index_needs_accounts():
    with pytest.raises(BadInputError, match="at least 50 accounts of different ARR, found 10"):
        leakage_index(pd.DataFrame({"a": np.zeros(10)}), np.arange(10.0), seed=1)


def test_circularity_is_detected_and_said():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=list("abc"))
    made = pd.Series(np.where(frame["a"] > 0.5, "deep", np.where(frame["b"] > 0, "broad", "new")))
    circular = detect_circularity(made, frame, name="needs_segment", seed=1)
    assert circular.circular
    assert "is circular" in circular.sentence
    survey = detect_circularity(
        pd.Series(rng.choice(["x", "y"], 600)), frame, name="needs_segment", seed=1
    )
    assert not survey.circular
    assert "external reference" in survey.sentence
    few = detect_circularity(pd.Series(["x"] * 600), frame, name="needs_segment", seed=1)
    assert few.ami is None
    assert "not known" in few.sentence


# -- assignment error ----------------------------------------------------------------------------


def uncertain(n: int, seed: int):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 3, n)
    values = rng.normal(size=(n, 4)) + 0.9 * true[:, None]
    outcome = (rng.random(n) < np.array([0.1, 0.3, 0.6])[true]).astype(float)
    log_density = -0.5 * ((values[:, :, None] - 0.9 * np.arange(3)) ** 2).sum(axis=1)
    odds = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    return values, odds / odds.sum(axis=1, keepdims=True), outcome


def test_the_correction_undoes_the_attenuation():
    _, responsibilities, outcome = uncertain(60_000, 0)
    found = corrected_rates(responsibilities, outcome)
    np.testing.assert_allclose(found.corrected, [0.1, 0.3, 0.6], atol=0.02)
    assert np.ptp(found.weighted) < np.ptp(found.modal) < np.ptp(found.corrected)
    np.testing.assert_allclose(found.errors.sum(axis=1), 1)


def test_the_correction_equals_stepmix():
    stepmix = pytest.importorskip("stepmix")
    values, _, outcome = uncertain(800, 1)
    settings = {"n_components": 3, "measurement": "gaussian_diag", "random_state": 1,
                "abs_tol": 1e-9, "rel_tol": 1e-9, "max_iter": 2000, "progress_bar": 0,
                "verbose": 0}  # fmt: skip
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        three_steps = stepmix.StepMix(
            n_steps=3, correction="BCH", assignment="modal", structural="binary", **settings
        ).fit(values, outcome[:, None])
        measured = stepmix.StepMix(n_steps=1, **settings).fit(values)
    expected = three_steps.get_parameters()["structural"]["pis"].ravel()
    found = corrected_rates(measured.predict_proba(values), outcome).corrected
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("responsibilities", "outcome", "message"),
    [
        (np.full((4, 2), 0.5), np.zeros(3), "4 known values"),
        (np.array([[0.9, 0.1]] * 4), np.zeros(4), "most probable one of no account"),
        (np.array([[0.5, 0.5 - 1e-12], [0.5 - 1e-12, 0.5]]), np.zeros(2), "told apart"),
    ],
)
def test_what_cannot_be_corrected(responsibilities, outcome, message):
    with pytest.raises(BadInputError, match=message):
        corrected_rates(responsibilities, outcome)


# -- expansion -----------------------------------------------------------------------------------


def test_expansion_in_two_parts():
    rng = np.random.default_rng(3)
    n = 1200
    tier, segment = rng.choice(["core", "large"], n), rng.choice(["a", "b"], n)
    expanded = rng.random(n) < np.where(segment == "a", 0.4, 0.15)
    amount = np.exp(rng.normal(np.where(segment == "a", 0.5, 0.1), 0.1, n).clip(0.01))
    left = ~expanded & (rng.random(n) < 0.1)
    nrr = np.where(expanded, amount, np.where(left, 0.0, 1.0))
    grr = np.minimum(nrr, 1.0)
    nrr[:10] = np.nan
    arr = rng.lognormal(9, 1, n)
    accounts = retained(tier, segment, arr, nrr, grr)
    found = two_part_expansion(accounts, n_bootstrap=300, seed=1)
    assert found.gain.interval[0] > 0
    assert found.omega_squared > 0.5
    assert found.p < 1e-20
    a, b = retention_by(accounts.segment, accounts, n_bootstrap=300, seed=1)
    assert a["nrr"] > b["nrr"]
    assert a["nrr_low"] < a["nrr"] < a["nrr_high"]
    assert a["grr"] <= 1
    assert a["n_accounts"] + b["n_accounts"] == n - 10
    assert a["nrr"] == pytest.approx(
        (arr * nrr)[(segment == "a") & np.isfinite(nrr)].sum()
        / arr[(segment == "a") & np.isfinite(nrr)].sum()
    )


def test_too_few_expanded_accounts():
    nrr = np.ones(50)
    nrr[:5] = 1.2
    accounts = retained(["t"] * 50, ["a", "b"] * 25, np.ones(50), nrr, np.minimum(nrr, 1))
    found = two_part_expansion(accounts, n_bootstrap=100, seed=1)
    assert (found.omega_squared, found.reason) == (
        None, "5 accounts expanded: too few to compare amounts",
    )  # fmt: skip


def test_no_retention_observed():
    nothing = np.full(4, np.nan)
    with pytest.raises(BadInputError, match="no account has a tier, a segment, ARR"):
        retained(["t"] * 4, ["a"] * 4, np.ones(4), nothing, nothing)
