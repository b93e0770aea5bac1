from datetime import date
from types import SimpleNamespace

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustering.config import StudyConfig
from clustering.errors import BadInputError, ConfigError, OutputError
from clustering.movement.overrides.active import (
    Overrides,
    assigned,
    check_overrides,
    in_todays_words,
    no_overrides,
    status,
    study_overrides,
)
from clustering.movement.overrides.decisions import Decision, clear_override, set_override
from clustering.movement.overrides.file import (
    COLUMNS,
    named_file,
    overrides_file,
    read_overrides,
)
from clustering.scorer.files import FORMULA_STARTS
from clustering.scorer.segment_ids import FormerName, SegmentNames

SEGMENTS = ("low breadth", "many outcomes ahead of plan")
CALLED = SegmentNames(
    ("S-000001", "S-000002"),
    SEGMENTS,
    (
        FormerName("S-000001", "few features", "q1", date(2024, 12, 31)),
        FormerName("S-000003", "nothing used", "q1", date(2024, 12, 31)),
    ),
)
ACCOUNTS = {"A1", "A2", "A3"}


def frame(*rows):
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(dict.fromkeys(("decided_on", "valid_until"), "datetime64[s]"))


def decision(**changes):
    given = {
        "account_id": "A1",
        "segment": SEGMENTS[0],
        "decided_by": "Kim",
        "reason": "pilot, agreed with the customer",
        "decided_on": date(2025, 1, 1),
        "valid_until": date(2025, 6, 30),
    }
    return Decision(**(given | changes))


def put(file, **changes):
    return set_override(file, decision(**changes), accounts=ACCOUNTS, segments=CALLED)


@pytest.fixture(params=["overrides.csv", "overrides.parquet"])
def file(request, tmp_path):
    return tmp_path / request.param


