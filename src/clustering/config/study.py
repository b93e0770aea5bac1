"""The configuration of a study: TOML into frozen models, every default documented.

`docs/configuration.md` is generated from the descriptions in this file. Relative paths are
relative to the folder of the TOML file. An unknown key is refused with the nearest known one,
and all mistakes are reported at once. There is no default for `as_of`: a missing date must
fail, not fall back to "today".
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from clustering.config.custom_schemes import OwnSchemeConfig
from clustering.config.movement import MovementConfig
from clustering.config.plan import EngagementConfig
from clustering.config.schemes import (
    AxesConfig,
    CsmBookConfig,
    ExpansionTouchConfig,
    ExpansionTriggerConfig,
    GrowthRevenueAtRiskConfig,
    GrowthRiskConfig,
    HealthProfitabilityConfig,
    LifecycleTouchConfig,
    StrategicConfig,
)
from clustering.errors import ConfigError, breaches_message, or_known

Family = Literal[
    "milestones", "outcomes", "usage", "engagement", "sentiment", "lifecycle", "commercial"
]
EndIs = Literal["first_day_without", "last_day"]
CovarianceType = Literal["full", "tied", "diag", "spherical"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


def _calendar_day(value: object) -> object:
    """Nothing is guessed: not which of 03/12/2025 is the month, nor in which place a time is."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        return value.strip()
    raise ValueError("expected a calendar date as in 2025-06-30, without a time")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadingConfig(_Part):
    """What the cells of a file mean: the same for every file that the product reads."""

    missing: tuple[str, ...] = Field(
        ("NA", "N/A", "#N/A", "NaN", "null", "<NA>", "-"),
        description="Words that say that a value is missing, in whatever case; an empty cell says "
        "so too. They never apply to account_id. `check` counts them: take a word out where it is "
        "a value (NA as a region), or write [] for none.",
    )
    decimal: Literal[".", ","] | None = Field(
        None,
        description="Decimal mark of numbers in text where the values of a column do not tell it "
        "(12.000 in every row); the other mark, blanks and apostrophes part the thousands. None: "
        "such a column is refused.",
    )
    time_zone: str | None = Field(
        None,
        description="Place whose calendar gives the day of a time with a time zone, as in "
        "'Europe/London'; mappings are computed in it as well. None: such times are refused, and "
        "mappings are computed in UTC on every machine.",
    )


class _Place(_Part):
    """Where the tables are."""

    folder: Path | None = Field(
        None,
        description="Folder of the source files. Without a mapping it holds one file per table of "
        "the contract (accounts.parquet, usage.csv, ...); a mapping's SQL reads files in it.",
    )
    database: str | None = Field(
        None,
        description="Database to attach read-only: 'sqlite:FILE' or 'postgresql://...'. The "
        "password belongs in PGPASSWORD or a service file, not here.",
    )
    mapping: Path | None = Field(
        None, description="Folder with one SQL SELECT per table: accounts.sql, usage.sql, ..."
    )
    time_limit_s: int = Field(
        1800,
        ge=1,
        le=86400,
        description="Seconds after which one statement on the source is stopped, as a mapping "
        "that never ends.",
    )


class SourceConfig(ReadingConfig, _Place):
    """Where the tables come from: a folder of files, or a database to attach; and the mapping."""

    @model_validator(mode="after")
    def _somewhere(self) -> "SourceConfig":
        if self.folder is None and self.database is None:
            raise ValueError("name a folder or a database to read the tables from")
        return self


class SubscriptionsConfig(_Part):
    """How the contract periods of the extract are to be read."""

    end_is: EndIs = Field(
        "first_day_without",
        description="What subscriptions.ended_on says: 'first_day_without' the contract, or its "
        "'last_day' (terms end on 31 December and renew on 1 January). `clustering check` says "
        "where the rows disagree.",
    )
    complete_to: date | None = Field(
        None,
        description="Day up to which every contract and every end stands in the table (None: "
        "found from the rows and said by `clustering check`). Churn, renewal, NRR and GRR are "
        "told for horizons that end by then.",
    )


