"""A scorer as one SELECT: from a table of features to the segments of its accounts."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.export.columns import column_stages, double_column, finite
from clustering.export.dialects import SOURCE, Dialect, fence, render, table_name
from clustering.export.odd import odd_stage
from clustering.export.reasons import reason_columns, reason_stages
from clustering.export.scores import score_stages
from clustering.export.stages import Stage, query
from clustering.export.terms import LARGEST, case, exponential, largest, name, number, text, total
from clustering.models.kinds import GaussianModel
from clustering.scorer import Scorer
from clustering.scorer.answers.scores import BEYOND, LEAST_KNOWN_SHARE, LITTLE_KNOWN
from clustering.scorer.answers.withheld import Requirements, for_days

#: Stands in a sentence for a number that only the query knows.
_GAP = "\0"


def scoring_sql(
    scorer: Scorer,
    dialect: Dialect,
    table: str = "features",
    *,
    has_age: bool = True,
    reasons: bool = True,
) -> str:
    """Write one SELECT that scores every row of a table, as `Scorer.score_features` does.

    Parameters
    ----------
    scorer : whose segments are given
    dialect : of the warehouse
    table : with `account_id` and one numeric column a feature of the model, in raw units
    has_age : whether the table has the age of the accounts in days, as `tenure_days`; without it
        no account is too young for a segment
    reasons : whether `why` and `against_runner_up` follow

    Raises
    ------
    BadInputError
        `table` is not the name of one, or the model has too many features with covariances.
    """
    stages = [*_stages(scorer, has_age=has_age), *reason_stages(scorer)]
    result = _result(scorer) | (reason_columns(scorer) if reasons else {})
    written = query(SOURCE, stages, result, fence(dialect))
    return render(written, dialect, table_name(table, dialect))


def _stages(scorer: Scorer, *, has_age: bool) -> Iterator[Stage]:
    first, *others = column_stages(scorer.standardiser)
    age = double_column(TENURE_DAYS) if has_age else "CAST(NULL AS DOUBLE)"
    account = {"account": name(ACCOUNT_ID)}
    yield Stage(first.name, {**account, "given_age": age, **first.columns})
    yield from others
    yield odd_stage(scorer.standardiser.ranges)
    d, k = len(scorer.standardiser.columns), scorer.model.k
    counted = (case({f"z{j} IS NULL": "0"}, "1") for j in range(d))
    yield Stage("counted", {"n": total(counted), "age": finite("given_age")})
    yield from score_stages(scorer.model)
    yield Stage("scored", {f"s{c}": _score(scorer, c) for c in range(k)})
    yield from _best_stages(scorer)
    yield from _fit_stages(scorer)
    yield from _odds_stages(scorer)
    yield Stage("withheld", {"lacks": _lacks(scorer)})


def _score(scorer: Scorer, c: int) -> str:
    """What is largest for the segment of an account: `Model.log_scores`."""
    return f"g{c} - 0.5e0 * q{c}" if _has_density(scorer) else f"-q{c}"


def _has_density(scorer: Scorer) -> bool:
    return isinstance(scorer.model, GaussianModel)


def _best_stages(scorer: Scorer) -> Iterator[Stage]:
    """The segment and the runner-up: the first of equally good ones."""
    k = scorer.model.k
    yield Stage("topped", {"best": largest([f"s{c}" for c in range(k)])})
    yield Stage("chosen", {"chosen": _first({f"s{c} = best": c for c in range(k)})})
    others = [case({f"chosen = {c}": f"-{LARGEST}"}, f"s{c}") for c in range(k)]
    yield Stage("seconded", {"second": largest(others)})
    conditions = {f"chosen <> {c} AND s{c} = second": c for c in range(k)}
    yield Stage("followed", {"follower": _first(conditions) if k > 1 else "-1"})


def _first(conditions: Mapping[str, int]) -> str:
    """The number of the first condition that holds; the last is taken to, if no other does."""
    *earlier, (_, last) = conditions.items()
    return case({condition: str(c) for condition, c in earlier}, str(last))


def _fit_stages(scorer: Scorer) -> Iterator[Stage]:
    """How well the account fits: `Assignment.fit`, held against the limit of novelty."""
    model, limits, k = scorer.model, scorer.novelty_bounds, scorer.model.k
    if isinstance(model, GaussianModel):
        d = model.centres.shape[1]
        heights = np.log(model.weights) - 0.5 * (
            d * math.log(2 * math.pi) + np.linalg.slogdet(model.covariances)[1]
        )
        # What is missing counts as its expectation.
        missing = f"0.5e0 * ({d}e0 - CAST(n AS DOUBLE))"
        densities = {f"f{c}": f"{number(heights[c])} - 0.5e0 * q{c} - {missing}" for c in range(k)}
        yield Stage("densities", densities)
        yield Stage("densest", {"densest": largest([f"f{c}" for c in range(k)])})
        yield Stage("denser", {f"df{c}": f"f{c} - densest" for c in range(k)})
        mixed = total(exponential(f"df{c}") for c in range(k))
        yield Stage("fit", {"fit": f"densest + LN({mixed})"})
        beyond = {f"chosen = {c} AND fit < {number(limit)}": "1" for c, limit in enumerate(limits)}
    else:
        own = {f"chosen = {c}": f"SQRT(q{c})" for c in range(k)}
        yield Stage("fit", {"fit": case(own)})
        beyond = {f"chosen = {c} AND fit > {number(limit)}": "1" for c, limit in enumerate(limits)}
    yield Stage("compared", {"beyond": case(beyond, "0")})


def _odds_stages(scorer: Scorer) -> Iterator[Stage]:
    """Probability and margin, from the scores and the temperature for as much as is known."""
    k, sharpness = scorer.model.k, scorer.model.log_scores(scorer.model.centres.T)[1]
    by_known = {f"n = {known}": number(one) for known, one in enumerate(scorer.temperature)}
    yield Stage("tempered", {"temperature": f"CAST({case(by_known)} AS DOUBLE)"})
    behind = {f"b{c}": f"{number(sharpness)} * (best - s{c})" for c in range(k)}
    # Of a single segment there is no second score.
    behind |= {"b_second": f"{number(sharpness)} * (best - second)"} if k > 1 else {}
    yield Stage("behind", behind)
    # `models.model.flattened`
    flat = {f"a{one[1:]}": f"-temperature * SQRT({one} * SQRT({one}))" for one in behind}
    yield Stage("against", flat)
    odds = {"odds": total(exponential(f"a{c}") for c in range(k))}
    follower = {"odds_second": exponential("a_second") if k > 1 else "0e0"}
    yield Stage("odds", odds | follower)


def _lacks(scorer: Scorer) -> str:
    """Why an account gets no segment: 2 it is too young, 1 too little is known, 0 it gets one."""
    needed = scorer.requirements
    return case(
        {
            f"n > 0 AND age < {needed.age_days}e0": "2",
            f"n < {needed.n_known}": "1",
        },
        "0",
    )


def _result(scorer: Scorer) -> dict[str, str]:
    """The columns of `scorer.scores.SCORES`."""
    d = len(scorer.standardiser.columns)
    probability = "1e0 / odds"

    def given(value: str) -> str:
        return case({"lacks > 0": "NULL"}, value)

    return {
        ACCOUNT_ID: "account",
        "segment": given("chosen"),
        "segment_id": given(_named("chosen", scorer.segment_ids)),
        "segment_name": given(_named("chosen", scorer.segment_names)),
        "probability": given(probability),
        "runner_up": given(_named("follower", scorer.segment_names)),
        "margin": given(f"{probability} - odds_second / odds"),
        "novel": case({"lacks = 0 AND beyond = 1": "TRUE", "odd <> ''": "TRUE"}, "FALSE"),
        "reason": _reason(scorer),
        "known_share": f"CAST(n AS DOUBLE) / {d}e0",
    }


def _named(code: str, names: Sequence[str]) -> str:
    return case({f"{code} = {c}": text(one) for c, one in enumerate(names)})


def _reason(scorer: Scorer) -> str:
    """What is to be said of a row, as `scorer.scores` says it; null where there is nothing."""
    little_known = f"n < {number(LEAST_KNOWN_SHARE * len(scorer.standardiser.columns))}"
    beyond = text(f"; {BEYOND[scorer.model.by_distance]}")
    parts = [
        "odd",
        case({"lacks = 0 AND beyond = 1": beyond}, "''"),
        case({f"lacks = 0 AND {little_known}": text(f"; {LITTLE_KNOWN}")}, "''"),
        _withheld(scorer.requirements),
    ]
    return f"NULLIF(SUBSTR({' || '.join(parts)}, 3), '')"


def _withheld(needed: Requirements) -> str:
    """Why there is no segment, each sentence with its number."""
    days_left = f"CEIL({needed.age_days}e0 - age)"
    return case(
        {
            "n = 0": text(f"; {needed.little_in_words(0)}"),
            "lacks = 1 AND n = 1": text(f"; {needed.little_in_words(1)}"),
            "lacks = 1": _with_number(f"; {needed.little_in_words(_GAP)}", "n"),
            f"lacks = 2 AND {days_left} = 1e0": text(f"; {needed.young_in_words(for_days(1))}"),
            "lacks = 2": _with_number(f"; {needed.young_in_words(for_days(_GAP))}", days_left),
        },
        "''",
    )


def _with_number(sentence: str, value: str) -> str:
    before, _, after = sentence.partition(_GAP)
    whole = f"CAST(CAST({value} AS BIGINT) AS VARCHAR)"
    return f"{text(before)} || {whole} || {text(after)}"
