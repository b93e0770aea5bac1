"""Counting what a source holds: by month, by column, by account. Faulty tables are counted too.

Everything is an aggregate of the session's typed tables, so that no table is held in memory; a
value that could not be read is missing here, and stands among the breaches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from clustering.tables.checks import Present
from clustering.tables.coverage import Coverage
from clustering.tables.opening import Examined
from clustering.tables.session import quoted_name
from clustering.tables.types import Unmatched

#: A number so many times what 99 % of the rows stay below stands out.
_FAR = 10
#: Fewer values do not tell what is usual.
_FEWEST_VALUES = 30
_EXAMPLES = 3


@dataclass(frozen=True)
class ColumnState:
    """A column of the contract in a source.

    Attributes
    ----------
    missing : share of the rows without a value
    expected : whether an empty cell says that nothing is known (an open end says something)
    """

    name: str
    missing: float
    expected: bool


@dataclass(frozen=True)
class Outlier:
    """Numbers of a column far beyond the others.

    Attributes
    ----------
    usual : 99 % of the values are not larger
    n_rows : rows with more than ten times that
    first_ids : a few of their accounts
    """

    column: str
    median: float
    usual: float
    largest: float
    n_rows: int
    first_ids: tuple[str, ...]


@dataclass(frozen=True)
class TableState:
    """A table of a source.

    Attributes
    ----------
    first, last : dates of its rows (None: no row is dated)
    n_later : rows after the date of the study
    months : rows by month ("2025-06"), months without any left out
    n_accounts : accounts of `accounts` with a row in it
    n_strangers : rows of accounts that `accounts` does not have
    strangers : a few of their ids
    columns : those that are there; absent : optional ones that are not
    """

    name: str
    origin: str
    n_rows: int
    first: date | None
    last: date | None
    n_later: int
    breaches: tuple[str, ...]
    months: Mapping[str, int]
    n_accounts: int
    n_strangers: int
    strangers: tuple[str, ...]
    columns: tuple[ColumnState, ...]
    absent: tuple[str, ...]
    outliers: tuple[Outlier, ...]
    coverage: Coverage | None


@dataclass(frozen=True)
class TablesState:
    """All tables of a source.

    Attributes
    ----------
    n_accounts : rows of `accounts`
    absent : tables that are not there
    together : breaches of the tables together
    notes : what is no breach, in sentences
    """

    tables: tuple[TableState, ...]
    n_accounts: int
    absent: tuple[str, ...]
    together: tuple[str, ...]
    notes: tuple[str, ...]
    unmatched: tuple[Unmatched, ...]

    @property
    def n_breaches(self) -> int:
        """How many things stop a study."""
        return len(self.together) + sum(len(table.breaches) for table in self.tables)


def look_at_state(examined: Examined) -> TablesState:
    """Count what a source holds, whether it can be used or not.

    Parameters
    ----------
    examined : its session is still open
    """
    accounts = examined.opened["accounts"].found if "accounts" in examined.opened else None
    return TablesState(
        tuple(_table_state(examined, name, accounts) for name in examined.opened),
        0 if accounts is None else accounts.n_rows,
        examined.absent,
        examined.together.breaches,
        examined.notes,
        examined.unmatched,
    )


def _table_state(examined: Examined, name: str, accounts: Present | None) -> TableState:
    one = examined.opened[name]
    found, dates = one.found, examined.ranges[name]
    first, last = dates if dates is not None else (None, None)
    n_accounts, n_strangers, strangers = _accounts_of(found, accounts)
    return TableState(
        name,
        examined.origins[name],
        found.n_rows,
        first,
        last,
        examined.later[name],
        one.findings.breaches,
        _months(found),
        n_accounts,
        n_strangers,
        strangers,
        _columns(found),
        tuple(
            c.name for c in found.table.columns if not c.required and c.name not in found.columns
        ),
        _outliers(found),
        examined.coverage.get(name),
    )


def _months(found: Present) -> dict[str, int]:
    dated = found.table.dated_by
    if not found.has(dated):
        return {}
    rows = found.session.execute(
        f"SELECT strftime({dated}, '%Y-%m') AS month, count(*) FROM {found.sql} "
        f"WHERE {dated} IS NOT NULL GROUP BY month ORDER BY month"
    ).fetchall()
    return {str(month): int(count) for month, count in rows}


def _accounts_of(found: Present, accounts: Present | None) -> tuple[int, int, tuple[str, ...]]:
    both = accounts is not None and accounts.has("account_id") and found.has("account_id")
    if accounts is None or not both or found.table.name == "accounts":
        return 0, 0, ()
    known = f"SELECT account_id FROM {accounts.sql} WHERE account_id IS NOT NULL"
    stranger = f"account_id IS NOT NULL AND account_id NOT IN ({known})"
    n_accounts, n_strangers = found.row(
        f"count(DISTINCT account_id) FILTER (WHERE account_id IN ({known})), "
        f"count(*) FILTER (WHERE {stranger})"
    )
    ids = found.first_ids(stranger) if n_strangers else ""
    return int(n_accounts), int(n_strangers), tuple(filter(None, ids.split(", ")))


def _columns(found: Present) -> tuple[ColumnState, ...]:
    if not found.columns or not found.n_rows:
        return ()
    counts = found.row(", ".join(f"count({quoted_name(name)})" for name in found.columns))
    ends = {column.name for column in found.table.columns if column.open_ended}
    return tuple(
        ColumnState(name, 1 - count / found.n_rows, name not in ends)
        for name, count in zip(found.columns, counts, strict=True)
    )


def _outliers(found: Present) -> tuple[Outlier, ...]:
    outliers = []
    for column in found.table.columns:
        if column.kind not in ("integer", "number") or not found.has(column.name, "account_id"):
            continue
        name = quoted_name(column.name)
        n, median, usual, largest = found.row(
            f"count({name}), median({name}), quantile_disc({name}, 0.99), max({name})"
        )
        if n < _FEWEST_VALUES or not usual or largest <= _FAR * usual:
            continue
        where = f"{name} > {_FAR} * {float(usual)!r}"
        (n_rows,) = found.row("count(*)", where)
        ids = tuple(found.first_ids(where).split(", "))[:_EXAMPLES]
        outliers.append(
            Outlier(column.name, float(median), float(usual), float(largest), int(n_rows), ids)
        )
    return tuple(outliers)
