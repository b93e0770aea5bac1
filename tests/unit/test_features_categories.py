"""Categories: to describe segments by default, in the matrix on request, from a list that stays."""

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

from clustering.config import FeaturesConfig, MatrixConfig
from clustering.features import build_snapshot
from clustering.features.snapshot import with_fixed_parts
from clustering.matrix import standardise
from clustering.profiles import profile
from feature_books import Frames
from snapshots import kmeans_clustering

AS_OF = date(2024, 3, 1)
N = 40


def tables(region: list[str | None]) -> Frames:
    ids = [f"a{i:02}" for i in range(N)]
    rng = np.random.default_rng(1)
    accounts = {"account_id": ids, "started_on": [date(2023, 1, 1)] * N, "region": region}
    usage = {
        "account_id": ids * 2,
        "used_on": [date(2024, 2, 1)] * N + [date(2024, 1, 10)] * N,
        "feature": ["x"] * (2 * N),
        "events": rng.integers(1, 50, 2 * N).tolist(),
    }
    named = {"accounts": accounts, "usage": usage}
    return Frames({n: nw.from_native(pl.DataFrame(rows).lazy()) for n, rows in named.items()})


REGION: list[str | None] = ["EU"] * 20 + ["US (east)"] * 17 + ["rare"] + [None] * 2


def on(**given: object) -> FeaturesConfig:
    return FeaturesConfig(categories=({"column": "region", **given},))


def test_common_categories_are_yes_or_no_and_missing_is_missing() -> None:
    found = build_snapshot(tables(REGION), AS_OF, on())
    named = found.frame.filter(like="region_is_")
    assert named.columns.tolist() == ["region_is_eu", "region_is_us_east"]
    assert named["region_is_eu"].sum() == 20
    assert named.isna().all(axis=1).sum() == 2
    assert set(named) <= set(found.withheld)


def test_in_the_matrix_they_enter_with_a_warning() -> None:
    found = build_snapshot(tables(REGION), AS_OF, on(in_matrix=True))
    assert "region_is_eu" not in found.withheld
    assert "alike by definition" in found.notes[-1]


def test_the_list_stays() -> None:
    fixed = with_fixed_parts(tables(REGION), AS_OF, on())
    later = build_snapshot(tables(["APAC"] * N), AS_OF, fixed).frame
    assert later.filter(like="region_is_").to_numpy().sum() == 0
    assert FeaturesConfig.model_validate(fixed.model_dump(mode="json")) == fixed


def test_a_profile_gives_the_share_of_each_segment() -> None:
    snapshot = build_snapshot(tables(REGION), AS_OF, on())
    matrix, _ = standardise(snapshot, MatrixConfig(max_missing_share=0.9))
    clustering = kmeans_clustering(matrix.values, 2)
    table = profile(snapshot, matrix, clustering).features
    shares = table[table["feature"] == "region_is_eu"].set_index("segment")["median"]
    labels = pd.Series(clustering.labels, index=list(matrix.account_ids))
    expected = snapshot.frame["region_is_eu"].groupby(labels).mean()
    np.testing.assert_allclose(shares, expected)


def test_a_column_is_named_once_and_is_one_that_holds() -> None:
    with pytest.raises(ValidationError, match="has a column twice"):
        FeaturesConfig(categories=({"column": "region"}, {"column": "region"}))
    with pytest.raises(ValidationError, match="'industry' or 'region'"):
        FeaturesConfig(categories=({"column": "current_segment"},))
