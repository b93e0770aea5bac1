"""What every labelling adds to the tiers: entries, claims, rivals, reasons."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.comparison import forward_study
from clustering.comparison.base.companies import companies
from clustering.comparison.forward.evaluate import FEATURES, Task, evaluation_rows
from clustering.comparison.forward.study import Question
from clustering.comparison.forward.time_split import DatedAccounts, Sample

N = 900
IDS = pd.Index([f"a{i:04d}" for i in range(N)], name="account_id")


def book(lift: float, seed: int = 0) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    segment = rng.integers(0, 3, N)
    arr = rng.lognormal(9, 1, N)
    cuts = np.quantile(arr, [0.6, 0.9])
    features = rng.normal(size=(N, 4))
    features[:, 0] += 1.5 * segment
    features[rng.random((N, 4)) < 0.05] = np.nan
    churned = pd.Series(rng.random(N) < 0.15 + lift * (segment == 2), index=IDS).astype("boolean")
    churned.iloc[:20] = pd.NA
    tiers = np.array(["small", "mid", "large"])[np.searchsorted(cuts, arr)]
    return {
        "features": pd.DataFrame(features, index=IDS, columns=list("abcd")),
        "labellings": {
            "arr_tiers": pd.Series(tiers, index=IDS),
            "segment": pd.Series([f"s{code}" for code in segment], index=IDS),
        },
        "outcomes": pd.DataFrame({"churned": churned}),
        "arr": pd.Series(arr, index=IDS),
    }


def study(parts: dict[str, object], **options: object):
    accounts = DatedAccounts(
        date(2025, 6, 30), parts["labellings"], parts["features"], parts["arr"], parts["outcomes"]
    )
    settings = {"seed": 1, "n_bootstrap": 400, **options}
    return forward_study(accounts, Question("churned", 365), **settings)


def entry(entries, name):
    return next(one for one in entries if one.labelling == name)


def test_a_planted_lift_is_claimed_for_the_segment_and_the_features():
    found = study(book(0.35))
    segment = entry(found.entries, "segment")
    assert segment.gain.interval[0] > 0
    assert segment.claim.startswith("Beside arr_tiers, segment improved")
    assert entry(found.entries, FEATURES).gain.interval[0] > 0
    assert (segment.n, segment.window) == (880, "2025-07-01 to 2026-06-30")
    assert segment.calibration.in_the_large == pytest.approx(0, abs=0.1)


def test_accounts_of_a_company_share_their_fold_and_are_drawn_together():
    parts, pairs = book(0.1), pd.Series([f"p{i // 2}" for i in range(N)], index=IDS)
    for name in ("features", "arr", "outcomes"):
        twin = parts[name].iloc[np.arange(N) // 2 * 2]
        parts[name] = twin.set_axis(IDS, axis="index")
    twins = {name: one.iloc[np.arange(N) // 2 * 2] for name, one in parts["labellings"].items()}
    parts["labellings"] = {name: one.set_axis(IDS) for name, one in twins.items()}
    company = companies(IDS, pairs)
    alone, together = study(parts), study(parts, company=company)
    assert (together.split.n_companies, together.split.n_sharing) == (450, 900)
    assert alone.split.n_companies is None

    def width(found):
        low, high = entry(found.entries, "segment").gain.interval
        return high - low

    # 900 accounts of which every second is a copy know as little as 450.
    assert width(together) / width(alone) == pytest.approx(np.sqrt(2), rel=0.25)
    rows = evaluation_rows(
        Sample(parts["features"], parts["labellings"], parts["outcomes"], parts["arr"]),
        "churned",
        Task({}, "", 100, 1, n_foldings=4, company=company),
    )
    dealt = pd.DataFrame(rows.folds.T, index=rows.ids)
    assert dealt.groupby(pairs.reindex(rows.ids)).nunique().eq(1).all(axis=None)


def test_a_company_reaches_through_parents_of_parents():
    ids = pd.Index(["a", "b", "c", "d", "e"])
    parents = pd.Series({"a": "b", "b": "group", "c": "group", "d": "d", "e": None})
    assert companies(ids, parents).tolist() == [0, 0, 0, 1, 2]
    assert companies(ids, pd.Series({"d": "d"}, dtype="str")) is None


def test_rivals_stand_beside_and_claim_nothing():
    found = study(book(0.35))
    names = {rival.labelling for rival in found.rivals}
    assert names == {
        "segment: random_groups", "segment: tree", "segment: arr_bands", "arr_spline",
    }  # fmt: skip
    assert all(rival.claim is None for rival in found.rivals)
    random = entry(found.rivals, "segment: random_groups")
    assert random.gain.interval[0] <= 0
    assert random.gain.log_loss < entry(found.entries, "segment").gain.log_loss


def test_shuffled_outcomes_lose_the_gain():
    parts = book(0.35)
    rng = np.random.default_rng(5)
    parts["outcomes"] = pd.DataFrame(
        {"churned": pd.Series(rng.permutation(parts["outcomes"]["churned"]), index=IDS)}
    )
    for one in study(parts).entries:
        assert one.gain.interval[0] <= 0
        assert one.claim.startswith("No evidence")


def test_the_order_of_accounts_changes_nothing():
    parts = book(0.2)
    one = study(parts)
    order = np.random.default_rng(1).permutation(N)
    mixed = {
        **parts,
        "features": parts["features"].iloc[order],
        "outcomes": parts["outcomes"].iloc[order],
        "labellings": {name: part.iloc[order] for name, part in parts["labellings"].items()},
    }
    assert one.entries == study(mixed).entries


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"churned": pd.Series(pd.NA, index=IDS, dtype="boolean")}, "no account has an observed"),
        ({"churned": pd.Series(False, index=IDS)}, "occurred for 0 of 900 accounts"),
        ({"churned": pd.Series(np.arange(N) < 5, index=IDS)}, "too few to judge"),
        ({"other": pd.Series(True, index=IDS)}, "no account has an observed outcome 'churned'"),
    ],
)
def test_what_cannot_be_told_is_null_with_its_reason(change, reason):
    parts = {**book(0.2), "outcomes": pd.DataFrame(change)}
    for one in study(parts).entries:
        assert (one.gain, one.claim, one.calibration) == (None, None, None)
        assert reason in one.reason


def test_without_tiers_there_is_nothing_to_compare_with():
    parts = book(0.2)
    del parts["labellings"]["arr_tiers"]
    found = study(parts)
    assert {one.reason for one in found.entries} == {"there are no ARR tiers to compare with"}


def test_one_segment_and_absent_labels():
    parts = book(0.2)
    parts["labellings"]["segment"] = pd.Series("all", index=IDS)
    parts["labellings"]["needs_segment"] = pd.Series(None, index=IDS, dtype=object)
    found = study(parts)
    assert "one group only" in entry(found.entries, "segment").reason
    assert "no labelled accounts" in entry(found.entries, "needs_segment").reason


def test_without_features_there_is_no_strong_model():
    parts = book(0.2)
    parts["features"] = pd.DataFrame(index=IDS)
    strong = entry(study(parts).entries, FEATURES)
    assert (strong.gain, strong.reason) == (None, "there are no features")


def test_partly_labelled_accounts_are_compared_on_what_is_labelled():
    parts = book(0.3)
    needs = parts["labellings"]["segment"].where(np.arange(N) % 2 == 0)
    parts["labellings"]["needs_segment"] = needs
    assert entry(study(parts).entries, "needs_segment").n == 440
