"""Two studies side by side: data, settings, features, segments, accounts."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from clustering.between.entries import (
    Comparison,
    FeatureChange,
    Side,
    TableChange,
    ValueChange,
)
from clustering.between.follow import follow
from clustering.config.recorded import flat_settings
from clustering.report import words
from clustering.report.kit.facts import feature_titles
from clustering.results import StudyFolder

#: Settings that say what a study is called and are no part of how it is made.
_TITLES = ("name", "title", "note")


@dataclass(frozen=True, eq=False)
class Compared:
    """The comparison, the studies that it is of, and the accounts that are not where they were.

    Attributes
    ----------
    accounts : the columns of `entries.ACCOUNTS`
    """

    first: StudyFolder
    second: StudyFolder
    found: Comparison
    accounts: pd.DataFrame


def compare_studies(first: StudyFolder, second: StudyFolder) -> Compared:
    """What changed from one finished study to another.

    Parameters
    ----------
    first, second : of two dates, or of two configurations; in this order

    Returns
    -------
    Compared
        Its `found` is `compare.json`; amounts are in the currencies of the studies.
    """
    from clustering.between.words import sentences

    followed = follow(first, second)
    tables, settings = _tables(first, second), _settings(first, second)
    libraries = _values(first.document.provenance.versions, second.document.provenance.versions)
    features = _features(first, second)
    sides = _side(first), _side(second)
    found = Comparison(
        first=sides[0],
        second=sides[1],
        nothing_changed=not (settings or libraries or features or len(followed.accounts))
        and all(table.is_same for table in tables)
        and all(one.fate == "survived" and [one.name] == one.others for one in followed.segments)
        and _answer(sides[0]) == _answer(sides[1]),
        tables=tables,
        settings=settings,
        libraries=libraries,
        features=features,
        segments=list(followed.segments),
        accounts=followed.entry,
        sentences={},
    )
    told = {title: list(texts) for title, texts in sentences(found, first, second).items()}
    return Compared(first, second, found.model_copy(update={"sentences": told}), followed.accounts)


def _side(study: StudyFolder) -> Side:
    document = study.document
    amounts = study.accounts["arr"]
    return Side(
        name=document.name,
        as_of=document.as_of,
        verdict=document.verdict,
        segments_return=document.segments_return,
        n_segments=len(document.segments),
        n_accounts=document.n_accounts,
        amount=float(amounts.sum()) if amounts.notna().any() else None,
        amount_name=document.amount_name,
        currency=document.currency,
        config_hash=document.provenance.config_hash,
        recommendation=words.recommendation(study),
    )


def _answer(side: Side) -> tuple[str, bool, str]:
    return side.verdict, side.segments_return, side.recommendation


def _tables(first: StudyFolder, second: StudyFolder) -> list[TableChange]:
    before, after = first.document.provenance.inputs, second.document.provenance.inputs
    return [
        TableChange(
            name=name,
            rows_first=before[name].rows if name in before else None,
            rows_second=after[name].rows if name in after else None,
            is_same=before.get(name) == after.get(name),
        )
        for name in sorted({*before, *after})
    ]


def _settings(first: StudyFolder, second: StudyFolder) -> list[ValueChange]:
    given = [flat_settings(study.document.configuration) for study in (first, second)]
    changes = _values(*given)
    return [change for change in changes if change.name not in _TITLES]


def _values(first: Mapping[str, str], second: Mapping[str, str]) -> list[ValueChange]:
    return [
        ValueChange(name=name, first=first.get(name), second=second.get(name))
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    ]


def _features(first: StudyFolder, second: StudyFolder) -> list[FeatureChange]:
    """Those that came in, then those that went out, with why the other study left them out."""
    titles = feature_titles(first, with_unit=False) | feature_titles(second, with_unit=False)
    used, reasons = [], []
    for study in (first, second):
        used.append({one.name for one in study.document.features if one.included})
        reasons.append({one.name: one.reason for one in study.document.features})
    came = [(name, True, reasons[0]) for name in sorted(used[1] - used[0])]
    went = [(name, False, reasons[1]) for name in sorted(used[0] - used[1])]
    return [
        FeatureChange(name=name, title=titles[name], is_in=is_in, reason=why.get(name))
        for name, is_in, why in (*came, *went)
    ]
