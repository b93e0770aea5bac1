"""What every segment looks like: one colour and one mark in all figures of a study.

The colours here mean segments and nothing else; what is drawn beside them is grey (`canvas`).
"""

from dataclasses import dataclass

from clustering.results import StudyFolder

# Okabe and Ito (2008) without the yellow that is too pale on white and the grey of other series,
# and two that follow suit.
_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#5D3A9B",
    "#7A7D00",
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_HATCHES = ("", "////", "....", "xxxx")


@dataclass(frozen=True)
class Mark:
    """How one segment is drawn.

    Attributes
    ----------
    colour : as hexadecimal
    marker : of its points: a second channel beside the colour
    hatch : of its areas; empty where the colour alone tells it from the others
    """

    colour: str
    marker: str
    hatch: str


def segment_marks(n: int) -> tuple[Mark, ...]:
    """One mark a segment; from the ninth on colours come again, with other markers and hatches.

    Examples
    --------
    >>> len({mark.colour for mark in segment_marks(8)}), len(set(segment_marks(32)))
    (8, 32)
    """
    n_kinds = len(_COLOURS)
    return tuple(
        Mark(
            _COLOURS[i % n_kinds],
            _MARKERS[(i + i // n_kinds) % n_kinds],
            _HATCHES[i // n_kinds % len(_HATCHES)],
        )
        for i in range(n)
    )


def marks_of(study: StudyFolder) -> dict[str, Mark]:
    """The mark of every segment of a study, by its name and in its order."""
    segments = study.document.segments
    names = [segment.name for segment in segments]
    return dict(zip(names, segment_marks(len(names)), strict=True))
