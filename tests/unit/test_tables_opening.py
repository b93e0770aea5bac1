"""Opening a folder of tables: good input becomes typed frames, each bad input one clear message."""

import gc
import gzip
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest

from clustering.config import StudyConfig
from clustering.errors import BadInputError, OutputError, TableContractError
from clustering.tables import SourceTables, open_folder, open_tables

ACCOUNTS = "account_id,started_on\n007,2023-01-01\n008,2023-02-01\n"
USAGE = "account_id,used_on,feature,events\n007,2024-01-01,export,3\n008,2024-01-05,export,2\n"


def write(folder: Path, **tables: str) -> Path:
    for name, text in {"accounts": ACCOUNTS, "usage": USAGE, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def study(folder: Path, as_of: str = "2024-01-10", **source: Any) -> StudyConfig:
    return StudyConfig.model_validate(
        {"name": "trial", "as_of": as_of, "source": {"folder": folder, **source}}
    )


def frame(tables: SourceTables, name: str) -> pd.DataFrame:
    found: pd.DataFrame = tables.frames[name].collect("pandas").to_native()
    return found


def breaches(folder: Path, as_of: str = "2024-01-10") -> str:
    with pytest.raises(TableContractError) as caught:
        open_tables(study(folder, as_of))
    return str(caught.value)


def usage_breaches(folder: Path, *rows: str) -> str:
    text = "account_id,used_on,feature,events\n" + "\n".join(rows) + "\n"
    return breaches(write(folder, usage=text))


# What is good


def test_ids_keep_their_leading_zeros_and_types_are_the_contracts(tmp_path: Path) -> None:
    with open_tables(study(write(tmp_path))) as tables:
        usage = frame(tables, "usage")
        schema = tables.frames["usage"].collect_schema()
    assert usage["account_id"].tolist() == ["007", "008"]
    assert [str(kind) for kind in schema.dtypes()] == ["String", "Date", "String", "Int64"]
    assert tables.row_counts == {"accounts": 2, "usage": 2}
    assert tables.date_ranges["usage"] == (date(2024, 1, 1), date(2024, 1, 5))
    assert "milestones" in tables.absent
    assert "usage" not in tables.absent


def test_names_may_hold_anything_that_people_write(tmp_path: Path) -> None:
    names = ["a, b", 'the "best"', "two\nlines", "😀 & Söhne", "=cmd()"]
    accounts = pd.DataFrame(
        {"account_id": [f"0{i}" for i in range(5)], "started_on": "2023-01-01", "name": names}
    )
    accounts.to_csv(tmp_path / "accounts.csv", index=False)
    (tmp_path / "usage.csv").write_text(USAGE.replace("007", "00").replace("008", "01"))
    with open_tables(study(tmp_path)) as tables:
        assert sorted(frame(tables, "accounts")["name"]) == sorted(names)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_with_any_customary_delimiter(tmp_path: Path, delimiter: str) -> None:
    write(tmp_path, usage=USAGE.replace(",", delimiter))
    with open_tables(study(tmp_path)) as tables:
        assert tables.row_counts["usage"] == 2


def test_a_byte_order_mark_and_compression_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + ACCOUNTS.encode())
    with gzip.open(tmp_path / "usage.csv.gz", "wt") as file:
        file.write(USAGE)
    with open_tables(study(tmp_path)) as tables:
        assert frame(tables, "accounts")["account_id"].tolist() == ["007", "008"]


def test_windows_line_ends_case_and_blanks_in_the_header(tmp_path: Path) -> None:
    write(tmp_path, accounts=" Account_ID ,STARTED_ON\r\n 007 ,2023-01-01\r\n008,2023-02-01\r\n")
    with open_tables(study(tmp_path)) as tables:
        assert sorted(frame(tables, "accounts")["account_id"]) == ["007", "008"]
    assert any("had blanks around it in 1 of 2 rows" in note for note in tables.notes)


def test_json_keeps_text_ids(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "usage.csv").unlink()
    (tmp_path / "usage.ndjson").write_text(
        '{"account_id": "007", "used_on": "2024-01-01", "feature": "x", "events": 3}\n'
        '{"account_id": "008", "used_on": "2024-01-05", "feature": "x", "events": 2}\n'
    )
    with open_tables(study(tmp_path)) as tables:
        usage = frame(tables, "usage").sort_values("account_id")
    assert usage["account_id"].tolist() == ["007", "008"]
    assert usage["events"].tolist() == [3, 2]


