"""For which labelling care should be planned: one function, over all that it looks at."""

from itertools import product

import pytest

from clustering.comparison.recommendation import Recommendation, recommend

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
        are_clusters=are_clusters, gains=gains, tiers_agreement=(0.1, 0.3), labellings=labellings
    )
    assert found == Recommendation(labelling, reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(("are_clusters", "gains"), list(product([True, False], repeat=2)))
def test_segments_that_are_almost_the_tiers_change_nothing(are_clusters: bool, gains: bool) -> None:
    found = recommend(
        are_clusters=are_clusters, gains=gains, tiers_agreement=(0.8, 0.9), labellings=TIERS
    )
    assert found == Recommendation("arr_tiers", "almost the tiers")
