"""Schemes that a company adds in the configuration: a column, a list of rules, or an expression.

They are partitions like every other: labelled here, then compared, scored and reported alike.
"""

import re
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from clustering.config import SchemesConfig
from clustering.config.custom_schemes import ConditionConfig, OwnRuleConfig, OwnSchemeConfig
from clustering.errors import BadInputError, ConfigError, breaches_message
from clustering.expressions import evaluate, examine
from clustering.schemes.readable import Readable
from clustering.schemes.types import Groups, Labelling, SchemeAbsentError, make_labelling

#: A partition into more groups than this is a list of accounts, not a segmentation.
MOST_LABELS = 60
#: Where a scheme of the company stands in the TOML, as messages say it.
_OWN = "[[schemes.own]]"
#: A comment at the end of a line; on one line it would swallow what follows.
_COMMENT = re.compile(r"--[^'\n]*$", re.MULTILINE)


def company_schemes(
    columns: Readable, config: SchemesConfig, taken: Collection[str], *, strict: bool = True
) -> tuple[tuple[Labelling, ...], Mapping[str, str]]:
    """Apply every scheme of `schemes.own`.

    Parameters
    ----------
    columns : what a rule may read
    taken : names that a scheme of the company may not have
    strict : whether a mistake is an error; otherwise the scheme is absent

    Returns
    -------
    labellings, absent : in the order of the configuration, and why each other is absent

    Raises
    ------
    ConfigError
        A name is taken, a column unknown, an expression refused or a label not in `levels`; every
        mistake of every scheme at once.
    """
    mistakes = _name_mistakes(config.own, {*taken, *columns.present, *columns.absent})
    labellings: list[Labelling] = []
    absent: dict[str, str] = {}
    for scheme in config.own:
        try:
            labellings.append(_apply(scheme, columns))
        except SchemeAbsentError as error:
            absent[scheme.name] = str(error)
        except BadInputError as error:
            absent[scheme.name] = str(error)
            mistakes += [f"{_OWN} '{scheme.name}': {line}" for line in str(error).splitlines()]
    if mistakes and strict:
        raise ConfigError(breaches_message("schemes of your own", mistakes))
    return tuple(labellings), absent


def _name_mistakes(schemes: tuple[OwnSchemeConfig, ...], taken: Collection[str]) -> list[str]:
    """Names that are used already; a column that is taken as a scheme may lend its name."""
    mistakes = []
    names: set[str] = set()
    for scheme in schemes:
        if scheme.name in names:
            mistakes.append(f"{_OWN} '{scheme.name}': there are two of this name.")
        elif scheme.name in taken and scheme.name != scheme.column:
            mistakes.append(
                f"{_OWN} '{scheme.name}': a scheme, axis or column has this name already. "
                "Choose another."
            )
        names.add(scheme.name)
    return mistakes


def _apply(scheme: OwnSchemeConfig, columns: Readable) -> Labelling:
    read: tuple[str, ...]
    if scheme.column is not None:
        (labels, rule), read = _of_column(scheme, columns), (scheme.column,)
    elif scheme.sql is not None:
        labels, rule, read = _of_expression(scheme, columns)
    else:
        labels, rule, read = _of_rules(scheme, columns)
    found = [str(label) for label in labels.dropna().unique()]
    _refuse_labels(scheme, found)
    return make_labelling(
        scheme.name,
        scheme.shown,
        Groups(labels, scheme.levels or scheme.labels_of_rules or sorted(found), rule),
        # A rule can be applied at any date; what a column of today said earlier is not known.
        kind="own" if scheme.column is not None or columns.undated & {*read} else "rule",
        ordered=scheme.ordered,
    )


def _refuse_labels(scheme: OwnSchemeConfig, found: list[str]) -> None:
    unknown = sorted(set(found) - set(scheme.levels)) if scheme.levels else []
    if unknown:
        raise BadInputError(
            f"gives {', '.join(map(repr, unknown[:5]))}, which is not in levels "
            f"({', '.join(scheme.levels)}). Add it there, or correct the rule."
        )
    if len(found) > MOST_LABELS:
        raise BadInputError(
            f"gives {len(found):,} different labels; at most {MOST_LABELS} can be compared. Group "
            "them, with rules or a CASE."
        )


def _require(scheme: OwnSchemeConfig, columns: Readable, names: Collection[str]) -> None:
    """Refuse what nobody knows; stay out where these accounts have not what it needs."""
    unknown = columns.unknown(names)
    if unknown:
        raise BadInputError("\n".join(unknown))
    missing = [f"'{name}': {columns.absent[name]}" for name in names if name in columns.absent]
    if missing:
        raise SchemeAbsentError(f"'{scheme.name}' reads {'; '.join(missing)}.")


