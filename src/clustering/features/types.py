"""What a feature is, and the snapshot of all of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from clustering.config.features import Scale as Scale
from clustering.wording import feature_title, unsaid_unit

#: Three hundred years: no two dates that the tables take lie further apart.
MOST_DAYS = 109_500.0

#: What a value of each scale can be, both ends included; a feature may say otherwise.
_POSSIBLE: Mapping[Scale, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "count": (0.0, math.inf),
    "amount": (0.0, math.inf),
    "days": (0.0, MOST_DAYS),
    "signed": (-math.inf, math.inf),
    "binary": (0.0, 1.0),
}


@dataclass(frozen=True)
class Feature:
    """One feature of an account, with everything a reader must know to use it.

    Attributes
    ----------
    needs : tables ("usage") and optional columns of them ("usage.active_users") it comes from
    higher_is_better : None where neither end is better
    words : how a segment is described that is (low, high) in it: ("late on milestones", ...)
    size_proxy : whether the value follows from how large the account is rather than from how it
        behaves; with such features the agreement with ARR tiers is circular (docs/method.md)
    age_proxy : whether the value grows with the age of the account; groups would be age bands
    within : least and greatest possible value, where they are not those of the scale
    shown : its name in sentences, where it does not follow from `name`
    """

    name: str
    family: str
    unit: str
    meaning: str
    null_means: str
    needs: tuple[str, ...]
    scale: Scale
    higher_is_better: bool | None
    words: tuple[str, str]
    size_proxy: bool = False
    age_proxy: bool = False
    within: tuple[float, float] | None = None
    shown: str = ""

    @property
    def possible(self) -> tuple[float, float]:
        """Least and greatest possible value, both included; what lies beyond is a mistake.

        Examples
        --------
        >>> from clustering.features.registry import FEATURES
        >>> {f.name: f.possible for f in FEATURES}["active_weeks_share"]
        (0.0, 1.0)
        >>> {f.name: f.possible for f in FEATURES}["seat_utilisation_share"]  # more than its seats
        (0.0, inf)
        """
        return self.within or _POSSIBLE[self.scale]

    @property
    def title(self) -> str:
        """The name in sentences; what is not the observed share itself is marked.

        Examples
        --------
        >>> Feature("due_share", "milestones", "smoothed share, 0 to 1", "", "", (), "share", True,
        ...         ("few", "many")).title
        'due share (smoothed)'
        """
        return feature_title(self.name, self.unit, shown=self.shown)

    @property
    def unit_after(self) -> str:
        """The unit behind a number, where the title does not say it: with a blank and in brackets.

        Examples
        --------
        >>> Feature("delay_days", "milestones", "days (negative: early)", "", "", (), "signed",
        ...         None, ("early", "late")).unit_after
        ' (negative: early)'
        """
        rest = "" if self.scale == "share" else unsaid_unit(self.name, self.unit)
        plain = rest.replace(" (", ", ").strip("()")
        return f" ({plain})" if rest else ""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it comes from."""
        return tuple(dict.fromkeys(need.partition(".")[0] for need in self.needs))


def possible_values(within: tuple[float, float]) -> str:
    """A range in words.

    Examples
    --------
    >>> possible_values((0.0, 1.0)), possible_values((0.0, math.inf))
    ('0 to 1', '0 or more')
    >>> possible_values((-math.inf, math.inf))
    'any number'
    """
    least, most = (f"{bound:,.12g}".replace("-", "−") for bound in within)
    if math.isfinite(within[1]):
        return f"at most {most}" if within[0] == -math.inf else f"{least} to {most}"
    return f"{least} or more" if math.isfinite(within[0]) else "any number"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One row per account, as known at `as_of`.

    Attributes
    ----------
    frame : indexed by `account_id` (text, sorted), one float64 column per feature
    features : one per column of `frame`, in the same order
    attributes : same index; the columns that are never features: `started_on`, `name`,
        `industry`, `region`, `employees`, `csm`, `is_champion`, `needs_segment`,
        `current_segment` and `parent_id`, those that exist; `arr` (NaN where no contract is known);
        and, where there are milestones, how many are in each of the four states
        (`milestones_achieved`, `_missed`, `_not_yet_due`, `_not_applicable`); and what rules about
        accounts read
        (`clustering.features.circumstances`): care by the year, triggers, open renewals
    not_computed : for each feature that could not be computed, the table or column that would
        allow it
    withheld : for each feature of `frame` that may not enter the matrix, the reason (commercial,
        a proxy of size or age, left out by the configuration); it still describes segments
    notes : what a reader of the features must know about this input
    short_tables : tables that begin inside the look-back window: their counts are too low
    """

    as_of: date
    frame: pd.DataFrame
    features: tuple[Feature, ...]
    attributes: pd.DataFrame
    not_computed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    withheld: Mapping[str, str] = field(default_factory=dict)
    short_tables: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Horizon:
    """What happened in `(as_of, as_of + days]`; for comparison alone.

    `frame` is indexed like the snapshot. Boolean outcomes are nullable (`boolean` dtype):
    `churned`, `contracted`, `renewed`, `expanded`, `dormant`; `nrr` and `grr` are float64.
    Missing means not observed or not at risk, never "no".

    `timing` has the same index, and days from `as_of` (float64): `followed_days` that the data
    follows an account with ARR, also where it ends before the window does; `due_days` to the
    first end of a contract, and `left_days` to the day from which there is none to the end of
    the follow-up, both missing where that did not come.

    `before` has the same index, and for outcomes that are a state its value at `as_of`, by the
    outcome's name (`dormant`: days since the last use): an account that stays as it was tells
    nothing of what features knew.
    """

    days: int
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    timing: pd.DataFrame = field(default_factory=pd.DataFrame)
    before: pd.DataFrame = field(default_factory=pd.DataFrame)
