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

#: Every setting is moved down and up by this share of its value.
STEP = 0.2

_HALF = 0.5
_LEAST_WHOLE = 5

Config = TypeVar("Config", bound=BaseModel)
Kind = Literal["weight", "threshold", "cost", "touches"]
Path = tuple[str | int, ...]

COLUMNS = {
    "answer": "str",
    "subject": "str",
    "setting": "str",
    "kind": "str",
    "base_setting": "float64",
    "low_setting": "float64",
    "high_setting": "float64",
    "base": "float64",
    "low": "float64",
    "high": "float64",
    "base_answer": "str",
    "low_answer": "str",
    "high_answer": "str",
    "flips": "bool",
}


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
        One row an answer and setting that moves it: `answer`, `subject`, `setting`, `kind`,
        `base_setting`, `low_setting`, `high_setting`, the numbers `base`, `low`, `high`, the words
        `base_answer`, `low_answer`, `high_answer`, and `flips`: the words change. An answer of the
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
        low, low_value = _moved(config, setting, -1)
        high, high_value = _moved(config, setting, +1)
        below = {} if low is None else measure(low)
        above = {} if high is None else measure(high)
        for (answer, subject), today in base.items():
            sides = [side.get((answer, subject), _MISSING) for side in (below, above)]
            if subject != "all" and not any(_differs(today, side) for side in sides):
                continue
            rows.append(
                {
                    "answer": answer,
                    "subject": subject,
                    "setting": setting.name,
                    "kind": setting.kind,
                    "base_setting": setting.value,
                    "low_setting": low_value,
                    "high_setting": high_value,
                    "base": today.value,
                    "low": sides[0].value,
                    "high": sides[1].value,
                    "base_answer": today.words,
                    "low_answer": sides[0].words,
                    "high_answer": sides[1].words,
                    "flips": any(side.words not in ("", today.words) for side in sides),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


_MISSING = Answer(float("nan"))


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
