"""The configuration of one study; `docs/configuration.md` is generated from the descriptions.

There is no default for `as_of`: a missing date must fail, not fall back to "today".
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from clustering.columns import OutcomeName
from clustering.config.base import Day, Part, section
from clustering.config.features import FeaturesConfig
from clustering.config.monitor import MonitorConfig
from clustering.config.movement import MovementConfig
from clustering.config.plan import EngagementConfig
from clustering.config.schemes import SchemesConfig
from clustering.config.scoring import ScoringConfig
from clustering.config.source import AccountsConfig, SourceConfig, SubscriptionsConfig
from clustering.config.structure import EvidenceConfig, MatrixConfig, ModelsConfig

#: How the address of a model in the registry begins.
REGISTERED = "models:/"

#: The places of files, and what is looked at after a study: they decide nothing in it, and are no
#: part of what is recorded.
PLACES: dict[str, Any] = {
    "previous": True,
    "source": True,
    "output": True,
    "tracking": True,
    "monitor": True,
    "engagement": {"playbooks"},
    "movement": {"overrides", "segment_names"},
}


def _folder_or_address(value: object) -> object:
    """Text is a path, unless it is the address of a model."""
    if isinstance(value, str) and not value.startswith(REGISTERED):
        if not value.strip():
            raise ValueError("expected a folder or models:/NAME@ALIAS")
        return Path(value)
    return value


class ComparisonConfig(Part):
    """How agreement and forward validity are judged."""

    bootstrap: int = Field(2000, ge=100, le=20000, description="Bootstrap draws of accounts.")
    permutations: int = Field(999, ge=99, le=20000, description="Permutations of the labels.")
    refits: int = Field(50, ge=0, le=2000, description="Refits for the interval of the pipeline.")
    foldings: int = Field(
        10,
        ge=1,
        le=50,
        description="How often the accounts are dealt into the five folds: gains are the mean.",
    )
    primary_outcome: OutcomeName = Field(
        "churned", description="The one outcome that decides; all others are secondary."
    )
    earlier_dates: int = Field(
        2,
        ge=0,
        le=12,
        description="Earlier dates to fit the forward comparison on, where the tables reach back: "
        "it is then judged out of time. 0: five folds of the accounts at as_of.",
    )
    earlier_step_days: int | None = Field(
        None, ge=1, le=1825, description="Days between the earlier dates (None: horizon_days)."
    )


class TrackingConfig(Part):
    """Where MLflow keeps the record."""

    uri: str = Field(
        "sqlite:///mlflow.db",
        description="Tracking store. A relative SQLite path is relative to the output folder.",
    )
    experiment: str = Field("clustering", min_length=1, description="Name of the experiment.")
    registered_model: str = Field(
        "account-segments", min_length=1, description="Name in the model registry."
    )
    least_accounts: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A model that was learned from a smaller share of the accounts of the champion "
        "is promoted with --accept alone.",
    )
    most_overconfident: float = Field(
        0.1,
        ge=0,
        le=1,
        description="A model whose probabilities are larger than what came true on accounts held "
        "out, by more than this and chance in some tenth, is promoted with --accept alone.",
    )
    pseudonymise: bool = Field(
        False,
        description="Record keyed hashes in the place of account ids, e-mail addresses and labels "
        "that are people; the pages and figures of the report are left out then.",
    )


class OutputConfig(Part):
    """Where the study is written."""

    folder: Path = Field(
        Path("../studies"), description="Folder that holds one folder per study, by its name."
    )


class StudyConfig(Part):
    """The whole configuration of one study.

    Examples
    --------
    >>> config = StudyConfig(name="demo", as_of="2025-06-30", source={"folder": "book"})
    >>> config.as_of.isoformat(), config.horizon_days
    ('2025-06-30', 365)
    """

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="Name of the study and of its folder: letters, digits, '-' and '_'.",
    )
    title: str = Field("", max_length=120, description="A title for the report (default: name).")
    as_of: Day = Field(
        description="The date the study pretends it is. Everything known later is invisible."
    )
    horizon_days: int = Field(
        365, ge=7, le=1825, description="Days after as_of in which outcomes are observed."
    )
    quick: bool = Field(
        False,
        description="A quick look, as by --quick: fewer starts, draws, resamples and refits than a "
        "study takes, said on every page. No study to decide on.",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Every random draw follows from it.")
    currency: str = Field(
        "USD", pattern=r"^[A-Z]{3}$", description="Currency of all amounts (ISO 4217)."
    )
    amount_name: str = Field(
        "ARR",
        min_length=1,
        max_length=24,
        description="What the report calls the yearly amount ('run-rate' where no contracts are).",
    )
    note: str = Field("", description="A sentence on the input that the report prints.")
    previous: Annotated[Path | str | None, BeforeValidator(_folder_or_address)] = Field(
        None,
        description="The previous study, whose segments keep their ids and names in this one: its "
        "folder, its scorer's, or models:/account-segments@champion (None: every id is new).",
    )
    source: SourceConfig = Field(description="Where the tables come from.")
    subscriptions: SubscriptionsConfig = section(SubscriptionsConfig, "How contracts are read.")
    accounts: AccountsConfig = section(AccountsConfig, "Who is a customer on a date.")
    features: FeaturesConfig = section(FeaturesConfig, "The snapshot.")
    matrix: MatrixConfig = section(MatrixConfig, "The matrix.")
    models: ModelsConfig = section(ModelsConfig, "The candidates.")
    evidence: EvidenceConfig = section(EvidenceConfig, "The protocol.")
    scoring: ScoringConfig = section(ScoringConfig, "The scorer.")
    schemes: SchemesConfig = section(SchemesConfig, "The schemes.")
    comparison: ComparisonConfig = section(ComparisonConfig, "The comparison.")
    engagement: EngagementConfig = section(EngagementConfig, "The plan (docs/plan.md).")
    movement: MovementConfig = section(MovementConfig, "Over time.")
    monitor: MonitorConfig = section(MonitorConfig, "The monitor of a model in service.")
    tracking: TrackingConfig = section(TrackingConfig, "MLflow.")
    output: OutputConfig = section(OutputConfig, "The study folder.")

    @property
    def hash(self) -> str:
        """SHA-256 over the resolved configuration, without the places of files."""
        content = self.model_dump(mode="json", exclude=PLACES)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
