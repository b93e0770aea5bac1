"""Every recipe of docs/recipes.md and docs/bring_your_data.md runs, and gives what it says."""

import re
from datetime import date
from pathlib import Path

import pytest

from clustering.errors import BadInputError
from clustering.tables.contract import TABLES_BY_NAME
from clustering.tables.mapping import read_mapping
from clustering.tables.session import Session

PAGE = Path(__file__).parents[2] / "docs" / "bring_your_data.md"
ROW = re.compile(r"^\| (?P<have>[^|]+) \|.*?`(?P<sql>[^`]+ AS \w+)`", re.MULTILINE)
RECIPES = dict(ROW.findall(PAGE.read_text(encoding="utf-8").partition("| you have | write |")[2]))

#: What the recipe of a row gives for the row of `SOURCE`.
RIGHT = {
    "dates as 31/12/2024": date(2024, 12, 31),
    "the same, some of them of another form": "2024-12-31",
    "times with a time zone": date(2024, 7, 1),
    "amounts with a unit, as in $1,200 or 15%": "1200",
    "amounts per month": 1200.0,
    "the value of a whole contract": 12000.0,
    "the same, where only its first and last day are known": 36000 * 365.25 / 1096,
    "other words for a kind": "expansion",
}
SOURCE = (
    "(SELECT '31/12/2024' AS day, '2024-06-30T23:30:00Z' AS happened_at, '$1,200' AS price, "
    "'100' AS mrr, '36000' AS tcv, '2023-01-01' AS started, '2026-01-01' AS ended, "
    " '36000' AS total, '36' AS term_months, 'USD' AS currency, 'Upsell' AS type)"
)


def test_every_recipe_that_gives_a_column_is_run() -> None:
    assert set(RECIPES) == set(RIGHT)


@pytest.mark.parametrize("have", RIGHT)
def test_a_recipe_gives_what_it_says(have: str) -> None:
    session = Session()
    try:
        assert session.row(f"SELECT {RECIPES[have]} FROM {SOURCE}") == (RIGHT[have],)
    finally:
        session.close()


def test_a_date_of_another_form_goes_on_as_it_is() -> None:
    session = Session()
    try:
        recipe = RECIPES["the same, some of them of another form"]
        assert session.row(f"SELECT {recipe} FROM (SELECT '12/31/2024' AS day)") == ("12/31/2024",)
    finally:
        session.close()


PLACE = Path(__file__).parents[2] / "docs" / "recipes.md"
SECTIONS = dict(
    re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PLACE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
MAPPING = re.compile(
    r"```sql\n(?P<sql>-- mapping/(?P<table>\w+)\.sql.*?)```\n\n(?P<gives>\|.*?)(?=\n\n|\Z)",
    re.DOTALL,
)
#: Date of the study in the recipes.
AS_OF = date(2024, 1, 10)


def told(table: str) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """The columns and the rows of a table of the page; empty is missing."""
    cells = [[one.strip() for one in row.split("|")[1:-1]] for row in table.strip().splitlines()]
    return cells[0], [tuple(cell or None for cell in row) for row in cells[2:]]


@pytest.mark.parametrize("title", SECTIONS)
def test_a_recipe_of_the_page_runs_and_gives_its_rows(title: str, tmp_path: Path) -> None:
    for name, text in re.findall(r"```text\n-- (\S+)\n(.*?)```", SECTIONS[title], re.DOTALL):
        (tmp_path / name).write_text(text)
    (tmp_path / "mapping").mkdir()
    made = list(MAPPING.finditer(SECTIONS[title]))
    assert len(made) == SECTIONS[title].count("```sql")
    for one in made:
        file = tmp_path / "mapping" / f"{one['table']}.sql"
        file.write_text(one["sql"])
        columns, rows = told(one["gives"])
        assert set(columns) <= {c.name for c in TABLES_BY_NAME[one["table"]].columns}
        session = Session("UTC")
        try:
            session.set_as_of(AS_OF)
            relation = read_mapping(session, file, tmp_path)
            chosen = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
            found = session.execute(f"SELECT {chosen} FROM ({relation.sql})").fetchall()
        finally:
            session.close()
        assert sorted(found, key=str) == sorted(rows, key=str)


def test_a_mapping_asks_for_the_date_of_the_study_and_for_no_other_variable(tmp_path: Path) -> None:
    file = tmp_path / "accounts.sql"
    session = Session()
    try:
        file.write_text("SELECT getvariable('as_of') AS started_on")
        with pytest.raises(BadInputError, match="there is no study here that has a date"):
            read_mapping(session, file, tmp_path)
        session.set_as_of(AS_OF)
        assert session.row(read_mapping(session, file, tmp_path).sql) == (AS_OF,)
        for other in ("'secret'", "'as_' || 'of'"):
            file.write_text(f"SELECT getvariable({other}) AS started_on")
            with pytest.raises(BadInputError, match="anything but 'as_of'"):
                read_mapping(session, file, tmp_path)
    finally:
        session.close()
