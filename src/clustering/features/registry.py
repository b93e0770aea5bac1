"""Every feature there is, which of them some tables allow, and which may enter the matrix."""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase
from types import ModuleType
from typing import Any, get_args

import narwhals as nw

from clustering.config import Family, FeaturesConfig
from clustering.errors import ConfigError, breaches_message, did_you_mean
from clustering.features.as_of import Tables
from clustering.features.definition import Definition
from clustering.features.engines import column_names
from clustering.features.families import (
    categories,
    commercial,
    engagement,
    lifecycle,
    milestones,
    outcomes,
    sentiment,
    trends,
    usage,
    usage_mix,
)
from clustering.features.measures import Period
from clustering.features.own import check_own, own_definitions
from clustering.features.types import Feature

#: The modules of the families, in the order in which their features are listed everywhere.
FAMILIES: tuple[ModuleType, ...] = (
    milestones,
    outcomes,
    usage,
    engagement,
    sentiment,
    lifecycle,
    commercial,
)

DEFINITIONS: tuple[Definition, ...] = tuple(
    definition for family in FAMILIES for definition in family.DEFINITIONS
)

#: All features, described for the default look-back window (no date enters a description).
FEATURES: tuple[Feature, ...] = tuple(
    definition.described(Period(date.min, FeaturesConfig().window_days))
    for definition in DEFINITIONS
)


def definitions(config: FeaturesConfig) -> tuple[Definition, ...]:
    """Every feature under a configuration: those of `FEATURES`, the usage mix and your own.

    Raises
    ------
    ConfigError
        A feature of your own cannot be computed from any tables; every mistake at once.
    """
    given = (
        *DEFINITIONS,
        *(trends.DEFINITIONS if config.include_trends else ()),
        *usage_mix.mix_definitions(config.usage_mix),
        *categories.category_definitions(config.categories),
    )
    check_own(config.own, [definition.name for definition in given])
    return (*given, *own_definitions(config.own))


Preparation = Callable[[nw.LazyFrame[Any], Period, nw.LazyFrame[Any]], nw.LazyFrame[Any]]

#: What a family does to its visible table, with the visible accounts, before it is aggregated.
PREPARATIONS: dict[str, Preparation] = {
    "milestones": milestones.prepare,
    "outcomes": outcomes.prepare,
}

_DERIVED_COLUMNS = ("milestones.achieved_on", "milestones.projected_on")


def computable(
    tables: Tables, config: FeaturesConfig | None = None
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Features that `tables` allow, and for the others what would allow them.

    Parameters
    ----------
    tables : the tables that exist; nothing is read but their column names
    config : with `milestones.derive`, usage stands in for an absent table of milestones

    Returns
    -------
    names, reasons : names of the features that can be computed, in the order of `FEATURES`, and
        for each of the others the missing tables and columns
    """
    config = config or FeaturesConfig()
    present, every = _present(tables, config), definitions(config)
    reasons = {
        feature.name: _reason([need for need in feature.needs if need not in present], tables)
        for feature in every
        if not present.issuperset(feature.needs)
    }
    return tuple(f.name for f in every if f.name not in reasons), reasons


def lacking(names: Iterable[str], known: Container[str], reasons: Mapping[str, str]) -> list[str]:
    """Sentences on wanted features that are not there.

    Parameters
    ----------
    known, reasons : what is there, and why others are not (`computable`)
    """
    return [
        f"feature '{name}': {reasons.get(name, 'it is no longer defined')}"
        for name in names
        if name not in known
    ]


def _present(tables: Tables, config: FeaturesConfig) -> set[str]:
    present = set(tables.frames)
    for table, frame in tables.frames.items():
        columns = column_names(frame)
        present.update(f"{table}.{column}" for column in columns)
        if table == "tickets" and "closed_on" not in columns:
            present.discard("tickets.score")  # without a date nothing tells when it was given
    if config.milestones.derive and "usage" in present and "milestones" not in present:
        present.update(_DERIVED_COLUMNS)
    return present


def _reason(missing: list[str], tables: Tables) -> str:
    columns: dict[str, list[str]] = {}
    for need in missing:
        table, _, column = need.partition(".")
        columns.setdefault(table, []).extend([f"'{column}'"] if column else [])
    return "needs " + " and ".join(
        _missing_in(table, listed, table in tables.frames) for table, listed in columns.items()
    )


def _missing_in(table: str, columns: list[str], exists: bool) -> str:
    """What is missing of one table, in words."""
    words = ("column " if len(columns) == 1 else "columns ") + " and ".join(columns)
    if exists:
        return f"{words} in table '{table}'"
    return f"table '{table}' with {words}" if columns else f"table '{table}'"


def withheld(config: FeaturesConfig) -> dict[str, str]:
    """Reasons for every feature that this configuration keeps out of the matrix.

    Raises
    ------
    ConfigError
        `features.exclude` or `features.keep` has a name or pattern that is of no feature.
    """
    every = definitions(config)
    _check_patterns(config, [feature.name for feature in every])
    reasons = {feature.name: _why_withheld(feature, config) for feature in every}
    return {name: reason for name, reason in reasons.items() if reason}


def _why_withheld(feature: Feature, config: FeaturesConfig) -> str:
    if _is_named(feature.name, config.exclude):
        return "left out by features.exclude"
    if config.keep and not _is_named(feature.name, config.keep):
        return "not named by features.keep"
    if categories.described_alone(feature.name, config):
        return "a category: it describes segments (features.categories, in_matrix)"
    if feature.family == "commercial":
        return (
            ""
            if config.include_commercial
            else "commercial: agreement with ARR tiers would be circular"
        )
    if feature.family in get_args(Family) and feature.family not in config.families:
        return f"family '{feature.family}' is not in features.families"
    if feature.size_proxy and not config.include_size_proxies:
        return "follows from the size of the account: agreement with ARR tiers would be circular"
    if feature.age_proxy and not config.include_tenure:
        return "grows with the age of the account: groups would be age bands"
    return ""


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _check_patterns(config: FeaturesConfig, known: list[str]) -> None:
    breaches = []
    for key, patterns in (("exclude", config.exclude), ("keep", config.keep)):
        for pattern in patterns:
            if any(fnmatchcase(name, pattern) for name in known):
                continue
            if {*"*?["} & {*pattern}:
                breaches.append(f"'{pattern}' of features.{key} is the pattern of no feature.")
                continue
            hint = did_you_mean(pattern, known, otherwise=" docs/features.md lists them all.")
            breaches.append(f"'{pattern}' of features.{key} is not a feature.{hint}")
    if breaches:
        raise ConfigError(breaches_message("the configuration names unknown features", breaches))
