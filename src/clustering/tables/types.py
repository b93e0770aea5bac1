"""The checked tables of a study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import narwhals as nw

from clustering.config import AccountsConfig
from clustering.tables.coverage import Coverage
from clustering.tables.session import Session


@dataclass(frozen=True)
class Unmatched:
    """Accounts of one system that were not found in another.

    Attributes
    ----------
    consequence : what follows for the study, in words
    first_ids : a few of their ids in the system that has them
    """

    found_in: str
    missing_in: str
    consequence: str
    n_accounts: int
    first_ids: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """It in words."""
        accounts = "account" if self.n_accounts == 1 else "accounts"
        return (
            f"{self.n_accounts:,} {accounts} of {self.found_in} could not be found in "
            f"{self.missing_in} by an id or a domain; first: {', '.join(self.first_ids)}; "
            f"{self.consequence}."
        )


@dataclass(frozen=True, eq=False)
class SourceTables:
    """The source tables that exist, checked, lazy, with canonical names and types.

    Ids and texts are trimmed text, dates are DATE, whole numbers BIGINT, other numbers DOUBLE.
    Every `ended_on` is the first day without, whatever it was in the source.
    An optional column that the source does not have is absent from its frame.

    Attributes
    ----------
    frames : one lazy frame per table that exists
    absent : names of the contract's tables that do not exist, in the contract's order
    fingerprints : SHA-256 of a table's rows, whatever their order (comparable between runs on
        the same version of DuckDB, which the study records)
    row_counts : rows per table
    date_ranges : first and last date of each table's rows, None where no row is dated
    later_row_counts : rows per table that are dated after `as_of`: no feature sees them, and they
        serve the horizon (0 where no date was given)
    coverage : how far the tables of events, and the contracts, tell what happened
    account_rules : who is a customer on a date, where accounts and contracts contradict each other
    unmatched : accounts of one system that another has not, where several were mapped
    notes : what a reader must know of the input; never a reason to stop

    Notes
    -----
    DuckDB frames share one connection, which is not for several threads at once. `close`
    ends it and removes the scratch files; leaving a `with` block or the end of the object
    does the same.
    """

    frames: Mapping[str, nw.LazyFrame[Any]] = field(repr=False)
    absent: tuple[str, ...]
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    row_counts: Mapping[str, int] = field(default_factory=dict)
    date_ranges: Mapping[str, tuple[date, date] | None] = field(default_factory=dict)
    later_row_counts: Mapping[str, int] = field(default_factory=dict)
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    account_rules: AccountsConfig = field(default_factory=AccountsConfig)
    unmatched: tuple[Unmatched, ...] = ()
    notes: tuple[str, ...] = ()
    session: Session | None = field(default=None, repr=False)

    def close(self) -> None:
        """End the connection and remove the scratch files; the frames cannot be used after."""
        if self.session is not None:
            self.session.close()

    def __enter__(self) -> "SourceTables":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
