"""How far contracts reach: on a simulated book cut off, and on extracts that only look so."""

from collections.abc import Sequence
from datetime import date, timedelta

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import clustering
from clustering.config import StudyConfig
from clustering.errors import TableContractError
from clustering.simulation import simulate, write_book
from clustering.tables.coverage import Coverage, find_coverage
from feature_books import polars_frames

LAST = date(2025, 6, 30)
Row = tuple[str, date, date | None]


def reach(
    contracts: Sequence[Row], used_to: date | None = LAST, complete_to: date | None = None
) -> Coverage | None:
    frame = [
        {"account_id": name, "started_on": start, "ended_on": end, "arr": 10.0}
        for name, start, end in contracts
    ]
    tables: dict[str, list[dict[str, object]]] = {"subscriptions": frame}
    if used_to is not None:
        tables["usage"] = [{"account_id": "u", "used_on": used_to, "feature": "f", "events": 1}]
    return find_coverage(polars_frames(tables).frames, complete_to).get("subscriptions")


def terms(n: int, renewed: float = 0.8, days: int = 365, seed: int = 0) -> list[Row]:
    """Terms that begin all over two years and are renewed up to the last day of the extract."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(n):
        start = LAST - timedelta(days=int(rng.integers(0, 2 * days)))
        while start <= LAST:
            rows.append((f"a{number}", start, start + timedelta(days=days)))
            if rng.random() > renewed:
                break
            start += timedelta(days=days)
    return rows


def test_contracts_reach_as_far_as_the_other_tables() -> None:
    found = reach(terms(200))
    assert found is not None
    assert (found.to, found.assumed) == (LAST, f"the last row of 'usage' is of {LAST}")


@pytest.mark.parametrize("weeks", [4, 8, 26])
def test_terms_that_are_no_longer_followed_end_the_contracts(weeks: int) -> None:
    cut = LAST - timedelta(weeks=weeks)
    found = reach([row for row in terms(300) if row[1] <= cut])
    assert found is not None
    assert cut - timedelta(days=10) <= found.to <= cut + timedelta(days=1)
    assert "followed by another" in found.assumed


def test_renewals_signed_early_do_not_hide_the_end() -> None:
    cut = LAST - timedelta(weeks=12)
    rows = [row for row in terms(400) if row[1] <= cut or row[0].endswith("7")]
    found = reach(rows)
    assert found is not None
    assert found.to <= cut + timedelta(days=1)
    assert "only" in found.assumed


def test_a_wave_of_churn_is_no_end_of_the_extract() -> None:
    """From 80 % to 35 % renewed in the last half year: bad, and true."""
    turn = LAST - timedelta(days=180)
    lost = set(np.random.default_rng(1).permutation([f"a{n}" for n in range(300)])[:170])
    rows = [row for row in terms(300) if row[1] < turn or row[0] not in lost]
    found = reach(rows)
    assert found is not None
    assert found.to == LAST


def test_contracts_that_fall_silent_have_ended() -> None:
    starts: list[Row] = [(f"a{n}", LAST - timedelta(days=300 + 3 * n), None) for n in range(100)]
    assert reach(starts) == reach([("a", LAST, None)])  # nothing ever ended: no end is missed
    ended = [(f"e{n}", LAST - timedelta(days=600), day) for n, (_, day, _) in enumerate(starts)]
    found = reach([*starts, *ended])
    assert found is not None
    assert found.to == LAST - timedelta(days=300)
    assert "no contract begins or ends in the 300 days after it" in found.assumed
    late = [(f"b{n}", LAST - timedelta(days=700), LAST - timedelta(days=9 * n)) for n in range(40)]
    still = reach([*starts, *ended, *late])  # nothing begins, but contracts go on to end
    assert still is not None
    assert still.to == LAST


@pytest.mark.parametrize(
    "rows",
    [
        # One term date for all: half a year without anything is usual.
        [("a", date(2024, 1, 1), date(2025, 1, 1)), ("a", date(2025, 1, 1), date(2026, 1, 1))],
        # Too few to tell: all have left.
        [
            (f"a{n}", date(2023, 6, 1) + timedelta(days=n), LAST - timedelta(days=n))
            for n in range(9)
        ],
        # Open contracts of long ago, a handful.
        [("a", date(2020, 1, 1), None), ("b", date(2021, 5, 5), None)],
    ],
)
def test_few_contracts_say_nothing_against_it(rows: list[Row]) -> None:
    found = reach(rows)
    assert found is not None
    assert found.to == LAST


def test_contracts_can_reach_further_than_behaviour() -> None:
    used_to = LAST - timedelta(days=120)
    found = reach(terms(300), used_to)
    assert found is not None
    assert LAST - timedelta(days=10) <= found.to <= LAST
    # A few signed ahead are no evidence of what else happened.
    few = [row for row in terms(300) if row[1] <= used_to or row[0] in ("a1", "a2", "a3")]
    ahead = reach(few, used_to)
    assert ahead is not None
    assert ahead.to <= used_to


def test_the_setting_overrides_the_rows_and_without_events_the_last_start_tells() -> None:
    day = date(2025, 3, 31)
    found = reach(terms(50), complete_to=day)
    assert found == Coverage(day, assumed="subscriptions.complete_to says so", cut_short=True)
    alone = reach([("a", date(2024, 1, 1), None)], used_to=None)
    assert alone is not None
    assert (alone.to, alone.cut_short) == (date(2024, 1, 1), False)
    assert reach([]) is None


def test_every_engine_gives_the_same() -> None:
    frame = pl.DataFrame(
        terms(80), schema={"account_id": pl.String, "started_on": pl.Date, "ended_on": pl.Date},
        orient="row",
    ).with_columns(arr=pl.lit(1.0))  # fmt: skip
    native = {"subscriptions": nw.from_native(frame.lazy())}
    pandas = {"subscriptions": nw.from_native(frame.to_pandas()).lazy()}
    assert find_coverage(native) == find_coverage(pandas)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("cut") / "book"
    write_book(simulate("needs", 300, seed=5), folder)
    return folder


@pytest.mark.slow
def test_contracts_that_stop_weeks_before_usage_make_no_churn(book, tmp_path) -> None:
    """Four weeks less of contracts must not turn the accounts that were due into churned ones."""
    whole = pd.read_parquet(book / "subscriptions.parquet")
    started = pd.to_datetime(whole["started_on"]).dt.date
    for table in ("accounts", "usage"):
        (tmp_path / f"{table}.parquet").symlink_to(book / f"{table}.parquet")

    def churn(days_cut: int, as_of: str, horizon_days: int = 365):
        kept = whole[started <= date(2026, 7, 1) - timedelta(days=days_cut)]
        kept.to_parquet(tmp_path / "subscriptions.parquet", index=False)
        config = StudyConfig.model_validate(
            {"name": "cut", "as_of": as_of, "source": {"folder": tmp_path}}
        )
        with clustering.open_tables(config) as tables:
            found = clustering.build_horizon(tables, config.as_of, horizon_days)
        return found.frame["churned"], found.notes, found.timing

    right = {day: churn(0, day)[0] for day in ("2025-06-30", "2025-04-30")}
    assert 0.05 < right["2025-06-30"].mean() < 0.3
    told, notes, timing = churn(28, "2025-06-30")
    assert told.isna().all()
    assert "terms that end later none is followed by another" in " ".join(notes)
    assert timing["followed_days"].max() < 365  # as far as the contracts go
    # A horizon that they do reach is told as before.
    pd.testing.assert_series_equal(churn(28, "2025-04-30")[0], right["2025-04-30"])


@pytest.mark.slow
def test_a_study_as_of_a_day_far_after_the_contracts_is_refused(book, tmp_path) -> None:
    whole = pd.read_parquet(book / "subscriptions.parquet")
    started = pd.to_datetime(whole["started_on"]).dt.date
    for table in ("accounts", "usage"):
        (tmp_path / f"{table}.parquet").symlink_to(book / f"{table}.parquet")
    whole[started <= date(2026, 3, 1)].to_parquet(tmp_path / "subscriptions.parquet", index=False)
    config = StudyConfig.model_validate(
        {"name": "cut", "as_of": "2026-06-30", "source": {"folder": tmp_path}}
    )
    with pytest.raises(TableContractError, match="'subscriptions' is taken to be complete"):
        clustering.open_tables(config)


def daily(*left_out: tuple[date, date], step: int = 1) -> Coverage:
    """The coverage of usage of two years, but for some stretches."""
    days = [LAST - timedelta(days=n) for n in range(0, 730, step)]
    days = [day for day in days if not any(first <= day <= last for first, last in left_out)]
    rows = [{"account_id": "u", "used_on": day, "feature": "f", "events": 1} for day in days]
    return find_coverage(polars_frames({"usage": rows}).frames)["usage"]


MAY = (date(2025, 5, 1), date(2025, 5, 31))
OCTOBER = (date(2024, 10, 1), date(2024, 10, 31))


def test_a_month_that_an_extract_lacks_is_a_hole_and_no_pause() -> None:
    assert daily(MAY).holes == (MAY,)
    assert daily(MAY, OCTOBER).holes == (OCTOBER, MAY)
    # The hole does not make a table that breaks off look like one that often pauses.
    assert daily(MAY, OCTOBER).longest_pause == 1
    assert daily(MAY).breaks_off(LAST + timedelta(days=40), 31)


@pytest.mark.parametrize("length", [2, 10, 20])
def test_a_closure_is_no_hole(length: int) -> None:
    assert daily((MAY[0], MAY[0] + timedelta(days=length - 1))).holes == ()


def test_a_table_that_often_pauses_has_no_holes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        days = np.unique(rng.integers(0, 730, int(rng.integers(10, 200))))
        rows = [
            {"account_id": "t", "opened_on": LAST - timedelta(days=int(day)), "severity": "low"}
            for day in days
        ]
        assert find_coverage(polars_frames({"tickets": rows}).frames)["tickets"].holes == ()
    assert daily(step=30).holes == ()


@pytest.mark.slow
def test_a_hole_is_said_with_its_days(book, tmp_path) -> None:
    for table in ("accounts", "subscriptions"):
        (tmp_path / f"{table}.parquet").symlink_to(book / f"{table}.parquet")
    usage = pd.read_parquet(book / "usage.parquet")
    lacking = pd.to_datetime(usage["used_on"]).between("2025-05-01", "2025-05-31")
    usage[~lacking].to_parquet(tmp_path / "usage.parquet", index=False)
    config = StudyConfig.model_validate(
        {"name": "hole", "as_of": "2025-06-30", "source": {"folder": tmp_path}}
    )
    with clustering.open_tables(config) as tables:
        said = [note for note in tables.notes if "no row is dated" in note]
    assert said == [
        "usage: no row is dated 2025-05-01 to 2025-05-31 (31 days), and no other stretch is nearly "
        "as empty: the extract seems to lack these days, and every account looks inactive on them. "
        "Complete it, or choose an as_of whose look-back windows leave them out."
    ]
