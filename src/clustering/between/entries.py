"""What a comparison of two studies holds: `compare.json`, and the table of accounts."""

from pydantic import Field

from clustering.schema import Entry, TableSpec, column
from clustering.structure.findings import VerdictName

ACCOUNTS = TableSpec(
    "accounts",
    "Accounts that are in one of the two studies alone, or not in the segment that goes on from "
    "theirs; those with the largest amount first.",
    (
        column("account_id", "text", "Key."),
        column("name", "text", "Its name, where a study has names.", nullable=True),
        column(
            "what",
            "text",
            "come, gone; moved: its segment goes on without it; split, absorbed, gone segment: "
            "what became of the segment that it was in.",
        ),
        column("segment_first", "text", "Its segment in the first study.", nullable=True),
        column("segment_second", "text", "Its segment in the second study.", nullable=True),
        column("amount_first", "number", "Its yearly amount in the first study.", nullable=True),
        column("amount_second", "number", "The same in the second study.", nullable=True),
        column("probability_first", "number", "How sure its first segment was.", nullable=True),
        column("probability_second", "number", "How sure its second segment is.", nullable=True),
    ),
)


class Side(Entry):
    """One of the two studies."""

    name: str = Field(description="Name of the study.")
    as_of: str = Field(description="Its date.")
    verdict: VerdictName = Field(description="Its verdict.")
    segments_return: bool = Field(description="Whether its segments come back on other accounts.")
    n_segments: int = Field(description="Its segments.")
    n_accounts: int = Field(description="Its accounts.")
    amount: float | None = Field(description="Sum of their yearly amounts; null where unknown.")
    amount_name: str = Field(description="What the amount is called.")
    currency: str = Field(description="Its currency.")
    config_hash: str = Field(description="Hash of its configuration without places.")
    recommendation: str = Field(description="What it recommends, in a sentence.")


class TableChange(Entry):
    """One source table; the rows are null where a study did not read it."""

    name: str = Field(description="The table.")
    rows_first: int | None = Field(description="Rows in the first study.")
    rows_second: int | None = Field(description="Rows in the second study.")
    is_same: bool = Field(description="Whether its rows are the same, whatever their order.")


class ValueChange(Entry):
    """One setting, or one library, whose value differs; null where a study does not have it."""

    name: str = Field(description="The setting with its section, or the library.")
    first: str | None = Field(description="In the first study.")
    second: str | None = Field(description="In the second study.")


class FeatureChange(Entry):
    """One feature that only one of the studies used."""

    name: str = Field(description="The feature.")
    title: str = Field(description="What readers know it as.")
    is_in: bool = Field(description="Whether the second study uses it, and the first did not.")
    reason: str | None = Field(description="Why the other left it out; null if it never had it.")


class SegmentChange(Entry):
    """What became of a segment of the first study, or where a new one of the second came from."""

    name: str = Field(description="Its name, in its own study.")
    segment_id: str = Field(description="Its id, in its own study.")
    fate: str = Field(description="survived, split, absorbed, gone; or new.")
    n_accounts: int = Field(description="Its accounts that are in both studies.")
    others: list[str] = Field(description="Segments of the other study that hold a tenth or more.")
    share: float = Field(description="Share of its accounts in the first of them.")


class Followed(Entry):
    """Accounts by what became of them; amounts are null where no study knows any.

    Amounts are those of the second study; those of accounts that are gone are of the first.
    """

    n_both: int = Field(description="Accounts of both studies.")
    n_come: int = Field(description="Accounts of the second study alone.")
    n_gone: int = Field(description="Accounts of the first study alone.")
    n_stayed: int = Field(description="In the segment that goes on from theirs.")
    n_moved: int = Field(description="In another one, although theirs goes on.")
    n_recut: int = Field(description="In a segment that split, was absorbed or is gone.")
    amount_come: float | None = Field(description="Amount of those that came.")
    amount_gone: float | None = Field(description="Amount of those that are gone.")
    amount_moved: float | None = Field(description="Amount of those that moved.")
    amount_recut: float | None = Field(description="Amount of those whose segment did not go on.")
    ami: float | None = Field(
        description="Adjusted mutual information of both segmentations on the accounts of both; "
        "null where one of them is a single segment."
    )


class Comparison(Entry):
    """The whole of `compare.json`."""

    first: Side = Field(description="The study that is compared from.")
    second: Side = Field(description="The study that is compared to.")
    nothing_changed: bool = Field(
        description="Whether data, settings, libraries, verdict, features and the segment of every "
        "account are the same."
    )
    tables: list[TableChange] = Field(description="Every source table.")
    settings: list[ValueChange] = Field(description="Settings that differ, the date among them.")
    libraries: list[ValueChange] = Field(description="Libraries of another version.")
    features: list[FeatureChange] = Field(description="Features that came in or went out.")
    segments: list[SegmentChange] = Field(description="Segments; empty without common accounts.")
    accounts: Followed = Field(description="What became of the accounts.")
    sentences: dict[str, list[str]] = Field(description="The same in words, by subject.")
