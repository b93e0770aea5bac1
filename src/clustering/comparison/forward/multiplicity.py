"""One comparison decides; all others are corrected for how many they are.

The primary comparison is that of the study's segments about the primary outcome. Every other
labelling about that outcome is confirmatory (Holm); every labelling about every other outcome is
exploratory (Benjamini and Hochberg).
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import false_discovery_control

from clustering.comparison.forward.entries import Role
from clustering.inference.multiple_testing import holm


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Corrected p-values that bound the false discovery rate (R's `p.adjust(method="BH")`).

    References
    ----------
    Benjamini and Hochberg (1995), JRSS-B 57:289.

    Examples
    --------
    >>> [round(p, 4) for p in benjamini_hochberg([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.0533, 0.0533, 0.5]
    """
    return [float(p) for p in false_discovery_control(np.asarray(p_values, dtype=np.float64))]


def adjusted(p_values: Sequence[float | None], role: Role) -> list[float | None]:
    """Corrected p-values by the rule of the role; those that could not be told stay None.

    Examples
    --------
    >>> adjusted([0.01, None, 0.03], "confirmatory")
    [0.02, None, 0.03]
    """
    rule: Callable[[Sequence[float]], list[float]] = (
        holm if role == "confirmatory" else benjamini_hochberg
    )
    corrected = iter(rule([p for p in p_values if p is not None]))
    return [None if p is None else next(corrected) for p in p_values]
