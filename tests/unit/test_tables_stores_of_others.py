"""Tables where companies keep them: a DuckDB file, and folders of Parquet as warehouses unload."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from clustering.config import StudyConfig, load_config
from clustering.errors import BadInputError, TableContractError
from clustering.inputs import named_inputs
from clustering.tables import open_tables


def study(**source: Any) -> StudyConfig:
    return StudyConfig.model_validate({"name": "trial", "as_of": "2024-01-10", "source": source})


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE crm AS SELECT * FROM (VALUES ('007', DATE '2023-01-01'), "
            "('008', DATE '2023-02-01')) AS rows(no, since)"
        )
        connection.execute(
            "CREATE VIEW accounts AS SELECT no AS account_id, since AS started_on FROM crm"
        )
        connection.execute(
            "CREATE TABLE usage AS SELECT '007' AS account_id, DATE '2024-01-05' AS used_on, "
            "'x' AS feature, 3 AS events"
        )
    return tmp_path / "warehouse.duckdb"


def test_a_duckdb_file_with_the_names_of_the_contract(warehouse: Path) -> None:
    with open_tables(study(database=f"duckdb:{warehouse}")) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 1}


def test_a_duckdb_file_with_a_mapping_and_a_relative_address(warehouse: Path) -> None:
    (warehouse.parent / "mapping").mkdir()
    for table, sql in {
        "accounts": "SELECT no AS account_id, since AS started_on FROM crm",
        "usage": "SELECT * FROM source.main.usage",
    }.items():
        (warehouse.parent / "mapping" / f"{table}.sql").write_text(sql)
    toml = warehouse.parent / "trial.toml"
    toml.write_text(
        'name = "trial"\nas_of = 2024-01-10\n[source]\ndatabase = "duckdb:warehouse.duckdb"\n'
        'mapping = "mapping"\n'
    )
    config = load_config(toml)
    assert named_inputs(config)["source.database"] == warehouse
    with open_tables(config) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 1}


def test_a_duckdb_file_is_read_only_and_its_views_open_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("account_id,started_on\nx,2023-01-01\ny,2023-01-01\n")
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"CREATE VIEW accounts AS SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')"
        )
    with pytest.raises(TableContractError, match=r"table 'accounts' .*(?s:.*)disabled"):
        open_tables(study(database=f"duckdb:{file}"))


def test_what_is_no_duckdb_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"the file '.*none\.duckdb' does not exist"):
        open_tables(study(database=f"duckdb:{tmp_path / 'none.duckdb'}"))
    (tmp_path / "text.duckdb").write_text("no database, but a text that is long enough " * 200)
    with pytest.raises(BadInputError, match="cannot be opened"):
        open_tables(study(database=f"duckdb:{tmp_path / 'text.duckdb'}"))


def unloaded(folder: Path) -> Path:
    """Accounts as one file; usage parted by month and by feature, as a warehouse unloads it."""
    pd.DataFrame(
        {"ACCOUNT_ID": ["1", "2"], "STARTED_ON": pd.to_datetime(["2023-01-01", "2023-02-01"])}
    ).to_parquet(folder / "accounts.parquet")
    for month, day in (("2023-12", "2023-12-05"), ("2024-01", "2024-01-05")):
        for feature in ("01", "export"):
            part = folder / "usage" / f"month={month}" / f"feature={feature}"
            part.mkdir(parents=True)
            pd.DataFrame(
                {"ACCOUNT_ID": ["1", "2"], "USED_ON": pd.to_datetime(day), "EVENTS": [1, 2]}
            ).to_parquet(part / "data_0_0_0.snappy.parquet")
    (folder / "usage" / "_SUCCESS").write_text("")
    return folder


def test_a_table_may_be_a_folder_of_parquet(tmp_path: Path) -> None:
    with open_tables(study(folder=unloaded(tmp_path))) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 8}
        usage = tables.frames["usage"].collect("pandas").to_native()
        # A level with a column of the contract is that column, as text; another only parts files.
        assert sorted(usage["feature"].unique()) == ["01", "export"]
        assert any("its levels 'month' only part the files" in note for note in tables.notes)


def test_a_table_in_a_folder_and_in_a_file_is_there_twice(tmp_path: Path) -> None:
    (unloaded(tmp_path) / "usage.csv").write_text("account_id,used_on,feature,events\n")
    with pytest.raises(TableContractError, match=r"twice: usage\.csv and folder usage"):
        open_tables(study(folder=tmp_path))


def test_parts_that_differ_and_parts_that_are_no_parquet_are_named(tmp_path: Path) -> None:
    part = unloaded(tmp_path) / "usage" / "month=2024-02"
    part.mkdir()
    pd.DataFrame({"ACCOUNT_ID": ["1"], "USED_ON": ["2024-02-01"]}).to_parquet(part / "a.parquet")
    with pytest.raises(
        TableContractError, match=r"month=2024-02/a\.parquet' does not have .*EVENTS"
    ):
        open_tables(study(folder=tmp_path))
    (part / "a.parquet").write_text("no parquet")
    with pytest.raises(TableContractError, match=r"month=2024-02/a\.parquet' is no Parquet file"):
        open_tables(study(folder=tmp_path))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    unloaded(folder)
    pd.DataFrame({"ACCOUNT_ID": ["9"]}).to_parquet(tmp_path / "other.parquet")
    (folder / "usage" / "x.parquet").symlink_to(tmp_path / "other.parquet")
    with pytest.raises(TableContractError, match=r"usage/x\.parquet' leads outside"):
        open_tables(study(folder=folder))
