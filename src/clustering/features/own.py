"""Features of a company's own: an expression or a dated column, described like every other."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from clustering.config import OwnFeatureConfig
from clustering.errors import BadInputError, ConfigError, breaches_message, did_you_mean
from clustering.features.definition import Definition
from clustering.features.measures import Measure, Period
from clustering.features.own_sql import COLUMNS, Expression, examine

#: Names that features of a company's own may not have: measures and attributes go by them.
_RESERVED = ("account_id", "tenure_days", "employees", "arr")
#: Columns that say what an account pays; what is made from them follows from its size.
_AMOUNTS = ("arr", "amount")


@dataclass(frozen=True, kw_only=True)
class OwnDefinition(Definition):
    """A feature of a company's own.

    Attributes
    ----------
    expression : its SQL, whose value stands in the place of a measure; None of a column
    config : its settings
    """

    expression: Expression | None = None
    config: OwnFeatureConfig


def own_definitions(own: Iterable[OwnFeatureConfig]) -> tuple[OwnDefinition, ...]:
    """The definitions of features whose settings were checked (`own_mistakes`)."""
    return tuple(_of_column(one) if one.sql is None else _of_expression(one) for one in own)


def check_own(own: Iterable[OwnFeatureConfig], taken: Collection[str]) -> None:
    """Refuse features that cannot be computed from any tables, all of them at once.

    Parameters
    ----------
    taken : names of features, which they may not have

    Raises
    ------
    ConfigError
        A name is taken, or an expression refused; every mistake of every feature.
    """
    mistakes = [
        f"features.own '{one.name}': {mistake}" for one in own for mistake in _mistakes(one, taken)
    ]
    if mistakes:
        raise ConfigError(breaches_message("features of your own", mistakes))


def _mistakes(own: OwnFeatureConfig, taken: Collection[str]) -> Iterator[str]:
    if own.name in taken or own.name in _RESERVED:
        yield "a feature or column has this name already. Choose another."
    if own.sql is None:
        return
    if own.table not in COLUMNS:
        yield (
            f"'{own.table}' is no table that a feature may read.{did_you_mean(own.table, COLUMNS)}"
        )
        return
    try:
        yield from examine(own.sql, own.table).refused
    except BadInputError as error:
        yield str(error)


def _of_column(own: OwnFeatureConfig) -> OwnDefinition:
    column, known_on = str(own.column), str(own.known_on)

    def known(period: Period) -> nw.Expr:
        in_time = nw.col(known_on) <= nw.lit(period.as_of)
        return nw.when(in_time).then(nw.col(column).cast(nw.Float64))

    measure = Measure(f"own {own.name}", "accounts", known, "value", (column, known_on))
    return OwnDefinition(
        **_described(own),
        null_means=f"no date in '{known_on}' up to the as-of date, or no value",
        meaning=own.meaning
        or f"The column '{column}' of the accounts, where it was known by then.",
        measures=(measure,),
        formula=measure.value.fill_null(0.0) if own.empty_is_zero else None,
        config=own,
        size_proxy=own.size_proxy,
    )


def _of_expression(own: OwnFeatureConfig) -> OwnDefinition:
    expression = examine(str(own.sql), own.table)
    value = nw.col(f"own {own.name}")
    return OwnDefinition(
        **_described(own),
        null_means=_null_means(own),
        meaning=own.meaning or f"{' '.join(expression.sql.split())} (SQL, {own.table})",
        needs=expression.needs,
        formula=value.fill_null(0.0) if own.empty_is_zero else value,
        expression=expression,
        config=own,
        size_proxy=own.size_proxy or not set(_AMOUNTS).isdisjoint(expression.columns),
    )


def _described(own: OwnFeatureConfig) -> dict[str, Any]:
    return {
        "name": own.name,
        "family": own.family,
        "unit": own.unit,
        "scale": own.scale,
        "higher_is_better": own.higher_is_better,
        "words": own.low_and_high,
        "age_proxy": own.age_proxy,
        "shown": own.shown,
    }


def _null_means(own: OwnFeatureConfig) -> str:
    if own.empty_is_zero:
        return "never: nothing counts as zero (empty_is_zero)"
    return f"the account has no row in '{own.table}' up to the as-of date, or the SQL gives NULL"
