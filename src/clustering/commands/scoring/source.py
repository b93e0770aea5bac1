"""What is to be scored: features, with what came beside them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.config import MovementConfig, ReadingConfig
from clustering.movement.overrides.active import (
    Overrides,
    check_overrides,
    no_overrides,
    study_overrides,
)
from clustering.movement.overrides.file import read_overrides
from clustering.movement.track.hysteresis import Rule
from clustering.progress import Progress
from clustering.scorer import Scorer
from clustering.scorer.files import FeatureFrame, Features, open_features

if TYPE_CHECKING:
    from clustering.commands.scoring.served import Served


@dataclass(frozen=True)
class Asked:
    """What a call asks for.

    Attributes
    ----------
    overrides : a file of decisions; None: those that come with the input
    hold_dates : dates in a row after which an account moves; None: as in the study
    """

    source: Path
    as_of: date
    reading: ReadingConfig
    overrides: Path | None = None
    hold_dates: int | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """What is scored.

    Attributes
    ----------
    decisions : of people, that came with it
    rule : of hysteresis
    notes : what the tables told of themselves
    short_tables : those that begin inside the look-back window
    served : tier and schemes of the accounts; None where they are not told from a feature file
    """

    features: Features
    decisions: Overrides
    rule: Rule
    notes: tuple[str, ...] = ()
    short_tables: tuple[str, ...] = ()
    served: "Served | None" = None


def is_tables(source: Path) -> bool:
    """Whether an input holds tables, not features."""
    return source.is_dir() or source.suffix.lower() == ".toml"


def inputs_of(source: Path) -> list[Path]:
    """Everything that is read, so that it is not written over."""
    if not is_tables(source):
        return [source]
    from clustering.commands.reading import source_inputs

    return source_inputs(source)


@contextmanager
def open_source(scorer: Scorer, asked: Asked, progress: Progress) -> Iterator[Source]:
    """Read the input of a call; features of a file are left there until they are scored.

    Raises
    ------
    ClusteringError
        The input cannot be used.
    """
    if is_tables(asked.source):
        yield _from_tables(scorer, asked, progress)
        return
    names = scorer.standardiser.feature_names
    with ExitStack() as opened:
        with progress.step("Reading the features"):
            features = opened.enter_context(
                open_features(asked.source, names, asked.as_of, asked.reading)
            )
        yield Source(features, _decided(asked, no_overrides()), _rule(scorer, asked))


def _from_tables(scorer: Scorer, asked: Asked, progress: Progress) -> Source:
    from clustering.commands.reading import open_source_tables, source_config
    from clustering.commands.scoring.served import served_as
    from clustering.tables.checks import as_of_findings

    config = source_config(asked.source, asked.as_of, "score", asked.reading)
    given = None if asked.source.is_dir() else config
    with progress.step("Checking the tables"):
        tables = open_source_tables(asked.source, config, scorer.features)
        decisions = study_overrides(config, tables)
    with tables, progress.step("Computing the features"):
        snapshot = scorer.snapshot(tables, asked.as_of)
        # A study looks at dates too: each note once.
        dates = as_of_findings(asked.as_of, tables.date_ranges, tables.coverage).notes
        served = served_as(snapshot, scorer, given)
        notes = dict.fromkeys((*tables.notes, *dates, *snapshot.notes, *served.notes))
        return Source(
            FeatureFrame(snapshot.frame, scorer.standardiser.feature_names),
            _decided(asked, decisions),
            _rule(scorer, asked, None if given is None else given.movement),
            tuple(notes),
            snapshot.short_tables,
            served,
        )


def _decided(asked: Asked, beside: Overrides) -> Overrides:
    if asked.overrides is None:
        return beside
    frame = read_overrides(asked.overrides)
    check_overrides(frame, subject=f"overrides '{asked.overrides}' cannot be used")
    return Overrides(frame)


def _rule(scorer: Scorer, asked: Asked, movement: MovementConfig | None = None) -> Rule:
    """Of the TOML, else of the study that the model is from."""
    found = movement or scorer.serving
    if found is None:
        found = MovementConfig()
    return Rule(asked.hold_dates or found.hold_snapshots, found.hold_probability)
