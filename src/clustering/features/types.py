"""What a feature is, and the snapshot of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pandas as pd

__all__ = ["Feature", "Horizon", "Scale", "Snapshot"]

#: How the matrix should treat the values: shares stay as they are, skewed counts and amounts
#: take log1p, what can be negative Yeo-Johnson, and binaries are never standardised.
Scale = Literal["share", "count", "amount", "days", "signed", "binary"]


@dataclass(frozen=True)
class Feature:
    """One feature of an account, with everything a reader must know to use it."""

    name: str
    family: str
    unit: str
    meaning: str
    null_means: str
    needs: tuple[str, ...]
    scale: Scale
    higher_is_better: bool | None
    words: tuple[str, str]
    """How a segment is described that is (low, high) in it: ("late on milestones", ...)."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One row per account, as known at `as_of`.

    `frame` is indexed by `account_id` (text, sorted) and has one float64 column per feature;
    `attributes` has the same index and the columns that are never features: `started_on`,
    `name`, `industry`, `region`, `employees`, `csm`, `is_champion`, `needs_segment` and
    `current_segment`, those that exist, and `arr` (NaN where there are no subscriptions).
    `not_computed` says for each feature that could not be computed which table or column would
    allow it.
    """

    as_of: date
    frame: pd.DataFrame
    features: tuple[Feature, ...]
    attributes: pd.DataFrame
    not_computed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Horizon:
    """What happened in `(as_of, as_of + days]`; for comparison alone.

    `frame` is indexed like the snapshot. Boolean outcomes are nullable (`boolean` dtype):
    `churned`, `contracted`, `renewed`, `expanded`, `dormant`; `nrr` and `grr` are float64.
    Missing means not observed or not at risk, never "no".
    """

    days: int
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
