"""Which features there are, which some tables allow, and which may enter the matrix."""

import re

import pytest

from clustering.config import FeaturesConfig, MilestoneRulesConfig
from clustering.errors import ConfigError
from clustering.features import FEATURES, computable
from clustering.features.families.engagement import MILD, SEVERE
from clustering.features.registry import withheld
from clustering.tables import TABLES
from feature_books import SCHEMAS, Rows, polars_frames

EMPTY: Rows = {table: [] for table in SCHEMAS}


def without(table: str, column: str) -> Rows:
    """Tables with one row each, of which one lacks a column."""
    rows: Rows = {name: [dict.fromkeys(schema)] for name, schema in SCHEMAS.items()}
    rows[table] = [{name: None for name in SCHEMAS[table] if name != column}]
    return rows


def test_names_are_unique_and_carry_no_date_or_window() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name) for name in names)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_is_described_in_full(feature: object) -> None:
    texts = (feature.unit, feature.meaning, feature.null_means, *feature.words)
    assert all(text.strip() for text in texts)
    assert not any("{" in text for text in texts)
    assert feature.words[0] != feature.words[1]
    assert feature.meaning.endswith(".")


def test_the_words_of_two_features_are_never_the_same() -> None:
    words = [word for feature in FEATURES for word in feature.words]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_needs_are_tables_and_columns_of_the_contract(feature: object) -> None:
    contract = {table.name: {c.name for c in table.columns} for table in TABLES}
    for need in feature.needs:
        table, _, column = need.partition(".")
        assert table in contract
        assert not column or column in contract[table]


def test_everything_can_be_computed_from_all_tables() -> None:
    names, reasons = computable(polars_frames(EMPTY))
    assert names == tuple(feature.name for feature in FEATURES)
    assert reasons == {}


def test_accounts_alone_give_their_age_alone() -> None:
    names, reasons = computable(polars_frames({"accounts": []}))
    assert names == ("tenure_days",)
    assert reasons["features_used"] == "needs table 'usage'"
    assert reasons["seat_utilisation_share"] == (
        "needs table 'usage' with column 'active_users' and table 'subscriptions' with column "
        "'seats'"
    )
    assert reasons["milestone_delay_days"] == (
        "needs table 'milestones' with columns 'achieved_on' and 'projected_on'"
    )


@pytest.mark.parametrize(
    ("table", "column", "lost"),
    [
        ("usage", "active_users", "seat_utilisation_share"),
        ("subscriptions", "seats", "tickets_per_100_seats"),
        ("milestones", "projected_on", "milestones_overdue"),
        ("tickets", "severity", "severe_tickets_share"),
        ("tickets", "closed_on", "ticket_resolution_days"),
        ("opportunities", "closed_on", "expansion_pipeline"),
        ("accounts", "employees", "white_space_share"),
    ],
)
def test_a_missing_column_is_named(table: str, column: str, lost: str) -> None:
    names, reasons = computable(polars_frames(without(table, column)))
    assert lost not in names
    assert reasons[lost] == f"needs column '{column}' in table '{table}'"


def test_a_ticket_score_needs_the_day_it_was_given() -> None:
    _, reasons = computable(polars_frames(without("tickets", "closed_on")))
    assert "'closed_on'" in reasons["ticket_mean_score"]


def test_usage_can_stand_in_for_milestones_on_request() -> None:
    rows: Rows = {"accounts": [], "usage": []}
    derive = FeaturesConfig(milestones=MilestoneRulesConfig(derive=True))
    assert "milestone_delay_days" not in computable(polars_frames(rows))[0]
    assert "milestone_delay_days" in computable(polars_frames(rows), derive)[0]


def test_size_age_and_money_stay_out_by_default() -> None:
    reasons = withheld(FeaturesConfig())
    assert {"contracted_arr", "expansion_pipeline", "tenure_days"} <= set(reasons)
    for feature in FEATURES:
        kept_out = feature.size_proxy or feature.age_proxy or feature.family == "commercial"
        assert (feature.name in reasons) == kept_out, feature.name


def test_the_configuration_lets_features_in_and_leaves_them_out() -> None:
    everything = FeaturesConfig(
        include_commercial=True, include_size_proxies=True, include_tenure=True
    )
    assert withheld(everything) == {}
    usage_only = FeaturesConfig(families=("usage",), exclude=("usage_trend",))
    reasons = withheld(usage_only)
    assert reasons["usage_trend"] == "left out by features.exclude"
    assert reasons["milestones_due_achieved_share"] == (
        "family 'milestones' is not in features.families"
    )
    assert "features_used" not in reasons


def test_commercial_features_enter_whatever_their_size() -> None:
    reasons = withheld(FeaturesConfig(include_commercial=True))
    assert "contracted_arr" not in reasons
    assert "engagement_hours" in reasons


def test_unknown_exclusions_are_named_with_the_nearest() -> None:
    config = FeaturesConfig(exclude=("usage_trned", "zzz"))
    with pytest.raises(ConfigError) as caught:
        withheld(config)
    message = str(caught.value)
    assert "2 breaches" in message
    assert (
        "'usage_trned' of features.exclude is not a feature. Did you mean 'usage_trend'?" in message
    )
    assert "'zzz' of features.exclude is not a feature. docs/features.md lists them all." in message


def test_patterns_leave_out_and_keep() -> None:
    every = {feature.name for feature in FEATURES}
    left_out = withheld(FeaturesConfig(exclude=("milestone*",)))
    assert {n for n, why in left_out.items() if why == "left out by features.exclude"} == {
        name for name in every if name.startswith("milestone")
    }
    config = FeaturesConfig(keep=("usage_trend", "*tickets*"), exclude=("severe_*",))
    entering = every - set(withheld(config))
    assert entering == {"usage_trend", "tickets_per_100_seats"}  # the others follow from size


def test_patterns_of_no_feature_are_refused_together() -> None:
    with pytest.raises(ConfigError) as caught:
        withheld(FeaturesConfig(exclude=("tikets_*",), keep=("usage_trned",)))
    message = str(caught.value)
    assert "'tikets_*' of features.exclude is the pattern of no feature." in message
    assert "'usage_trned' of features.keep is not a feature." in message


def test_a_level_of_severity_is_severe_or_mild() -> None:
    assert set(SEVERE).isdisjoint(MILD)
    assert all(word == word.lower() for word in (*SEVERE, *MILD))
