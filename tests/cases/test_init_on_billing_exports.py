"""`clustering init` on billing exports: amounts of a term, currencies, dates of several forms."""

from datetime import date
from pathlib import Path

import pytest

import clustering
from clustering.errors import TableContractError
from clustering.tables.init.drafting import draft_study, write_draft
from shared_data import shared_folder


def _draft(name: str, folder: Path, *settings: str) -> tuple[Path, dict[str, str]]:
    source = shared_folder("cases", "init_on_billing_exports", name)
    draft = draft_study("mine", folder, [source])
    toml, *_ = write_draft(draft, "mine", folder)
    return toml, dict(draft.mappings)


def test_the_value_of_a_contract_becomes_a_yearly_amount_and_currencies_are_said(
    tmp_path: Path,
) -> None:
    toml, mappings = _draft("in1", tmp_path / "mine")
    contracts = mappings["subscriptions"]
    assert "'Total Contract Value' is taken to be the amount of a whole term of" in contracts
    assert "'Annual Value Currency' has 3 currencies" in contracts
    assert "# currency = " in toml.read_text()
    config = clustering.load_config(toml, ["as_of=2025-06-30", "currency=EUR"])
    with pytest.raises(TableContractError, match="'currency' has 3 values"):
        clustering.open_tables(config)
    sql = toml.parent / "mapping" / "subscriptions.sql"
    sql.write_text(sql.read_text().replace('    "Annual Value Currency" AS currency,\n', ""))
    sql.write_text(sql.read_text().replace(',\n    "Annual Value Currency" AS currency', ""))
    with clustering.open_tables(config) as tables:
        found = tables.frames["subscriptions"].collect("pandas").to_native()
    assert set(found["arr"]) == {12_000.0}
    assert all("Churned" not in sql.partition("SELECT")[2] for sql in mappings.values())


def test_an_amount_per_month_and_its_currencies(tmp_path: Path) -> None:
    _, mappings = _draft("in2", tmp_path / "mine")
    assert "'mrr' is taken to be an amount per month" in mappings["subscriptions"]
    assert "'currency' has 3 currencies (EUR, JPY, USD)" in mappings["subscriptions"]


def test_dates_that_read_two_ways_are_not_guessed(tmp_path: Path) -> None:
    _, mappings = _draft("in3", tmp_path / "mine")
    assert "NOT GUESSED started_on" in mappings["accounts"]
    assert "NOT GUESSED used_on" in mappings["usage"]


def test_dates_of_another_form_are_counted_and_shown_by_the_check(tmp_path: Path) -> None:
    toml, _ = _draft("in4", tmp_path / "mine")
    config = clustering.load_config(toml, [f"as_of={date(2025, 6, 30)}"])
    with pytest.raises(TableContractError) as error:
        clustering.open_tables(config)
    assert "'used_on' is not a date as YYYY-MM-DD in 60 of 1 000 rows: '01/13/2025'" in (
        str(error.value)
    )