def test_a_decision_is_written_and_read_back(file):
    assert put(file) == 1
    assert put(file, account_id="A2", segment=SEGMENTS[1]) == 2
    read = read_overrides(file)
    assert read["account_id"].tolist() == ["A1", "A2"]
    assert read["segment"].tolist() == list(SEGMENTS)
    assert read["valid_until"].dt.date.tolist() == [date(2025, 6, 30)] * 2
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_columns_and_rows_of_the_user_stay(tmp_path):
    file = tmp_path / "overrides.csv"
    header = "\ufeffaccount_id;ticket;segment;decided_by;reason;decided_on;valid_until\n"
    row = 'A2;JIRA-7;low breadth;Ana;"says; so";2024-01-01;2024-12-31\n'
    file.write_text(header + row, encoding="utf-8")
    put(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == header.strip()
    assert lines[1] == row.strip()
    assert lines[2] == "A1;;low breadth;Kim;pilot, agreed with the customer;2025-01-01;2025-06-30"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_other_row_stays_byte_for_byte(tmp_path, end):
    file = tmp_path / "overrides.csv"
    rows = [
        "account_id;note;segment;decided_by;reason;decided_on;valid_until",
        '007;"1;5";"low breadth";Ana;"two\nlines, ""quoted""";2024-01-01;2024-12-31',
        ";;;;;;",
        "A1; 1,50 ;low breadth ;Kim;NA said so;2025-01-01;2025-06-30",
        "1e5;0012;low breadth;Kim;pilot;2025-01-01;2025-06-30",
    ]
    file.write_bytes(("sep=;" + end + end.join(rows)).encode())  # the last line has no end
    put(file, account_id="A2")
    assert clear_override(file, "A1", date(2025, 3, 1)).ended == 1
    found = file.read_bytes().decode().split(end)
    assert found[:4] == ["sep=;", *rows[:3]] if end == "\r\n" else found[0] == "sep=;"
    assert rows[1] in file.read_bytes().decode()
    assert found[-4] == "A1; 1,50 ;low breadth ;Kim;NA said so;2025-01-01;2025-02-28"
    assert found[-3] == rows[4]
    assert found[-2] == "A2;;low breadth;Kim;pilot, agreed with the customer;2025-01-01;2025-06-30"


@pytest.mark.parametrize(
    "row",
    [
        'A2,low breadth,Ana,5" pipe,2024-01-01,2024-12-31\n'
        'A3,low breadth,Ana,a" b,2024-01-01,2024-12-31',
        "A2,low breadth,Ana,pilot,2024-01-01,2024-12-31,more",
        "A2,low breadth,Ana,pilot,2024-01-01",
    ],
)
def test_a_file_that_is_not_understood_is_not_rewritten(tmp_path, row):
    file = tmp_path / "overrides.csv"
    file.write_text(",".join(COLUMNS) + "\n" + row + "\n")
    before = file.read_bytes()
    with pytest.raises(BadInputError):
        put(file)
    assert file.read_bytes() == before


def test_ids_and_texts_that_look_like_numbers_or_nothing_stay(tmp_path):
    file = tmp_path / "overrides.csv"
    accounts = {"007", "NA"}
    for account in sorted(accounts):
        set_override(file, decision(account_id=account), accounts=accounts, segments=CALLED)
    assert read_overrides(file)["account_id"].tolist() == ["007", "NA"]


def test_types_of_a_parquet_file_stay(tmp_path):
    file = tmp_path / "overrides.parquet"
    columns = {name: ["x"] for name in COLUMNS[:4]} | {"account_id": ["A2"], "note": [7]}
    dates = {name: pa.array([date(2024, 1, 1)], pa.date32()) for name in COLUMNS[4:]}
    pq.write_table(pa.table(columns | dates), file)
    put(file)
    table = pq.read_table(file)
    assert table.schema.field("valid_until").type == pa.date32()
    assert table.column("note").to_pylist() == [7, None]
    assert clear_override(file, "A1", date(2025, 3, 1)).ended == 1
    assert pq.read_table(file).column("valid_until").to_pylist()[1] == date(2025, 2, 28)


def test_every_breach_of_a_decision_is_said_at_once_and_nothing_is_written(file):
    put(file)
    before = file.read_bytes()
    with pytest.raises(BadInputError) as error:
        put(
            file,
            account_id="B9",
            segment="no such",
            decided_by=" ",
            reason="=cmd()",
            decided_on=date(2025, 8, 1),
            valid_until=date(2025, 7, 1),
        )
    text = str(error.value)
    assert "the override of account 'B9' was not set (5 breaches)" in text
    assert "decided_by is empty" in text
    assert "reason begins with '=', which a spreadsheet would run as a formula" in text
    assert "valid until 2025-07-01, which is earlier" in text
    assert "account B9: no such account among the 3 accounts" in text
    assert "there is no segment 'no such'. The segments are 'low breadth' (S-000001); '" in text
    assert file.read_bytes() == before


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_what_a_spreadsheet_would_run_is_refused_however_it_begins(file, start):
    with pytest.raises(BadInputError, match="which a spreadsheet would run as a formula"):
        put(file, reason=f"{start}cmd()")
    assert not file.exists()


def test_a_decision_that_overlaps_with_another_is_refused(file):
    put(file)
    with pytest.raises(BadInputError, match="begins while an earlier one holds"):
        put(file, decided_on=date(2025, 6, 30), valid_until=date(2025, 12, 31))
    assert put(file, decided_on=date(2025, 7, 1), valid_until=date(2025, 12, 31)) == 2


def test_a_decision_within_a_longer_one_overlaps_too():
    rows = [
        ("A1", "x", "me", "why", "2025-01-01", "2025-12-31"),
        ("A1", "x", "me", "why", "2025-02-01", "2025-02-28"),
        ("A1", "y", "me", "why", "2025-06-01", "2025-06-30"),
        ("A2", "x", "me", "why", "2025-06-01", "2025-06-30"),
    ]
    with pytest.raises(BadInputError, match=r"cannot be used \(2 breaches\)"):
        check_overrides(frame(*rows))


def test_all_breaches_of_a_table_come_at_once():
    rows = [
        ("A1", "x", "me", "why", "2025-03-01", "2025-02-01"),
        ("B1", "x", "me", "why", "2025-01-01", "2025-02-01"),
        ("B2", "low breadth", "me", "why", "2025-01-01", "2025-02-01"),
    ]
    with pytest.raises(BadInputError) as error:
        check_overrides(frame(*rows), accounts=ACCOUNTS, segments=CALLED)
    text = str(error.value)
    assert "(3 breaches)" in text
    assert "accounts B1, B2: no such account" in text
    assert "accounts A1, B1: there is no segment 'x'" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "account_id,segment\nA1,x\n",
            "'valid_until' is missing; found: account_id, segment",
        ),
        (
            ",".join(COLUMNS) + "\nA1,,me,why,2025-01-01,31.12.2025\n",
            r"'segment' is empty in 1 of 1 rows; first account_id: A1(.|\n)*'valid_until' is not a "
            "date as YYYY-MM-DD in 1 of 1 rows: '31.12.2025'",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, text, words):
    file = tmp_path / "overrides.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=words):
        read_overrides(file)
    with pytest.raises(BadInputError, match=words):
        put(file)
    assert file.read_text(encoding="utf-8") == text


