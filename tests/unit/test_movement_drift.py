from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.config import MatrixConfig
from clustering.config.movement import MovementConfig
from clustering.matrix import standardise
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.movement.drift.fates import fates
from clustering.movement.drift.population import feature_drift, stability_index
from clustering.movement.drift.refits import (
    FrozenModel,
    ModelChange,
    first_model,
    model_change,
)
from clustering.movement.drift.verdict import judge_movement
from clustering.movement.track.lasting import LastingMovement
from snapshots import book, snapshot_of

DATES = (date(2024, 7, 1), date(2024, 12, 30), date(2025, 6, 30))
CONFIG = MovementConfig()


@pytest.fixture(scope="module")
def early():
    return book(n=500, seed=1, missing=0.02)


@pytest.fixture(scope="module")
def late():
    return book(n=500, seed=2, missing=0.02)


def fitted(spec, values):
    return refit(spec, values, n_init=5, seed=0).model


@pytest.mark.parametrize(
    "spec", [CandidateSpec("kmeans", 3), CandidateSpec("mixture", 3, "diag")], ids=lambda s: s.name
)
def test_the_same_population_gives_the_same_model(early, late, spec):
    matrix, scales = standardise(late, MatrixConfig())
    latest = FrozenModel(scales, fitted(spec, matrix.values))
    first = first_model(scales, early, spec, seed=0)
    change = model_change(first, latest, late, spec, n_refits=10, seed=0)
    assert change.n_accounts == 500
    assert change.differ < 0.05
    assert change.ari > 0.9
    assert change.beyond_refits < CONFIG.least_model_change


def test_a_population_with_other_groups_gives_another_model(late):
    matrix, scales = standardise(late, MatrixConfig())
    spec = CandidateSpec("kmeans", 3)
    latest = FrozenModel(scales, fitted(spec, matrix.values))
    other = late.frame.copy()
    rng = np.random.default_rng(0)
    for name in other:
        other[name] = rng.permutation(other[name].to_numpy())  # the margins stay, the groups go
    first = first_model(scales, replace(late, frame=other), spec, seed=0)
    change = model_change(first, latest, late, spec, n_refits=10, seed=0)
    assert change.beyond_refits > CONFIG.least_model_change


def test_an_account_of_which_nothing_is_known_has_no_segment(late):
    matrix, scales = standardise(late, MatrixConfig())
    model = FrozenModel(scales, fitted(CandidateSpec("kmeans", 3), matrix.values))
    frame = late.frame.copy()
    frame.iloc[0] = np.nan
    labels = model.labels(replace(late, frame=frame))
    assert labels[0] == -1
    assert set(labels[1:]) == {0, 1, 2}


def test_the_fates_of_segments_by_hand():
    old = np.repeat([0, 1, 2, 3], [40, 40, 20, 10])
    new = np.concatenate([np.full(40, 0), [1] * 20, [2] * 20, [3] * 20, [3] * 10])
    found = {(f.side, f.segment): f for f in fates(old, new, 4, 4)}
    assert found["first", 0].kind == "survived"
    assert found["first", 1].kind == "split"
    assert found["first", 1].into == (1, 2)
    assert found["first", 2].kind == "survived"  # two thirds of segment 3 are its accounts
    assert found["first", 3].kind == "absorbed"
    assert found["latest", 2].kind == "new"
    assert found["latest", 3].overlap == pytest.approx(2 / 3)


def test_a_segment_that_is_scattered_is_gone():
    old, new = np.zeros(30, np.int64), np.repeat([0, 1, 2], 10)
    others = np.ones(300, np.int64), np.repeat([0, 1, 2], 100)
    both = [np.concatenate(pair) for pair in zip((old, new), others, strict=True)]
    assert fates(*both, 2, 3)[0].kind == "gone"


def test_the_stability_index_by_hand():
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5) = 0.0182 + 0.0223 = 0.0405
    index = stability_index(np.array([50_000, 50_000]), np.array([60_000, 40_000]))
    assert float(index) == pytest.approx(0.0405, abs=1e-4)


def test_a_feature_that_drifted_is_found_and_the_others_are_not():
    rng = np.random.default_rng(0)
    n = 600
    steady = rng.normal(size=n)
    first = snapshot_of({"steady": steady, "drifts": rng.normal(size=n)})
    last = snapshot_of(
        {"steady": steady + 0.3 * rng.normal(size=n), "drifts": rng.normal(0.8, 1, size=n)}
    )
    table = feature_drift(first, last, first.features, n_draws=99, seed=0).set_index("feature")
    assert table["drifted"].to_dict() == {"drifts": True, "steady": False}
    assert table.loc["drifts", "psi"] > 0.25
    assert table.loc["drifts", "p"] == pytest.approx(0.01)
    assert table.loc["steady", "psi"] < table.loc["steady", "null_high"]


