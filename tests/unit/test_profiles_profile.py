import dataclasses

import numpy as np
import pytest

from clustering.errors import BadInputError
from clustering.profiles import map_accounts, profile
from clustering.profiles.profile import N_TYPICAL
from clustering.wording import share_in_words
from snapshots import FEATURES, book, feature, fitted, snapshot_of


@pytest.fixture(scope="module")
def snapshot():
    return book()


@pytest.fixture(scope="module")
def parts(snapshot):
    matrix, _, clustering = fitted(snapshot)
    return snapshot, matrix, clustering


@pytest.fixture(scope="module")
def profiles(parts):
    return profile(*parts)


def test_sizes_and_arr_add_up(parts, profiles):
    snapshot, _, clustering = parts
    arr = snapshot.attributes["arr"].to_numpy()
    for segment in profiles.segments:
        inside = clustering.labels == segment.segment
        assert segment.n_accounts == inside.sum()
        assert segment.share == pytest.approx(inside.mean())
        assert segment.arr == pytest.approx(arr[inside].sum())
        assert segment.arr_share == pytest.approx(arr[inside].sum() / arr.sum())
    assert sum(segment.share for segment in profiles.segments) == pytest.approx(1)


def test_quantiles_are_of_the_raw_values_that_are_known(parts, profiles):
    snapshot, _, clustering = parts
    table = profiles.features.set_index(["segment", "feature"])
    hours = snapshot.frame["hours"][clustering.labels == 1].dropna()
    row = table.loc[(1, "hours")]
    assert row["n"] == len(hours)
    expected = hours.quantile([0.25, 0.5, 0.75]).tolist()
    assert row[["q25", "median", "q75"]].tolist() == pytest.approx(expected)
    assert (row["family"], row["unit"]) == ("engagement", "unit")


def test_mean_z_balances_over_the_segments(profiles):
    table = profiles.features
    balance = (table["mean_z"] * table["n"]).groupby(table["feature"]).sum()
    assert balance.to_numpy() == pytest.approx(np.zeros(len(FEATURES)), abs=1e-9)


def test_differences_are_in_standard_deviations_of_the_observed_values(parts, profiles):
    snapshot, matrix, clustering = parts
    column = matrix.feature_names.index("score")
    known = snapshot.frame["score"].notna().to_numpy()
    z = matrix.values[known, column] / matrix.values[known, column].std()
    inside = clustering.labels[known] == 0
    contrast = next(c for c in profiles.contrasts[0] if c.feature == "score")
    assert contrast.difference == pytest.approx(z[inside].mean() - z[~inside].mean())
    assert contrast.median == snapshot.frame["score"][clustering.labels == 0].median()
    assert contrast.others == snapshot.frame["score"][clustering.labels != 0].median()


def test_every_feature_of_the_matrix_has_a_contrast(parts, profiles):
    for one in profiles.contrasts:
        assert [contrast.feature for contrast in one] == list(parts[1].feature_names)


def test_a_description_names_the_largest_difference_first(profiles):
    for segment, one in zip(profiles.segments, profiles.contrasts, strict=True):
        telling = [contrast for contrast in one if abs(contrast.telling) >= 0.5]
        largest = max(telling, key=lambda contrast: abs(contrast.difference))
        assert f"against the other accounts: {largest.words}" in segment.description


def test_names_are_plain_and_differ(profiles):
    assert len(set(profiles.names)) == 3
    assert profiles.names[0] == "most goals reached, satisfied"
    assert profiles.names[2].startswith("late on milestones")
    words = " ".join(profiles.names).lower()
    assert "cluster" not in words
    assert not any(character.isdigit() for character in words)


def test_descriptions_say_size_amount_and_medians(profiles):
    first = profiles.segments[0]
    assert first.description.startswith(
        f"{first.n_accounts:,} accounts ({share_in_words(first.share)}) with "
    )
    assert (
        " % of the ARR; medians against the other accounts: goals share 88 % against 35 %; "
        in first.description
    )
    assert first.description.endswith(".")


def test_the_amount_is_called_what_the_study_calls_it(parts):
    assert "of the run-rate" in profile(*parts, amount_name="run-rate").segments[0].description


def test_without_subscriptions_nothing_is_said_of_arr(parts):
    snapshot, matrix, clustering = parts
    bare = dataclasses.replace(snapshot, attributes=snapshot.attributes.drop(columns="arr"))
    segment = profile(bare, matrix, clustering).segments[0]
    assert segment.arr is None
    assert segment.arr_share is None
    assert "ARR" not in segment.description