class AccountsConfig(_Part):
    """Who is a customer on a date, where the tables contradict each other."""

    end_is: EndIs = Field(
        "first_day_without",
        description="What accounts.ended_on says: the 'first_day_without' the customer, or the "
        "'last_day' of the relationship.",
    )
    left_by: Literal["either", "contracts", "accounts"] = Field(
        "either",
        description="By what an account has left: accounts.ended_on or its contracts, whichever "
        "says so ('either'); its contracts alone ('contracts': an ended_on beside an open contract "
        "is not believed); or accounts.ended_on alone ('accounts': who has no contract any more is "
        "still a customer, as on a free plan). Churn follows it.",
    )
    lapsed_days: int = Field(
        120,
        ge=0,
        le=3650,
        description="An account without a contract for longer has left by its contracts; a shorter "
        "gap may be a renewal that is signed late.",
    )


class MilestoneRulesConfig(_Part):
    """Milestones derived from usage where the company has none; off unless asked for."""

    derive: bool = Field(False, description="Derive milestones from usage; they are named derived.")
    distinct_features: int = Field(
        3, ge=1, description="'derived_breadth' is achieved on the first day with so many features."
    )
    seat_share: Share = Field(
        0.5, description="'derived_seats' is achieved when active users reach this share of seats."
    )


class FeaturesConfig(_Part):
    """What enters the snapshot."""

    families: tuple[Family, ...] = Field(
        ("milestones", "outcomes", "usage", "engagement", "sentiment", "lifecycle"),
        description="Families of features that may enter the matrix.",
    )
    include_commercial: bool = Field(
        False,
        description="Let ARR, seats and pipeline into the matrix. The comparison with ARR tiers "
        "is circular then, and the report says so in its first paragraph.",
    )
    include_size_proxies: bool = Field(
        False,
        description="Let raw volumes (events, active users, hours, tickets) into the matrix. They "
        "follow from how large an account is, so the comparison with ARR tiers is circular then.",
    )
    include_tenure: bool = Field(
        False, description="Let the age of the account into the matrix; groups then follow age."
    )
    exclude: tuple[str, ...] = Field((), description="Features to leave out, by name.")
    window_days: int = Field(
        90, ge=14, le=730, description="Look-back window of usage, engagement and ticket features."
    )
    milestones: MilestoneRulesConfig = Field(
        default_factory=MilestoneRulesConfig, description="Milestones derived from usage."
    )


class MatrixConfig(_Part):
    """How the snapshot becomes numbers of one scale; everything is fitted on the snapshot."""

    max_missing_share: Share = Field(
        0.4, description="A feature missing for a larger share of accounts is left out."
    )
    max_correlation: Share = Field(
        0.95, description="Of two features with a larger absolute rank correlation one is left out."
    )
    winsorise: Annotated[float, Field(ge=0.0, lt=0.25)] = Field(
        0.005, description="Share clipped at either end after the transform (0: no clipping)."
    )
    weight_families: bool = Field(
        True, description="Give every family of features the same total variance."
    )


class ModelsConfig(_Part):
    """The candidates."""

    algorithms: tuple[Literal["kmeans", "mixture"], ...] = Field(
        ("kmeans", "mixture"), min_length=1, description="Families of models to fit."
    )
    covariance_types: tuple[CovarianceType, ...] = Field(
        ("full", "tied", "diag", "spherical"), description="Covariances of the mixtures."
    )
    k_max: int = Field(8, ge=1, le=20, description="Candidates have 1 to so many segments.")
    n_init: int = Field(20, ge=1, le=500, description="Starts of every fit.")


class EvidenceConfig(_Part):
    """The statistical protocol (docs/method.md) and the limits that the business sets."""

    resamples: int = Field(100, ge=10, le=5000, description="Resamples of every stability scheme.")
    nulls: int = Field(199, ge=19, le=9999, description="Draws from every homogeneous null.")
    alpha: Annotated[float, Field(gt=0.0, lt=0.5)] = Field(
        0.05, description="Level of the test against the null."
    )
    min_prediction_strength: Share = Field(0.8, description="Least prediction strength of a k.")
    min_jaccard: Share = Field(0.75, description="Least clusterwise Jaccard of a k.")
    min_valley_share: Share = Field(
        0.5, description="Least share of neighbouring pairs with a held-out valley between them."
    )
    smallest_segment: int = Field(
        30, ge=2, description="A segment with fewer accounts is not useful to the business."
    )
    smallest_share: Share = Field(0.02, description="Likewise, as a share of all accounts.")
    most_segments: int | None = Field(
        None, ge=1, description="More segments than this cannot be run by the team (None: k_max)."
    )


