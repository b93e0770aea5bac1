"""Nested models, stratified tests and rates against published numbers and other implementations."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import betabinom, chi2_contingency
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from clustering.comparison import forward_validity
from clustering.comparison.base.nested import OutcomeTable, fit_nested
from clustering.comparison.base.rates import fit_beta_binomial, wilson
from clustering.comparison.base.stratified import cochran_mantel_haenszel, within_tier_tests
from clustering.inference.multiple_testing import holm

# R's datasets::UCBAdmissions (Bickel, Hammel and O'Connell 1975, Science 187:398): applicants and
# admissions of men and women in departments A to F.
APPLIED = np.array([[825, 108], [560, 25], [325, 593], [417, 375], [191, 393], [373, 341]])
ADMITTED = np.array([[512, 89], [353, 17], [120, 202], [138, 131], [53, 94], [22, 24]])
BERKELEY = OutcomeTable(APPLIED.astype(float), ADMITTED.astype(float))


def table_of(frame: pd.DataFrame) -> OutcomeTable:
    shape = int(frame["t"].max()) + 1, int(frame["s"].max()) + 1
    return OutcomeTable.count(frame["t"].to_numpy(), frame["s"].to_numpy(),
                              frame["y"].to_numpy(dtype=bool), shape)  # fmt: skip


def random_rows(seed: int, n: int = 900, n_segments: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t, s = rng.choice(3, n, p=[0.6, 0.3, 0.1]), rng.integers(0, n_segments, n)
    y = rng.random(n) < 0.1 + 0.1 * t + 0.1 * (s == 1)
    return pd.DataFrame({"t": t, "s": s, "y": y.astype(int)})


FORMULAS = {
    "base": "y ~ 1", "tier": "y ~ C(t)", "segment": "y ~ C(s)",
    "both": "y ~ C(t) + C(s)", "interaction": "y ~ C(t) * C(s)",
}  # fmt: skip


def test_berkeley_deviances():
    # R: anova(glm(Admit ~ Dept * Gender, binomial, UCBAdmissions, weights = Freq), test = "LRT");
    # residual deviances of the grouped form 877.06 (11 df), 21.735 (6 df), 20.204 (5 df), 0.
    fit = fit_nested(BERKELEY)
    grouped = {name: value - fit.deviance["interaction"] for name, value in fit.deviance.items()}
    assert grouped["base"] == pytest.approx(877.06, abs=5e-3)
    assert grouped["tier"] == pytest.approx(21.735, abs=1e-3)
    assert grouped["both"] == pytest.approx(20.204, abs=1e-3)
    assert fit.likelihood_ratio("tier", "both").chi2 == pytest.approx(1.5312, abs=1e-4)
    assert fit.likelihood_ratio("both", "interaction").df == 5


def test_berkeley_mantel_haenszel():
    # R: mantelhaen.test(UCBAdmissions): 1.4269, df 1, p 0.2323 (Friendly, vcdExtra tutorial);
    # with correct = FALSE: 1.5246, p 0.2169.
    test = cochran_mantel_haenszel(BERKELEY)
    assert (round(test.stat, 4), test.df, round(test.p, 4)) == (1.4269, 1, 0.2323)
    assert round(test.stat_uncorrected, 4) == 1.5246
    assert round(test.p_uncorrected, 4) == 0.2169


def test_rabbits_mantel_haenszel():
    # Agresti (1990), pages 231-237, in R's ?mantelhaen.test: p = 0.047. One stratum is all cured.
    cured = np.array([[0, 0], [3, 0], [6, 2], [5, 6], [2, 5]], dtype=float)
    died = np.array([[6, 5], [3, 6], [0, 4], [1, 0], [0, 0]], dtype=float)
    assert round(cochran_mantel_haenszel(OutcomeTable(cured + died, cured)).p, 3) == 0.047


@pytest.mark.parametrize("seed", range(5))
def test_two_segments_equal_statsmodels(seed):
    frame = random_rows(seed, n_segments=2)
    tables = [pd.crosstab(part["y"], part["s"]).to_numpy() for _, part in frame.groupby("t")]
    test = cochran_mantel_haenszel(table_of(frame))
    for corrected, found in ((True, test.stat), (False, test.stat_uncorrected)):
        expected = StratifiedTable(tables).test_null_odds(correction=corrected)
        assert found == pytest.approx(expected.statistic, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_more_segments_equal_the_textbook_formula(seed):
    # Agresti (2002), section 7.5.3, with Kronecker products, written out independently.
    frame = random_rows(seed)
    surplus, covariance = np.zeros(3), np.zeros((3, 3))
    for _, part in frame.groupby("t"):
        counts = pd.crosstab(part["y"], part["s"]).to_numpy(dtype=float)
        n, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
        surplus += (counts - np.outer(rows, columns) / n)[0, :-1]
        spread = np.kron(
            np.diag(n * columns[:-1]) - np.outer(columns[:-1], columns[:-1]),
            [[n * rows[0] - rows[0] ** 2]],
        )
        covariance += spread / (n**2 * (n - 1))
    test = cochran_mantel_haenszel(table_of(frame))
    assert test.stat == pytest.approx(surplus @ np.linalg.solve(covariance, surplus), rel=1e-10)
    assert test.df == 3
    assert test.stat == test.stat_uncorrected


@pytest.mark.parametrize("seed", range(5))
def test_deviances_equal_statsmodels(seed):
    frame = random_rows(seed)
    fit = fit_nested(table_of(frame))
    for model, formula in FORMULAS.items():
        expected = smf.glm(formula, frame, family=sm.families.Binomial()).fit(tol=1e-12)
        assert fit.deviance[model] == pytest.approx(expected.deviance, rel=1e-9)
        assert fit.rank[model] == expected.df_model + 1


def test_empty_cells_and_separation_have_the_deviance_of_the_limit():
    frame = random_rows(3)
    frame.loc[(frame["t"] == 2) & (frame["s"] == 3), "s"] = 0
    frame.loc[frame["s"] == 1, "y"] = 0
    fit = fit_nested(table_of(frame))
    # The cells of segment 1 add nothing to any model that knows the segment.
    rest = frame[frame["s"] != 1]
    expected = smf.glm(FORMULAS["both"], rest, family=sm.families.Binomial()).fit(tol=1e-12)
    assert fit.deviance["both"] == pytest.approx(expected.deviance, rel=1e-8)
    assert fit.rank["interaction"] == 11
    assert fit.rank["both"] == 6
    assert set(fit.separated) == {"segment", "both", "interaction"}


def test_held_out_figures_equal_scikit_learn():
    frame = random_rows(7, n=1200)
    frame["train"] = np.random.default_rng(1).random(len(frame)) < 0.6
    report = forward_validity(frame["t"], frame["s"], frame["y"], train=frame["train"])
    fitted, judged = frame[frame["train"]], frame[~frame["train"]]
    for model, formula in FORMULAS.items():
        glm = smf.glm(formula, fitted, family=sm.families.Binomial()).fit(tol=1e-12)
        predicted = glm.predict(judged)
        assert report.log_loss[model] == pytest.approx(log_loss(judged["y"], predicted), abs=1e-7)
        assert report.brier[model] == pytest.approx(
            brier_score_loss(judged["y"], predicted), abs=1e-7
        )
        assert report.auc[model] == pytest.approx(
            roc_auc_score(judged["y"], np.round(predicted, 10)), abs=1e-9
        )
        assert report.deviance[model] == pytest.approx(glm.deviance, rel=1e-9)


def test_tests_within_tiers_equal_scipy():
    frame = random_rows(2)
    found = within_tier_tests(table_of(frame), ["a", "b", "c"], seed=1)
    expected = [
        chi2_contingency(pd.crosstab(part["s"], part["y"]), correction=False)
        for _, part in frame.groupby("t")
    ]
    assert [test.chi2 for test in found] == pytest.approx([test.statistic for test in expected])
    assert [test.p for test in found] == pytest.approx([test.pvalue for test in expected])
    corrected = multipletests([test.pvalue for test in expected], method="holm")[1]
    assert [test.p_holm for test in found] == pytest.approx(list(corrected))
    assert found[0].p_permutation == pytest.approx(found[0].p, abs=0.03)


@pytest.mark.parametrize(
    ("events", "rows", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_of_newcombe(events, rows, low, high):
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
    assert wilson(events, rows) == pytest.approx((low, high), abs=5e-5)


def test_beta_binomial_is_the_maximum_of_scipys_likelihood():
    rng = np.random.default_rng(0)
    rows = rng.integers(30, 200, 12).astype(float)
    events = rng.binomial(rows.astype(int), rng.beta(4, 12, 12)).astype(float)
    prior = fit_beta_binomial(rows, events)

    def likelihood(mean: float, weight: float) -> float:
        return betabinom.logpmf(events, rows, mean * weight, (1 - mean) * weight).sum()

    best = likelihood(prior.mean, prior.weight)
    for mean, weight in ((1.01, 1), (0.99, 1), (1, 1.02), (1, 0.98)):
        assert likelihood(prior.mean * mean, prior.weight * weight) < best


def test_holm_of_r():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    expected = [0.05, 0.08, 0.09, 0.09, 0.09]
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx(expected)
