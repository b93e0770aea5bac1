"""Settings of the source: where the tables are, what their cells mean, and who is a customer."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from clustering.config.base import Part

#: How the address of a database in a file begins.
SQLITE, DUCKDB = "sqlite:", "duckdb:"

EndIs = Literal["first_day_without", "last_day"]


class ReadingConfig(Part):
    """What the cells of a file mean: the same for every file that the product reads."""

    missing: tuple[str, ...] = Field(
        ("NA", "N/A", "#N/A", "NaN", "null", "<NA>", "-"),
        description="Words that say that a value is missing, in whatever case; an empty cell says "
        "so too. They never apply to account_id. `check` counts them: take a word out where it is "
        "a value (NA as a region), or write [] for none.",
    )
    decimal: Literal[".", ","] | None = Field(
        None,
        description="Decimal mark of numbers in text where the values of a column do not tell it "
        "(12.000 in every row); the other mark, blanks and apostrophes part the thousands. None: "
        "such a column is refused.",
    )
    time_zone: str | None = Field(
        None,
        description="Place whose calendar gives the day of a time with a time zone, as in "
        "'Europe/London'; mappings are computed in it as well. None: such times are refused, and "
        "mappings are computed in UTC on every machine.",
    )


class _Place(Part):
    """Where the tables are."""

    folder: Path | None = Field(
        None,
        description="Folder of the source files. Without a mapping it holds one file per table of "
        "the contract (accounts.parquet, usage.csv, ...), or a folder of Parquet files called like "
        "the table (usage/month=2025-01/...); a mapping's SQL reads files in it.",
    )
    database: str | None = Field(
        None,
        description="Database to attach read-only: 'sqlite:FILE', 'duckdb:FILE' or "
        "'postgresql://...'. The password belongs in PGPASSWORD or a service file, not here.",
    )
    mapping: Path | None = Field(
        None, description="Folder with one SQL SELECT per table: accounts.sql, usage.sql, ..."
    )
    remote: str | None = Field(
        None,
        pattern=r"^s3://[^/?#]+/.*$",
        description="Address in S3, or in a store that speaks its protocol, below which the "
        "mapping may read files: 's3://bucket/exports/'. It needs DuckDB's extension httpfs; keys "
        "come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...), never from "
        "here.",
    )
    time_limit_s: int = Field(
        1800,
        ge=1,
        le=86400,
        description="Seconds after which one statement on the source is stopped, as a mapping "
        "that never ends.",
    )


def database_file(address: str | None) -> tuple[str, Path] | None:
    """How the address of a database in a file begins, and the file; None: it is on a server.

    Examples
    --------
    >>> database_file("duckdb:warehouse.duckdb")
    ('duckdb:', PosixPath('warehouse.duckdb'))
    >>> database_file("postgresql://reader@db.internal/warehouse")
    """
    for kind in (SQLITE, DUCKDB):
        if address is not None and address.startswith(kind):
            return kind, Path(address.removeprefix(kind).removeprefix("//")).expanduser()
    return None


class SourceConfig(ReadingConfig, _Place):
    """Where the tables come from: a folder of files, or a database to attach; and the mapping."""

    @model_validator(mode="after")
    def _somewhere(self) -> "SourceConfig":
        if self.folder is None and self.database is None and self.remote is None:
            raise ValueError("name a folder or a database to read the tables from")
        if self.remote is not None and self.mapping is None:
            raise ValueError(
                "remote needs a mapping, which says which of its files are which table"
            )
        return self


class SubscriptionsConfig(Part):
    """How the contract periods of the extract are to be read."""

    end_is: EndIs = Field(
        "first_day_without",
        description="What subscriptions.ended_on says: 'first_day_without' the contract, or its "
        "'last_day' (terms end on 31 December and renew on 1 January). `clustering check` says "
        "where the rows disagree.",
    )
    complete_to: date | None = Field(
        None,
        description="Day up to which every contract and every end stands in the table (None: "
        "found from the rows and said by `clustering check`). Churn, renewal, NRR and GRR are "
        "told for horizons that end by then.",
    )


class AccountsConfig(Part):
    """Whom a study is about, and who is a customer on a date."""

    only: str | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="The accounts that the study is about: one SQL condition on columns of "
        "`accounts`, as in \"region = 'North' AND employees > 50\". Where it is not true, or not "
        "known, an account is left out of every table, and counted (None: all accounts).",
    )
    end_is: EndIs = Field(
        "first_day_without",
        description="What accounts.ended_on says: the 'first_day_without' the customer, or the "
        "'last_day' of the relationship.",
    )
    left_by: Literal["either", "contracts", "accounts"] = Field(
        "either",
        description="By what an account has left: accounts.ended_on or its contracts, whichever "
        "says so ('either'); its contracts alone ('contracts': an ended_on beside an open contract "
        "is not believed); or accounts.ended_on alone ('accounts': who has no contract any more is "
        "still a customer, as on a free plan). Churn follows it.",
    )
    lapsed_days: int = Field(
        120,
        ge=0,
        le=3650,
        description="An account without a contract for longer has left by its contracts; a shorter "
        "gap may be a renewal that is signed late.",
    )
