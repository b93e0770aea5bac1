"""Every recipe of docs/bring_your_data.md runs, and gives what it says."""

import re
from datetime import date
from pathlib import Path

import pytest

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
