"""A row of scores as it is kept: its columns, their types, and the date and model that it is of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError
from clustering.schema import Kind, TableSpec, column
from clustering.scorer.answers.scores import REASONS, SCORES

AS_OF, MODEL_VERSION = "as_of", "model_version"

#: Of the name of a column with the label of a scheme.
SCHEME_PREFIX = "scheme_"

SCORE_ROWS = TableSpec(
    "scores",
    "One row an account, date and model.",
    (
        *SCORES.columns,
        *REASONS.columns,
        column(
            "assigned_segment",
            "text",
            "The segment by which it is served: what a person decided while that holds, else what "
            "it holds under hysteresis.",
            nullable=True,
        ),
        column("assigned_segment_id", "text", "Its lasting id.", nullable=True),
        column("assigned_by", "text", "override, hysteresis or model.", nullable=True),
        column("override_by", "text", "Who decided.", nullable=True),
        column("override_reason", "text", "Why.", nullable=True),
        column("override_until", "text", "Last day on which it holds.", nullable=True),
        column("held_segment_id", "text", "What it holds under hysteresis.", nullable=True),
        column("waiting_segment_id", "text", "Another that evidence is for.", nullable=True),
        column("waiting_dates", "integer", "For so many dates in a row."),
        column("tier", "text", "Tier of ARR.", nullable=True),
        column("playbook", "text", "What the plan of the study gives it.", nullable=True),
        column(MODEL_VERSION, "text", "Of the model."),
        column(AS_OF, "date", "The date that the row is of."),
    ),
    more=f"`{SCHEME_PREFIX}<name>`: the label of every other scheme that could be told.",
)

#: What a row of another date and model must not share with it.
KEY = (ACCOUNT_ID, AS_OF, MODEL_VERSION)

_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}

#: Names that DuckDB and PostgreSQL both have.
_SQL: dict[Kind, str] = {
    "text": "TEXT",
    "number": "DOUBLE PRECISION",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
}
#: How DuckDB calls them when it describes a table.
_DESCRIBED = {"TEXT": "VARCHAR", "DOUBLE PRECISION": "DOUBLE"}


@dataclass(frozen=True)
class Run:
    """What one run scores: it replaces all rows of this date and model."""

    as_of: date
    model_version: str


def arrow_schema(schemes: Iterable[str] = ()) -> pa.Schema:
    """Columns and types of the rows.

    Parameters
    ----------
    schemes : columns with labels of schemes, which depend on the study

    Examples
    --------
    >>> arrow_schema(["scheme_tenure"]).field("scheme_tenure").type
    DataType(string)
    """
    fields = [(one.name, _ARROW[one.kind]) for one in SCORE_ROWS.columns]
    return pa.schema([*fields, *((name, pa.string()) for name in schemes)])


def sql_columns(schemes: Iterable[str] = ()) -> dict[str, str]:
    """Type of every column, as DuckDB and PostgreSQL both write it."""
    fixed = {one.name: _SQL[one.kind] for one in SCORE_ROWS.columns}
    return {**fixed, **dict.fromkeys(schemes, _SQL["text"])}


def scheme_columns(names: Iterable[str]) -> list[str]:
    """Those of the columns that hold labels of schemes."""
    return [name for name in names if name.startswith(SCHEME_PREFIX)]


def as_rows(scores: pd.DataFrame, run: Run, schema: pa.Schema) -> pa.Table:
    """Scores as rows to keep; a column that they lack is null.

    Parameters
    ----------
    scores : indexed by account
    schema : from `arrow_schema`

    Examples
    --------
    >>> scores = pd.DataFrame({"segment_name": ["x"]}, index=pd.Index(["a"], name="account_id"))
    >>> rows = as_rows(scores, Run(date(2025, 6, 30), "abc"), arrow_schema())
    >>> rows.select(["account_id", "segment_name", "tier", "as_of"]).to_pylist()[0]
    {'account_id': 'a', 'segment_name': 'x', 'tier': None, 'as_of': datetime.date(2025, 6, 30)}
    """
    frame = scores.reset_index()
    n = len(frame)
    constant = {AS_OF: run.as_of, MODEL_VERSION: run.model_version}
    columns = []
    for field in schema:
        if field.name in constant:
            columns.append(pa.repeat(pa.scalar(constant[field.name], field.type), n))
        elif field.name in frame:
            columns.append(_typed(frame[field.name], field.type))
        else:
            columns.append(pa.nulls(n, field.type))
    return pa.table(columns, schema=schema)


def _typed(values: "pd.Series[Any]", kind: pa.DataType) -> pa.ChunkedArray:
    found = pa.chunked_array([pa.array(values, from_pandas=True)])
    return found if found.type == kind else found.cast(kind)


def column_breaches(found: dict[str, str]) -> list[str]:
    """Why a table of a database cannot take the rows.

    Parameters
    ----------
    found : type of every column, as DuckDB describes it
    """
    wanted = {name: _DESCRIBED.get(kind, kind) for name, kind in sql_columns().items()}
    missing = [name for name in wanted if name not in found]
    other = [
        f"column '{name}' is {found[name]}; expected {kind}."
        for name, kind in wanted.items()
        if name in found and found[name] != kind
    ]
    return [*([f"it lacks {', '.join(missing)}."] if missing else []), *other]


_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?")


def table_parts(name: str) -> tuple[str | None, str]:
    """Schema, if one is named, and table.

    Raises
    ------
    BadInputError
        It is no name of a table.

    Examples
    --------
    >>> table_parts("crm.account_scores")
    ('crm', 'account_scores')
    """
    if not _TABLE_NAME.fullmatch(name):
        raise BadInputError(
            f"--table '{name}' is no name of a table; expected letters, digits and _, as in "
            "account_scores or crm.account_scores."
        )
    schema, _, table = name.rpartition(".")
    return schema or None, table
