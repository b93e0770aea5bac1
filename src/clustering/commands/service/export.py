"""`clustering export`: a model as SQL, for the warehouse that holds the accounts."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clustering.commands.options import MODEL_HELP, ModelStore, example

if TYPE_CHECKING:
    from clustering.scorer import Scorer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "export",
        epilog=example("clustering export studies/my_study --dialect snowflake --out segments.sql"),
    )(export)


def export(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help=MODEL_HELP),
    ],
    dialect: Annotated[
        str,
        typer.Option(
            metavar="DIALECT",
            help="duckdb, postgres, snowflake, bigquery, spark or databricks.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new file for the query, .sql.")],
    format_: Annotated[
        Literal["sql"], typer.Option("--format", help="What the model is written as.")
    ] = "sql",
    table: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Table or view of the features: account_id, one column per feature of the model "
            "in its own unit, and tenure_days.",
        ),
    ] = "features",
    age: Annotated[
        bool,
        typer.Option(
            "--age/--no-age",
            help="Whether the table has tenure_days, the age of an account in days; without it no "
            "account is too young for a segment.",
        ),
    ] = True,
    reasons: Annotated[
        bool,
        typer.Option(
            "--reasons/--no-reasons",
            help="Whether the columns why and against_runner_up follow.",
        ),
    ] = True,
    features: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLES",
            help="Write the query of the features instead (DuckDB alone), for the tables and "
            "columns of this folder or study's TOML.",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of the features; with --features alone."),
    ] = None,
    tracking_uri: ModelStore = None,
) -> None:
    """Write a query that gives the segments of a table of features, in the SQL of a warehouse."""
    from clustering.commands.console import say
    from clustering.commands.reading import source_inputs
    from clustering.commands.service.models import load_model
    from clustering.export import check_dialect, scoring_sql
    from clustering.targets import check_file

    chosen = check_dialect(dialect)
    _check_features(features, as_of, dialect)
    inputs = [] if features is None else source_inputs(features)
    check_file(out, inputs, suffixes=(".sql",), closed=[Path(model)])
    _check_new(out)
    scorer = load_model(model, tracking_uri)
    if features is not None and as_of is not None:
        query = _features_sql(scorer, features, as_of.date())
        n_features = len(scorer.standardiser.columns)
        what = f"The {n_features} features of model {scorer.version} as of {as_of.date()}"
    else:
        query = scoring_sql(scorer, chosen, table, has_age=age, reasons=reasons)
        what = f"The {scorer.model.k} {scorer.training.group_word[1]} of model {scorer.version}"
    _write(out, query, scorer)
    say(f"{what} as one SELECT for {chosen}, {len(query) / 1000:,.0f} kB. Written to {out}")


def _check_features(features: Path | None, as_of: datetime | None, dialect: str) -> None:
    """What belongs to `--features`, and what does not."""
    from clustering.errors import BadInputError, breaches_message

    breaches = []
    if features is None and as_of is not None:
        breaches.append("--as-of is of --features; a table of features is scored as it is.")
    if features is not None and as_of is None:
        breaches.append("--features needs --as-of: there is no default date.")
    if features is not None and dialect != "duckdb":
        breaches.append(
            f"the features are written for duckdb alone, not for {dialect}. Elsewhere compute "
            "them with `clustering score` from raw tables, or make the columns of "
            "docs/features.md yourself."
        )
    if breaches:
        raise BadInputError(breaches_message("this cannot be exported", breaches))


def _check_new(out: Path) -> None:
    from clustering.errors import OutputError

    if out.exists():
        raise OutputError(f"'{out}' exists already. Nothing was written; choose another --out.")


def _features_sql(scorer: "Scorer", source: Path, as_of: date) -> str:
    from clustering.commands.reading import open_source_tables, source_config
    from clustering.export.features import features_sql

    given = source_config(source, as_of, "export")
    tables = open_source_tables(source, given, scorer.features)
    with tables:
        return features_sql(scorer, tables, as_of)


def _write(out: Path, query: str, scorer: "Scorer") -> None:
    from importlib.metadata import version

    from clustering.outputs import whole_file

    # No name of a study or segment here: it could end the comment.
    head = (
        f"-- Written by clustering {version('clustering')} from model {scorer.version}, learned "
        f"as of {scorer.training.as_of}.\n"
    )
    with whole_file(out) as stage:
        stage.write_text(f"{head}{query}\n", encoding="utf-8")
