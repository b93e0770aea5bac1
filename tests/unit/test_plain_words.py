"""Rules and settings in plain words: no name of a column, and nothing half translated."""

import re
import tomllib
from pathlib import Path

import pytest

import clustering.plan.playbooks.library as library
from clustering.config import StudyConfig
from clustering.plan.sensitivity import settings_of
from clustering.report.subjects.plan.setting_words import _described
from clustering.schemes.condition_words import OWN_RULE, condition_in_words

CODE = re.compile(r"\w_\w|[<>=]")


def shipped() -> list[str]:
    books = tomllib.loads(Path(library.__file__).with_name("playbooks.toml").read_text("utf-8"))
    return [
        book[end] for book in books["playbooks"].values() for end in ("trigger", "exit")
        if end in book
    ]  # fmt: skip


@pytest.mark.parametrize("sql", shipped())
def test_every_shipped_condition_has_words(sql: str) -> None:
    said = condition_in_words(sql)
    assert said != OWN_RULE
    assert not CODE.search(said)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("0.6 <= churn_risk", "churn risk is at least 0.6"),
        ("health BETWEEN 0.2 AND 0.45", "health is between 0.2 and 0.45"),
        ("NOT (a_b = 'x_y' OR c IS NOT NULL)", "not (a b is 'x y' or c is known)"),
        ("a > -1.5 AND (b < 2 OR c = 3)", "a is above −1.5 and (b is below 2 or c is 3)"),
        ("is_champion <> FALSE", "is champion"),
        ("region NOT IN ('emea')", "region is not 'emea'"),
        ("CASE WHEN a > 1 THEN true ELSE false END", OWN_RULE),
        ("lower(region) = 'emea'", OWN_RULE),
        ("a + 1 > 2", OWN_RULE),
        ("a = NULL", OWN_RULE),
    ],
)
def test_a_condition_is_said_whole_or_not_at_all(sql: str, said: str) -> None:
    assert condition_in_words(sql) == said


def test_every_setting_that_may_move_is_described_in_words() -> None:
    config = StudyConfig.model_validate(
        {"name": "a", "as_of": "2025-06-30", "source": {"folder": "."}}
    )
    for part in ("schemes", "engagement"):
        found = settings_of(getattr(config, part), f"{part}.", lambda name: "threshold")
        assert len(found) > 10
        for one in found:
            said = _described(*one.name.split("."))
            assert said, one.name
            assert not CODE.search(said), (one.name, said)
