"""Stores of scores: a run is there whole, twice the same, and knows what was held before."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from clustering.errors import BadInputError, ClusteringError, OutputError, StoreError
from clustering.stores.address import open_store
from clustering.stores.duckdb_file import DuckDBStore
from clustering.stores.files import FileStore, FolderStore
from clustering.stores.postgres import PostgresStore
from clustering.stores.rows import SCORE_ROWS, as_rows
from clustering.stores.store import ScoreStore
from postgres_server import binaries, query
from score_rows import files_below, keep, run_of, scores_of

MARCH, APRIL, MAY = "2025-03-31", "2025-04-30", "2025-05-31"
TABLE = "account_scores"


Kept = tuple[ScoreStore, Callable[[], pd.DataFrame]]


@pytest.fixture(params=["folder", "duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """A store of each kind, and everything that a reader of it sees."""
    if request.param == "folder":
        place = tmp_path / "scores"

        def rows() -> pd.DataFrame:
            sql = f"SELECT * FROM read_parquet('{place}/**/*.parquet', hive_partitioning = true)"
            return duckdb.sql(sql).df()

        return FolderStore(place, patience_s=0.3), rows
    if request.param == "duckdb":
        file = tmp_path / "scores.duckdb"

        def rows() -> pd.DataFrame:
            with duckdb.connect(str(file), read_only=True) as connection:
                return connection.sql(f"FROM {TABLE}").df()

        return DuckDBStore(file, patience_s=0.3), rows
    address = request.getfixturevalue("postgres_address")
    query(binaries(), address, f"DROP TABLE IF EXISTS {TABLE}")

    def rows() -> pd.DataFrame:
        return postgres_rows(address)

    return PostgresStore(address, patience_s=0.3), rows


def postgres_rows(address: str) -> pd.DataFrame:
    columns = "account_id, as_of, model_version, segment, held_segment_id, waiting_dates, tier"
    text = query(binaries(), address, f"SELECT {columns} FROM {TABLE} ORDER BY 2, 3, 1")
    lines = [line.split("|") for line in text.splitlines()]
    frame = pd.DataFrame(lines, columns=columns.split(", "))
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]))


def seen(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Account, date and what is held, in order."""
    ordered = rows.sort_values(["as_of", "account_id"])
    days = pd.to_datetime(ordered["as_of"]).dt.strftime("%Y-%m-%d")
    return list(zip(ordered["account_id"], days, ordered["held_segment_id"], strict=True))


def test_twice_the_same_rows(kept: Kept) -> None:
    store, rows = kept
    store.check()
    keep(store, run_of(MARCH), {"a": 0, "b": 1})
    first = rows()
    store.check()
    keep(store, run_of(MARCH), {"a": 0, "b": 1})
    pd.testing.assert_frame_equal(rows(), first)
    assert seen(first) == [("a", MARCH, "S-one"), ("b", MARCH, "S-two")]


def test_fewer_accounts_leave_nothing_of_the_earlier_run(kept: Kept) -> None:
    store, rows = kept
    keep(store, run_of(MARCH), {"a": 0, "b": 1})
    keep(store, run_of(APRIL), {"a": 0, "b": 1})
    keep(store, run_of(APRIL), {"b": 1})
    assert seen(rows()) == [("a", MARCH, "S-one"), ("b", MARCH, "S-two"), ("b", APRIL, "S-two")]


def test_another_model_is_beside_it(kept: Kept) -> None:
    store, rows = kept
    keep(store, run_of(MARCH), {"a": 0})
    keep(store, run_of(MARCH, "def"), {"a": 1})
    assert sorted(rows()["model_version"]) == ["abc", "def"]


def test_an_account_moves_on_lasting_evidence_and_later_rows_are_not_seen(kept: Kept) -> None:
    store, rows = kept
    assert keep(store, run_of(MARCH), {"a": 0})["held_segment_id"].tolist() == ["S-one"]
    waits = keep(store, run_of(APRIL), {"a": 1})
    assert waits["held_segment_id"].tolist() == ["S-one"]
    assert waits["waiting_segment_id"].tolist() == ["S-two"]
    assert keep(store, run_of(MAY), {"a": 1})["held_segment_id"].tolist() == ["S-two"]
    again = keep(store, run_of(APRIL), {"a": 1})  # May says otherwise, and is not looked at
    pd.testing.assert_frame_equal(again, waits)
    assert [held for _, _, held in seen(rows())] == ["S-one", "S-one", "S-two"]


