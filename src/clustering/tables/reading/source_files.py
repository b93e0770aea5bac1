"""The files that a mapping names, below the source folder whatever links or patterns lead there."""

from pathlib import Path

from clustering.errors import BadInputError, did_you_mean
from clustering.tables.session import Session, one_path, quoted_text

_PATTERN_LETTERS = "*?["


def files_named(session: Session, name: str, folder: Path | None) -> list[Path]:
    """Find the files behind a name or pattern, all of them below the folder.

    Parameters
    ----------
    name : as it stands in the mapping; relative names are of the folder
    folder : the source folder (None: there is none)

    Raises
    ------
    BadInputError
        There is no such file, it is no file, or it lies outside of the folder once links and '..'
        are followed.
    """
    if "://" in name:
        raise BadInputError(
            f"it reads the address '{name}'. A mapping reads files below source.folder, and in S3 "
            "below source.remote: save a copy there."
        )
    if folder is None:
        raise BadInputError(f"it reads the file '{name}', but source.folder is not given.")
    root = folder.resolve()
    found = [path.resolve() for path in _candidates(session, name, root)]
    if any(not path.is_relative_to(root) for path in found):
        raise _outside(name, folder)
    if not found:
        raise BadInputError(
            f"it reads the file '{name}', which is not in '{folder}'.{_near(name, root)}"
        )
    if not all(path.is_file() for path in found):
        raise BadInputError(f"it reads '{name}', which is no file.")
    return found


def is_remote(session: Session, name: str) -> bool:
    """Whether a name is of a file that lies below the remote address of the source."""
    within = session.remote is not None and name.startswith(session.remote)
    return within and ".." not in name.split("/") and "%" not in name and "?" not in name


def _candidates(session: Session, name: str, root: Path) -> list[Path]:
    path = root / name  # an absolute name stays what it is
    try:
        # Whether there is anything outside is nobody's business either.
        if path.exists() or not path.resolve().is_relative_to(root):
            return [path]
    except (OSError, ValueError):  # longer than any name, or with a zero byte in it
        return []
    if not any(letter in name for letter in _PATTERN_LETTERS):
        return []
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise _outside(name, root)  # a pattern is not even looked for elsewhere
    pattern = quoted_text(f"{one_path(root)}/{name}")
    rows = session.execute(f"SELECT file FROM glob({pattern}) ORDER BY file").fetchall()
    return [Path(file) for (file,) in rows]


def _outside(name: str, folder: Path) -> BadInputError:
    return BadInputError(
        f"it reads '{name}', which is outside of the source folder '{folder}'. A mapping reads "
        "files below source.folder alone: copy the file there, or let source.folder be a folder "
        "that holds both."
    )


def _near(name: str, root: Path) -> str:
    present = [file.name for file in root.iterdir()] if root.is_dir() else []
    return did_you_mean(name, present, cutoff=0.4)
