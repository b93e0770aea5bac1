import numpy as np
import pytest

from clustering.profiles import name_segments
from snapshots import feature

LATE = feature("days_late", "signed", "milestones", ("early on milestones", "late on milestones"))
DUE = feature("due", "share", "milestones", ("few milestones reached", "most milestones reached"))
BREADTH = feature("breadth", "count", "usage", ("low breadth", "high breadth"))
DEPTH = feature("depth", "count", "usage", ("little use per seat", "much use per seat"))
FEATURES = [LATE, DUE, BREADTH, DEPTH]


def names(*rows):
    return name_segments(np.array(rows, dtype=float), FEATURES)


def test_one_segment_is_all_accounts():
    assert names([0, 0, 0, 0]) == ("all accounts",)


def test_the_largest_difference_then_the_largest_of_another_family():
    assert names([1.8, -1.5, -0.9, 0.1], [-1.8, 1.5, 0.1, 0.6])[0] == (
        "late on milestones, low breadth"
    )


def test_the_same_family_again_if_no_other_differs_enough():
    assert names([1.8, -1.5, -0.4, 0.1], [0, 0, 0, 0])[0] == (
        "late on milestones, few milestones reached"
    )


def test_small_differences_are_the_middle():
    assert names([0.49, -0.49, 0.2, 0], [2, 0, 0, 0])[0] == "near the middle in everything"


def test_two_in_the_middle_say_what_they_tend_to():
    assert names([0.3, 0, 0, 0], [0, 0, -0.4, 0], [2, 0, 0, 0])[:2] == (
        "near the middle, if anything late on milestones",
        "near the middle, if anything low breadth",
    )


def test_equal_differences_take_the_first_feature_of_the_matrix():
    assert names([0, 0, 1, -1], [0, 0, 0, 0])[0] == "high breadth, little use per seat"


def test_a_last_digit_decides_nothing():
    assert names([0, 0, 1, -1 - 1e-12], [0, 0, 0, 0])[0] == "high breadth, little use per seat"


def test_segments_of_one_name_take_a_third_phrase():
    assert names([2, 0, -1, 0.6], [1.5, -0.7, -1, 0], [-2, 0, 2, 0])[:2] == (
        "late on milestones, low breadth, little use per seat".replace("little", "much"),
        "late on milestones, low breadth, few milestones reached",
    )


@pytest.mark.parametrize(
    ("strengths", "degrees"),
    [
        ([1, 2], ["(less so)", "(more so)"]),
        ([2, 1, 3], ["(in between)", "(least)", "(most)"]),
        ([1, 2, 3, 4], ["(4 of 4,", "(3 of 4,", "(2 of 4,", "(1 of 4,"]),
        ([1, 1], ["(more so)", "(less so)"]),
    ],
)
def test_bands_along_one_gradient_say_who_is_it_more(strengths, degrees):
    rows = [[s, 0, -s, 0] for s in strengths]
    got = names(*rows, [-5, 0, 5, 0])
    for name, degree in zip(got, degrees, strict=False):
        assert name.startswith("late on milestones, low breadth ")
        assert degree in name
    assert got[-1] == "early on milestones, high breadth"


def test_features_with_the_same_words_are_said_once():
    twin = feature("late_share", "share", "outcomes", LATE.words)
    got = name_segments(np.array([[2.0, 1.9, -1.0], [-2.0, -1.9, 1.0]]), [LATE, twin, BREADTH])
    assert got[0] == "late on milestones, low breadth"


def test_a_feature_without_words_uses_its_name():
    plain = feature("logins_per_week", words=("", " "))
    got = name_segments(np.array([[2.0], [-2.0]]), [plain])
    assert got == ("high logins per week", "low logins per week")
