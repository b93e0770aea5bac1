"""How the study of a model serves accounts, so that every night's scores can say it too."""

from dataclasses import dataclass
from typing import Any

from clustering.config import MovementConfig, SchemesConfig
from clustering.matrix.stored import STRICT


@dataclass(frozen=True)
class Serving:
    """What a scorer carries of the plan, the schemes and the hysteresis of its study.

    Attributes
    ----------
    plan_on : labelling that the plan of the study is for
    playbooks : playbook of every segment by its number; empty where the plan is for another
        labelling
    hold_snapshots, hold_probability : the rule of hysteresis (`movement` of the configuration)
    schemes : settings of the schemes; without those of the company's own, which may name people
    """

    plan_on: str
    playbooks: tuple[str, ...]
    hold_snapshots: int
    hold_probability: float | None
    schemes: SchemesConfig

    __pydantic_config__ = STRICT

    @classmethod
    def of(
        cls,
        plan_on: str,
        playbooks: tuple[str, ...],
        movement: MovementConfig,
        schemes: SchemesConfig,
    ) -> "Serving":
        """From the configuration of a study and its plan."""
        return cls(
            plan_on,
            playbooks,
            movement.hold_snapshots,
            movement.hold_probability,
            schemes.model_copy(update={"own": ()}),
        )

    def to_json(self) -> dict[str, Any]:
        """As it stands in `scorer.json`."""
        return {**vars(self), "schemes": self.schemes.model_dump(mode="json")}
