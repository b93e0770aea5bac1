"""The segments of today beside those of training, and who is in another one than before."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from pydantic import Field

from clustering.comparison.base.rates import wilson
from clustering.schema import Entry, TableSpec, column
from clustering.scorer import Scorer

SEGMENTS_NOW = TableSpec(
    "segments",
    "Accounts of every segment in training and today.",
    (
        column("segment_name", "text", "Segment."),
        column("n_then", "integer", "Accounts in training."),
        column("share_then", "number", "Their share."),
        column("n_now", "integer", "Accounts today."),
        column("share_now", "number", "Their share of the accounts with a segment."),
        column("low", "number", "95 % Wilson interval of that share."),
        column("high", "number", "95 % Wilson interval of that share."),
    ),
)

MIGRATIONS = TableSpec(
    "migration",
    "Accounts by their segment at the last scoring and today.",
    (
        column("from_segment", "text", "Segment at the last scoring."),
        column("to_segment", "text", "Segment today."),
        column("n_accounts", "integer", "Accounts."),
        column("share_of_from", "number", "Share of those that were there."),
    ),
)


class Migration(Entry):
    """Who is in another segment than at the last scoring."""

    since: str = Field(description="Date of the last scoring.")
    n_accounts: int = Field(description="Accounts with a segment then and today.")
    share: float | None = Field(description="Share in another one; null without such accounts.")


@dataclass(frozen=True, eq=False)
class Scored:
    """Ids of segments by account on a date; null where there is none."""

    as_of: date
    segment_ids: "pd.Series[str]"


def segments_now(scorer: Scorer, scores: pd.DataFrame) -> pd.DataFrame:
    """How many accounts each segment has, with the columns of `SEGMENTS_NOW`."""
    sizes = scorer.training.sizes
    known = int(scores["segment"].notna().sum())
    rows = []
    for number, name in enumerate(scorer.segment_names):
        n_now = int((scores["segment"] == number).sum())
        interval = wilson(n_now, known) if known else (0.0, 1.0)
        then, now = sizes[number] / max(1, sum(sizes)), n_now / max(1, known)
        rows.append((name, sizes[number], then, n_now, now, *interval))
    return SEGMENTS_NOW.from_rows(rows)


def migrated(
    scorer: Scorer, last: Scored, today: "pd.Series[str]"
) -> tuple[Migration, pd.DataFrame]:
    """Who is in another segment, and from where to where by name (`MIGRATIONS`).

    Parameters
    ----------
    scorer : gives the names of the segments
    today : ids of segments by account
    """
    both = pd.DataFrame({"from_segment": last.segment_ids, "to_segment": today}).dropna()
    both = both.replace(scorer.called.by_id)
    counts = both.groupby(["from_segment", "to_segment"]).size().rename("n_accounts").reset_index()
    of_from = counts.groupby("from_segment")["n_accounts"].transform("sum")
    counts["share_of_from"] = counts["n_accounts"] / of_from
    moved = both["from_segment"] != both["to_segment"]
    share = float(moved.mean()) if len(both) else None
    found = Migration(since=str(last.as_of), n_accounts=len(both), share=share)
    return found, MIGRATIONS.from_rows(counts.to_dict("records"))