def test_excel_dates_numbers_and_truth_values(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "accounts.csv").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["account_id", "started_on", "is_champion", "employees"])
    sheet.append(["007", date(2023, 1, 1), True, 120])
    sheet.append(["008", "2023-02-01", False, None])
    book.save(tmp_path / "accounts.xlsx")
    with open_tables(study(tmp_path)) as tables:
        accounts = frame(tables, "accounts").sort_values("account_id")
    assert [str(day)[:10] for day in accounts["started_on"]] == ["2023-01-01", "2023-02-01"]
    assert accounts["is_champion"].tolist() == [True, False]
    assert accounts["employees"].tolist()[0] == 120


def test_parquet_of_typed_columns_and_whole_numbers_as_ids(tmp_path: Path) -> None:
    pd.DataFrame(
        {"account_id": [7, 8], "started_on": pd.to_datetime(["2023-01-01", "2023-02-01"])}
    ).to_parquet(tmp_path / "accounts.parquet")
    pd.DataFrame(
        {
            "account_id": [7.0, 8.0],  # as pandas leaves whole numbers beside a missing one
            "used_on": pd.to_datetime(["2024-01-01 10:30", "2024-01-05 00:00"]),
            "feature": ["x", "x"],
            "events": [3.0, 2.0],
        }
    ).to_parquet(tmp_path / "usage.parquet")
    with open_tables(study(tmp_path)) as tables:
        usage = frame(tables, "usage").sort_values("account_id")
        assert frame(tables, "accounts")["account_id"].tolist() == ["7", "8"]
    assert usage["account_id"].tolist() == ["7", "8"]
    assert [str(day)[:10] for day in usage["used_on"]] == ["2024-01-01", "2024-01-05"]


def test_an_open_end_written_as_9999_is_no_end(tmp_path: Path) -> None:
    subscriptions = (
        "account_id,started_on,ended_on,arr\n007,2023-01-01,9999-12-31,1200.50\n"
        "008,2023-01-01,2024-01-01,10\n"
    )
    with open_tables(study(write(tmp_path, subscriptions=subscriptions))) as tables:
        found = frame(tables, "subscriptions").sort_values("account_id")
    assert found["ended_on"].isna().tolist() == [True, False]
    assert found["arr"].tolist() == [1200.5, 10.0]


def test_rows_after_as_of_are_counted_and_noted_not_refused(tmp_path: Path) -> None:
    with open_tables(study(write(tmp_path), "2024-01-03")) as tables:
        assert tables.row_counts["usage"] == 2
    assert tables.later_row_counts == {"accounts": 0, "usage": 1}
    assert any("which no feature sees" in note and "usage 1" in note for note in tables.notes)


def test_usage_before_the_start_is_a_note_with_its_share(tmp_path: Path) -> None:
    write(tmp_path, accounts="account_id,started_on\n007,2024-01-03\n008,2023-02-01\n")
    with open_tables(study(tmp_path)) as tables:
        early = [note for note in tables.notes if "before the account's started_on" in note]
    assert early == [
        "usage: 1 of 2 rows (50.0 %) have used_on before the account's started_on; they are used "
        "as they stand."
    ]


def test_repeated_rows_of_usage_are_counted_and_kept(tmp_path: Path) -> None:
    with open_tables(study(write(tmp_path, usage=USAGE + "007,2024-01-01,export,3\n"))) as tables:
        assert tables.row_counts["usage"] == 3
    assert any(note.startswith("usage: 1 of 3 rows (33.3 %) repeat") for note in tables.notes)


def test_files_of_other_names_are_noted_with_the_nearest_table(tmp_path: Path) -> None:
    write(tmp_path, milestone="a\n1\n", holidays="a\n1\n")
    with open_tables(study(tmp_path)) as tables:
        notes = "\n".join(tables.notes)
    assert "'milestone.csv' is no table of the contract and is not read. Did you mean" in notes
    assert "'holidays.csv' is no table of the contract and is not read." in notes


