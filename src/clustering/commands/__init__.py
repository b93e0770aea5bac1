"""One module per command of `clustering`; each imports heavy rooms only when it runs.

At module level a command module imports typer, the standard library and nothing heavy, so that
`clustering --help` answers at once.
"""

from collections.abc import Callable

import typer

from clustering.commands import (
    check,
    compare,
    completion,
    features,
    init,
    report,
    score,
    simulate,
    study,
    trial,
)
from clustering.commands.people import override, rename
from clustering.commands.ready import agree, evidence, forward
from clustering.commands.service import export, history, monitor, promote, rollback

__all__ = ["COMMANDS"]

#: What puts each command on the app, in the order that `--help` lists them.
COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    simulate.register,
    init.register,
    check.register,
    features.register,
    study.register,
    report.register,
    compare.register,
    score.register,
    monitor.register,
    export.register,
    promote.register,
    rollback.register,
    history.register,
    override.register,
    rename.register,
    trial.register,
    evidence.register,
    agree.register,
    forward.register,
    completion.register,
)
