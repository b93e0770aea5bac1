"""`docs/schemes.md`, generated from the rules, their settings and the axes."""

import inspect
from collections.abc import Callable, Iterator

from pydantic import BaseModel

from clustering.config import SchemesConfig
from clustering.expressions import FUNCTIONS
from clustering.schemes.composites import AMOUNTS, COMPOSITES, Composite
from clustering.schemes.registry import SCHEMES
from clustering.schemes.scheme import Scheme
from clustering.schemes.stages import STAGES, lifecycle_stage

_INTRODUCTION = """# Schemes

Segmentations by rule that practitioners have proposed, and those that a company already has. Each
is applied to the same snapshot as the learned segments and compared with them on the same footing.
A scheme that the accounts do not allow stays out of the comparison, and the study says why. This
page is generated from the code.

Rules that read milestones, outcomes or usage share their inputs with the learned segments, so some
agreement with them is by construction. The ARR tiers, employee bands, books and the company's own
columns share none.

## Axes

An axis is a weighted mean of its parts. A part is 0 and 1 at the values in the table, on a straight
line between them, and held there beyond. What is not known for an account is left out of its mean;
below `schemes.axes.least_evidence` of the weight the axis is missing. Weights are settings. The
share of the weight that was known stands beside every axis in `schemes.parquet`, as its evidence.

| axis | unit | meaning |
| --- | --- | --- |
"""

_AMOUNTS = """
`cost_to_serve` is of the hours and tickets of the look-back window, by the year, at
`schemes.axes.cost`, and missing without the table engagements.
"""

_OWN = '''## Schemes of your own

A company's own segmentation takes part like every other: in the comparison, the forward judgement
and the report. It is named in the study's TOML, in one of three ways; no Python is needed.

A column of `accounts`, which the contract need not know:

```toml
[[schemes.own]]
name = "plan"
column = "plan"
levels = ["basic", "pro"]   # optional: their order; any other label is an error then
```

It is taken as it stands in the extract: nothing tells since when it holds, so a column that was
filled in after the as-of date must stay out.

Rules in order, of which the first that holds gives the label. A condition names an axis, a feature
(docs/features.md) or an attribute of the account, and gives `min`, `max` (both included),
`min_quantile`, `max_quantile` or `one_of`:

```toml
[[schemes.own]]
name = "care"
otherwise = "light"
rules = [
  { label = "heavy", where = { churn_risk = { min = 0.5 }, arr = { min = 50000 } } },
  { label = "steady", where = { lifecycle_stage = { one_of = ["expanding", "mature"] } } },
]
```

What is missing decides nothing: an account for which a rule is not known, and no earlier one
holds, has no label.

One SQL expression, evaluated by DuckDB:

```toml
[[schemes.own]]
name = "care_sql"
sql = """
CASE WHEN churn_risk >= 0.5 AND arr >= 50000 THEN 'heavy'
     WHEN churn_risk IS NULL OR arr IS NULL THEN NULL
     ELSE 'light' END
"""
```

In SQL a condition on a missing value does not hold, so ELSE takes such accounts unless a line like
the second says otherwise; how many lack a column stands in the rule. The expression may compare,
calculate, match texts with LIKE, and call FUNCTIONS. It reads no file and no other account, and
nothing that changes from one run to the next: queries, windows, sums, dates of today and random
numbers are refused by name. At most 60 labels can be compared.

A name that nobody knows stops the study, with the nearest known ones; all mistakes come at once. A
name that these accounts have no data for keeps the scheme out, with the table that would allow it.

'''

_SOURCES = """## Sources

Public posts by their short names: Mong 2021; Zubayrov 2021; Knoefel 2021; Eizips 2017; Murphy;
Pickens; Mansdorf 2020; Farmer 2020. The thresholds are settings of this project wherever the source
gives no number.
"""


def schemes_page() -> str:
    """The text of `docs/schemes.md`."""
    settings = SchemesConfig()
    axes = settings.axes
    lines = [_INTRODUCTION + "\n".join(_units()) + "\n"]
    for composite in COMPOSITES:
        lines += _axis(composite, composite.weights(axes))
    lines.append(_AMOUNTS)
    lines.append(f"And one is a name, `lifecycle_stage`: {', '.join(STAGES)}.\n")
    lines.append(f"{_prose(lifecycle_stage)}\n")
    lines += ["| setting | default | meaning |", "| --- | --- | --- |"]
    lines += [*_settings(axes.stages, "schemes.axes.stages."), ""]
    lines.append("## Rules\n")
    for scheme in SCHEMES:
        lines += _scheme(scheme, settings)
    listed = ", ".join(f"`{name}`" for name in FUNCTIONS)
    lines.append(_OWN.replace("FUNCTIONS", listed) + _SOURCES)
    return "\n".join(lines)


def _units() -> Iterator[str]:
    for composite in COMPOSITES:
        yield f"| `{composite.name}` | 0..1 | {composite.meaning} |"
    for name, unit, meaning in AMOUNTS:
        yield f"| `{name}` | {unit} | {meaning} |"
    yield "| `lifecycle_stage` | name | where the account is in its lifecycle |"


def _axis(composite: Composite, weights: dict[str, float]) -> Iterator[str]:
    yield f"### `{composite.name}`\n"
    yield f"{_sentence(composite.meaning)}\n"
    yield "| part | reads | 0 at | 1 at | weight | from |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for part in composite.parts:
        yield (
            f"| {part.name} | `{part.column}` | {part.zero_at:g} | {part.one_at:g} | "
            f"{weights[part.name]:g} | {part.table}{' (essential)' * part.essential} |"
        )
    yield ""


def _scheme(scheme: Scheme, settings: SchemesConfig) -> Iterator[str]:
    yield f"### `{scheme.name}`\n"
    yield f"{_prose(scheme.rule)}\n"
    source = _section(scheme.rule, "References")
    if source:
        yield f"Source: {' '.join(source.split())}\n"
    if scheme.settings is not None:
        part: BaseModel = getattr(settings, scheme.settings)
        yield "| setting | default | meaning |"
        yield "| --- | --- | --- |"
        yield from _settings(part, f"schemes.{scheme.settings}.")
        yield ""


def _prose(rule: Callable[..., object]) -> str:
    """What a docstring says before its first section."""
    text = inspect.cleandoc(rule.__doc__ or "")
    for section in ("Raises", "References", "Examples"):
        text = text.partition(f"\n\n{section}\n")[0]
    return text


def _section(rule: Callable[..., object], name: str) -> str:
    text = inspect.cleandoc(rule.__doc__ or "")
    return text.partition(f"\n{name}\n{'-' * len(name)}\n")[2].partition("\n\n")[0]


def _settings(part: BaseModel, prefix: str) -> Iterator[str]:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            for key, default in value.model_dump().items():
                yield f"| `{prefix}{name}.{key}` | {_shown(default)} | {field.description} |"
        else:
            yield f"| `{prefix}{name}` | {_shown(value)} | {field.description} |"


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    return f"{value:,g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
