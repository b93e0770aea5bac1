"""What speaks against putting the model of a study into service."""

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clustering.config import TrackingConfig
from clustering.results import StudyFolder
from clustering.scorer import Scorer
from clustering.tracking.decisions import DATE, DECISION
from clustering.wording import counted

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

#: Standard errors of the share that came true that are left to chance. Every account was masked
#: many times, and counts once.
_ERRORS = 2.0

#: Decisions of a monitor after which the model tells accounts wrongly.
_FITS_NO_LONGER = {
    "refit": "their groups are the same, but their numbers are not",
    "re-cut": "they fall into other groups",
}


def find_doubts(study: StudyFolder, scorer: Scorer, champion: Scorer | None) -> tuple[str, ...]:
    """Every reason that a person has to have seen before the model serves; none is the rule.

    Parameters
    ----------
    scorer : of the study
    champion : the model that serves now, None where there is none that can be read
    """
    settings = TrackingConfig.model_validate(study.document.configuration["tracking"])
    found = [
        *_of_evidence(study),
        *_of_tables(scorer),
        *_of_probabilities(scorer, settings.most_overconfident),
    ]
    if champion is not None:
        found += _beside(scorer, champion, settings.least_accounts)
    return tuple(found)


def monitor_doubts(versions: Iterable["ModelVersion"], run_id: str) -> Iterator[str]:
    """What the last recorded monitor says against the model of a run.

    A model is promoted again as a new version, so every version of the run speaks for it. What was
    said of the champion is no word against another model: it is why another one is wanted.
    """
    said = [
        (one.tags.get(DATE, ""), one.tags[DECISION], one.version)
        for one in versions
        if one.run_id == run_id and DECISION in one.tags
    ]
    as_of, decision, version = max(said, default=("", "", ""))
    if decision in _FITS_NO_LONGER:
        yield (
            f"the last monitor said {decision} of it, as of {as_of} (version {version}): against "
            f"the accounts that it was learned from, {_FITS_NO_LONGER[decision]}."
        )


def _of_evidence(study: StudyFolder) -> Iterator[str]:
    document = study.document
    if len(document.segments) == 1:
        yield "it has one segment: every account is given the same."
    elif not document.segments_return:
        yield (
            f"its verdict is {document.verdict}, and the segments do not come back when the study "
            "is repeated on other accounts: where an account belongs depends on the draw."
        )


def _of_tables(scorer: Scorer) -> Iterator[str]:
    short = scorer.facts.short_tables if scorer.facts is not None else ()
    if short:
        yield (
            f"{', '.join(short)} began inside the look-back window of "
            f"{scorer.features.window_days} days: counts of later accounts will be larger than "
            "those it was learned from."
        )


def _of_probabilities(scorer: Scorer, most: float) -> Iterator[str]:
    """Tenths in which it is too sure, by more than chance among so many accounts."""
    n = sum(scorer.training.sizes)
    for one in scorer.tenths:
        error = math.sqrt(one.came_true * (1 - one.came_true) / max(1.0, one.share * n))
        if one.said - one.came_true > most + _ERRORS * error:
            yield (
                f"it is too sure: of answers at a probability of {one.said:.2f}, "
                f"{one.came_true:.2f} came true on accounts held out "
                f"(tracking.most_overconfident is {most:g})."
            )


def _beside(scorer: Scorer, champion: Scorer, least_share: float) -> Iterator[str]:
    if scorer.training.as_of < champion.training.as_of:
        yield (
            f"it was learned as of {scorer.training.as_of}, the champion as of "
            f"{champion.training.as_of}: accounts of today are further from it."
        )
    n, before = sum(scorer.training.sizes), sum(champion.training.sizes)
    if n < least_share * before:
        yield (
            f"it was learned from {n:,} accounts, the champion from {before:,}: fewer than "
            f"{least_share:.0%} (tracking.least_accounts). Is the extract complete?"
        )
    known = scorer.standardiser.feature_names
    gone = [name for name in champion.standardiser.feature_names if name not in known]
    if gone:
        yield f"it lacks {counted(len(gone), 'feature')} of the champion: {', '.join(gone)}."
