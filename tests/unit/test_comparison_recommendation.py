"""For which labelling care should be planned: one function, over all that it looks at."""

from itertools import product

import pytest

from clustering.comparison.recommendation import recommend
from clustering.comparison.scorecard_entries import Recommendation

BOTH, TIERS, NONE = ("current_segment", "arr_tiers"), ("arr_tiers",), ()


@pytest.mark.parametrize(
    ("are_clusters", "gains", "labellings", "labelling", "reason"),
    [
        (True, True, BOTH, "segment", "natural clusters, shown gain"),
        (True, False, BOTH, "segment", "natural clusters"),
        (False, True, BOTH, "segment", "shown gain"),
        (False, False, BOTH, "current_segment", "no reason to change"),
        (False, False, TIERS, "arr_tiers", "no reason to change"),
        (False, False, NONE, "segment", "nothing else"),
    ],
)
def test_segments_need_a_reason(
    are_clusters: bool, gains: bool, labellings: tuple[str, ...], labelling: str, reason: str
) -> None:
    found = recommend(
        n_segments=3,
        are_clusters=are_clusters,
        gains=gains,
        tiers_agreement=(0.1, 0.3),
        labellings=labellings,
    )
    assert found == Recommendation.model_validate({"labelling": labelling, "reason": reason})


def test_one_segment_recommends_nothing_new() -> None:
    found = recommend(
        n_segments=1, are_clusters=False, gains=False, tiers_agreement=None, labellings=TIERS
    )
    assert found == Recommendation(labelling="arr_tiers", reason="one segment")


@pytest.mark.parametrize(("are_clusters", "gains"), list(product([True, False], repeat=2)))
def test_segments_that_are_almost_the_tiers_change_nothing(are_clusters: bool, gains: bool) -> None:
    found = recommend(
        n_segments=3,
        are_clusters=are_clusters,
        gains=gains,
        tiers_agreement=(0.8, 0.9),
        labellings=BOTH,
    )
    assert found == Recommendation(labelling="arr_tiers", reason="almost the tiers")
