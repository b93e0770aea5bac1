"""In what segments differ: valid tests beside the usual one, and what is not tested."""

import numpy as np
import pandas as pd

from clustering.comparison.observed.differences import segment_differences
from clustering.models.kmeans import fit_kmeans

NAMES = ("low", "high")


def parted(n: int, gap: float, seed: int = 0):
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, n)
    values = rng.normal(size=(n, 4))
    values[:, 0] += gap * side
    frame = pd.DataFrame(values, columns=["breadth", "a", "b", "c"])
    return values, side, frame


def test_real_differences_are_found_and_named_by_their_segments():
    values, side, frame = parted(600, 6.0)
    found, tests = segment_differences(values, side, NAMES, frame, [], seed=1)
    by_feature = {test.feature: test for test in tests.itertuples()}
    assert by_feature["breadth"].p_holm < 1e-3
    assert {by_feature["breadth"].first, by_feature["breadth"].second} == {"low", "high"}
    lower_first = by_feature["breadth"].first == "low"
    assert (by_feature["breadth"].difference < 0) == lower_first
    assert min(by_feature[name].p_holm for name in "abc") > 0.05
    assert found.agreement > 0.95
    assert "no evidence that two segments are alike" in found.conditions


def test_without_clusters_the_usual_test_alone_finds_differences():
    valid, naive = [], []
    for seed in range(25):
        values = np.random.default_rng(seed).normal(size=(300, 3))
        labels = fit_kmeans(values, 2, n_init=3, seed=seed).labels
        frame = pd.DataFrame(values, columns=list("abc"))
        _, tests = segment_differences(values, labels, NAMES, frame, [], seed=seed)
        valid.append(tests["p_holm"].min() <= 0.05)
        naive.append(tests["p_naive"].min() <= 0.05)
    assert np.mean(valid) <= 0.16
    assert np.mean(naive) == 1.0


def counted(n: int, overdispersed: bool):
    rng = np.random.default_rng(1)
    side = rng.integers(0, 2, n)
    rates = np.where(side[:, None] == 1, [40.0, 30.0], [4.0, 5.0])
    own = rng.gamma(2.0, 0.5, (n, 1)) if overdispersed else 1.0
    counts = rng.poisson(rates * own).astype(float)
    frame = pd.DataFrame(counts, columns=["logins", "tickets"])
    return (counts - counts.mean(0)) / counts.std(0), side, frame


def test_poisson_counts_are_thinned_and_tested():
    values, side, frame = counted(800, overdispersed=False)
    found, tests = segment_differences(values, side, NAMES, frame, ["logins", "tickets"], seed=1)
    thinned = {test.feature: test for test in tests.itertuples() if test.method == "thinned"}
    assert found.independence_p > 0.05
    assert thinned["logins"].p_holm < 1e-10


def test_counts_that_vary_more_give_no_p_values():
    values, side, frame = counted(800, overdispersed=True)
    found, tests = segment_differences(values, side, NAMES, frame, ["logins", "tickets"], seed=1)
    assert set(tests["method"]) == {"selective"}
    assert found.independence_p < 0.05
    assert any("give no p-values" in note for note in found.notes)


def test_one_segment_and_few_accounts_are_not_tested():
    values, side, frame = parted(100, 3.0)
    alone = segment_differences(values, 0 * side, ("all",), frame, [], seed=1)
    few = segment_differences(values[:30], side[:30], NAMES, frame[:30], [], seed=1)
    for found, tests in (alone, few):
        assert tests.empty
        assert (found.n_tests, found.agreement, found.conditions) == (0, None, "")
        assert "are not tested" in found.notes[0]


def test_the_same_seed_gives_the_same_tests():
    values, side, frame = parted(300, 2.0)
    _, one = segment_differences(values, side, NAMES, frame, [], seed=4)
    _, two = segment_differences(values, side, NAMES, frame, [], seed=4)
    pd.testing.assert_frame_equal(one, two)