def test_the_frames_of_a_folder_stay_readable_until_closed(tmp_path: Path) -> None:
    tables = open_folder(write(tmp_path))
    assert len(frame(tables, "usage")) == 2
    tables.close()
    with pytest.raises(duckdb.ConnectionException):
        frame(tables, "usage")


def test_printing_the_tables_shows_no_customer(tmp_path: Path) -> None:
    with open_folder(write(tmp_path)) as tables:
        assert "007" not in repr(tables)


# What is missing


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"does not exist\. Correct source\.folder"):
        open_tables(study(tmp_path / "nowhere"))


def test_no_accounts_and_no_behaviour(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("account_id,opened_on\n1,2024-01-01\n")
    message = breaches(tmp_path)
    assert "table 'accounts' is missing" in message
    assert "none of usage, milestones, outcomes is there" in message


def test_missing_misspelt_and_extra_columns_come_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        accounts="account_id,start_date,employes,colour\n007,2023-01-01,5,red\n008,2023-01-02,6,red\n",
        usage="account_id,used_on,feature\n007,2024-01-01,x\n",
    )
    message = breaches(tmp_path)
    assert "column 'started_on' is missing; found 'start_date'. Rename it" in message
    assert "column 'employes' is not in the contract. Did you mean 'employees'?" in message
    assert "column 'colour' is not in the contract. Rename or remove it" in message
    assert '[[schemes.own]] with name = "..." and column = "colour"' in message
    assert "column 'events' is missing" in message
    assert message.count("does not meet its contract") == 2


def test_the_same_table_in_two_files(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "usage.tsv").write_text(USAGE.replace(",", "\t"))
    assert "it is there twice: usage.csv and usage.tsv. Keep one." in breaches(tmp_path)


def test_a_column_named_twice(tmp_path: Path) -> None:
    message = breaches(write(tmp_path, usage="account_id,used_on,used_on,feature,events\n"))
    assert "names 'used_on' twice" in message


def test_empty_table_and_empty_file(tmp_path: Path) -> None:
    message = breaches(write(tmp_path, usage=USAGE.splitlines()[0] + "\n", tickets=""))
    assert "it has no rows. Leave the table out" in message
    assert "no header line" in message


def test_one_account_is_no_study_but_can_be_scored(tmp_path: Path) -> None:
    write(tmp_path, accounts=ACCOUNTS[: ACCOUNTS.index("008")], usage=USAGE[: USAGE.index("008")])
    assert "it has one account; a study compares accounts" in breaches(tmp_path)
    with open_folder(tmp_path) as tables:
        assert tables.row_counts["accounts"] == 1


def test_an_empty_table_is_a_note_when_accounts_are_only_scored(tmp_path: Path) -> None:
    with open_folder(write(tmp_path, tickets="account_id,opened_on\n")) as tables:
        assert "tickets: the table has no rows." in tables.notes


# Values


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "007,01/02/2024,x,3",
            "'used_on' is not a date as YYYY-MM-DD in 1 of 2 rows: '01/02/2024'",
        ),
        ("007,2024-02-30,x,3", "'used_on' is not a date as YYYY-MM-DD in 1 of 2 rows"),
        ("007,soon,x,3", "'used_on' is not a date as YYYY-MM-DD"),
        ("007,2024-01-05T10:00:00Z,x,3", "'used_on' carries a time zone in 1 of 2 rows"),
        ("007,2024-01-05 10:00+02:00,x,3", "'used_on' carries a time zone"),
        ("007,0024-01-05,x,3", "'used_on' is before 1901-01-01 or after 2199-12-31"),
        ("007,,x,3", "'used_on' is empty in 1 of 2 rows; first account_id: 007"),
        ("007,2024-01-05,  ,3", "'feature' is empty in 1 of 2 rows"),
        (",2024-01-05,x,3", "'account_id' is empty in 1 of 2 rows"),
        ("007,2024-01-05,x,", "'events' is empty in 1 of 2 rows"),
        ("007,2024-01-05,x,many", "'events' is not a number in 1 of 2 rows: 'many'"),
        ("007,2024-01-05,x,-3", "'events' is negative in 1 of 2 rows: '-3'"),
        ("007,2024-01-05,x,inf", "'events' is infinite or not a number in 1 of 2 rows: 'inf'"),
        ("007,2024-01-05,x,NaN", "'events' is empty in 1 of 2 rows: 'NaN'; first account_id: 007"),
        ("007,2024-01-05,x,2.5", "'events' is not a whole number in 1 of 2 rows: '2.5'"),
        ('007,2024-01-05,x,"1,5"', "'events' is not a whole number in 1 of 2 rows: '1,5'"),
        ("007,2024-01-05,x,1e13", "'events' is above 1,000,000,000,000, which is not plausible"),
        ("9,2024-01-05,x,3", "1 of 2 rows are of accounts that 'accounts' does not have"),
    ],
)
def test_every_bad_value_is_counted_and_quoted(tmp_path: Path, row: str, expected: str) -> None:
    message = usage_breaches(tmp_path, "008,2024-01-01,x,1", row)
    assert expected in message
    assert "table 'usage' (usage.csv) does not meet its contract (1 breach)" in message


