"""Every name that a model knows of a segment, and those that it leaves behind."""

from collections.abc import Sequence

from clustering.scorer import Scorer
from clustering.scorer.segment_ids import FormerName


def known_names(scorer: Scorer) -> tuple[FormerName, ...]:
    """Every name that a model knows of a segment, those of its own study last."""
    training = scorer.training
    own = (
        FormerName(segment_id, name, training.study, training.as_of)
        for segment_id, name in scorer.called.by_id.items()
    )
    return (*scorer.former_names, *own)


def former_names(
    scorer: Scorer, ids: Sequence[str], names: Sequence[str]
) -> tuple[FormerName, ...]:
    """What a model knows of names that segments do not have any more.

    Parameters
    ----------
    ids, names : of the segments as they are now
    """
    today = set(zip(ids, names, strict=True))
    known = {(one.segment_id, one.name): one for one in known_names(scorer)}
    return tuple(one for key, one in known.items() if key not in today)