class ArrTiersConfig(_Part):
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


class EmployeeBandsConfig(_Part):
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


class SchemesConfig(_Part):
    """The rule-based schemes (docs/schemes.md)."""

    arr_tiers: ArrTiersConfig = Field(
        default_factory=ArrTiersConfig, description="The baseline of the study."
    )
    employee_bands: EmployeeBandsConfig = Field(
        default_factory=EmployeeBandsConfig, description="How Sales segments before any ARR."
    )
    axes: AxesConfig = Field(default_factory=AxesConfig, description="Axes of the schemes.")
    expansion_touch: ExpansionTouchConfig = Field(
        default_factory=ExpansionTouchConfig, description="Mong 2021."
    )
    strategic_enterprise_smb: StrategicConfig = Field(
        default_factory=StrategicConfig, description="Pickens."
    )
    growth_risk: GrowthRiskConfig = Field(
        default_factory=GrowthRiskConfig, description="Farmer 2020."
    )
    growth_revenue_at_risk: GrowthRevenueAtRiskConfig = Field(
        default_factory=GrowthRevenueAtRiskConfig, description="Zubayrov 2021."
    )
    health_profitability: HealthProfitabilityConfig = Field(
        default_factory=HealthProfitabilityConfig, description="Eizips 2017."
    )
    lifecycle_touch: LifecycleTouchConfig = Field(
        default_factory=LifecycleTouchConfig, description="Mansdorf 2020."
    )
    expansion_trigger: ExpansionTriggerConfig = Field(
        default_factory=ExpansionTriggerConfig, description="Knoefel 2021."
    )
    csm_book: CsmBookConfig = Field(default_factory=CsmBookConfig, description="Eizips 2017.")
    own: tuple[OwnSchemeConfig, ...] = Field((), description="Schemes of your own.")


