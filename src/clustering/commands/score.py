"""`clustering score`: segments for accounts that the study may not have seen."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.ready.read_labels import Decimal, Missing, reading_of

if TYPE_CHECKING:
    import pandas as pd

    from clustering.config import ReadingConfig
    from clustering.movement.overrides.active import Overrides
    from clustering.progress import Progress
    from clustering.scorer import Scorer

#: More flagged accounts than so many times the share of the training accounts are worth a word.
_MANY_FLAGGED = 3.0
_LEAST_FLAGGED = 5


@dataclass(frozen=True)
class _Heard:
    """What the tables told of themselves: notes, and which of them are short of the window."""

    notes: tuple[str, ...] = ()
    short_tables: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Scored:
    """The scores of one call, and all that is to be said of them.

    Attributes
    ----------
    in_force : decisions of people that hold on the date
    mistakes : sentences on columns that are in another unit
    n_odd : accounts with values that cannot be, or are far from all that were seen
    """

    scorer: "Scorer"
    as_of: date
    scores: "pd.DataFrame"
    in_force: "pd.DataFrame"
    heard: _Heard
    mistakes: tuple[str, ...]
    n_odd: int


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(score)


def score(
    input_: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A folder of tables in the contract's own names, a study's TOML (its source is "
            "read), or a file of features (account_id and one column per feature).",
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Scorer folder, study folder, or models:/account-segments@champion.",
        ),
    ],
    as_of: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Date to score as of; later rows of tables are invisible. For a feature file: "
            "the date that its values are of (rows whose column as_of is later are refused).",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Scores as .csv or .parquet.")],
    overrides: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Decisions of people, a file (default: the table `overrides` of INPUT, "
            "or the overrides of the study if INPUT is its TOML).",
        ),
    ] = None,
    missing: Missing = None,
    decimal: Decimal = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            metavar="URI", help="Tracking store of a models:/ address, as sqlite:///mlflow.db."
        ),
    ] = None,
) -> None:
    """Segment, probability, runner-up and novelty of every account."""
    from clustering.commands.console import bars
    from clustering.scorer.files import check_output, write_scores

    day = as_of.date()
    inputs = [*_inputs(input_), *([] if overrides is None else [overrides])]
    check_output(out, inputs, closed=[Path(model)])
    with bars() as progress:
        with progress.step("Checking the model"):
            scorer = _load(model, tracking_uri)
        reading = reading_of(missing, decimal)
        features, decisions, heard = _features(scorer, input_, day, reading, progress)
        with progress.step("Scoring"):
            scores, in_force = _scores(scorer, features, overrides or decisions, day)
        with progress.step("Writing"):
            write_scores(scores, out, day)
    mistakes, n_odd = scorer.unit_mistakes(features), scorer.count_odd(features)
    _show(_Scored(scorer, day, scores, in_force, heard, mistakes, n_odd))
    _print(f"Written to {out}")


def _inputs(source: Path) -> list[Path]:
    if not source.is_dir() and source.suffix.lower() != ".toml":
        return [source]
    from clustering.commands.reading import study_inputs, tables_of_folder
    from clustering.config import load_config

    return (
        tables_of_folder(source) if source.is_dir() else study_inputs(load_config(source), source)
    )


def _load(model: str, tracking_uri: str | None) -> "Scorer":
    from clustering.config.study import REGISTERED
    from clustering.scorer import Scorer

    if model.startswith(REGISTERED):
        from clustering.tracking import resolve_model

        return Scorer.load(resolve_model(model, tracking_uri))
    return Scorer.load(Path(model))


def _features(
    scorer: "Scorer", source: Path, as_of: date, reading: "ReadingConfig", progress: "Progress"
) -> "tuple[pd.DataFrame, Overrides, _Heard]":
    """The features, the decisions that came with the input, and what is to be said of it."""
    from clustering.movement.overrides.active import no_overrides, study_overrides
    from clustering.scorer.files import read_features

    if not source.is_dir() and source.suffix.lower() != ".toml":
        with progress.step("Reading the features"):
            features = read_features(source, scorer.standardiser.feature_names, as_of, reading)
        return features, no_overrides(), _Heard()
    from clustering.config import SourceConfig, StudyConfig, load_config
    from clustering.tables import open_folder, open_tables
    from clustering.tables.checks import as_of_findings

    with progress.step("Checking the tables"):
        if source.is_dir():
            given = SourceConfig(folder=source, **reading.model_dump())
            config = StudyConfig(name="score", as_of=as_of, source=given)
            tables = open_folder(given)
        else:
            config = load_config(source).model_copy(update={"as_of": as_of})
            tables = open_tables(config)
        decisions = study_overrides(config, tables)
    with tables, progress.step("Computing the features"):
        snapshot = scorer.snapshot(tables, as_of)
        dates = as_of_findings(as_of, tables.date_ranges, tables.coverage).notes
        notes = dict.fromkeys(
            (*tables.notes, *dates, *snapshot.notes)
        )  # a study looks at dates too
        heard = _Heard(tuple(notes), snapshot.short_tables)
        return snapshot.frame, decisions, heard


def _scores(
    scorer: "Scorer", features: "pd.DataFrame", given: "Overrides | Path", as_of: date
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The scores with what people decided, and the decisions in force on scored accounts."""
    from clustering.movement.overrides.active import (
        Overrides,
        assigned,
        check_overrides,
        in_todays_words,
    )
    from clustering.movement.overrides.file import read_overrides

    scores = scorer.score_features(features, as_of)
    if isinstance(given, Path):
        frame = read_overrides(given)
        check_overrides(frame, subject=f"overrides '{given}' cannot be used")
        given = Overrides(frame)
    in_force = in_todays_words(given.in_force(as_of), scorer.called)
    in_force = in_force[in_force.index.isin(scores.index)]
    check_overrides(in_force.reset_index(), segments=scorer.called)
    return scores.join(assigned(scores["segment_name"], in_force)), in_force


