"""A feature that knows what happened later stops the study."""

import numpy as np
import pandas as pd
import pytest

from clustering.comparison.claims import forward_sentence
from clustering.comparison.forward.validity import forward_validity
from clustering.comparison.leakage.outcome_leakage import (
    leaking_labellings,
    refuse_outcomes_in_features,
)
from clustering.errors import FutureDataError


def book(n: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    breadth = rng.normal(size=n)
    churned = rng.random(n) < 1 / (1 + np.exp(2 + 3 * breadth))
    nrr = np.where(churned, 0.0, rng.lognormal(0, 0.2, n))
    outcomes = pd.DataFrame({"churned": pd.Series(churned).astype("boolean"), "nrr": nrr})
    return pd.DataFrame({"breadth": breadth, "noise": rng.normal(size=n)}), outcomes


def test_a_strong_feature_is_no_leak():
    features, outcomes = book()
    refuse_outcomes_in_features(features, outcomes)


def test_flags_gaps_and_amounts_made_from_outcomes_are_named_all_at_once():
    features, outcomes = book()
    happened = outcomes["churned"].to_numpy(dtype=bool)
    features["flag"] = np.where(happened, 0.0, 1.0)
    features["reason_code"] = np.where(happened, features["noise"], np.nan)
    features["later_amount"] = np.log1p(outcomes["nrr"]) * 7
    with pytest.raises(FutureDataError, match=r"later \(4 breaches\)") as caught:
        refuse_outcomes_in_features(features, outcomes)
    message = str(caught.value)
    n = int(happened.sum())
    assert f"'flag' tells 'churned' without error ({n} of 200 accounts)" in message
    assert "'reason_code' tells 'churned'" in message
    assert "'later_amount' tells 'nrr' without error (200 accounts)" in message
    assert "'breadth'" not in message


def test_outcomes_that_were_not_observed_are_no_evidence():
    features, outcomes = book()
    features["flag"] = outcomes["churned"].astype(float)
    outcomes.loc[outcomes["churned"].to_numpy(dtype=bool).nonzero()[0][9:], "churned"] = pd.NA
    refuse_outcomes_in_features(features, outcomes[["churned"]])


def test_no_outcomes_at_all():
    features, outcomes = book()
    refuse_outcomes_in_features(features, outcomes.iloc[:, :0])
    outcomes["churned"] = pd.array([pd.NA] * len(outcomes), dtype="boolean")
    refuse_outcomes_in_features(features, outcomes[["churned"]])


def silent(n: int = 60) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Twenty accounts that were silent for half a year and stay so; the others go on."""
    stays = np.arange(n) < 20
    days = np.where(stays, 180.0, 3.0) + np.arange(n) / 100
    features = pd.DataFrame(
        {
            "days_since_last_use": days,
            "features_used": np.where(stays, 0.0, 4.0),
            "nps_mean_score": np.where(stays, np.nan, 7.0),
        }
    )
    outcomes = pd.DataFrame({"dormant": pd.Series(stays).astype("boolean")})
    return features, outcomes, pd.DataFrame({"dormant": days})


SOURCES = {
    "days_since_last_use": ("usage",),
    "features_used": ("usage",),
    "nps_mean_score": ("surveys",),
    "rescue_calls": ("engagements",),
}


def test_accounts_that_stay_silent_are_no_leak():
    features, outcomes, before = silent()
    refuse_outcomes_in_features(features, outcomes, before, SOURCES)
    with pytest.raises(FutureDataError, match=r"later \(3 breaches\)"):  # without the state before
        refuse_outcomes_in_features(features, outcomes)


def test_a_value_filled_in_later_is_named_alone_beside_what_persists():
    features, outcomes, before = silent()
    features["rescue_calls"] = outcomes["dormant"].astype(float)  # held because they went silent
    with pytest.raises(FutureDataError, match=r"later \(1 breach\)") as caught:
        refuse_outcomes_in_features(features, outcomes, before, SOURCES)
    assert "'rescue_calls' tells 'dormant' without error (20 of 60 accounts)" in str(caught.value)


def test_persistence_excuses_nothing_where_the_state_before_does_not_tell_the_outcome():
    features, outcomes, before = silent()
    before["dormant"] = 5.0  # all were as active as one another
    with pytest.raises(FutureDataError, match="'days_since_last_use' tells 'dormant'"):
        refuse_outcomes_in_features(features, outcomes, before, SOURCES)
    churned = outcomes.rename(columns={"dormant": "churned"})  # not a state that usage has before
    with pytest.raises(FutureDataError, match="'features_used' tells 'churned'"):
        refuse_outcomes_in_features(features, churned, silent()[2], SOURCES)


def test_a_labelling_made_from_the_outcome_is_named_and_a_fair_one_is_not():
    rng = np.random.default_rng(4)
    churned = pd.Series(rng.random(400) < 0.3)
    wrong = churned ^ (rng.random(400) < 0.01)
    labels = {
        "made": churned.map({True: "lost", False: "kept"}),
        "nearly": wrong.map({True: "lost", False: "kept"}),
        "fair": pd.Series(np.where(churned, rng.choice(["a", "b"], 400, p=[0.8, 0.2]), "b")),
        "one_each": pd.Series([f"account {i}" for i in range(400)]),
    }
    found = leaking_labellings(labels, pd.DataFrame({"churned": churned}))
    assert list(found) == ["made", "nearly"]
    assert found["made"].startswith(
        "'made' tells 'churned' almost without error (area under the curve 1.00): it was filled in "
    )


@pytest.mark.parametrize("error", [0.0, 0.01])
def test_forward_warns_of_what_knew_the_outcome_as_a_study_does(error):
    rng = np.random.default_rng(7)
    churned = rng.random(500) < 0.4
    segment = np.where(churned ^ (rng.random(500) < error), "lost", "kept")
    tier = rng.choice(["smb", "enterprise"], 500)
    report = forward_validity(tier, segment, churned, names=("tier", "segment", "churned"))
    (leak,) = report.leaks
    assert leak.startswith("'segment' tells 'churned' almost without error")
    assert report.leaks == [leak]
    sentence = forward_sentence(report)
    assert leak in sentence
    assert "improved" not in sentence
    fair = forward_validity(tier, rng.choice(["a", "b"], 500), churned)
    assert fair.leaks == []
