"""Accounts over time: who moved and why, what only wavered, and what people decided."""

from clustering.movement.hysteresis import Rule, held_segments
from clustering.movement.study import Movement, study_movement

__all__ = ["Movement", "Rule", "held_segments", "study_movement"]
