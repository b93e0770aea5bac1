"""The quadrants of growth potential and churn risk, cut elsewhere."""

from dataclasses import dataclass

import pandas as pd

from clustering.config.schemes import Cut, GrowthRiskConfig
from clustering.errors import BadInputError
from clustering.results import StudyFolder
from clustering.schemes.axes import Axes
from clustering.schemes.families.quadrants import growth_risk
from clustering.schemes.types import SchemeAbsentError

_AXES = ["growth_potential", "churn_risk"]


@dataclass(frozen=True, eq=False)
class OtherQuadrants:
    """The quadrants at other cuts.

    Attributes
    ----------
    levels : names of the quadrants
    before, after : quadrant by account_id in the study and at the cuts; missing where an axis is
        not known, `before` all through where the study has no such scheme
    rule : the cuts, in words
    """

    levels: list[str]
    before: "pd.Series[str]"
    after: "pd.Series[str]"
    rule: str


def other_quadrants(
    study: StudyFolder, growth: float | None = None, risk: float | None = None
) -> OtherQuadrants:
    """Cut the two axes of the study elsewhere.

    Parameters
    ----------
    growth, risk : where an axis is high, from 0 to 1 (None: as in the study)

    Raises
    ------
    BadInputError
        The study has no such axes, or a cut is not from 0 to 1.
    """
    accounts = study.accounts.set_index("account_id")
    wrong = [f"{cut:g}" for cut in (growth, risk) if cut is not None and not 0 <= cut <= 1]
    if wrong:
        raise BadInputError(f"the axes go from 0 to 1, and cannot be cut at {', '.join(wrong)}.")
    if not set(_AXES) <= set(accounts):
        raise BadInputError("this study has no axes for growth potential and churn risk.")
    given = GrowthRiskConfig.model_validate(study.document.configuration["schemes"]["growth_risk"])
    config = GrowthRiskConfig(
        growth=given.growth if growth is None else Cut(value=growth),
        risk=given.risk if risk is None else Cut(value=risk),
    )
    frame = accounts[_AXES]
    try:
        found = growth_risk(Axes(frame, frame), config)
    except SchemeAbsentError as error:
        raise BadInputError(str(error)) from None
    nothing = pd.Series(pd.NA, index=accounts.index, dtype="str")
    before: pd.Series[str] = accounts.get("growth_risk", nothing)
    return OtherQuadrants(list(found.levels), before, found.labels, found.rule)
