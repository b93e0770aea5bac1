"""The features of a date as one lazy query, for a database that holds the tables.

`snapshot.build_snapshot` collects each table and forms the features in pandas, so that every
engine gives the same bits. Here the same expressions stay lazy: the query can be written down and
run where the tables are.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import narwhals as nw

from clustering.columns import ACCOUNT_ID
from clustering.config import FeaturesConfig
from clustering.errors import BadInputError, breaches_message
from clustering.features.as_of import Tables, visible_frames
from clustering.features.engines import column_names
from clustering.features.families.standing import active_query
from clustering.features.measures import Measure, Period, aggregate
from clustering.features.own import OwnDefinition
from clustering.features.own_sql import statement, visible_columns
from clustering.features.registry import PREPARATIONS, computable, definitions, lacking
from clustering.features.snapshot import formulas, measures_by_table


def snapshot_query(
    tables: Tables, as_of: date, config: FeaturesConfig, names: Sequence[str]
) -> nw.LazyFrame[Any]:
    """One row per account active at `as_of`, with some of its features.

    Parameters
    ----------
    tables : lazy frames of an engine with SQL; rows are not read, columns and types are
    as_of : rows that happened or were recorded later take no part
    config : the look-back window
    names : of the features, in the order of the columns

    Raises
    ------
    BadInputError
        A feature cannot be computed from these tables, or only with milestones that are derived
        from usage, which takes more than one query.
    """
    known, not_computed = computable(tables, config)
    if breaches := lacking(names, known, not_computed):
        raise BadInputError(breaches_message("these tables lack what the features need", breaches))
    if config.milestones.derive and "milestones" not in tables.frames:
        raise BadInputError(
            "the milestones of this model are derived from usage (features.milestones.derive), "
            "which is no single query. Score the tables with `clustering score`."
        )
    period = Period(as_of, config.window_days)
    visible = visible_frames(tables, as_of)
    active = active_query(visible, as_of, tables.account_rules)
    described = {"tenure_days": period.age("started_on").cast(nw.Float64)}
    if "employees" in column_names(active):
        described["employees"] = nw.col("employees").cast(nw.Float64)
    measured = active.select(ACCOUNT_ID, **described)
    wanted = [d for d in definitions(config) if d.name in names]
    for table, measures in measures_by_table(wanted).items():
        prepare = PREPARATIONS.get(table)
        rows = prepare(visible[table], period, visible["accounts"]) if prepare else visible[table]
        part = aggregate(rows, measures, period)
        values = {measure.name: _number(measure, period) for measure in measures}
        measured = measured.join(part.select(ACCOUNT_ID, **values), on=ACCOUNT_ID, how="left")
    written = formulas(wanted, period)
    return measured.select(ACCOUNT_ID, **{name: written[name] for name in names}).sort(ACCOUNT_ID)


def own_statements(
    tables: Tables, as_of: date, config: FeaturesConfig, names: Sequence[str]
) -> dict[str, str]:
    """The features of a company's own as one SELECT for DuckDB each, of `account_id` and `value`.

    They are SQL already, and are not written by `snapshot_query`.

    Parameters
    ----------
    tables, as_of, config, names : as for `snapshot_query`, of DuckDB

    Raises
    ------
    BadInputError
        A feature cannot be computed from these tables.
    """
    wanted = [d for d in definitions(config) if d.name in names and isinstance(d, OwnDefinition)]
    found = {d.name: d for d in wanted if d.expression is not None}
    known, not_computed = computable(tables, config)
    if breaches := lacking(found, known, not_computed):
        raise BadInputError(breaches_message("these tables lack what the features need", breaches))
    period, visible = Period(as_of, config.window_days), visible_frames(tables, as_of)
    read = {table for one in found.values() if one.expression for table in one.expression.tables}
    seen = {table: visible_columns(table, visible[table]) for table in read}
    relations = {
        table: visible[table].select(*columns).to_native().sql_query()
        for table, columns in seen.items()
    }
    return {
        name: statement(one.expression, period, relations)
        for name, one in found.items()
        if one.expression is not None
    }


def _number(measure: Measure, period: Period) -> nw.Expr:
    """A measure as the formulas read it: dates as days up to the as-of date."""
    dated = measure.how in ("latest", "earliest")
    return (period.age(measure.name) if dated else measure.value).cast(nw.Float64)
