"""12.000 in every row: twelve or twelve thousand is asked, not guessed."""

import pytest

import clustering
from clustering.errors import TableContractError
from shared_data import shared_folder


def _arr(*settings: str) -> float:
    folder = shared_folder("cases", "thousands_points")
    config = clustering.load_config(folder / "study.toml", settings)
    with clustering.open_tables(config) as tables:
        contracts = tables.frames["subscriptions"].collect("pandas").to_native()
    return float(contracts["arr"].sum())


def test_it_is_asked_with_the_count() -> None:
    with pytest.raises(TableContractError) as error:
        _arr()
    message = str(error.value)
    assert "'arr' can be read as thousands or as decimals" in message
    assert "in 10 of 10 rows: '12.000'" in message
    assert "Say which by source.decimal" in message


def test_the_setting_decides() -> None:
    assert _arr("source.decimal=','") == 345_200.0
    assert _arr("source.decimal='.'") == pytest.approx(345.2)
