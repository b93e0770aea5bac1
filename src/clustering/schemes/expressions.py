"""One SQL expression over the accounts, evaluated by DuckDB where it can reach nothing else.

The expression is parsed first: only comparisons, CASE, casts, constants, columns and the functions
of a short list pass. It then runs on a connection of its own that may open no
file, load no extension and change no setting, over a table that holds the columns it names.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from clustering.errors import BadInputError

__all__ = ["FUNCTIONS", "Expression", "evaluate", "examine", "parse"]

#: Parts of an expression that may occur, by DuckDB's own names.
_ALLOWED = {
    "CASE", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CAST", "CONSTANT", "COLUMN_REF",
    "FUNCTION",
}  # fmt: skip
_IN_WORDS = {
    "SUBQUERY": "a query within it",
    "WINDOW": "a window over other accounts",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "LAMBDA": "a lambda",
}
#: Functions that a rule may call: of an account's own values, the same answer every time, and no
#: result that is much larger than what it was made from.
FUNCTIONS = (
    "abs", "ceil", "ceiling", "concat", "contains", "date_diff", "date_part", "date_trunc",
    "datediff", "day", "ends_with", "exp", "floor", "greatest", "instr", "isfinite",
    "isnan", "least", "left", "len", "length", "ln", "log", "log10", "log2", "lower", "ltrim",
    "mod", "month", "nullif", "pow", "power", "prefix", "quarter", "regexp_full_match",
    "regexp_matches", "right", "round", "rtrim", "sign", "sqrt", "starts_with", "strpos",
    "substr", "substring", "suffix", "trim", "trunc", "upper", "week", "year",
)  # fmt: skip
#: How DuckDB names what is written as an operator: arithmetic, LIKE and its kin, and ||.
_OPERATORS = {
    "+", "-", "*", "/", "//", "%", "**", "^", "||", "~~", "!~~", "~~*", "!~~*", "like_escape",
    "not_like_escape", "ilike_escape", "not_ilike_escape",
}  # fmt: skip
_MEMORY = "512MiB"
_ROW = "row of the account"


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    columns : those that it names, in order of appearance
    refused : the parts that may not occur, in words; `evaluate` runs none that has such a part
    """

    sql: str
    columns: tuple[str, ...]
    refused: tuple[str, ...] = ()


def parse(sql: str) -> Expression:
    """Read one expression and refuse everything else.

    Raises
    ------
    BadInputError
        It does not parse, is more than one expression, or holds a part that is not allowed.

    Examples
    --------
    >>> parse("CASE WHEN churn_risk > 0.5 THEN 'save' ELSE 'keep' END").columns
    ('churn_risk',)
    """
    expression = examine(sql)
    _refuse(expression)
    return expression


def examine(sql: str) -> Expression:
    """Read one expression, and say which of its parts are refused, for whoever lists mistakes.

    Raises
    ------
    BadInputError
        It does not parse, or is more than one expression.
    """
    text = sql.strip().removesuffix(";").strip()
    try:
        return _examined(text)
    except RecursionError:
        raise BadInputError("the SQL cannot be read: it is nested too deeply") from None


def _examined(text: str) -> Expression:
    with _connection() as connection:
        row = connection.execute("SELECT json_serialize_sql(?)", [f"SELECT {text}"]).fetchone()
    parsed: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if parsed.get("error"):
        raise BadInputError(f"the SQL cannot be read: {parsed.get('error_message', 'no reason')}")
    nodes = [statement["node"] for statement in parsed["statements"]]
    if len(nodes) != 1 or not _is_bare(nodes[0]):
        raise BadInputError(
            "expected one expression, as in CASE WHEN ... THEN 'a' ELSE 'b' END, without SELECT, "
            "FROM, a name or a second expression"
        )
    parts = [*_parts(nodes[0]["select_list"][0])]
    refused = [words for part in parts if (words := _refusal(part)) is not None]
    # Names are of any case in SQL; all of ours are in lower case.
    columns = [part["column_names"][-1].lower() for part in parts if part["class"] == "COLUMN_REF"]
    return Expression(text, tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(refused)))


def evaluate(expression: Expression, frame: pd.DataFrame) -> "pd.Series[str]":
    """The value of the expression for every row of `frame`, as text; missing where it is NULL.

    Parameters
    ----------
    frame : has the columns of the expression; missing values are NULL in it

    Raises
    ------
    BadInputError
        A part of it is refused, or DuckDB refuses it, as where a number is compared with a text.

    Examples
    --------
    >>> frame = pd.DataFrame({"risk": [0.9, 0.1, float("nan")]}, index=list("abc"))
    >>> evaluate(parse("CASE WHEN risk > 0.5 THEN 'save' WHEN risk >= 0 THEN 'keep' END"), frame)
    a    save
    b    keep
    c     NaN
    dtype: str
    """
    _refuse(expression)
    rows = frame[list(expression.columns)].assign(**{_ROW: range(len(frame))})
    with _connection() as connection:
        connection.register("accounts", rows)
        connection.execute("SET lock_configuration = true")
        try:
            found = connection.execute(
                f'SELECT CAST((\n{expression.sql}\n) AS VARCHAR) FROM accounts ORDER BY "{_ROW}"'
            ).fetchall()
        except duckdb.Error as error:
            words = str(error).strip().splitlines()[0]
            raise BadInputError(f"the SQL cannot be evaluated: {words}") from None
    return pd.Series([row[0] for row in found], index=frame.index, dtype="str")


def _refuse(expression: Expression) -> None:
    if expression.refused:
        raise BadInputError(f"not allowed: {'; '.join(expression.refused)}.")


def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": _MEMORY,
            "threads": 1,
        }
    )


def _is_bare(node: dict[str, Any]) -> bool:
    """Whether a SELECT consists of one expression without a name, and of nothing else."""
    clauses = ("modifiers", "where_clause", "group_expressions", "group_sets", "having", "qualify")
    return (
        node.get("type") == "SELECT_NODE"
        and node["from_table"]["type"] == "EMPTY"
        and not any(node.get(clause) for clause in clauses)
        and len(node["select_list"]) == 1
        and not node["select_list"][0].get("alias")
    )


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every part of a parsed expression that has a class, the outermost first."""
    if isinstance(node, dict):
        if "class" in node:
            yield node
        for child in node.values():
            yield from _parts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _parts(child)


def _refusal(part: dict[str, Any]) -> str | None:
    kind = str(part["class"])
    if kind not in _ALLOWED:
        return _IN_WORDS.get(kind, kind.lower())
    name = str(part.get("function_name", "")).lower()
    if kind == "FUNCTION" and name not in FUNCTIONS and name not in _OPERATORS:
        return f"the function {name}(), which is not one that a rule may call (docs/schemes.md)"
    return None
