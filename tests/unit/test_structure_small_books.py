"""What would have been found at this size: the counts, and where they are said."""

from dataclasses import dataclass

import numpy as np

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.structure.evidence import assess_structure
from clustering.structure.reasons import numbers
from clustering.structure.rules import not_excluded
from clustering.structure.settings import ProtocolSettings
from clustering.structure.simulated.small_books import (
    about_as_large,
    every_book,
    seen_in_plain,
    seen_in_words,
)


def test_every_size_has_every_cell_and_more_accounts_show_more():
    books = every_book()
    sizes = sorted({one.n for one in books})
    assert sizes == [150, 200, 300, 500, 1000]
    for n in sizes:
        cells = {(one.k, one.sd) for one in books if one.n == n}
        assert cells == {(k, sd) for k in (2, 3, 4, 5) for sd in (3, 4, 5)}
    assert all(0 <= one.right <= one.books for one in books)

    def found(n: int, sd: int) -> float:
        rows = [one for one in about_as_large(n) if one.sd == sd]
        return sum(one.right for one in rows) / sum(one.books for one in rows)

    assert found(150, 4) < found(1000, 4)
    assert all(found(n, 3) <= found(n, 4) <= found(n, 5) for n in sizes)


def test_the_words_say_the_counts_of_books_about_as_large():
    one = next(one for one in about_as_large(320) if (one.k, one.sd) == (3, 4))
    assert one.n == 300
    assert f"{one.right} of {one.books} with three" in seen_in_words(320)
    assert "in simulated books of 300 accounts" in seen_in_words(320)
    assert f"4 standard deviations apart are found in {one.right} of {one.books}" in seen_in_plain(
        320
    )


def test_larger_numbers_stay_open_as_long_as_every_cluster_comes_back():
    @dataclass(frozen=True)
    class Row:
        k: int
        least_jaccard: float

    rows = [Row(2, 0.9), Row(3, 0.95), Row(4, 0.8), Row(5, 0.6), Row(6, 0.8)]
    config = EvidenceConfig()
    assert not_excluded(rows, [2, 3], config) == (3, 4, 6)
    assert not_excluded(rows, [6], config) == (6,)
    assert not_excluded(rows, [], config) == ()
    assert "does not exclude 3, 4 or 6 clusters" in numbers((3, 4, 6), 6)[0]
    assert "4 and 6 come back" in numbers((3, 4, 6), 6)[0]
    assert numbers((), 6) == []


def test_it_is_said_where_no_clusters_are_found_and_only_there():
    rng = np.random.default_rng(0)
    nothing = rng.normal(size=(160, 3))
    clear = nothing + np.where(np.arange(160) < 60, 9.0, 0.0)[:, None]
    quick, small = EvidenceConfig(resamples=10, nulls=19), ModelsConfig(k_max=2, n_init=2)
    told = {}
    for name, values in (("nothing", nothing), ("clear", clear)):
        found = assess_structure(
            values, ProtocolSettings(1, "zscore", quick, small, complete=False)
        )
        told[name] = [
            said for said in found.reasons if said.startswith(("What would have", "How many"))
        ]
    assert told == {"nothing": [seen_in_words(160)], "clear": numbers((2,), 2)}
