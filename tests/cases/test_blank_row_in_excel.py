"""A blank row between two contracts is no end of the sheet."""

import clustering
from shared_data import shared_folder


def test_every_contract_below_a_blank_row_is_read() -> None:
    config = clustering.load_config(shared_folder("cases", "blank_row_in_excel") / "study.toml")
    with clustering.open_tables(config) as tables:
        contracts = tables.frames["subscriptions"].collect("pandas").to_native()
    assert len(contracts) == 10
    assert sorted(contracts["arr"]) == [1000.0 * number for number in range(1, 11)]
    assert "subscriptions: 1 row without any value was skipped." in tables.notes
