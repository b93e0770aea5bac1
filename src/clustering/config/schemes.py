"""Settings of the rule-based schemes: weights of the axes and thresholds of the rules."""

from typing import Annotated

from pydantic import Field, model_validator

from clustering.config.base import Part, Share, section
from clustering.config.custom_schemes import OwnSchemeConfig

Weight = Annotated[float, Field(ge=0.0, le=100.0)]
Amount = Annotated[float, Field(gt=0.0)]


class _Weights(Part):
    """Weights of the parts of one axis, by name; only their ratios matter."""

    @model_validator(mode="after")
    def _not_all_zero(self) -> "_Weights":
        if sum(self.model_dump().values()) <= 0:
            raise ValueError("at least one weight must be above zero")
        return self


class GrowthPotentialWeights(_Weights):
    """Weights of `growth_potential`."""

    pipeline: Weight = Field(0.30, description="Weight of the open expansion pipeline.")
    white_space: Weight = Field(0.20, description="Weight of employees without a seat.")
    usage_trend: Weight = Field(0.15, description="Weight of rising usage.")
    seat_utilisation: Weight = Field(0.15, description="Weight of seats in use.")
    expand_triggers: Weight = Field(0.20, description="Weight of agreed triggers reached.")


class ChurnRiskWeights(_Weights):
    """Weights of `churn_risk`."""

    overdue_milestones: Weight = Field(0.20, description="Weight of milestones overdue.")
    outcome_shortfall: Weight = Field(0.20, description="Weight of outcomes below target.")
    falling_usage: Weight = Field(0.15, description="Weight of falling usage.")
    absent_usage: Weight = Field(0.15, description="Weight of days without use.")
    severe_tickets: Weight = Field(0.10, description="Weight of severe tickets.")
    poor_surveys: Weight = Field(0.10, description="Weight of poor survey scores (NPS).")
    renewal_near: Weight = Field(0.10, description="Weight of an open renewal opportunity.")


class HealthWeights(_Weights):
    """Weights of `health`."""

    milestones: Weight = Field(0.25, description="Weight of due milestones reached.")
    outcomes: Weight = Field(0.30, description="Weight of outcomes against their targets.")
    regularity: Weight = Field(0.15, description="Weight of weeks with use.")
    seat_utilisation: Weight = Field(0.15, description="Weight of seats in use.")
    sentiment: Weight = Field(0.15, description="Weight of survey scores (NPS).")


class GuidanceWeights(_Weights):
    """Weights of `guidance_need`, alike for its three kinds."""

    drawn: Weight = Field(0.7, description="Weight of the share of hours spent on this guidance.")
    circumstances: Weight = Field(
        0.3, description="Weight of what calls for it: outcomes short, milestones overdue, new."
    )


class CostConfig(Part):
    """What it costs to serve an account."""

    hour: Amount = Field(100.0, description="Loaded cost of an hour that people spend.")
    ticket: Amount = Field(50.0, description="Cost of a support ticket.")


class StagesConfig(Part):
    """When an account is in which stage of its lifecycle."""

    onboarding_days: float = Field(120.0, ge=0.0, description="Onboarding lasts so many days.")
    at_risk_from: Share = Field(0.5, description="At risk from this churn risk on.")
    mature_from: Share = Field(0.85, description="Mature from this share of due milestones on.")


class AxesConfig(Part):
    """The axes that the schemes share."""

    growth_potential: GrowthPotentialWeights = section(
        GrowthPotentialWeights, "Weights of growth potential."
    )
    churn_risk: ChurnRiskWeights = section(ChurnRiskWeights, "Weights of churn risk.")
    health: HealthWeights = section(HealthWeights, "Weights of health.")
    guidance: GuidanceWeights = section(GuidanceWeights, "Weights of the guidance needed.")
    cost: CostConfig = section(CostConfig, "Cost to serve.")
    stages: StagesConfig = section(StagesConfig, "Lifecycle stages.")
    least_evidence: Share = Field(
        0.3, description="Least share of an axis' weights whose part is known for an account."
    )
    near_line: Share = Field(
        0.03,
        description="An account so near a cut of an axis, or nearer than what is not known of it "
        "may move it, is near the line: no playbook follows from its label (assumed).",
    )


class Cut(Part):
    """Where an axis is cut: at a value, or at a quantile of the accounts."""

    value: float | None = Field(None, description="Cut at this value (None: at the quantile).")
    quantile: Share = Field(0.5, description="Quantile of the accounts that serves otherwise.")


class GrowthRiskConfig(Part):
    """The four quadrants of Farmer 2020."""

    growth: Cut = section(Cut, "Where growth potential is high.")
    risk: Cut = section(Cut, "Where churn risk is high.")


class GrowthRevenueAtRiskConfig(Part):
    """The plane of Zubayrov 2021."""

    growth: Cut = section(Cut, "Where growth potential is high.")
    revenue_at_risk: Cut = section(Cut, "Where revenue at risk is high.", quantile=0.75)