def test_all_breaches_of_all_tables_come_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        accounts="account_id,started_on,employees\n007,2023-13-01,-4\n008,2023-01-01,5\n",
        usage="account_id,used_on,feature,events\n007,01.02.2024,x,a\n",
        tickets="account_id,opened_on,closed_on,score\n007,2024-01-03,2024-01-01,500\n",
    )
    message = breaches(tmp_path)
    for words in (
        "'started_on' is not a date",
        "'employees' is negative",
        "'used_on' is not a date",
        "'events' is not a number",
        "1 of 1 rows have opened_on after closed_on; first account_id: 007",
        "'score' is above 100",
    ):
        assert words in message


def test_lost_leading_zeros_are_told_by_a_hint(tmp_path: Path) -> None:
    message = usage_breaches(tmp_path, "7,2024-01-01,x,1", "8,2024-01-02,x,1")
    assert (
        "2 of 2 rows are of accounts that 'accounts' does not have; first account_id: 7, 8"
        in message
    )
    assert "2 of these rows would match without leading zeros" in message
    assert "Export the ids as text" in message


def test_ids_as_numbers_in_one_table_and_text_in_another(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "usage.csv").unlink()
    day = pd.to_datetime(["2024-01-01", "2024-01-02"])
    pd.DataFrame({"account_id": [7, 8], "used_on": day, "feature": "x", "events": 1}).to_parquet(
        tmp_path / "usage.parquet"
    )
    message = breaches(tmp_path)
    assert "2 of 2 rows are of accounts that 'accounts' does not have; first account_id: 7, 8" in (
        message
    )
    assert "would match without leading zeros" in message


@pytest.mark.parametrize(
    ("account", "hint"),
    [
        ("ABC", "would match in lower case"),
        ("xyz.0", "would match without '.0'"),
        ("gone", "an extract without former customers makes every survivor look typical"),
    ],
)
def test_other_hints_at_unknown_accounts(tmp_path: Path, account: str, hint: str) -> None:
    write(tmp_path, accounts="account_id,started_on\nabc,2023-01-01\nxyz,2023-01-01\n")
    (tmp_path / "usage.csv").write_text(
        f"account_id,used_on,feature,events\nabc,2024-01-01,x,1\n{account},2024-01-01,x,1\n"
    )
    assert hint in breaches(tmp_path)


def test_repeated_accounts(tmp_path: Path) -> None:
    message = breaches(write(tmp_path, accounts=ACCOUNTS + "007,2022-01-01\n"))
    assert (
        "'account_id' is not unique: 1 of them stand in 2 of 3 rows; first account_id: 007"
        in message
    )


