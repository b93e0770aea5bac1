"""Event playbooks: what starts and ends them, and that they move nobody."""

from pathlib import Path

import pandas as pd
import pytest

from clustering.errors import BadInputError, ConfigError
from clustering.plan.playbooks.event_playbooks import condition, run_playbooks
from clustering.plan.playbooks.library import Playbooks, load_playbooks


@pytest.fixture
def expand_alone() -> Playbooks:
    books = load_playbooks()
    kept = {name: book for name, book in books.playbooks.items() if book.kind == "segment"}
    return books.model_copy(update={"playbooks": kept | {"expand": books.playbooks["expand"]}})


def trigger(*values: str | None) -> pd.DataFrame:
    index = list("abcdef")[: len(values)]
    return pd.DataFrame({"expansion_trigger": pd.Series(values, index=index, dtype="str")})


def test_an_expand_playbook_starts_runs_and_ends_and_no_tier_moves(
    expand_alone: Playbooks,
) -> None:
    """Knoefel 2021: the playbook comes and goes, the touch tier stays where it is."""
    tiers = pd.Series({"a": "high", "b": "low"})
    before = tiers.copy()
    first = run_playbooks(expand_alone, trigger("expand_now", "none"))
    assert first.frame[["account_id", "state"]].to_numpy().tolist() == [["a", "starts"]]
    second = run_playbooks(expand_alone, trigger("expand_now", "none"), first.active())
    assert second.frame["state"].tolist() == ["runs"]
    third = run_playbooks(expand_alone, trigger("watch", "none"), second.active())
    assert third.frame["state"].tolist() == ["ends"]
    assert third.active().empty
    fourth = run_playbooks(expand_alone, trigger("watch", "none"), third.active())
    assert fourth.frame.empty
    books = expand_alone
    touch = [books.assigned("expansion_touch", tier) for tier in tiers]
    assert tiers.equals(before)
    assert touch == ["high_touch", "low_touch"]
    labels = [books.assigned("expansion_trigger", x) for x in ("expand_now", "watch", "none")]
    assert set(labels) == {"standard"}


def test_what_cannot_be_told_neither_starts_nor_ends(expand_alone: Playbooks) -> None:
    running = pd.DataFrame({"account_id": ["a", "b"], "playbook": "expand"})
    found = run_playbooks(expand_alone, trigger(None, "none", None), running)
    states = found.frame.set_index("account_id")["state"].to_dict()
    assert states == {"a": "runs", "b": "ends"}


def test_a_trigger_without_its_table_says_what_it_lacks(expand_alone: Playbooks) -> None:
    values = pd.DataFrame({"churn_risk": [0.9]}, index=["a"])
    found = run_playbooks(expand_alone, values)
    assert found.frame.empty
    assert found.not_computed == {
        "expand": "its trigger needs expansion_trigger, which no account has"
    }


def test_a_name_that_no_study_has_is_refused_with_the_nearest() -> None:
    values = pd.DataFrame({"churn_risk": [0.9]}, index=["a"])
    with pytest.raises(BadInputError, match=r"names 'churn_rsk'.*Did you mean 'churn_risk'\?"):
        condition("churn_rsk > 0.5", values)


def test_a_condition_that_is_no_condition_is_refused() -> None:
    values = pd.DataFrame({"churn_risk": [0.9]}, index=["a"])
    with pytest.raises(BadInputError, match=r"is not true or false; it gives '0\.9'"):
        condition("churn_risk", values)


def test_conditions_that_do_not_hold_are_told_together(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "\n".join(
            f'[playbooks.{name}]\nkind = "event"\ntitle = "T"\ngoal = "g"\n'
            f'trigger = "{name}_nowhere > 1"\nexit = "churn_risk < 1"\ntouches = {{ qbr = 1 }}'
            for name in ("one", "two")
        )
    )
    values = pd.DataFrame({"churn_risk": [0.9]}, index=["a"])
    with pytest.raises(ConfigError, match=r"\(2 breaches\)[\s\S]*'one'[\s\S]*'two'"):
        run_playbooks(load_playbooks(own), values)


def test_three_valued_logic() -> None:
    values = pd.DataFrame(
        {"churn_risk": [0.9, 0.1, None], "health": [None, 0.5, 0.5]}, index=list("abc")
    )
    either = condition("churn_risk > 0.5 OR health > 0.4", values)
    both = condition("churn_risk > 0.5 AND health > 0.4", values)
    assert either.tolist() == [True, True, True]
    assert both.isna().tolist() == [True, False, True]
    assert both["b"] == False  # noqa: E712
