"""`clustering trial`: the size of a trial of a playbook, and who is treated first, by lot."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import example

if TYPE_CHECKING:
    from clustering.config.plan import TrialConfig
    from clustering.results import StudyFolder
    from clustering.trial import TrialGroup


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "trial",
        epilog=example("clustering trial studies/my_study --segment S-7K2M --out trial.csv"),
    )(trial)


def trial(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="Folder of a finished study, or its TOML file.")
    ],
    segment: Annotated[
        str,
        typer.Option(
            "--segment",
            metavar="SEGMENT",
            help="Id, name or number of a segment, or a label of what the plan is for.",
        ),
    ],
    playbook: Annotated[
        str | None,
        typer.Option(
            "--playbook", metavar="PLAYBOOK", help="What is tried (default: that of the plan)."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The list (default: trial-SEGMENT.csv)."),
    ] = None,
    together: Annotated[
        str | None,
        typer.Option(
            "--together",
            metavar="COLUMN",
            help="Column of accounts.parquet whose equal values get one arm, as a parent or csm.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Of the lot (default: that of the study).")
    ] = None,
    averted: Annotated[
        float | None,
        typer.Option(
            "--averted",
            help="Share of the losses that the playbook is assumed to avert (default: "
            "engagement.trial.averted of the study).",
        ),
    ] = None,
    power: Annotated[
        float | None, typer.Option("--power", help="Default: engagement.trial.power of the study.")
    ] = None,
    level: Annotated[
        float | None, typer.Option("--level", help="Default: engagement.trial.level of the study.")
    ] = None,
) -> None:
    """Plan a trial of a playbook: accounts it needs, and a list of who is treated, by lot."""
    from clustering.commands.console import say
    from clustering.commands.reading import read_study
    from clustering.outputs import whole_file
    from clustering.scorer.files import write_cells
    from clustering.trial import design_trial, draw_arms, trial_group
    from clustering.trial.design import members
    from clustering.trial.words import plan_words, size_words

    config, found = read_study(study)
    group = trial_group(found, segment)
    target = _target(out, group, study, found)
    settings = _settings(config.engagement.trial, averted, power, level)
    title = _playbook(found, group, playbook)
    frame = members(found, group, together)
    design = design_trial(found, group, settings, frame["unit"].nunique())
    lot = config.seed if seed is None else seed
    arms = draw_arms(frame, lot)
    with whole_file(target, "the list ") as file:
        write_cells(arms, file)
    say(f"A trial of {title} on '{group.label}' {group.segment_id}".rstrip())
    for text in (*size_words(design, together), *plan_words(design, arms, lot, together)):
        say(text)
    say(f"List: {target.resolve()}")


def _settings(
    given: "TrialConfig", averted: float | None, power: float | None, level: float | None
) -> "TrialConfig":
    """The settings of the study, and what the line of the command says instead."""
    from pydantic import ValidationError

    from clustering.config.plan import TrialConfig
    from clustering.errors import ConfigError, breaches_message

    said = {"averted": averted, "power": power, "level": level}
    changed = {name: value for name, value in said.items() if value is not None}
    try:
        return TrialConfig.model_validate(given.model_dump() | changed)
    except ValidationError as error:
        wrong = [f"--{one['loc'][0]}: {one['msg']}, found {one['input']}" for one in error.errors()]
        raise ConfigError(breaches_message("the trial cannot be planned", wrong)) from None


def _target(out: Path | None, group: "TrialGroup", study: Path, found: "StudyFolder") -> Path:
    import re

    from clustering.targets import check_file

    name = group.segment_id or re.sub(r"\W+", "-", group.label).strip("-")[:60] or "label"
    target = Path(f"trial-{name}.csv") if out is None else out
    inputs = [study] if study.is_file() else []
    check_file(target, inputs, (".csv",), closed=[found.path])
    return target


def _playbook(study: "StudyFolder", group: "TrialGroup", playbook: str | None) -> str:
    """What is tried, as a sentence names it."""
    from clustering.columns import SEGMENT
    from clustering.errors import BadInputError, or_known

    plan = study.document.plan
    titles = {book.name: book.title for book in plan.playbooks}
    if playbook is not None:
        named = titles.get(playbook, playbook if playbook in titles.values() else None)
        if named is None:
            raise BadInputError(
                f"--playbook '{playbook}': the plan of this study has no such playbook."
                f"{or_known(playbook, [*titles, *titles.values()])}"
            )
        return f"'{named}'"
    if group.labelling != plan.labelling:
        kept = "the segments" if group.labelling == SEGMENT else group.labelling
        raise BadInputError(
            f"--segment '{group.label}': the plan is for {plan.title}, so {kept} have no playbook. "
            f"Name one by --playbook.{or_known('', titles)}"
        )
    coverage = study.table("coverage").set_index("label")
    name = str(coverage.loc[group.label, "playbook"])
    return f"'{titles.get(name, name)}'"
