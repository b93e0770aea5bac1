"""The configuration of a study: TOML into frozen models, every default documented."""

from clustering.config.features import (
    CategoryConfig,
    Family,
    FeaturesConfig,
    MilestoneRulesConfig,
    OwnFeatureConfig,
    UsageMixConfig,
)
from clustering.config.loading import load_config
from clustering.config.monitor import MonitorConfig
from clustering.config.movement import MovementConfig
from clustering.config.plan import EngagementConfig
from clustering.config.schemes import ArrTiersConfig, EmployeeBandsConfig, SchemesConfig
from clustering.config.scoring import ScoringConfig
from clustering.config.source import (
    AccountsConfig,
    EndIs,
    ReadingConfig,
    SourceConfig,
    SubscriptionsConfig,
)
from clustering.config.structure import (
    EvidenceConfig,
    FamilyWeight,
    MatrixConfig,
    ModelsConfig,
)
from clustering.config.study import ComparisonConfig, OutputConfig, StudyConfig, TrackingConfig

__all__ = [
    "AccountsConfig",
    "ArrTiersConfig",
    "CategoryConfig",
    "ComparisonConfig",
    "EmployeeBandsConfig",
    "EndIs",
    "EngagementConfig",
    "EvidenceConfig",
    "Family",
    "FamilyWeight",
    "FeaturesConfig",
    "MatrixConfig",
    "MilestoneRulesConfig",
    "ModelsConfig",
    "MonitorConfig",
    "MovementConfig",
    "OutputConfig",
    "OwnFeatureConfig",
    "ReadingConfig",
    "SchemesConfig",
    "ScoringConfig",
    "SourceConfig",
    "StudyConfig",
    "SubscriptionsConfig",
    "TrackingConfig",
    "UsageMixConfig",
    "load_config",
]
