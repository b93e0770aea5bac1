"""What each segment is like: sizes, typical values, what sets it apart, a name in plain words."""

from clustering.profiles.account_map import map_accounts
from clustering.profiles.contrasts import Contrast
from clustering.profiles.naming import name_segments
from clustering.profiles.profile import Profiles, SegmentProfile, profile

__all__ = [
    "Contrast",
    "Profiles",
    "SegmentProfile",
    "map_accounts",
    "name_segments",
    "profile",
]
