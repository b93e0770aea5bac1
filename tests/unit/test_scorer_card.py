"""The model card: what it says of which model."""

from dataclasses import replace
from datetime import date

import pytest

from clustering.scorer import Scorer
from clustering.scorer.calibration import Tenth
from clustering.scorer.card import (
    FeatureFacts,
    Promise,
    StudyFacts,
    TableFacts,
    card_in_short,
    model_card,
)
from snapshots import book, scorer_of


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    made = scorer_of(book(n=120), k=2)
    facts = StudyFacts(
        title="A demo | <b>of</b>\nit",
        structure="No natural clusters were found.",
        reasons=("The least p is 0.21.",),
        segments_return=False,
        is_circular=True,
        amount_name="run-rate",
        tables=(TableFacts("usage", 12_345, date(2024, 1, 2), date(2025, 6, 29), "f" * 64),),
        features=(FeatureFacts("hours", "hours of care", "Hours | spent."),),
        claims=(),
        promises=(Promise(made.segment_ids[1], "churned", 365, 60, 0.25, 0.16, 0.37),),
        short_tables=("tickets",),
    )
    return replace(made, facts=facts)


def test_it_says_what_the_model_is_and_comes_from(scorer: Scorer) -> None:
    card = model_card(scorer)
    assert card.startswith("# Model card: A demo | &lt;b>of&lt;/b> it\n")
    assert "**Reproducible.** No natural clusters were found." in card
    assert "- The least p is 0.21." in card
    for id_, name, size in zip(
        scorer.segment_ids, scorer.segment_names, scorer.training.sizes, strict=True
    ):
        assert f"| {id_} | {name} | {size} |" in card
    assert "| usage | 12,345 | 2024-01-02 | 2025-06-29 | `ffffffffffff` |" in card
    assert "| hours of care (`hours`) | unit | 0 or more |" in card
    assert "Hours \\| spent." in card
    assert f"| {scorer.segment_names[1]} | churned | 365 days | 60 | 25 % | 16 % to 37 % |" in card


def test_it_says_the_limits_of_this_very_model(scorer: Scorer) -> None:
    card = model_card(scorer)
    assert "- tickets began inside the look-back window when it was learned" in card
    assert "- run-rate or what follows from it is among its features" in card
    assert "to say that the accounts fall into natural groups" in card
    assert "as a finding about single accounts" in card
    assert "no gain over the tiers is claimed" in card
    facts = replace(
        scorer.facts, segments_return=True, is_circular=False, short_tables=(), claims=("A gain.",)
    )
    natural = replace(
        scorer, facts=facts, training=replace(scorer.training, verdict="natural", are_clusters=True)
    )
    card = model_card(natural)
    for words in ("tickets", "run-rate", "natural groups", "single accounts", "to forecast"):
        assert words not in card


def test_it_says_how_often_its_probabilities_come_true(scorer: Scorer) -> None:
    tenths = (Tenth(0.25, 0.61, 0.58), Tenth(0.75, 0.97, 0.98))
    card = model_card(replace(scorer, tenths=tenths))
    assert "| 61 % | 58 % | 25 % |\n| 97 % | 98 % | 75 % |" in card
    assert "Not measured" in model_card(replace(scorer, tenths=()))


def test_a_renamed_segment_has_its_new_name_in_the_card(scorer: Scorer) -> None:
    new = replace(scorer, segment_names=("quiet", "loud"))
    assert "| quiet |" in model_card(new)
    assert f"| {scorer.segment_names[0]} |" not in model_card(new)


def test_a_model_without_a_study_says_so(scorer: Scorer) -> None:
    card = model_card(replace(scorer, facts=None))
    assert "This model was made without a study" in card
    assert "no gain over the tiers is claimed" in card


def test_the_card_and_its_facts_are_kept_with_the_model(scorer: Scorer, tmp_path) -> None:
    scorer.save(tmp_path / "scorer")
    read = Scorer.load(tmp_path / "scorer")
    assert read.facts == scorer.facts
    assert (tmp_path / "scorer" / "model_card.md").read_text() == model_card(scorer)
    read.save(tmp_path / "again")
    assert Scorer.load(tmp_path / "again").version == read.version == scorer.version


def test_the_short_form_is_short_enough_for_a_description(scorer: Scorer) -> None:
    long = replace(scorer.facts, reasons=("many words " * 20,) * 100)
    short = card_in_short(replace(scorer, facts=long))
    assert len(short) <= 5_000
    assert short.endswith("`model_card.md` in the folder of the scorer.")
    assert "## Learned from" not in card_in_short(scorer)