def _of_column(scheme: OwnSchemeConfig, columns: Readable) -> "tuple[pd.Series[str], str]":
    name = str(scheme.column)
    unknown = columns.unknown([name])
    if unknown:
        listed = ", ".join(columns.texts())
        raise BadInputError(f"the accounts have no column '{name}'. Columns of text: {listed}.")
    _require(scheme, columns, [name])
    column = columns.present[name]
    if pd.api.types.is_float_dtype(column):
        raise BadInputError(
            f"column '{name}' is a number, not a label. Cut it with rules: where = {{ {name} = "
            "{ min = ... } }."
        )
    return column.astype("str").where(column.notna()), f"the column {name}, as it is"


def _of_expression(
    scheme: OwnSchemeConfig, columns: Readable
) -> "tuple[pd.Series[str], str, tuple[str, ...]]":
    expression = examine(str(scheme.sql))
    wrong = [f"not allowed: {part}." for part in expression.refused]
    wrong += columns.unknown(expression.columns)
    if wrong:
        raise BadInputError("\n".join(wrong))
    _require(scheme, columns, expression.columns)
    frame = columns.frame(expression.columns)
    if frame.empty:
        raise BadInputError("names no column, so every account gets the same label.")
    labels = evaluate(expression, frame)
    incomplete = int(frame.isna().any(axis=1).sum())
    rule = " ".join(_COMMENT.sub("", expression.sql).split())
    if incomplete:
        rule += (
            f" ({incomplete:,} of {len(frame):,} accounts lack a column that it names; a condition "
            "on a missing value does not hold in SQL)"
        )
    return labels, rule, expression.columns


def _of_rules(
    scheme: OwnSchemeConfig, columns: Readable
) -> "tuple[pd.Series[str], str, tuple[str, ...]]":
    """The first rule that holds; an account that a rule before it cannot judge has no label."""
    names = list(dict.fromkeys(name for rule in scheme.rules for name in rule.where))
    _require(scheme, columns, names)
    index = columns.present[names[0]].index
    labels: pd.Series[str] = pd.Series(pd.NA, index=index, dtype="str")
    is_open = pd.Series(True, index=index)
    words = []
    for rule in scheme.rules:
        holds, text = _holds(rule, columns)
        labels = labels.mask(is_open & holds.fillna(False).astype(bool), rule.label)
        is_open &= holds.notna() & ~holds.fillna(True).astype(bool)
        words.append(f"{rule.label} where {text}")
    if scheme.otherwise is not None:
        labels = labels.mask(is_open, scheme.otherwise)
        words.append(f"{scheme.otherwise} otherwise")
    return labels, "; ".join(words) + "; the first that holds", tuple(names)


def _holds(rule: OwnRuleConfig, columns: Readable) -> "tuple[pd.Series, str]":
    """Whether all conditions hold, in three values: what is not known may decide nothing."""
    together: pd.Series | None = None
    words = []
    for name, condition in rule.where.items():
        one, text = _condition(name, columns.present[name], condition)
        together = one if together is None else together & one
        words.append(text)
    assert together is not None  # the configuration asks for one condition at least
    return together, " and ".join(words)


def _condition(name: str, column: pd.Series, condition: ConditionConfig) -> "tuple[pd.Series, str]":
    if condition.one_of:
        if pd.api.types.is_float_dtype(column):
            raise BadInputError(f"'{name}' is a number: give min or max in place of one_of.")
        found = column.astype("str").isin(condition.one_of).astype("boolean")
        return found.where(column.notna()), f"{name} is {' or '.join(condition.one_of)}"
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise BadInputError(f"'{name}' is not a number: give one_of in place of min and max.")
    values = column.astype("float64")
    holds = pd.Series(True, index=column.index)
    words = []
    low, origin = _bound(values, condition.min, condition.min_quantile)
    if low is not None:
        holds &= values >= low
        words.append(f"{name} is {low:,.6g} or more{origin}")
    high, origin = _bound(values, condition.max, condition.max_quantile)
    if high is not None:
        holds &= values <= high
        words.append(f"{name} is {high:,.6g} or less{origin}")
    return holds.astype("boolean").where(values.notna()), " and ".join(words)


def _bound(
    values: "pd.Series[float]", value: float | None, quantile: float | None
) -> tuple[float | None, str]:
    if quantile is None:
        return value, ""
    return float(np.quantile(values.dropna(), quantile)), f" (the {quantile * 100:g} % quantile)"
