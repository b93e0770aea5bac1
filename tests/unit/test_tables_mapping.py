"""Mappings and databases: a user's own columns become the contract's, and nothing else runs."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import postgres_server
from clustering.config import StudyConfig
from clustering.errors import BadInputError, TableContractError
from clustering.tables import SourceTables, open_tables

ACCOUNTS_SQL = (
    "SELECT no AS account_id, since AS started_on FROM read_csv('crm.csv', all_varchar=true)"
)
USAGE_SQL = (
    "SELECT no AS account_id, day AS used_on, what AS feature, n AS events FROM 'use.parquet'"
)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A source folder with two files of other names, and an empty mapping folder."""
    source, mapping = tmp_path / "export", tmp_path / "mapping"
    source.mkdir()
    mapping.mkdir()
    (source / "crm.csv").write_text("no,since\n007,2023-01-01\n008,2023-02-01\n")
    pd.DataFrame(
        {"no": ["007", "008"], "day": ["2024-01-01", "2024-01-05"], "what": "x", "n": [1, 2]}
    ).to_parquet(source / "use.parquet")
    return source, mapping


def map_tables(mapping: Path, **sql: str) -> None:
    for name, text in {"accounts": ACCOUNTS_SQL, "usage": USAGE_SQL, **sql}.items():
        (mapping / f"{name}.sql").write_text(text, encoding="utf-8")


def study(**source: Any) -> StudyConfig:
    return StudyConfig.model_validate({"name": "trial", "as_of": "2024-01-10", "source": source})


def account_ids(tables: SourceTables) -> list[str]:
    found: pd.DataFrame = tables.frames["accounts"].collect("pandas").to_native()
    return sorted(found["account_id"])


def breaches(folders: tuple[Path, Path]) -> str:
    with pytest.raises(TableContractError) as caught:
        open_tables(study(folder=folders[0], mapping=folders[1]))
    return str(caught.value)


def test_a_mapping_reads_files_of_the_folder_by_relative_name(folders: tuple[Path, Path]) -> None:
    map_tables(folders[1])
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        assert account_ids(tables) == ["007", "008"]
        assert tables.row_counts == {"accounts": 2, "usage": 2}


def test_a_file_of_that_name_in_the_working_directory_is_not_read(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crm.csv").write_text("no,since\nother,2023-01-01\nwrong,2023-01-01\n")
    monkeypatch.chdir(tmp_path)
    map_tables(folders[1])
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        assert account_ids(tables) == ["007", "008"]


@pytest.mark.parametrize(
    "sql",
    [
        "-- it's a comment\n" + ACCOUNTS_SQL + "; -- and 'crm.csv' again",
        "/* 'crm.csv' */ FROM read_csv(['crm.csv'], all_varchar=true) "
        "SELECT no AS account_id, since AS started_on",
        "WITH crm AS (FROM read_csv('*.csv', all_varchar=true)) "
        "SELECT no AS account_id, since AS started_on FROM crm",
        'SELECT no AS account_id, since AS started_on FROM "crm.csv"',
        "FROM 'crm.csv' AS é JOIN 'crm.csv' AS ü USING (no) "
        "SELECT é.no AS account_id, ü.since AS started_on",
        "SELECT no AS account_id, since AS started_on, 'crm.csv' = 'x' AS is_champion "
        "FROM read_csv('crm.csv', all_varchar=true)",
    ],
)
def test_a_select_may_be_written_in_many_ways(folders: tuple[Path, Path], sql: str) -> None:
    map_tables(folders[1], accounts=sql)
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        assert account_ids(tables) == ["007", "008"]


@pytest.mark.parametrize("name", ["'ti''ckets [1].csv'", "'ti*.csv'"])
def test_odd_letters_in_names_of_files_and_folders(
    folders: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    odd = tmp_path / "it's [50%], é"
    shutil.copytree(folders[0], odd)
    (odd / "ti'ckets [1].csv").write_text("account_id,opened_on\n007,2024-01-02\n")
    map_tables(folders[1], tickets=f"SELECT * FROM read_csv({name}, all_varchar=true)")
    with open_tables(study(folder=odd, mapping=folders[1])) as tables:
        assert tables.row_counts["tickets"] == 1


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM x", "a mapping is one SELECT and nothing else"),
        ("COPY (SELECT 1) TO 'x.csv'", "a mapping is one SELECT and nothing else"),
        ("SELECT 1; SELECT 2", "a mapping is one SELECT; this file has 2 statements"),
        ("", "a mapping is one SELECT; this file has 0 statements"),
        ("SELECT\n no AS\nFROM 'crm.csv'", "the SQL cannot be read: syntax error"),
        ("SELECT * FROM 'crn.csv'", "which is not in"),
        ("SELECT * FROM read_csv(E'crm.csv')", "write the name of the file plainly"),
        ("SELECT * FROM 'crn.csv'", "Did you mean 'crm.csv'?"),
        ("SELECT nr AS account_id, since AS started_on FROM 'crm.csv'", '"nr" not found'),
        ("SELECT no AS account_id, since AS start_on FROM 'crm.csv'", "found 'start_on'"),
        (ACCOUNTS_SQL.replace("since AS", "1 AS colour, since AS"), "'colour' is not in the contr"),
    ],
)
def test_a_mapping_that_cannot_be_used(folders: tuple[Path, Path], sql: str, words: str) -> None:
    map_tables(folders[1], accounts=sql)
    message = breaches(folders)
    assert words in message
    assert "table 'accounts' (mapping accounts.sql) does not meet its contract" in message


