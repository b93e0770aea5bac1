"""Playbooks: shipped for every label, edited by a file, refused where they do not hold."""

from datetime import date
from pathlib import Path

import pytest

from clustering.errors import ConfigError
from clustering.plan.playbooks.library import load_playbooks
from clustering.schemes.registry import SCHEMES
from clustering.scorer.segment_ids import FormerName, SegmentNames

#: Every label that a scheme of the package can give.
LABELS = {
    "arr_tiers": ["smb", "midmarket", "enterprise"],
    "employee_bands": ["smb", "midmarket", "enterprise"],
    "expansion_touch": ["low", "medium", "high"],
    "strategic_enterprise_smb": ["smb", "enterprise", "strategic"],
    "growth_risk": ["grow", "invest", "sustain", "protect"],
    "growth_revenue_at_risk": [
        "low_growth_safe",
        "low_growth_at_risk",
        "high_growth_safe",
        "high_growth_at_risk",
    ],
    "health_profitability": ["champion", "nurture", "fix", "question"],
    "needs": ["first_steps", "execution_guidance", "strategy_guidance"],
    "lifecycle_touch": [
        f"{touch}, {band}, {goal}"
        for touch in ("high_touch", "low_touch")
        for band in ("smb", "midmarket", "enterprise")
        for goal in ("risk_mitigation", "adoption", "retention")
    ],
    "expansion_trigger": ["none", "watch", "expand_now"],
    "csm_book": ["book_1", "book_17"],
    "tenure_bands": ["newest", "newer", "older", "oldest"],
    "needs_segment": ["first_steps", "execution_guidance", "strategy_guidance"],
    "current_segment": ["tech_touch", "mid_touch", "high_touch"],
}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_list_of_labels_is_of_every_scheme() -> None:
    assert set(LABELS) == {scheme.name for scheme in SCHEMES}


@pytest.mark.parametrize("scheme", LABELS)
def test_every_label_of_every_scheme_has_a_segment_playbook(scheme: str) -> None:
    books = load_playbooks()
    for label in LABELS[scheme]:
        name = books.assigned(scheme, label)
        assert name is not None, label
        assert books.playbooks[name].kind == "segment"
        assert books.hours(name) > 0


def test_the_touch_of_mong_rises_with_its_tier() -> None:
    books = load_playbooks()
    hours = [
        books.hours(str(books.assigned("expansion_touch", t))) for t in LABELS["expansion_touch"]
    ]
    assert hours == sorted(hours)
    # One review of 6 h, 2 check-ins of 1 h and 12 mailings of 0.1 h a year: 6 + 2 + 1.2.
    assert hours[0] == pytest.approx(9.2)


def test_all_labels_of_the_expansion_trigger_keep_one_touch() -> None:
    books = load_playbooks()
    assert len({books.assigned("expansion_trigger", x) for x in LABELS["expansion_trigger"]}) == 1


