"""The model card: what a model is, what it was learned from, and what it is not to be used for.

A page of Markdown in every scorer folder, for people. It is made from the scorer and from what its
study tells (`StudyFacts`), so it always speaks of the model beside it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from clustering.matrix.stored import STRICT
from clustering.scorer.answers.scores import LEAST_KNOWN_SHARE
from clustering.wording import percent_in_words

if TYPE_CHECKING:
    from clustering.scorer.scorer import Scorer

#: Digits of a fingerprint that are shown; the study has all of them.
_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class TableFacts:
    """One table that the study read; `first` and `last` are dates of rows, None without any."""

    name: str
    rows: int
    first: date | None
    last: date | None
    fingerprint: str

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class FeatureFacts:
    """One feature of the model: what it measures, in words."""

    name: str
    title: str
    meaning: str

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class Promise:
    """How often an outcome occurred in a segment, in the window after the as-of date.

    Attributes
    ----------
    segment_id : the segment
    outcome, days : what, and within how many days
    n : accounts for which it was observed; segments of too few accounts are left out
    rate, low, high : share of them, and its 95 % interval
    """

    segment_id: str
    outcome: str
    days: int
    n: int
    rate: float
    low: float
    high: float

    __pydantic_config__ = STRICT


@dataclass(frozen=True)
class StudyFacts:
    """What a study tells about its model, and the model itself does not know.

    Attributes
    ----------
    title : of the study
    structure : the verdict in words
    reasons : why the verdict is what it is
    segments_return : whether the segments come back when the study is repeated on other accounts
    is_circular : whether the amount that makes the tiers was among the features
    amount_name : what the amount is called
    tables, features : what it was learned from
    claims : what may be said of the segments and of what happened next
    promises : what happened in each segment
    short_tables : tables that begin inside the look-back window
    """

    title: str
    structure: str
    reasons: tuple[str, ...]
    segments_return: bool
    is_circular: bool
    amount_name: str
    tables: tuple[TableFacts, ...]
    features: tuple[FeatureFacts, ...]
    claims: tuple[str, ...]
    promises: tuple[Promise, ...]
    short_tables: tuple[str, ...]

    __pydantic_config__ = STRICT


def model_card(scorer: "Scorer") -> str:
    """The card of a model, in Markdown; the same text for the same model."""
    facts = scorer.facts
    title = scorer.training.study if facts is None else facts.title
    parts = [
        f"# Model card: {_plain(title)}",
        "\n".join(_about(scorer)),
        "## Verdict",
        *_verdict(scorer),
        "## Segments",
        _table(
            ("id", "name", "accounts", "share"),
            _segments(scorer),
        ),
        "## Learned from",
        *_data(scorer),
        "## Features",
        _table(("feature", "unit", "possible", "not known", "what it says"), _features(scorer)),
        "## What happened next",
        *_afterwards(scorer),
        "## How often its probabilities come true",
        *_calibration(scorer),
        "## Limits",
        _list(_limits(scorer)),
        "## Not to be used",
        _list(_misuse(scorer)),
    ]
    return "\n\n".join(parts) + "\n"


#: MLflow's limit of a description.
_MOST_LETTERS = 5_000


def card_in_short(scorer: "Scorer") -> str:
    """What stands first in the card, short enough for the description of a registered model."""
    text = model_card(scorer).partition("\n## Learned from")[0].strip()
    more = "\n\nThe whole card: `model_card.md` in the folder of the scorer."
    return text[: _MOST_LETTERS - len(more)] + more


def _about(scorer: "Scorer") -> Iterator[str]:
    training, model = scorer.training, scorer.model
    kind = model.algorithm if model.covariance_type is None else (
        f"{model.algorithm}, {model.covariance_type} covariances"
    )  # fmt: skip
    yield (
        f"Study `{training.study}`, as of {training.as_of}: {model.k} {training.group_word[1]} of "
        f"{sum(training.sizes):,} accounts, by {kind}."
    )
    if training.config_hash:
        yield f"Configuration `{training.config_hash[:_SHOWN_DIGITS]}`."


def _verdict(scorer: "Scorer") -> Iterator[str]:
    facts = scorer.facts
    if facts is None:
        yield f"{scorer.training.verdict.capitalize()}. {_NO_STUDY}"
        return
    yield f"**{scorer.training.verdict.capitalize()}.** {facts.structure}"
    yield _list(facts.reasons)


_NO_STUDY = "This model was made without a study: nothing more is known of how it came about."


def _segments(scorer: "Scorer") -> Iterator[Sequence[str]]:
    n = max(1, sum(scorer.training.sizes))
    rows = zip(scorer.segment_ids, scorer.segment_names, scorer.training.sizes, strict=True)
    for id_, name, size in rows:
        yield id_, name, f"{size:,}", percent_in_words(size / n, 2)


def _data(scorer: "Scorer") -> Iterator[str]:
    n, training = sum(scorer.training.sizes), scorer.training
    yield (
        f"{n:,} accounts that were active on {training.as_of}. Rows of later dates told what "
        "happened next, and nothing else."
    )
    if scorer.facts is not None and scorer.facts.tables:
        yield _table(
            ("table", "rows", "first", "last", "fingerprint"),
            [
                (
                    *(table.name, f"{table.rows:,}", _day(table.first), _day(table.last)),
                    f"`{table.fingerprint[:_SHOWN_DIGITS]}`",
                )
                for table in scorer.facts.tables
            ],
        )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _features(scorer: "Scorer") -> Iterator[Sequence[str]]:
    told = {one.name: one for one in scorer.facts.features} if scorer.facts else {}
    columns = zip(scorer.standardiser.columns, scorer.standardiser.ranges, strict=True)
    for column, values in columns:
        fact = told.get(column.feature)
        yield (
            f"{column.feature if fact is None else fact.title} (`{column.feature}`)",
            values.unit,
            values.possible_in_words,
            percent_in_words(column.missing_share, 2),
            "" if fact is None else fact.meaning,
        )


def _afterwards(scorer: "Scorer") -> Iterator[str]:
    facts = scorer.facts
    if facts is None or not (facts.claims or facts.promises):
        yield "Not looked at: no outcome was observed after that date, or there was no study."
        return
    if facts.claims:
        yield _list(facts.claims)
    names = scorer.called.by_id
    if facts.promises:
        yield _table(
            ("segment", "outcome", "within", "accounts", "share", "95 % interval"),
            [
                (
                    names.get(one.segment_id, one.segment_id),
                    *(one.outcome, f"{one.days} days", f"{one.n:,}", percent_in_words(one.rate, 2)),
                    f"{percent_in_words(one.low, 2)} to {percent_in_words(one.high, 2)}",
                )
                for one in facts.promises
            ],
        )
        yield (
            "Of a later year these shares are no forecast: they are what to hold the next year "
            "against."
        )


def _calibration(scorer: "Scorer") -> Iterator[str]:
    if not scorer.tenths:
        yield "Not measured: there is one segment, or the model was not made here."
        return
    yield (
        "Accounts that its parameters had not seen, with features masked: how often the answer is "
        "the segment that all their features give."
    )
    yield _table(
        ("probability said", "came true", "share of the answers"),
        [
            tuple(percent_in_words(value, 2) for value in (one.said, one.came_true, one.share))
            for one in scorer.tenths
        ],
    )


def _limits(scorer: "Scorer") -> Iterator[str]:
    facts, needed = scorer.facts, scorer.requirements
    if needed.age_days:
        yield f"An account younger than {needed.age_days} days gets no segment."
    yield (
        f"An account of which fewer than {needed.n_known} of the {needed.n_features} features are "
        "known gets no segment; one of which less than "
        f"{percent_in_words(LEAST_KNOWN_SHARE)} are known is marked in its `reason`."
    )
    if scorer.exceptions.n:
        yield scorer.exceptions.in_words
    yield f"It looks back {scorer.features.window_days} days: score tables of the whole window."
    yield (
        f"About {percent_in_words(scorer.expected_novel_share, 2)} of accounts like those it was "
        "learned from are called unlike them all the same."
    )
    yield (
        "It knows the accounts of one company on one date. What changes later is not in it: watch "
        "it, and study again."
    )
    if facts is None:
        return
    if facts.short_tables:
        yield (
            f"{', '.join(facts.short_tables)} began inside the look-back window when it was "
            "learned: counts were too low then, and will be larger later."
        )
    if facts.is_circular:
        yield (
            f"{facts.amount_name} or what follows from it is among its features: its agreement "
            f"with {facts.amount_name} tiers is circular and proves nothing."
        )


def _misuse(scorer: "Scorer") -> Iterator[str]:
    facts = scorer.facts
    if not scorer.training.are_clusters:
        yield (
            "to say that the accounts fall into natural groups: the segments are cuts through "
            "accounts that shade into each other."
        )
    if facts is not None and not facts.segments_return:
        yield (
            "as a finding about single accounts: on other accounts the cut would lie elsewhere. "
            "It may serve as a rule."
        )
    if facts is None or not facts.claims:
        yield "to forecast churn, renewal or expansion: no gain over the tiers is claimed."
    yield "to judge or to pay the people who look after the accounts."
    yield "on accounts of another company or features in other units, or without a look at `novel`."
    yield "to set prices or discounts: a segment says what accounts are like, not their worth."


def _list(sentences: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(f"- {_plain(sentence)}" for sentence in sentences)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """One line, in which nothing is HTML."""
    return re.sub(r"<(?! )", "&lt;", " ".join(text.split()))  # "p < 0.05" is no tag
