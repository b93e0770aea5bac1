"""Which playbook an account of a labelling gets.

A label that the playbooks name gets its playbook. A label that they do not name (a learned segment,
or a company's own) gets one by a rule on what its accounts need, which is written down with each:

1. *Let them run*, where the segment is healthier than all accounts by half a standard deviation
   of health or more, and its churn risk is lower by as much.
2. Else the guidance that it draws most beyond all accounts (strategy, execution or first steps,
   in standard deviations), where that is a quarter of a standard deviation or more.
3. Else the quadrant of growth potential and churn risk in which its means lie, against the means
   of all accounts (Farmer 2020).
4. Else standard care.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from clustering.engagement.playbooks import Playbooks
from clustering.schemes.axes import GUIDANCE, Axes

__all__ = ["Assigned", "assign_playbooks"]

_HEALTHY, _DRAWN = 0.5, 0.25
_GUIDANCE = {composite.name: composite.name.removeprefix("guidance_") for composite in GUIDANCE}
_PLAYBOOK_OF = {
    "strategy": "strategy_guidance",
    "execution": "execution_guidance",
    "first_steps": "first_steps",
}


@dataclass(frozen=True)
class Assigned:
    """The playbook of one label, and the rule that chose it."""

    label: str
    playbook: str
    rule: str


def assign_playbooks(
    scheme: str, labels: "pd.Series[str]", levels: tuple[str, ...], axes: Axes, books: Playbooks
) -> tuple[Assigned, ...]:
    """Give the playbook of every level of one labelling.

    Parameters
    ----------
    scheme : name of the labelling
    labels : one label an account; missing where it has none
    levels : its labels, in their order
    axes : of the same accounts
    books : playbooks and who gets which
    """
    standing = _standing(labels, axes)
    assigned = []
    for level in levels:
        name = books.assigned(scheme, level)
        if name is not None:
            assigned.append(Assigned(level, name, f"assign.{scheme} in the playbooks"))
        else:
            playbook, rule = _by_needs(standing.get(level, {}))
            assigned.append(Assigned(level, playbook, rule))
    return tuple(assigned)


def _standing(labels: "pd.Series[str]", axes: Axes) -> dict[str, Mapping[str, float]]:
    """Mean of every axis in every label, in standard deviations from all accounts."""
    frame = axes.frame.reindex(labels.index)
    spread = frame.std(ddof=0)
    scaled = (frame - frame.mean()) / spread.where(spread > 0)
    means = scaled.groupby(labels.to_numpy()).mean()
    return {
        str(label): {str(axis): float(value) for axis, value in row.dropna().items()}
        for label, row in means.iterrows()
    }


def _by_needs(standing: Mapping[str, float]) -> tuple[str, str]:
    health, risk = standing.get("health"), standing.get("churn_risk")
    if health is not None and risk is not None and health >= _HEALTHY and risk <= -_HEALTHY:
        return "self_directed", (
            f"its health is {health:.1f} standard deviations above all accounts, its churn risk "
            f"{-risk:.1f} below"
        )
    drawn = {axis: standing[axis] for axis in _GUIDANCE if axis in standing}
    if drawn:
        most = max(drawn, key=lambda axis: drawn[axis])
        if drawn[most] >= _DRAWN:
            kind = _GUIDANCE[most]
            return _PLAYBOOK_OF[kind], (
                f"it draws {kind.replace('_', ' ')} guidance {drawn[most]:.1f} standard deviations "
                "more than all accounts"
            )
    growth = standing.get("growth_potential")
    if growth is None or risk is None:
        return "standard", (
            "too little is known of what it needs: `engagements`, or growth potential (`usage`, "
            "`opportunities`) and churn risk, would tell"
        )
    quadrant = (("sustain", "protect"), ("grow", "invest"))[growth >= 0][risk >= 0]
    return quadrant, (
        f"growth potential {growth:+.1f} and churn risk {risk:+.1f} standard deviations from all "
        "accounts"
    )