def _show(scored: _Scored) -> None:
    scores, training = scored.scores, scored.scorer.training
    if scored.heard.notes:
        _print("Notes on the input:")
        for note in scored.heard.notes:
            _print(f"  - {note}")
    _print(
        f"{len(scores):,} accounts scored as of {scored.as_of} into the {training.group_word[1]} "
        f"of study '{training.study}' (learned as of {training.as_of})."
    )
    learned = sum(training.sizes)
    for number, name in enumerate(scored.scorer.segment_names):
        count = int((scores["segment"] == number).sum())
        share = count / max(1, len(scores))
        _print(f"  {name}: {count:,} ({share:.0%}; {training.sizes[number] / learned:.0%} then)")
    if unknown := int(scores["segment"].isna().sum()):
        _print(f"  no segment, because too little is known yet (column reason): {unknown:,}")
    _show_novel(scored)
    _show_overrides(scored)


def _show_novel(scored: _Scored) -> None:
    novel = int(scored.scores["novel"].sum())
    if novel:
        _print(
            "Unlike what the model was learned from, to be looked at before their segment is used "
            f"(column reason): {novel:,}"
        )
    if scored.n_odd:
        _print(
            "  of them with values that cannot be, or lie far from all that were seen: "
            f"{scored.n_odd:,}"
        )
    if scored.mistakes:
        _print("Probably in another unit than in training; these scores are then wrong:")
        for sentence in scored.mistakes:
            _print(f"  {sentence}")
        return
    novel -= scored.n_odd  # a wrong value is no change of the accounts
    n, expected = len(scored.scores), scored.scorer.expected_novel_share
    if novel >= _LEAST_FLAGGED and novel > _MANY_FLAGGED * expected * n:
        advice = "the accounts may have changed. Consider a new study."
        if scored.heard.short_tables:
            advice = (
                f"{', '.join(scored.heard.short_tables)} begin inside the look-back window of "
                f"{scored.scorer.features.window_days} days, so every account looks less active. "
                "Score tables of the whole window first."
            )
        _print(
            f"  That is {novel / n:.1%} of the accounts, against about {expected:.1%} "
            f"when the model was learned: {advice}"
        )


def _show_overrides(scored: _Scored) -> None:
    if scored.in_force.empty:
        return
    decided = scored.scores["override_by"].notna()
    against = decided & (scored.scores["assigned_segment"] != scored.scores["segment_name"])
    _print(
        f"Decided by people: {int(decided.sum()):,}, {int(against.sum()):,} of them against the "
        "model (columns assigned_segment, override_by, override_reason, override_until)."
    )


def _print(text: str) -> None:
    from clustering.commands.console import OUT

    OUT.print(text, markup=False, soft_wrap=True)
