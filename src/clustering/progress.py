"""How long work tells that it goes on, without knowing of a terminal.

A step is opened by name; what it gives is called with the number of units done. The command
line hands in bars (`commands.console`), tests and notebooks use `SILENT`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Anything that can show named steps."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Open a step of `total` units (None: not known); the value is called to advance."""
        ...


class _Silent:
    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Advance]:
        yield lambda units: None


SILENT: Progress = _Silent()