def test_evidence_of_a_former_model_counts_by_the_lasting_id(kept: Kept) -> None:
    store, _ = kept
    keep(store, run_of(MARCH), {"a": 0})
    keep(store, run_of(APRIL), {"a": 1})
    later = keep(store, run_of(MAY, "def"), {"a": 0}, ids=("S-two", "S-new"))
    assert later["held_segment_id"].tolist() == ["S-two"]  # S-one is gone


def test_the_models_own_rows_come_first_where_a_date_has_two(kept: Kept) -> None:
    store, _ = kept
    keep(store, run_of(MARCH), {"a": 0})
    keep(store, run_of(MARCH, "def"), {"a": 1})
    assert keep(store, run_of(APRIL), {"a": 0})["held_segment_id"].tolist() == ["S-one"]
    assert keep(store, run_of(MAY, "def"), {"a": 1})["waiting_segment_id"].tolist() == ["S-two"]


def test_who_was_left_out_of_an_extract_holds_on_and_who_was_away_for_long_does_not(
    tmp_path: Path,
) -> None:
    store = FolderStore(tmp_path / "scores")
    keep(store, run_of("2025-01-01"), {"a": 0, "b": 0})
    for day in range(2, 8):
        keep(store, run_of(f"2025-01-0{day}"), {"b": 0})
    assert keep(store, run_of("2025-01-08"), {"a": 1})["held_segment_id"].tolist() == ["S-one"]
    (tmp_path / "scores" / "as_of=2025-01-08").rename(tmp_path / "gone")
    keep(store, run_of("2025-01-08"), {"b": 0})
    assert keep(store, run_of("2025-01-09"), {"a": 1})["held_segment_id"].tolist() == ["S-two"]


def test_an_account_without_a_segment_holds_what_it_held(kept: Kept) -> None:
    store, _ = kept
    keep(store, run_of(MARCH), {"a": 0, "new": None})
    held = keep(store, run_of(APRIL), {"a": None, "new": 1})
    assert held["held_segment_id"].tolist() == ["S-one", "S-two"]


def test_schemes_may_come_later(kept: Kept) -> None:
    store, rows = kept
    keep(store, run_of(MARCH), {"a": 0})
    keep(store, run_of(APRIL), {"a": 0}, schemes=["scheme_tenure"])
    keep(store, run_of(MAY), {"a": 0})
    assert len(rows()) == 3


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_failed_run_changes_nothing(kept: Kept, error: type[BaseException]) -> None:
    store, rows = kept
    keep(store, run_of(MARCH), {"a": 0})
    with pytest.raises(error), store.draft(run_of(MARCH)) as draft:
        table = as_rows(scores_of({"z": 1}), run_of(MARCH), draft.schema())
        pq.write_table(table, draft.file)
        raise error
    assert seen(rows()) == [("a", MARCH, "S-one")]


def test_a_failed_first_run_leaves_no_place(tmp_path: Path) -> None:
    for store in (FolderStore(tmp_path / "scores"), DuckDBStore(tmp_path / "scores.duckdb")):
        with pytest.raises(ZeroDivisionError), store.draft(run_of(MARCH)):
            raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_of_two_runs_the_second_waits_and_then_says_so(kept: Kept) -> None:
    store, rows = kept
    keep(store, run_of(MARCH), {"a": 0})
    with store.draft(run_of(APRIL)) as draft:
        with pytest.raises(StoreError, match="--wait"):
            keep(store, run_of(APRIL), {"b": 1})
        pq.write_table(as_rows(scores_of({"a": 0}), run_of(APRIL), draft.schema()), draft.file)
    assert len(rows()) == 2


def test_types_are_those_of_the_declaration(tmp_path: Path) -> None:
    keep(DuckDBStore(tmp_path / "s.duckdb"), run_of(MARCH), {"a": 0, "b": None})
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:
        found = connection.sql(f"DESCRIBE {TABLE}").fetchall()
        row = connection.sql(
            f"SELECT as_of, segment, probability FROM {TABLE} ORDER BY 1, 2"
        ).fetchall()
    assert [name for name, *_ in found] == [one.name for one in SCORE_ROWS.columns]
    assert row == [(date(2025, 3, 31), 0, 0.8), (date(2025, 3, 31), None, None)]


