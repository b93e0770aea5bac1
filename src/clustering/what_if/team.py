"""What another head count would cover, by the same assumptions as the plan of the study."""

from clustering.config.plan import EngagementConfig
from clustering.errors import BadInputError
from clustering.plan.playbooks.library import load_playbooks
from clustering.plan.staffing.head_count import HeadCount, staff
from clustering.results import StudyFolder
from clustering.scorer.segment_ids import SegmentNames

_FROM_ACCOUNTS = ["revenue_at_risk", "expansion_pipeline", "csm"]


def other_team(study: StudyFolder, csms: int | None = None) -> HeadCount:
    """Allocate the hours of another head count to the same accounts.

    Parameters
    ----------
    csms : head count (None: as in the study)

    Raises
    ------
    BadInputError
        The head count is negative, or the study could not allocate hours: the message says why.
        Or the playbooks of the study are not there any more as they were.
    """
    given = EngagementConfig.model_validate(study.document.configuration["engagement"])
    if csms is not None:
        if csms < 0:
            raise BadInputError(f"a head count of {csms}: give 0 or more.")
        capacity = given.capacity.model_copy(update={"csms": csms})
        given = given.model_copy(update={"capacity": capacity})
    segments = study.document.segments
    called = SegmentNames(
        tuple(segment.segment_id for segment in segments),
        tuple(segment.name for segment in segments),
    )
    playbooks = load_playbooks(given.playbooks).for_segments(called)
    if playbooks.fingerprint != study.document.plan.assumptions.playbooks_hash:
        raise BadInputError(
            "the playbooks are not those that the study used: run the study again with these."
        )
    accounts = study.accounts.set_index("account_id")
    mine = study.table("audit").set_index("account_id")
    mine = mine.join(accounts[[name for name in _FROM_ACCOUNTS if name in accounts]])
    missing = {"revenue_at_risk", "expansion_pipeline"} - set(mine)
    staffing, why_not = staff(mine.assign(**dict.fromkeys(missing, float("nan"))), given, playbooks)
    if staffing is None:
        raise BadInputError(f"the hours of a team cannot be allocated: {why_not}.")
    return staffing.found
