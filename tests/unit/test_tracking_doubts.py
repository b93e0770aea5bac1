"""What speaks against a model, each by itself and all at once."""

from dataclasses import replace
from datetime import date

import pytest
from mlflow.entities.model_registry import ModelVersion, ModelVersionTag

from clustering import results
from clustering.results import StudyFolder
from clustering.scorer import Scorer
from clustering.scorer.calibration import Tenth
from clustering.tracking.doubts import find_doubts, monitor_doubts
from study_folders import Recipe, add_scorer, build_study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyFolder, Scorer]:
    folder = build_study(tmp_path_factory.mktemp("doubts") / "study", Recipe(n_accounts=120))
    add_scorer(folder)
    return results.read(folder), Scorer.load(folder)


def changed(study: StudyFolder, **changes: object) -> StudyFolder:
    return replace(study, document=study.document.model_copy(update=changes))


def test_nothing_speaks_against_bands_that_come_back(made) -> None:
    study, scorer = made
    assert find_doubts(study, scorer, None) == ()
    assert find_doubts(study, scorer, scorer) == ()


def test_segments_that_do_not_come_back_are_doubted_whatever_the_verdict(made) -> None:
    study, scorer = made
    for verdict in ("natural", "reproducible", "constructive"):
        (doubt,) = find_doubts(changed(study, segments_return=False, verdict=verdict), scorer, None)
        assert doubt.startswith(f"its verdict is {verdict}, and the segments do not come back")


def test_one_segment_is_doubted(made) -> None:
    study, scorer = made
    one = changed(study, segments=study.document.segments[:1], segments_return=False)
    assert find_doubts(one, scorer, None) == (
        "it has one segment: every account is given the same.",
    )


def test_short_tables_are_doubted(made) -> None:
    study, scorer = made
    short = replace(scorer, facts=replace(scorer.facts, short_tables=("usage", "tickets")))
    (doubt,) = find_doubts(study, short, None)
    assert doubt.startswith("usage, tickets began inside the look-back window of 90 days")


def test_a_model_that_is_too_sure_is_doubted(made) -> None:
    study, scorer = made
    modest, few, sure = Tenth(0.4, 0.55, 0.66), Tenth(0.01, 0.8, 0.5), Tenth(0.59, 0.95, 0.7)
    (doubt,) = find_doubts(study, replace(scorer, tenths=(modest, few, sure)), None)
    assert "of answers at a probability of 0.95, 0.70 came true on accounts held out" in doubt
    assert "tracking.most_overconfident is 0.1" in doubt
    assert find_doubts(study, replace(scorer, tenths=(modest, few)), None) == ()


def test_beside_the_champion_all_is_said_at_once(made) -> None:
    study, scorer = made
    training = replace(scorer.training, as_of=date(2025, 9, 30), sizes=(200, 100, 100))
    standardiser = scorer.standardiser
    more = replace(
        standardiser,
        columns=(*standardiser.columns, replace(standardiser.columns[0], feature="tickets_90d")),
    )
    champion = replace(scorer, training=training, standardiser=more)
    older, fewer, lacking = find_doubts(study, scorer, champion)
    assert "as of 2025-06-30, the champion as of 2025-09-30" in older
    assert "from 120 accounts, the champion from 400: fewer than 50%" in fewer
    assert "tracking.least_accounts" in fewer
    assert lacking == "it lacks 1 feature of the champion: tickets_90d."


def test_how_few_accounts_are_too_few_is_a_setting(made) -> None:
    study, scorer = made
    champion = replace(scorer, training=replace(scorer.training, sizes=(200, 100, 100)))
    settings = study.document.configuration
    lenient = {**settings, "tracking": {**settings["tracking"], "least_accounts": 0.3}}
    assert find_doubts(changed(study, configuration=lenient), scorer, champion) == ()


def version(number: int, run: str, decision: str | None, as_of: str = "") -> ModelVersion:
    said = {} if decision is None else {"monitor": decision, "monitor_as_of": as_of}
    tags = [ModelVersionTag(*tag) for tag in said.items()]
    return ModelVersion("account-segments", str(number), 0, run_id=run, tags=tags)


@pytest.mark.parametrize(
    ("said", "doubts"),
    [
        ([], 0),
        ([version(1, "own", None)], 0),
        ([version(1, "own", "keep", "2026-03-31")], 0),
        ([version(1, "own", "unknown", "2026-03-31")], 0),
        ([version(1, "own", "re-cut", "2026-03-31")], 1),
        ([version(1, "own", "refit", "2026-03-31")], 1),
        ([version(2, "other", "re-cut", "2026-03-31"), version(1, "own", None)], 0),
        ([version(3, "own", "keep", "2026-06-30"), version(1, "own", "re-cut", "2026-03-31")], 0),
        ([version(3, "own", "keep", "2026-03-31"), version(1, "own", "re-cut", "2026-06-30")], 1),
    ],
)
def test_the_last_monitor_of_all_versions_of_a_model_counts(said, doubts: int) -> None:
    found = [*monitor_doubts(said, "own")]
    assert len(found) == doubts
    assert all("the last monitor said re" in one and "version 1" in one for one in found)
