"""The page of a monitor: the decision first, then what it rests on."""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from clustering.monitor.energy import EnergyTest
from clustering.monitor.outcomes import OUTCOMES_SINCE
from clustering.monitor.run import Monitored, Monitoring
from clustering.monitor.segments import MIGRATIONS, SEGMENTS_NOW
from clustering.movement.drift.population import DRIFT
from clustering.report.build.pages import single_page
from clustering.report.kit.cells import MISSING, amount, number, p_cell, share, text
from clustering.report.kit.html import Column, Html, Number, bullets, paragraphs, table_of
from clustering.report.subjects.movement.figures import drift_figure
from clustering.scorer.answers.explain import DIGITS
from clustering.wording import name_in_words, number_in_words, percent_in_words

_HEADINGS = {
    "keep": "Keep the model",
    "refit": "Learn the model again on the same groups",
    "re-cut": "Cut the accounts again",
    "unknown": "Not known whether to keep the model",
}

#: A median further behind the point is no amount of anything: a trend beside 0.
_MOST_DECIMALS = 4


def _medians(row: Mapping[str, float]) -> list[Number]:
    """Both medians of a feature to the same decimals, those of three digits of the larger."""
    medians = [row[name] for name in ("median_first", "median_last")]
    largest = max((abs(one) for one in medians if not math.isnan(one)), default=0.0)
    needed = DIGITS - 1 - math.floor(math.log10(largest)) if largest > 0 else 0
    decimals = min(max(0, needed), _MOST_DECIMALS)
    return [
        Number(MISSING if math.isnan(one) else number_in_words(round(one, decimals), 9))
        for one in medians
    ]


_TESTS = (
    Column("Compared", lambda row: row[0]),
    Column("Distance", lambda row: number("value", ",.3f")(row[1])),
    Column("By chance", lambda row: number("expected", ",.3f")(row[1])),
    Column("Standard errors above chance", lambda row: number("z", ",.1f")(row[1])),
    Column("p", lambda row: p_cell(row[1].p)),
    Column("Accounts then", lambda row: amount("n_first")(row[1])),
    Column("Accounts today", lambda row: amount("n_last")(row[1])),
)
_DRIFT = (
    Column("Feature", lambda row: name_in_words(row["feature"])),
    Column("Unit", text("unit")),
    Column("Stability index", number("psi", ",.2f")),
    Column("By chance below", number("null_high", ",.2f")),
    Column("Median then", lambda row: _medians(row)[0]),
    Column("Median today", lambda row: _medians(row)[1]),
    Column("Missing then", share("missing_first")),
    Column("Missing today", share("missing_last")),
)
_SEGMENTS = (
    Column("Segment", text("segment_name")),
    Column("Accounts in training", amount("n_then")),
    Column("Share", share("share_then")),
    Column("Accounts today", amount("n_now")),
    Column("Share", share("share_now")),
)
_MIGRATIONS = (
    Column("From", text("from_segment")),
    Column("To", text("to_segment")),
    Column("Accounts", amount("n_accounts")),
    Column("Of those that were there", share("share_of_from")),
)
_OUTCOMES = (
    Column("Outcome", text("outcome")),
    Column("Segment on the training date", text("segment_name")),
    Column("Accounts", amount("n")),
    Column("Rate", share("rate")),
    Column("At least", share("low")),
    Column("At most", share("high")),
    Column("Promised", share("promised")),
    Column("Kept", text("kept")),
)


def monitor_page(monitored: Monitored) -> str:
    """The whole page, which works offline."""
    found = monitored.found
    title = _HEADINGS[found.decision]
    return single_page(
        title=title,
        about=f"Model {found.model_version} of study {found.study}",
        as_of=found.as_of,
        content="\n".join(part.text for part in _parts(monitored, title)),
        footer=f"Model {found.model_version}, learned as of {found.trained_as_of}. Every number on "
        "this page stands in monitor.json or in a table beside it. No account is named.",
    )


def _parts(monitored: Monitored, title: str) -> Iterator[Html]:
    found, frames = monitored.found, monitored.frames
    yield Html(f"<h1>{title}</h1>")
    yield Html(f'<div class="answer">{paragraphs([found.sentence]).text}</div>')
    yield bullets(found.reasons)
    if found.not_known:
        yield Html("<h2>Not known</h2>")
        yield bullets(found.not_known)
    if found.energy is not None:
        yield Html("<h2>Are the accounts distributed otherwise?</h2>")
        yield paragraphs([_how(found)])
        yield table_of("Energy distance of today from the training date", _TESTS, _tests(found))
    if DRIFT.name in frames:
        drift = frames[DRIFT.name]
        yield Html("<h2>Which features have drifted</h2>")
        yield Html(drift_figure(drift, found.trained_as_of)._repr_html_())
        yield table_of("Features, the furthest first", _DRIFT, _rows(drift))
    yield Html("<h2>The segments</h2>")
    yield table_of("Accounts by segment", _SEGMENTS, _rows(frames[SEGMENTS_NOW.name]))
    if MIGRATIONS.name in frames and found.migration is not None:
        caption = f"From {found.migration.since} to {found.as_of}"
        yield table_of(caption, _MIGRATIONS, _rows(frames[MIGRATIONS.name]))
    if len(frames.get(OUTCOMES_SINCE.name, ())):
        yield Html("<h2>What happened since training</h2>")
        yield table_of("Outcomes by segment", _OUTCOMES, _rows(frames[OUTCOMES_SINCE.name]))


def _how(found: Monitoring) -> str:
    left = (
        ""
        if found.unexplained is None or found.decision == "keep"  # no change within to split
        else f" Of the change within the segments {percent_in_words(found.unexplained, 2)} is left "
        "after what changed alike for all accounts was undone."
    )
    return (
        "The energy distance compares all features of the model together; it is held against what "
        f"exchanging the dates gives.{left}"
    )


def _tests(found: Monitoring) -> list[tuple[str, EnergyTest]]:
    tests = (
        ("all accounts", found.energy),
        ("within segments", found.within_segments),
        ("within segments, common change undone", found.after_common_change),
    )
    return [(name, test) for name, test in tests if test is not None]


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