def test_unknown_arr_is_not_zero(parts):
    snapshot, matrix, clustering = parts
    attributes = snapshot.attributes.copy()
    attributes.loc[clustering.labels == 0, "arr"] = np.nan
    first, second, _ = profile(
        dataclasses.replace(snapshot, attributes=attributes), matrix, clustering
    ).segments
    assert first.arr is None
    assert second.arr_share > 0


def test_typical_accounts_are_the_nearest_to_their_centre(parts, profiles):
    _, matrix, clustering = parts
    typical = profiles.typical
    assert typical.groupby("segment").size().tolist() == [N_TYPICAL] * 3
    distances = np.sqrt(((matrix.values - clustering.centres[2]) ** 2).sum(axis=1))
    inside = np.flatnonzero(clustering.labels == 2)
    nearest = inside[np.argsort(distances[inside])][:N_TYPICAL]
    third = typical[typical["segment"] == 2]
    assert third["account_id"].tolist() == [matrix.account_ids[row] for row in nearest]
    assert third["rank"].tolist() == [1, 2, 3, 4, 5]
    assert third["distance"].to_numpy() == pytest.approx(distances[nearest])


def test_withheld_features_still_describe(parts):
    snapshot, _, _ = parts
    frame = snapshot.frame.assign(seats=np.arange(400.0), same=1.0)
    other = dataclasses.replace(
        snapshot,
        frame=frame,
        features=(*FEATURES, feature("seats", "count", "commercial"), feature("same")),
        withheld={"seats": "commercial", "same": "commercial"},
    )
    matrix, _, clustering = fitted(other)
    described = profile(other, matrix, clustering)
    assert set(described.features["feature"]) == {*matrix.feature_names, "seats"}
    assert described.features["mean_z"].notna().all()
    assert all(c.feature != "seats" for one in described.contrasts for c in one)


def test_one_segment(snapshot):
    matrix, _, clustering = fitted(snapshot, k=1)
    (segment,) = profile(snapshot, matrix, clustering).segments
    assert segment.name == "all accounts"
    assert segment.description == "400 accounts (100 %) with 100 % of the ARR."


def names_of(columns, labels, features):
    snapshot = snapshot_of(columns, features)
    matrix, _, clustering = fitted(snapshot, k=2)
    return profile(snapshot, matrix, dataclasses.replace(clustering, labels=labels))


def test_a_name_says_nothing_of_groups_with_the_same_median():
    """A third of one group is late by far; most accounts of both start on the third day."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 150)
    late = np.where((labels == 1) & (rng.random(300) < 0.33), 60.0, 3.0)
    breadth = rng.normal(5 + 4 * labels, 1)
    found = names_of({"first_value": late, "breadth": breadth}, labels, None)
    for segment in found.segments:
        assert "first_value" not in segment.name.replace(" ", "_")
        assert "breadth" in segment.name
        assert "first value" not in segment.description


def test_a_segment_that_one_feature_makes_says_so():
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1], 150)
    columns = {"seats": rng.normal(8 * labels, 1), "breadth": rng.normal(0, 1, 300)}
    for segment in names_of(columns, labels, None).segments:
        assert segment.made_by == "seats"
        assert segment.description.endswith("Most of what sets it apart is one feature: seats.")
    several = {name: rng.normal(4 * labels, 1) for name in ("seats", "breadth", "hours")}
    assert {s.made_by for s in names_of(several, labels, None).segments} == {None}


def test_shares_that_are_drawn_to_one_half_say_so():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 150)
    smoothed = dataclasses.replace(feature("due_share"), unit="smoothed share, 0 to 1")
    columns = {
        "due_share": np.clip(0.2 + 0.5 * labels + rng.normal(0, 0.05, 300), 0, 1),
        "breadth": rng.normal(3 * labels, 1),
    }
    found = names_of(columns, labels, [smoothed, feature("breadth", "count")])
    assert "due share (smoothed) 20 %" in found.segments[0].description


def test_labels_of_other_accounts_are_refused(parts):
    snapshot, matrix, _ = parts
    _, _, other = fitted(book(n=60))
    with pytest.raises(BadInputError, match="60 labels for the 400 accounts of the matrix"):
        profile(snapshot, matrix, other)


def test_the_map_keeps_variance_and_signs():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 4)) * [5, 3, 1, 0.1]
    points = map_accounts(values)
    assert points.shape == (200, 2)
    spectrum = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(points, axis=0), spectrum[:2])
    assert np.corrcoef(points[:, 0], values[:, 0])[0, 1] > 0.9  # positive on its main feature
    np.testing.assert_allclose(map_accounts(values + 100), points, atol=1e-9)


def test_the_map_of_one_feature_is_a_line():
    points = map_accounts(np.array([[1.0], [3.0]]))
    assert points.tolist() == [[-1.0, 0.0], [1.0, 0.0]]
