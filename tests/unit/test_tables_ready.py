"""What the cells and the layout of any file mean: the same for every command that takes one."""

import gzip
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from clustering.config import ReadingConfig, StudyConfig
from clustering.errors import BadInputError, ConfigError, TableContractError
from clustering.tables import open_tables
from clustering.tables.declared import Column, Kind
from clustering.tables.reading.cells import Cells
from clustering.tables.reading.ready import open_ready

TEXT = "tier;since\n007;a\n\nNA;-\n  ;b\nn/a;null\n"


def read(path: Path, kind: Kind = "text", **reading: object) -> list[object]:
    """The first column of a file, read as a kind; None where it is missing."""
    with open_ready(path, ReadingConfig.model_validate(reading)) as table:
        typed = table.typed([Column(table.columns[0], kind, "", required=False)])
    if typed.breaches:
        raise BadInputError(" ".join(typed.breaches))
    values = typed.frame.iloc[:, 0]
    return [None if pd.isna(value) else value for value in values]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", TEXT.encode()),
        ("sep.csv", b"sep=;\r\n" + TEXT.encode()),
        ("quoted_sep.csv", b'\xef\xbb\xbf"sep=;"\n' + TEXT.encode()),
        ("mark.csv", b"\xef\xbb\xbf" + TEXT.encode()),
        ("windows.csv", TEXT.replace("\n", "\r\n").encode()),
        ("old.csv", TEXT.replace("\n\n", "\n").replace("\n", "\r").encode()),
        ("mixed.csv", TEXT.replace("\n", "\r\n", 2).encode()),
        ("tabs.tsv", TEXT.replace(";", "\t").encode()),
        ("bars.csv", TEXT.replace(";", "|").encode()),
        # The time in its header is 0, so that the test has one name in every process.
        ("packed.csv.gz", gzip.compress(b"sep=;\n" + TEXT.encode(), mtime=0)),
        ("ends.csv", TEXT.replace("tier;since", "tier;since;").replace("a\n", "a;\n", 1)
         .replace("-\n", "-;\n").replace("b\n", "b;\n").replace("null\n", "null;\n").encode()),
    ],
)  # fmt: skip
def test_one_table_in_many_layouts(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name) == ["007", None, None, None]


def test_the_words_for_missing_are_a_setting_and_a_region_may_be_called_na(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("region,x\nNA,1\nna,2\nnone,3\n,4\n")
    assert read(tmp_path / "t.csv") == [None, None, "none", None]
    assert read(tmp_path / "t.csv", missing=["none"]) == ["NA", "na", None, None]
    assert read(tmp_path / "t.csv", missing=[]) == ["NA", "na", "none", None]
    assert read(tmp_path / "t.csv", kind="id") == ["NA", "na", "none", None]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1234.5", "12.000"], [1234.5, 12.0]),
        (["1.234,56", "12.000"], [1234.56, 12000.0]),
        (["1,234.56", "12,000"], [1234.56, 12000.0]),
        (["1,5", "-2"], [1.5, -2.0]),
        (["1 234", "1'234.5", "1\u00a0234"], [1234.0, 1234.5, 1234.0]),
        (["1.234.567", "1.000"], [1234567.0, 1000.0]),
        (["0.125", "1.500"], [0.125, 1.5]),
        (["1e3", ".5", "+7"], [1000.0, 0.5, 7.0]),
        (["NaN", "-", "3"], [None, None, 3.0]),
    ],
)
def test_numbers_are_read_exactly_where_they_can_be_read_in_one_way(
    tmp_path: Path, values: list[str], numbers: list[float | None]
) -> None:
    (tmp_path / "t.csv").write_text("x;y\n" + "".join(f"{value};1\n" for value in values))
    assert read(tmp_path / "t.csv", kind="number") == numbers


@pytest.mark.parametrize("values", [["12.000", "8.500"], ["1,234", "5"], ["12.000"] * 99 + ["3.5"]])
def test_numbers_that_can_be_read_in_two_ways_are_asked_about(
    tmp_path: Path, values: list[str]
) -> None:
    (tmp_path / "t.csv").write_text("x;y\n" + "".join(f"{value};1\n" for value in values))
    with pytest.raises(BadInputError, match="'x' can be read as thousands or as decimals"):
        read(tmp_path / "t.csv", kind="number")


@pytest.mark.parametrize("value", ["12%", "$1,000", "(1,000)", "1,5", "1_000", "twelve", "1 23"])
def test_other_numbers_are_refused_with_their_count(tmp_path: Path, value: str) -> None:
    (tmp_path / "t.csv").write_text(f"x;y\n1.5;1\n2.5;1\n{value};1\n")
    with pytest.raises(BadInputError, match=r"'x' is not a number in 1 of 3 rows: .*in row 4"):
        read(tmp_path / "t.csv", kind="number")


def _workbook(path: Path, rows: list[list[object]], *, from_1904: bool = False) -> Path:
    book = openpyxl.Workbook()
    if from_1904:
        book.epoch = CALENDAR_MAC_1904
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("from_1904", [False, True])
def test_days_of_a_workbook_are_those_of_its_calendar(tmp_path: Path, from_1904: bool) -> None:
    days = [date(2024, 1, 1), date(1999, 12, 31)]
    file = _workbook(tmp_path / "t.xlsx", [["day"], *([day] for day in days)], from_1904=from_1904)
    assert [pd.Timestamp(day).date() for day in read(file, kind="date")] == days