class HealthProfitabilityConfig(Part):
    """The quadrant of Eizips 2017."""

    health: Cut = section(Cut, "From where an account is healthy.")
    profitability: Cut = section(
        Cut, "From where it is profitable; 0.85 is a cost to serve of 15 % of ARR.", value=0.85
    )


class ExpansionTouchConfig(Part):
    """Touch tiers of Mong 2021."""

    medium_from: Amount = Field(25_000.0, description="Least ARR or pipeline of medium touch.")
    high_from: Amount = Field(100_000.0, description="Least ARR or pipeline of high touch.")

    @model_validator(mode="after")
    def _in_order(self) -> "ExpansionTouchConfig":
        if self.medium_from >= self.high_from:
            raise ValueError("medium_from must be below high_from")
        return self


class StrategicConfig(Part):
    """Strategic, enterprise and SMB accounts of Pickens."""

    upsell_from: Amount = Field(
        100_000.0, description="Least open expansion pipeline of a major upsell."
    )
    enterprise_from: Cut = section(Cut, "Least ARR of the enterprise tier.", quantile=0.6)


class ExpansionTriggerConfig(Part):
    """When an expansion playbook starts, of Knoefel 2021."""

    days_ahead: float = Field(
        14.0, ge=0.0, description="Ahead of milestones: early by this many days or more."
    )
    triggers: int = Field(1, ge=1, description="Agreed expand triggers reached.")
    champion_quantile: Share = Field(
        0.75, description="Like a champion: healthier than this share of the champions."
    )
    watch_health: Share = Field(0.6, description="Worth watching from this health on.")


class LifecycleTouchConfig(Part):
    """Touch, ARR band and goal of Mansdorf 2020."""

    growth_from: Share = Field(0.5, description="Growth potential that repays a CSM's time.")
    risk_from: Share = Field(0.5, description="Churn risk that repays a CSM's time.")
    adopted_from: Share = Field(
        0.8, description="Share of due milestones reached of a fully adopted account."
    )


class CsmBookConfig(Part):
    """Books of accounts of equal ARR, of Eizips 2017."""

    arr_per_csm: Amount = Field(2_000_000.0, description="ARR that one CSM looks after.")


class ArrTiersConfig(Part):
    """The baseline of the study: cut points of ARR."""

    midmarket_from: float | None = Field(
        None, gt=0, description="Least ARR of the midmarket tier (None: the lower quantile)."
    )
    enterprise_from: float | None = Field(
        None, gt=0, description="Least ARR of the enterprise tier (None: the upper quantile)."
    )
    quantiles: tuple[Share, Share] = Field(
        (0.6, 0.9), description="Quantiles of ARR that serve where no amount is given."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "ArrTiersConfig":
        if (self.midmarket_from is None) != (self.enterprise_from is None):
            raise ValueError("give both midmarket_from and enterprise_from, or neither")
        low, high = self.midmarket_from, self.enterprise_from
        if low is not None and high is not None and low >= high:
            raise ValueError("midmarket_from must be below enterprise_from")
        if self.quantiles[0] >= self.quantiles[1]:
            raise ValueError("the first quantile must be below the second")
        return self


class EmployeeBandsConfig(Part):
    """Bands of the customer's employees."""

    midmarket_from: float = Field(200, gt=0, description="Least employees of the midmarket band.")
    enterprise_from: float = Field(
        2000, gt=0, description="Least employees of the enterprise band."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "EmployeeBandsConfig":
        if self.midmarket_from >= self.enterprise_from:
            raise ValueError("midmarket_from must be below enterprise_from")
        return self


class SchemesConfig(Part):
    """The rule-based schemes (docs/schemes.md)."""

    arr_tiers: ArrTiersConfig = section(ArrTiersConfig, "The baseline of the study.")
    employee_bands: EmployeeBandsConfig = section(
        EmployeeBandsConfig, "How Sales segments before any ARR."
    )
    axes: AxesConfig = section(AxesConfig, "Axes of the schemes.")
    expansion_touch: ExpansionTouchConfig = section(ExpansionTouchConfig, "Mong 2021.")
    strategic_enterprise_smb: StrategicConfig = section(StrategicConfig, "Pickens.")
    growth_risk: GrowthRiskConfig = section(GrowthRiskConfig, "Farmer 2020.")
    growth_revenue_at_risk: GrowthRevenueAtRiskConfig = section(
        GrowthRevenueAtRiskConfig, "Zubayrov 2021."
    )
    health_profitability: HealthProfitabilityConfig = section(
        HealthProfitabilityConfig, "Eizips 2017."
    )
    lifecycle_touch: LifecycleTouchConfig = section(LifecycleTouchConfig, "Mansdorf 2020.")
    expansion_trigger: ExpansionTriggerConfig = section(ExpansionTriggerConfig, "Knoefel 2021.")
    csm_book: CsmBookConfig = section(CsmBookConfig, "Eizips 2017.")
    own: tuple[OwnSchemeConfig, ...] = Field((), description="Schemes of your own.")
