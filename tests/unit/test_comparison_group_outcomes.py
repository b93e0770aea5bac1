"""What happened by group: rates, correction, retention, renewals, tests inside the tiers."""

import numpy as np
import pandas as pd
import pytest

from clustering.comparison.observed.bch import corrected_intervals, corrected_rates
from clustering.comparison.observed.expansion import two_part_expansion
from clustering.comparison.observed.group_outcomes import Observed, group_outcomes, inside_tiers
from clustering.comparison.observed.group_rates import Membership
from clustering.comparison.observed.retention import retained, retention_by

N = 900
IDS = pd.Index([f"a{i:04d}" for i in range(N)], name="account_id")
NAMES = ("calm", "keen", "late")


def book(seed: int = 0, lift: float = 0.3) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, N)
    tier = rng.choice(["smb", "large"], N, p=[0.8, 0.2])
    churned = rng.random(N) < 0.1 + lift * (codes == 2)
    expanded = ~churned & (rng.random(N) < 0.2 + 0.2 * (codes == 1))
    nrr = np.where(churned, 0.0, np.where(expanded, np.exp(rng.normal(0.4, 0.2, N)), 1.0))
    sure = np.full((N, 3), 0.05)
    sure[np.arange(N), codes] = 0.9
    return {
        "labels": {
            "segment": pd.Series(np.array(NAMES)[codes], index=IDS),
            "arr_tiers": pd.Series(tier, index=IDS),
        },
        "outcomes": pd.DataFrame(
            {
                "churned": pd.array(churned, dtype="boolean"),
                "expanded": pd.array(expanded, dtype="boolean"),
                "nrr": nrr,
                "grr": np.minimum(nrr, 1.0),
            },
            index=IDS,
        ),
        "timing": pd.DataFrame(
            {
                "due_days": np.where(rng.random(N) < 0.7, 100.0, np.nan),
                "left_days": np.where(churned, 100.0, np.nan),
                "followed_days": 365.0,
            },
            index=IDS,
        ),
        "arr": pd.Series(rng.lognormal(9, 1, N), index=IDS),
        "responsibilities": sure,
        "segment_names": NAMES,
    }


def found(parts: dict[str, object], **options: object):
    given = {"names": ("churned", "expanded"), "n_bootstrap": 300, "seed": 1, **options}
    return group_outcomes(
        parts["labels"],
        Membership(parts["responsibilities"], parts["segment_names"]),
        Observed(parts["outcomes"], parts["timing"], parts["arr"]),
        **given,
    )


def test_every_group_has_its_rates_and_segments_are_corrected():
    rates = found(book()).rates.set_index(["labelling", "level", "outcome"])
    late = rates.loc[("segment", "late", "churned")]
    calm = rates.loc[("segment", "calm", "churned")]
    assert late["wilson_low"] > calm["wilson_high"]
    assert late["corrected"] > late["raw"] > late["weighted"]
    assert late["corrected_low"] < late["corrected"] < late["corrected_high"]
    assert np.isnan(rates.loc[("arr_tiers", "smb", "churned"), "corrected"])
    assert rates.loc["arr_tiers"].loc[:, "n"].groupby("outcome").sum().tolist() == [N, N]


def test_retention_of_segments_and_tiers_adds_up():
    parts = book()
    retention = found(parts).retention
    whole = float((parts["arr"] * parts["outcomes"]["nrr"]).sum())
    for _, part in retention.groupby("labelling"):
        assert float((part["arr"] * part["nrr"]).sum()) == pytest.approx(whole)
        assert (part["grr"] <= part["nrr"]).all()
        for name in ("nrr", "grr", "nrr_winsorised"):
            assert part[name].between(part[f"{name}_low"], part[f"{name}_high"]).all()


