"""Guesses of `clustering init`: names, kinds of values, and which source is which table."""

import pytest

from clustering.tables import TABLES
from clustering.tables.init.guessing import SourceSample, find_link, guess_tables, name_similarity
from clustering.tables.init.sniffing import ColumnSample, fits, sniff_column
from clustering.tables.init.synonyms import COLUMN_SYNONYMS, TABLE_SYNONYMS


def column(name: str, *values: str) -> ColumnSample:
    return sniff_column(name, values, spreadsheet=False)


def source(name: str, *columns: ColumnSample) -> SourceSample:
    return SourceSample(name, f"'{name}.csv'", f"{name}.csv", "SELECT 1", columns)


def test_every_synonym_is_of_a_column_that_exists() -> None:
    known = {f"{table.name}.{c.name}" for table in TABLES for c in table.columns}
    known |= {c.name for table in TABLES for c in table.columns}
    assert set(COLUMN_SYNONYMS) <= known
    assert list(TABLE_SYNONYMS) == [table.name for table in TABLES]


def test_every_column_is_guessed_by_its_own_name() -> None:
    for table in TABLES:
        columns = [column(c.name) for c in table.columns]
        (guess,) = guess_tables([source(table.name, *columns)])
        assert guess.table is table
        assert {c.column.name: c.sample.name for c in guess.columns} == {
            c.name: c.name for c in table.columns
        }


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (("2024-01-01", "2024-01-02 10:00"), ("iso",)),
        (("31/12/2023", "01/02/2024"), ("%d/%m/%Y",)),
        (("12/31/2023", "01/02/2024"), ("%m/%d/%Y",)),
        (("01/02/2024", "03/04/2024"), ("%d/%m/%Y", "%m/%d/%Y")),
        (("31.12.2023",), ("%d.%m.%Y",)),
        (("5", "x"), ()),
        ((), ()),
    ],
)
def test_forms_of_dates(values: tuple[str, ...], formats: tuple[str, ...]) -> None:
    assert column("day", *values).date_formats == formats


def test_a_few_slips_do_not_hide_the_kind_of_a_column() -> None:
    assert column("n", *["1"] * 19, "unknown").is_number
    assert not column("n", *["1"] * 8, "unknown").is_number


def test_values_must_be_of_the_kind() -> None:
    dates, numbers, words = column("a", "2024-01-01"), column("b", "1.5"), column("c", "x")
    assert [fits("date", sample) for sample in (dates, numbers, words)] == [True, False, False]
    assert [fits("number", sample) for sample in (dates, numbers, words)] == [False, True, False]
    assert [fits("text", sample) for sample in (dates, numbers, words)] == [False, True, True]
    assert fits("date", column("empty"))


def test_names_are_compared_word_by_word() -> None:
    assert name_similarity("ACCOUNTS", ["account"]) == 1.0
    assert name_similarity("ravenstack_support_tickets", ["ticket"]) == 0.9
    assert name_similarity("holidays", ["account"]) < 0.5


def test_each_source_serves_one_table() -> None:
    usage = (
        column("account_id", "a"),
        column("date", "2024-01-01"),
        column("feature", "x"),
        column("count", "3"),
    )
    guesses = guess_tables([source("usage_log", *usage), source("usage_log_2", *usage)])
    assert [(g.table.name, g.source.name) for g in guesses] == [("usage", "usage_log")]


def test_a_source_that_fits_nothing_is_left_alone() -> None:
    assert guess_tables([source("holidays", column("day", "2024-01-01"))]) == ()
    assert guess_tables([]) == ()


def test_a_link_needs_a_key_that_is_different_in_every_row() -> None:
    usage = source(
        "usage",
        column("contract_id", "c1", "c1"),
        column("used_on", "2024-01-01"),
        column("feature", "x"),
        column("events", "1"),
    )

    def contracts(*keys: str) -> SourceSample:
        return source(
            "contracts",
            column("contract_id", *keys),
            column("account_id", "a", "b"),
            column("start_date", "2024-01-01"),
            column("arr", "5"),
        )

    linked = guess_tables([usage, contracts("c1", "c2")])
    link = find_link(linked[1], linked)
    assert link is not None
    assert (link.key, link.account) == ("contract_id", "account_id")
    repeated = guess_tables([usage, contracts("c1", "c1")])
    assert find_link(repeated[1], repeated) is None
    assert find_link(linked[0], linked) is None  # it has the account itself
