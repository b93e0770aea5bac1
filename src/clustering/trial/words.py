"""Sentences on a trial: what it needs, what these accounts can show, and how it is held."""

import pandas as pd

from clustering.trial.arms import ARMS
from clustering.trial.design import TrialDesign
from clustering.wording import happened_in_words, percent_in_words


def size_words(design: TrialDesign, together: str | None = None) -> list[str]:
    """What was observed, what is assumed, how many units that needs, and whether there are so many.

    Parameters
    ----------
    together : column of accounts that are drawn together; None where each is drawn by itself
    """
    asked, unit = design.settings, _units(together)
    low, high = (percent_in_words(end, 2) for end in design.interval)
    rate, hoped = (percent_in_words(share, 2) for share in (design.rate, design.hoped))
    return [
        f"Without it, {rate} of {design.n_observed:,} accounts {happened_in_words(design.outcome)} "
        f"in {design.days} days (95 % interval {low} to {high}).",
        f"Assumed, not measured: the playbook averts {percent_in_words(asked.averted, 2)} of the "
        f"losses (engagement.trial.averted), so that it would be {hoped}.",
        f"To show that with a chance of {percent_in_words(asked.power, 2)}, at the level of "
        f"{percent_in_words(asked.level, 2)}, a trial needs {design.n_needed:,} {unit}, half of "
        "them treated.",
        _enough(design, unit),
    ]


def shows(design: TrialDesign) -> str:
    """The smallest difference that these accounts show, as a predicate.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from clustering.config.plan import TrialConfig
    >>> design = TrialDesign("churned", 365, 0.25, (0.2, 0.3), 111, 0.175, 111, 1040, 0.19,
    ...                      TrialConfig())
    >>> shows(design), shows(replace(design, least_points=None))
    ('can show a difference of at least 19 points', 'cannot show any difference')
    """
    if design.least_points is None:
        return "cannot show any difference"
    points = percent_in_words(design.least_points, 2).removesuffix(" %")
    return f"can show a difference of at least {points} points"


def _enough(design: TrialDesign, unit: str) -> str:
    if design.is_large_enough:
        return f"You have {design.n_units:,}: enough, and a trial on all of them {shows(design)}."
    smaller = "" if design.least_points is None else " A smaller one may be there and not be seen."
    return (
        f"Your book is too small: {design.n_needed:,} {unit} would be needed, you have "
        f"{design.n_units:,}: it {shows(design)}.{smaller}"
    )


def plan_words(
    design: TrialDesign, arms: pd.DataFrame, seed: int, together: str | None = None
) -> list[str]:
    """Who is in which arm, and what has to be settled before the first account is treated."""
    counts = arms["arm"].value_counts()
    treated, waiting = (int(counts.get(arm, 0)) for arm in ARMS)
    n_strata = arms["stratum"].nunique()
    alike = f", alike within {n_strata} tiers" if n_strata > 1 else ""
    drawn = f" Accounts of one {together.replace('_', ' ')} have one arm." if together else ""
    return [
        f"Drawn by lot{alike}: {treated:,} to treat, {waiting:,} to wait (seed {seed}: the same "
        f"study and seed give the same list).{drawn}",
        f"Settle before it starts: after {design.days} days compare how many of all {treated:,} "
        f"and of all {waiting:,} {happened_in_words(design.outcome)}, also of those whom the "
        "playbook did not reach. Do not look earlier, and do not move accounts between the arms.",
    ]


def _units(together: str | None) -> str:
    if together is None:
        return "accounts"
    return f"groups of accounts with one {together.replace('_', ' ')}"
