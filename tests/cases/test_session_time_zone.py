"""The same file gives the same days on every machine, with a time zone in it and without."""

import time
from collections.abc import Iterator

import pytest

import clustering
from shared_data import shared_folder


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", ["plain", "z"])
def test_days_do_not_depend_on_the_machine(machine: str, name: str) -> None:
    folder = shared_folder("cases", "session_time_zone")
    config = clustering.load_config(folder / "c12" / f"{name}.toml")
    with clustering.open_tables(config) as tables:
        assert tables.later_row_counts["usage"] == 55
