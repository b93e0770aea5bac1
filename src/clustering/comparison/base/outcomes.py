"""Outcomes of any spelling as booleans; what was not observed stays missing."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Flags
from clustering.comparison.base.labellings import encode
from clustering.errors import BadInputError

_YES = {"1", "true", "t", "yes", "y"}
_NO = {"0", "false", "f", "no", "n"}


def as_boolean(values: ArrayLike | pd.Series, name: str) -> tuple[Flags, Flags]:
    """The values, and which of them are known; 0 and 1, true and false, yes and no.

    Raises
    ------
    BadInputError
        A value is none of these.

    Examples
    --------
    >>> values, known = as_boolean(["yes", None, "no"], "churned")
    >>> values.tolist(), known.tolist()
    ([True, False, False], [True, False, True])
    """
    coded = encode(values, name)
    spelled = [level.lower() for level in coded.levels]
    strange = [level for level in coded.levels if level.lower() not in _YES | _NO]
    if strange:
        shown = ", ".join(map(repr, strange[:5])) + (", ..." if len(strange) > 5 else "")
        raise BadInputError(
            f"{name} must be true or false (1 or 0, yes or no); found {shown}. An amount needs a "
            "threshold first: for example, expanded = nrr > 1."
        )
    is_yes = np.array([*(level in _YES for level in spelled), False], dtype=bool)
    return is_yes[coded.codes], coded.codes >= 0
