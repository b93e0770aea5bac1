"""A study opened once for all notebooks of one report, and each of its figures drawn once.

Several notebooks show the same figure: opened and drawn in each they would take half as long again.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from clustering import results
from clustering.results import StudyFolder
from clustering.results.folder import DOCUMENT

P = ParamSpec("P")
Result = TypeVar("Result")

#: Figures by study and what was asked for; they go when the study does.
_DRAWN: WeakKeyDictionary[StudyFolder, dict[object, Any]] = WeakKeyDictionary()


def open_study(folder: str | Path) -> StudyFolder:
    """The study of a folder; the same object as before while the folder is the same.

    Parameters
    ----------
    folder : of a finished study

    Raises
    ------
    StudyFolderError
        It is not one.
    """
    path = Path(folder)
    written = (path / DOCUMENT).stat() if (path / DOCUMENT).exists() else None
    return _open(path, None if written is None else (written.st_mtime_ns, written.st_ino))


@functools.lru_cache(maxsize=1)
def _open(path: Path, written: tuple[int, int] | None) -> StudyFolder:
    return results.read(path)


def drawn_once(
    draw: Callable[Concatenate[StudyFolder, P], Result],
) -> Callable[Concatenate[StudyFolder, P], Result]:
    """Keep what a function draws, or looks up, for an opened study; give it again when asked."""

    @functools.wraps(draw)
    def once(study: StudyFolder, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        drawn = _DRAWN.setdefault(study, {})
        asked = (draw, args, tuple(sorted(kwargs.items())))
        if asked not in drawn:
            drawn[asked] = draw(study, *args, **kwargs)
        result: Result = drawn[asked]
        return result

    return once
