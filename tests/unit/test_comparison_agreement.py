"""Agreement of two labellings: edge cases, messages, intervals."""

import numpy as np
import pandas as pd
import pytest

from clustering.comparison import compare_partitions, disagreements
from clustering.comparison.agreement.crosswalk import crosswalk
from clustering.comparison.agreement.pairwise import compare_labellings
from clustering.comparison.agreement.refits import agreement_of_refits
from clustering.comparison.base.labellings import MOST_LEVELS, encode, pair
from clustering.comparison.claims import agreement_sentence
from clustering.config import ComparisonConfig
from clustering.errors import BadInputError

QUICK = {"n_bootstrap": 200, "n_permutations": 99, "seed": 1}


def planted(n: int, kept: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two labellings that share a label with probability `kept`, else are independent."""
    rng = np.random.default_rng(seed)
    first = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    second = np.where(rng.random(n) < kept, first, rng.choice(3, n, p=[0.6, 0.3, 0.1]))
    return first, second


def test_missing_labels_are_left_out_and_counted():
    found = compare_partitions(["a", None, "b", "a"], ["x", "y", "", "x"], **QUICK)
    assert found.n == 2
    assert found.n_left_out == 2
    assert found.notes[0] == "2 accounts without a label in both left out."


def test_labels_of_numbers_and_of_their_text_are_the_same():
    numbers = encode(np.array([1.0, np.nan, 2.0, 10.0]))
    assert numbers.levels == encode(["1", None, "2", "10"]).levels == ("1", "2", "10")
    assert numbers.ordered


def test_equal_numbers_of_other_spelling_are_other_labels_in_a_fixed_order():
    assert encode(["1", "01", "1.0", "2"]).levels == ("01", "1", "1.0", "2")


def test_labellings_without_a_common_account_are_not_compared():
    ids = [f"a{i}" for i in range(20)]
    labels = {
        "segment": pd.Series(["x", "y"] * 10, index=ids, dtype=object),
        "needs_segment": pd.Series(["n", "m"] * 5 + [None] * 10, index=ids, dtype=object),
        "current_segment": pd.Series([None] * 10 + ["c", "d"] * 5, index=ids, dtype=object),
    }
    found = compare_labellings(
        labels, {name: name for name in labels}, pd.Series(1.0, index=ids), np.ones(20),
        ComparisonConfig(bootstrap=100, permutations=99), 1,
    )  # fmt: skip
    assert [(one.first, one.second) for one in found.pairs] == [
        ("segment", "needs_segment"), ("segment", "current_segment"),
    ]  # fmt: skip


def test_every_pair_is_compared_and_a_list_of_accounts_is_left_out():
    rng = np.random.default_rng(0)
    ids = [f"a{i}" for i in range(MOST_LEVELS + 1)]
    labels = {
        name: pd.Series(rng.choice(["x", "y"], len(ids)), index=ids, dtype=object)
        for name in ("growth_risk", "segment", "needs", "arr_tiers")
    }
    labels["csm_book"] = pd.Series(ids, index=ids, dtype=object)
    found = compare_labellings(
        labels, {name: name for name in labels}, pd.Series(1.0, index=ids), np.ones(len(ids)),
        ComparisonConfig(bootstrap=500, permutations=999), 1,
    )  # fmt: skip
    assert [(one.first, one.second, one.n_bootstrap) for one in found.pairs] == [
        ("segment", "arr_tiers", 500), ("segment", "growth_risk", 500), ("segment", "needs", 500),
        ("arr_tiers", "growth_risk", 500), ("arr_tiers", "needs", 500),
        ("growth_risk", "needs", 400),
    ]  # fmt: skip
    assert set(found.crosswalk["first"]) == {"segment", "arr_tiers"}


def test_ordered_categories_keep_their_order():
    levels = pd.Categorical(["low", "high", "low"], ["low", "high"], ordered=True)
    assert encode(pd.Series(levels)).levels == ("low", "high")


def test_lengths_must_match():
    with pytest.raises(BadInputError, match=r"same length; found 2 labels .* and 3"):
        compare_partitions(["a", "b"], ["a", "b", "c"], **QUICK)


def test_no_account_with_both_labels():
    with pytest.raises(BadInputError, match="no account has a label in both"):
        compare_partitions(["a", None], [None, "b"], **QUICK)


def test_an_identifier_is_not_a_labelling():
    ids = [f"account {i}" for i in range(MOST_LEVELS + 1)]
    with pytest.raises(BadInputError, match=r"1001 different labels.*identifier"):
        compare_partitions(ids, ["a"] * len(ids), **QUICK)


def test_labels_must_be_one_dimensional():
    with pytest.raises(BadInputError, match=r"one label per account, found shape \(2, 2\)"):
        pair(np.zeros((2, 2)), np.zeros(2))


def test_one_group_cannot_agree():
    found = compare_partitions(["a"] * 6, [0, 1, 2, 0, 1, 2], **QUICK)
    assert (found.ami, found.ari, found.interval, found.permutation_p) == (0.0, 0.0, None, 1.0)
    assert "one group" in found.notes[0]
    assert "not known" in agreement_sentence(found)


def test_a_group_for_every_account_is_no_better_than_chance():
    found = compare_partitions(range(8), [0, 0, 0, 0, 1, 1, 1, 1], **QUICK)
    assert found.ami == pytest.approx(0.0, abs=1e-9)
    assert found.permutation_p == 1.0
    assert "separated from chance" in found.notes[0]


def test_a_single_account():
    found = compare_partitions(["a"], ["x"], **QUICK)
    assert found.contingency == [[1]]
    assert found.permutation_p == 1.0


def test_the_interval_holds_the_estimate_and_narrows_with_accounts():
    widths = []
    for n in (200, 5000):
        found = compare_partitions(*planted(n, 0.7, 3), **QUICK)
        low, high = found.interval.ami
        assert low < found.ami < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


def test_permutation_null():
    related = compare_partitions(*planted(300, 0.8, 1), **QUICK)
    assert related.permutation_p == 0.01
    assert related.ami > related.null_band.ami[1]
    unrelated = compare_partitions(*planted(300, 0.0, 1), **QUICK)
    assert unrelated.permutation_p > 0.05
    assert unrelated.null_band.ami[0] < unrelated.ami < unrelated.null_band.ami[1]
    assert agreement_sentence(unrelated).startswith("No evidence that")


def test_permuting_tables_is_permuting_labels():
    first, second = planted(120, 0.15, 5)
    found = compare_partitions(first, second, n_permutations=4999, n_bootstrap=0, seed=1)
    rng = np.random.default_rng(0)
    table = pair(first, second).contingency

    def ami(labels: np.ndarray) -> float:
        return compare_partitions(first, labels, n_permutations=1, n_bootstrap=0, seed=0).ami

    drawn = np.array([ami(rng.permutation(second)) for _ in range(400)])
    assert found.permutation_p == pytest.approx((drawn >= found.ami).mean(), abs=0.05)
    assert table.sum() == 120


def test_same_seed_same_numbers_other_seed_other_interval():
    labels = planted(200, 0.5, 2)
    one, again = (compare_partitions(*labels, **QUICK) for _ in range(2))
    other = compare_partitions(*labels, **{**QUICK, "seed": 2})
    assert one == again
    assert one.interval != other.interval


def test_best_match_by_hand():
    first = ["a"] * 4 + ["b"] * 4
    second = [0, 0, 0, 1, 1, 1, 2, 2]
    match = compare_partitions(first, second, **QUICK).per_label[0]
    assert (match.label, match.best_match, match.n_accounts) == ("a", "0", 4)
    assert (match.precision, match.recall, match.jaccard) == (1.0, 0.75, 0.75)


def test_json_is_complete_and_plain():
    import json

    content = compare_partitions(["a", "b", "b"], [1, 2, 2], order=["b", "a"], **QUICK)
    content = content.model_dump(mode="json")
    assert {
        "contingency", "ami", "ari", "nmi", "homogeneity", "completeness", "v_measure",
        "vi_nats", "interval", "permutation_p", "per_label", "ordinal",
    } <= set(content)  # fmt: skip
    assert set(content["per_label"][0]) >= {"label", "best_match", "precision", "recall", "jaccard"}
    assert set(content["ordinal"]) >= {"tau_b", "gamma"}
    json.dumps(content, allow_nan=False)


# -- order -------------------------------------------------------------------------------------


def test_order_of_one_labelling_and_numbers_of_the_other():
    found = compare_partitions(["low", "mid", "high"] * 5, [1, 2, 3] * 5,
                               order=["low", "mid", "high"], **QUICK)  # fmt: skip
    assert (found.ordinal.tau_b, found.ordinal.gamma) == pytest.approx((1.0, 1.0))
    assert found.ordinal.note == ""


def test_order_of_both_labellings():
    found = compare_partitions(["low", "high"] * 5, ["big", "small"] * 5,
                               order=["low", "high", "small", "big"], **QUICK)  # fmt: skip
    assert found.ordinal.tau_b == -1.0


def test_an_order_taken_from_names_is_said():
    found = compare_partitions(["low", "high"] * 5, ["x", "y"] * 5, order=["low", "high"], **QUICK)
    assert found.ordinal.tau_b == 1.0
    assert "not declared" in found.ordinal.note
    assert "x < y" in found.ordinal.note


def test_without_spread_there_is_no_order():
    found = compare_partitions(["low"] * 4, [1, 2, 3, 4], order=["low", "high"], **QUICK)
    assert (found.ordinal.tau_b, found.ordinal.gamma) == (None, None)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (["low", "low", "high"], "lists 'low' more than once"),
        (["low"], "lists some levels of .* but not 'high'"),
        (["red", "blue"], "holds no level of either labelling"),
    ],
)
def test_an_order_that_does_not_fit(order, message):
    with pytest.raises(BadInputError, match=message):
        compare_partitions(["low", "high"], [1, 2], order=order, **QUICK)


# -- crosswalk and disagreements ---------------------------------------------------------------


def test_crosswalk_counts_accounts_and_known_arr():
    table = crosswalk(
        ["a", "a", "b", None], ["x", "x", "y", "x"], [10.0, np.nan, np.nan, 5.0],
        names=("segment", "tier"),
    )  # fmt: skip
    assert table["n_accounts"].tolist() == [2, 1]
    assert table["arr"].iloc[0] == 10.0
    assert np.isnan(table["arr"].iloc[1])
    assert table["share_of_first"].tolist() == [1.0, 1.0]
    assert set(table["first"]) == {"segment"}


def test_crosswalk_adds_up():
    first, second = planted(500, 0.5, 9)
    arr = np.random.default_rng(0).lognormal(size=500)
    table = crosswalk(first, second, arr)
    assert table["n_accounts"].sum() == 500
    assert table["arr"].sum() == pytest.approx(arr.sum())
    assert table.groupby("first_label")["share_of_first"].sum().to_numpy() == pytest.approx(1.0)


def test_amounts_must_match_accounts():
    with pytest.raises(BadInputError, match="1 amounts were given for 2 accounts"):
        crosswalk(["a", "b"], ["x", "y"], [1.0])


def test_disagreements_weigh_membership_and_come_sorted():
    segment = ["steady"] * 40 + ["late"] * 40
    tier = ["growth"] * 38 + ["enterprise"] * 2 + ["enterprise"] * 40
    found = disagreements(
        segment, tier, pd.Series(1.0, index=[f"a{i}" for i in range(80)]), name="arr_tiers",
        title="ARR tier", probability=[1.0] * 38 + [0.5, 0.9] + [1.0] * 40,
        unlike=lambda members, account: [f"row {account} of {len(members)}"],
    )  # fmt: skip
    assert found["account_id"].tolist() == ["a39", "a38"]
    # Chance would give 40 x 42 / 80 = 21 accounts of 'steady' the tier that 2 have.
    assert found["surprise"].tolist() == pytest.approx([0.9 * np.log(10.5), 0.5 * np.log(10.5)])
    assert found["why"][0] == (
        "2 accounts of 'steady' have ARR tier 'enterprise', where chance would give 21; unlike "
        "the others of that label: row 39 of 42."
    )


@pytest.mark.parametrize("seed", range(5))
def test_nobody_disagrees_where_tiers_and_segments_are_unrelated(seed: int) -> None:
    """However rare a tier is: a list of the rarest tier would say nothing of its accounts."""
    rng = np.random.default_rng(seed)
    segment = rng.choice(["a", "b", "c", "d"], 1000)
    tier = rng.choice(["smb", "midmarket", "enterprise"], 1000, p=[0.6, 0.35, 0.05])
    assert disagreements(segment, tier, pd.Series(tier == "smb"), name="t").empty


def test_only_accounts_of_unusual_cells_are_listed() -> None:
    """Enterprise is as rare in 'b' as anywhere, and nearly absent from 'a' alone."""
    segment = ["a"] * 300 + ["b"] * 300
    tier = ["smb"] * 295 + ["enterprise"] * 5 + ["smb"] * 240 + ["enterprise"] * 60
    found = disagreements(segment, tier, pd.Series(np.ones(600)), name="t", most=1000)
    assert set(zip(found["segment_name"], found["label"], strict=True)) == {
        ("a", "enterprise"),
        ("b", "smb"),
    }
    assert found["label"].tolist()[:5] == ["enterprise"] * 5


def test_nobody_disagrees():
    found = disagreements(["s", "t"], ["x", "y"], pd.Series([1.0, 1.0]), name="tiers")
    assert found.empty
    assert "why" in found


# -- refits ------------------------------------------------------------------------------------


def test_refits_widen_the_interval_and_give_a_ceiling():
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.normal(0, 1, 150), rng.normal(2.5, 1, 150)])
    other = values + rng.normal(0, 1, 300) > 1.2

    def refit(rows: np.ndarray, seed: int) -> np.ndarray:
        return (values > np.median(values[rows]) + np.random.default_rng(seed).normal(0, 1.2)) * 1

    labels = values > np.median(values)
    fixed = compare_partitions(labels, other, **QUICK)
    refitted = agreement_of_refits(labels, other, refit, n_refits=40, seed=1)
    assert refitted.n_refits == 40
    wide, narrow = np.diff(refitted.interval.ami)[0], np.diff(fixed.interval.ami)[0]
    assert wide > narrow
    assert fixed.ami < refitted.ceiling.ami < 1


def test_few_refits_give_no_interval():
    labels = [0, 1] * 10
    found = agreement_of_refits(labels, labels, lambda rows, seed: labels, n_refits=5, seed=1)
    assert (found.interval, found.ceiling.ami, found.n_refits) == (None, 1.0, 5)


def test_no_refits():
    with pytest.raises(BadInputError, match="at least one refit"):
        agreement_of_refits([0, 1], [0, 1], lambda rows, seed: [0, 1], n_refits=0, seed=1)
