"""SQL of features of a company's own: over the tables as they were known on a date, and no more.

The expression is held against a list of what it may consist of (`clustering.sql`) before anything
runs. It then runs on a connection of its own that may open no file, load no extension and change
no setting, and holds nothing but copies of the visible rows: what lies after the as-of date is not
there. Columns of `accounts` that hold today, with nothing that says since when, are not there
either.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Timer
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.errors import ConfigError, breaches_message, did_you_mean
from clustering.expressions import closed_connection, columns_of, expression_text
from clustering.expressions import tree as parse
from clustering.features.engines import column_names
from clustering.features.measures import Period
from clustering.sql import FUNCTIONS, RULE, Dialect, parts, refusals
from clustering.tables import TABLES

#: Columns that every table has beside its own: the date, and the look-back window in days.
FROM_THE_STUDY = ("as_of", "window_days")

#: Of the accounts, only what holds for as long as the account does, or is dated.
_LASTING = ("account_id", "started_on", "ended_on", "industry", "region", "employees")

#: Columns by table; what people decided about segments is no behaviour of an account.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    table.name: _LASTING
    if table.name == "accounts"
    else tuple(column.name for column in table.columns)
    for table in TABLES
    if table.name != "overrides"
}
_UNDATED = {c.name for t in TABLES if t.name == "accounts" for c in t.columns} - {*_LASTING}
_REQUIRED = {(t.name, column.name) for t in TABLES for column in t.required_columns}

OWN_FEATURE = Dialect(
    parts=(*RULE.parts, "SUBQUERY", "WINDOW"),
    functions=(
        *RULE.functions, *FUNCTIONS["aggregates and windows"], *FUNCTIONS["dates and times"],
    ),
    operators=RULE.operators,
    after_from=("SELECT_NODE", "EMPTY", "BASE_TABLE", "SUBQUERY", "JOIN"),
    readers=(),
    whose="a feature may call (docs/features.md)",
)  # fmt: skip

_ONE_EXPRESSION = (
    "expected one expression, as in count(*) FILTER (WHERE severity = 'high'), without SELECT, "
    "FROM, a name or a second expression"
)
_MEMORY = "1GiB"
_TIME_LIMIT_S = 120.0


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    table : whose rows of an account it is about
    tables : every table that it reads
    columns : names of columns in it
    refused : why it cannot be used, as sentences; one that has any is never run
    """

    sql: str
    table: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    refused: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables, and optional columns of them, as `Feature.needs` names them."""
        optional = [
            f"{table}.{column}"
            for column in self.columns
            for table in self._having(column)[:1]
            if (table, column) not in _REQUIRED and table != "accounts"
        ]
        return (*self.tables, *optional)

    def _having(self, column: str) -> list[str]:
        return [table for table in self.tables if column in COLUMNS[table]]


@lru_cache(maxsize=256)
def examine(sql: str, table: str) -> Expression:
    """Read one expression about the rows of a table, and say what is wrong with it.

    Raises
    ------
    BadInputError
        It does not parse, or is more than one expression.

    Examples
    --------
    >>> examine("count(*) FILTER (WHERE severity = 'high')", "tickets").needs
    ('tickets', 'tickets.severity')
    >>> examine("max(events) - lag_days", "usage").refused
    ("'lag_days' is no column of usage.",)
    """
    tree = parse(sql, _ONE_EXPRESSION)
    read = [part for part in parts(tree) if part.get("type") == "BASE_TABLE"]
    tables = tuple(dict.fromkeys([table, *(str(part["table_name"]).lower() for part in read)]))
    columns = columns_of(tree)
    refused = (
        *(f"not allowed: {part}." for part in refusals(tree, OWN_FEATURE)),
        *_unusual(tree, read),
        *_unknown(tables, columns, _aliases(tree)),
    )
    return Expression(expression_text(sql), table, tables, columns, refused)


def _unusual(tree: dict[str, Any], read: list[dict[str, Any]]) -> Iterator[str]:
    if any(part["cte_map"]["map"] for part in parts(tree) if "cte_map" in part):
        yield "not allowed: WITH."
    if any(part.get("sample") for part in parts(tree)):
        yield "not allowed: a sample, which is another one every time."
    if any(part.get("schema_name") or part.get("catalog_name") for part in read):
        yield "not allowed: a table of another schema."


def _aliases(tree: dict[str, Any]) -> set[str]:
    """Names that queries within it give to their own columns."""
    given = (str(part.get("alias") or "").lower() for part in parts(tree) if "class" in part)
    return {name for name in given if name} - _CLOCK


#: Names without brackets that DuckDB reads as functions of the clock or the user.
_CLOCK = {
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "user",
    "current_user", "session_user", "current_role", "current_schema", "current_catalog",
}  # fmt: skip


def _unknown(tables: tuple[str, ...], columns: tuple[str, ...], aliases: set[str]) -> Iterator[str]:
    for name in tables:
        if name not in COLUMNS:
            yield f"'{name}' is no table that a feature may read.{did_you_mean(name, COLUMNS)}"
    known = {column for table in tables for column in COLUMNS.get(table, ())}
    for name in columns:
        if name in known or name in FROM_THE_STUDY or name in aliases:
            continue
        if name in _UNDATED:
            yield (
                f"'{name}' of accounts holds today, and nothing says since when: it could be of "
                "after as_of."
            )
        else:
            where = f" of {' or '.join(tables)}"
            yield f"'{name}' is no column{where}.{did_you_mean(name, [*known, *FROM_THE_STUDY])}"


def statement(expression: Expression, period: Period, relations: Mapping[str, str]) -> str:
    """One SELECT that gives `account_id` and `value`.

    Parameters
    ----------
    relations : SQL of the visible rows of each table that it reads
    """
    dated = f"DATE '{period.as_of.isoformat()}' AS as_of, {period.window_days} AS window_days"
    made = []
    for table in expression.tables:
        # What a table lacks of the contract is not named by an expression that can be computed.
        made.append(f'"{table}" AS (SELECT *, {dated} FROM ({relations[table]}))')
    # In an account's own row nothing is summed up.
    grouped = "" if expression.table == "accounts" else " GROUP BY account_id, as_of, window_days"
    return (
        f"WITH {', '.join(made)} SELECT account_id, CAST((\n{expression.sql}\n) AS DOUBLE) "
        f'AS "value" FROM "{expression.table}"{grouped}'
    )


def evaluate(
    expressions: Mapping[str, Expression],
    visible: Mapping[str, nw.LazyFrame[Any]],
    period: Period,
) -> pd.DataFrame:
    """The value of every expression for every account, by `account_id`; NaN where it is NULL.

    Parameters
    ----------
    expressions : by the name of their feature
    visible : the tables as they were known on the date

    Raises
    ------
    ConfigError
        DuckDB cannot evaluate one, as where a number is compared with a text; all of them at once.
    """
    wanted = dict.fromkeys(table for one in expressions.values() for table in one.tables)
    values, mistakes = {}, []
    with closed_connection(_MEMORY) as connection:
        for table in wanted:
            connection.register(f"visible {table}", _rows(table, visible[table]))
        connection.execute("SET lock_configuration = true")
        relations = {table: f'SELECT * FROM "visible {table}"' for table in wanted}
        for name, expression in expressions.items():
            try:
                with _limited(connection):
                    found = connection.execute(statement(expression, period, relations)).df()
            except duckdb.Error as error:
                words = str(error).strip().splitlines()[0]
                mistakes.append(f"features.own '{name}': the SQL cannot be evaluated: {words}")
                continue
            values[name] = found.set_index(ACCOUNT_ID)["value"].astype("float64")
    if mistakes:
        raise ConfigError(breaches_message("features of your own", mistakes))
    return pd.DataFrame(values)


def visible_columns(table: str, frame: nw.LazyFrame[Any]) -> list[str]:
    """The columns of a table that an expression may see, as far as it has them."""
    return [name for name in column_names(frame) if name in COLUMNS[table]]


def _rows(table: str, frame: nw.LazyFrame[Any]) -> Any:
    """Copies of the visible rows, in an order of their own: sums then have the same last digit."""
    names = visible_columns(table, frame)
    return frame.select(*names).sort(*names, nulls_last=True).collect("pyarrow").to_native()


@contextmanager
def _limited(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Stop a query that would never end, as a join of everything with everything."""
    timer = Timer(_TIME_LIMIT_S, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