def test_a_folder_is_read_with_its_partitions_by_pandas(tmp_path: Path) -> None:
    keep(FolderStore(tmp_path / "scores"), run_of(MARCH), {"a": 0})
    frame = pd.read_parquet(tmp_path / "scores")
    assert frame["as_of"].astype("str").tolist() == [MARCH]
    assert frame["model_version"].astype("str").tolist() == ["abc"]
    assert files_below(tmp_path) == [f"scores/as_of={MARCH}/model_version=abc/scores.parquet"]


def test_a_csv_is_harmless_in_a_spreadsheet_and_parquet_keeps_every_id(tmp_path: Path) -> None:
    accounts = {"=cmd()|' /C calc'!A0": 0, "-17": None}
    for name in ("s.csv", "s.parquet"):
        keep(FileStore(tmp_path / name), run_of(MARCH), accounts)
    frame = pd.read_csv(tmp_path / "s.csv", dtype={"segment": "Int64"})
    assert frame["account_id"].tolist() == ["'=cmd()|' /C calc'!A0", "'-17"]
    assert (tmp_path / "s.csv").read_text().splitlines()[2].startswith("'-17,,")
    assert frame["as_of"].tolist() == [MARCH, MARCH]
    table = pd.read_parquet(tmp_path / "s.parquet")
    assert table["account_id"].tolist() == list(accounts)
    assert table["as_of"].tolist() == [date(2025, 3, 31)] * 2


def foreign_folder(place: Path) -> str:
    (place / "usage").mkdir(parents=True)
    return str(place)


def file_for_a_folder(place: Path) -> str:
    place.write_text("x")
    return f"{place}/"


def not_a_database(place: Path) -> str:
    file = place.with_suffix(".duckdb")
    file.write_text("these are no scores, and far too few bytes for a database" * 300)
    return str(file)


def other_columns(place: Path) -> str:
    file = place.with_suffix(".duckdb")
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE {TABLE} (account_id TEXT, segment TEXT)")
    return str(file)


def database_folder(place: Path) -> str:
    file = place.with_suffix(".duckdb")
    file.mkdir()
    return f"duckdb:///{file}"


def scores_of_another_layout(place: Path) -> str:
    folder = place / f"as_of={MARCH}" / "model_version=abc"
    folder.mkdir(parents=True)
    pd.DataFrame({"account_id": ["a"]}).to_parquet(folder / "scores.parquet")
    return str(place)


BAD: list[tuple[Callable[[Path], str], type[ClusteringError], str]] = [
    (foreign_folder, StoreError, "is not a folder of scores: it holds 'usage'"),
    (file_for_a_folder, StoreError, "is a file; expected a folder of scores"),
    (lambda place: str(place / "no" / "scores"), StoreError, "there is no folder"),
    (lambda place: str(place / "no" / "s.duckdb"), StoreError, "there is no folder"),
    (lambda place: str(place / "no" / "s.csv"), OutputError, "there is no folder"),
    (
        lambda place: str(place.with_suffix(".xlsx")),
        OutputError,
        "expected .csv or .parquet, .duck",
    ),
    (not_a_database, StoreError, "cannot be opened"),
    (database_folder, StoreError, "is a folder; expected a DuckDB file"),
    (other_columns, StoreError, "column 'segment' is VARCHAR; expected BIGINT"),
    (scores_of_another_layout, StoreError, "Score these dates again"),
    (lambda place: "mysql://root@host/db", OutputError, "'mysql:' are not known"),
    (lambda place: "s3://bucket/scores", OutputError, "'s3:' are not known"),
    (lambda place: "postgresql://kim:se/cret@host/db", StoreError, "cannot be read; expected"),
    (lambda place: "postgresql://kim@127.0.0.1:1/db", StoreError, "cannot be reached"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_a_bad_place_is_named_and_left_as_it_is(
    make: Callable[[Path], str], error: type[ClusteringError], message: str, tmp_path: Path
) -> None:
    address = make(tmp_path / "place")
    before = files_below(tmp_path)
    with pytest.raises(error) as raised:
        store = open_store(address, table=TABLE, patience_s=0.1)
        store.check()
        keep(store, run_of(APRIL), {"a": 0})
    assert message in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("name", ["a b", "a;DROP TABLE x", "a.b.c", "", "1a", "x" * 64, 'a"b'])
def test_a_name_of_a_table_is_a_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is no name of a table"):
        open_store(str(tmp_path / "s.duckdb"), table=name).check()


def test_a_relative_address_that_was_meant_from_the_root_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    with pytest.raises(StoreError, match=r"Its address is duckdb:////"):
        open_store(f"duckdb:///{str(tmp_path / 'data')[1:]}/s.duckdb", table=TABLE).check()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://kim:s3cret@127.0.0.1:1/db",
        "postgresql://kim@127.0.0.1:1/db?password=s3cret",
        "postgresql://kim:s3cret%2F@127.0.0.1:1/db",
        "postgresql://kim:s3cret:x@127.0.0.1:1/db",
        "postgresql://kim:s3cret/x@127.0.0.1:1/db",
        "postgresql://kim:s3cret#x@127.0.0.1:1/db",
        "postgresql://kim:s3cret@host:port/db",
        "postgresql://kim:p@s3cret@127.0.0.1:1/db",
        "postgresql://kim:s3cret?@127.0.0.1:1/db",
    ],
)
def test_a_password_is_never_shown(address: str) -> None:
    store = open_store(address, table=TABLE, patience_s=0.1)
    with pytest.raises(StoreError) as raised:
        store.check()
    assert "s3cret" not in str(raised.value)
    assert "s3cret" not in store.place


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("ddl", "table", "message"),
    [
        ("CREATE TABLE foreign_one (account_id TEXT)", "foreign_one", "it lacks segment"),
        ("SELECT 1", "no_schema.scores", "no_schema"),
        ("CREATE VIEW seen AS SELECT 1 AS account_id", "seen", "cannot take scores"),
    ],
)
def test_a_bad_table_of_postgres_is_named(
    postgres_address: str, ddl: str, table: str, message: str
) -> None:
    query(binaries(), postgres_address, ddl)
    store = PostgresStore(postgres_address, table)
    with pytest.raises(StoreError, match=message):
        store.check()
        keep(store, run_of(MARCH), {"a": 0})


