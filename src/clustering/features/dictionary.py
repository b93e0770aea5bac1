"""`docs/features.md`: every feature in words, written from its definition.

`python -m clustering.documentation` writes the page; a test compares it with what stands there.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from types import ModuleType

from clustering.config import FeaturesConfig, UsageMixConfig
from clustering.features.families import categories, trends, usage_mix
from clustering.features.measures import Period
from clustering.features.registry import FAMILIES, FEATURES, withheld
from clustering.features.types import Feature, possible_values

_OPENING = """\
# Features

Generated from the definitions in `src/clustering/features`; do not edit.

Every feature describes one account **as it was known on the as-of date**. A row counts when it
had happened by then and, where the table says when it was entered, had been entered by then. What
became known later about such a row is not seen: that a ticket was closed, a contract ended, a
milestone reached.

**Missing is never zero.** Where something is not known, the value is missing, and the line "Missing
when" says why. A zero is a true zero: the account was observed, and nothing happened.

**Look-back window.** "The last {window} days" is the window of the configuration
(`features.window_days`, by default {window}), up to and including the as-of date. The texts below
are for the default.

**Enters the matrix** says whether the feature may form segments by default. What follows from the
size of an account (its ARR, seats, raw volumes) may not, because segments made from size agree
with ARR tiers by construction; nor may what grows with its age. Such features still describe the
segments, and the configuration can let them in (`features.include_commercial`,
`include_size_proxies`, `include_tenure`); the report says so then.

**Shares of few** (due milestones, measured outcomes, tickets) are drawn a little towards one half,
(count + 1/2) / (all + 1): one of one is 75 %, ten of ten are 95 %. One lucky event is not
perfection. The rule is the same for all accounts and does not depend on the others.
"""

_OWN = """\
## Features of your own

`[[features.own]]` in the study's TOML adds a feature that is described, screened, scored, exported
and reported like every other. It is one SQL expression over the tables of
[the contract](tables.md), or a column of `accounts` with the date since which it is known.

```toml
[[features.own]]
name = "severe_tickets_open"
title = "severe tickets still open"
unit = "tickets"
scale = "count"                # share, count, amount, days, signed or binary
higher_is_better = false
family = "engagement"          # weighed with this family; without it, a family "own"
words = ["no severe ticket open", "severe tickets open"]
table = "tickets"              # whose rows of an account are summed up
sql = "count(*) FILTER (WHERE severity = 'high' AND closed_on IS NULL)"
empty_is_zero = true           # an account without a ticket has none open

[[features.own]]
name = "health_score"
unit = "points, 0 to 10"
scale = "amount"
column = "health"              # of accounts
known_on = "health_scored_on"  # before this date it is missing
```

- **It cannot see the future.** The SQL runs on copies of the rows that were known on the as-of
  date, where nothing else can be reached: no file, no clock, no other table. `as_of` and
  `window_days` are columns of every table. Of `accounts` it sees `started_on`, `ended_on`,
  `industry`, `region` and `employees`: of all others nothing says since when they hold.
- With `table = "accounts"` (the default) the expression is about one row, and other tables are
  read by a query in brackets: `(SELECT count(*) FROM surveys s WHERE s.account_id =
  accounts.account_id)`.
- What is made from `arr` or `amount` follows from the size of an account and stays out of the
  matrix, as does what says so itself (`size_proxy`, `age_proxy`).
- Missing is not zero, unless `empty_is_zero` says so: an account without rows in `table` has no
  value.
"""

_TEXT = """\
### `{name}`

{meaning}

- Unit: {unit}
- Possible: {possible}
- Missing when: {null_means}
- Needs: {needs}
- Enters the matrix: {enters}
- In a segment's name: low is "{low}", high is "{high}"{better}
"""


def features_page() -> str:
    """`docs/features.md`: what every feature means, in the words of the definitions."""
    default = FeaturesConfig()
    reasons = withheld(default)
    parts = [_OPENING.format(window=default.window_days), *_contents(), _horizon_pointer()]
    for module in FAMILIES:
        family = _name(module)
        # What stands at the head of a family's file.
        parts += [f"## {family.capitalize()}\n", f"{(module.__doc__ or '').strip()}\n"]
        parts += [_entry(f, reasons.get(f.name)) for f in FEATURES if f.family == family]
    parts += ["## Trends\n", f"{(trends.__doc__ or '').strip()}\n"]
    let_in = withheld(FeaturesConfig(include_trends=True))
    period = Period(date.min, default.window_days)
    for definition in trends.DEFINITIONS:
        reason = let_in.get(definition.name, "features.include_trends lets it in")
        parts.append(_entry(definition.described(period), reason))
    parts += ["## Usage mix\n", f"{(usage_mix.__doc__ or '').strip()}\n", *_example_of_mix()]
    parts += ["## Categories\n", f"{(categories.__doc__ or '').strip()}\n", _OWN]
    return "\n".join(parts)


def _example_of_mix() -> Iterator[str]:
    """One part stands for all of them: their names are the product's."""
    mix = UsageMixConfig(include=True, parts=("reports",))
    period = Period(date.min, FeaturesConfig().window_days)
    for definition in usage_mix.mix_definitions(mix):
        yield _entry(definition.described(period), "features.usage_mix.include lets it in")


def _contents() -> Iterator[str]:
    yield "| family | features |"
    yield "| --- | --- |"
    for family in map(_name, FAMILIES):
        names = [f"[`{f.name}`](#{f.name})" for f in FEATURES if f.family == family]
        yield f"| {family} | {', '.join(names)} |"
    yield ""


def _horizon_pointer() -> str:
    return (
        "Outcomes after the as-of date (churn, renewal, expansion, NRR, GRR) are not features:\n"
        "they are computed apart (`clustering.features.horizon`), for comparison only.\n"
    )


def _name(family: ModuleType) -> str:
    return family.__name__.rpartition(".")[2]


def _entry(feature: Feature, reason: str | None) -> str:
    better = {True: " (high is better)", False: " (low is better)", None: ""}
    return _TEXT.format(
        name=feature.name,
        meaning=feature.meaning,
        unit=feature.unit,
        possible=possible_values(feature.possible),
        null_means=feature.null_means,
        needs=_listed(feature.needs),
        enters="yes" if reason is None else f"no by default ({reason})",
        low=feature.words[0],
        high=feature.words[1],
        better=better[feature.higher_is_better],
    )


def _listed(needs: Iterable[str]) -> str:
    """Tables and columns in words, from names such as "usage" and "usage.active_users"."""
    parts = []
    for need in needs:
        table, _, column = need.partition(".")
        parts.append(f"`{column}` in table `{table}`" if column else f"table `{table}`")
    return ", ".join(parts)
