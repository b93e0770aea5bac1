"""From features in their own units to the standardised matrix that models are fitted on."""

from clustering.matrix.screening import Screening, screen
from clustering.matrix.standardise import Standardiser, standardise
from clustering.matrix.transforms import ColumnScaling
from clustering.matrix.types import FeatureMatrix

__all__ = ["ColumnScaling", "FeatureMatrix", "Screening", "Standardiser", "screen", "standardise"]