def test_the_null_of_the_index_holds_its_level():
    """Pairs that are exchangeable and accounts of one date alone: p is uniform."""
    rng = np.random.default_rng(3)
    ps = []
    for seed in range(150):
        frames = rng.normal(size=(2, 120)) + rng.normal(size=120)
        first, last = (snapshot_of({"x": values}) for values in frames)
        first = replace(first, frame=first.frame.iloc[:100])
        last = replace(last, frame=last.frame.iloc[20:])
        ps.append(feature_drift(first, last, first.features, n_draws=99, seed=seed)["p"].iloc[0])
    assert np.mean(np.array(ps) <= 0.1) == pytest.approx(0.1, abs=0.07)


def test_what_is_missing_is_beside_the_index_and_not_in_it():
    values = np.arange(200.0)
    first = snapshot_of({"x": np.where(values < 100, np.nan, values % 7)})
    last = snapshot_of({"x": values % 7})
    table = feature_drift(first, last, first.features, n_draws=99, seed=0)
    assert not table["drifted"].iloc[0]
    assert table[["missing_first", "missing_last"]].iloc[0].tolist() == [0.5, 0.0]


def test_a_feature_that_is_constant_or_unknown_does_not_drift():
    first = snapshot_of({"constant": np.ones(50), "unknown": np.full(50, np.nan)})
    table = feature_drift(first, first, first.features, n_draws=99, seed=0)
    assert (table["psi"] == 0).all()
    assert not table["drifted"].any()


GROWTH = LastingMovement(
    n_accounts=500, per_step=0.1, over_window=0.4, value=0.3, interval=(0.26, 0.34)
)
STILL = LastingMovement(
    n_accounts=500, per_step=0.05, over_window=0.07, value=0.02, interval=(0.0, 0.04)
)
SAME = ModelChange(
    n_accounts=800, differ=0.02, interval=(0.01, 0.03), ari=0.95, refits_median=0.01,
    refits_high=0.02, n_refits=20,
)  # fmt: skip
OTHER = ModelChange(
    n_accounts=800, differ=0.25, interval=(0.22, 0.28), ari=0.7, refits_median=0.02,
    refits_high=0.05, n_refits=20,
)  # fmt: skip


@pytest.mark.parametrize(
    ("growth", "change", "kind", "words"),
    [
        (
            GROWTH,
            SAME,
            "movement",
            "is that of 30.0 % of the accounts",
        ),
        (STILL, SAME, "neither", "Neither lasting movement of accounts nor a need to cut"),
        (GROWTH, OTHER, "recut", "The segments of 2024-07-01 no longer fit these accounts."),
        (STILL, OTHER, "recut", "Re-cut: a model fitted on 2024-07-01 gives 25.0 %"),
        (None, OTHER, "recut", "change up to 5.0 %"),
        (GROWTH, None, "unknown", "cannot be told apart"),
        (None, SAME, "unknown", "cannot be told apart"),
    ],
)
def test_the_verdict_follows_from_the_numbers(growth, change, kind, words):
    found = judge_movement(growth, change, CONFIG, DATES, "too few accounts")
    assert found.kind == kind
    assert words in found.sentence
    if growth is None:
        assert any("needs three snapshots and at least 30 accounts" in r for r in found.reasons)
    if change is None:
        assert "Too few accounts" in found.reasons


def test_movement_that_is_too_little_to_claim_is_not_denied_beside_its_interval():
    few = STILL.model_copy(update={"interval": (0.01, 0.03)})
    sentence = judge_movement(few, SAME, CONFIG, DATES).sentence
    assert sentence.startswith("Few accounts moved for good, and no need to cut")
    assert "begins at 5.0 % or more" in sentence


def test_an_interval_that_touches_the_limit_decides():
    at = STILL.model_copy(update={"interval": (0.05, 0.1)})
    below = STILL.model_copy(update={"interval": (0.0499, 0.1)})
    assert judge_movement(at, SAME, CONFIG, DATES).kind == "movement"
    assert judge_movement(below, SAME, CONFIG, DATES).kind == "neither"
    changed = OTHER.model_copy(update={"interval": (0.1001, 0.3)})
    same = OTHER.model_copy(update={"interval": (0.0999, 0.3)})
    assert judge_movement(STILL, changed, CONFIG, DATES).kind == "recut"
    assert judge_movement(STILL, same, CONFIG, DATES).kind == "neither"


def test_the_same_seed_gives_the_same_change(early, late):
    matrix, scales = standardise(late, MatrixConfig())
    spec = CandidateSpec("kmeans", 3)
    latest = FrozenModel(scales, fitted(spec, matrix.values))
    first = first_model(scales, early, spec, seed=0)
    runs = [model_change(first, latest, late, spec, n_refits=5, seed=4) for _ in range(2)]
    assert runs[0] == runs[1]


def test_drift_does_not_depend_on_the_order_of_accounts():
    rng = np.random.default_rng(0)
    first, last = (snapshot_of({"x": rng.normal(m, 1, 80)}) for m in (0, 1))
    order = rng.permutation(80)
    turned = replace(last, frame=last.frame.iloc[order])
    tables = [feature_drift(first, s, first.features, n_draws=99, seed=1) for s in (last, turned)]
    pd.testing.assert_frame_equal(*tables)
