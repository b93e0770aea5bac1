"""What differs between the SQL of warehouses: quoted names, texts, the type of a double, fences.

Arithmetic, CASE, LN, EXP and GREATEST are written alike everywhere, so a query of `stages` is
rewritten only where something is quoted or cast; sqlglot knows how each warehouse writes that.
"""

import re
from typing import Literal, get_args

from sqlglot import exp
from sqlglot.errors import SqlglotError

from clustering.errors import BadInputError, did_you_mean

Dialect = Literal["duckdb", "postgres", "snowflake", "bigquery", "spark", "databricks"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

#: Database, schema and table.
_MOST_NAMES = 3

#: Stands in a query for the table that it reads.
SOURCE = "the_table_of_features"

#: A quoted text, a quoted name, the type of a cast, or the table, as `terms` and `stages` write
#: them. What is quoted is taken as a whole, so nothing in it is taken for one of the others.
_DIFFERS = re.compile(
    r"'(?P<text>(?:[^']|'')*)'|\"(?P<name>(?:[^\"]|\"\")*)\""
    rf"|\bAS (?P<type>DOUBLE|BIGINT|VARCHAR)\)|\b(?P<table>{SOURCE})\b"
)

#: Without it PostgreSQL writes an expression into every place that reads it, over all stages.
#: (MATERIALIZED does the same, and stores every stage whole.)
_FENCES = {"postgres": "OFFSET 0"}

#: In Snowflake a name without quotes is one of capitals, and so are the columns of a table that
#: was made without quotes.
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def check_dialect(given: str) -> Dialect:
    """The dialect of a name.

    Raises
    ------
    BadInputError
        There is none of that name.

    Examples
    --------
    >>> check_dialect("postgres")
    'postgres'
    """
    for dialect in DIALECTS:
        if dialect == given:
            return dialect
    hint = did_you_mean(given, DIALECTS)
    raise BadInputError(f"dialect '{given}' is not one of {', '.join(DIALECTS)}.{hint}")


def table_name(given: str, dialect: Dialect) -> str:
    """A table as it is written in a query of that dialect: a name, with its schema or without.

    Raises
    ------
    BadInputError
        It is not the name of a table.

    Examples
    --------
    >>> table_name("cs.features", "bigquery")
    'cs.features'
    """
    try:
        table = exp.to_table(given.strip(), dialect=dialect)
    except (SqlglotError, ValueError):
        table = exp.Table()
    names = [part for part in table.parts if isinstance(part, exp.Identifier) and part.name]
    # Whatever else sqlglot heard in it is written in another way than it was given.
    if not 1 <= len(names) <= _MOST_NAMES or table.sql(dialect=dialect) != given.strip():
        raise BadInputError(
            f"'{given}' is not the name of a table in {dialect}: expected a name, with its schema "
            "and database before it or without, quoted where it is not plain."
        )
    return given.strip()


def fence(dialect: Dialect) -> str:
    """What ends a stage, so that it is computed once."""
    return _FENCES.get(dialect, "")


def render(query: str, dialect: Dialect, table: str = "") -> str:
    r"""A query of `stages.query` as a warehouse reads it.

    Parameters
    ----------
    table : what `SOURCE` stands for, as `table_name` gives it

    Examples
    --------
    >>> render("SELECT CAST(\"a \" AS DOUBLE), 'it''s' FROM t", "bigquery")
    "SELECT CAST(`a ` AS FLOAT64), 'it\\'s' FROM t"
    """

    def written(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return exp.Literal.string(found["text"].replace("''", "'")).sql(dialect=dialect)
        if found["name"] is not None:
            return _name(found["name"].replace('""', '"'), dialect)
        if found["table"] is not None:
            return table
        written_type = exp.DataType.build(found["type"]).sql(dialect=dialect)
        return f"AS {written_type})"

    return _DIFFERS.sub(written, query)


def _name(name: str, dialect: Dialect) -> str:
    plain = dialect == "snowflake" and _PLAIN.fullmatch(name)
    return exp.to_identifier(name, quoted=not plain).sql(dialect=dialect)
