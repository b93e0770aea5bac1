"""The schemes, with the arithmetic of each rule written out, and the words of every refusal."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from clustering.config import ArrTiersConfig, EmployeeBandsConfig, SchemesConfig
from clustering.config.schemes import (
    AxesConfig,
    ChurnRiskWeights,
    CostConfig,
    CsmBookConfig,
    Cut,
    ExpansionTouchConfig,
    ExpansionTriggerConfig,
    GrowthRevenueAtRiskConfig,
    GrowthRiskConfig,
    HealthProfitabilityConfig,
    LifecycleTouchConfig,
    StagesConfig,
    StrategicConfig,
)
from clustering.features.types import Snapshot
from clustering.schemes import (
    CONTROLS,
    SCHEMES,
    Axes,
    Labelling,
    SchemeAbsentError,
    assign_all,
    compute_axes,
    lifecycle_stage,
)
from clustering.schemes import scheme as schemes_module
from clustering.schemes.families.csm_books import csm_book
from clustering.schemes.families.expansion import expansion_trigger
from clustering.schemes.families.given_columns import current_segment, needs_segment
from clustering.schemes.families.guidance import guidance_needed
from clustering.schemes.families.quadrants import (
    growth_revenue_at_risk,
    growth_risk,
    health_profitability,
)
from clustering.schemes.families.tiers import arr_tiers, employee_bands
from clustering.schemes.families.touch import (
    expansion_touch,
    lifecycle_touch,
    strategic_enterprise_smb,
)
from clustering.schemes.scheme import DECLARED, Inputs, scheme
from clustering.schemes.stages import STAGES
from clustering.schemes.types import Groups

NAN = float("nan")
MISSING = None


def snapshot_of(
    features: dict[str, list[float]] | None = None, **attributes: list[object]
) -> Snapshot:
    columns = {**(features or {}), **attributes}
    n = len(next(iter(columns.values())))
    index = pd.Index([f"a{number:02d}" for number in range(n)], name="account_id")
    return Snapshot(
        date(2025, 6, 30),
        pd.DataFrame(features or {}, index=index, dtype="float64"),
        (),
        pd.DataFrame(attributes, index=index),
    )


def levels(labelling: Labelling) -> list[str | None]:
    return [None if pd.isna(label) else label for label in labelling.labels]


class TestArrTiers:
    def test_quantiles_of_the_accounts(self) -> None:
        # 60 % quantile of 1..10 (linear): 1 + 0.6 * 9 = 6.4; 90 %: 9.1
        found = arr_tiers(snapshot_of(arr=[float(v) for v in range(1, 11)]), ArrTiersConfig())
        assert levels(found) == ["smb"] * 6 + ["midmarket"] * 3 + ["enterprise"]
        assert found.levels == ("smb", "midmarket", "enterprise")
        assert found.ordered
        assert found.rule == (
            "enterprise from 9 ARR, midmarket from 6, smb below; the 60 % and 90 % quantiles of ARR"
        )

    def test_a_cut_point_belongs_to_the_upper_tier(self) -> None:
        config = ArrTiersConfig(midmarket_from=10, enterprise_from=100)
        found = arr_tiers(snapshot_of(arr=[9.99, 10.0, 99.99, 100.0]), config)
        assert levels(found) == ["smb", "midmarket", "midmarket", "enterprise"]

    def test_an_unknown_arr_has_no_tier_and_zero_is_the_lowest(self) -> None:
        config = ArrTiersConfig(midmarket_from=10, enterprise_from=100)
        found = arr_tiers(snapshot_of(arr=[NAN, 0.0, 500.0]), config)
        assert levels(found) == [None, "smb", "enterprise"]
        assert found.n_accounts == 2

    def test_levels_without_an_account_are_not_listed(self) -> None:
        config = ArrTiersConfig(midmarket_from=10, enterprise_from=100)
        assert arr_tiers(snapshot_of(arr=[1.0, 500.0]), config).levels == ("smb", "enterprise")

    @pytest.mark.parametrize(
        ("arr", "words"),
        [
            ([NAN] * 12, "needs ARR, which no account has: the table subscriptions"),
            ([5.0] * 12, "bands cannot be told apart. Give the cut points"),
            ([1.0] * 11 + [9.0], "bands cannot be told apart"),
            ([1.0] * 6 + [2.0] * 6, "60 % and 90 % quantiles of ARR are 2 and 2"),
            ([1.0, 2.0, 3.0], "10 accounts with ARR are needed; found 3"),
        ],
    )
    def test_what_cannot_be_cut_says_why(self, arr: list[float], words: str) -> None:
        with pytest.raises(SchemeAbsentError, match=words):
            arr_tiers(snapshot_of(arr=arr), ArrTiersConfig())

    def test_without_the_column_the_table_is_named(self) -> None:
        with pytest.raises(SchemeAbsentError, match="the table subscriptions would allow it"):
            arr_tiers(snapshot_of(region=["x"]), ArrTiersConfig())

    def test_one_tier_for_all_is_no_scheme(self) -> None:
        config = ArrTiersConfig(midmarket_from=10, enterprise_from=100)
        with pytest.raises(SchemeAbsentError, match="puts every account into 'smb'"):
            arr_tiers(snapshot_of(arr=[1.0, 2.0]), config)


class TestOwnColumns:
    def test_needs_and_current_segment_are_taken_as_they_are(self) -> None:
        snapshot = snapshot_of(
            needs_segment=["b", MISSING, "a"], current_segment=["x", "y", MISSING]
        )
        assert levels(needs_segment(snapshot)) == ["b", None, "a"]
        assert needs_segment(snapshot).levels == ("a", "b")
        assert current_segment(snapshot).kind == "own"

    def test_a_missing_column_is_named(self) -> None:
        with pytest.raises(SchemeAbsentError, match=r"needs the column accounts\.needs_segment"):
            needs_segment(snapshot_of(arr=[1.0]))

    @pytest.mark.parametrize(
        ("column", "words"),
        [([MISSING, MISSING], "no account has what the rule needs"), (["a", "a"], "into 'a'")],
    )
    def test_empty_or_constant_is_no_scheme(self, column: list[object], words: str) -> None:
        with pytest.raises(SchemeAbsentError, match=words):
            current_segment(snapshot_of(current_segment=column))


class TestEmployeeBands:
    def test_bands(self) -> None:
        found = employee_bands(
            snapshot_of(employees=[199.0, 200.0, 2000.0, NAN]), EmployeeBandsConfig()
        )
        assert levels(found) == ["smb", "midmarket", "enterprise", None]

    @pytest.mark.parametrize("attributes", [{"arr": [1.0]}, {"employees": [NAN]}])
    def test_without_employees(self, attributes: dict[str, list[object]]) -> None:
        with pytest.raises(SchemeAbsentError, match=r"accounts\.employees"):
            employee_bands(snapshot_of(**attributes), EmployeeBandsConfig())


class TestMong:
    """Mong 2021: the top tier when the current or the expansion opportunity reaches $100K."""

    def test_100k_of_either_is_high_touch_and_their_sum_is_not(self) -> None:
        snapshot = snapshot_of(
            {"expansion_pipeline": [0.0, 100_000.0, 60_000.0, 99_999.0, 0.0]},
            arr=[100_000.0, 5_000.0, 60_000.0, 24_000.0, 24_999.0],
        )
        found = expansion_touch(snapshot, ExpansionTouchConfig())
        assert levels(found) == ["high", "high", "medium", "medium", "low"]

    def test_an_unknown_arr_has_no_tier(self) -> None:
        snapshot = snapshot_of({"expansion_pipeline": [0.0, 0.0, 0.0]}, arr=[NAN, 1.0, 1e6])
        assert levels(expansion_touch(snapshot, ExpansionTouchConfig()))[0] is None

    def test_without_opportunities_it_stays_out(self) -> None:
        with pytest.raises(SchemeAbsentError, match="the table opportunities, with closed_on"):
            expansion_touch(snapshot_of({}, arr=[1.0, 1e6]), ExpansionTouchConfig())

    def test_without_arr_it_stays_out(self) -> None:
        with pytest.raises(SchemeAbsentError, match="the table subscriptions would allow it"):
            expansion_touch(snapshot_of({"expansion_pipeline": [1.0]}), ExpansionTouchConfig())

    def test_thresholds_out_of_order_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="medium_from must be below high_from"):
            ExpansionTouchConfig(medium_from=2, high_from=1)


class TestPickens:
    def test_strategic_on_potential_whatever_the_arr(self) -> None:
        snapshot = snapshot_of(
            {"expansion_pipeline": [100_000.0, 0.0, 0.0, 0.0]},
            arr=[1_000.0, 1_000.0, 1_000.0, 50_000.0],
            new_use_cases_open=[0.0, 1.0, 0.0, 0.0],
        )
        config = StrategicConfig(enterprise_from=Cut(value=20_000))
        found = strategic_enterprise_smb(snapshot, config)
        assert levels(found) == ["strategic", "strategic", "smb", "enterprise"]

    def test_a_cost_of_15_percent_of_arr_is_the_limit(self) -> None:
        # 100 hours at 130 and 40 tickets at 50 are 15 000 a year: 15 % of 100 000, 15.2 % of 99 000
        snapshot = snapshot_of(
            {"outcome_attainment": [1.0, 1.0, 1.0]},
            arr=[100_000.0, 99_000.0, 0.0],
            engagement_hours_per_year=[100.0, 100.0, 100.0],
            tickets_per_year=[40.0, 40.0, 40.0],
        )
        config = AxesConfig(cost=CostConfig(hour=130, ticket=50), least_evidence=0.1)
        axes = compute_axes(snapshot, config)
        assert axes.frame["cost_to_serve"].tolist() == [15_000.0] * 3
        assert axes.frame["profitability"].iloc[0] == pytest.approx(0.85)
        assert np.isnan(axes.frame["profitability"].iloc[2])
        found = health_profitability(axes, HealthProfitabilityConfig(health=Cut(value=0.5)))
        assert levels(found) == ["champion", "nurture", None]


class TestEizips:
    def test_2_mm_of_arr_per_csm(self) -> None:
        # 2.1 + 1.9 + 1.0 + 0.9 + 0.1 = 6.0 MM at 2 MM a CSM: three books, filled as
        # 2.1 | 1.9 | 1.0, then 0.9 -> third (1.9), then 0.1 -> second (1.9, the lower number)
        snapshot = snapshot_of(arr=[1.0e6, 0.9e6, 2.1e6, 1.9e6, 0.1e6, NAN, 0.0])
        found = csm_book(snapshot, CsmBookConfig())
        assert levels(found) == [
            "book_3", "book_3", "book_1", "book_2", "book_2", None, None,
        ]  # fmt: skip
        assert "3 books for 6,000,000 of ARR at 2,000,000 a CSM" in found.rule

    def test_one_csm_is_no_scheme(self) -> None:
        with pytest.raises(SchemeAbsentError, match="puts every account into 'book_1'"):
            csm_book(snapshot_of(arr=[1.0e6, 0.5e6]), CsmBookConfig())

    @pytest.mark.parametrize("arr", [[NAN], [0.0]])
    def test_without_arr(self, arr: list[object]) -> None:
        with pytest.raises(SchemeAbsentError, match="'csm_book' needs ARR"):
            csm_book(snapshot_of(arr=arr), CsmBookConfig())


def axes_of(**columns: list[float]) -> Axes:
    frame = pd.DataFrame(columns, index=[f"a{i:02d}" for i in range(len(columns["churn_risk"]))])
    return Axes(frame, frame)


class TestQuadrants:
    def test_farmers_four(self) -> None:
        axes = axes_of(growth_potential=[0.7, 0.7, 0.2, 0.2], churn_risk=[0.2, 0.7, 0.2, 0.7])
        config = GrowthRiskConfig(growth=Cut(value=0.5), risk=Cut(value=0.5))
        assert levels(growth_risk(axes, config)) == ["grow", "invest", "sustain", "protect"]

    def test_cut_at_the_median_by_default(self) -> None:
        axes = axes_of(growth_potential=[0.1, 0.2, 0.3, 0.4], churn_risk=[0.0, 0.0, 0.1, 0.1])
        found = growth_risk(axes, GrowthRiskConfig())
        assert levels(found) == ["sustain", "sustain", "invest", "invest"]
        assert "growth_potential is high from 0.25 (the 50 % quantile)" in found.rule

    def test_a_missing_axis_gives_no_quadrant(self) -> None:
        axes = axes_of(growth_potential=[0.1, 0.9, NAN, 0.9], churn_risk=[0.1, 0.1, 0.1, NAN])
        assert levels(growth_risk(axes, GrowthRiskConfig()))[2:] == [None, None]

    def test_zubayrov_counts_the_revenue(self) -> None:
        # The same risk on ten times the ARR is ten times the revenue at risk.
        snapshot = snapshot_of(
            {"outcome_attainment": [0.9, 0.9], "usage_trend": [0.25, -0.25]}, arr=[1e4, 1e5]
        )
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.0))
        # 0.9 lies half way from 1.1 to 0.7; usage -0.25 two thirds of the way from 0.25 to -0.5
        risk = [(0.2 * 0.5 + 0.15 * 0) / 0.35, (0.2 * 0.5 + 0.15 * 2 / 3) / 0.35]
        assert axes.frame["churn_risk"].tolist() == pytest.approx(risk)
        at_risk = [1e4 * risk[0], 1e5 * risk[1]]
        assert axes.frame["revenue_at_risk"].tolist() == pytest.approx(at_risk)
        config = GrowthRevenueAtRiskConfig(growth=Cut(value=0.5), revenue_at_risk=Cut(value=10_000))
        found = growth_revenue_at_risk(axes, config)
        assert levels(found) == ["high_growth_safe", "low_growth_at_risk"]

    def test_an_axis_that_no_account_has_says_what_would_allow_it(self) -> None:
        axes = compute_axes(snapshot_of({"outcome_attainment": [1.0]}, arr=[1.0]), AxesConfig())
        with pytest.raises(SchemeAbsentError, match=r"needs the axis 'profitability'.*engagements"):
            health_profitability(axes, HealthProfitabilityConfig(health=Cut(value=0.1)))


class TestKnoefel:
    FEATURES = {  # noqa: RUF012 - shared by the examples of one rule
        "milestone_delay_days": [-20.0, -20.0, -20.0, 10.0, 10.0, NAN],
        "milestones_overdue": [0.0, 1.0, 0.0, 2.0, 2.0, NAN],
        "outcome_attainment": [1.1, 1.1, 0.8, 0.8, 0.8, NAN],
    }

    def found(self, **attributes: list[object]) -> Labelling:
        snapshot = snapshot_of(self.FEATURES, **attributes)
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.0))
        return expansion_trigger(snapshot, axes, ExpansionTriggerConfig())

    def test_ahead_of_milestones_with_nothing_overdue_and_outcomes_on_target(self) -> None:
        # health is outcomes alone: 1.1 -> 1, 0.8 -> 0.25; 0.6 and more is to watch
        found = levels(self.found(arr=[1.0] * 6))
        assert found == ["expand_now", "watch", "none", "none", "none", None]

    def test_an_agreed_trigger_is_enough(self) -> None:
        found = levels(self.found(expand_triggers_reached=[0.0, 0.0, 0.0, 1.0, 0.0, NAN]))
        assert found == ["expand_now", "watch", "none", "expand_now", "none", None]

    def test_like_a_champion_is_enough_and_a_champion_is_the_model(self) -> None:
        champion = pd.array([False, True, False, False, False, None], dtype="boolean")
        found = levels(self.found(is_champion=list(champion)))
        assert found[:2] == ["expand_now", "watch"]

    def test_the_touch_tier_does_not_move(self) -> None:
        quiet = snapshot_of(
            {**self.FEATURES, "expansion_pipeline": [0.0] * 6},
            arr=[1e3, 5e4, 1e3, 1e3, 1e3, 1e3],
            expand_triggers_reached=[0.0] * 6,
        )
        reached = snapshot_of(
            {**self.FEATURES, "expansion_pipeline": [0.0] * 6},
            arr=[1e3, 5e4, 1e3, 1e3, 1e3, 1e3],
            expand_triggers_reached=[0.0, 0.0, 1.0, 1.0, 0.0, 0.0],
        )
        first, second = (
            {x.name: x for x in assign_all(s, SchemesConfig())[0]} for s in (quiet, reached)
        )
        assert levels(first["expansion_trigger"]) != levels(second["expansion_trigger"])
        assert levels(first["expansion_touch"]) == levels(second["expansion_touch"])

    def test_without_any_of_the_three_it_stays_out(self) -> None:
        snapshot = snapshot_of(arr=[1.0, 2.0])
        axes = compute_axes(snapshot, AxesConfig())
        with pytest.raises(SchemeAbsentError, match=r"milestones\.is_expand_trigger"):
            expansion_trigger(snapshot, axes, ExpansionTriggerConfig())


class TestNeeds:
    def test_hours_decide_and_circumstances_help(self) -> None:
        snapshot = snapshot_of(
            {
                "outcome_attainment": [0.7, 1.2, 1.2, 1.2],
                "milestones_overdue": [0.0, 0.0, 0.0, 5.0],
                "tenure_days": [900.0, 30.0, 900.0, 900.0],
            },
            hours_strategy=[10.0, 0.0, 0.0, 5.0],
            hours_execution=[0.0, 2.0, 0.0, 4.0],
            hours_first_steps=[0.0, 8.0, 0.0, 1.0],
        )
        axes = compute_axes(snapshot, AxesConfig())
        # the last: strategy 0.7 * 0.5 = 0.35, execution 0.7 * 0.4 + 0.3 = 0.58
        assert axes.frame["guidance_execution"].iloc[3] == pytest.approx(0.58)
        assert levels(guidance_needed(axes)) == [
            "strategy_guidance", "first_steps", None, "execution_guidance",
        ]  # fmt: skip

    def test_without_engagements_it_stays_out(self) -> None:
        axes = compute_axes(snapshot_of({"outcome_attainment": [1.0]}, arr=[1.0]), AxesConfig())
        with pytest.raises(SchemeAbsentError, match=r"guidance_first_steps.*engagements"):
            guidance_needed(axes)


class TestMansdorf:
    """Mansdorf 2020, companies A and B: ARR alone gets both wrong."""

    FEATURES = {  # noqa: RUF012 - A, B, and an ordinary account of either size
        "expansion_pipeline": [0.0, 100_000.0, 0.0, 0.0],
        "white_space_share": [0.02, 0.95, 0.5, 0.5],
        "usage_trend": [0.0, 0.10, 0.0, 0.0],
        "seat_utilisation_share": [0.95, 0.60, 0.6, 0.6],
        "milestones_overdue": [0.0, 1.0, 1.0, 1.0],
        "milestones_due_achieved_share": [0.97, 0.50, 0.9, 0.9],
        "outcome_attainment": [1.10, 1.0, 1.0, 1.0],
        "days_since_last_use": [1.0, 3.0, 3.0, 3.0],
        "nps_mean_score": [9.5, 9.0, 7.0, 7.0],
    }

    def found(self) -> Labelling:
        snapshot = snapshot_of(
            self.FEATURES,
            arr=[500_000.0, 15_000.0, 15_000.0, 500_000.0],
            expand_triggers_reached=[0.0, 0.0, 0.0, 0.0],
            is_champion=[True, True, False, False],
        )
        tiers = arr_tiers(snapshot, ArrTiersConfig(midmarket_from=4e4, enterprise_from=1e5))
        axes = compute_axes(snapshot, AxesConfig())
        return lifecycle_touch(snapshot, axes, tiers, LifecycleTouchConfig())

    def test_company_a_fully_adopted_without_growth(self) -> None:
        # growth: 0 * 0.3 + 0.02 * 0.2 + 0.5 * 0.15 + 0.929 * 0.15 + 0 * 0.2 = 0.218 < 0.5
        assert self.found().labels["a00"] == "low_touch, enterprise, retention"

    def test_company_b_small_with_global_expansion_open(self) -> None:
        # growth: 1 * 0.3 + 0.95 * 0.2 + 0.7 * 0.15 + 0.429 * 0.15 + 0 = 0.659 >= 0.5
        assert self.found().labels["a01"] == "high_touch, smb, adoption"

    def test_risk_goes_before_every_other_goal(self) -> None:
        snapshot = snapshot_of(
            {
                "milestones_due_achieved_share": [0.9, 0.9],
                "milestones_overdue": [5.0, 0.0],
                "outcome_attainment": [0.6, 1.2],
                "usage_trend": [-0.6, 0.0],
            },
            arr=[1e3, 1e6],
        )
        tiers = arr_tiers(snapshot, ArrTiersConfig(midmarket_from=4e4, enterprise_from=1e5))
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.0))
        found = lifecycle_touch(snapshot, axes, tiers, LifecycleTouchConfig())
        assert levels(found)[0] == "high_touch, smb, risk_mitigation"

    def test_without_milestones_it_stays_out(self) -> None:
        snapshot = snapshot_of({"usage_trend": [0.0, 0.1]}, arr=[1e3, 1e6])
        tiers = arr_tiers(snapshot, ArrTiersConfig(midmarket_from=4e4, enterprise_from=1e5))
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.0))
        with pytest.raises(SchemeAbsentError, match="needs milestones with projected"):
            lifecycle_touch(snapshot, axes, tiers, LifecycleTouchConfig())


class TestAxes:
    def test_what_is_missing_is_left_out_and_counted(self) -> None:
        snapshot = snapshot_of(
            {"outcome_attainment": [1.1, 1.1, NAN], "active_weeks_share": [0.2, NAN, NAN]},
            arr=[1.0] * 3,
        )
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.2))
        # outcomes weigh 0.3 and are 1; regularity weighs 0.15 and is 0 where it is known
        assert axes.frame["health"].tolist()[:2] == pytest.approx([0.3 / 0.45, 1.0])
        assert np.isnan(axes.frame["health"].iloc[2])
        assert axes.evidence["health"].tolist() == pytest.approx([0.45, 0.3, 0.0])

    def test_too_little_evidence_is_missing(self) -> None:
        snapshot = snapshot_of({"active_weeks_share": [1.0]}, arr=[1.0])
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.3))
        assert axes.frame["health"].isna().all()
        assert axes.absent["health"].startswith("too little is known for it; missing: milestones")

    def test_weights_are_used(self) -> None:
        snapshot = snapshot_of(
            {"outcome_attainment": [0.7], "milestones_overdue": [0.0]}, arr=[1.0]
        )
        only = dict.fromkeys(ChurnRiskWeights.model_fields, 0.0)
        config = AxesConfig(churn_risk=ChurnRiskWeights(**{**only, "outcome_shortfall": 2.0}))
        axes = compute_axes(snapshot, config)
        assert axes.frame["churn_risk"].tolist() == [1.0]
        assert axes.evidence["churn_risk"].tolist() == [1.0]

    def test_weights_that_sum_to_zero_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="at least one weight must be above zero"):
            ChurnRiskWeights(**dict.fromkeys(ChurnRiskWeights.model_fields, 0.0))

    def test_a_negative_weight_and_a_cost_of_zero_are_refused(self) -> None:
        with pytest.raises(ValidationError):
            ChurnRiskWeights(overdue_milestones=-1)
        with pytest.raises(ValidationError):
            CostConfig(hour=0)


def test_every_scheme_has_a_name_of_its_own_and_the_baseline_is_first() -> None:
    names = [scheme.name for scheme in SCHEMES]
    assert len(set(names)) == len(names)
    assert names[0] == "arr_tiers"


def test_every_scheme_has_a_place_of_its_own() -> None:
    places = [scheme.order for scheme in SCHEMES]
    assert len(set(places)) == len(places)


def test_traits_say_what_can_be_compared() -> None:
    assert CONTROLS == ("tenure_bands",)
    assert {scheme.name for scheme in SCHEMES if not scheme.dated} == {"employee_bands"}
    assert {scheme.name for scheme in SCHEMES if not scheme.levels_last} == {"csm_book"}
    assert [scheme.name for scheme in SCHEMES if not scheme.has_past] == [
        "employee_bands",
        "csm_book",
    ]


def test_a_rule_is_given_what_its_parameters_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clustering.schemes.scheme.DECLARED", dict(DECLARED))

    @scheme("below", "Below the tiers", order=999, ordered=True)
    def below(snapshot: Snapshot, tiers: Labelling) -> Groups:
        return Groups(tiers.labels.str.upper(), ("SMB", "ENTERPRISE"), f"{len(snapshot.frame)}")

    config = SchemesConfig(arr_tiers=ArrTiersConfig(midmarket_from=10, enterprise_from=100))
    snapshot = snapshot_of(arr=[1.0, 500.0])
    axes = compute_axes(snapshot, config.axes)
    given = Inputs(snapshot, axes, config)
    declared = schemes_module.DECLARED["below"]
    found = declared.assign(given)
    assert (found.name, found.title, found.kind, found.ordered) == (
        "below",
        "Below the tiers",
        "rule",
        True,
    )
    assert levels(found) == ["SMB", "ENTERPRISE"]
    assert levels(below(snapshot, arr_tiers(snapshot, config.arr_tiers))) == levels(found)
    assert declared.settings is None
    assert declared.all_settings == ("arr_tiers",)


def test_schemes_that_are_not_possible_stay_out_with_their_reason() -> None:
    snapshot = snapshot_of(arr=[float(v) for v in range(1, 13)], current_segment=["a", "b"] * 6)
    labellings, absent = assign_all(snapshot, SchemesConfig())
    assert [labelling.name for labelling in labellings] == ["arr_tiers", "current_segment"]
    assert {*absent, "arr_tiers", "current_segment"} == {scheme.name for scheme in SCHEMES}
    for name, reason in absent.items():
        assert f"'{name}'" in reason


def test_identical_accounts_leave_no_scheme() -> None:
    snapshot = snapshot_of(
        {"outcome_attainment": [1.0] * 12, "expansion_pipeline": [0.0] * 12},
        arr=[100.0] * 12,
        employees=[10.0] * 12,
        engagement_hours_per_year=[1.0] * 12,
    )
    labellings, absent = assign_all(snapshot, SchemesConfig())
    assert labellings == ()
    assert len(absent) == len(SCHEMES)


class TestLifecycleStage:
    def test_the_first_stage_that_holds(self) -> None:
        snapshot = snapshot_of(
            {
                "tenure_days": [30.0, 30.0, 30.0, 500.0, 500.0, 500.0, 500.0, NAN],
                "outcome_attainment": [0.6, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2],
                "expansion_pipeline": [9.0, 9.0, 9.0, 9.0, 0.0, 0.0, 0.0, 0.0],
                "milestones_due_achieved_share": [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.9],
            },
            renewals_open=[1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            expand_triggers_reached=[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, NAN, 0.0],
        )
        # the first: outcomes short (0.2 * 1) and a renewal near (0.1 * 1) of 0.3 known: a risk of 1
        axes = compute_axes(snapshot, AxesConfig(least_evidence=0.0))
        stages = lifecycle_stage(snapshot, axes, StagesConfig(at_risk_from=0.9))
        assert stages.iloc[:7].tolist() == [
            "at_risk", "renewing", "onboarding", "expanding", "expanding", "mature", "adopting",
        ]  # fmt: skip
        assert pd.isna(stages.iloc[7])
        assert set(stages.dropna()) == set(STAGES)

    def test_nobody_is_adopting_whose_milestones_are_not_known(self) -> None:
        snapshot = snapshot_of({"tenure_days": [30.0, 500.0]}, arr=[1.0, 1.0])
        stages = lifecycle_stage(snapshot, compute_axes(snapshot, AxesConfig()), StagesConfig())
        assert stages.iloc[0] == "onboarding"
        assert pd.isna(stages.iloc[1])


def test_an_axis_says_which_part_misses_what() -> None:
    snapshot = snapshot_of({"usage_trend": [0.1, 0.2]}, arr=[1.0, 1.0])
    reasons = {"expansion_pipeline": "needs table 'opportunities' with column 'closed_on'"}
    known = Snapshot(snapshot.as_of, snapshot.frame, (), snapshot.attributes, not_computed=reasons)
    absent = compute_axes(known, AxesConfig()).absent["growth_potential"]
    assert absent.startswith(
        "too little is known for it; missing: pipeline (needs table 'opportunities' with column "
        "'closed_on'), white_space (needs accounts.employees, seats), "
    )
    assert "usage_trend" not in absent


# -- near the line ------------------------------------------------------------------------------


def test_a_label_within_its_noise_is_near_the_line() -> None:
    index = list("abcd")
    frame = pd.DataFrame(
        {"growth_potential": [0.9, 0.52, 0.9, 0.1], "churn_risk": [0.1, 0.1, 0.49, 0.9]},
        index=index,
    )
    axes = Axes(frame, frame * 0 + 1.0, near_line=0.03)
    half = GrowthRiskConfig(growth=Cut(value=0.5), risk=Cut(value=0.5))
    found = growth_risk(axes, half)
    assert found.near_line is not None
    assert found.near_line.tolist() == [False, True, True, False]
    assert found.labels.notna().all()  # the label stays: only what follows from it does not


def test_what_is_not_known_of_an_axis_widens_its_noise() -> None:
    frame = pd.DataFrame({"health": [0.2, 0.6, 0.8]})
    evidence = pd.DataFrame({"health": [1.0, 1.0, 0.4]})
    # Spread 0.249: the third may lie 0.03 + 0.6 x 0.249 = 0.18 away.
    axes = Axes(frame, evidence, near_line=0.03)
    assert axes.is_near("health", 0.64).tolist() == [False, False, True]
    assert axes.is_near("health", 0.61).tolist() == [False, True, False]


def test_revenue_at_risk_is_as_uncertain_as_its_churn_risk() -> None:
    frame = pd.DataFrame({"churn_risk": [0.5, 0.5], "revenue_at_risk": [50_000.0, 500.0]})
    axes = Axes(frame, frame * 0 + 1.0, near_line=0.03)
    # ARR of 100,000 and 1,000: 3,000 and 30 are within the noise.
    assert axes.is_near("revenue_at_risk", 48_000.0).tolist() == [True, False]
    assert axes.is_near("revenue_at_risk", 480.0).tolist() == [False, True]
