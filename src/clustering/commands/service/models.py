"""The model that a command is given: a folder, or an address in the registry."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustering.scorer import Scorer


def load_model(model: str, tracking_uri: str | None) -> "Scorer":
    """Load a scorer folder, a study folder, or ``models:/NAME@ALIAS``.

    Raises
    ------
    ClusteringError
        There is none, or it is not as it was written.
    """
    from clustering.config.study import REGISTERED
    from clustering.scorer import Scorer

    if model.startswith(REGISTERED):
        from clustering.tracking import resolve_model

        return Scorer.load(resolve_model(model, tracking_uri))
    return Scorer.load(Path(model))
