"""Censored contracts: Kaplan-Meier, weights by the probability of being followed, risk sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.comparison.base.labellings import encode
from clustering.comparison.observed.renewals import followed_weights, kaplan_meier, renewals_by
from clustering.errors import BadInputError

NAN = float("nan")


def test_weights_by_hand():
    """Five accounts. Of the four still there on day 30 one is lost from view, on day 60 one of two.

    G(30) = 3/4 and G(60) = 3/4 * 1/2 = 3/8, so the event on day 50 counts 4/3, the account followed
    to day 90 counts 8/3; with the event on day 10 they stand for 1 + 4/3 + 8/3 = 5 accounts.
    """
    days = np.array([10.0, 30.0, 50.0, 60.0, 90.0])
    event = np.array([True, False, True, False, False])
    weights = followed_weights(days, event, 90.0)
    np.testing.assert_allclose(weights, [1.0, 0.0, 4 / 3, 0.0, 8 / 3])
    assert (weights * event).sum() / 5 == pytest.approx(1 - kaplan_meier(days, event).at(90.0))


@settings(max_examples=60, deadline=None)
@given(
    data=st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=3, max_size=40),
    horizon=st.integers(5, 60),
)
def test_the_weighted_rate_is_kaplan_meiers(data, horizon):
    days = np.array([day for day, _ in data] + [60.0], dtype=float)
    event = np.array([happened for _, happened in data] + [False])
    weights = followed_weights(days, event, float(horizon))
    rate = (weights * (event & (days <= horizon))).sum() / days.size
    assert rate == pytest.approx(1 - kaplan_meier(days, event).at(horizon), abs=1e-9)
    assert weights.sum() == pytest.approx(days.size)


def test_everybody_followed_counts_once():
    days, event = np.array([20.0, 90.0, 90.0]), np.array([True, False, False])
    assert followed_weights(days, event, 90.0).tolist() == [1.0, 1.0, 1.0]


def test_a_window_that_outlasts_the_data_has_no_rate():
    with pytest.raises(BadInputError, match="no account was followed for 365 days"):
        followed_weights(np.array([100.0, 100.0]), np.array([True, False]), 365.0)


def test_greenwoods_interval_of_the_leukaemia_data():
    """6-MP of Freireich et al. (1963): R's survfit(conf.type = "log-log") at week 22."""
    days = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    event = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    found = kaplan_meier(np.array(days, dtype=float), np.array(event, dtype=bool))
    low, high = found.interval(22)
    assert (found.at(22), low, high) == (
        pytest.approx(0.5378, abs=1e-4),
        pytest.approx(0.2678, abs=1e-4),
        pytest.approx(0.7468, abs=1e-4),
    )


@pytest.mark.parametrize("days", [[NAN, 1.0], [-1.0, 1.0]])
def test_a_follow_up_must_be_known(days):
    with pytest.raises(BadInputError, match="known number of days from 0"):
        kaplan_meier(np.array(days), np.array([True, False]))


def test_contracts_that_are_not_due_are_neither_renewed_nor_lost():
    groups = encode(["a"] * 5 + ["b"] * 2, "tier")
    due = np.array([30.0, 60.0, 90.0, NAN, NAN, NAN, NAN])
    left = np.array([30.0, NAN, NAN, NAN, NAN, NAN, NAN])
    a, b = renewals_by(groups, due, left, np.full(7, 365.0))
    assert (a.n_at_risk, a.n_due, a.n_censored, a.renewed) == (5, 3, 2, pytest.approx(2 / 3))
    assert a.left == pytest.approx(0.2)
    assert (b.n_due, b.renewed, b.renewed_interval, b.left) == (0, None, None, 0.0)
    assert b.left_interval[0] == 0.0
    assert 0 < b.left_interval[1] < 1


def test_a_contract_due_after_the_follow_up_is_censored():
    groups = encode(["a"] * 3, "tier")
    due, left = np.array([50.0, 200.0, NAN]), np.array([NAN, 200.0, NAN])
    found = renewals_by(groups, due, left, np.full(3, 100.0))[0]
    assert (found.n_due, found.n_censored, found.left, found.days) == (1, 2, 0.0, 100)


def test_accounts_without_a_contract_are_not_at_risk():
    groups = encode(["a", "a", "b"], "tier")
    followed = np.array([365.0, NAN, NAN])
    found = renewals_by(groups, np.full(3, NAN), np.full(3, NAN), followed)
    assert [(one.group, one.n_at_risk) for one in found] == [("a", 1)]
