"""From a finished study to what its model card tells of it."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from clustering.columns import SEGMENT
from clustering.results.document import FeatureEntry, StudyDocument
from clustering.scorer.card import FeatureFacts, Promise, StudyFacts, TableFacts
from clustering.wording import structure_in_words

Period = tuple[date, date] | None


def model_facts(
    document: StudyDocument,
    rates: pd.DataFrame,
    *,
    periods: Mapping[str, Period],
    titles: Mapping[str, str],
    short_tables: Sequence[str] = (),
) -> StudyFacts:
    """What a study tells of its model.

    Parameters
    ----------
    rates : the table `rates`
    periods : first and last date of the rows of each table; None where no row is dated
    titles : of the features, in sentences
    short_tables : tables that begin inside the look-back window
    """
    return StudyFacts(
        title=document.title,
        structure=structure_in_words(
            verdict=document.verdict,
            n_clusters=document.n_clusters,
            k=len(document.segments),
            are_clusters=document.group_word.singular == "cluster",
            come_back=document.segments_return,
        ),
        reasons=tuple(document.reasons),
        segments_return=document.segments_return,
        is_circular=document.commercial_in_matrix,
        amount_name=document.amount_name,
        tables=tuple(_table(document, name, periods.get(name)) for name in _read(document)),
        features=tuple(_feature(entry, titles) for entry in document.features if entry.included),
        claims=tuple(
            entry.claim for entry in document.forward if entry.labelling == SEGMENT and entry.claim
        ),
        promises=tuple(_promises(document, rates)),
        short_tables=tuple(short_tables),
    )


def _read(document: StudyDocument) -> list[str]:
    return sorted(document.provenance.inputs)


def _table(document: StudyDocument, name: str, period: Period) -> TableFacts:
    entry = document.provenance.inputs[name]
    first, last = period or (None, None)
    return TableFacts(name, entry.rows, first, last, entry.fingerprint)


def _feature(entry: FeatureEntry, titles: Mapping[str, str]) -> FeatureFacts:
    return FeatureFacts(entry.name, titles.get(entry.name, entry.name), entry.meaning)


def _promises(document: StudyDocument, rates: pd.DataFrame) -> list[Promise]:
    """Rates of the segments that are not suppressed for few accounts."""
    ids = {segment.name: segment.segment_id for segment in document.segments}
    own = rates[(rates["labelling"] == SEGMENT) & ~rates["suppressed"].astype(bool)]
    return [
        _promise(row, ids[row["level"]], document.outcomes.days)
        for row in own.to_dict("records")
        if row["level"] in ids and math.isfinite(row["raw"])
    ]


def _promise(row: Mapping[Any, Any], segment_id: str, days: int) -> Promise:
    rate, low, high = (float(row[name]) for name in ("raw", "wilson_low", "wilson_high"))
    return Promise(segment_id, str(row["outcome"]), days, int(row["n"]), rate, low, high)
