"""A split in time: fitted on closed windows, judged on the one after; and when it cannot be."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from clustering.comparison import forward_study
from clustering.comparison.forward.evaluate import FEATURES
from clustering.comparison.forward.multiplicity import adjusted, benjamini_hochberg
from clustering.comparison.forward.study import Question
from clustering.comparison.forward.time_split import DatedAccounts, EarlierDates, stack

AS_OF, EARLIER = date(2025, 6, 30), date(2024, 6, 30)


def dated(day: date, n: int, lift: float, seed: int, first: int = 0) -> DatedAccounts:
    rng = np.random.default_rng([seed, day.year])
    ids = pd.Index([f"a{i:04d}" for i in range(first, first + n)], name="account_id")
    segment = rng.integers(0, 3, n)
    arr = rng.lognormal(9, 1, n)
    tier = np.array(["small", "mid", "large"])[np.searchsorted(np.quantile(arr, [0.6, 0.9]), arr)]
    churned = rng.random(n) < 0.15 + lift * (segment == 2)
    features = rng.normal(size=(n, 3))
    features[:, 0] += segment
    return DatedAccounts(
        as_of=day,
        labels={
            "segment": pd.Series([f"s{code}" for code in segment], index=ids),
            "arr_tiers": pd.Series(tier, index=ids),
            "other": pd.Series(rng.choice(["x", "y"], n), index=ids),
        },
        features=pd.DataFrame(features, index=ids, columns=list("abc")),
        arr=pd.Series(arr, index=ids),
        outcomes=pd.DataFrame(
            {
                "churned": pd.array(churned, dtype="boolean"),
                "expanded": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            },
            index=ids,
        ),
    )


def earlier(lift: float = 0.4, seed: int = 0, n: int = 600) -> EarlierDates:
    train = dated(EARLIER, n, lift, seed)
    test = dated(AS_OF, n, lift, seed, first=100)
    return EarlierDates((train,), test, {}, 0.9)


def study(
    material: EarlierDates | str,
    test: DatedAccounts | None = None,
    secondary: tuple[str, ...] = ("expanded",),
):
    now = test or (earlier().test if isinstance(material, str) else material.test)
    question = Question("churned", 365, secondary=secondary)
    return forward_study(now, question, earlier=material, n_bootstrap=400, seed=1)


def entry(entries, name):
    return next(one for one in entries if one.labelling == name)


def test_a_planted_lift_is_claimed_out_of_time():
    found = study(earlier())
    segment = entry(found.entries, "segment")
    assert (segment.design, segment.role, segment.n) == ("out of time", "primary", 600)
    assert segment.gain.interval[0] > 0
    assert segment.claim.startswith("Beside arr_tiers, segment improved the out-of-time prediction")
    split = found.split
    assert (split.train_dates, split.embargo_days) == ([EARLIER.isoformat()], 365)
    assert (split.n_train_rows, split.n_test_accounts, split.n_in_both) == (600, 600, 500)
    assert entry(found.folds, "segment").design == "five folds"
    assert all(one.claim is None for one in found.folds)


def test_what_held_once_and_no_longer_is_not_claimed():
    material = replace(earlier(), test=dated(AS_OF, 600, 0.0, 5))
    segment = entry(study(material).entries, "segment")
    assert segment.gain.log_loss < 0
    assert segment.claim.startswith("No evidence")


def test_outcomes_shuffled_among_accounts_lose_the_gain():
    material = earlier()
    parts = []
    for part in (material.test, *material.train):
        order = np.random.default_rng(3).permutation(len(part.outcomes))
        mixed = part.outcomes.iloc[order].set_axis(part.outcomes.index)
        parts.append(replace(part, outcomes=mixed))
    shuffled = replace(material, test=parts[0], train=tuple(parts[1:]))
    for one in study(shuffled).entries:
        assert one.claim.startswith("No evidence")


def test_outcomes_of_the_test_window_do_not_reach_the_models():
    """Flipping what happened later changes how predictions fare, never the predictions."""
    material = earlier()
    flipped = material.test.outcomes.assign(churned=~material.test.outcomes["churned"])
    other = replace(material, test=replace(material.test, outcomes=flipped))
    one, two = study(material), study(other)
    before, after = entry(one.entries, "segment"), entry(two.entries, "segment")
    assert after.gain.log_loss < 0 < before.gain.log_loss
    assert after.n_events == before.n - before.n_events


def test_the_order_of_accounts_changes_nothing():
    material = earlier()
    order = np.random.default_rng(1).permutation(600)

    def mixed(part: DatedAccounts) -> DatedAccounts:
        return replace(
            part,
            outcomes=part.outcomes.iloc[order],
            labels={name: labels.iloc[order] for name, labels in part.labels.items()},
        )

    again = replace(material, test=mixed(material.test), train=(mixed(material.train[0]),))
    one, two = study(material), study(again)
    assert one.entries == two.entries


def test_a_labelling_unknown_earlier_is_judged_over_folds():
    material = earlier()
    train = replace(
        material.train[0],
        labels={k: v for k, v in material.train[0].labels.items() if k != "other"},
    )
    material = replace(material, train=(train,), undated={"other": "'Other' has no dates."})
    found = study(material)
    assert entry(found.entries, "other").design == "five folds"
    assert entry(found.entries, "segment").design == "out of time"
    assert found.split.notes == ["'Other' has no dates."]


def test_segments_that_the_training_dates_lack_fall_back_to_the_tier():
    material = earlier()
    labels = material.test.labels["segment"].where(
        material.test.labels["segment"] != "s1", "new one"
    )
    test = replace(material.test, labels={**material.test.labels, "segment": labels})
    found = entry(study(replace(material, test=test)).entries, "segment")
    assert found.gain is not None
    assert np.isfinite(found.gain.log_loss)


def test_too_few_events_at_the_earlier_dates_fall_back_to_folds():
    material = earlier()
    quiet = material.train[0].outcomes.assign(churned=False)
    train = replace(material.train[0], outcomes=quiet.astype({"churned": "boolean"}))
    found = study(replace(material, train=(train,)))
    assert found.split.design == "five folds"
    assert "0 of 600 accounts at the earlier dates" in found.split.reason
    assert entry(found.entries, "segment").gain.interval[0] > 0
    assert found.folds == ()


def test_without_earlier_dates_the_reason_is_kept():
    found = study("the tables do not reach back")
    assert (found.split.design, found.split.reason) == (
        "five folds", "the tables do not reach back",
    )  # fmt: skip


def test_one_segment_at_the_earlier_dates_cannot_be_told():
    material = earlier()
    alone = pd.Series("s0", index=material.train[0].outcomes.index)
    train = replace(material.train[0], labels={**material.train[0].labels, "segment": alone})
    found = entry(study(replace(material, train=(train,))).entries, "segment")
    assert (found.gain, found.reason) == (
        None, "the labelling has one group only at the earlier dates",
    )  # fmt: skip


def test_stacked_rows_keep_their_date_and_part():
    stacked = stack(earlier(n=120))
    assert stacked.folds.loc[AS_OF].eq(0).all()
    assert stacked.folds.loc[EARLIER].eq(-1).all()
    assert stacked.outcomes.index.is_unique


# -- the number of comparisons -------------------------------------------------------------------


def test_benjamini_hochberg_of_r():
    """p.adjust(c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06), "BH") in R 4.3."""
    found = benjamini_hochberg([0.001, 0.008, 0.039, 0.041, 0.042, 0.06])
    np.testing.assert_allclose(found, [0.006, 0.024, 0.0504, 0.0504, 0.0504, 0.06])


def test_what_could_not_be_told_is_not_counted():
    assert adjusted([None, 0.04, None], "confirmatory") == [None, 0.04, None]


def test_secondary_claims_must_survive_their_number():
    rng = np.random.default_rng(0)
    material = earlier()
    n_many = 40
    extra = {f"noise {i:02d}": rng.choice(["x", "y"], 600) for i in range(n_many)}
    parts = [
        replace(
            part,
            labels={
                **part.labels,
                **{k: pd.Series(v, index=part.outcomes.index) for k, v in extra.items()},
            },
        )
        for part in (material.test, *material.train)
    ]
    found = study(replace(material, test=parts[0], train=tuple(parts[1:])))
    confirmatory = [one for one in found.entries if one.role == "confirmatory"]
    assert found.multiplicity.n_confirmatory == len(confirmatory) == n_many + 1
    assert found.multiplicity.n_exploratory == n_many + 2
    assert found.multiplicity.secondary_outcomes == ["expanded"]
    for one in [*confirmatory, *found.secondary]:
        assert one.p_adjusted >= one.p
        assert one.claim.startswith("No evidence") or one.p_adjusted <= 0.05
    assert entry(found.entries, "segment").p_adjusted is None
    assert entry(found.entries, FEATURES).role == "bound"


def test_a_gain_that_the_number_takes_back_says_so():
    rng = np.random.default_rng(2)
    base = dated(AS_OF, 500, 0.0, 7)
    happened = base.outcomes["churned"].to_numpy(dtype=bool)
    weak = np.where(rng.random(500) < 0.35, happened, rng.random(500) < 0.5)
    noise = {
        f"noise {i:02d}": pd.Series(rng.choice(["x", "y"], 500), index=base.outcomes.index)
        for i in range(150)
    }
    labels = {
        **base.labels,
        "weak": pd.Series(weak.astype(str), index=base.outcomes.index),
        **noise,
    }
    found = study("none", replace(base, labels=labels), secondary=())
    weak_entry = entry(found.entries, "weak")
    assert weak_entry.gain.interval[0] > 0
    assert weak_entry.p < 0.05 < weak_entry.p_adjusted
    assert "once 152 secondary comparisons are corrected for" in weak_entry.claim
