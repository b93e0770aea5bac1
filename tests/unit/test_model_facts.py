"""What a study tells of its model, and what is later held against it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustering import results
from clustering.monitor.outcomes import promised_by_card
from clustering.results import StudyFolder
from clustering.results.model_facts import model_facts
from clustering.scorer import Scorer
from clustering.scorer.card import Promise
from study_folders import Recipe, add_scorer, build_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    recipe = Recipe(n_accounts=120, forward=True)
    folder = build_study(tmp_path_factory.mktemp("facts") / "study", recipe)
    add_scorer(folder)
    return results.read(folder)


def rates(study: StudyFolder) -> pd.DataFrame:
    """Of two segments, one of them with too few accounts, and of a tier."""
    names = [segment.name for segment in study.document.segments]
    return pd.DataFrame(
        {
            "labelling": ["segment", "segment", "arr_tiers", "segment"],
            "level": [names[0], names[1], "smb", names[2]],
            "outcome": ["churned"] * 4,
            "n": [40, 12, 100, 30],
            "raw": [0.25, 0.5, 0.1, np.nan],
            "wilson_low": [0.14, 0.2, 0.05, np.nan],
            "wilson_high": [0.40, 0.8, 0.2, np.nan],
            "suppressed": [False, True, False, False],
        }
    )


def test_facts_are_those_of_the_study(study: StudyFolder) -> None:
    period = (date(2024, 1, 1), date(2025, 6, 30))
    facts = model_facts(
        study.document, rates(study), periods={"accounts": period}, titles={"nps_latest": "NPS"}
    )
    assert facts.reasons == tuple(study.document.reasons)
    assert facts.structure.startswith("No natural clusters were found.")
    (table,) = facts.tables
    assert (table.name, table.rows, table.first, table.last) == ("accounts", 120, *period)
    titles = {one.name: one.title for one in facts.features}
    assert (titles["nps_latest"], titles["features_used_90d"]) == ("NPS", "features_used_90d")
    assert facts.claims == (study.document.forward[0].claim,)


def test_rates_of_few_accounts_and_of_other_labellings_are_no_promise(study: StudyFolder) -> None:
    facts = model_facts(study.document, rates(study), periods={}, titles={})
    first = study.document.segments[0].segment_id
    days = study.document.outcomes.days
    assert facts.promises == (Promise(first, "churned", days, 40, 0.25, 0.14, 0.4),)


def test_the_monitor_reads_the_promise_from_the_card(study: StudyFolder) -> None:
    scorer = Scorer.load(Path(study.path))
    assert promised_by_card(scorer) is None
    facts = model_facts(study.document, rates(study), periods={}, titles={})
    renamed = replace(scorer, facts=facts, segment_names=("one", "two", "three"))
    promise = promised_by_card(renamed)
    assert promise is not None
    assert promise.rates == {("churned", "one"): 0.25}
    assert promise.days == study.document.outcomes.days
