"""Laws of the axes and the schemes."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.config import SchemesConfig
from clustering.config.schemes import AxesConfig, CsmBookConfig
from clustering.features.types import Snapshot
from clustering.schemes import assign_all, compute_axes
from clustering.schemes.axes import combine, quantities, score_parts
from clustering.schemes.composites import COMPOSITES, AxisPart, Composite
from clustering.schemes.families.csm_books import csm_book
from scheme_snapshots import random_snapshot

PARTS = [(c, part) for c in COMPOSITES for part in c.parts]


@pytest.mark.parametrize(("composite", "part"), PARTS, ids=lambda value: value.name)
def test_every_part_runs_from_zero_to_one_in_its_direction(
    composite: Composite, part: AxisPart
) -> None:
    steps = np.linspace(part.zero_at, part.one_at, 7)
    outside = part.one_at + (part.one_at - part.zero_at)
    frame = pd.DataFrame({part.column: [*steps, outside, np.nan]})
    scores = part.score(frame).to_numpy()
    assert scores[:7] == pytest.approx(np.linspace(0, 1, 7))
    assert scores[7] == 1.0
    assert np.isnan(scores[8])


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(PARTS),
    st.integers(0, 2**31),
    st.floats(0.0, 5.0),
    st.lists(st.floats(0.0, 3.0), min_size=7, max_size=7),
)
def test_an_axis_never_falls_when_a_part_moves_in_its_direction(
    pair: tuple[Composite, AxisPart], seed: int, step: float, weights: list[float]
) -> None:
    composite, part = pair
    known = quantities(random_snapshot(seed))
    direction = 1.0 if part.one_at > part.zero_at else -1.0
    moved = known.assign(**{part.column: known[part.column] + direction * step})
    weights[0] += 0.1  # they may not all be zero
    setting = composite.setting or composite.name
    named = {p.name: w for p, w in zip(composite.parts, weights, strict=False)}
    config = AxesConfig.model_validate({"least_evidence": 0.0, setting: named})
    first, second = (
        combine(frame, score_parts(frame), config).frame[composite.name] for frame in (known, moved)
    )
    assert (first.isna() == second.isna()).all()
    assert (second.dropna() >= first.dropna() - 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_axes_are_shares_and_evidence_is_what_was_known(seed: int) -> None:
    snapshot = random_snapshot(seed)
    axes = compute_axes(snapshot, AxesConfig(least_evidence=0.5))
    for composite in COMPOSITES:
        values = axes.frame[composite.name]
        assert values.dropna().between(0, 1).all()
        assert values[axes.evidence[composite.name] < 0.5].isna().all()
    weights = AxesConfig().health.model_dump()
    health = next(c for c in COMPOSITES if c.name == "health")
    known = quantities(snapshot)
    present = [part.score(known).notna() * weights[part.name] for part in health.parts]
    expected = sum(present) / sum(weights.values())
    np.testing.assert_allclose(axes.evidence["health"], expected, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_a_missing_part_is_not_a_zero(seed: int) -> None:
    """Taking away a part leaves the mean of the others, whatever the part was."""
    snapshot = random_snapshot(seed, missing=0.0)
    without = Snapshot(
        snapshot.as_of, snapshot.frame.drop(columns="outcome_attainment"), (), snapshot.attributes
    )
    weights = AxesConfig().health.model_dump()
    config = AxesConfig(least_evidence=0.0)
    full, rest = (compute_axes(s, config).frame["health"] for s in (snapshot, without))
    share = ((snapshot.frame["outcome_attainment"] - 0.7) / 0.4).clip(0, 1)
    total = sum(weights.values())
    expected = (full * total - share * weights["outcomes"]) / (total - weights["outcomes"])
    np.testing.assert_allclose(rest, expected, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_the_order_of_the_accounts_changes_no_label(seed: int) -> None:
    snapshot = random_snapshot(seed)
    order = np.random.default_rng(seed).permutation(len(snapshot.frame))
    shuffled = Snapshot(
        snapshot.as_of, snapshot.frame.iloc[order], (), snapshot.attributes.iloc[order]
    )
    first, first_absent = assign_all(snapshot, SchemesConfig())
    second, second_absent = assign_all(shuffled, SchemesConfig())
    assert first_absent == second_absent
    for one, two in zip(first, second, strict=True):
        assert one.rule == two.rule
        pd.testing.assert_series_equal(one.labels, two.labels.reindex(one.labels.index))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_labels_are_levels_on_the_snapshots_index(seed: int) -> None:
    snapshot = random_snapshot(seed)
    for labelling in assign_all(snapshot, SchemesConfig())[0]:
        assert labelling.labels.index.equals(snapshot.frame.index)
        assert set(labelling.labels.dropna()) == set(labelling.levels)
        assert len(labelling.levels) >= 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1.0, 5e6), min_size=2, max_size=60), st.floats(1e5, 4e6))
def test_no_book_exceeds_another_by_more_than_its_last_account(
    amounts: list[float], per_csm: float
) -> None:
    arr = pd.Series(amounts, index=[f"a{number:03d}" for number in range(len(amounts))])
    if arr.sum() <= per_csm:
        return
    snapshot = Snapshot(date(2025, 1, 1), pd.DataFrame(index=arr.index), (), arr.to_frame("arr"))
    labels = csm_book(snapshot, CsmBookConfig(arr_per_csm=per_csm)).labels
    assert labels.notna().all()
    totals, smallest = arr.groupby(labels).sum(), arr.groupby(labels).min()
    if totals.size == int(np.ceil(arr.sum() / per_csm)):
        assert (totals - smallest <= totals.min() * (1 + 1e-12)).all()
