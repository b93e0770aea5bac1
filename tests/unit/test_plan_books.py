"""Balanced books: laws, and the cases at the edge."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.plan.staffing.books import balance_books


def series(values: list[float]) -> "pd.Series[float]":
    return pd.Series(values, index=[f"x{i}" for i in range(len(values))])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), n=st.integers(1, 25), n_books=st.integers(1, 6))
def test_laws(data: st.DataObject, n: int, n_books: int) -> None:
    amounts = st.lists(st.floats(0.0, 1e6), min_size=n, max_size=n)
    arr, hours = series(data.draw(amounts)), series(data.draw(amounts))
    names = st.lists(st.sampled_from(["Ann", "Bob", "Cy", None]), min_size=n, max_size=n)
    csm = pd.Series(data.draw(names), index=arr.index, dtype="str")
    found, frame = balance_books(arr, hours, csm, n_books, 0.1)
    assert frame["book"].notna().all()
    assert frame["book"].nunique() <= n_books
    # One owner a book, and nobody who keeps a book loses its name.
    assert (frame.dropna(subset=["book_csm"]).groupby("book")["book_csm"].nunique() == 1).all()
    stays = frame["csm"].notna() & (frame["csm"] == frame["book_csm"])
    assert not frame.loc[stays, "moved"].any()
    assert found.n_moved == int(frame["moved"].sum())
    assert found.n_new == int(csm.isna().sum())


@settings(max_examples=40, deadline=None)
@given(data=st.data(), n=st.integers(4, 30))
def test_books_end_no_further_outside_the_tolerance(data: st.DataObject, n: int) -> None:
    """The excess over the tolerance, ARR and hours of all books added, never rises."""
    amounts = st.lists(st.floats(1.0, 100.0), min_size=n, max_size=n)
    arr, hours = series(data.draw(amounts)), series(data.draw(amounts))
    csm = pd.Series([f"csm{i % 3}" for i in range(n)], index=arr.index, dtype="str")
    _, frame = balance_books(arr, hours, csm, 3, 0.1)

    def excess(owner: "pd.Series[str]") -> float:
        loads = pd.DataFrame({"a": arr / arr.sum() * 3, "h": hours / hours.sum() * 3})
        loads = loads.groupby(owner).sum().reindex(["csm0", "csm1", "csm2"], fill_value=0.0)
        return float((loads.sub(1.0).abs() - 0.1).clip(lower=0.0).to_numpy().sum())

    assert excess(frame["book_csm"]) <= excess(csm) + 1e-9


def test_books_within_the_tolerance_are_left_as_they_are() -> None:
    ones = series([1.0] * 20)
    csm = pd.Series(["Ann"] * 10 + ["Bob"] * 10, index=ones.index)
    found, _ = balance_books(ones, ones, csm, 2, 0.1)
    assert found.n_moved == 0
    assert found.worst_before == pytest.approx(0.0, abs=1e-12)


def test_one_csm_has_all_accounts_and_none_has_none() -> None:
    ones = series([1.0, 5.0, 2.0])
    one, frame = balance_books(ones, ones, None, 1, 0.1)
    assert frame["book"].tolist() == ["book_01"] * 3
    assert one.worst_after == 0.0
    assert one.n_new == 3
    none, frame = balance_books(ones, ones, None, 0, 0.1)
    assert frame["book"].isna().all()
    assert none.worst_after is None


def test_fewer_csms_keep_the_largest_books() -> None:
    ones = series([1.0] * 9)
    csm = pd.Series(["Ann"] * 4 + ["Bob"] * 4 + ["Cy"], index=ones.index)
    found, frame = balance_books(ones, ones, csm, 2, 0.2)
    assert set(frame["book_csm"]) == {"Ann", "Bob"}
    assert found.n_now == 3
    assert found.n_moved == 1
    assert found.worst_before is None


def test_a_new_book_has_no_owner_yet() -> None:
    ones = series([1.0] * 12)
    csm = pd.Series(["Ann"] * 6 + ["Bob"] * 6, index=ones.index)
    found, frame = balance_books(ones, ones, csm, 3, 0.1)
    sizes = frame.groupby("book").size()
    assert sizes.tolist() == [4, 4, 4]
    assert frame["book_csm"].isna().sum() == 4
    assert found.n_moved == 4


def test_unknown_arr_weighs_nothing_and_hours_still_balance() -> None:
    hours = series([1.0] * 8)
    _, frame = balance_books(series([np.nan] * 8), hours, None, 4, 0.1)
    assert frame.groupby("book").size().tolist() == [2, 2, 2, 2]


def test_many_books_are_balanced_in_blocks() -> None:
    rng = np.random.default_rng(0)
    n = 6_000
    arr = series(list(np.exp(rng.normal(10, 0.6, n))))
    hours = series(list(rng.choice([10.0, 40.0], n)))
    csm = pd.Series([f"c{i:03d}" for i in rng.integers(0, 150, n)], index=arr.index)
    found, _ = balance_books(arr, hours, csm, 150, 0.1)
    assert found.worst_before is not None
    assert found.worst_after is not None
    assert found.worst_after < 0.5 * found.worst_before
    assert found.n_moved < 0.25 * n
