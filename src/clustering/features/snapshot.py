"""The snapshot: one row per account with every feature that the tables allow.

Each table is read once: filtered to what was visible, aggregated to whole numbers per account by
the engine that holds it, and collected to pandas. The features are formed there, with the same
narwhals formulas whatever the engine was.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import FeaturesConfig
from clustering.errors import FutureDataError
from clustering.features.as_of import Tables, visible_frames
from clustering.features.circumstances import MEASURES, circumstances
from clustering.features.definition import Definition
from clustering.features.engines import collect_by_account, column_names, first_and_last
from clustering.features.families import categories, milestones, trends, usage, usage_mix
from clustering.features.families.commercial import ARR
from clustering.features.families.derived import derived_milestones
from clustering.features.families.standing import standing
from clustering.features.measures import FIXED_POINT, Measure, Period, aggregate
from clustering.features.own import OwnDefinition
from clustering.features.own_sql import evaluate
from clustering.features.registry import PREPARATIONS, computable, definitions, withheld
from clustering.features.types import Snapshot

#: Columns of `accounts` that describe an account and are never features.
ATTRIBUTES = (
    "started_on", "name", "industry", "region", "employees", "csm", "is_champion", "needs_segment",
    "current_segment", "parent_id",
)  # fmt: skip
_ATTRIBUTE_TYPES = {
    "started_on": "datetime64[s]",
    "employees": "float64",
    "is_champion": "boolean",
}

#: Tables whose rows are counted over the look-back window, by their date.
_COUNTED_BY = {"usage": "used_on", "engagements": "held_on", "tickets": "opened_on"}

_DERIVED_NOTE = (
    "The milestones are derived from usage (derived_breadth, derived_seats): their projected dates "
    "are the median time of accounts that started earlier, not a plan agreed with the customer."
)


def build_snapshot(tables: Tables, as_of: date, config: FeaturesConfig | None = None) -> Snapshot:
    """One row per account active at `as_of`, as known on that date.

    The same tables give the same bits on every engine, on any number of threads and in any order
    of rows.

    Parameters
    ----------
    tables : checked lazy frames, one per table that exists (`tables.open_tables`)
    as_of : rows that happened or were recorded later are invisible
    config : the look-back window and what may enter the matrix (default: the defaults)

    Raises
    ------
    BadInputError
        No account is active at `as_of`.
    ConfigError
        `config.exclude` names a feature that does not exist.
    FutureDataError
        A feature would use a row from after `as_of`: a fault of its definition.
    """
    config = config or FeaturesConfig()
    # What is wrong with the settings is told before a row is read; the mix waits for the rows.
    definitions(config)
    period = Period(as_of, config.window_days)
    visible = visible_frames(tables, as_of)
    derived = config.milestones.derive and "usage" in visible and "milestones" not in visible
    if derived:
        visible["milestones"] = derived_milestones(visible, period, config.milestones)
    who = standing(visible, as_of, tables.account_rules)
    config = _fixed(config, visible, who.active, period)
    kept_out = withheld(config)
    names, not_computed = computable(tables, config)
    computed = [d for d in definitions(config) if d.name in names]
    accounts = active_accounts(visible["accounts"], who.active, not_of_own(config))
    tenure_days = (pd.Timestamp(as_of) - accounts["started_on"]).dt.days.astype(np.float64)
    measured = accounts.filter(["employees"]).assign(tenure_days=tenure_days)
    for table, measures in measures_by_table(computed, _described(visible)).items():
        prepare = PREPARATIONS.get(table)
        rows = prepare(visible[table], period, visible["accounts"]) if prepare else visible[table]
        measured = measured.join(_measure(rows, measures, period, accounts.index))
    measured = measured.join(_own_values(computed, visible, period))

    short = _short_tables(visible, period)
    return Snapshot(
        as_of=as_of,
        frame=_form(measured, computed, period),
        features=tuple(definition.described(period) for definition in computed),
        attributes=_attributes(accounts, measured, period),
        not_computed=not_computed,
        notes=(
            *who.notes,
            *_absence_notes(measured),
            *_coverage_notes(short, period),
            *_trend_notes(visible, period, config),
            *((_DERIVED_NOTE,) if derived else ()),
            *usage_mix.mix_notes(config),
            *categories.category_notes(config),
        ),
        withheld={name: reason for name, reason in kept_out.items() if name in names},
        short_tables=tuple(short),
    )


def with_fixed_parts(tables: Tables, as_of: date, config: FeaturesConfig) -> FeaturesConfig:
    """The configuration under which every date sees the same features as `as_of`.

    What the usage mix and the categories tell apart is found at the date of the study, and stays.

    Raises
    ------
    BadInputError
        No account is active at `as_of`.
    """
    to_find = config.usage_mix.include and not config.usage_mix.parts
    if not to_find and all(one.levels for one in config.categories):
        return config
    visible = visible_frames(tables, as_of)
    who = standing(visible, as_of, tables.account_rules)
    return _fixed(config, visible, who.active, Period(as_of, config.window_days))


def _fixed(
    config: FeaturesConfig,
    visible: Mapping[str, nw.LazyFrame[Any]],
    active: "pd.Index[str]",
    period: Period,
) -> FeaturesConfig:
    config = usage_mix.with_parts(config, visible, active, period)
    return categories.with_levels(config, visible, active)


def not_of_own(config: FeaturesConfig) -> tuple[str, ...]:
    """Columns of the accounts that features of one's own read: they describe no account."""
    return tuple(name for one in config.own for name in (one.column, one.known_on) if name)


