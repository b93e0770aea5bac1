"""Planted care: off unless asked for, and what it says is what it does."""

import pandas as pd
import pytest

from clustering.errors import BadInputError
from clustering.plan.playbooks.library import load_playbooks
from clustering.simulation import CarePlan, simulate
from clustering.simulation.events.delivery import HOURS_A_YEAR


def test_nothing_planted_leaves_the_book_as_it_is() -> None:
    plain, same = simulate("needs", 60, seed=3), simulate("needs", 60, seed=3, care=CarePlan())
    assert plain.delivery is None
    assert same.delivery is None
    for name, table in plain.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name])


def test_only_engagements_change_where_no_segment_is_unaffordable() -> None:
    plain = simulate("needs", 60, seed=3)
    planted = simulate("needs", 60, seed=3, care=CarePlan(over=0.2, under=0.2))
    for name, table in plain.tables.items():
        assert table.equals(planted.tables[name]) == (name != "engagements"), name


def test_every_account_gets_what_its_fate_says() -> None:
    book = simulate("needs", 300, seed=3, noise=0.0, care=CarePlan(over=0.2, under=0.2))
    assert book.delivery is not None
    truth = book.delivery.set_index("account_id")
    accounts = book.tables["accounts"].set_index("account_id")
    until = accounts["ended_on"].fillna(pd.Timestamp(book.manifest.last_day))
    years = (until - accounts["started_on"]).dt.days / 365
    hours = book.tables["engagements"].groupby("account_id")["hours"].sum()
    ratio = hours.reindex(truth.index).fillna(0.0) / years / truth["planned_hours"]
    mean = ratio[years > 1].groupby(truth["delivery"]).median()
    assert mean["over"] == pytest.approx(3.0, rel=0.1)
    assert mean["as_planned"] == pytest.approx(1.0, rel=0.05)
    assert mean["under"] == pytest.approx(0.25, rel=0.15)
    assert truth["delivery"].value_counts(normalize=True)["over"] == pytest.approx(0.2, abs=0.06)


def test_the_unaffordable_segment_pays_three_tenths() -> None:
    plain = simulate("needs", 300, seed=3)
    cut = simulate("needs", 300, seed=3, care=CarePlan(unaffordable="first_steps"))
    assert cut.delivery is not None
    first = [
        book.tables["subscriptions"].groupby("account_id")["arr"].first() for book in (plain, cut)
    ]
    ratio = first[1] / first[0]
    affordable = cut.delivery.set_index("account_id")["affordable"]
    assert ratio[affordable[ratio.index]].tolist() == pytest.approx([1.0] * int(affordable.sum()))
    assert ratio[~affordable[ratio.index]].median() == pytest.approx(0.3, rel=0.05)


def test_the_planned_hours_are_those_of_the_shipped_playbooks() -> None:
    books = load_playbooks()
    for name, hours in HOURS_A_YEAR.items():
        assert books.hours(name if name in books.playbooks else "standard") == pytest.approx(hours)


@pytest.mark.parametrize(
    ("scenario", "care", "words"),
    [
        ("tiers", CarePlan(over=0.1), r"which the scenario 'tiers' does not have"),
        (
            "needs",
            CarePlan(unaffordable="integrators"),
            r"must be one of first_steps.*found 'integ",
        ),
        ("needs", CarePlan(over=0.7, under=0.5), r"add up to at most 1; found 0\.7 and 0\.5"),
        ("needs", CarePlan(over=-0.1), r"must not be negative"),
    ],
)
def test_what_cannot_be_planted_is_refused(scenario: str, care: CarePlan, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        simulate(scenario, 30, seed=1, care=care)