def test_intervals_are_wider_where_accounts_share_a_company():
    parts = book()
    twice = {
        name: pd.concat([parts[name]] * 2, ignore_index=True)
        for name in ("outcomes", "timing", "arr")
    }
    labels = {k: pd.concat([one] * 2, ignore_index=True) for k, one in parts["labels"].items()}
    membership = Membership(np.tile(parts["responsibilities"], (2, 1)), parts["segment_names"])
    company = pd.Series(np.tile(np.arange(N), 2))
    alone, together = (
        group_outcomes(
            labels,
            membership,
            Observed(**twice, company=given),
            names=("churned", "expanded"),
            n_bootstrap=400,
            seed=1,
        )
        for given in (None, company)
    )
    wider = [
        (one["nrr_high"] - one["nrr_low"]).to_numpy()
        for one in (together.retention, alone.retention)
    ]
    assert np.median(wider[0] / wider[1]) == pytest.approx(np.sqrt(2), rel=0.2)
    corrected = [
        (one["corrected_high"] - one["corrected_low"]).dropna().to_numpy()
        for one in (together.rates, alone.rates)
    ]
    assert np.median(corrected[0] / corrected[1]) == pytest.approx(np.sqrt(2), rel=0.2)


def test_one_account_does_not_make_the_winsorised_retention():
    nrr = np.ones(300)
    nrr[0] = 500.0
    accounts = retained(["a"] * 300, ["a"] * 300, np.ones(300), nrr, np.ones(300))
    one = retention_by(accounts.tier, accounts, n_bootstrap=200, seed=1)[0]
    assert one["nrr"] == pytest.approx(2.663, abs=1e-3)  # (299 + 500) / 300
    assert one["nrr_winsorised"] == pytest.approx(1.0, abs=1e-9)
    assert one["nrr_high"] - one["nrr_low"] > 1
    assert one["nrr_winsorised_low"] == one["nrr_winsorised_high"] == pytest.approx(1.0)


def test_amounts_that_the_segment_tells_are_told_out_of_sample_too():
    rng = np.random.default_rng(3)
    segment = rng.integers(0, 2, 600)
    nrr = np.exp(rng.normal(0.2 + 0.5 * segment, 0.1))
    tier = rng.choice(["a", "b"], 600)

    def expansion(groups: np.ndarray):
        accounts = retained(tier, groups, np.ones(600), nrr, np.ones(600))
        return two_part_expansion(accounts, n_bootstrap=200, seed=1)

    told = expansion(segment)
    assert told.out_of_sample.r2_both > 0.6 > 0.1 > told.out_of_sample.r2_tier
    assert told.out_of_sample.gain_interval[0] > 0
    mixed = expansion(rng.permutation(segment))
    assert mixed.out_of_sample.r2_both < 0.02
    assert mixed.out_of_sample.gain_interval[0] < 0


def test_renewals_count_what_was_due():
    renewals = found(book()).renewals
    own = renewals[renewals["labelling"] == "segment"]
    assert own["n_at_risk"].sum() == N
    assert (own["n_due"] + own["n_censored"] == own["n_at_risk"]).all()
    assert own["renewed"].between(0, 1).all()


def test_inside_tiers_the_outcome_differs_only_where_it_was_planted():
    planted = found(book()).told.inside_tiers[0]
    assert planted.outcome == "churned"
    assert planted.cmh.p < 1e-6
    assert planted.explained > 0.03
    assert [tier.p_holm < 0.05 for tier in planted.tiers if tier.tier == "smb"] == [True]
    nothing = found(book(lift=0.0)).told.inside_tiers[0]
    assert nothing.cmh.p > 0.05
    assert nothing.explained < 0.01


def test_inside_tiers_explained_is_omega_squared_by_hand():
    """One tier, 20 accounts, rates 0.2 and 0.8: between = 1.8, within = 5, noise = 3.2 / 18."""
    outcome = pd.Series(([True] * 2 + [False] * 8) + ([True] * 8 + [False] * 2), name="churned")
    told = inside_tiers(pd.Series(["t"] * 20), pd.Series(["x"] * 10 + ["y"] * 10), outcome, 1)
    assert told.variance_within == pytest.approx(1.0)
    assert told.explained == pytest.approx((1.8 - 3.2 / 18) / (5 + 3.2 / 18))