class ComparisonConfig(_Part):
    """How agreement and forward validity are judged."""

    bootstrap: int = Field(2000, ge=100, le=20000, description="Bootstrap draws of accounts.")
    permutations: int = Field(999, ge=99, le=20000, description="Permutations of the labels.")
    refits: int = Field(50, ge=0, le=2000, description="Refits for the interval of the pipeline.")
    primary_outcome: Literal["churned", "contracted", "renewed", "expanded", "dormant"] = Field(
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


class TrackingConfig(_Part):
    """Where MLflow keeps the record."""

    uri: str = Field(
        "sqlite:///mlflow.db",
        description="Tracking store. A relative SQLite path is relative to the output folder.",
    )
    experiment: str = Field("clustering", min_length=1, description="Name of the experiment.")
    registered_model: str = Field(
        "account-segments", min_length=1, description="Name in the model registry."
    )
    pseudonymise: bool = Field(
        False,
        description="Record keyed hashes in the place of account ids, e-mail addresses and labels "
        "that are people; the pages and figures of the report are left out then.",
    )


class OutputConfig(_Part):
    """Where the study is written."""

    folder: Path = Field(
        Path("../studies"), description="Folder that holds one folder per study, by its name."
    )


class StudyConfig(_Part):
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
    as_of: Annotated[date, BeforeValidator(_calendar_day)] = Field(
        description="The date the study pretends it is. Everything known later is invisible."
    )
    horizon_days: int = Field(
        365, ge=7, le=1825, description="Days after as_of in which outcomes are observed."
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
    source: SourceConfig = Field(description="Where the tables come from.")
    subscriptions: SubscriptionsConfig = Field(
        default_factory=SubscriptionsConfig, description="How contracts are read."
    )
    accounts: AccountsConfig = Field(
        default_factory=AccountsConfig, description="Who is a customer on a date."
    )
    features: FeaturesConfig = Field(default_factory=FeaturesConfig, description="The snapshot.")
    matrix: MatrixConfig = Field(default_factory=MatrixConfig, description="The matrix.")
    models: ModelsConfig = Field(default_factory=ModelsConfig, description="The candidates.")
    evidence: EvidenceConfig = Field(default_factory=EvidenceConfig, description="The protocol.")
    schemes: SchemesConfig = Field(default_factory=SchemesConfig, description="The schemes.")
    comparison: ComparisonConfig = Field(
        default_factory=ComparisonConfig, description="The comparison."
    )
    engagement: EngagementConfig = Field(
        default_factory=EngagementConfig, description="The plan (docs/plan.md)."
    )
    movement: MovementConfig = Field(default_factory=MovementConfig, description="Over time.")
    tracking: TrackingConfig = Field(default_factory=TrackingConfig, description="MLflow.")
    output: OutputConfig = Field(default_factory=OutputConfig, description="The study folder.")

    @property
    def hash(self) -> str:
        """SHA-256 over the resolved configuration, without the places of files."""
        places: dict[str, Any] = {"source": True, "output": True, "tracking": True}
        places |= {"engagement": {"playbooks"}, "movement": {"overrides"}}
        content = self.model_dump(mode="json", exclude=places)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_config(path: Path, overrides: Sequence[str] = ()) -> StudyConfig:
    """Read a study's TOML file; `overrides` are `key.sub=value` with TOML values.

    Raises
    ------
    ConfigError
        The file cannot be read, is not TOML, or breaks the model; all mistakes at once.
    """
    content = _read_toml(path)
    for override in overrides:
        _apply_override(content, override)
    try:
        config = StudyConfig.model_validate(content)
    except ValidationError as error:
        breaches = [_explain(entry) for entry in error.errors()]
        raise ConfigError(breaches_message(f"configuration '{path}'", breaches)) from None
    return _with_absolute_paths(config, path.parent)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"configuration '{path}' does not exist. To make one: clustering init DIR --from FILES"
        ) from None
    except (IsADirectoryError, PermissionError):
        raise ConfigError(f"configuration '{path}' cannot be read as a file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration '{path}' is not valid TOML: {error}.") from None


def _apply_override(content: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"--set takes key=value, found '{override}'.")
    *parents, last = key.strip().split(".")
    for parent in parents:
        content = content.setdefault(parent, {})
        if not isinstance(content, dict):
            raise ConfigError(f"--set {override}: '{parent}' is a value, not a section.")
    content[last] = _toml_value(value.strip())


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is text, so that --set name=trial needs no quotes


def _explain(entry: Any) -> str:
    *parents, last = (str(part) for part in entry["loc"]) if entry["loc"] else ("",)
    where = ".".join([*parents, last])
    if entry["type"] == "extra_forbidden":
        return f"'{where}' is not a known key.{or_known(last, _known_keys(parents))}"
    if entry["type"] == "missing":
        if where == "as_of":
            return "'as_of' is missing: the date that the study pretends it is, as in 2025-06-30."
        return f"'{where}' is missing."
    message = entry["msg"].removeprefix("Value error, ")
    found = entry.get("input")
    found = str(found) if isinstance(found, date) else found
    shown = f", found {found!r}" if isinstance(found, str | int | float | bool) else ""
    subject = f"'{where}'" if where else "the configuration"
    return f"{subject}: {message}{shown}."


def _known_keys(parents: Iterable[str]) -> list[str]:
    model: Any = StudyConfig
    for parent in parents:
        if get_origin(model) in (tuple, dict):
            model = [part for part in get_args(model) if part is not Ellipsis][-1]
            continue  # the parent is a place in a list or a name in a section, not a field
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
        field = model.model_fields.get(parent)
        model = getattr(field, "annotation", None)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return list(model.model_fields)


def _with_absolute_paths(config: StudyConfig, base: Path) -> StudyConfig:
    base = base.resolve()

    def absolute(path: Path | None) -> Path | None:
        return None if path is None else (base / path.expanduser()).resolve()

    database = config.source.database
    if database is not None and database.startswith("sqlite:"):
        file = absolute(Path(database.removeprefix("sqlite:").removeprefix("//")))
        database = f"sqlite:{file}"
    source = config.source.model_copy(
        update={
            "folder": absolute(config.source.folder),
            "mapping": absolute(config.source.mapping),
            "database": database,
        }
    )
    output = config.output.model_copy(update={"folder": absolute(config.output.folder)})
    engagement = config.engagement.model_copy(
        update={"playbooks": absolute(config.engagement.playbooks)}
    )
    movement = config.movement.model_copy(update={"overrides": absolute(config.movement.overrides)})
    parts = {"source": source, "output": output, "engagement": engagement, "movement": movement}
    return config.model_copy(update=parts)
