"""Laws of opening tables: nothing depends on the order of rows or on the kind of file."""

import csv
import json
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.config import ReadingConfig
from clustering.errors import TableContractError
from clustering.tables import SourceTables, open_folder

Row = dict[str, object]

ids = st.sampled_from(["007", "7", "Ä-1", "x y"])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": ids,
            "used_on": st.dates(date(2020, 1, 1), date(2024, 12, 31)).map(str),
            "feature": st.sampled_from(["export", "import, all", 'the "best"']),
            "events": st.integers(0, 10**12 - 1),
        }
    ),
    min_size=1,
    max_size=12,
)
ACCOUNTS = [{"account_id": name, "started_on": "2019-01-01"} for name in ("007", "7", "Ä-1", "x y")]
#: Words that say that a value is missing.
MISSING = {word.lower() for word in ReadingConfig().missing}
#: What a CSV can hold: any letters but the null byte; blanks around are trimmed by the contract.
names = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)


def write_csv(folder: Path, name: str, table: list[Row]) -> None:
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(table)


def write_parquet(folder: Path, name: str, table: list[Row]) -> None:
    frame = pd.DataFrame(table)
    for column in [column for column in frame if column.endswith("_on")]:
        frame[column] = pd.to_datetime(frame[column])
    frame.to_parquet(folder / f"{name}.parquet")


def write_json(folder: Path, name: str, table: list[Row]) -> None:
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in table)
    (folder / f"{name}.ndjson").write_text(lines, encoding="utf-8")


def opened(write: Callable[[Path, str, list[Row]], None], usage: list[Row]) -> SourceTables:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "accounts", [dict(row) for row in ACCOUNTS])
        write(Path(folder), "usage", usage)
        with open_folder(Path(folder)) as tables:
            return tables


@settings(max_examples=6, deadline=None)
@given(rows, st.randoms())
def test_any_order_of_rows_has_the_same_fingerprint(usage: list[Row], random: object) -> None:
    shuffled = list(usage)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis types it as object
    first, second = opened(write_parquet, usage), opened(write_parquet, shuffled)
    assert first.fingerprints == second.fingerprints
    assert first.row_counts["usage"] == len(usage)


@settings(max_examples=6, deadline=None)
@given(rows)
def test_any_kind_of_file_has_the_same_fingerprint(usage: list[Row]) -> None:
    found = {write: opened(write, usage) for write in (write_csv, write_parquet, write_json)}
    assert len({tables.fingerprints["usage"] for tables in found.values()}) == 1
    assert len({tables.date_ranges["usage"] for tables in found.values()}) == 1


@settings(max_examples=6, deadline=None)
@given(rows, st.data())
def test_any_changed_value_changes_the_fingerprint(usage: list[Row], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(usage) - 1))
    changed = [dict(row) for row in usage]
    changed[place]["events"] = int(str(changed[place]["events"])) + 1
    first, second = opened(write_csv, usage), opened(write_csv, changed)
    assert first.fingerprints["usage"] != second.fingerprints["usage"]
    assert first.fingerprints["accounts"] == second.fingerprints["accounts"]


@settings(max_examples=30, deadline=None)
@given(st.lists(names, min_size=1, max_size=8))
def test_any_name_comes_back_from_a_csv_but_for_blanks_around_it(texts: list[str]) -> None:
    accounts: list[Row] = [
        {"account_id": f"{place:03}", "started_on": "2020-01-01", "name": text}
        for place, text in enumerate(texts)
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder), "accounts", accounts)
        write_csv(
            Path(folder),
            "usage",
            [{"account_id": "000", "used_on": "2024-01-01", "feature": "x", "events": 1}],
        )
        with open_folder(Path(folder)) as tables:
            found = tables.frames["accounts"].collect("pandas").to_native()
    by_id = found.set_index("account_id")["name"]
    for place, text in enumerate(texts):
        expected = text.strip(" \t\r\n\u00a0")
        missing = not expected or expected.lower() in MISSING
        name = by_id[f"{place:03}"]
        assert pd.isna(name) if missing else name == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(values: list[float]) -> None:
    outcomes: list[Row] = [
        {
            "account_id": "7",
            "outcome": f"o{place}",
            "measured_on": "2024-01-01",
            "value": repr(value),
            "target": 1,
        }
        for place, value in enumerate(values)
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder), "accounts", [dict(row) for row in ACCOUNTS])
        write_csv(Path(folder), "outcomes", outcomes)
        with open_folder(Path(folder)) as tables:
            found = tables.frames["outcomes"].collect("pandas").to_native()
    by_name = found.set_index("outcome")["value"]
    assert [by_name[f"o{place}"] for place in range(len(values))] == values


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["5", "x", "", "-1", "inf", "2.5", "1,5"]), min_size=1))
def test_every_bad_value_is_counted_once_under_its_kind(events: list[str]) -> None:
    # The column's own decimal mark is the more frequent one; with the other it is no number.
    whole_with, other = (
        ("1,5", "2.5") if events.count("1,5") > events.count("2.5") else ("2.5", "1,5")
    )
    kinds = {
        "is not a number": ("x", other),
        "is empty": ("",),
        "is negative": ("-1",),
        "is infinite or not a number": ("inf",),
        "is not a whole number": (whole_with,),
    }
    usage: list[Row] = [
        {"account_id": "7", "used_on": "2024-01-01", "feature": "x", "events": text}
        for text in events
    ]
    counts = {words: sum(events.count(text) for text in texts) for words, texts in kinds.items()}
    if not any(counts.values()):
        assert opened(write_csv, usage).row_counts["usage"] == len(events)
        return
    with pytest.raises(TableContractError) as caught:
        opened(write_csv, usage)
    message = str(caught.value)
    for words, count in counts.items():
        assert (f"'events' {words} in {count} of {len(events)} rows" in message) == (count > 0)
