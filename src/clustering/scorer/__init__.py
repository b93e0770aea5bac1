"""Scoring accounts that the study has not seen, from raw tables or from features."""

from clustering.scorer.scorer import Scorer
from clustering.scorer.training import Training

__all__ = ["Scorer", "Training"]
