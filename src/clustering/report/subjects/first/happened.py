"""What happened to the accounts of one label after the as-of date, as the study observed it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clustering.columns import SEGMENT
from clustering.report.kit.facts import TIERS, percent, primary_outcome
from clustering.results import StudyFolder
from clustering.wording import amount_in_short, happened_in_words


@dataclass(frozen=True)
class Happened:
    """What happened to the accounts of a label; shares from 0 to 1, None where it is not known.

    Attributes
    ----------
    kept, kept_between : gross retention of the amount, and its 95 % interval
    lost : what was not kept of it, in the currency of the study
    amount : that was kept or lost
    rate, rate_between : how often the primary outcome occurred, and its 95 % interval
    """

    label: str
    kept: float | None = None
    kept_between: tuple[float, float] | None = None
    lost: float | None = None
    amount: float | None = None
    rate: float | None = None
    rate_between: tuple[float, float] | None = None


def happened(study: StudyFolder, labelling: str, labels: Iterable[str]) -> list[Happened]:
    """What happened to every label; groups of few accounts tell nothing but their size."""
    retention, rates = study.table("retention"), study.table("rates")
    least = int(study.document.configuration["engagement"]["smallest_group"])
    known = retention[(retention["labelling"] == labelling) & (retention["n_accounts"] >= least)]
    seen = rates[
        (rates["labelling"] == labelling)
        & (rates["outcome"] == primary_outcome(study))
        & ~rates["suppressed"].astype(bool)
        & rates["raw"].notna()
    ]
    amounts, events = _by_level(known), _by_level(seen)
    return [
        Happened(label, **_kept(amounts.get(label)), **_rate(events.get(label))) for label in labels
    ]


def _by_level(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(row["level"]): row for row in frame.to_dict("records")}


def _kept(row: Mapping[str, float] | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "kept": row["grr"],
        "kept_between": (row["grr_low"], row["grr_high"]),
        "lost": row["arr"] * (1 - row["grr"]),
        "amount": row["arr"],
    }


def _rate(row: Mapping[str, float] | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {"rate": row["raw"], "rate_between": (row["wilson_low"], row["wilson_high"])}


def in_words(study: StudyFolder, found: Happened) -> str:
    """What happened to a label as a sentence; what is not known is said to be so."""
    document = study.document
    if found.kept is not None and found.lost is not None:
        text = f"kept {percent(found.kept)} of its {document.amount_name}"
        if found.kept_between:
            text += f" ({_between(found.kept_between)})"
        lost = f"{amount_in_short(found.lost)} {document.currency}"
        return f"{text}: {lost} lost in {document.horizon_days} days"
    if found.rate is not None:
        text = f"{percent(found.rate)} {happened_in_words(primary_outcome(study))}"
        if found.rate_between:
            text += f" ({_between(found.rate_between)})"
        return f"{text} in {document.horizon_days} days"
    return "what happened to it is not known"


def by_tier(study: StudyFolder, found: Happened) -> str:
    """How far apart the tiers are in the same, and whether they tell such a loss.

    That the tiers do not tell it is said only where the study shows that the segments tell more,
    and the whole interval lies outside of what any tier kept.
    """
    frame = study.table("retention")
    tiers = frame[frame["labelling"] == TIERS]["grr"]
    if found.kept is None or found.kept_between is None or len(tiers) < 2:
        return ""
    low, high = float(tiers.min()), float(tiers.max())
    text = f"by tier {percent(low)} to {percent(high)}"
    scores = study.document.scorecard.scores
    gains = any(score.labelling == SEGMENT and score.gains for score in scores)
    outside = found.kept_between[1] < low
    return f"{text}: the tiers do not see it" if gains and outside else text


def total_lost(study: StudyFolder) -> tuple[float, float] | None:
    """What was lost of the amount of all accounts, and that amount; None where it is not known."""
    frame: pd.DataFrame = study.table("retention")
    own = frame[frame["labelling"] == SEGMENT]
    if own.empty or not own["arr"].sum() > 0:
        return None
    return float((own["arr"] * (1 - own["grr"])).sum()), float(own["arr"].sum())


def _between(ends: tuple[float, float]) -> str:
    low, high = (percent(end) for end in ends)
    return f"{low.removesuffix(' %')} to {high}"
