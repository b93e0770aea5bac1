"""The scenarios: what is true in each, and what an honest study must say of it."""

from dataclasses import dataclass
from typing import Literal

from clustering.errors import BadInputError, did_you_mean

ScenarioName = Literal[
    "needs",
    "tiers",
    "none",
    "one_feature",
    "moving",
    "drift",
    "weak_drift",
    "rescaled",
    "usage_mix",
]


@dataclass(frozen=True)
class Scenario:
    """One planted truth.

    `separation` is the default distance between the two nearest planted groups, in standard
    deviations of an account's latent factors within its group.
    """

    name: ScenarioName
    truth: str
    honest_answer: str
    separation: float


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "needs",
        "four needs segments exist, only loosely related to ARR; renewals follow the needs",
        "clusters found, low agreement with the ARR tiers, forward lift",
        8.0,
    ),
    Scenario(
        "tiers",
        "what accounts need follows their ARR tier, and renewals follow ARR alone",
        "keep the ARR tiers: clusters add nothing",
        9.0,
    ),
    Scenario(
        "none",
        "one continuum of maturity: skewed amounts, correlated features, no groups",
        "no natural clusters",
        0.0,
    ),
    Scenario(
        "one_feature",
        "one feature has two modes, everything else is one continuum",
        "cut that feature with a rule, no clustering needed",
        8.0,
    ),
    Scenario(
        "moving",
        "four needs segments, and half of the accounts pass through them in their lifecycle",
        "movement, not instability",
        8.0,
    ),
    Scenario(
        "drift",
        "four needs segments; nine months before the as-of date the mix and the product change",
        "the earlier segmentation no longer fits: cut again",
        8.0,
    ),
    Scenario(
        "weak_drift",
        "as drift, but a tenth of the segment moves, few new accounts are of the fifth, and the "
        "product changes little",
        "the earlier segments still fit most accounts: no re-cut, and what drifts is named",
        8.0,
    ),
    Scenario(
        "rescaled",
        "four needs segments; nine months before the as-of date the product and what is counted "
        "change alike for everybody",
        "the groups are the same, their numbers are not: refit",
        8.0,
    ),
    Scenario(
        "usage_mix",
        "three groups use different features of the product, as broadly and as often; nothing "
        "else tells them apart",
        "no natural clusters without the usage mix, three with it",
        16.0,
    ),
)


def find_scenario(name: str) -> Scenario:
    """Return the scenario called `name`.

    Raises
    ------
    BadInputError
        There is none; the message names the nearest.

    Examples
    --------
    >>> find_scenario("none").honest_answer
    'no natural clusters'
    """
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    known = [scenario.name for scenario in SCENARIOS]
    hint = did_you_mean(name, known)
    raise BadInputError(f"there is no scenario '{name}'; known are {', '.join(known)}.{hint}")