def test_intervals_of_corrected_rates_cover():
    inside = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        true = rng.integers(0, 2, 1500)
        value = rng.normal(1.5 * true)
        sure = 1 / (1 + np.exp(-(1.5 * value - 1.125)))
        given = np.column_stack([1 - sure, sure])
        outcome = (rng.random(1500) < np.array([0.1, 0.4])[true]).astype(float)
        bounds = corrected_intervals(given, outcome, n_bootstrap=300, seed=seed)
        inside += [bounds[k, 0] <= rate <= bounds[k, 1] for k, rate in enumerate((0.1, 0.4))]
    assert 0.88 <= np.mean(inside) <= 1.0
    assert abs(corrected_rates(given, outcome).modal - [0.1, 0.4]).max() > 0.03  # what it corrects


# -- what is not known -------------------------------------------------------------------------


def test_no_outcome_in_the_window_leaves_the_tables_empty():
    parts = book()
    parts["outcomes"] = pd.DataFrame(
        {
            "churned": pd.array([None] * N, dtype="boolean"),
            "nrr": np.nan,
            "grr": np.nan,
        },
        index=IDS,
    )
    parts["timing"] = parts["timing"].assign(followed_days=np.nan)
    told = found(parts)
    assert (len(told.rates), len(told.retention), len(told.renewals)) == (0, 0, 0)
    assert (told.told.inside_tiers, told.told.expansion) == ([], None)
    assert any("Retention and expansion are not known" in note for note in told.told.notes)
    assert {"labelling", "corrected"} <= set(told.rates.columns)


def test_one_class_only_is_said():
    parts = book()
    parts["outcomes"] = parts["outcomes"].assign(churned=pd.array([False] * N, dtype="boolean"))
    told = found(parts).told.inside_tiers[0]
    assert told.reason == f"all {N} accounts have the same outcome"
    assert (told.variance_within, told.likelihood_ratio) == (None, None)
    assert {tier.reason for tier in told.tiers} == {"all rows have the same outcome"}


def test_a_tier_with_three_accounts_is_read_by_permutation_or_not_at_all():
    parts = book()
    tier = parts["labels"]["arr_tiers"].copy()
    tier.iloc[:3] = "tiny"
    parts["labels"] = {**parts["labels"], "arr_tiers": tier}
    told = {test.tier: test for test in found(parts).told.inside_tiers[0].tiers}
    assert told["tiny"].n == 3
    assert told["tiny"].reason != ""
    rates = found(parts).rates.set_index(["level", "outcome"])
    assert bool(rates.loc[("tiny", "churned"), "suppressed"])


def test_perfect_separation_stays_finite():
    parts = book()
    churned = (parts["labels"]["segment"] == "late").astype("boolean")
    parts["outcomes"] = parts["outcomes"].assign(churned=churned)
    told = found(parts)
    assert told.told.inside_tiers[0].explained == pytest.approx(1.0, abs=1e-6)
    assert np.isfinite(told.told.inside_tiers[0].likelihood_ratio.chi2)
    assert told.rates["shrunken"].between(0, 1).all()


def test_all_accounts_in_one_segment():
    parts = book()
    parts["labels"] = {**parts["labels"], "segment": pd.Series("all", index=IDS)}
    parts |= {"responsibilities": np.ones((N, 1)), "segment_names": ("all",)}
    told = found(parts)
    assert told.told.inside_tiers[0].cmh.reason == "all rows are in one segment"
    assert told.rates["corrected"].isna().all()
    assert told.told.inside_tiers[0].likelihood_ratio is None


def test_segments_that_cannot_be_told_apart_are_not_corrected():
    parts = book()
    parts["responsibilities"] = np.tile([0.34, 0.33, 0.33], (N, 1))
    told = found(parts)
    assert told.rates["corrected"].isna().all()
    assert any("not corrected for assignment error" in note for note in told.told.notes)


def test_without_tiers_there_is_nothing_inside_them():
    parts = book()
    parts["labels"] = {"segment": parts["labels"]["segment"]}
    told = found(parts)
    assert (told.told.inside_tiers, told.told.expansion, len(told.retention)) == ([], None, 0)
    assert set(told.renewals["labelling"]) == {"segment"}
