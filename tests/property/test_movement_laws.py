"""Laws of hysteresis, of moves and their reasons, and of drift."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clustering.models.kinds import CentreModel, GaussianModel
from clustering.movement.drift.fates import fates
from clustering.movement.drift.population import stability_index
from clustering.movement.track.hysteresis import (
    ABSENT,
    UNKNOWN,
    Rule,
    changes,
    flip_flops,
    held_segments,
)
from clustering.movement.track.reasons import _outcomes, contributions, log_odds, neutral


def n_moves(labels):
    """Changes of every account, one account at a time."""
    known = [row[row >= 0] for row in labels]
    return np.array([(row[1:] != row[:-1]).sum() for row in known], np.int64)


SETTINGS = settings(max_examples=60, deadline=None)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8)
LABELS = SHAPES.flatmap(lambda shape: hnp.arrays(np.int64, shape, elements=st.integers(-2, 3)))
RULES = st.builds(
    Rule, st.integers(1, 4), st.one_of(st.none(), st.floats(0.1, 1.0, exclude_min=True))
)


@st.composite
def histories(draw):
    labels = draw(LABELS)
    chances = hnp.arrays(np.float64, labels.shape, elements=st.floats(0.26, 1.0))
    return labels, draw(chances)


@SETTINGS
@given(histories(), RULES)
def test_hysteresis_never_moves_more_often_than_the_snapshots_do(history, rule):
    labels, probability = history
    held = held_segments(labels, probability, rule)
    assert (n_moves(held) <= n_moves(labels)).all()


@SETTINGS
@given(histories(), RULES)
def test_an_account_holds_only_segments_that_it_has_been_given(history, rule):
    labels, probability = history
    held = held_segments(labels, probability, rule)
    for given_, kept in zip(labels, held, strict=True):
        for t, segment in enumerate(kept):
            assert (segment == ABSENT) == (given_[t] == ABSENT)
            if segment >= 0:
                assert segment in given_[: t + 1]


@SETTINGS
@given(histories())
def test_one_snapshot_is_enough_without_hysteresis(history):
    labels, probability = history
    held = held_segments(labels, probability, Rule(1))
    known = labels >= 0
    assert (held[known] == labels[known]).all()


@SETTINGS
@given(histories())
def test_any_probability_is_enough_at_the_least_probability(history):
    labels, probability = history
    held = held_segments(labels, probability, Rule(4, 0.25))
    known = labels >= 0
    assert (held[known] == labels[known]).all()


@SETTINGS
@given(histories(), RULES, st.data())
def test_what_comes_later_changes_nothing_that_was_said_before(history, rule, data):
    labels, probability = history
    upto = data.draw(st.integers(1, labels.shape[1]))
    whole = held_segments(labels, probability, rule)
    part = held_segments(labels[:, :upto], probability[:, :upto], rule)
    assert (whole[:, :upto] == part).all()


@SETTINGS
@given(st.integers(1, 4), st.integers(0, 3), histories())
def test_evidence_that_has_held_long_enough_moves_the_account(n, segment, history):
    labels, probability = history
    n_accounts = len(labels)
    lasting = np.full((n_accounts, n), segment)
    labels = np.hstack([labels, lasting])
    probability = np.hstack([probability, np.full((n_accounts, n), 0.3)])
    assert (held_segments(labels, probability, Rule(n))[:, -1] == segment).all()


@SETTINGS
@given(st.integers(2, 4), histories())
def test_evidence_that_is_too_short_moves_nobody(n, history):
    labels, probability = history
    start = np.zeros((len(labels), 1), np.int64)
    short = np.full((len(labels), n - 1), 1)
    labels = np.hstack([start, short])
    probability = np.full(labels.shape, 0.9)
    assert (held_segments(labels, probability, Rule(n)) == 0).all()


@SETTINGS
@given(histories(), RULES)
def test_without_a_gap_each_lasting_change_is_one_move(history, rule):
    labels, probability = history
    labels = np.maximum(labels, 0)
    held = held_segments(labels, probability, rule)
    found = changes(labels)
    outcome = _outcomes(labels, held, found)
    assert found.shape[1] == n_moves(labels).sum()
    assert (outcome == "lasting").sum() == n_moves(held).sum()


@SETTINGS
@given(LABELS)
def test_a_return_is_two_moves(labels):
    labels = np.maximum(labels, 0)
    assert (flip_flops(labels) <= np.maximum(n_moves(labels) - 1, 0)).all()


@SETTINGS
@given(histories(), RULES, st.permutations(range(4)))
def test_the_names_of_segments_do_not_matter(history, rule, order):
    labels, probability = history
    new = np.array([*order, UNKNOWN, ABSENT])  # -1 and -2 index the last two from behind
    renamed = np.where(labels == UNKNOWN, UNKNOWN, np.where(labels == ABSENT, ABSENT, 0))
    renamed = np.where(labels >= 0, new[np.maximum(labels, 0)], renamed)
    held = held_segments(labels, probability, rule)
    again = held_segments(renamed, probability, rule)
    assert (np.where(held >= 0, new[np.maximum(held, 0)], held) == again).all()


VALUES = hnp.arrays(np.float64, (5, 3), elements=st.floats(-5, 5))


@SETTINGS
@given(VALUES, VALUES, st.booleans(), st.integers(0, 2**32 - 1))
def test_the_parts_of_a_move_sum_to_the_change_of_its_log_odds(before, after, mixture, seed):
    rng = np.random.default_rng(seed)
    model = _model(rng, mixture)
    origin, target = rng.integers(0, 2, 5), rng.integers(0, 2, 5)
    parts = contributions(model, before, after, origin, target).sum(axis=1)
    odds = [log_odds(model, np.ascontiguousarray(v.T), origin, target) for v in (before, after)]
    np.testing.assert_allclose(parts, odds[1] - odds[0], rtol=1e-7, atol=1e-7)


@SETTINGS
@given(st.integers(0, 2**16))
def test_of_a_kmeans_move_what_is_missing_contributes_as_little_as_it_does_to_the_score(seed):
    rng = np.random.default_rng(seed)
    model = _model(rng, mixture=False)
    origin, target = rng.integers(0, 2, 5), rng.integers(0, 2, 5)
    given_values = [
        np.where(rng.random((5, 3)) < 0.4, np.nan, rng.normal(size=(5, 3))) for _ in "ab"
    ]
    before, after = (neutral(model, values, origin, target) for values in given_values)
    parts = contributions(model, before, after, origin, target)
    odds = [log_odds(model, np.ascontiguousarray(v.T), origin, target) for v in given_values]
    np.testing.assert_allclose(parts.sum(axis=1), odds[1] - odds[0], rtol=1e-7, atol=1e-7)
    never_known = np.isnan(given_values[0]) & np.isnan(given_values[1])
    assert (parts[never_known] == 0).all()


def _model(rng, mixture):
    centres = rng.normal(0, 2, (2, 3))
    if not mixture:
        return CentreModel(centres, variance=0.7)
    roots = rng.normal(0, 1, (2, 3, 3))
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(3)
    weights = np.array([0.3, 0.7])
    return GaussianModel("full", centres, weights, covariances)


COUNTS = hnp.arrays(np.int64, 6, elements=st.integers(0, 500))


@SETTINGS
@given(COUNTS, COUNTS)
def test_the_stability_index_is_symmetric_and_never_negative(first, last):
    index = stability_index(first, last)
    assert index >= 0
    np.testing.assert_allclose(index, stability_index(last, first))
    assert stability_index(first, first) == 0


PARTITION = hnp.arrays(np.int64, 30, elements=st.integers(0, 3))


@SETTINGS
@given(PARTITION, PARTITION)
def test_every_segment_has_one_fate_and_no_account_is_lost(old, new):
    found = fates(old, new, 4, 4)
    for side in ("first", "latest"):
        own = [fate for fate in found if fate.side == side]
        assert [fate.segment for fate in own] == [0, 1, 2, 3]
        assert sum(fate.n_accounts for fate in own) == 30
    assert all(0 <= fate.overlap <= 1 for fate in found)


@SETTINGS
@given(PARTITION, st.permutations(range(4)))
def test_segments_that_are_only_renumbered_all_survive(old, order):
    found = fates(old, np.array(order)[old], 4, 4)
    alive = {fate.kind for fate in found if fate.n_accounts}
    assert alive <= {"survived", "kept"}
