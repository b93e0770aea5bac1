"""Credits and amendments that cancel: the lines of an account are summed."""

import pytest

import clustering
from shared_data import shared_folder


@pytest.mark.real_input
def test_lines_below_zero_are_summed() -> None:
    config = clustering.load_config(shared_folder("cases", "negative_lines") / "study.toml")
    with clustering.open_tables(config) as tables:
        snapshot = clustering.build_snapshot(tables, config.as_of, config.features)
        (note,) = [note for note in tables.notes if "below 0" in note]
    assert snapshot.attributes.loc[["A01", "A02"], "arr"].tolist() == [8_000, 0]
    assert "2 of 10 lines have an amount below 0" in note
    assert "first account_id: A01, A02. They are summed" in note
