"""One SQL expression over the accounts, evaluated by DuckDB where it can reach nothing else.

The expression is parsed first: only comparisons, CASE, casts, constants, columns and the functions
of a short list pass. It then runs on a connection of its own that may open no
file, load no extension and change no setting, over a table that holds the columns it names.
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from clustering.errors import BadInputError
from clustering.sql import LOCKED, RULE, RULE_FUNCTIONS, parse_select, parts, refusals

#: Functions that a rule may call.
FUNCTIONS = RULE_FUNCTIONS
_ONE_EXPRESSION = (
    "expected one expression, as in CASE WHEN ... THEN 'a' ELSE 'b' END, without SELECT, FROM, a "
    "name or a second expression"
)
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
    expression = tree(sql)
    return Expression(expression_text(sql), columns_of(expression), refusals(expression, RULE))


def tree(sql: str, wanted: str = _ONE_EXPRESSION) -> dict[str, Any]:
    """One expression as DuckDB parses it.

    Parameters
    ----------
    wanted : what to say where it is something else

    Raises
    ------
    BadInputError
        It does not parse, or is more than one expression.

    Examples
    --------
    >>> tree("churn_risk >= 0.5")["type"]
    'COMPARE_GREATERTHANOREQUALTO'
    """
    with closed_connection() as connection:
        parsed = parse_select(connection, f"SELECT {expression_text(sql)}", nothing_else=wanted)
    nodes = [statement["node"] for statement in parsed]
    if len(nodes) != 1 or not _is_bare(nodes[0]):
        raise BadInputError(wanted)
    found: dict[str, Any] = nodes[0]["select_list"][0]
    return found


def expression_text(sql: str) -> str:
    """An expression without blanks around it and the semicolon behind it."""
    return sql.strip().removesuffix(";").strip()


def columns_of(expression: Any) -> tuple[str, ...]:
    """Names of columns in a parsed expression, in order of appearance.

    Names are of any case in SQL; all of ours are in lower case.

    Examples
    --------
    >>> columns_of(tree("Arr > 1 OR accounts.seats > arr"))
    ('arr', 'seats')
    """
    named = [part for part in parts(expression) if part.get("class") == "COLUMN_REF"]
    return tuple(dict.fromkeys(str(part["column_names"][-1]).lower() for part in named))


def closed_connection(memory: str = _MEMORY) -> duckdb.DuckDBPyConnection:
    """A connection that opens no file and loads no extension; `memory` is its limit."""
    return duckdb.connect(
        config={
            **LOCKED,
            "enable_external_access": False,
            "memory_limit": memory,
            "threads": 1,
        }
    )


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
    with closed_connection() as connection:
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


def _is_bare(node: dict[str, Any]) -> bool:
    """Whether a SELECT consists of one expression without a name, and of nothing else."""
    clauses = ("modifiers", "where_clause", "group_expressions", "group_sets", "having", "qualify")
    return (
        node.get("type") == "SELECT_NODE"
        and node["from_table"]["type"] == "EMPTY"
        and not any(node.get(clause) for clause in clauses)
        and not node["cte_map"]["map"]
        and len(node["select_list"]) == 1
        and not node["select_list"][0].get("alias")
    )
