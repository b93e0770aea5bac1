"""What may not be written over: the inputs of a command, whatever leads there.

Refused before anything is computed.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from clustering.errors import OutputError
from clustering.outputs import real_path


def check_file(
    target: Path,
    inputs: Iterable[Path] = (),
    suffixes: tuple[str, ...] = (),
    option: str = "--out",
    closed: Iterable[Path] = (),
) -> None:
    """Refuse a file that cannot be written or must not be, before anything is computed.

    Parameters
    ----------
    inputs : files and folders that the command reads
    suffixes : the endings that are known (none: any)
    option : what names it on the command line
    closed : folders of which every file belongs to what is read

    Raises
    ------
    OutputError
        It is an input or lies in a closed folder, is a folder, has another ending, or its folder
        does not exist or may not be written.
    """
    if suffixes and target.suffix.lower() not in suffixes:
        expected = " or ".join(suffixes)
        raise OutputError(f"'{target}' has ending '{target.suffix}'; expected {expected}.")
    refuse_inputs(target, inputs, option, closed)
    real = real_path(target)
    if real.is_dir():
        raise OutputError(f"'{target}' is a folder; name a file in it.")
    if not real.parent.is_dir():
        raise OutputError(f"'{target}' cannot be written: there is no folder '{real.parent}'.")
    if not os.access(real.parent, os.W_OK):
        raise OutputError(f"'{target}' cannot be written: the folder '{real.parent}' is read-only.")


def check_result(folder: Path, mark: str, inputs: Iterable[Path] = ()) -> None:
    """Refuse a folder for a result that is an input, or holds something else than such a result.

    Parameters
    ----------
    mark : the file that every result of this kind has
    inputs : files and folders that the command reads, with all that belongs to them

    Raises
    ------
    OutputError
        Before anything is computed.
    """
    read = [*inputs]
    refuse_inputs(folder, read, closed=read)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"'{folder}' is a file; name a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise OutputError(
            f"folder '{folder}' is not empty and holds no {mark}, so it is not replaced; name a "
            "new or empty folder."
        )


def refuse_inputs(
    target: Path, inputs: Iterable[Path], option: str = "--out", closed: Iterable[Path] = ()
) -> None:
    """Refuse to write where something is read, whatever links, dots or letters lead there.

    Parameters
    ----------
    closed : folders of which every file belongs to what is read

    Raises
    ------
    OutputError
        `target` is an input, holds one, or lies in a closed folder.

    Examples
    --------
    >>> refuse_inputs(Path("scores.csv"), [Path("./accounts.csv")])
    >>> try:
    ...     refuse_inputs(Path("Accounts.csv"), [Path("./accounts.csv")])
    ... except OutputError as error:
    ...     print(error)
    'Accounts.csv' is an input of this command. Nothing was written; choose another --out.
    """
    real = real_path(target)
    for given in inputs:
        read = real_path(given)
        folded, other = _folded(real), _folded(read)
        if folded == other or _is_same(real, read):
            relation = "is an input of this command"
        elif other.is_relative_to(folded):
            relation = f"holds '{given}', which this command reads"
        else:
            continue
        raise _refusal(target, relation, option)
    for folder in closed:
        if folder.is_dir() and _folded(real).is_relative_to(_folded(real_path(folder))):
            raise _refusal(target, f"lies in '{folder}', which this command reads", option)


def _refusal(target: Path, relation: str, option: str) -> OutputError:
    return OutputError(f"'{target}' {relation}. Nothing was written; choose another {option}.")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _folded(path: Path) -> Path:
    """Some file systems do not tell capital letters from small ones."""
    return Path(str(path).casefold())
