"""`clustering`: arguments to functions. Heavy imports happen inside the commands."""

import os
import sys
from typing import Annotated

import typer
from typer.completion import completion_init  # type: ignore[attr-defined]

from clustering.commands.completion import COMPLETE
from clustering.errors import ClusteringError, ExitStatus

app = typer.Typer(
    name="clustering",
    no_args_is_help=True,
    epilog="Example: clustering init my_study --from exports",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"clustering {version('clustering')}")
        raise typer.Exit


@app.callback()
def _options(
    asked: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Do accounts fall into groups that serve better than ARR tiers? A study with evidence."""


def _register() -> None:
    """Import every module of `commands` that defines commands; each has `register(app)`."""
    from clustering.commands import COMMANDS

    for register in COMMANDS:
        register(app)


def main() -> None:
    """Entry point; what it exits with is an `ExitStatus`."""
    _register()
    if COMPLETE in os.environ:
        completion_init()
    try:
        app(prog_name="clustering")
    except ClusteringError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        print("Stopped. Nothing was written.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os._exit(1)
    except MemoryError:
        print(
            "OutputError: there is not enough memory; try fewer accounts or features.",
            file=sys.stderr,
        )
        sys.exit(ExitStatus.DATA)


if __name__ == "__main__":
    main()
