"""For which labelling care should be planned: the one place where a study decides it.

The scorecard, the leadership page, the summary and the plan read this decision; none makes its own.
"""

from collections.abc import Collection

from clustering.columns import ARR_TIERS, CURRENT_SEGMENT, SEGMENT
from clustering.comparison.scorecard_entries import Reason, Recommendation
from clustering.wording import ALMOST_SAME


def recommend(
    *,
    n_segments: int,
    are_clusters: bool,
    gains: bool,
    tiers_agreement: tuple[float, float] | None,
    labellings: Collection[str],
) -> Recommendation:
    """Recommend the segments where they are shown to be more than bands, else what there is now.

    Natural clusters are a reason to plan by them, and so is a gain over the tiers about what came
    later; not where the segments are almost the tiers. Without a reason the company keeps its
    present rule, or the tiers where it has told none.

    Parameters
    ----------
    n_segments : that the study offers; with one there is nothing to plan by
    are_clusters : whether the segments that the study offers are natural clusters
    gains : whether they told more than the tiers about the primary outcome (`Score.gains`)
    tiers_agreement : 95 % interval of the AMI of segments and tiers; None where there is none
    labellings : names of the labellings that these accounts have

    Examples
    --------
    >>> none = dict(n_segments=3, tiers_agreement=None, labellings=["arr_tiers"])
    >>> recommend(are_clusters=True, gains=False, **none).labelling
    'segment'
    >>> recommend(are_clusters=False, gains=False, **none)
    Recommendation(labelling='arr_tiers', reason='no reason to change')
    """
    present = next((name for name in (CURRENT_SEGMENT, ARR_TIERS) if name in labellings), None)
    labelling, reason = SEGMENT, _reason_for_segments(are_clusters, gains)
    if n_segments == 1:
        labelling, reason = present or SEGMENT, "one segment"
    elif tiers_agreement is not None and tiers_agreement[0] >= ALMOST_SAME:
        labelling, reason = ARR_TIERS, "almost the tiers"
    elif reason is None and present is not None:
        labelling, reason = present, "no reason to change"
    return Recommendation(labelling=labelling, reason=reason or "nothing else")


def _reason_for_segments(are_clusters: bool, gains: bool) -> Reason | None:
    if are_clusters:
        return "natural clusters, shown gain" if gains else "natural clusters"
    return "shown gain" if gains else None
