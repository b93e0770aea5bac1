"""`clustering init`: a draft from files of other names that works once a person has read it."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands import check, init
from clustering.config import load_config
from clustering.errors import BadInputError, ConfigError, OutputError, TableContractError
from clustering.tables import open_tables
from clustering.tables.init.drafting import draft_study, write_draft

CUSTOMERS = """Customer No;Customer Name;Customer Since;Sector;Country;Headcount;Churn Flag
007;Shop, the;31/12/2022;Retail;DE;120;0
008;Bank;15/02/2023;Finance;FR;4000;1
009;Farm;01/03/2023;Food;DE;15;0
"""
CONTRACTS = """contractId,customerNo,startDate,endDate,MRR,Licences
c1,007,2023-01-01,2024-01-01,100.5,10
c2,008,2023-02-15,,2500,300
c3,009,2023-03-01,,20,2
"""
EVENTS = """contract_id,event_date,event_name,event_count
c1,2024-01-02,export,3
c2,2024-01-03,import,4
c3,2024-01-04,export,1
"""
HELP_DESK = """ticket,customer_no,created_at,resolved_at,priority,csat
1,007,2024-01-02 10:00:00,2024-01-03 11:00:00,high,5
2,008,2024-01-05 10:00:00,,low,
"""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports of ours"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "contracts_2024.csv").write_text(CONTRACTS.replace("contractId", "contract_id"))
    (folder / "product_events.csv").write_text(EVENTS)
    (folder / "support_cases.csv").write_text(HELP_DESK)
    (folder / "holidays.csv").write_text("day,country\n2024-01-01,DE\n")
    return folder


def draft(folder: Path, *paths: Path) -> Path:
    name = folder.name
    return write_draft(draft_study(name, folder, paths), name, folder)[0]


def with_date(toml: Path, as_of: str = "2024-01-10") -> Path:
    text = toml.read_text(encoding="utf-8")
    assert "# as_of = YYYY-MM-DD" in text
    toml.write_text(text.replace("# as_of = YYYY-MM-DD", f"as_of = {as_of}"), encoding="utf-8")
    return toml


def test_a_draft_from_renamed_columns_passes_the_check_once_dated(
    exports: Path, tmp_path: Path
) -> None:
    toml = draft(tmp_path / "mine", exports)
    with open_tables(load_config(with_date(toml))) as tables:
        assert tables.row_counts == {"accounts": 3, "subscriptions": 3, "usage": 3, "tickets": 2}
        accounts = tables.frames["accounts"].collect("pandas").to_native().sort_values("account_id")
        subscriptions = tables.frames["subscriptions"].collect("pandas").to_native()
        usage = tables.frames["usage"].collect("pandas").to_native()
    assert accounts["account_id"].tolist() == ["007", "008", "009"]
    assert str(accounts["started_on"].iloc[0])[:10] == "2022-12-31"
    assert accounts["name"].tolist()[0] == "Shop, the"
    assert accounts["employees"].tolist() == [120, 4000, 15]
    assert sorted(subscriptions["arr"]) == [240.0, 1206.0, 30000.0]  # twelve months each
    assert sorted(usage["account_id"]) == ["007", "008", "009"]  # through the contract


def test_the_date_is_never_guessed(exports: Path, tmp_path: Path) -> None:
    toml = draft(tmp_path / "mine", exports)
    with pytest.raises(ConfigError, match="'as_of' is missing"):
        load_config(toml)
    assert "#   usage: 2024-01-02 to 2024-01-04" in toml.read_text()
    assert "#   accounts: 2022-12-31 to 2023-03-01" in toml.read_text()


def test_what_was_not_used_or_not_certain_stands_in_the_mapping(
    exports: Path, tmp_path: Path
) -> None:
    folder = draft(tmp_path / "mine", exports).parent / "mapping"
    accounts = (folder / "accounts.sql").read_text()
    assert "-- Not used: Churn Flag." in accounts
    assert "Never map an undated flag" in accounts
    assert "Nothing found for (optional): " in accounts
    assert "'MRR' is taken to be an amount per month" in (folder / "subscriptions.sql").read_text()
    assert (
        "taken through 'contract_id' from contracts_2024.csv" in (folder / "usage.sql").read_text()
    )


def test_dates_that_read_two_ways_are_left_to_the_person(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,started_on\na,01/02/2023\nb,03/04/2023\n")
    (tmp_path / "usage.csv").write_text("account_id,used_on,feature,events\na,2024-01-01,x,1\n")
    toml = draft(tmp_path / "mine", tmp_path / "accounts.csv", tmp_path / "usage.csv")
    sql = (toml.parent / "mapping" / "accounts.sql").read_text()
    assert "NOT GUESSED started_on" in sql
    assert "'%d/%m/%Y') AS DATE) AS VARCHAR), \"started_on\") AS started_on" in sql
    assert "'%m/%d/%Y') AS DATE) AS VARCHAR), \"started_on\") AS started_on" in sql
    with pytest.raises(TableContractError, match="column 'started_on' is missing"):
        open_tables(load_config(with_date(toml)))


def test_odd_names_of_columns_do_not_end_the_comments(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        'account_id,started_on,"so ""called""\nDROP TABLE; --"\na,2023-01-01,x\nb,2023-01-01,y\n'
    )
    (tmp_path / "usage.csv").write_text("account_id,used_on,feature,events\na,2024-01-01,x,1\n")
    toml = draft(tmp_path / "mine", tmp_path / "accounts.csv", tmp_path / "usage.csv")
    sql = (toml.parent / "mapping" / "accounts.sql").read_text()
    assert '-- Not used: so "called" DROP TABLE; --.' in sql
    with open_tables(load_config(with_date(toml))) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 1}


def test_a_damaged_row_is_named_by_the_draft_or_by_the_check(tmp_path: Path) -> None:
    accounts, usage = tmp_path / "accounts.csv", tmp_path / "usage.csv"
    accounts.write_text("account_id,started_on\na,2023-01-01\nb,2023-01-01\n")
    good = "account_id,used_on,feature,events\na,2024-01-01,x,1\n"
    usage.write_text(good)
    toml = with_date(draft(tmp_path / "mine", accounts, usage))
    usage.write_text(good + "a,b,c,d,e,f\n")
    with pytest.raises(
        TableContractError,
        match=r"'usage\.csv': 1 row does not have the 4 values that the header names: line 3",
    ):
        open_tables(load_config(toml))
    with pytest.raises(BadInputError, match=r"usage\.csv: 1 row does not have the 4 values"):
        draft_study("mine", tmp_path / "other", [accounts, usage])


def test_a_workbook_and_a_database(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame(
            {"id": ["007", "008"], "Start Date": pd.to_datetime(["2023-01-01", "2023-02-01"])}
        ).to_excel(book, sheet_name="Clients", index=False)
        pd.DataFrame({"note": ["nothing"]}).to_excel(book, sheet_name="Read me", index=False)
    with sqlite3.connect(tmp_path / "app.sqlite") as connection:
        connection.execute("CREATE TABLE activity_log (client_id, day, feature_name, count)")
        connection.execute("INSERT INTO activity_log VALUES ('007', '2024-01-05', 'x', 3)")
    connection.close()
    toml = draft(tmp_path / "mine", tmp_path / "book.xlsx", tmp_path / "app.sqlite")
    with open_tables(load_config(with_date(toml))) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 1}


def test_parquet_and_json(tmp_path: Path) -> None:
    pd.DataFrame(
        {"accountId": ["1", "2"], "created_at": pd.to_datetime(["2023-01-01", "2023-02-01"])}
    ).to_parquet(tmp_path / "crm_accounts.parquet")
    (tmp_path / "goals.json").write_text(
        '[{"account": "1", "metric": "hours", "date": "2024-01-05", "actual": 3, "target": 4}]'
    )
    toml = draft(tmp_path / "mine", tmp_path / "crm_accounts.parquet", tmp_path / "goals.json")
    with open_tables(load_config(with_date(toml))) as tables:
        assert tables.row_counts == {"accounts": 2, "outcomes": 1}


def test_nothing_of_the_user_is_overwritten(exports: Path, tmp_path: Path) -> None:
    toml = draft(tmp_path / "mine", exports)
    toml.write_text("my own words")
    with pytest.raises(OutputError, match="exist already; nothing was written"):
        draft(tmp_path / "mine", exports)
    assert toml.read_text() == "my own words"
    other = tmp_path / "other"
    (other / "mapping").mkdir(parents=True)
    with pytest.raises(OutputError, match="exists already"):
        draft(other, exports)
    assert [path.name for path in other.iterdir()] == ["mapping"]


def test_a_folder_that_cannot_be_made(exports: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        draft(tmp_path / "file" / "mine", exports)


def test_sources_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="nothing to read in"):
        draft_study("mine", tmp_path, [tmp_path / "empty"])
    with pytest.raises(BadInputError, match="does not exist"):
        draft_study("mine", tmp_path, [tmp_path / "nowhere.csv"])
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(BadInputError, match="files can end in"):
        draft_study("mine", tmp_path, [tmp_path / "notes.txt"])
    for name in ("one.db", "two.db"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(BadInputError, match="found two databases"):
        draft_study("mine", tmp_path, [tmp_path / "one.db", tmp_path / "two.db"])


def test_a_file_that_cannot_be_read_fails_and_nothing_is_written(
    exports: Path, tmp_path: Path
) -> None:
    (exports / "broken.xlsx").write_bytes(b"no workbook")
    (exports / "cut.csv").write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(BadInputError) as error:
        draft_study("mine", tmp_path / "mine", [exports])
    assert "(2 breaches)" in str(error.value)
    assert "broken.xlsx: it is not an Excel workbook (.xlsx)." in str(error.value)
    assert "cut.csv: 1 row does not have the 2 values that the header names: line 3" in (
        str(error.value)
    )
    assert not (tmp_path / "mine").exists()


def test_a_folder_above_is_no_place_for_a_study(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(OutputError, match=r"'\.\.' lies above the folder in which you are"):
        write_draft(draft_study("mine", Path(".."), [exports]), "mine", Path(".."))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_the_command_takes_several_files_and_says_what_to_do(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    for command in (init, check):  # an app of one command would take its name for an argument
        command.register(app)
    files = [str(file) for file in sorted(exports.glob("*.csv"))]
    target = tmp_path / "Our study (2024)"
    result = CliRunner().invoke(
        app, ["init", str(target), "--from", *files], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert re.search(
        r"accounts +<- customers\.csv \(6 columns; all 2 required columns\)", result.stdout
    )
    assert "not used      holidays.csv" in result.stdout
    assert "Set as_of in Our_study_2024.toml" in result.stdout
    assert (target / "Our_study_2024.toml").is_file()
    assert sorted(path.name for path in target.iterdir()) == ["Our_study_2024.toml", "mapping"]


def test_what_is_still_needed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "tickets.csv").write_text("account_id,opened_on\na,2024-01-01\n")
    app = typer.Typer()
    for command in (init, check):
        command.register(app)
    files = ["--from", str(tmp_path / "tickets.csv")]
    said = CliRunner().invoke(app, ["init", str(tmp_path / "mine"), *files]).stdout
    assert "table 'accounts' is missing" in said
    assert "none of usage, milestones, outcomes is there" in said


@pytest.mark.slow
def test_wrong_usage_ends_with_status_2(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "clustering.cli", "init", str(tmp_path / "mine")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "--from" in ended.stderr


def test_the_start_of_an_account_is_that_of_its_first_contract(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,name\na,A\nb,B\n")
    (tmp_path / "contracts.csv").write_text(
        "account_id,start_date,arr\na,2023-05-01,1200\na,2022-05-01,1200\nb,2023-01-01,600\n"
    )
    (tmp_path / "usage.csv").write_text("account_id,used_on,feature,events\na,2024-01-01,x,1\n")
    toml = with_date(draft(tmp_path / "mine", *sorted(tmp_path.glob("*.csv"))))
    assert "the first 'start_date' of contracts.csv; is it that?" in (
        (toml.parent / "mapping" / "accounts.sql").read_text()
    )
    with open_tables(load_config(toml)) as tables:
        accounts = tables.frames["accounts"].sort("account_id").collect("pandas").to_native()
    assert [str(day)[:10] for day in accounts["started_on"]] == ["2022-05-01", "2023-01-01"]


def test_a_table_of_first_uses_becomes_milestones(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "account_id,started_on,churned_at\na,2023-01-01,\nb,2023-01-01,2024-06-01\n"
    )
    (tmp_path / "first_use.csv").write_text(
        "account_id,feature,first_used_on\na,export,2023-02-01\nb,import,2023-03-01\n"
    )
    (tmp_path / "usage.csv").write_text("account_id,used_on,feature,events\na,2024-01-01,x,1\n")
    toml = with_date(draft(tmp_path / "mine", *sorted(tmp_path.glob("*.csv"))))
    with open_tables(load_config(toml)) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 1, "milestones": 2}
        accounts = tables.frames["accounts"].collect("pandas").to_native()
    assert accounts["ended_on"].notna().sum() == 1


def test_one_currency_of_the_files_is_that_of_the_study(tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text(
        "account_id,started_on,arr,currency\na,2023-01-01,1200,EUR\nb,2023-01-01,600,EUR\n"
    )
    toml = draft(tmp_path / "mine", tmp_path / "subscriptions.csv")
    assert 'currency = "EUR"' in toml.read_text()


def test_amounts_that_are_no_numbers_are_counted_by_the_check_and_never_taken_monthly(
    tmp_path: Path,
) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,started_on\na,2023-01-01\nb,2023-01-01\n")
    (tmp_path / "usage.csv").write_text("account_id,used_on,feature,events\na,2024-01-01,x,1\n")
    rows = "".join(f"a,2023-01-{day:02d},100\n" for day in range(1, 20))
    (tmp_path / "subscriptions.csv").write_text(
        f'account_id,started_on,mrr\n{rows}b,2023-01-01,"1.200,50"\n'
    )
    toml = with_date(draft(tmp_path / "mine", *sorted(tmp_path.glob("*.csv"))))
    with pytest.raises(
        TableContractError, match=r"'arr' is not a number in 1 of 20 rows: '1\.200,50 per"
    ):
        open_tables(load_config(toml))


@pytest.mark.parametrize(
    ("ends", "end_is", "counted"),
    [
        (("2023-12-31", "2024-12-31"), "last_day", "2 of 2"),
        (("2024-01-01", "2025-01-01"), "first_day_without", "0 of 2"),
    ],
)
def test_what_ends_mean_is_guessed_from_the_terms_that_follow(
    exports: Path, tmp_path: Path, ends: tuple[str, str], end_is: str, counted: str
) -> None:
    rows = [f"c{n + 1},007,{2023 + n}-01-01,{end},100" for n, end in enumerate((*ends, ""))]
    text = "\n".join(
        ["contract_id;customer no;start date;end date;arr", *(r.replace(",", ";") for r in rows)]
    )
    (exports / "contracts_2024.csv").write_text(text + "\n")
    toml = draft(tmp_path / "mine", exports)
    written = toml.read_text()
    assert f"[subscriptions]\n# GUESSED: {counted} next terms begin one day after" in written
    config = load_config(with_date(toml))
    assert config.subscriptions.end_is == end_is
    with open_tables(config) as tables:
        found = tables.frames["subscriptions"].collect("pandas").to_native()
        assert not [note for note in tables.notes if "next terms begin" in note]
    # Whatever the file says, the tables hold first days without.
    assert sorted(str(day)[:10] for day in found["ended_on"].dropna()) == [
        "2024-01-01",
        "2025-01-01",
    ]


def test_nothing_is_guessed_where_no_term_follows(exports: Path, tmp_path: Path) -> None:
    assert "[subscriptions]" not in draft(tmp_path / "mine", exports).read_text()


def test_a_manifest_beside_the_tables_is_no_table_unless_it_is_named(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    (book / "accounts.csv").write_text("account_id,started_on\na,2023-01-01\nb,2023-01-01\n")
    (book / "usage.csv").write_text("account_id,used_on,feature,events\na,2024-01-01,x,1\n")
    (book / "manifest.json").write_text('{"made": {"by": "an export"}, "rows": [1, 2]}')
    toml = draft(tmp_path / "mine", book)
    with open_tables(load_config(with_date(toml))) as tables:
        assert tables.row_counts == {"accounts": 2, "usage": 1}
    with pytest.raises(BadInputError, match="manifest"):
        draft(tmp_path / "other", book / "accounts.csv", book / "manifest.json")
