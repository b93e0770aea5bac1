"""Which playbook an account of a labelling gets.

A label that the playbooks name gets its playbook. A label that they do not name (a learned segment,
or a company's own) gets one by a rule on what its accounts need, which is written down with each:

1. *Let them run*, where the segment is healthier than all accounts by half a standard deviation
   of health or more, and its churn risk is lower by as much.
2. Else the guidance that it draws most beyond all accounts (strategy, execution or first steps,
   in standard deviations), where that is a quarter of a standard deviation or more.
3. Else the quadrant of growth potential and churn risk in which its means lie, against the means
   of all accounts (Farmer 2020).

No playbook follows from a difference within its noise: a mean counts as above or below a cut only
where it lies beyond it by more than two standard errors (of the segment's mean against all other
accounts) and a tenth of a standard deviation. A label for which a rule is undecided is *near the
line*: its accounts keep their present care, as those of a label of which too little is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Flags
from clustering.plan.playbooks.library import PRESENT_CARE, STANDARD, Playbooks
from clustering.schemes.axes import Axes

_HEALTHY, _DRAWN = 0.5, 0.25
#: How far beyond a cut a mean must lie: standard errors, and standard deviations of the accounts.
_ERRORS, _LEAST = 2.0, 0.1
#: Axis of a kind of guidance -> its words, and the playbook that gives it.
_GUIDANCE = {
    "guidance_strategy": ("strategy guidance", "strategy_guidance"),
    "guidance_execution": ("execution guidance", "execution_guidance"),
    "guidance_first_steps": ("first steps guidance", "first_steps"),
}


@dataclass(frozen=True)
class Assigned:
    """The playbook of one label, and the rule that chose it."""

    label: str
    playbook: str
    rule: str


@dataclass(frozen=True)
class _Standing:
    """Mean of a label on one axis, in standard deviations from all accounts, with its error."""

    value: float
    error: float

    def above(self, cut: float) -> bool | None:
        """Whether it lies above a cut; None within its noise."""
        if abs(self.value - cut) <= max(_ERRORS * self.error, _LEAST):
            return None
        return self.value > cut

    @property
    def words(self) -> str:
        """Value and noise."""
        noise = max(_ERRORS * self.error, _LEAST)
        value = f"{self.value:+.2f}".replace("-", "−")
        return value + (f" ± {noise:.2f}" if np.isfinite(noise) else " ± any")


def assign_playbooks(
    scheme: str,
    labels: "pd.Series[str]",
    levels: tuple[str, ...],
    axes: Axes,
    books: Playbooks,
    undecided: str = STANDARD,
) -> tuple[Assigned, ...]:
    """Give the playbook of every level of one labelling.

    Parameters
    ----------
    scheme : name of the labelling
    labels : one label an account; missing where it has none
    levels : its labels, in their order
    axes : of the same accounts
    books : playbooks and who gets which
    undecided : playbook of a label whose need is not known: `PRESENT_CARE` where the hours
        delivered are known
    """
    frame = axes.frame.reindex(labels.index)
    spread = frame.std(ddof=0)
    scaled = (frame - frame.mean()) / spread.where(spread > 0)
    assigned = []
    for level in levels:
        name = books.assigned(scheme, level)
        if name is not None:
            assigned.append(Assigned(level, name, "the playbooks assign it to this label"))
            continue
        playbook, rule = _by_needs(scaled, (labels == level).to_numpy(dtype=bool))
        if playbook is None:
            kept = "its accounts keep their present care"
            given = f"its accounts get '{books.playbooks[undecided].title}'"
            rule = f"{rule}; {kept if undecided == PRESENT_CARE else given}"
        assigned.append(Assigned(level, playbook or undecided, rule))
    return tuple(assigned)


def _stand(values: "pd.Series[float]", inside: Flags) -> _Standing | None:
    """Standing of the accounts inside; None where the axis is not known of any of them.

    The error is that of their mean against all others: with `f` the share inside, their mean lies
    `(1 - f)` times the difference of both means from that of all.
    """
    known = values.notna().to_numpy()
    mine, others = values[known & inside], values[known & ~inside]
    if mine.empty:
        return None
    if len(mine) < 2 or len(others) < 2:
        return _Standing(float(mine.mean()), np.inf)
    share = len(mine) / (len(mine) + len(others))
    error = np.sqrt(mine.var(ddof=1) / len(mine) + others.var(ddof=1) / len(others))
    return _Standing(float(mine.mean()), float((1.0 - share) * error))


def _by_needs(scaled: pd.DataFrame, inside: Flags) -> tuple[str | None, str]:
    """Playbook and rule; no playbook where the first rule that could decide is undecided."""
    found = {str(axis): _stand(scaled[axis], inside) for axis in scaled}
    standing = {axis: one for axis, one in found.items() if one is not None}
    health, risk = standing.get("health"), standing.get("churn_risk")
    if health is not None and risk is not None:
        above, below = health.above(_HEALTHY), risk.above(-_HEALTHY)
        words = f"health {health.words} and churn risk {risk.words}"
        if above and below is False:
            return "self_directed", f"{words} standard deviations from all accounts"
        if above is not False and below is not True:
            return None, _near(words, f"against cuts at {_HEALTHY:g} and −{_HEALTHY:g}")
    drawn = {axis: one for axis, one in standing.items() if axis in _GUIDANCE}
    if drawn:
        playbook, rule = _by_guidance(drawn, scaled, inside)
        if rule:
            return playbook, rule
    growth = standing.get("growth_potential")
    if growth is None or risk is None:
        return None, (
            "too little is known of what it needs: `engagements`, or growth potential (`usage`, "
            "`opportunities`) and churn risk, would tell"
        )
    words = f"growth potential {growth.words} and churn risk {risk.words}"
    high, risky = growth.above(0.0), risk.above(0.0)
    if high is None or risky is None:
        return None, _near(words, "against a cut at 0")
    quadrant = (("sustain", "protect"), ("grow", "invest"))[high][risky]
    return quadrant, f"{words} standard deviations from all accounts"


def _by_guidance(
    drawn: Mapping[str, _Standing], scaled: pd.DataFrame, inside: Flags
) -> tuple[str | None, str]:
    """The guidance drawn most; no rule where none is drawn beyond all accounts."""
    order = sorted(drawn, key=lambda axis: -drawn[axis].value)
    most = drawn[order[0]]
    kind, playbook = _GUIDANCE[order[0]]
    words = f"{kind} {most.words}"
    beyond = most.above(_DRAWN)
    if beyond is False:
        return None, ""
    if beyond is None:
        return None, _near(words, f"against a cut at {_DRAWN:g}")
    for axis in order[1:]:
        lead = _stand(scaled[order[0]] - scaled[axis], inside)
        if lead is not None and not lead.above(0.0):
            both = f"{words} and {_GUIDANCE[axis][0]} {drawn[axis].words}"
            return None, _near(both, "of which neither is clearly drawn more")
    return playbook, (
        f"it draws {words} standard deviations more than all accounts, and no other kind as much"
    )


def _near(words: str, against: str) -> str:
    return (
        f"near the line: {words} (standard deviations from all accounts ± their noise), {against}"
    )
