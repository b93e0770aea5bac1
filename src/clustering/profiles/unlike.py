"""In what an account is unlike the others of its group, in the features' own units."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats
from clustering.features.types import Feature, Snapshot
from clustering.matrix import FeatureMatrix
from clustering.profiles.naming import LEAST_DIFFERENCE
from clustering.wording import number_in_words, share_in_words

#: Features that are named of an account.
_N_FEATURES = 2


@dataclass(frozen=True, eq=False)
class Unlike:
    """Observed values, as they are and in standard deviations.

    Attributes
    ----------
    z, raw : of shape (n_accounts, n_features); NaN where nothing was observed
    """

    z: Floats
    raw: Floats
    features: list[Feature]

    @classmethod
    def of(cls, snapshot: Snapshot, matrix: FeatureMatrix) -> "Unlike":
        """For the accounts and features of a matrix."""
        by_name = {feature.name: feature for feature in snapshot.features}
        raw = snapshot.frame.loc[list(matrix.account_ids), list(matrix.feature_names)].to_numpy()
        spread = matrix.values.std(axis=0)
        z = matrix.values / np.where(spread > 0, spread, 1.0)
        features = [by_name[name] for name in matrix.feature_names]
        return cls(np.where(np.isnan(raw), np.nan, z), raw, features)

    def words(self, members: NDArray[np.intp], account: int) -> list[str]:
        """The two features in which an account differs most from the median member.

        Parameters
        ----------
        members : rows of the group
        account : row of the account
        """
        median = pd.DataFrame(self.z[members]).median().to_numpy()
        away = np.nan_to_num(np.abs(self.z[account] - median))
        order = np.argsort(-np.round(away, 9), kind="stable")[:_N_FEATURES]
        return [self._one(members, account, c) for c in order if away[c] >= LEAST_DIFFERENCE]

    def _one(self, members: NDArray[np.intp], account: int, column: int) -> str:
        feature = self.features[column]
        own, usual = self.raw[account, column], np.nanmedian(self.raw[members, column])
        own, usual = (self.in_words(column, value) for value in (own, usual))
        return f"{feature.title} {own} against a median of {usual}{feature.unit_after}"

    def in_words(self, column: int, value: float) -> str:
        """A value of a feature, with the digits that the spread of its values carries."""
        if self.features[column].scale == "share":
            return share_in_words(value)
        return number_in_words(value, spread=self.spread[column])

    @cached_property
    def spread(self) -> Floats:
        """Standard deviation of every feature in its unit, (n_features,); 0 where none is known."""
        known: Floats = pd.DataFrame(self.raw).std(ddof=0).to_numpy(dtype=np.float64)
        return np.nan_to_num(known)
