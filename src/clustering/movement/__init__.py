"""Accounts over time: who moved and why, what only wavered, and what people decided."""

from clustering.movement.track.hysteresis import Rule, held_segments
from clustering.movement.track.track import Movement, study_movement

__all__ = ["Movement", "Rule", "held_segments", "study_movement"]
