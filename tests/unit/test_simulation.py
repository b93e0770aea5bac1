"""The simulated book: what is in it, and which words refuse a wrong request."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from clustering.errors import BadInputError
from clustering.simulation import SCENARIOS, Book, find_scenario, simulate
from clustering.tables import TABLES

NAMES = [scenario.name for scenario in SCENARIOS]


@pytest.fixture(scope="module")
def books() -> dict[str, Book]:
    return {name: simulate(name, 200, seed=3) for name in NAMES}


def active(book: Book, day: date) -> pd.Series:
    accounts = book.tables["accounts"].set_index("account_id")
    at = pd.Timestamp(day)
    return (accounts["started_on"] <= at) & ~(accounts["ended_on"] <= at)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_but_overrides_with_the_columns_of_the_contract(
    books: dict[str, Book], name: str
) -> None:
    book = books[name]
    expected = {table.name: {c.name for c in table.columns} for table in TABLES}
    del expected["overrides"]
    # One currency needs no column, every plan of a milestone is known from the start, every
    # account is a company of its own, and a feature of the product is no part of a larger one.
    for table, column in [
        ("subscriptions", "currency"),
        ("opportunities", "currency"),
        ("milestones", "recorded_on"),
        ("accounts", "parent_id"),
        ("usage", "module"),
    ]:
        expected[table].remove(column)
    assert {table: set(frame.columns) for table, frame in book.tables.items()} == expected


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_gives_equal_tables_and_another_seed_does_not(
    books: dict[str, Book], name: str
) -> None:
    again, other = simulate(name, 200, seed=3), simulate(name, 200, seed=4)
    for table, frame in books[name].tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[table])
        assert not frame.equals(other.tables[table])
    pd.testing.assert_frame_equal(books[name].truth, again.truth)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_recorded_after_the_last_day(books: dict[str, Book], name: str) -> None:
    book = books[name]
    last = pd.Timestamp(book.manifest.last_day)
    for table, column in [
        ("accounts", "started_on"),
        ("accounts", "ended_on"),
        ("subscriptions", "started_on"),
        ("usage", "used_on"),
        ("milestones", "achieved_on"),
        ("milestones", "achieved_recorded_on"),
        ("outcomes", "measured_on"),
        ("outcomes", "recorded_on"),
        ("opportunities", "opened_on"),
        ("opportunities", "closed_on"),
        ("engagements", "held_on"),
        ("tickets", "opened_on"),
        ("tickets", "closed_on"),
        ("surveys", "answered_on"),
    ]:
        assert book.tables[table][column].max() <= last, (table, column)


def test_no_trace_before_the_start_or_from_the_end_on(books: dict[str, Book]) -> None:
    book = books["needs"]
    accounts = book.tables["accounts"].set_index("account_id")
    for table, column in [
        ("usage", "used_on"),
        ("outcomes", "measured_on"),
        ("engagements", "held_on"),
        ("tickets", "opened_on"),
        ("surveys", "answered_on"),
    ]:
        frame = book.tables[table]
        life = accounts.loc[frame["account_id"].astype("str")].reset_index(drop=True)
        assert (frame[column] >= life["started_on"]).all(), table
        assert not (frame[column] >= life["ended_on"]).any(), table


def test_contracts_cover_an_account_from_its_start_to_its_end(books: dict[str, Book]) -> None:
    book = books["needs"]
    accounts = book.tables["accounts"].set_index("account_id")
    periods = book.tables["subscriptions"].groupby("account_id")
    pd.testing.assert_series_equal(
        periods["started_on"].min(), accounts["started_on"], check_names=False
    )
    left = accounts["ended_on"].dropna()
    pd.testing.assert_series_equal(
        periods["ended_on"].max()[left.index], left, check_names=False, check_dtype=False
    )


def test_arr_at_the_as_of_date_is_known_for_exactly_the_active_accounts(
    books: dict[str, Book],
) -> None:
    book = books["needs"]
    rows = book.tables["subscriptions"]
    at = pd.Timestamp(book.manifest.as_of)
    now = rows[(rows["started_on"] <= at) & (rows["ended_on"] > at)]
    contracted = set(now["account_id"])
    is_active = active(book, book.manifest.as_of)
    assert contracted == set(is_active[is_active].index)


@pytest.mark.parametrize("name", NAMES)
def test_a_year_before_and_after_the_as_of_date_can_be_studied(
    books: dict[str, Book], name: str
) -> None:
    manifest = books[name].manifest
    assert (manifest.as_of - manifest.first_day).days >= 2 * 365
    assert (manifest.last_day - manifest.as_of).days >= 365
    assert active(books[name], manifest.as_of).mean() > 0.7
    usage = books[name].tables["usage"]["used_on"]
    assert usage.min() < pd.Timestamp(manifest.as_of) - pd.Timedelta(days=700)


def test_some_accounts_have_left_and_some_have_not_yet_come(books: dict[str, Book]) -> None:
    accounts = books["needs"].tables["accounts"]
    at = pd.Timestamp(books["needs"].manifest.as_of)
    assert (accounts["ended_on"] <= at).any()
    assert (accounts["ended_on"] > at).any()
    assert (accounts["started_on"] > at).any()


def test_needs_segment_is_a_persons_judgement_with_errors(books: dict[str, Book]) -> None:
    book = simulate("needs", 2000, seed=5)
    assigned = book.tables["accounts"]["needs_segment"]
    known = assigned.notna()
    right = (assigned == book.truth["true_segment"])[known].mean()
    assert 0.82 < right < 0.88
    assert 0.03 < (~known).mean() < 0.07


def test_missing_is_a_share_of_accounts_without_results() -> None:
    full, half = (simulate("needs", 400, seed=1, missing=share) for share in (0.0, 0.5))
    accounts = full.tables["accounts"]
    assert not accounts[["industry", "employees", "needs_segment"]].isna().any().any()
    n_full, n_half = (book.tables["outcomes"]["account_id"].nunique() for book in (full, half))
    assert 0.4 < n_half / n_full < 0.6


def test_noise_zero_leaves_no_deviation_in_attainment() -> None:
    book = simulate("needs", 60, seed=1, noise=0.0)
    outcomes = book.tables["outcomes"]
    ratio = np.where(
        outcomes["higher_is_better"],
        outcomes["value"] / outcomes["target"],
        outcomes["target"] / outcomes["value"],
    )
    spread = pd.Series(ratio).groupby(outcomes["account_id"].to_numpy()).std()
    assert spread.max() < 0.01


def test_wider_separation_puts_the_planted_levels_further_apart() -> None:
    def gap(separation: float) -> float:
        truth = simulate("needs", 500, seed=1, separation=separation).truth
        levels = truth.filter(like="level_")
        centres = levels.groupby(truth["true_segment"]).mean().to_numpy()
        distances = np.linalg.norm(centres[:, None] - centres[None], axis=2)
        return float(distances[np.triu_indices(4, 1)].min())

    assert gap(0.0) < 1.0
    assert 5.5 < gap(6.0) < 6.7


def test_tiers_follow_arr_at_the_as_of_date(books: dict[str, Book]) -> None:
    book = books["tiers"]
    rows = book.tables["subscriptions"]
    at = pd.Timestamp(book.manifest.as_of)
    now = rows[(rows["started_on"] <= at) & (rows["ended_on"] > at)]
    arr = now.groupby("account_id")["arr"].sum()
    tier = book.truth.set_index("account_id")["true_segment"].reindex(arr.index)
    bounds = arr.groupby(tier).agg(["min", "max"])
    assert bounds.loc["smb", "max"] <= bounds.loc["midmarket", "min"]
    assert bounds.loc["midmarket", "max"] <= bounds.loc["enterprise", "min"]


def test_none_plants_no_segment(books: dict[str, Book]) -> None:
    assert books["none"].truth["true_segment"].nunique() == 1


def test_only_books_that_move_or_drift_have_paths_with_more_than_one_segment(
    books: dict[str, Book],
) -> None:
    for name, book in books.items():
        moved = book.path["account_id"].duplicated().any()
        assert moved == (name in ("moving", "drift", "weak_drift")), name


def test_a_path_begins_with_the_account(books: dict[str, Book]) -> None:
    book = books["moving"]
    first = book.path.groupby("account_id")["from_on"].min()
    started = book.tables["accounts"].set_index("account_id")["started_on"]
    pd.testing.assert_series_equal(first, started, check_names=False, check_dtype=False)


def test_drift_happens_nine_months_before_the_as_of_date(books: dict[str, Book]) -> None:
    manifest = books["drift"].manifest
    assert manifest.changed_on == date(2024, 9, 27)
    before = pd.Timestamp(manifest.changed_on) - pd.Timedelta(days=100)
    path = books["drift"].path
    early = path.loc[path["from_on"] < before, "true_segment"]
    assert "integrators" not in set(early)
    assert "integrators" in set(books["drift"].path["true_segment"])


def test_what_a_rescaled_book_counts_changes_on_one_day_and_its_groups_do_not(
    books: dict[str, Book],
) -> None:
    changed_on = pd.Timestamp(books["rescaled"].manifest.changed_on)

    def ratio(*, after: bool) -> float:
        tables = (books[name].tables["engagements"] for name in ("rescaled", "needs"))
        means = [one.loc[(one["held_on"] >= changed_on) == after, "hours"].mean() for one in tables]
        return means[0] / means[1]

    assert ratio(after=False) == pytest.approx(1, rel=0.1)
    assert ratio(after=True) == pytest.approx(2, rel=0.1)
    truth = (books[name].truth["true_segment"] for name in ("rescaled", "needs"))
    pd.testing.assert_series_equal(*truth)


def test_names_are_numbers_of_accounts(books: dict[str, Book]) -> None:
    assert books["needs"].tables["accounts"]["name"].str.fullmatch(r"Account \d{5}").all()


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(BadInputError, match=r"no scenario 'need'; known are .*mean 'needs'\?"):
        find_scenario("need")


def test_all_bad_parameters_are_named_at_once() -> None:
    with pytest.raises(BadInputError) as caught:
        simulate("none", 9, -1, separation=-1, noise=11, missing=0.95, as_of=date(1900, 1, 1))
    message = str(caught.value)
    assert "the book cannot be simulated (6 breaches):" in message
    for part in (
        "accounts must be at least 10; found 9.",
        "seed must not be negative; found -1.",
        "separation must be from 0 to 100; found -1.",
        "noise must be from 0 to 10; found 11.",
        "missing must be a share from 0 to 0.9; found 0.95.",
        "as_of must lie from 1975-01-01 to 2200-01-01; found 1900-01-01.",
    ):
        assert part in message
