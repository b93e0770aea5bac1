"""What would be otherwise with another setting: seconds, from the study folder, and no verdict.

What is computed here is a look. Whether groups are separate and come back, and what a team can do,
a study answers with these settings in its configuration.
"""

from clustering.what_if.quadrants import OtherQuadrants, other_quadrants
from clustering.what_if.segments import OtherSegments, other_segments
from clustering.what_if.team import other_team

__all__ = [
    "OtherQuadrants",
    "OtherSegments",
    "other_quadrants",
    "other_segments",
    "other_team",
]
