"""What would be otherwise: a setting of the study moved, and what moves with it."""

from clustering.report.subjects.what_if.shown import quadrants, segments, team
from clustering.report.subjects.what_if.sliders import (
    families,
    try_quadrants,
    try_segments,
    try_team,
)

__all__ = ["families", "quadrants", "segments", "team", "try_quadrants", "try_segments", "try_team"]
