"""Every feature there is, which of them some tables allow, and which may enter the matrix."""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from types import ModuleType
from typing import Any

import narwhals as nw

from clustering.config import FeaturesConfig
from clustering.errors import ConfigError, breaches_message, did_you_mean
from clustering.features.as_of import Tables
from clustering.features.definition import Definition
from clustering.features.engines import column_names
from clustering.features.families import (
    commercial,
    engagement,
    lifecycle,
    milestones,
    outcomes,
    sentiment,
    usage,
)
from clustering.features.measures import Period
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
    present = _present(tables, config or FeaturesConfig())
    reasons = {
        feature.name: _reason([need for need in feature.needs if need not in present], tables)
        for feature in FEATURES
        if not present.issuperset(feature.needs)
    }
    return tuple(f.name for f in FEATURES if f.name not in reasons), reasons


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
        `features.exclude` names a feature that does not exist.
    """
    _check_excluded(config.exclude)
    reasons = {feature.name: _why_withheld(feature, config) for feature in FEATURES}
    return {name: reason for name, reason in reasons.items() if reason}


def _why_withheld(feature: Feature, config: FeaturesConfig) -> str:
    if feature.name in config.exclude:
        return "left out by features.exclude"
    if feature.family == "commercial":
        return (
            ""
            if config.include_commercial
            else "commercial: agreement with ARR tiers would be circular"
        )
    if feature.family not in config.families:
        return f"family '{feature.family}' is not in features.families"
    if feature.size_proxy and not config.include_size_proxies:
        return "follows from the size of the account: agreement with ARR tiers would be circular"
    if feature.age_proxy and not config.include_tenure:
        return "grows with the age of the account: groups would be age bands"
    return ""


def _check_excluded(names: tuple[str, ...]) -> None:
    known = [feature.name for feature in FEATURES]
    breaches = []
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, otherwise=" docs/features.md lists them all.")
            breaches.append(f"'{name}' is not a feature.{hint}")
    if breaches:
        raise ConfigError(breaches_message("'features.exclude' names unknown features", breaches))
