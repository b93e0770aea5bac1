"""The scorecard: what each number is, and by which rules it decides and answers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.comparison import compare_partitions
from clustering.comparison.base.entries import Gain
from clustering.comparison.forward.entries import ForwardEntry
from clustering.comparison.forward.time_split import DatedAccounts, EarlierDates
from clustering.comparison.hypotheses import answer_hypotheses, side_by_side
from clustering.comparison.scorecard import (
    Gains,
    score_table,
    scorecard,
    variance_explained,
    with_gain,
)
from clustering.comparison.scorecard_entries import Estimate, Score


def book(n: int = 300) -> tuple[dict[str, pd.Series], np.ndarray]:
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 3, n)
    values = rng.normal(size=(n, 4)) + 3.0 * np.eye(3, 4)[kind]
    labels = {
        "segment": pd.Series(kind).map({0: "a", 1: "b", 2: "c"}),
        "arr_tiers": pd.Series(rng.choice(["smb", "enterprise"], n)),
        "tenure_bands": pd.Series(rng.choice(["old", "new"], n)),
        "partial": pd.Series(np.where(kind == 0, "x", "y")).where(rng.random(n) < 0.7),
    }
    return labels, values


def entry(name: str, gain: float, low: float, high: float, p: float | None = 0.001) -> ForwardEntry:
    return ForwardEntry(
        labelling=name, outcome="churned", window="2025", n=300, n_events=40, p_adjusted=p,
        gain=Gain(log_loss=gain, auc=None, interval=(low, high)),
    )  # fmt: skip


def estimate(value: float, interval: tuple[float, float] | None = None) -> Estimate:
    return Estimate(value=value, interval=interval)


def score(name: str, **changes: object) -> Score:
    given = {"labelling": name, "control": False, "n_accounts": 300, "n_groups": 3, **changes}
    return Score.model_validate(given)


def test_made_groups_stand_out_and_random_ones_do_not():
    labels, values = book()
    found = {one.labelling: one for one in scorecard(labels, values, [], seed=1)}
    assert list(found) == ["arr_tiers", "segment", "tenure_bands", "partial"]
    assert found["segment"].silhouette.interval[0] > 0.2
    assert found["segment"].silhouette_z > 10
    assert abs(found["arr_tiers"].silhouette.value) < 0.02
    assert found["segment"].explained.interval[0] > 0.2
    low, high = found["arr_tiers"].explained.interval
    assert low < 0.005 < high + 0.01
    assert found["partial"].n_accounts == labels["partial"].notna().sum()
    assert found["tenure_bands"].control
    assert found["arr_tiers"].reason == "the baseline of all gains"
    assert found["segment"].reason == "it was not judged"


def test_omega_squared_by_hand():
    # 0, 2 and 8, 10 around their mean 5: total 25 + 9 + 9 + 25 = 68, within groups 4 * 1 = 4.
    found = variance_explained(np.array([[0.0], [2.0], [8.0], [10.0]]), np.array([0, 0, 1, 1]))
    # noise 4 / 2 = 2; omega squared (64 - 1 * 2) / (68 + 2)
    assert found.value == pytest.approx(62 / 70)


def test_omega_squared_of_random_groups_is_zero_on_average_and_covered():
    inside, values = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = variance_explained(rng.normal(size=(150, 5)), rng.integers(0, 4, 150))
        values.append(found.value)
        inside.append(found.interval[0] <= 0 <= found.interval[1])
    assert abs(np.mean(values)) < 0.002
    assert np.mean(inside) > 0.9


def test_what_cannot_be_explained():
    assert variance_explained(np.ones((5, 1)), np.array([0, 0, 0, 1, 1])) is None
    assert variance_explained(np.arange(5.0)[:, None], np.zeros(5, dtype=int)) is None
    assert variance_explained(np.arange(3.0)[:, None], np.arange(3)) is None


def test_one_group_or_a_group_for_every_account_has_no_structure():
    values = np.random.default_rng(0).normal(size=(30, 2))
    labels = {"one": pd.Series(["a"] * 30), "every": pd.Series([f"a{i}" for i in range(30)])}
    one, every = scorecard(labels, values, [], seed=1)
    assert (one.silhouette, one.explained, one.n_groups) == (None, None, 1)
    assert (every.silhouette, every.explained) == (None, None)


def test_stability_over_time_is_agreement_with_itself_whatever_the_names():
    labels, values = book()
    ids = labels["segment"].index

    def dated(day: date, names: dict[str, str], drop: int) -> DatedAccounts:
        segment = labels["segment"].map(names)
        book_then = pd.Series("book 1", index=ids)
        return DatedAccounts(day, {"segment": segment.iloc[drop:], "csm_book": book_then},
                             pd.DataFrame(index=ids), pd.Series(1.0, index=ids),
                             pd.DataFrame(index=ids))  # fmt: skip

    earlier = EarlierDates(
        train=(dated(date(2024, 6, 30), {"a": "2", "b": "0", "c": "1"}, 20),),
        test=dated(date(2025, 6, 30), {"a": "0", "b": "1", "c": "2"}, 0),
        undated={}, agreement=1.0,
    )  # fmt: skip
    labels = {**labels, "csm_book": labels["partial"]}
    found = {one.labelling: one for one in scorecard(labels, values, [], earlier=earlier, seed=1)}
    assert found["segment"].over_time.value == pytest.approx(1.0)
    assert found["csm_book"].over_time is None
    assert found["partial"].over_time is None


def test_agreements_are_looked_up_in_either_order():
    labels, values = book()
    pair = compare_partitions(
        labels["arr_tiers"].rename("arr_tiers"), labels["segment"].rename("segment"),
        n_permutations=19, n_bootstrap=100, seed=1,
    )  # fmt: skip
    tiers, segment, *_ = scorecard(labels, values, [pair], seed=1)
    assert tiers.with_segments == segment.with_tiers == estimate(pair.ami, pair.interval.ami)
    assert tiers.with_tiers is None


@pytest.mark.parametrize(
    ("gain", "interval", "p", "rival", "gains"),
    [
        (0.02, (0.01, 0.03), 0.01, 0.005, True),
        (0.02, (0.01, 0.03), None, None, True),
        (0.02, (0.01, 0.03), 0.06, 0.005, False),
        (0.02, (0.01, 0.03), 0.01, 0.025, False),
        (0.02, (0.00, 0.03), 0.01, 0.005, False),
        (-0.02, (-0.03, -0.01), 0.01, -0.05, False),
    ],
)
def test_when_a_labelling_told_more(gain, interval, p, rival, gains):
    rivals = [] if rival is None else [entry("a: arr_bands", rival, 0, 1)]
    one = with_gain(score("a"), Gains([entry("a", gain, *interval, p)], rivals))
    assert one.gains is gains


def test_the_rivals_of_a_gain_are_its_own():
    labels, values = book()
    rivals = [entry("segment: arr_bands", 0.03, 0, 1), entry("segment: tree", 0.9, 0, 1),
              entry("partial: random_groups", 0.5, 0, 1)]  # fmt: skip
    found = scorecard(
        labels, values, [], gains=Gains([entry("segment", 0.04, 0.01, 0.1)], rivals), seed=1
    )
    assert found[1].rival_gain == 0.03
    assert found[1].gains
    assert found[0].gain is None


def test_keep_the_tiers_is_an_answer():
    def decided(*scores: Score):
        return side_by_side(scores, outcome="churned", held=True)

    none = score("segment", gain=estimate(0.001, (-0.01, 0.01)))
    assert decided(none).choice == "keep the tiers"
    assert decided(score("segment")).choice == "not known"
    found = decided(
        score("a", gain=estimate(0.01, (0.001, 0.02)), gains=True),
        score("b", gain=estimate(0.03, (0.02, 0.04)), gains=True),
        score("tenure_bands", gain=estimate(0.5, (0.4, 0.6)), gains=True, control=True),
    )
    assert (found.choice, found.better, found.n_judged) == ("use beside the tiers", ["b", "a"], 2)


@pytest.mark.parametrize(
    ("low", "high", "ceiling", "murphy", "pickens"),
    [
        (0.01, 0.10, None, "supported", "contradicted"),
        (0.60, 0.70, None, "contradicted", "supported"),
        (0.40, 0.60, None, "not known", "not known"),
        (0.30, 0.40, 0.5, "contradicted", "supported"),
        (0.30, 0.40, 0.9, "supported", "contradicted"),
    ],
)
def test_both_claims_are_answered_by_the_whole_interval(low, high, ceiling, murphy, pickens):
    resampled = None if ceiling is None else estimate(ceiling)
    segment = score(
        "segment", with_tiers=estimate((low + high) / 2, (low, high)), resampled=resampled
    )
    scores = {"arr_tiers": score("arr_tiers"), "segment": segment}
    one, other = answer_hypotheses(scores, held=True)
    assert (one.answer, other.answer) == (murphy, pickens)
    unheld = answer_hypotheses(scores, held=False)
    assert {claim.answer for claim in unheld} == {"not known"}


def test_needs_of_their_own_answer_both_claims():
    needs = score("needs_segment", with_tiers=estimate(0.7, (0.6, 0.8)))
    segment = score("segment", with_tiers=estimate(0.02, (0.0, 0.05)))
    scores = {"arr_tiers": score("arr_tiers"), "segment": segment, "needs_segment": needs}
    murphy, pickens = answer_hypotheses(scores, held=False)
    assert (murphy.reference, murphy.answer) == ("needs_segment", "contradicted")
    assert (pickens.reference, pickens.answer) == ("needs_segment", "supported")


def test_without_tiers_no_claim_is_answered():
    assert answer_hypotheses({"segment": score("segment")}, held=True) == []


def test_the_table_has_one_row_a_labelling_and_the_cost_where_it_is_known():
    labels, values = book()
    gains = Gains([entry("segment", 0.04, 0.01, 0.1)])
    scores = scorecard(labels, values, [], gains=gains, seed=1)
    made = side_by_side(scores, outcome="churned", held=True, cost_shares={"segment": 0.09})
    table = score_table(made.scores).set_index("labelling")
    assert table.loc["segment", "cost_share"] == 0.09
    assert np.isnan(table.loc["arr_tiers", "cost_share"])
    assert table.loc["segment", ["gain", "gain_low", "gain_high"]].tolist() == [0.04, 0.01, 0.1]
    assert table["gains"].tolist() == [False, True, False, False]
    assert score_table([]).empty