def active_accounts(
    accounts: nw.LazyFrame[Any], active: "pd.Index[str]", features: Container[str] = ()
) -> pd.DataFrame:
    """Attributes of the active accounts, by sorted `account_id`.

    Parameters
    ----------
    accounts : the visible frame
    active : see `features.standing`
    features : columns that are read by features, and are no attributes
    """
    names = column_names(accounts)
    known = [name for name in ATTRIBUTES if name in names]
    # What the contract does not have is a column that the company named as a scheme of its own.
    own = [
        name
        for name in names
        if name not in (ACCOUNT_ID, "ended_on", *ATTRIBUTES) and name not in features
    ]
    frame = collect_by_account(accounts.select(ACCOUNT_ID, *known, *own)).loc[active]
    types = {name: _ATTRIBUTE_TYPES.get(name, "str") for name in frame.columns}
    return frame.astype(types).sort_index()


def measures_by_table(
    computed: Iterable[Definition], others: Iterable[Measure] = ()
) -> dict[str, list[Measure]]:
    """Measures that the definitions read, and others, each once, by table."""
    wanted = {m.name: m for definition in computed for m in definition.measures}
    wanted |= {measure.name: measure for measure in others}
    tables: dict[str, list[Measure]] = {}
    for measure in wanted.values():
        tables.setdefault(measure.table, []).append(measure)
    return tables


def formulas(computed: Iterable[Definition], period: Period) -> dict[str, nw.Expr]:
    """The value of each feature from columns of the names of its measures."""
    return {d.name: d.value(period).cast(nw.Float64) for d in computed}


def _own_values(
    computed: Iterable[Definition], visible: Mapping[str, nw.LazyFrame[Any]], period: Period
) -> pd.DataFrame:
    """What the SQL of features of one's own gives, by the names that their formulas read."""
    expressions = {
        d.name: d.expression for d in computed if isinstance(d, OwnDefinition) and d.expression
    }
    if not expressions:
        return pd.DataFrame()
    return evaluate(expressions, visible, period).add_prefix("own ")


def _described(visible: Mapping[str, nw.LazyFrame[Any]]) -> Iterator[Measure]:
    """Measures that the attributes read."""
    for measure in (*milestones.STATES, ARR, *MEASURES):
        if _can_measure(measure, visible):
            yield measure


