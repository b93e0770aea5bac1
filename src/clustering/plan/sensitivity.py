"""How the answers move when one setting moves by a fifth; an answer that flips is fragile.

Thresholds, weights and costs are choices. Each is moved down and up by 20 %, one at a time, with
everything else as it is, and the answers are computed again. This tells which choice an answer
hangs on; it does not tell what several choices do together.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ValidationError

from clustering.schema import TableSpec, column

#: Every setting is moved down and up by this share of its value.
STEP = 0.2

_HALF = 0.5
_LEAST_WHOLE = 5

Config = TypeVar("Config", bound=BaseModel)
Kind = Literal["weight", "threshold", "cost", "touches"]
Path = tuple[str | int, ...]

SENSITIVITY = TableSpec(
    "sensitivity",
    "Answers when one setting moves by 20 %, everything else as it is: one row an answer and "
    "setting.",
    (
        column("answer", "text", "labels, agreement, closest, csms, cost_share, plan_csms, "
               "plan_cost_share or plan_label."),
        column("subject", "text", "Scheme or label; 'all' or 'plan' where it is of the whole."),
        column("setting", "text", "Setting, as in the configuration or the playbooks."),
        column("kind", "text", "weight, threshold, cost or touches."),
        column("base_setting", "number", "Its value today."),
        column("low_setting", "number", "Moved down; missing where refused.", nullable=True),
        column("high_setting", "number", "Moved up; missing where refused.", nullable=True),
        column("base", "number", "The answer today."),
        column("low", "number", "With the setting moved down.", nullable=True),
        column("high", "number", "With the setting moved up.", nullable=True),
        column("base_answer", "text", "The same in words; '' where it is a number."),
        column("low_answer", "text", "With the setting moved down."),
        column("high_answer", "text", "With the setting moved up."),
        column("flips", "boolean", "Whether the words change: the answer is fragile."),
    ),
    optional=True,
)  # fmt: skip


class Answer(NamedTuple):
    """One answer of the study: its number, and what it says in words ("" where it is a number)."""

    value: float
    words: str = ""


@dataclass(frozen=True)
class Setting:
    """A number of the configuration and where it stands.

    Attributes
    ----------
    name : as in the TOML, joined by dots
    path : keys and places that lead to it from the model
    value, kind : what it is today, and what it is of
    upper_share : whether it is a share of which the rest moves: a limit of 85 % leaves 15 %, and
        it is these 15 % that a fifth is taken of
    """

    name: str
    path: Path
    value: float
    kind: Kind
    upper_share: bool = False


def settings_of(
    model: BaseModel, prefix: str, kind_of: Callable[[str], Kind | None]
) -> tuple[Setting, ...]:
    """Every number in a part of the configuration.

    Of a quantile above one half the rest moves (the 90 % quantile to 88 % and 92 %), and a quantile
    beside a value that is used in its place is left out. So is a whole number below 5, which cannot
    move by a fifth.

    Parameters
    ----------
    prefix : of the names, as in "schemes."
    kind_of : what a setting is of, by its name without the prefix; None leaves it out

    Examples
    --------
    >>> from clustering.config.schemes import CostConfig
    >>> found = settings_of(CostConfig(), "schemes.axes.cost.", lambda name: "cost")
    >>> [(setting.name, setting.value) for setting in found]
    [('schemes.axes.cost.hour', 100.0), ('schemes.axes.cost.ticket', 50.0)]
    """
    found = []
    content = model.model_dump()
    for path, value in _numbers(content):
        name = ".".join(str(part) for part in path)
        kind = kind_of(name)
        is_small = isinstance(value, int) and value < _LEAST_WHOLE
        if kind is None or value == 0 or is_small or _is_idle(content, path):
            continue
        is_rest = "quantile" in name and value > _HALF
        found.append(Setting(prefix + name, path, value, kind, is_rest))
    return tuple(found)


def _is_idle(content: Any, path: Path) -> bool:
    """Whether a quantile stands beside the value that serves instead."""
    for key in path[:-1]:
        content = content[key]
    return path[-1] == "quantile" and content.get("value") is not None


def _numbers(values: Any, path: Path = ()) -> Iterator[tuple[Path, float]]:
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from _numbers(value, (*path, key))
    elif isinstance(values, tuple | list):
        for place, value in enumerate(values):
            yield from _numbers(value, (*path, place))
    elif isinstance(values, int | float) and not isinstance(values, bool):
        yield path, values


def vary(
    config: Config,
    settings: tuple[Setting, ...],
    measure: Callable[[Config], Mapping[tuple[str, str], Answer]],
) -> pd.DataFrame:
    """Move every setting by a fifth, one at a time, and measure the answers again.

    A whole number is rounded outwards. A share that would exceed 1 moves to 1. A change that
    the configuration refuses (thresholds out of order) is left out: its side is missing.

    Parameters
    ----------
    measure : answers by name and subject, as ("agreement", "growth_risk"); an answer that a
        configuration does not give is missing on that side

    Returns
    -------
    DataFrame
        One row an answer and setting that moves it, as `SENSITIVITY` says. An answer of the
        subject "all" has a row for every setting, moved or not.

    Examples
    --------
    >>> from clustering.config.schemes import CostConfig
    >>> settings = settings_of(CostConfig(), "cost.", lambda name: "cost")
    >>> def measure(cost):
    ...     share = 0.001 * cost.hour + 0.001 * cost.ticket
    ...     return {("cost_share", "all"): Answer(share, "over" if share > 0.16 else "within")}
    >>> found = vary(CostConfig(), settings, measure)
    >>> found[["setting", "low", "base", "high", "flips"]].round(3).values.tolist()
    [['cost.hour', 0.13, 0.15, 0.17, True], ['cost.ticket', 0.14, 0.15, 0.16, False]]
    """
    base = measure(config)
    rows: list[dict[str, Any]] = []
    for setting in settings:
        moved, values = zip(*(_moved(config, setting, sign) for sign in (-1, +1)), strict=True)
        sides = [{} if one is None else measure(one) for one in moved]
        for (answer, subject), today in base.items():
            low, high = (side.get((answer, subject), _MISSING) for side in sides)
            if subject != "all" and not any(_differs(today, side) for side in (low, high)):
                continue
            rows.append(
                {
                    "answer": answer,
                    "subject": subject,
                    "setting": setting.name,
                    "kind": setting.kind,
                    "base_setting": setting.value,
                    "low_setting": values[0],
                    "high_setting": values[1],
                    "base": today.value,
                    "low": low.value,
                    "high": high.value,
                    "base_answer": today.words,
                    "low_answer": low.words,
                    "high_answer": high.words,
                    "flips": any(side.words not in ("", today.words) for side in (low, high)),
                }
            )
    return SENSITIVITY.from_rows(rows)


_MISSING = Answer(float("nan"))


def n_fragile(sensitivity: pd.DataFrame) -> int:
    """Answers that flip with at least one setting, from the rows of `SENSITIVITY`.

    Examples
    --------
    >>> rows = [("csms", "all", True), ("csms", "all", True), ("labels", "needs", False)]
    >>> n_fragile(pd.DataFrame(rows, columns=["answer", "subject", "flips"]))
    1
    """
    flips = sensitivity.loc[sensitivity["flips"], ["answer", "subject"]]
    return len(flips.drop_duplicates())


def _differs(today: Answer, side: Answer) -> bool:
    if np.isnan(side.value):
        return False
    return bool(side.value != today.value or side.words != today.words)


def _moved(config: Config, setting: Setting, sign: int) -> tuple[Config | None, float]:
    """The configuration with one setting moved, and the value that it then has."""
    for value in _steps(setting, sign):
        content: Any = config.model_dump()
        place = content
        for key in setting.path[:-1]:
            if isinstance(place[key], tuple):
                place[key] = list(place[key])
            place = place[key]
        place[setting.path[-1]] = value
        try:
            return type(config).model_validate(content), float(value)
        except ValidationError:
            continue
    return None, float("nan")


def _steps(setting: Setting, sign: int) -> tuple[float, ...]:
    """Values to try: the step itself, then the bound of a share."""
    value = setting.value
    if setting.upper_share:
        return (1 - (1 - value) * (1 - sign * STEP),)
    moved = value * (1 + sign * STEP)
    if isinstance(value, int):
        return (int(np.ceil(moved)) if sign > 0 else int(np.floor(moved)),)
    return (moved, 1.0) if value < 1 < moved else (moved,)
