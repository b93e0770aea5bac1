"""Laws of agreement that hold for all labellings."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.comparison import compare_partitions
from clustering.comparison.agreement.ordinal import gamma

QUICK = {"n_bootstrap": 20, "n_permutations": 19, "seed": 1}

labellings = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 4), min_size=n, max_size=n),
        st.lists(st.integers(0, 4), min_size=n, max_size=n),
    )
)
SYMMETRIC = ("ami", "ari", "nmi", "v_measure", "vi_nats")


@settings(max_examples=60, deadline=None)
@given(labellings)
def test_bounds(labels):
    found = compare_partitions(*labels, **QUICK)
    assert found.ami <= 1 + 1e-12
    assert -1 <= found.ari <= 1
    assert 0 <= found.vi_nats <= 2 * np.log(len(labels[0])) + 1e-12
    for name in ("nmi", "homogeneity", "completeness", "v_measure", "permutation_p"):
        assert 0 <= getattr(found, name) <= 1
    assert np.sum(found.contingency) == len(labels[0])


@settings(max_examples=60, deadline=None)
@given(labellings)
def test_symmetry(labels):
    one = compare_partitions(*labels, **QUICK)
    two = compare_partitions(*labels[::-1], **QUICK)
    for name in SYMMETRIC:
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), atol=1e-10)
    np.testing.assert_allclose(one.homogeneity, two.completeness, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(labellings, st.permutations(range(5)), st.randoms(use_true_random=False))
def test_names_and_order_of_accounts_change_nothing(labels, names, random):
    first, second = (np.array(side) for side in labels)
    order = np.array(random.sample(range(first.size), first.size))
    one = compare_partitions(first, second, **QUICK)
    two = compare_partitions(first[order], second[order], **QUICK)
    assert one == two
    renamed = compare_partitions(np.array(names)[first], second, **QUICK)
    for name in SYMMETRIC:
        np.testing.assert_allclose(getattr(one, name), getattr(renamed, name), atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_a_labelling_agrees_with_itself(labels):
    found = compare_partitions(labels, labels, **QUICK)
    assert (found.ami, found.ari) == (1.0, 1.0)
    assert found.vi_nats < 1e-12


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=4))
def test_reversing_an_order_turns_the_sign(rows):
    value, turned = gamma(np.array(rows)), gamma(np.array(rows)[::-1])
    assert (value is None) == (turned is None)
    if value is not None:
        assert abs(value) <= 1 + 1e-12
        assert abs(value + turned) < 1e-12
