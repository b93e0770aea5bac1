"""The features of a model as one SELECT for DuckDB, from narwhals' own expressions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import duckdb
import narwhals as nw

from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.config import FeaturesConfig
from clustering.features.query import own_statements, snapshot_query
from clustering.scorer import Scorer
from clustering.tables import SourceTables


def features_sql(scorer: Scorer, tables: SourceTables, as_of: date) -> str:
    """Write one SELECT for DuckDB that gives what `scoring_sql` reads, as of a date.

    Parameters
    ----------
    scorer : whose features are given, and the age of the accounts
    tables : which tables and columns there are, with their types; no row is read. The query reads
        tables of the contract's own names, columns and types (docs/tables.md)
    as_of : rows that happened or were recorded later take no part

    Raises
    ------
    BadInputError
        A feature of the model cannot be computed from these tables, or not in one query.
    """
    names = dict.fromkeys((*scorer.standardiser.feature_names, TENURE_DAYS))
    with duckdb.connect() as empty:
        frames = {name: _empty_copy(empty, name, frame) for name, frame in tables.frames.items()}
        lazy = replace(tables, frames=frames, session=None)
        own = own_statements(lazy, as_of, scorer.features, [*names])
        others = [name for name in names if name not in own]
        query = snapshot_query(lazy, as_of, scorer.features, others)
        text: str = query.to_native().sql_query()
    return _joined(text, own, [*names], scorer.features) if own else text


def _joined(
    query: str, own: Mapping[str, str], names: Sequence[str], features: FeaturesConfig
) -> str:
    """The query with the features of the company's own, each a query of its own."""
    zero = {one.name for one in features.own if one.empty_is_zero}
    source = {
        name: f"coalesce(own_{place}.value, 0)" if name in zero else f"own_{place}.value"
        for place, name in enumerate(own)
    }
    columns = ", ".join(
        f"{source.get(name, _quoted('others', name))} AS {_quoted(name)}" for name in names
    )
    joins = "\n".join(
        f"LEFT JOIN (\n{text}\n) AS own_{place} USING ({ACCOUNT_ID})"
        for place, text in enumerate(own.values())
    )
    return (
        f"SELECT {ACCOUNT_ID}, {columns}\nFROM (\n{query}\n) AS others\n{joins}\n"
        f"ORDER BY {ACCOUNT_ID}"
    )


def _quoted(*names: str) -> str:
    return ".".join(f'"{name}"' for name in names)


def _empty_copy(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    frame: "nw.LazyFrame[duckdb.DuckDBPyRelation]",
) -> "nw.LazyFrame[duckdb.DuckDBPyRelation]":
    """A table of the same columns under its own name, so that the query names it."""
    native = frame.to_native()
    columns = ", ".join(
        f'"{name}" {kind}' for name, kind in zip(native.columns, native.types, strict=True)
    )
    connection.execute(f'CREATE TABLE "{table}" ({columns})')
    return nw.from_native(connection.table(table))
