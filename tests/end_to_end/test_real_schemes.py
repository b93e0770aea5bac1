"""Schemes and lists on the real tables: what they allow, and what would allow the rest."""

from pathlib import Path

import pytest

from clustering.config import StudyConfig, load_config
from clustering.features import Snapshot, build_snapshot
from clustering.matrix import standardise
from clustering.plan.accounts.champions import find_champions
from clustering.plan.accounts.misjudged import misjudged_accounts
from clustering.schemes import assign_all, compute_axes
from clustering.tables import open_tables
from shared_data import shared_folder

pytestmark = [pytest.mark.slow, pytest.mark.real_input]

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
#: What neither of the two has, by scheme.
NEEDS = {
    "needs_segment": "the column accounts.needs_segment",
    "current_segment": "the column accounts.current_segment",
    "employee_bands": "the column accounts.employees",
    "expansion_touch": "the table opportunities, with closed_on",
    "strategic_enterprise_smb": "the table opportunities, with closed_on",
    "growth_risk": "pipeline (needs table 'opportunities' with column 'closed_on')",
    "growth_revenue_at_risk": "expand_triggers (needs milestones)",
    "health_profitability": "outcomes (needs table 'outcomes')",
    "needs": "drawn (needs engagements)",
    "lifecycle_touch": "milestones with projected and achieved dates",
    "expansion_trigger": "agreed triggers (milestones.is_expand_trigger) or champions",
}


@pytest.fixture(scope="module", params=["online_retail", "ravenstack"])
def known(request: pytest.FixtureRequest) -> tuple[StudyConfig, Snapshot]:
    name = str(request.param)
    source = shared_folder("data", name)
    config = load_config(EXPERIMENTS / f"{name}.toml", [f'source.folder="{source}"'])
    with open_tables(config) as tables:
        return config, build_snapshot(tables, config.as_of, config.features)


def test_schemes_of_what_there_is_and_reasons_for_the_rest(
    known: tuple[StudyConfig, Snapshot],
) -> None:
    config, snapshot = known
    labellings, absent = assign_all(snapshot, config.schemes)
    assert [x.name for x in labellings] == ["arr_tiers", "csm_book", "tenure_bands"]
    assert set(absent) == set(NEEDS)
    for name, words in NEEDS.items():
        assert words in absent[name]
        assert f"'{name}'" in absent[name]


def test_a_scheme_of_ones_own_on_what_there_is(known: tuple[StudyConfig, Snapshot]) -> None:
    config, snapshot = known
    rules = [{"label": "quiet", "where": {"days_since_last_use": {"min_quantile": 0.7}}}]
    own = {"name": "quiet", "rules": rules, "otherwise": "busy"}
    there = {"name": "late", "sql": "CASE WHEN milestones_overdue > 0 THEN 'late' ELSE 'ok' END"}
    schemes = config.schemes.model_validate({"own": [own, there]})
    labellings, absent = assign_all(snapshot, schemes)
    assert labellings[-1].name == "quiet"
    assert set(labellings[-1].levels) == {"quiet", "busy"}
    assert absent["late"] == (
        "'late' reads 'milestones_overdue': needs table 'milestones' with columns 'achieved_on' "
        "and 'projected_on'."
    )


def test_no_champions_and_nobody_misjudged_says_which_table_would_allow_it(
    known: tuple[StudyConfig, Snapshot],
) -> None:
    config, snapshot = known
    axes = compute_axes(snapshot, config.schemes.axes)
    matrix, _ = standardise(snapshot, config.matrix)
    found = find_champions(snapshot, matrix, axes, None, config.schemes)
    assert found.table.empty
    assert "the column accounts.is_champion would say who they are" in found.reason
    assert "'outcome_attainment' needs table 'outcomes'" in found.reason
    tiers = assign_all(snapshot, config.schemes)[0][0]
    assert misjudged_accounts(snapshot, axes, tiers, None, config.schemes).empty


def test_nobody_is_given_a_stage_that_rests_on_nothing(
    known: tuple[StudyConfig, Snapshot],
) -> None:
    config, snapshot = known
    rules = [{"label": "x", "where": {"lifecycle_stage": {"one_of": ["adopting", "mature"]}}}]
    own = {"name": "stage", "rules": rules, "otherwise": "y"}
    labellings, absent = assign_all(snapshot, config.schemes.model_validate({"own": [own]}))
    assert "stage" not in {x.name for x in labellings}
    assert "'stage' puts every account into 'y'" in absent["stage"]
