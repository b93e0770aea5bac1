"""Usage mix: how an account's use is divided among the features of the product.

Two accounts may use the product as broadly and as often, one for its reports, the other through
its programming interface. The other features of usage are alike for both; the mix is not. It is
computed on request (`features.usage_mix.include`), since it needs the names of what is used.

Shares add up to one: when one grows the others shrink, so distances between bare shares mislead.
Each share is therefore taken relative to the geometric mean of all of them and on the logarithmic
scale (the centred log-ratio of Aitchison, 1986, The Statistical Analysis of Compositional Data):
0 is a share as large as that mean, 0.69 twice, -0.69 half of it.

- *What is told apart*: the features (or modules) that a tenth of the accounts with use have used in
  the window, at most twelve (`least_share`, `most_parts`). All others are one part, "everything
  else", which counts in the mean and has no column of its own: it follows from the others. Where
  nothing else is used, the least used feature is that part.
- *Nothing used of a part*: one percentage point is added to every share before the logarithm, so
  that none is far from few and not infinitely far. It is of the share, not of the number of
  events, so that it does not depend on how large an account is.
- *The list is fixed when the study is made*: a scorer, and every earlier date that is looked at,
  divides use among the same features, whatever is used then.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import FeaturesConfig, UsageMixConfig
from clustering.features.definition import Definition
from clustering.features.engines import column_names
from clustering.features.measures import Measure, Period

FAMILY = "usage_mix"

#: Added to every share: none of a part is as far from one in a hundred as that from three.
LIFT = 0.01
#: The shares of fewer events are chance.
LEAST_EVENTS = 20

_LONGEST = 40
_EVENTS = Measure("usage_events", "usage", nw.col("events"), "sum", dated="used_on")


def mix_definitions(mix: UsageMixConfig) -> tuple[Definition, ...]:
    """One feature for each part that is told apart; none until the parts are known.

    Examples
    --------
    >>> mix = UsageMixConfig(include=True, parts=("Reports", "API (v2)"))
    >>> [feature.name for feature in mix_definitions(mix)]
    ['mix_reports', 'mix_api_v2']
    """
    if not mix.include or not mix.parts:
        return ()
    names = part_names(mix.parts)
    measures = tuple(_used(part, name, mix.by) for part, name in zip(mix.parts, names, strict=True))
    return tuple(
        _definition(part, name, measures, place)
        for place, (part, name) in enumerate(zip(mix.parts, names, strict=True))
    )


def part_names(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the features of parts, which do not depend on their order.

    Examples
    --------
    >>> part_names(("Audit log", "audit-log", "レポート"))
    ('mix_audit_log_e4d3', 'mix_audit_log_1082', 'mix_part_e284')
    """
    short = [re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_")[:_LONGEST] for part in parts]
    return tuple(
        f"mix_{name or 'part'}" + ("" if name and short.count(name) == 1 else f"_{_mark(part)}")
        for part, name in zip(parts, short, strict=True)
    )


def with_parts(
    config: FeaturesConfig,
    visible: Mapping[str, nw.LazyFrame[Any]],
    active: "pd.Index[str]",
    period: Period,
) -> FeaturesConfig:
    """The configuration with the parts that are told apart, where it does not name them yet.

    Parameters
    ----------
    visible : the tables as they were known on the date
    active : the accounts that count
    """
    mix = config.usage_mix
    if not mix.include or mix.parts or "usage" not in visible:
        return config
    usage = visible["usage"]
    by = mix.by or ("module" if "module" in column_names(usage) else "feature")
    if by not in column_names(usage):
        return config
    used = usage.filter(period.last("used_on") & (nw.col("events") > 0))
    pairs = used.select(ACCOUNT_ID, part=_part(by)).unique().collect("pandas").to_native()
    pairs = pairs.astype({ACCOUNT_ID: "str", "part": "str"})
    parts = _parts(pairs[pairs[ACCOUNT_ID].isin(active)], mix)
    fixed = mix.model_copy(update={"by": by, "parts": parts})
    return config.model_copy(update={"usage_mix": fixed})


def mix_notes(config: FeaturesConfig) -> tuple[str, ...]:
    """What a reader of the features must know about the mix."""
    mix = config.usage_mix
    if not mix.include:
        return ()
    if not mix.parts:
        return (
            "The usage mix was asked for (features.usage_mix.include) and is not computed: it "
            f"needs the table 'usage'{f' with {mix.by}' if mix.by else ''} and two features that "
            f"{mix.least_share:.0%} of the accounts with use have used in the window.",
        )
    return (
        f"The usage mix tells {len(mix.parts)} {mix.by}s apart: {', '.join(mix.parts)}; all other "
        "use is one part.",
    )


def _parts(pairs: pd.DataFrame, mix: UsageMixConfig) -> tuple[str, ...]:
    """The parts that enough accounts use, the most used first, without the one that is the rest."""
    accounts = pairs["part"].value_counts()
    ordered = sorted(accounts.index, key=lambda part: (-accounts[part], part))
    least = mix.least_share * pairs[ACCOUNT_ID].nunique()
    told = [part for part in ordered if accounts[part] >= least][: mix.most_parts]
    return tuple(told if len(told) < len(ordered) else told[:-1])


def _part(by: str | None) -> nw.Expr:
    return nw.coalesce(nw.col("module"), nw.col("feature")) if by == "module" else nw.col("feature")


def _used(part: str, name: str, by: str | None) -> Measure:
    events = nw.when(_part(by) == nw.lit(part)).then(nw.col("events"))
    columns = ("module",) if by == "module" else ()
    return Measure(f"usage_events_of_{name}", "usage", events, "sum", columns, dated="used_on")


def _definition(part: str, name: str, measures: tuple[Measure, ...], place: int) -> Definition:
    most = math.ceil(10 * math.log((1 + LIFT) / LIFT)) / 10
    called = f"{part[:_LONGEST]}…" if len(part) > _LONGEST else part
    quoted = part.replace("{", "{{").replace("}", "}}")
    return Definition(
        name=name,
        family=FAMILY,
        unit="centred log-ratio",
        meaning=f"Share of '{quoted}' in the use of the last {{window}} days, by events, relative "
        "to the geometric mean of the shares of all parts of the product, as a logarithm: 0 is "
        "as large as that mean, 0.69 twice, -0.69 half of it.",
        null_means=f"fewer than {LEAST_EVENTS} events in the last {{window}} days",
        scale="signed",
        higher_is_better=None,
        words=(f"{called} a small part of use", f"{called} a large part of use"),
        within=(-most, most),
        shown=f"{called} in the usage mix",
        measures=(*measures, _EVENTS),
        formula=_log_ratio(measures, place),
    )


def _log_ratio(measures: tuple[Measure, ...], place: int) -> nw.Expr:
    total = _EVENTS.value
    told = measures[0].value
    for measure in measures[1:]:
        told = told + measure.value
    logs = [((m.value / total) + LIFT).log() for m in measures]
    logs.append(((total - told) / total + LIFT).log())
    mean = logs[0]
    for one in logs[1:]:
        mean = mean + one
    return nw.when(total >= LEAST_EVENTS).then(logs[place] - mean / len(logs))


def _mark(part: str) -> str:
    return hashlib.sha256(part.encode()).hexdigest()[:4]