def _can_measure(measure: Measure, visible: Mapping[str, nw.LazyFrame[Any]]) -> bool:
    frame = visible.get(measure.table)
    return frame is not None and set(measure.columns) <= set(column_names(frame))


def _measure(
    rows: nw.LazyFrame[Any],
    measures: list[Measure],
    period: Period,
    account_ids: "pd.Index[str]",
) -> pd.DataFrame:
    frame = collect_by_account(aggregate(rows, measures, period))
    frame = frame.reindex(account_ids)
    ages = {
        measure.name: _age_days(frame[measure.name], measure, period.as_of)
        for measure in measures
        if measure.how in ("latest", "earliest")
    }
    return frame.assign(**ages).astype(np.float64)


def _age_days(dates: "pd.Series[Any]", measure: Measure, as_of: date) -> "pd.Series[float]":
    """Days from the dates to `as_of`.

    A date after `as_of` can only come from a definition that went round the visible step.
    """
    ages = (pd.Timestamp(as_of) - dates.astype("datetime64[s]")).dt.days.astype(np.float64)
    ahead = ages[ages < 0]
    if not ahead.empty:
        when = as_of - timedelta(days=ahead.iloc[0])
        raise FutureDataError(
            f"measure '{measure.name}' of table '{measure.table}' for account {ahead.index[0]} "
            f"uses a row from {when}, after as_of {as_of}. Start its query from the visible step."
        )
    return ages


def _form(measured: pd.DataFrame, computed: Iterable[Definition], period: Period) -> pd.DataFrame:
    """Evaluate every formula on the measures."""
    frame = nw.from_native(measured.reset_index(drop=True), eager_only=True)
    written = formulas(computed, period)
    return frame.select(**written).to_native().set_axis(measured.index, axis="index")


def _attributes(accounts: pd.DataFrame, measured: pd.DataFrame, period: Period) -> pd.DataFrame:
    attributes = accounts.assign(arr=np.nan)
    if ARR.name in measured:
        # Credits above what they are set against, on a date between: nobody pays less than nothing.
        attributes["arr"] = (measured[ARR.name] / FIXED_POINT).clip(lower=0)
    states = [state.name for state in milestones.STATES if state.name in measured]
    return attributes.join([measured[states], circumstances(measured, period)])


def _absence_notes(measured: pd.DataFrame) -> tuple[str, ...]:
    """Sentences on accounts whose absence from a table is missing knowledge, not zero."""
    absent = int(measured[usage.LAST.name].isna().sum()) if usage.LAST.name in measured else 0
    if not absent:
        return ()
    return (
        f"{absent} of {len(measured)} accounts have no row in 'usage' up to the as-of date: their "
        "usage features are missing, not zero.",
    )


def _short_tables(visible: Mapping[str, nw.LazyFrame[Any]], period: Period) -> dict[str, date]:
    """First dates of the tables that were not kept for the whole look-back window."""
    firsts = {}
    for table, date_column in _COUNTED_BY.items():
        dates = first_and_last(visible[table], date_column) if table in visible else None
        if dates is not None and dates[0] > period.start:
            firsts[table] = dates[0]
    return firsts


def _trend_notes(
    visible: Mapping[str, nw.LazyFrame[Any]], period: Period, config: FeaturesConfig
) -> tuple[str, ...]:
    """Tables that do not reach back to the window before, where that is compared."""
    if not config.include_trends:
        return ()
    both = Period(period.as_of, 2 * period.window_days)
    tables = {need.partition(".")[0] for d in trends.DEFINITIONS for need in d.needs}
    return tuple(
        f"'{table}' begins on {first}, inside the two windows of {period.window_days} days that "
        "trends compare: what is missing before looks like a rise."
        for table, first in _short_tables(visible, both).items()
        if table in tables
    )


def _coverage_notes(short: Mapping[str, date], period: Period) -> tuple[str, ...]:
    return tuple(
        f"'{table}' begins on {first}, inside the look-back window of {period.window_days} days: "
        "its counts are of fewer days than they say."
        for table, first in short.items()
    )