def test_an_own_file_replaces_adds_and_leaves_the_rest(tmp_path: Path) -> None:
    own = write(
        tmp_path / "own.toml",
        """
        [touches.meeting]
        title = "Call"
        hours = 1.0
        [playbooks.low_touch]
        title = "Ours"
        goal = "One call a month"
        touches_a_year = { meeting = 12 }
        [playbooks.vip]
        title = "VIP"
        goal = "Everything"
        touches_a_year = { qbr = 12 }
        least_touch = "high"
        [assign.arr_tiers]
        enterprise = "vip"
        [assign.lifecycle_touch]
        "*" = "vip"
        [assign.segment]
        "late on milestones" = "vip"
        """,
    )
    books, shipped = load_playbooks(own), load_playbooks()
    assert books.hours("low_touch") == 12.0
    assert books.assigned("arr_tiers", "enterprise") == "vip"
    assert books.assigned("arr_tiers", "smb") == "low_touch"
    assert books.assigned("lifecycle_touch", "low_touch, smb, adoption") == "vip"
    assert books.assigned("segment", "late on milestones") == "vip"
    assert books.assigned("segment", "another") is None
    assert books.playbooks["grow"] == shipped.playbooks["grow"]
    assert books.fingerprint != shipped.fingerprint


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    own = write(
        tmp_path / "own.toml",
        """
        [playbooks.minus]
        title = "Minus"
        goal = "Less than nothing"
        touches_a_year = { meeting = -2 }
        [playbooks.half]
        kind = "event"
        title = "Half"
        goal = "It starts and never ends"
        trigger = "churn_risk > 0.5"
        touches = { meeting = 1 }
        """,
    )
    with pytest.raises(ConfigError) as refused:
        load_playbooks(own)
    message = str(refused.value)
    assert "(2 breaches)" in message
    assert (
        "'playbooks.minus.touches_a_year.meeting': Input should be greater than or equal to 0"
        in message
    )
    assert "an event playbook has touches, a trigger and an exit" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[playbooks", r"are not valid TOML"),
        (
            '[playbooks.a]\ntitle = "A"\ngoal = "g"\ntouches_a_year = { meetng = 1 }',
            r"playbook 'a' plans the unknown touch 'meetng'\. Did you mean 'meeting'\?",
        ),
        (
            '[assign.arr_tiers]\nsmb = "low_tuch"',
            r"assign\.arr_tiers 'smb': playbook 'low_tuch' is not known\. Did you mean 'low_touch'",
        ),
        (
            '[assign.arr_tiers]\nsmb = "expand"',
            r"playbook 'expand' is an event playbook",
        ),
        ('[touches.meeting]\ntitle = "M"\nhours = -1.0', r"'touches\.meeting\.hours'.*found -1\.0"),
        (
            '[playbooks.a]\ntitle = "A"\ngoal = "g"\ntrigger = "churn_risk > 0"',
            r"a segment playbook has touches_a_year and neither trigger",
        ),
        (
            '[playbooks.a]\nkind = "event"\ntitle = "A"\ngoal = "g"\n'
            'trigger = "churn_risk >"\nexit = "churn_risk < 0"',
            r"trigger: the SQL cannot be read",
        ),
        (
            '[playbooks.a]\nkind = "event"\ntitle = "A"\ngoal = "g"\n'
            'trigger = "(SELECT 1) = 1"\nexit = "churn_risk < 0"',
            r"trigger: not allowed",
        ),
        ("[extra]\na = 1", r"'extra': Extra inputs are not permitted"),
    ],
)
def test_a_file_that_does_not_hold_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_playbooks(write(tmp_path / "own.toml", text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"cannot be read: No such file.*Mend engagement\.playbooks"
    ):
        load_playbooks(tmp_path / "none.toml")


def test_a_segment_may_be_named_by_its_id_and_by_a_name_that_it_had(tmp_path):
    called = SegmentNames(
        ("S-000001", "S-000002"),
        ("late", "early"),
        (
            FormerName("S-000002", "before time", "q1", date(2025, 3, 31)),
            FormerName("S-000003", "lost", "q1", date(2025, 3, 31)),
        ),
    )
    file = tmp_path / "own.toml"
    file.write_text(
        '[assign.segment]\nS-000001 = "grow"\n"before time" = "invest"\nS-000003 = "sustain"\n'
    )
    books = load_playbooks(file).for_segments(called)
    assert books.assigned("segment", "late") == "grow"
    assert books.assigned("segment", "early") == "invest"
    assert books.unknown_segments(called) == [
        "Playbooks: assign.segment names 'S-000003', but there is no segment 'S-000003' any more: "
        "S-000003 was last in study 'q1' as of 2025-03-31. The segments are 'late' (S-000001); "
        "'early' (S-000002)."
    ]
    assert load_playbooks(file).assigned("segment", "late") is None


def test_the_name_of_today_comes_before_a_name_that_another_segment_had(tmp_path):
    former = (FormerName("S-000001", "old", "q1", date(2025, 3, 31)),)
    called = SegmentNames(("S-000001",), ("new",), former)
    file = tmp_path / "own.toml"
    file.write_text('[assign.segment]\nnew = "grow"\nold = "invest"\n')
    assert load_playbooks(file).for_segments(called).assigned("segment", "new") == "grow"
