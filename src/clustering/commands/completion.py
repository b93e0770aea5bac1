"""`clustering completion`: the script that lets a shell complete commands and options."""

from enum import StrEnum
from typing import Annotated

import typer

from clustering.commands.options import example

#: In this variable a shell asks for what could come next.
COMPLETE = "_CLUSTERING_COMPLETE"


class Shell(StrEnum):
    """Shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def register(app: typer.Typer) -> None:
    """Add `completion` to the app."""
    line = "source <(clustering completion bash)"
    app.command("completion", epilog=example(line))(completion)


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the script that lets your shell complete commands, options and files."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    typer.echo(
        get_completion_script(prog_name="clustering", complete_var=COMPLETE, shell=shell.value)
    )
