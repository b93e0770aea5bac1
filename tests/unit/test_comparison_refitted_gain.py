"""Many tables at once, and the gain over folds when every resample is fitted again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.comparison.base.additive import additive_probabilities, tier_probabilities
from clustering.comparison.base.metrics import (
    interval_around,
    log_losses,
    paired_gains,
    two_sided_p,
)
from clustering.comparison.base.nested import OutcomeTable, fit_nested
from clustering.comparison.forward.gain import (
    cross_predictions,
    segment_gain,
    two_predictions,
)
from clustering.comparison.forward.refitted_gain import gains_in_tables, refitted_gains
from clustering.comparison.forward.rows import Columns, complete_rows
from clustering.comparison.forward.validity import forward_validity


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_tiers=st.integers(1, 4), n_segments=st.integers(2, 6))
def test_many_tables_equal_one_after_the_other(seed, n_tiers, n_segments):
    rng = np.random.default_rng(seed)
    rows = rng.integers(20, 200, (3, n_tiers, n_segments)).astype(float)
    events = np.clip(rng.binomial(rows.astype(int), 0.3), 1, rows - 1).astype(float)
    both, tier = additive_probabilities(rows, events), tier_probabilities(rows, events)
    for index in range(3):
        expected = fit_nested(OutcomeTable(rows[index], events[index])).probability
        np.testing.assert_allclose(both[index], expected["both"], atol=1e-6)
        np.testing.assert_allclose(tier[index], expected["tier"], atol=1e-12)


def test_groups_with_one_outcome_or_no_rows_are_predicted_as_one_by_one():
    rows = np.array([[[40.0, 30.0, 0.0], [50.0, 20.0, 0.0], [0.0, 0.0, 0.0]]])
    events = np.array([[[10.0, 0.0, 0.0], [20.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    expected = fit_nested(OutcomeTable(rows[0], events[0])).probability
    both = additive_probabilities(rows, events)[0]
    np.testing.assert_allclose(both[:2, 1], expected["both"][:2, 1], atol=0.01)  # no events at all
    np.testing.assert_allclose(both[:2, 2], expected["tier"][:2, 2])  # segment without rows
    np.testing.assert_allclose(both[2, :2], expected["segment"][2, :2], atol=1e-9)
    assert ((both > 0) & (both < 1)).all()


def test_a_tier_and_a_segment_that_no_chain_links_are_predicted_by_the_tier():
    rows = np.array([[40.0, 30.0, 0.0, 0.0], [0.0, 0.0, 50.0, 20.0], [0.0, 0.0, 0.0, 30.0]])
    events = np.array([[10.0, 3.0, 0.0, 0.0], [0.0, 0.0, 25.0, 4.0], [0.0, 0.0, 0.0, 12.0]])
    expected = fit_nested(OutcomeTable(rows, events)).probability["both"]
    np.testing.assert_allclose(additive_probabilities(rows[None], events[None])[0], expected)


def complete(n: int, seed: int, accounts: bool = False, n_foldings: int = 1):
    rng = np.random.default_rng(seed)
    tier, segment = rng.integers(0, 3, n), rng.integers(0, 3, n)
    outcome = rng.random(n) < 0.15 + 0.15 * segment
    account = np.arange(n) // 2 if accounts else None
    return complete_rows(
        Columns(tier, segment, outcome, account), ("t", "s", "y"), seed, n_foldings
    )


def test_all_folds_together_predict_as_one_after_the_other():
    rows = complete(600, 3, n_foldings=3)
    tier, both = two_predictions(rows)
    expected = cross_predictions(rows)
    np.testing.assert_allclose(tier, expected["tier"], atol=1e-12)
    np.testing.assert_allclose(both, expected["both"], atol=1e-6)


def test_the_gain_is_the_mean_of_the_foldings_and_depends_less_on_the_seed():
    rows = complete(400, 3, n_foldings=10)
    every, _ = segment_gain(rows, *two_predictions(rows), 100, 1)
    alone = [replace(rows, folds=folds[None]) for folds in rows.folds]
    gains = [segment_gain(one, *two_predictions(one), 100, 1)[0].log_loss for one in alone]
    assert every.log_loss == pytest.approx(np.mean(gains))
    others = [complete(400, 3, n_foldings=10).folds, complete(400, 3).folds]
    assert np.array_equal(others[0][0], others[1][0])  # the first folding is the only one of 1
    assert len(np.unique(rows.folds, axis=0)) == 10


def test_draws_of_two_foldings_spread_as_the_mean_of_all():
    rows = complete(400, 5, n_foldings=10)
    drawn = np.random.default_rng(1).multinomial(400, np.full(400, 1 / 400), size=400).astype(float)
    gains = []
    for folds in rows.folds:
        tables = np.zeros((400, 5, 3, 3, 2))
        for account in range(400):
            cell = rows.tier.codes[account], rows.segment.codes[account]
            tables[:, folds[account], *cell, int(rows.outcome[account])] += drawn[:, account]
        gains.append(gains_in_tables(tables))
    every = np.mean(gains, axis=0)
    assert every.std() < np.std(gains, axis=1).mean()
    assert refitted_gains(rows, 2000, 1).std() == pytest.approx(every.std(), rel=0.15)


def test_the_gain_from_counts_is_the_gain_from_rows():
    rows = complete(600, 3)
    counts = np.zeros((1, 5, 3, 3, 2))
    cell = (0, rows.folds[0], rows.tier.codes, rows.segment.codes, rows.outcome.astype(int))
    np.add.at(counts, tuple(np.broadcast_arrays(*cell)), 1)
    predicted = cross_predictions(rows)
    losses = {model: log_losses(predicted[model][0], rows.outcome) for model in ("tier", "both")}
    expected = (losses["tier"] - losses["both"]).mean()
    assert gains_in_tables(counts)[0] == pytest.approx(expected, abs=1e-8)


def test_refits_vary_more_than_losses():
    rows = complete(500, 1)
    predicted = cross_predictions(rows)
    losses = {model: log_losses(predicted[model][0], rows.outcome) for model in ("tier", "both")}
    paired = paired_gains(losses["tier"] - losses["both"], None, 1000, 1)
    refitted = refitted_gains(rows, 1000, 1)
    assert refitted.std() > paired.std()
    assert refitted.mean() == pytest.approx(paired.mean(), abs=2 * paired.std())


def test_rows_of_an_account_are_drawn_together():
    rows = complete(400, 2)
    alone = refitted_gains(rows, 500, 1)
    twice = np.repeat(np.arange(400), 2)
    columns = Columns(
        rows.tier.codes[twice], rows.segment.codes[twice], rows.outcome[twice], account=twice
    )
    doubled = replace(complete_rows(columns, ("t", "s", "y"), 2), folds=rows.folds[:, twice])
    together = refitted_gains(doubled, 500, 1)
    assert together.std() == pytest.approx(alone.std(), rel=0.15)


def test_the_interval_holds_the_estimate():
    assert interval_around(0.5, np.array([0.1, 0.2])) == (pytest.approx(0.1025), 0.5)
    report = forward_validity(*_book(300, 4), n_bootstrap=200)
    low, high = report.gain.interval
    assert low <= report.gain.log_loss <= high


def _book(n: int, seed: int):
    rng = np.random.default_rng(seed)
    segment = rng.integers(0, 2, n)
    return rng.integers(0, 3, n), segment, rng.random(n) < 0.2 + 0.3 * segment


def test_draws_that_do_not_vary_prove_nothing():
    assert two_sided_p(0.1, np.full(10, 0.1)) == 1.0


def test_many_accounts_are_drawn_in_bins_with_the_same_interval():
    improvement = np.random.default_rng(0).normal(0.01, 1.0, 30_000)
    draws = paired_gains(improvement, None, 1000, 1)
    assert draws.mean() == pytest.approx(improvement.mean(), abs=4e-4)
    assert draws.std() == pytest.approx(improvement.std() / np.sqrt(30_000), rel=0.08)
