from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.errors import BadInputError, FutureDataError
from clustering.scorer.files import guard_cells, read_features

AS_OF = date(2025, 6, 30)
FEATURES = ["breadth", "score"]


@pytest.fixture
def write(tmp_path):
    def write(text, name="features.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def read(path):
    return read_features(path, FEATURES, AS_OF)


def test_csv_keeps_ids_as_text_and_gaps_as_missing(write):
    frame = read(write("score,account_id,breadth,note\n1.5,007, 3,x\n,NA,,y\nnan,  a ,2,z\n"))
    assert frame.index.tolist() == ["007", "NA", "a"]
    assert frame.columns.tolist() == FEATURES
    np.testing.assert_array_equal(frame["score"], [1.5, np.nan, np.nan])
    np.testing.assert_array_equal(frame["breadth"], [3, np.nan, 2])


def test_a_byte_order_mark_and_quoted_ids_are_fine(write):
    frame = read(
        write('account_id,breadth,score\n"Smith, ""A""\n& Co",1,2\n', encoding="utf-8-sig")
    )
    assert frame.index.tolist() == ['Smith, "A"\n& Co']


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("ids", [[12, 7], [12, 7, 30]])
def test_parquet_ids_may_be_numbers_and_the_index(tmp_path, ids, indexed):
    frame = pd.DataFrame({"account_id": ids, "breadth": 1, "score": 0.5})
    path = tmp_path / "f.parquet"
    (frame.set_index("account_id") if indexed else frame).to_parquet(path)
    assert read(path).index.tolist() == [str(account) for account in ids]


def test_no_advice_takes_the_column_of_another_feature(write):
    """Renamed, it would be the next to be missing."""
    file = write("account_id,hours_per_100_seats,tenure_days\na,1,2\n")
    names = ("tickets_per_100_seats", "hours_per_100_seats", "tenure_day")
    with pytest.raises(BadInputError) as error:
        read_features(file, names, AS_OF)
    assert "did you mean" not in str(error.value)
    assert "column 'tickets_per_100_seats' is missing; found: account_id" in str(error.value)


def test_missing_columns_are_named_with_the_nearest(write):
    with pytest.raises(BadInputError) as error:
        read(write("account,breath,other\n1,2,3\n"))
    assert "(3 breaches)" in str(error.value)
    assert "column 'account_id' is missing; did you mean 'account'?" in str(error.value)
    assert "column 'breadth' is missing; did you mean 'breath'?" in str(error.value)
    assert "column 'score' is missing; found: account, breath, other" in str(error.value)


def test_a_column_that_comes_twice_is_refused(write):
    with pytest.raises(BadInputError, match="the header line names 'breadth' twice"):
        read(write("account_id,breadth,breadth,score\na,1,2,3\n"))


def test_every_breach_of_the_rows_comes_at_once(write):
    with pytest.raises(BadInputError) as error:
        read(write("account_id,breadth,score\na,1,many\na,few,2\n,3,4\n"))
    assert "'account_id' is empty in 1 of 3 rows; first in row 4." in str(error.value)
    assert "account_id comes more than once in 1 rows; first: a." in str(error.value)
    assert "'breadth' is not a number in 1 of 3 rows: 'few'; first account_id: a." in (
        str(error.value)
    )
    assert "'score' is not a number in 1 of 3 rows: 'many'" in str(error.value)


def test_ids_that_are_fractions_are_refused(tmp_path):
    frame = pd.DataFrame({"account_id": [1.5], "breadth": [1], "score": [0.5]})
    frame.to_parquet(tmp_path / "f.parquet")
    with pytest.raises(BadInputError, match="'account_id' is a number with a fraction"):
        read(tmp_path / "f.parquet")


def test_rows_of_a_later_date_are_refused(write):
    path = write("account_id,breadth,score,as_of\na,1,2,2025-06-30\nb,1,2,2025-07-01\n")
    with pytest.raises(FutureDataError, match="1 of 2 rows hold features as of a date after 2025"):
        read(path)
    assert len(read_features(path, FEATURES, date(2025, 7, 1))) == 2


def test_a_date_that_is_none_is_refused(write):
    with pytest.raises(BadInputError, match="'as_of' is not a date as YYYY-MM-DD in 1 of 1 rows"):
        read(write("account_id,breadth,score,as_of\na,1,2,soon\n"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.xlsx", b"", "it is not an Excel workbook"),
        ("f.txt", b"", "has ending '.txt'; expected .parquet,"),
        (
            "f.csv",
            "account_id,breadth,score\nZürich,1,2".encode("latin-1"),
            "is not UTF-8 (line 2)",
        ),
        ("f.csv", b"account_id,breadth,score\n", "has no rows below its header"),
        ("f.csv", b"", "the file has no header line"),
        ("f.parquet", b"no parquet", "it is no Parquet file"),
        ("f.csv", b"account_id,breadth,score\na,1,2,3,4\n,,\n'\"", "'"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError) as error:
        read(tmp_path / name)
    assert message in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(BadInputError, match=r"there is no file '.*nowhere.csv'"):
        read(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_guarded(start):
    table = pd.DataFrame({"id": [f"{start}1", "a=1", None], "x": [-1.0, 1.0, 2.0]})
    guarded = guard_cells(table)
    assert guarded["id"].iloc[0] == f"'{start}1"
    assert guarded["id"].iloc[1] == "a=1"
    assert pd.isna(guarded["id"].iloc[2])
    assert guarded["x"].tolist() == [-1.0, 1.0, 2.0]
    assert table["id"].iloc[0] == f"{start}1"