def test_text_that_is_not_utf8_is_refused(tmp_path):
    file = tmp_path / "overrides.csv"
    file.write_bytes(",".join(COLUMNS).encode() + "\nA1,ü\n".encode("latin-1"))
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_overrides(file)


def test_a_folder_that_is_not_there_is_an_error_of_the_output(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: No such file or directory"):
        put(tmp_path / "no" / "overrides.csv")


def test_clearing_ends_what_holds_and_takes_out_what_has_not_begun(file):
    put(file)
    put(file, decided_on=date(2025, 7, 1), valid_until=date(2025, 12, 31))
    put(file, account_id="A2")
    done = clear_override(file, "A1", date(2025, 4, 1))
    assert (done.ended, done.removed) == (1, 1)
    read = read_overrides(file)
    assert read["account_id"].tolist() == ["A1", "A2"]
    assert read["valid_until"].dt.date.tolist() == [date(2025, 3, 31), date(2025, 6, 30)]
    assert put(file, decided_on=date(2025, 4, 1)) == 3


def test_there_must_be_something_to_clear(file):
    put(file)
    with pytest.raises(BadInputError, match="no override on account 'A1' that holds on 2025-07-01"):
        clear_override(file, "A1", date(2025, 7, 1))
    with pytest.raises(BadInputError, match="no override on account 'A2'"):
        clear_override(file, "A2", date(2025, 1, 1))


def test_a_link_to_the_file_stays_a_link(tmp_path):
    real = tmp_path / "real.csv"
    put(real)
    link = tmp_path / "overrides.csv"
    link.symlink_to(real)
    put(link, account_id="A2")
    assert link.is_symlink()
    assert len(read_overrides(real)) == 2


def test_a_decision_holds_on_its_first_and_last_day_and_then_ends_by_itself():
    given = Overrides(frame(("A1", "x", "me", "why", "2025-01-01", "2025-06-30")))
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1))
    assert [len(given.in_force(day)) for day in days] == [0, 1, 1, 0]
    assert [status(given.frame, day)[0] for day in days] == [
        "not yet",
        "in force",
        "in force",
        "expired",
    ]


def test_the_decision_is_assigned_and_the_models_answer_stays():
    model = pd.Series(["x", "y", np.nan], index=["A1", "A2", "A3"], dtype="str")
    decided = Overrides(
        frame(
            ("A2", "x", "Kim", "pilot", "2025-01-01", "2025-06-30"),
            ("A3", "y", "Ana", "known by phone", "2025-01-01", "2025-06-30"),
            ("A9", "y", "Ana", "not scored", "2025-01-01", "2025-06-30"),
        )
    )
    table = assigned(model, decided.in_force(date(2025, 6, 30)))
    assert table["assigned_segment"].tolist() == ["x", "x", "y"]
    assert table["override_by"].tolist()[1:] == ["Kim", "Ana"]
    assert table["override_until"].tolist()[1] == "2025-06-30"
    assert table.loc["A1", ["override_by", "override_reason", "override_until"]].isna().all()
    assert model.tolist()[:2] == ["x", "y"]