def test_a_syntax_error_says_its_line(folders: tuple[Path, Path]) -> None:
    map_tables(
        folders[1], accounts="SELECT\n  no account_id,\n  since, AS started_on\nFROM 'crm.csv'"
    )
    assert "(line 3)" in breaches(folders)


def test_quotes_that_come_late_in_a_csv(folders: tuple[Path, Path]) -> None:
    rows = "".join(f"{place},2023-01-01,plain\n" for place in range(30_000))
    (folders[0] / "crm.csv").write_text("no,since,name\n" + rows + '007,2023-01-01,"a, b"\n')
    sql = "SELECT no AS account_id, since AS started_on FROM read_csv('crm.csv', all_varchar=true)"
    map_tables(folders[1], accounts=sql, usage=USAGE_SQL + " WHERE no = '007'")
    assert "add quote = '\"', escape = '\"' to read_csv" in breaches(folders)
    quoting = sql.replace("true)", "true, quote = '\"', escape = '\"')")
    map_tables(folders[1], accounts=quoting, usage=USAGE_SQL + " WHERE no = '007'")
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        assert tables.row_counts["accounts"] == 30_001


def test_a_file_as_a_table_is_read_as_text_whatever_its_first_rows_hold(
    folders: tuple[Path, Path],
) -> None:
    """What DuckDB would guess here: numbers as ids, and a delimiter inside of quotes."""
    rows = "".join(f"{place:05};2023-01-01;plain\n" for place in range(30_000))
    (folders[0] / "crm.csv").write_text(f'no;since;name\n{rows}007;2023-01-01;"a; b"\n')
    sql = "SELECT no AS account_id, since AS started_on, name FROM 'crm.csv'"
    map_tables(folders[1], accounts=sql, usage=USAGE_SQL + " WHERE no = '007'")
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        accounts = tables.frames["accounts"].collect("pandas").to_native().set_index("account_id")
    assert accounts.loc["007", "name"] == "a; b"
    assert "00012" in accounts.index


def test_a_file_as_a_table_that_cannot_be_read_is_named(folders: tuple[Path, Path]) -> None:
    (folders[0] / "crm.csv").write_bytes("no,since\n1,é\n".encode("latin-1"))
    map_tables(folders[1], accounts="SELECT no AS account_id, since AS started_on FROM 'crm.csv'")
    message = breaches(folders)
    assert "'crm.csv': the file is not UTF-8" in message
    assert "iconv -f WINDOWS-1252 -t UTF-8 'crm.csv'" in message


def test_a_mapping_may_not_write(folders: tuple[Path, Path], tmp_path: Path) -> None:
    map_tables(folders[1], accounts=f"COPY (SELECT 1) TO '{tmp_path}/stolen.csv'")
    breaches(folders)
    assert not (tmp_path / "stolen.csv").exists()


def test_names_and_folders_of_mappings_are_checked(folders: tuple[Path, Path]) -> None:
    source, mapping = folders
    with pytest.raises(BadInputError, match=r"has no \.sql file"):
        open_tables(study(folder=source, mapping=mapping))
    with pytest.raises(BadInputError, match="does not exist"):
        open_tables(study(folder=source, mapping=mapping / "nowhere"))
    map_tables(mapping, account="SELECT 1")
    with pytest.raises(BadInputError, match=r"Did you mean 'accounts\.sql'"):
        open_tables(study(folder=source, mapping=mapping))


def test_a_table_of_the_folder_that_is_not_mapped_is_noted(folders: tuple[Path, Path]) -> None:
    map_tables(folders[1])
    (folders[0] / "tickets.csv").write_text("account_id,opened_on\n007,2024-01-02\n")
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        assert "tickets" in tables.absent
        assert any(
            "'tickets.csv' is in the folder but not in the mapping" in n for n in tables.notes
        )


def test_a_mapping_over_excel_reads_its_dates(folders: tuple[Path, Path]) -> None:
    day = pd.to_datetime(["2024-01-02"])
    pd.DataFrame({"no": ["007"], "day": day}).to_excel(folders[0] / "t.xlsx", index=False)
    map_tables(
        folders[1],
        tickets="SELECT no AS account_id, day AS opened_on "
        "FROM read_xlsx('t.xlsx', all_varchar=true)",
    )
    with open_tables(study(folder=folders[0], mapping=folders[1])) as tables:
        found = tables.frames["tickets"].collect("pandas").to_native()
    assert str(found["opened_on"].iloc[0])[:10] == "2024-01-02"