@pytest.mark.postgres
def test_postgres_refuses_whom_it_does_not_know(postgres_address: str) -> None:
    store = PostgresStore(postgres_address.replace("reader@", "nobody:s3cret@"))
    with pytest.raises(StoreError, match="cannot be reached") as raised:
        store.check()
    assert "s3cret" not in str(raised.value)


def test_a_duckdb_file_that_another_process_has_open_is_waited_for(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path / "s.duckdb", patience_s=0.5)
    keep(store, run_of(MARCH), {"a": 0})
    code = (
        f"import duckdb, time; c = duckdb.connect({str(store.path)!r}); "
        "print('there', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "there\n"
        with pytest.raises(StoreError, match=r"is in use: .*--wait"):
            keep(store, run_of(APRIL), {"a": 0})
    finally:
        other.kill()
        other.communicate()
    keep(store, run_of(APRIL), {"a": 0})


def test_leftovers_of_killed_runs_are_swept(tmp_path: Path) -> None:
    folder, file = tmp_path / "scores", tmp_path / "s.duckdb"
    folder.mkdir()
    for left in (folder / ".scores-999999-0123abcd", tmp_path / ".s.duckdb-999999-0123abcd"):
        left.mkdir()
        (left / "rows.parquet").write_text("half")
    keep(FolderStore(folder), run_of(MARCH), {"a": 0})
    keep(DuckDBStore(file), run_of(MARCH), {"a": 0})
    assert files_below(tmp_path) == [
        "s.duckdb",
        f"scores/as_of={MARCH}/model_version=abc/scores.parquet",
    ]


@pytest.mark.parametrize("name", ["scores", "s.duckdb", "s.parquet", "s.csv"])
def test_a_full_disk_leaves_what_was_there(name: str, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / name), table=TABLE, patience_s=0.3)
    keep(store, run_of(MARCH), {"a": 0})
    before = {file: (tmp_path / file).read_bytes() for file in files_below(tmp_path)}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal of such a limit: writing beyond it fails as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises((OutputError, StoreError), match=r"cannot be (written|kept)|no room"):
            keep(store, run_of(APRIL), {f"account {row}": row % 2 for row in range(5000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file: (tmp_path / file).read_bytes() for file in files_below(tmp_path)} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", ["scores", "s.duckdb", "s.csv"])
def test_a_place_without_permission_is_named(name: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises((OutputError, StoreError), match="is read-only"):
            open_store(str(tmp_path / name), table=TABLE).check()
    finally:
        tmp_path.chmod(0o700)
