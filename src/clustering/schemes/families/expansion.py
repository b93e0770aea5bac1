"""When an expansion playbook starts."""

import numpy as np
import pandas as pd

from clustering.config.schemes import ExpansionTriggerConfig
from clustering.features.types import Snapshot
from clustering.schemes.axes import Axes
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, SchemeAbsentError
from clustering.wording import percent_in_words


@scheme("expansion_trigger", "Expansion trigger", order=110, ordered=True, axes=("health",))
def expansion_trigger(snapshot: Snapshot, axes: Axes, config: ExpansionTriggerConfig) -> Groups:
    """Expand now, watch, or none: what starts a playbook, and never moves the touch tier.

    Expand now where at least one of three holds: progress is ahead (milestones early, none
    overdue, outcomes on target), an agreed expand trigger was reached, or the account can be
    modelled after a champion (it is as healthy as the champions are). A condition that is not known
    for an account does not hold for it; where none of the three is known it has no level.

    References
    ----------
    Knoefel 2021.
    """
    conditions = {
        "ahead": _ahead(snapshot, config),
        "trigger": _triggered(snapshot, config),
        "champion": _like_a_champion(snapshot, axes, config),
    }
    known = pd.DataFrame({k: c.notna() for k, c in conditions.items()}).any(axis=1)
    if not known.any():
        raise SchemeAbsentError(
            "'expansion_trigger' needs milestones with projected and achieved dates, agreed "
            "triggers (milestones.is_expand_trigger) or champions (accounts.is_champion)."
        )
    now = pd.DataFrame({k: c.fillna(False) for k, c in conditions.items()}).any(axis=1)
    watch = axes.frame["health"] >= config.watch_health
    level = np.where(now, "expand_now", np.where(watch, "watch", "none"))
    return Groups(
        pd.Series(level, index=known.index, dtype="str").where(known),
        ("none", "watch", "expand_now"),
        f"expand now where milestones run {config.days_ahead:g} days ahead or more with none "
        f"overdue and outcomes on target, or {config.triggers} agreed trigger(s) were reached, "
        f"or health is above that of "
        f"{percent_in_words(config.champion_quantile)} of the champions; watch "
        f"from a health of {config.watch_health:g}; none otherwise",
    )


def _ahead(snapshot: Snapshot, config: ExpansionTriggerConfig) -> "pd.Series[bool]":
    """Milestones early, none overdue, and outcomes on target; missing where one is not known."""
    wanted = ("milestone_delay_days", "milestones_overdue", "outcome_attainment")
    if not set(wanted) <= set(snapshot.frame.columns):
        return pd.Series(pd.NA, index=snapshot.frame.index, dtype="boolean")
    delay, overdue, attainment = (snapshot.frame[column] for column in wanted)
    ahead = (delay <= -config.days_ahead) & (overdue == 0) & (attainment >= 1.0)
    known = delay.notna() & overdue.notna() & attainment.notna()
    return ahead.astype("boolean").where(known)


def _triggered(snapshot: Snapshot, config: ExpansionTriggerConfig) -> "pd.Series[bool]":
    reached = snapshot.attributes.get("expand_triggers_reached")
    if reached is None:
        return pd.Series(pd.NA, index=snapshot.frame.index, dtype="boolean")
    return (reached >= config.triggers).astype("boolean").where(reached.notna())


def _like_a_champion(
    snapshot: Snapshot, axes: Axes, config: ExpansionTriggerConfig
) -> "pd.Series[bool]":
    """Healthier than most champions are; champions themselves are the model, not its copies."""
    health = axes.frame["health"]
    champion = snapshot.attributes.get("is_champion")
    nothing = pd.Series(pd.NA, index=health.index, dtype="boolean")
    if champion is None:
        return nothing
    is_champion = champion.fillna(False).astype(bool)
    of_champions = health[is_champion].dropna()
    if of_champions.empty:
        return nothing
    as_healthy = health >= float(np.quantile(of_champions, config.champion_quantile))
    return (as_healthy & ~is_champion).astype("boolean").where(health.notna())
