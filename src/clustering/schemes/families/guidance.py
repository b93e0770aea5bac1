"""The guidance that an account needs most."""

import pandas as pd

from clustering.schemes.axes import Axes
from clustering.schemes.composites import GUIDANCE
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, SchemeAbsentError

_LEVELS = {
    "guidance_strategy": "strategy_guidance",
    "guidance_execution": "execution_guidance",
    "guidance_first_steps": "first_steps",
}


@scheme("needs", "Guidance most needed", order=90, axes=tuple(_LEVELS))
def guidance_needed(axes: Axes) -> Groups:
    """The kind of guidance most needed: strategy, execution or first steps.

    Each need is in 0..1 and made alike: the share of the hours that the account draws, and what
    calls for such guidance. Where two are equal the more basic one is taken. An account on which
    no hours of a known kind were spent has no level: what it draws is not known.

    References
    ----------
    Pickens; Eizips 2017 (persona segmentation); Murphy (Appropriate Experience).

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "guidance_strategy": [0.8, 0.1, 0.3],
    ...         "guidance_execution": [0.1, 0.1, 0.6],
    ...         "guidance_first_steps": [0.1, 0.7, 0.6],
    ...     },
    ...     index=list("abc"),
    ... )
    >>> guidance_needed(Axes(frame, frame)).labels.tolist()
    ['strategy_guidance', 'first_steps', 'first_steps']
    """
    columns = [composite.name for composite in reversed(GUIDANCE)]  # the more basic first
    frame = pd.concat([axes.of("needs", column) for column in columns], axis=1)
    known = frame.notna().all(axis=1)
    if not known.any():
        raise SchemeAbsentError("'needs': no account has all three kinds of guidance known.")
    labels = frame[known].idxmax(axis=1).map(_LEVELS).reindex(frame.index)
    return Groups(
        labels,
        ("first_steps", "execution_guidance", "strategy_guidance"),
        "the largest of guidance_strategy, guidance_execution and guidance_first_steps",
    )
