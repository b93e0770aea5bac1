"""The model learned again on the accounts of today, with the same algorithm and number."""

from dataclasses import dataclass, replace

from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.features import Snapshot
from clustering.movement.drift.refits import FrozenModel, ModelChange, first_model, model_change
from clustering.scorer import Scorer


@dataclass(frozen=True, eq=False)
class Again:
    """The model learned again, and how far it gives other segments.

    Attributes
    ----------
    model, change : None where it could not be learned, for the reason `absent`
    """

    model: FrozenModel | None
    change: ModelChange | None
    absent: str = ""


def learned_again(scorer: Scorer, today: Snapshot, config: StudyConfig) -> Again:
    """Scales and segments fitted on the accounts of today; nothing of it is put in service."""
    model = scorer.model
    spec = replace(model.spec, set_aside=config.evidence.most_set_aside)
    in_service = FrozenModel(scorer.standardiser, model)
    try:
        again = first_model(scorer.standardiser, today, spec, config.seed)
        change = model_change(
            in_service,
            again,
            today,
            spec,
            n_refits=config.movement.refits,
            seed=config.seed,
        )
    except BadInputError as error:
        return Again(None, None, f"What a refit would give: {error}")
    return Again(again, change)
