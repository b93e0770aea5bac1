"""Words that a command, a study and its report say alike; nothing here computes.

It needs no room of the study, so that the notebooks of a report need none for a sentence.
"""

from clustering.wording.findings import (
    ALMOST_SAME,
    LARGE,
    agreement_in_words,
    happened_in_words,
    structure_in_words,
)
from clustering.wording.names import (
    feature_title,
    listed,
    name_in_words,
    named,
    names_in_words,
    unsaid_unit,
)
from clustering.wording.numbers import (
    LEVEL,
    amount_in_short,
    counted,
    decimal_in_words,
    estimate_in_words,
    number_in_words,
    p_in_words,
    percent_in_words,
    roughly_in_words,
    share_in_words,
)

__all__ = [
    "ALMOST_SAME",
    "LARGE",
    "LEVEL",
    "agreement_in_words",
    "amount_in_short",
    "counted",
    "decimal_in_words",
    "estimate_in_words",
    "feature_title",
    "happened_in_words",
    "listed",
    "name_in_words",
    "named",
    "names_in_words",
    "number_in_words",
    "p_in_words",
    "percent_in_words",
    "roughly_in_words",
    "share_in_words",
    "structure_in_words",
    "unsaid_unit",
]
