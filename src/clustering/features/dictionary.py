"""`docs/features.md`: every feature in words, written from its definition.

`python -m clustering.documentation` writes the page; a test compares it with what stands there.
"""

from clustering.config import FeaturesConfig
from clustering.features import engagement, milestones, outcomes, sentiment, usage
from clustering.features.registry import FEATURES, withheld
from clustering.features.types import Feature

__all__ = ["features_page"]