def test_repeated_milestones_are_refused(tmp_path: Path) -> None:
    milestones = "account_id,milestone,achieved_on\n007,go-live,2023-05-01\n007,go-live,\n"
    message = breaches(write(tmp_path, milestones=milestones))
    assert "the key (account_id, milestone) is not unique" in message


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        (
            "subscriptions",
            "account_id,started_on,ended_on,arr\n007,2024-01-02,2024-01-01,5\n",
            "started_on after ended_on",
        ),
        (
            "milestones",
            "account_id,milestone,achieved_on,achieved_recorded_on\n007,m,2024-01-02,2024-01-01\n",
            "achieved_on after achieved_recorded_on",
        ),
        (
            "outcomes",
            "account_id,outcome,measured_on,value,target,recorded_on\n"
            "007,o,2024-01-02,1,2,2024-01-01\n",
            "measured_on after recorded_on",
        ),
        (
            "surveys",
            "account_id,answered_on,kind,score\n007,2024-01-02,NPS,11\n",
            "nps score above",
        ),
        ("surveys", "account_id,answered_on,kind,score\n007,2024-01-02,x,1\n", "none of nps, csat"),
        (
            "tickets",
            "account_id,opened_on,score\n007,2024-01-02,1e400\n",
            "'score' is infinite or not a number",
        ),
        (
            "accounts",
            "account_id,started_on,is_champion\n007,2023-01-01,perhaps\n008,2023-01-01,yes\n",
            "'is_champion' is neither true nor false in 1 of 2 rows: 'perhaps'",
        ),
    ],
)
def test_relations_within_a_row(tmp_path: Path, table: str, text: str, words: str) -> None:
    assert words in breaches(write(tmp_path, **{table: text}))


def test_a_typed_column_of_the_wrong_type(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "usage.csv").unlink()
    when = pd.to_datetime(["2024-01-01"]).tz_localize("Europe/Berlin")
    pd.DataFrame(
        {"account_id": ["007"], "used_on": when, "feature": "x", "events": True}
    ).to_parquet(tmp_path / "usage.parquet")
    message = breaches(tmp_path)
    assert "'used_on' is a time with a time zone" in message
    assert "by source.time_zone = 'Europe/London' or in a mapping: CAST(timezone(" in message
    assert (
        "'events' is BOOLEAN in 1 of 1 rows: 'true'; first account_id: 007. Expected a" in message
    )


# as_of


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        ("2022-12-31", "as_of 2022-12-31 is before the first account began (2023-01-01)"),
        ("2023-12-31", "as_of 2023-12-31 is before the first row of behaviour (2024-01-01)"),
        ("2024-02-06", "is 32 days after the last row of behaviour (2024-01-05); at most 31"),
    ],
)
def test_as_of_outside_the_data(tmp_path: Path, as_of: str, words: str) -> None:
    assert words in breaches(write(tmp_path), as_of)


def test_as_of_at_the_edges_of_the_data_is_allowed(tmp_path: Path) -> None:
    write(tmp_path)
    for as_of in ("2024-01-01", "2024-02-05"):
        open_tables(study(tmp_path, as_of)).close()


def test_a_table_that_ended_long_ago_is_noted(tmp_path: Path) -> None:
    write(tmp_path, tickets="account_id,opened_on\n007,2023-06-01\n")
    with open_tables(study(tmp_path)) as tables:
        assert any(
            "tickets: the last row is of 2023-06-01, 223 days before" in n for n in tables.notes
        )


# Files that cannot be read


def test_not_utf8_says_how_to_convert(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "accounts.csv").write_bytes(
        "account_id,started_on,name\n007,2023-01-01,Café\n008,2023-01-01,x\n".encode("latin-1")
    )
    message = breaches(tmp_path)
    assert "the file is not UTF-8" in message
    assert "iconv -f WINDOWS-1252 -t UTF-8 'accounts.csv'" in message


def test_utf16_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "accounts.csv").write_bytes(ACCOUNTS.encode("utf-16"))
    assert "the file is UTF-16, not UTF-8" in breaches(tmp_path)


def test_a_line_with_too_many_cells_is_named(tmp_path: Path) -> None:
    message = breaches(write(tmp_path, usage=USAGE + "007,2024-01-01,a,b,3\n"))
    assert "1 row does not have the 4 values that the header names: line 4" in message
    assert "needs double quotes around it" in message


@pytest.mark.parametrize("name", ["usage.parquet", "usage.xlsx", "usage.json", "usage.csv.gz"])
def test_a_file_that_is_not_what_its_name_says(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / "usage.csv").unlink()
    (tmp_path / name).write_bytes(b"nothing of the kind")
    assert f"table 'usage' ({name}) does not meet its contract (1 breach)" in breaches(tmp_path)


