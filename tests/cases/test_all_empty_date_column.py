"""A column in which every cell is empty is an empty column, whatever type its file gives it."""

import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustering.errors import TableContractError
from clustering.tables import open_folder
from shared_data import shared_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = shared_folder("cases", "all_empty_date_column") / "stale"
    return Path(shutil.copytree(source, tmp_path / "tables"))


@pytest.mark.parametrize(
    "kind", [None, pa.null(), pa.int32(), pa.string(), pa.timestamp("us", "UTC")]
)
def test_no_account_has_ended(folder: Path, kind: pa.DataType | None) -> None:
    accounts = pd.read_parquet(folder / "accounts.parquet")
    table = pa.Table.from_pandas(accounts.drop(columns="ended_on", errors="ignore"))
    empty = pa.nulls(table.num_rows) if kind is None else pa.nulls(table.num_rows, kind)
    pq.write_table(table.append_column("ended_on", empty), folder / "accounts.parquet")
    with open_folder(folder) as tables:
        found = tables.frames["accounts"].collect("pandas").to_native()
    assert len(found) == len(accounts)
    assert found["ended_on"].isna().all()


def test_an_index_left_over_by_pandas_is_no_column(folder: Path) -> None:
    accounts = pd.read_parquet(folder / "accounts.parquet")
    kept = accounts.iloc[::2]
    table = pa.Table.from_pandas(kept, preserve_index=True)
    assert "__index_level_0__" in table.column_names
    pq.write_table(table, folder / "accounts.parquet")
    with pytest.raises(TableContractError, match="'accounts' does not have") as error:
        open_folder(folder)
    assert "__index_level_0__" not in str(error.value)


def test_an_empty_column_that_is_required_is_empty_and_not_of_a_wrong_type(folder: Path) -> None:
    accounts = pd.read_parquet(folder / "accounts.parquet").assign(started_on=None)
    accounts.to_parquet(folder / "accounts.parquet", index=False)
    with pytest.raises(TableContractError, match=r"'started_on' is empty in \d+ of \d+ rows"):
        open_folder(folder)
