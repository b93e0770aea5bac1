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

_REGISTERED = "models:/"

#: More flagged accounts than so many times the share of the training accounts are worth a word.
_MANY_FLAGGED = 3.0
_LEAST_FLAGGED = 5


@dataclass(frozen=True)
class _Heard:
    """What the tables told of themselves: notes, and which of them are short of the window."""

    notes: tuple[str, ...] = ()
    short_tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Doubted:
    """What is doubtful in the values: columns in another unit, accounts with odd values."""

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
    from clustering.movement.overrides.active import assigned
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
            scores = scorer.score_features(features)
        in_force = _in_force(scorer, scores, decisions if overrides is None else overrides, day)
        scores = scores.join(assigned(scores["segment_name"], in_force))
        with progress.step("Writing"):
            write_scores(scores, out, day)
    doubted = _Doubted(scorer.unit_mistakes(features), scorer.count_odd(features))
    _show(scorer, scores, day, heard, doubted)
    _show_overrides(scores, in_force)
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
    from clustering.scorer import Scorer

    if model.startswith(_REGISTERED):
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


def _in_force(
    scorer: "Scorer", scores: "pd.DataFrame", given: "Overrides | Path", as_of: date
) -> "pd.DataFrame":
    """The decisions that hold on the date, checked; those on accounts not scored are left out."""
    from clustering.movement.overrides.active import Overrides, check_overrides
    from clustering.movement.overrides.file import read_overrides

    if isinstance(given, Path):
        frame = read_overrides(given)
        check_overrides(frame, subject=f"overrides '{given}' cannot be used")
        given = Overrides(frame)
    in_force = given.in_force(as_of)
    in_force = in_force[in_force.index.isin(scores.index)]
    check_overrides(in_force.reset_index(), segments=scorer.segment_names)
    return in_force


def _show_overrides(scores: "pd.DataFrame", in_force: "pd.DataFrame") -> None:
    if in_force.empty:
        return
    decided = scores["override_by"].notna()
    against = decided & (scores["assigned_segment"] != scores["segment_name"])
    _print(
        f"Decided by people: {int(decided.sum()):,}, {int(against.sum()):,} of them against the "
        "model (columns assigned_segment, override_by, override_reason, override_until)."
    )


def _show(
    scorer: "Scorer",
    scores: "pd.DataFrame",
    as_of: date,
    heard: _Heard,
    doubted: _Doubted,
) -> None:
    training = scorer.training
    if heard.notes:
        _print("Notes on the input:")
        for note in heard.notes:
            _print(f"  - {note}")
    _print(
        f"{len(scores):,} accounts scored as of {as_of} into the {training.group_word[1]} of study "
        f"'{training.study}' (learned as of {training.as_of})."
    )
    learned = sum(training.sizes)
    for number, name in enumerate(scorer.segment_names):
        count = int((scores["segment"] == number).sum())
        share = count / max(1, len(scores))
        _print(f"  {name}: {count:,} ({share:.0%}; {training.sizes[number] / learned:.0%} then)")
    if unknown := int(scores["segment"].isna().sum()):
        _print(f"  no segment, because none of the features is known: {unknown:,}")
    _show_novel(scorer, scores, heard, doubted)


def _show_novel(scorer: "Scorer", scores: "pd.DataFrame", heard: _Heard, doubted: _Doubted) -> None:
    novel = int(scores["novel"].sum())
    if novel:
        _print(
            "Unlike what the model was learned from, to be looked at before their segment is used "
            f"(column reason): {novel:,}"
        )
    if doubted.n_odd:
        _print(
            "  of them with values that cannot be, or lie far from all that were seen: "
            f"{doubted.n_odd:,}"
        )
    if doubted.mistakes:
        _print("Probably in another unit than in training; these scores are then wrong:")
        for sentence in doubted.mistakes:
            _print(f"  {sentence}")
        return
    novel -= doubted.n_odd  # a wrong value is no change of the accounts
    expected = scorer.expected_novel_share
    if novel >= _LEAST_FLAGGED and novel > _MANY_FLAGGED * expected * len(scores):
        advice = "the accounts may have changed. Consider a new study."
        if heard.short_tables:
            advice = (
                f"{', '.join(heard.short_tables)} begin inside the look-back window of "
                f"{scorer.features.window_days} days, so every account looks less active. Score "
                "tables of the whole window first."
            )
        _print(
            f"  That is {novel / len(scores):.1%} of the accounts, against about {expected:.1%} "
            f"when the model was learned: {advice}"
        )


def _print(text: str) -> None:
    from clustering.commands.console import OUT

    OUT.print(text, markup=False, soft_wrap=True)
