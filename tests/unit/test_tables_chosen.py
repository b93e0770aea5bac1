"""The accounts that a study is about: chosen by a condition, the others in no table at all."""

from pathlib import Path

import pandas as pd
import pytest

from clustering.config import StudyConfig
from clustering.errors import ClusteringError
from clustering.tables import open_tables

ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d"],
        "started_on": pd.Timestamp("2023-01-01"),
        "region": ["North", "South", None, "North"],
        "plan": ["gold", "gold", "free", "free"],
    }
)
USAGE = pd.DataFrame(
    {
        "account_id": ["a", "a", "b", "c", "d"],
        "used_on": pd.Timestamp("2024-01-05"),
        "feature": "export",
        "events": [1, 2, 3, 4, 5],
    }
)


def _config(folder: Path, only: str, kind: str = "csv") -> StudyConfig:
    # `plan` is no column of the contract: that the condition names it is enough.
    accounts = ACCOUNTS if "plan" in only else ACCOUNTS.drop(columns="plan")
    for name, frame in {"accounts": accounts, "usage": USAGE}.items():
        if kind == "parquet":
            frame.to_parquet(folder / f"{name}.parquet")
        else:
            frame.to_csv(folder / f"{name}.csv", index=False)
    return StudyConfig.model_validate(
        {
            "name": "trial",
            "as_of": "2024-01-10",
            "source": {"folder": folder},
            "accounts": {"only": only},
        }
    )


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("only", "kept"),
    [
        ("region = 'North'", ["a", "d"]),
        ("plan = 'gold' AND region <> 'North'", ["b"]),
        ("started_on < DATE '2024-01-01' AND region IS NULL", ["c"]),
    ],
)
def test_no_table_holds_an_account_that_is_left_out(tmp_path, kind, only, kept):
    with open_tables(_config(tmp_path, only, kind)) as tables:
        found = {name: one.collect("pandas").to_native() for name, one in tables.frames.items()}
        counts, notes = tables.row_counts, " ".join(tables.notes)
    expected = USAGE[USAGE["account_id"].isin(kept)]
    assert sorted(found["accounts"]["account_id"]) == kept
    assert sorted(found["usage"]["events"]) == sorted(expected["events"])
    assert counts == {"accounts": len(kept), "usage": len(expected)}
    assert f"{4 - len(kept)} of 4 are left out" in notes
    assert only in notes


def test_an_account_of_which_the_condition_is_not_known_is_left_out_and_counted(tmp_path):
    config = _config(tmp_path, "region = 'North' AND plan IS NOT NULL")
    with open_tables(config) as tables:
        notes = " ".join(tables.notes)
    assert "2 of 4 are left out" in notes
    assert "for 1 of them it is not known" in notes


@pytest.mark.parametrize(
    ("only", "words"),
    [
        ("regin = 'North'", "Did you mean 'region'?"),
        ("region = 'Nowhere' AND plan = 'gold'", "is true for none of the accounts"),
        ("plan || region", "cannot be evaluated"),
        ("read_csv('x') = 1 AND plan = 'gold'", "the function read_csv()"),
        ("1, 2", "expected one expression"),
        ("account_id IN (SELECT account_id FROM usage)", "a query within it"),
    ],
)
def test_a_condition_that_cannot_hold_is_one_clear_error(tmp_path, only, words):
    with pytest.raises(ClusteringError) as caught:
        open_tables(_config(tmp_path, only))
    assert words in str(caught.value)
    assert "accounts.only" in str(caught.value)