def test_years_and_small_numbers_are_no_days(tmp_path: Path) -> None:
    file = _workbook(tmp_path / "t.xlsx", [["day"], [2019], [7], [date(2024, 1, 1)]])
    with pytest.raises(BadInputError, match="'day' is not a date as YYYY-MM-DD in 2 of 3 rows"):
        read(file, kind="date")


def test_several_sheets_and_blank_rows_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ([], ["a", "b"], [1, 2], [], [3, 4]):
        book.active.append(row)
    book.create_sheet("Other")
    book.save(tmp_path / "t.xlsx")
    with open_ready(tmp_path / "t.xlsx") as table:
        assert table.n_rows == 2
        assert table.notes == (
            "'t.xlsx': sheet 'Sheet' is read, not 'Other'.",
            "1 row without any value was skipped.",
        )


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_of_row_numbers_is_left_out_with_a_word(tmp_path: Path, first: int) -> None:
    rows = "".join(f"{first + i},t{i},{i}.5\n" for i in range(3))
    (tmp_path / "t.csv").write_text(f",tier,x\n{rows}")
    with open_ready(tmp_path / "t.csv") as table:
        assert table.columns == ("tier", "x")
        assert table.notes == (
            "'t.csv': column 1, without a name, numbers the rows and is left out.",
        )


def test_an_index_of_pandas_is_a_column_where_it_has_a_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5, 2.5, 3.5]}, index=pd.RangeIndex(5, 11, 2, name="account_id"))
    frame.to_parquet(tmp_path / "t.parquet")
    assert "account_id" not in pq.read_schema(tmp_path / "t.parquet").names
    with open_ready(tmp_path / "t.parquet") as table:
        assert table.typed([Column("account_id", "id", "")]).frame["account_id"].tolist() == [
            "5",
            "7",
            "9",
        ]


def test_json_keeps_its_texts(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('\ufeff[{"a/b": "007", "x": 1}, {"x": 2}]', "utf-8")
    assert read(tmp_path / "t.json") == ["007", None]


def _study(folder: Path, **source: object) -> StudyConfig:
    (folder / "accounts.csv").write_text(
        "account_id,started_on,region\nNA,2023-01-01,NA\nb,2023-01-01,EU\n"
    )
    return StudyConfig.model_validate(
        {"name": "s", "as_of": "2024-01-10", "source": {"folder": folder, **source}}
    )


def test_times_with_a_zone_need_a_place_and_get_its_days(tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(
        "account_id,used_on,feature,events\nb,2024-01-01T23:30:00Z,x,1\nb,2024-01-03,x,1\n"
    )
    with pytest.raises(TableContractError, match=r"carries a time zone .* by source\.time_zone"):
        open_tables(_study(tmp_path))
    with open_tables(_study(tmp_path, time_zone="Asia/Tokyo")) as tables:
        assert tables.date_ranges["usage"] == (date(2024, 1, 2), date(2024, 1, 3))
        assert any("its day is that of Asia/Tokyo in 1 of 2 rows" in note for note in tables.notes)
    with pytest.raises(ConfigError, match=r"source\.time_zone 'Mars' is no time zone"):
        open_tables(_study(tmp_path, time_zone="Mars"))


def test_words_for_missing_are_counted_in_the_notes_and_never_in_ids(tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("account_id,used_on,feature,events\nNA,2024-01-05,x,1\n")
    with open_tables(_study(tmp_path)) as tables:
        accounts = tables.frames["accounts"].collect("pandas").to_native()
        assert (
            "accounts: 'region' is read as missing where a word says so (source.missing) in 1 of 2 "
            "rows: 'NA'." in tables.notes
        )
    assert set(accounts["account_id"]) == {"NA", "b"}
    assert accounts["region"].isna().sum() == 1
    with open_tables(_study(tmp_path, missing=["-"])) as tables:
        accounts = tables.frames["accounts"].collect("pandas").to_native()
    assert set(accounts["region"]) == {"NA", "EU"}


#: What may stand around or in a cell: what a quick look must not pass over.
_PARTS = ("", " ", "\t", "\r\n", "\u00a0", "\u2003", "a", "1.5", "-", "NA", "n/a", "none", "!", "é")


@pytest.mark.parametrize("missing", [ReadingConfig().missing, ("none", "-999"), ()])
def test_a_quick_look_finds_every_cell_that_holds_more_than_its_text(
    missing: tuple[str, ...],
) -> None:
    cells = Cells(ReadingConfig(missing=missing))
    found = [f"{a}{b}{c}" for a in _PARTS for b in _PARTS for c in _PARTS]
    frame = pd.DataFrame({"cell": [*found, None]})
    with duckdb.connect() as connection:
        connection.register("cells", frame)
        rows = connection.execute(
            f"SELECT cell, coalesce({cells.untidy('cell')}, false) AS untidy, "
            f"cell IS DISTINCT FROM {cells.text('cell')} OR {cells.says_missing('cell')} AS more "
            "FROM cells"
        ).df()
    assert not (rows["more"] & ~rows["untidy"]).any()
    assert not rows.loc[rows["cell"].isin(["a", "1.5", "é", "a-", "aNA"]), "untidy"].any()