def config(tmp_path, **changes):
    source = {"folder": tmp_path} | changes.pop("source", {})
    return StudyConfig(name="s", as_of="2025-06-30", source=source, **changes)


def test_the_file_is_beside_the_source(tmp_path):
    mapping = tmp_path / "mapping"
    assert overrides_file(config(tmp_path)) == tmp_path / "overrides.csv"
    (tmp_path / "overrides.parquet").touch()
    assert overrides_file(config(tmp_path)) == tmp_path / "overrides.parquet"
    with_mapping = config(tmp_path, source={"mapping": mapping})
    assert overrides_file(with_mapping) == mapping / "overrides.csv"
    named = config(tmp_path, movement={"overrides": tmp_path / "o.csv"})
    assert overrides_file(named) == tmp_path / "o.csv"
    assert named_file(named, None) == tmp_path / "o.csv"


def test_a_study_without_a_place_says_what_to_do(tmp_path):
    study = config(tmp_path, source={"folder": None, "database": "sqlite:x.db"})
    with pytest.raises(ConfigError, match=r"set movement\.overrides in its configuration"):
        named_file(study, None)
    with pytest.raises(ConfigError, match=r"must end in \.csv or \.parquet"):
        named_file(study, tmp_path / "o.xlsx")


def tables(**frames):
    accounts = pd.DataFrame({"account_id": sorted(ACCOUNTS)})
    given = {"accounts": accounts} | frames
    return SimpleNamespace(frames={n: nw.from_native(f).lazy() for n, f in given.items()})


def test_the_table_of_the_source_and_the_file_are_one_list(tmp_path):
    row = ("A2", "x", "crm", "why", "2025-01-01", "2025-06-30")
    own = config(tmp_path, source={"mapping": tmp_path})
    put(tmp_path / "overrides.csv")
    found = study_overrides(own, tables(overrides=frame(row)))
    assert sorted(found.frame["account_id"]) == ["A1", "A2"]
    again = frame(("A1", *(str(v) for v in list(vars(decision()).values())[1:])))
    assert len(study_overrides(own, tables(overrides=again)).frame) == 1


def test_the_file_of_a_plain_folder_is_the_table_itself_and_read_once(tmp_path):
    (tmp_path / "overrides.csv").write_text("not,what,it,should,be\n")
    row = ("A2", "x", "crm", "why", "2025-01-01", "2025-06-30")
    found = study_overrides(config(tmp_path), tables(overrides=frame(row)))
    assert found.frame["account_id"].tolist() == ["A2"]


def test_without_overrides_nobody_has_decided(tmp_path):
    found = study_overrides(config(tmp_path), tables())
    assert found.frame.empty
    assert found.in_force(date(2025, 6, 30)).empty
    assert no_overrides().frame.dtypes["valid_until"] == "datetime64[s]"


def test_a_study_refuses_overrides_of_accounts_that_it_does_not_know(tmp_path):
    row = ("Z", "x", "crm", "why", "2025-01-01", "2025-06-30")
    with pytest.raises(BadInputError, match="account Z: no such account among the 3 accounts"):
        study_overrides(config(tmp_path), tables(overrides=frame(row)))


@pytest.mark.parametrize(
    "written", ["low breadth", "S-000001", "S-000001 whatever it was called", "few features"]
)
def test_a_segment_is_meant_by_its_id_and_by_every_name_that_it_had(file, written):
    put(file, segment=written)
    today = in_todays_words(read_overrides(file), CALLED)
    assert today["segment"].tolist() == ["low breadth"]
    check_overrides(today, segments=CALLED)


@pytest.mark.parametrize("written", ["nothing used", "S-000003", "S-000003 nothing used"])
def test_a_segment_that_is_gone_is_refused_with_where_it_last_was(file, written):
    with pytest.raises(BadInputError) as error:
        put(file, segment=written)
    told = str(error.value)
    assert f"there is no segment '{written}' any more: S-000003 was last in study 'q1'" in told
    assert "The segments are 'low breadth' (S-000001)" in told
    assert not file.exists()
