"""No two sentences of a report contradict each other, and no number is spoilt on its way there.

Pages are made in this process, of simulated study folders of every verdict and every gap.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from clustering import results
from clustering.comparison.scorecard_entries import Reason
from clustering.report import words
from clustering.report.subjects import first
from clustering.report.subjects.forward import recommendation
from clustering.results import StudyFolder
from clustering.results.document import GroupWord
from clustering.results.folder import write
from report_pages import page_texts
from report_sweep import faults
from study_folders import Recipe, build_study

pytestmark = pytest.mark.slow

SCENARIOS = {
    "natural": Recipe(verdict="natural", k=4, forward=True),
    "natural_mixture": Recipe(verdict="natural", algorithm="mixture"),
    "reproducible": Recipe(verdict="reproducible", forward=True),
    "constructive": Recipe(verdict="constructive", forward=True),
    "constructive_without_needs": Recipe(verdict="constructive", needs=False),
    "without_amount": Recipe(with_arr=False),
    "without_axes": Recipe(axes=False, needs=False),
    "one_segment": Recipe(verdict="constructive", k=1),
    "forty_accounts": Recipe(n_accounts=40, verdict="constructive", forward=True),
    "hostile_names": Recipe(hostile=True, k=4),
}


@pytest.fixture(scope="module", params=SCENARIOS)
def scenario(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> StudyFolder:
    folder = tmp_path_factory.mktemp("scenario") / request.param
    return results.read(build_study(folder, SCENARIOS[request.param]))


@pytest.fixture(scope="module")
def pages(scenario: StudyFolder) -> dict[str, str]:
    return page_texts(scenario)


def test_no_page_says_what_it_may_not(scenario: StudyFolder, pages: dict[str, str]) -> None:
    assert faults(scenario, pages) == []


def test_the_advice_stands_before_everything_else(
    scenario: StudyFolder, pages: dict[str, str]
) -> None:
    page = pages["4_leadership"]
    assert page.index("## What to do") < page.index("## Do the accounts fall into groups?")
    for line in first.action_lines(scenario):
        assert line in page
    assert words.recommendation(scenario) in pages["index"]


def test_three_actions_say_who_how_much_and_how_sure(scenario: StudyFolder) -> None:
    found = first.actions(scenario)
    assert 1 <= len(found) <= 3
    for one in found:
        assert re.search(r"\d account", one.who)
        assert all([one.todo, one.money, one.sure])
    if not words.speaks_for_groups(scenario):
        assert found[0].todo.startswith(("Keep", "Move no account", "Change nothing"))
        assert words.what_would_change(scenario)
        assert not any("Try" in one.todo for one in found)


def test_a_card_for_every_label_of_the_plan(scenario: StudyFolder) -> None:
    coverage = scenario.table("coverage")
    cards = first.cards(scenario)
    assert [card.name for card in cards] == coverage["label"].tolist()
    for card, n in zip(cards, coverage["n_accounts"], strict=True):
        assert card.size.startswith(f"{n:,} account")
        assert len(card.typical) <= 3


def test_the_number_of_segments_is_the_one_of_the_list(
    scenario: StudyFolder, pages: dict[str, str]
) -> None:
    k = len(scenario.document.segments)
    report = "\n".join(pages.values())
    for pattern in (r"fall into (\d+) natural clusters: they", r"study offers (\d+) bands"):
        assert {int(found) for found in re.findall(pattern, report)} <= {k}


def changed(study: StudyFolder, folder: Path, **changes: object) -> StudyFolder:
    folder.mkdir()
    frames = {path.stem: study.table(path.stem) for path in _tables(study) if path.stem != "names"}
    write(study.document.model_copy(update=changes), frames, folder)
    return results.read(folder)


def _tables(study: StudyFolder) -> Iterator[Path]:
    return study.path.glob("*.parquet")


def test_a_coarser_cut_than_the_finest_says_so(tmp_path: Path) -> None:
    """Three natural clusters, of which only two at a coarser cut meet the limits."""
    study = results.read(build_study(tmp_path / "s", Recipe(verdict="natural", k=2)))
    coarse = changed(study, tmp_path / "t", n_clusters=3)
    said = words.structure(coarse)
    assert "3 at the finest, 2 at the finest that meets the limits" in said
    assert "The 2 are shown" in said
    band = GroupWord(singular="band", plural="bands")
    bands = changed(study, tmp_path / "u", n_clusters=3, group_word=band, segments_return=False)
    said = words.structure(bands)
    assert said.startswith(
        "The accounts fall into 3 natural clusters, which do not meet the limits"
    )
    assert "The 2 bands that the study offers do not come back reliably" in said
    assert any("natural groups" in text for text in words.cautions(bands))


def test_one_segment_recommends_nothing(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(verdict="constructive", k=1)))
    (advice,) = words.recommendations(study)
    assert advice == "Keep the ARR tiers: this study has no segments to put beside them."


def test_segments_that_overlap_with_resampled_ones_may_still_not_come_back(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(verdict="constructive")))
    segments = [s.model_copy(update={"jaccard": 0.9}) for s in study.document.segments]
    steady = StudyFolder(study.path, study.document.model_copy(update={"segments": segments}))
    assert "do not come back reliably" in words.structure(steady)
    assert "comes back" not in words.stability(steady)
    assert "does not predict that of the other half" in words.stability(steady)


def test_small_segments_and_those_of_one_feature_are_said_to_be_so(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(k=3)))
    first, second, third = study.document.segments
    segments = [
        first.model_copy(update={"share": 0.02, "n_accounts": 5}),
        second.model_copy(update={"made_by": "seats"}),
        third,
    ]
    evidence = study.document.evidence.model_copy(update={"n_set_aside": 4})
    update = {"segments": segments, "evidence": evidence}
    narrow = words.narrow(StudyFolder(study.path, study.document.model_copy(update=update)))
    assert len(narrow) == 3
    assert "4 accounts are unlike all others: they had no part in making" in narrow[0]
    assert "holds 2 % of the accounts (5)" in narrow[1]
    assert "is made by one feature, seats" in narrow[2]
    assert words.narrow(study) == []


def test_the_largest_number_that_was_tried_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe()))
    found = study.document.evidence
    chosen_by = found.chosen_by.model_copy(update={"gap_pca": 8})
    evidence = found.model_copy(update={"chosen_by": chosen_by})
    shown = StudyFolder(study.path, study.document.model_copy(update={"evidence": evidence}))
    assert any("8 (the largest tried)" in text for text in words.why_in_plain(shown))


def test_too_few_events_are_no_answer(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(verdict="constructive", forward=True)))
    document = study.document
    unknown = document.forward[0].model_copy(update={"gain": None, "claim": None})
    seen = document.outcomes.model_copy(
        update={"observed": {"churned": 7 / 240}, "at_risk": {"churned": 240}}
    )
    changes = {
        "forward": [unknown],
        "outcomes": seen,
        "recommendation": document.recommendation.model_copy(
            update={"labelling": "arr_tiers", "reason": "no reason to change"}
        ),
    }
    few = StudyFolder(study.path, document.model_copy(update=changes))
    assert words.short_answer(few) == "Too few accounts to tell."
    assert first.headlines(few)[-1].says.startswith("7 of 240 accounts churned; at least 10")
    assert words.what_would_change(few)[0].startswith("More accounts, or a longer time after")
    assert "too few to tell: 7 of 240" in first.actions(few)[0].sure


def test_an_answer_is_no_larger_than_the_verdict() -> None:
    said = {
        reason: recommendation._ANSWERS[reason][0]
        for reason in get_args(Reason)
        if reason in recommendation._FOR_GROUPS
    }
    assert said == {
        "natural clusters, shown gain": "As far as can be foreseen, yes.",
        "natural clusters": "In part.",
        "shown gain": "In part.",
    }
    assert set(recommendation._ANSWERS) == set(get_args(Reason))
