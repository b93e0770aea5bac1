"""Categories: industry, region or the like, one feature of yes or no for each that is common.

They are computed on request (`features.categories`), to describe segments: which share of each
segment has the category. They may enter the matrix too (`in_matrix`), where having a category or
not is as far apart as one standard deviation of any other feature, times what
`matrix.family_weights.categories` says. Be careful then: accounts of one category are alike by
definition, and groups that are made of it find it again.

A category of fewer than one in twenty accounts has no feature, and at most twelve have. The list
is fixed when the study is made, and a scorer carries it.
"""

import re
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import CategoryConfig, FeaturesConfig
from clustering.features.definition import Definition
from clustering.features.engines import collect_by_account, column_names
from clustering.features.measures import Measure

FAMILY = "categories"

_LEAST_SHARE = 0.05
_MOST = 12
_LONGEST = 40


def category_definitions(categories: tuple[CategoryConfig, ...]) -> tuple[Definition, ...]:
    """One feature for each category that is told apart; none until they are known.

    Examples
    --------
    >>> found = category_definitions((CategoryConfig(column="region", levels=("EU", "US")),))
    >>> [feature.name for feature in found]
    ['region_is_eu', 'region_is_us']
    """
    return tuple(
        _definition(one, level, name)
        for one in categories
        for level, name in zip(one.levels, _names(one), strict=True)
    )


def described_alone(name: str, config: FeaturesConfig) -> bool:
    """Whether a feature is of a category that is to describe, not to form, segments."""
    return any(name in _names(one) for one in config.categories if not one.in_matrix)


def with_levels(
    config: FeaturesConfig, visible: Mapping[str, nw.LazyFrame[Any]], active: "pd.Index[str]"
) -> FeaturesConfig:
    """The configuration with the categories that are told apart, where it does not name them yet.

    Parameters
    ----------
    visible : the tables as they were known on the date
    active : the accounts that count
    """
    columns = column_names(visible["accounts"])
    wanted = [one.column for one in config.categories if not one.levels and one.column in columns]
    if not wanted:
        return config
    frame = collect_by_account(visible["accounts"].select(ACCOUNT_ID, *dict.fromkeys(wanted)))
    frame = frame.loc[active]
    fixed = tuple(
        one.model_copy(update={"levels": _common(frame[one.column])})
        if one.column in wanted and not one.levels
        else one
        for one in config.categories
    )
    return config.model_copy(update={"categories": fixed})


def category_notes(config: FeaturesConfig) -> tuple[str, ...]:
    """What a reader must know where categories form segments."""
    empty = [one.column for one in config.categories if not one.levels]
    inside = [one.column for one in config.categories if one.in_matrix and one.levels]
    absent = tuple(
        f"The category '{column}' was asked for (features.categories) and has no feature: no "
        f"value of it is that of {_LEAST_SHARE:.0%} of the accounts."
        for column in empty
    )
    if not inside:
        return absent
    return (
        *absent,
        f"Categories ({', '.join(inside)}) are in the matrix: accounts of one category are alike "
        "by definition, so that segments which follow them say nothing of how accounts behave.",
    )


def _common(column: "pd.Series[Any]") -> tuple[str, ...]:
    """The most frequent levels of enough accounts, by name."""
    counts = column.dropna().astype("str").value_counts()
    enough = [level for level in counts.index if counts[level] >= _LEAST_SHARE * len(column)]
    ordered = sorted(enough, key=lambda level: (-counts[level], level))
    return tuple(sorted(ordered[:_MOST]))


def _names(one: CategoryConfig) -> list[str]:
    short = [
        re.sub(r"[^a-z0-9]+", "_", level.lower()).strip("_")[:_LONGEST] for level in one.levels
    ]
    # Numbered in the order of the list, which is fixed, where the letters alone do not tell.
    return [
        f"{one.column}_is_{name}" if name and short.count(name) == 1 else f"{one.column}_is_{n + 1}"
        for n, name in enumerate(short)
    ]


def _definition(one: CategoryConfig, level: str, name: str) -> Definition:
    column = nw.col(one.column)
    has = nw.when(column == nw.lit(level)).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    quoted = level.replace("{", "{{").replace("}", "}}")
    return Definition(
        name=name,
        family=FAMILY,
        unit="yes or no",
        meaning=f"Whether the {one.column} of the account is '{quoted}'.",
        null_means=f"the account has no {one.column}",
        scale="binary",
        higher_is_better=None,
        words=(f"{one.column} other than {level}", f"{one.column} {level}"),
        shown=f"{one.column} {level}",
        measures=(
            Measure(
                f"category {name}",
                "accounts",
                nw.when(~column.is_null()).then(has),
                "value",
                (one.column,),
            ),
        ),
    )
