"""A condition of SQL in plain words, for readers who decide: one place for every such sentence.

The condition itself stays as it was written in the files and for analysts. What has no plain words
(arithmetic, CASE, functions) is called a rule of the company's own, and not half translated.
"""

from collections.abc import Callable, Mapping
from typing import Any

from clustering.expressions import tree
from clustering.wording import listed, name_in_words, number_in_words

OWN_RULE = "a rule of your own holds"
"""Stands for a condition that has no plain words."""

_COMPARED = {
    "COMPARE_EQUAL": "is",
    "COMPARE_NOTEQUAL": "is not",
    "COMPARE_LESSTHAN": "is below",
    "COMPARE_LESSTHANOREQUALTO": "is at most",
    "COMPARE_GREATERTHAN": "is above",
    "COMPARE_GREATERTHANOREQUALTO": "is at least",
}
_TURNED = {
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
}
_DAYS = "_days"

Part = Mapping[str, Any]


class _NoWordsError(Exception):
    """A part of a condition has no plain words."""


def condition_in_words(sql: str, title: Callable[[str], str] = name_in_words) -> str:
    """What must hold of an account, as in "churn risk is at least 0.6".

    Parameters
    ----------
    sql : a condition over axes, features, attributes and labels of schemes
    title : what readers know a column as

    Examples
    --------
    >>> condition_in_words("churn_risk >= 0.6 AND tenure_days < 90")
    'churn risk is at least 0.6 and tenure is below 90 days'
    >>> condition_in_words("expansion_trigger = 'expand_now' OR nps_mean_score IS NULL")
    "expansion trigger is 'expand now' or NPS mean score is not known"
    >>> condition_in_words("region IN ('emea', 'apac') AND NOT is_champion")
    "region is 'emea' or 'apac' and not (is champion)"
    >>> condition_in_words("is_champion = false AND 0.5 < health")
    'not (is champion) and health is above 0.5'
    >>> condition_in_words("churn_risk * 2 > health")
    'a rule of your own holds'
    """
    try:
        return _in_words(tree(sql), title)
    except _NoWordsError:
        return OWN_RULE


def _in_words(part: Part, title: Callable[[str], str]) -> str:
    match part["class"]:
        case "COMPARISON":
            return _compared(part, title)
        case "BETWEEN":
            low, high = (_value(part[end]) for end in ("lower", "upper"))
            return f"{title(_column(part['input']))} is between {low} and {high}"
        case "CONJUNCTION":
            return _joined(part, title)
        case "OPERATOR":
            return _operator(part, title)
        case "COLUMN_REF":
            return title(_column(part))
    raise _NoWordsError


def _compared(part: Part, title: Callable[[str], str]) -> str:
    kind, column, constant = str(part["type"]), part["left"], part["right"]
    if column["class"] == "CONSTANT":
        kind, column, constant = _TURNED.get(kind, kind), constant, column
    if kind not in _COMPARED:
        raise _NoWordsError
    if (yes := _yes_or_no(constant)) is not None:
        holds = yes == (kind == "COMPARE_EQUAL")
        return title(_column(column)) if holds else f"not ({title(_column(column))})"
    name, value = _column(column), _value(constant)
    if name.endswith(_DAYS) and title(name) == name_in_words(name):
        return f"{name_in_words(name.removesuffix(_DAYS))} {_COMPARED[kind]} {value} days"
    return f"{title(name)} {_COMPARED[kind]} {value}"


def _joined(part: Part, title: Callable[[str], str]) -> str:
    word = "and" if part["type"] == "CONJUNCTION_AND" else "or"
    said = [
        f"({_in_words(one, title)})" if one["class"] == "CONJUNCTION" else _in_words(one, title)
        for one in part["children"]
    ]
    return f" {word} ".join(said)


def _operator(part: Part, title: Callable[[str], str]) -> str:
    first, *others = part["children"]
    match part["type"]:
        case "OPERATOR_NOT":
            return f"not ({_in_words(first, title)})"
        case "OPERATOR_IS_NULL":
            return f"{title(_column(first))} is not known"
        case "OPERATOR_IS_NOT_NULL":
            return f"{title(_column(first))} is known"
        case "COMPARE_IN":
            return f"{title(_column(first))} is {listed([_value(one) for one in others], 'or')}"
        case "COMPARE_NOT_IN":
            values = listed([_value(one) for one in others], "or")
            return f"{title(_column(first))} is not {values}"
    raise _NoWordsError


def _column(part: Part) -> str:
    if part["class"] == "CAST":
        return _column(part["child"])
    if part["class"] != "COLUMN_REF":
        raise _NoWordsError
    return str(part["column_names"][-1]).lower()


def _yes_or_no(part: Part) -> bool | None:
    """TRUE and FALSE, which DuckDB reads as casts of a letter; None for everything else."""
    if part["class"] == "CAST" and part["cast_type"]["id"] == "BOOLEAN":
        return {"t": True, "f": False}.get(part["child"].get("value", {}).get("value"))
    return None


def _value(part: Part) -> str:
    """A constant in words: the label of a scheme without its underscores."""
    if part["class"] == "CAST":
        return _value(part["child"])
    if part["class"] != "CONSTANT" or part["value"]["is_null"]:
        raise _NoWordsError
    value, kind = part["value"]["value"], part["value"]["type"]
    if isinstance(value, str):
        return f"'{name_in_words(value)}'"
    scale = (kind["type_info"] or {}).get("scale", 0)
    return number_in_words(value / 10**scale, 6)
