"""Censored contracts: Kaplan-Meier and risk sets."""

import numpy as np
import pytest

from clustering.comparison.base.labellings import encode
from clustering.comparison.observed.renewals import renewals_by, share_staying
from clustering.errors import BadInputError

NAN = float("nan")


def test_greenwoods_interval_of_the_leukaemia_data():
    """6-MP of Freireich et al. (1963): R's survfit(conf.type = "log-log") at week 22."""
    days = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    event = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    staying, (low, high) = share_staying(np.array(days, float), np.array(event, bool), 22.0)
    assert (staying, low, high) == (
        pytest.approx(0.5378, abs=1e-4),
        pytest.approx(0.2678, abs=1e-4),
        pytest.approx(0.7468, abs=1e-4),
    )


@pytest.mark.parametrize("days", [[NAN, 1.0], [-1.0, 1.0]])
def test_a_follow_up_must_be_known(days):
    with pytest.raises(BadInputError, match="known number of days from 0"):
        share_staying(np.array(days), np.array([True, False]), 1.0)


def test_contracts_that_are_not_due_are_neither_renewed_nor_lost():
    groups = encode(["a"] * 5 + ["b"] * 2, "tier")
    due = np.array([30.0, 60.0, 90.0, NAN, NAN, NAN, NAN])
    left = np.array([30.0, NAN, NAN, NAN, NAN, NAN, NAN])
    a, b = renewals_by(groups, due, left, np.full(7, 365.0))
    assert (a["n_at_risk"], a["n_due"], a["n_censored"], a["renewed"]) == (
        5,
        3,
        2,
        pytest.approx(2 / 3),
    )
    assert a["left"] == pytest.approx(0.2)
    assert (b["n_due"], b["left"]) == (0, 0.0)
    assert np.isnan([b["renewed"], b["renewed_low"], b["renewed_high"]]).all()
    assert b["left_low"] == 0.0
    assert 0 < b["left_high"] < 1


def test_a_contract_due_after_the_follow_up_is_censored():
    groups = encode(["a"] * 3, "tier")
    due, left = np.array([50.0, 200.0, NAN]), np.array([NAN, 200.0, NAN])
    found = renewals_by(groups, due, left, np.full(3, 100.0))[0]
    assert (found["n_due"], found["n_censored"], found["left"], found["days"]) == (1, 2, 0.0, 100)


def test_accounts_without_a_contract_are_not_at_risk():
    groups = encode(["a", "a", "b"], "tier")
    followed = np.array([365.0, NAN, NAN])
    found = renewals_by(groups, np.full(3, NAN), np.full(3, NAN), followed)
    assert [(one["level"], one["n_at_risk"]) for one in found] == [("a", 1)]
