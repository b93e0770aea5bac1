"""Settings of the features: which there are, which may enter the matrix, and those of your own."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from clustering.config.base import Part, Share, section

Family = Literal[
    "milestones", "outcomes", "usage", "engagement", "sentiment", "lifecycle", "commercial"
]
#: How the matrix should treat the values: shares stay as they are, skewed counts and amounts
#: take log1p, what can be negative Yeo-Johnson, and binaries are never standardised.
Scale = Literal["share", "count", "amount", "days", "signed", "binary"]
#: A column of `usage` that says what was used.
MixedBy = Literal["feature", "module"]

Words = Annotated[str, Field(min_length=1, max_length=60)]


class MilestoneRulesConfig(Part):
    """Milestones derived from usage where the company has none; off unless asked for."""

    derive: bool = Field(False, description="Derive milestones from usage; they are named derived.")
    distinct_features: int = Field(
        3, ge=1, description="'derived_breadth' is achieved on the first day with so many features."
    )
    seat_share: Share = Field(
        0.5, description="'derived_seats' is achieved when active users reach this share of seats."
    )


class UsageMixConfig(Part):
    """What is used, beside how much: shares of the product's features; off unless asked for."""

    include: bool = Field(
        False,
        description="Compute the family `usage_mix` and let it into the matrix: how an account's "
        "use is divided among the features of the product (docs/features.md).",
    )
    least_share: Share = Field(
        0.1,
        description="A feature that fewer of the accounts with use have used in the window is "
        "counted with everything else.",
    )
    most_parts: int = Field(
        12, ge=2, le=40, description="At most so many features are told apart, the most used."
    )
    by: MixedBy | None = Field(
        None,
        description="Column of `usage` that is divided: feature or module (None: module where the "
        "table has it, with the feature where it is empty).",
    )
    parts: tuple[str, ...] = Field(
        (),
        description="The features or modules that are told apart (empty: found at as_of by the two "
        "settings above). A scorer carries the list of its study.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.parts)) < len(self.parts):
            raise ValueError("parts has a feature twice")
        return self


#: Columns of `accounts` that hold for as long as the account does, or nearly so.
Category = Literal["industry", "region"]


class CategoryConfig(Part):
    """A category of the accounts, to describe segments or to form them."""

    column: Category = Field(description="A column of `accounts`: industry or region.")
    in_matrix: bool = Field(
        False, description="Let it form segments; each category then counts as a yes or no."
    )
    levels: tuple[str, ...] = Field(
        (),
        description="The categories that are told apart (empty: those of one in twenty accounts at "
        "as_of). A scorer carries the list of its study.",
    )


class OwnFeatureConfig(Part):
    """A feature of your own: an SQL expression, or a column of the accounts with its date.

    Examples
    --------
    >>> OwnFeatureConfig(
    ...     name="api_events", unit="events", scale="count", table="usage",
    ...     sql="sum(events) FILTER (WHERE feature = 'api')",
    ... ).shown
    'api events'
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Its name: small letters, digits and '_'."
    )
    title: str = Field("", max_length=80, description="Name for readers (default: the name).")
    meaning: str = Field("", max_length=400, description="What it says of an account, in words.")
    unit: str = Field(min_length=1, max_length=60, description="Its unit, in words.")
    scale: Scale = Field(
        description="share (0 to 1), count, amount, days, signed (may be negative) or binary."
    )
    family: str = Field(
        "own",
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="Family that it is weighed with: one of `features.families`, or another word.",
    )
    higher_is_better: bool | None = Field(
        None, description="Whether more is better (not set: neither end is)."
    )
    words: tuple[Words, Words] | None = Field(
        None, description="How a segment is called that is low, and high, in it."
    )
    table: str = Field(
        "accounts",
        min_length=1,
        description="The table whose rows of an account `sql` is about. Of another one than "
        "accounts an account has many rows, and `sql` sums them up, as in count(*).",
    )
    sql: str | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="One SQL expression over the tables as they were known on the as-of date.",
    )
    column: str | None = Field(
        None, min_length=1, description="In place of `sql`: a column of numbers in `accounts`."
    )
    known_on: str | None = Field(
        None,
        min_length=1,
        description="The column of `accounts` with the date since which `column` is known.",
    )
    empty_is_zero: bool = Field(
        False,
        description="An account without rows in `table`, or without a value, has 0. For registers "
        "of events alone: missing is otherwise never zero.",
    )
    size_proxy: bool = Field(
        False, description="It follows from how large an account is (features.include_size_proxies)"
    )
    age_proxy: bool = Field(
        False, description="It grows with the age of an account (features.include_tenure)."
    )

    @field_validator("column", "known_on", "table")
    @classmethod
    def _as_tables_are_read(cls, name: str | None) -> str | None:
        return None if name is None else name.strip().lower()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if mistakes := list(self._mistakes()):
            raise ValueError(f"feature '{self.name}': " + "; ".join(mistakes))
        return self

    def _mistakes(self) -> Iterator[str]:
        if (self.sql is None) == (self.column is None):
            found = "neither" if self.sql is None else "both"
            yield f"it is made by sql or by column, found {found}"
        if self.column is not None and self.known_on is None:
            yield (
                f"nothing says since when the column '{self.column}' holds, so its values could "
                "be of after as_of: give known_on, a column of accounts with that date"
            )
        if self.column is not None and self.table != "accounts":
            yield "column is one of accounts, and takes no table"
        if self.column is None and self.known_on is not None:
            yield "known_on belongs to column"
        if self.known_on is not None and not self.known_on.endswith("_on"):
            yield f"known_on names a column of dates, which ends in _on, found '{self.known_on}'"

    @property
    def shown(self) -> str:
        """Its name for readers."""
        return self.title or self.name.replace("_", " ")

    @property
    def low_and_high(self) -> tuple[str, str]:
        """How a segment is called that is low, and high, in it."""
        return self.words or (f"low {self.shown}", f"high {self.shown}")


class FeaturesConfig(Part):
    """What enters the snapshot."""

    families: tuple[Family, ...] = Field(
        ("milestones", "outcomes", "usage", "engagement", "sentiment", "lifecycle"),
        description="Families of features that may enter the matrix.",
    )
    include_commercial: bool = Field(
        False,
        description="Let ARR, seats and pipeline into the matrix. The comparison with ARR tiers "
        "is circular then, and the report says so in its first paragraph.",
    )
    include_size_proxies: bool = Field(
        False,
        description="Let raw volumes (events, active users, hours, tickets) into the matrix. They "
        "follow from how large an account is, so the comparison with ARR tiers is circular then.",
    )
    include_tenure: bool = Field(
        False, description="Let the age of the account into the matrix; groups then follow age."
    )
    include_trends: bool = Field(
        False,
        description="Compute the family `trends` and let it into the matrix: the look-back window "
        "against the one before it. The tables must reach back two windows.",
    )
    exclude: tuple[str, ...] = Field(
        (),
        description="Features to leave out, by name or pattern (tickets_*); `clustering features` "
        "lists them all.",
    )
    keep: tuple[str, ...] = Field(
        (),
        description="Only these may enter the matrix, by name or pattern (empty: all). What is "
        "kept out for another reason stays out.",
    )
    window_days: int = Field(
        90, ge=14, le=730, description="Look-back window of usage, engagement and ticket features."
    )
    milestones: MilestoneRulesConfig = section(
        MilestoneRulesConfig, "Milestones derived from usage."
    )
    usage_mix: UsageMixConfig = section(UsageMixConfig, "What is used, beside how much.")
    categories: tuple[CategoryConfig, ...] = Field(
        (), description="Categories of the accounts that describe segments."
    )
    own: tuple[OwnFeatureConfig, ...] = Field((), description="Features of your own.")

    @model_validator(mode="after")
    def _own_names(self) -> Self:
        names = [feature.name for feature in self.own]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"own has two features of the name {', '.join(map(repr, twice))}")
        if len({one.column for one in self.categories}) < len(self.categories):
            raise ValueError("categories has a column twice")
        return self
