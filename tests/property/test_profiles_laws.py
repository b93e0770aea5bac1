"""Laws of names: as many different ones as segments, always the same, numbers of segments apart."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from clustering.profiles import name_segments
from snapshots import FEATURES

differences = st.integers(1, 9).flatmap(
    lambda k: npst.arrays(
        np.float64,
        (k, len(FEATURES)),
        elements=st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 0.5, -0.5, 2.0])),
    )
)


@settings(max_examples=300, deadline=None)
@given(differences)
def test_names_differ_and_repeat(rows):
    names = name_segments(rows, FEATURES)
    assert len(set(names)) == len(rows)
    assert name_segments(rows.copy(), FEATURES) == names
    assert all("cluster" not in name.lower() and name.strip() == name for name in names)


@settings(max_examples=200, deadline=None)
@given(differences, st.randoms())
def test_a_segment_keeps_its_name_under_another_number(rows, random):
    if len({tuple(row) for row in rows}) < len(rows):
        return  # identical segments are told apart by their number alone
    order = list(range(len(rows)))
    random.shuffle(order)
    names = name_segments(rows, FEATURES)
    shuffled = name_segments(rows[order], FEATURES)
    strengths = np.sort(np.abs(rows), axis=1)[:, -2:].sum(axis=1).round(6)
    if len(set(strengths)) == len(rows):
        assert shuffled == tuple(names[segment] for segment in order)
