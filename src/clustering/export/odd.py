"""Values that cannot be, or lie far from all that were seen: `scorer.oddities` as SQL.

A value is named by its feature, and not written out: databases write numbers in different ways,
and it stands in the table of features.
"""

from collections.abc import Sequence

from clustering.export.columns import infinite, outside
from clustering.export.stages import Stage
from clustering.export.terms import case, text
from clustering.matrix.ranges import FeatureRange


def odd_stage(ranges: Sequence[FeatureRange]) -> Stage:
    """A stage that gives `odd`: a sentence for each odd value, each after a semicolon."""
    parts = (case(_sentences(j, known), "''") for j, known in enumerate(ranges))
    return Stage("odd", {"odd": " || ".join(parts)})


def _sentences(j: int, known: FeatureRange) -> dict[str, str]:
    """What is said of a value, by the condition on which it is."""
    cannot = text(f"; {known.feature} cannot be what it is ({known.possible_in_words}): not used")
    sentences = {infinite(f"c{j}"): text(f"; {known.feature} is infinite: not used")}
    for condition in outside(f"given{j}", known.least, known.most).values():
        sentences[condition] = cannot
    for side, condition in outside(f"given{j}", known.reach_least, known.reach_most).items():
        far = f"; {known.feature} is far {side} all that the model was learned from"
        sentences.setdefault(condition, text(far))
    return sentences
