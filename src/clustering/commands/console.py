"""The terminal: progress bars on stderr, results on stdout."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from clustering.progress import Advance

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print a line of a result as it is: nothing in it is markup, and only the terminal wraps."""
    OUT.print(text, markup=False, soft_wrap=True)


def say_accepted(doubts: Sequence[str]) -> None:
    """Say what spoke against a model that was put into service all the same."""
    if doubts:
        say("Accepted, and kept with the version:")
        for doubt in doubts:
            say(f"  - {doubt}")


class Bars:
    """`clustering.progress.Progress` as bars; a line a step where there is no terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Advance]:
        """Show one step as a bar until the block ends."""
        task = self._progress.add_task(name, total=total)
        if not ERR.is_terminal:
            ERR.print(f"{name} ...", markup=False)
        yield lambda units: self._progress.advance(task, units)
        done = self._progress.tasks[task].total or 1
        self._progress.update(task, total=done, completed=done)


@contextmanager
def bars() -> Iterator[Bars]:
    """Show every step that is opened inside, with its name, share done and time left."""
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR, disable=not ERR.is_terminal) as progress:
        yield Bars(progress)