# Databases


def fill_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE crm (no TEXT, since TEXT)")
        connection.execute("INSERT INTO crm VALUES ('007', '2023-01-01'), ('008', '2023-02-01')")
        connection.execute(
            "CREATE TABLE usage (account_id TEXT, used_on TEXT, feature TEXT, events)"
        )
        connection.execute(
            "INSERT INTO usage VALUES "
            "('007', '2024-01-01', 'x', 1), ('008', '2024-01-05', 'x', '2')"
        )
    connection.close()


def test_sqlite_with_a_mapping_of_its_tables(folders: tuple[Path, Path], tmp_path: Path) -> None:
    fill_sqlite(tmp_path / "book.sqlite")
    map_tables(
        folders[1],
        accounts="SELECT no AS account_id, since AS started_on FROM crm",
        usage="SELECT * FROM source.usage",
    )
    database = f"sqlite:{tmp_path / 'book.sqlite'}"
    before = (tmp_path / "book.sqlite").read_bytes()
    with open_tables(study(database=database, mapping=folders[1])) as tables:
        assert account_ids(tables) == ["007", "008"]
        assert tables.row_counts["usage"] == 2
    assert (tmp_path / "book.sqlite").read_bytes() == before


def test_sqlite_with_tables_of_the_contracts_names(tmp_path: Path) -> None:
    fill_sqlite(tmp_path / "book.sqlite")
    with sqlite3.connect(tmp_path / "book.sqlite") as connection:
        connection.execute(
            "CREATE VIEW accounts AS SELECT no account_id, since started_on FROM crm"
        )
    connection.close()
    with open_tables(study(database=f"sqlite:{tmp_path / 'book.sqlite'}")) as tables:
        assert account_ids(tables) == ["007", "008"]


def test_a_mapping_of_files_needs_a_folder(folders: tuple[Path, Path], tmp_path: Path) -> None:
    fill_sqlite(tmp_path / "book.sqlite")
    map_tables(folders[1], usage="SELECT * FROM source.usage")
    with pytest.raises(TableContractError, match=r"source\.folder is not given"):
        open_tables(study(database=f"sqlite:{tmp_path / 'book.sqlite'}", mapping=folders[1]))


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("sqlite:/nowhere/book.sqlite", "does not exist"),
        ("mysql://host/book", "known are 'sqlite:FILE', 'duckdb:FILE' and"),
        ("oracle://me:secret@host/book", "'oracle://me@host/book'"),
        ("postgresql://me:secret@127.0.0.1:1/book", "'postgresql://me@127.0.0.1:1/book' cannot be"),
        ("postgresql://127.0.0.1:1/book?user=me&password=secret", "user=me&password=...' cannot"),
    ],
)
def test_databases_that_cannot_be_opened(database: str, words: str) -> None:
    with pytest.raises(BadInputError) as caught:
        open_tables(study(database=database))
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "book.sqlite").write_text("nothing of the kind, but long enough to be read" * 50)
    with pytest.raises(BadInputError, match="cannot be opened"):
        open_tables(study(database=f"sqlite:{tmp_path / 'book.sqlite'}"))


@pytest.fixture
def postgres() -> Iterator[str]:
    """A PostgreSQL server with a small book."""
    programs = postgres_server.binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server binary is installed (apt-get install postgresql)")
    with postgres_server.serve(programs) as address:
        postgres_server.query(
            programs,
            address,
            """
            CREATE TABLE crm (no text, since date, seen timestamptz);
            INSERT INTO crm VALUES ('007', '2023-01-01', now()), ('008', '2023-02-01', now());
            CREATE VIEW accounts AS SELECT no AS account_id, since AS started_on FROM crm;
            CREATE TABLE usage (account_id text, used_on date, feature text, events bigint);
            INSERT INTO usage VALUES ('007', '2024-01-01', 'x', 1), ('008', '2024-01-05', 'x', 2);
            """,
        )
        yield address


@pytest.mark.postgres
@pytest.mark.slow
def test_postgresql_read_only_with_a_mapping(postgres: str, folders: tuple[Path, Path]) -> None:
    map_tables(
        folders[1],
        accounts="SELECT no AS account_id, since AS started_on FROM crm",
        usage="SELECT * FROM usage",
    )
    with open_tables(study(database=postgres, mapping=folders[1])) as tables:
        assert account_ids(tables) == ["007", "008"]
        assert tables.row_counts["usage"] == 2
    with open_tables(study(database=postgres)) as tables:
        assert account_ids(tables) == ["007", "008"]
    seen = "SELECT no AS account_id, seen AS started_on FROM crm"
    map_tables(folders[1], accounts=seen, usage="SELECT * FROM usage")
    with pytest.raises(TableContractError, match="'started_on' is a time with a time zone"):
        open_tables(study(database=postgres, mapping=folders[1]))
