"""The matrix that models are fitted on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Flags, Floats


@dataclass(frozen=True, eq=False)
class FeatureMatrix:
    """Standardised values, complete and finite; read-only.

    Attributes
    ----------
    values : float64 array of shape (n_accounts, n_features)
    account_ids : tuple of str, one per row
    feature_names : tuple of str, one per column
    families : tuple of str, the family of each column
    excluded : the reason, by name, for every feature of the snapshot that was left out
    notes : what a reader must know (values clipped, entries completed, weights)
    observed : bool array of the shape of `values`; false where a value was completed (None: all
        were observed)
    """

    values: Floats
    account_ids: tuple[str, ...]
    feature_names: tuple[str, ...]
    families: tuple[str, ...]
    excluded: Mapping[str, str]
    notes: tuple[str, ...] = ()
    observed: Flags | None = None

    @property
    def known(self) -> Floats:
        """Values of shape (n_accounts, n_features) that were observed; NaN where completed."""
        return (
            self.values if self.observed is None else np.where(self.observed, self.values, np.nan)
        )

    def __post_init__(self) -> None:
        self.values.setflags(write=False)
