"""Rows that repeat: each account is judged once, and equal rows are not taken for clusters."""

import numpy as np
import pytest

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.errors import BadInputError
from clustering.structure.evidence import assess_structure
from clustering.structure.repeats import find_repeats
from clustering.structure.settings import ProtocolSettings

QUICK = ProtocolSettings(
    config=EvidenceConfig(resamples=10, nulls=19),
    models=ModelsConfig(k_max=4, n_init=3, algorithms=("kmeans",)),
    seed=1,
    scale="zscore",
)


def cloud(n=40, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3))


def heaps(n=120, seed=0):
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(0, 1, (n, 3)), rng.normal(7, 1, (n, 3))])


def test_rows_of_an_account_that_differ_are_refused_all_at_once():
    values = np.array([[1.0, 2.0], [1.0, 3.0], [5.0, 5.0], [5.0, 5.0]])
    with pytest.raises(BadInputError) as caught:
        find_repeats(values, ["a", "a", "b", None])
    message = str(caught.value)
    assert "the account is missing in 1 of 4 rows" in message
    assert "1 of 2 accounts have several rows that differ (first: a); keep one row" in message


def test_as_many_accounts_as_rows():
    with pytest.raises(BadInputError, match="3 accounts for 2 rows"):
        find_repeats(np.zeros((2, 1)), ["a", "b", "c"])


def test_one_cloud_repeated_is_no_cluster():
    values = np.repeat(cloud(), 10, axis=0)
    found = assess_structure(values, QUICK)
    assert found.verdict != "natural"
    assert any("360 of 400 rows are equal" in reason for reason in found.reasons)
    assert found.chosen.labels.shape == (400,)


def test_accounts_are_judged_once_and_every_row_gets_the_label_of_its_account():
    values = heaps()
    rows = np.random.default_rng(1).permutation(np.repeat(np.arange(len(values)), 3))
    once = assess_structure(values, QUICK, accounts=list(range(len(values))))
    found = assess_structure(values[rows], QUICK, accounts=rows.tolist())
    assert (found.n, found.verdict, found.n_clusters) == (240, "natural", 2)
    np.testing.assert_array_equal(found.chosen.labels, once.chosen.labels[rows])
    np.testing.assert_array_equal(found.account_stability, once.account_stability[rows])
    assert any("720 rows are of 240 accounts" in reason for reason in found.reasons)


def test_equal_answers_of_different_people_stay_natural_where_the_distinct_rows_are():
    values = np.round(heaps(200) * 2) / 2
    found = assess_structure(np.repeat(values, 2, axis=0), QUICK)
    assert (found.verdict, found.n_clusters) == ("natural", 2)
    assert found.n == 800


def test_a_few_equal_rows_are_counted_and_change_nothing_else():
    values = heaps()
    few = np.vstack([values, values[:3]])
    found = assess_structure(few, QUICK)
    assert found.n == 243
    assert any("3 of 243 rows are equal to an earlier row" in reason for reason in found.reasons)


def test_too_few_different_rows_are_refused():
    with pytest.raises(BadInputError, match="400 rows, of which 4 are different"):
        assess_structure(np.repeat(cloud(4), 100, axis=0), QUICK)


def test_accounts_with_equal_values_are_accounts_of_their_own():
    values = np.repeat(heaps(60), 2, axis=0)
    found = assess_structure(values, QUICK, accounts=list(range(len(values))))
    assert found.n == len(values)
    assert not any(reason.startswith("Repeats") for reason in found.reasons)