def test_a_parquet_file_damaged_in_the_middle(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "usage.csv").unlink()
    path = tmp_path / "usage.parquet"
    days = pd.date_range("2024-01-01", periods=200).astype("datetime64[ms]")
    pd.DataFrame(
        {"account_id": "007", "used_on": days, "feature": "x", "events": range(200)}
    ).to_parquet(path)
    content = bytearray(path.read_bytes())
    content[40:400] = b"\xff" * 360
    path.write_bytes(content)
    assert "table 'usage' (usage.parquet) does not meet its contract (1 breach)" in breaches(
        tmp_path
    )


# The place for scratch files


def scratch_folders(parent: Path) -> list[Path]:
    return list(parent.glob("clustering-tables-*"))


def test_scratch_files_go_when_closed_when_refused_and_when_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, source = tmp_path / "scratch", tmp_path / "source"
    scratch.mkdir()
    source.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    tables = open_folder(write(source))
    assert len(scratch_folders(scratch)) == 1
    tables.close()
    assert scratch_folders(scratch) == []
    forgotten = open_folder(source)
    del forgotten
    gc.collect()
    assert scratch_folders(scratch) == []
    breaches(write(source, usage="account_id\n"))
    assert scratch_folders(scratch) == []


def test_no_place_for_scratch_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(OutputError, match="Set TMPDIR to one that can be written"):
        open_folder(write(tmp_path))


@pytest.mark.slow
def test_a_full_disk_is_said_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    scratch, source = tmp_path / "scratch", tmp_path / "source"
    scratch.mkdir()
    source.mkdir()
    rows = "".join(f"007,2024-01-01,feature {place},{place}\n" for place in range(100_000))
    write(source, usage="account_id,used_on,feature,events\n" + rows)
    # No file may grow beyond 64 KiB: the quota that a test can set without rights.
    program = f"""
import resource, signal, sys
from pathlib import Path
from clustering.errors import OutputError
from clustering.tables import open_folder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    open_folder(Path({str(source)!r}))
except OutputError as error:
    sys.exit(f"said: {{error}}")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert ended.stderr.startswith("said: there is no room for the tables"), ended.stderr
    assert scratch_folders(scratch) == []


# What spreadsheets leave behind


def test_rows_without_any_value_are_skipped_and_noted(tmp_path: Path) -> None:
    write(tmp_path, usage=USAGE.replace("\n008", "\n,,,\n ,,,\n008") + ",,,\n\n")
    with open_tables(study(tmp_path)) as tables:
        assert tables.row_counts["usage"] == 2
        assert any("usage: 3 rows without any value were skipped" in note for note in tables.notes)


def test_a_header_may_run_over_several_lines_and_hold_delimiters(tmp_path: Path) -> None:
    header = '"account_id","used_on","feature","events","of\nwhom, new"\n'
    message = breaches(write(tmp_path, usage=header + "007,2024-01-01,x,1,2\n"))
    assert "column 'of\nwhom, new' is not in the contract" in message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(tmp_path: Path, end: str) -> None:
    write(tmp_path)
    (tmp_path / "usage.csv").write_bytes(USAGE.replace("\n", end).encode())
    with open_tables(study(tmp_path)) as tables:
        assert tables.row_counts["usage"] == 2


def test_the_first_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "accounts.csv").unlink()
    accounts = pd.DataFrame({"account_id": ["007", "008"], "started_on": "2023-01-01"})
    with pd.ExcelWriter(tmp_path / "accounts.xlsx") as book:
        accounts.to_excel(book, sheet_name="Now", index=False)
        accounts.to_excel(book, sheet_name="Old", index=False)
    with open_tables(study(tmp_path)) as tables:
        assert tables.row_counts["accounts"] == 2
        assert "'accounts.xlsx': sheet 'Now' is read, not 'Old'." in tables.notes


def test_no_account_at_all_is_one_breach_not_one_per_table(tmp_path: Path) -> None:
    message = breaches(write(tmp_path, accounts="account_id,started_on\n"))
    assert message.count("does not meet its contract") == 1


def test_a_table_that_is_a_link_is_read(tmp_path: Path) -> None:
    """Who owns the folder has put it there; a mapping could not reach it."""
    folder, elsewhere = tmp_path / "tables", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    write(folder)
    (folder / "usage.csv").rename(elsewhere / "events.csv")
    (folder / "usage.csv").symlink_to(elsewhere / "events.csv")
    with open_folder(folder) as tables:
        assert tables.row_counts["usage"]
