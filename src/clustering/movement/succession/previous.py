"""The model of the previous study: read whole, and able to score the accounts of today."""

from pathlib import Path

from clustering.config import FeaturesConfig, StudyConfig
from clustering.errors import (
    BadInputError,
    ConfigError,
    FutureDataError,
    ModelFolderError,
    breaches_message,
)
from clustering.features import Snapshot
from clustering.outputs import recover
from clustering.scorer import Scorer
from clustering.tables import SourceTables

_FIRST = "For a first study leave out `previous`: all ids are new then."


def load_previous(config: StudyConfig) -> Scorer | None:
    """The model that a configuration names as the previous one; None for a first study.

    Every file of it is checked before anything is used.

    Raises
    ------
    ConfigError
        It is an address in the model registry, which is looked up by the command.
    ModelFolderError
        There is none, or it is not as it was written.
    FutureDataError
        It was learned after the date of the study.
    """
    place = config.previous
    if place is None:
        return None
    if isinstance(place, str):
        raise ConfigError(
            f"'previous' is '{place}': `clustering study` looks it up in the registry. In Python, "
            "give the loaded model: Run(config, previous_model=Scorer.load(folder))."
        )
    return load_folder(place, config)


def load_folder(folder: Path, config: StudyConfig) -> Scorer:
    """The model in a folder, if it can be the previous one of a study.

    Raises
    ------
    ModelFolderError, FutureDataError
        As `load_previous`.
    """
    recover(folder)
    try:
        scorer = Scorer.load(folder)
    except ModelFolderError as error:
        raise ModelFolderError(f"the previous study cannot be used: {error} {_FIRST}") from None
    learned = scorer.training.as_of
    if learned > config.as_of:
        raise FutureDataError(
            f"the previous study '{scorer.training.study}' was learned as of {learned}, later than "
            f"the date of this one, {config.as_of}. Name one of that date or earlier."
        )
    return scorer


def snapshot_for(
    previous: Scorer, tables: SourceTables, snapshot: Snapshot, features: FeaturesConfig
) -> Snapshot:
    """Today's accounts with the features that the previous model knows, as it computes them.

    Parameters
    ----------
    snapshot, features : of the study, and how it was computed: it serves where the previous model
        computes its features in the same way

    Raises
    ------
    BadInputError
        A feature of the previous model cannot be computed from these tables.
    """
    needed = previous.standardiser.feature_names
    if previous.features == features and set(needed) <= set(snapshot.frame):
        return snapshot
    try:
        return previous.snapshot(tables, snapshot.as_of)
    except BadInputError as error:
        subject = (
            f"the previous study '{previous.training.study}' cannot score the accounts of this "
            "one, so that its segments cannot be found again"
        )
        raise BadInputError(breaches_message(subject, [str(error), _FIRST])) from None
