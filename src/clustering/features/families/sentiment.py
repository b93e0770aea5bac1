"""Sentiment: what people at the customer answered. Silence is not an answer: it stays missing."""

from functools import partial

import narwhals as nw

from clustering.features.definition import Definition, ratio
from clustering.features.measures import Measure, Period, fixed_point, from_fixed_point

feature = partial(Definition, family="sentiment")

#: Surveys go out once or twice a year; the look-back window would miss most answers.
MEMORY_DAYS = 365


def _survey(kind: str) -> tuple[Measure, Measure]:
    """Sum and number of the answers of one kind in the last year."""

    def answered(period: Period) -> nw.Expr:
        is_kind = nw.col("kind").str.to_lowercase() == nw.lit(kind)
        return period.last("answered_on", MEMORY_DAYS) & is_kind

    def total(period: Period) -> nw.Expr:
        return nw.when(answered(period)).then(fixed_point(nw.col("score")))

    return (
        Measure(f"{kind}_score_sum", "surveys", total, "sum"),
        Measure(f"{kind}_answers", "surveys", answered, "count"),
    )


def _scored(period: Period) -> nw.Expr:
    return period.last("closed_on", MEMORY_DAYS) & ~nw.col("score").is_null()


_TICKET_COLUMNS = ("closed_on", "score")
_TICKET_SCORES = (
    Measure(
        "ticket_score_sum",
        "tickets",
        lambda period: nw.when(_scored(period)).then(fixed_point(nw.col("score"))),
        "sum",
        _TICKET_COLUMNS,
    ),
    Measure("ticket_answers", "tickets", _scored, "count", _TICKET_COLUMNS),
)
_NPS, _CSAT, _CES = _survey("nps"), _survey("csat"), _survey("ces")


def _mean_score(
    name: str,
    meaning: str,
    measures: tuple[Measure, Measure],
    words: tuple[str, str],
    most: float = 100.0,  # of any scale that the tables take
) -> Definition:
    total, answers = measures
    return feature(
        name=name,
        unit="points of the scale in use",
        meaning=meaning,
        null_means="no such answer in the last year; silence is not an opinion",
        scale="signed",
        higher_is_better=True,
        words=words,
        within=(0.0, most),
        measures=measures,
        formula=ratio(from_fixed_point(total.name), answers.value),
    )


DEFINITIONS = (
    _mean_score(
        "nps_mean_score",
        "Mean answer of the last year to how likely a recommendation is (0 to 10). The mean, not "
        "promoters less detractors: one account has few answers, and those would jump.",
        _NPS,
        ("unlikely to recommend", "likely to recommend"),
        most=10.0,
    ),
    _mean_score(
        "csat_mean_score",
        "Mean satisfaction in the surveys of the last year; higher is more satisfied.",
        _CSAT,
        ("dissatisfied", "satisfied"),
    ),
    _mean_score(
        "ces_mean_score",
        "Mean answer of the last year to how easy it was to get something done; higher is read as "
        "easier, so a scale of effort must be turned in the mapping.",
        _CES,
        ("finds it hard", "finds it easy"),
    ),
    _mean_score(
        "ticket_mean_score",
        "Mean satisfaction with the tickets closed in the last year; higher is more satisfied.",
        _TICKET_SCORES,
        ("unhappy with support", "happy with support"),
    ),
)
