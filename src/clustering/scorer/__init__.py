"""Scoring accounts that the study has not seen, from raw tables or from features."""

from clustering.scorer.scorer import Scorer, Training

__all__ = ["Scorer", "Training"]
