"""Results on disk: whole or not at all, never in the place of an input, and nothing left behind.

What is written is built beside its place under another name and renamed at the very end. While it
is being built its process holds a lock on it. A lock ends with its process, however that ends, so
what is left of a run that was killed can be told from what is still being written: the next run
that writes to the same place takes it away.
"""

import contextlib
import fcntl
import glob
import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Container, Iterator
from pathlib import Path

from clustering.errors import OutputError

_STAGE = ".partial-"
_FORMER = ".former"
_MARK = re.compile(r"\d+-[0-9a-f]{8}")

#: What this process holds a lock on, or is building (device and inode): it never waits for itself.
_HELD: set[tuple[int, int]] = set()


@contextlib.contextmanager
def whole_file(target: Path, what: str = "") -> Iterator[Path]:
    """A new file to write to; it takes the place of `target` when the block ends well.

    A link stays a link: what it leads to is replaced.

    Parameters
    ----------
    what : begins the message where it cannot be written, as in "overrides "

    Raises
    ------
    OutputError
        The place cannot be written; what was there is untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder) / "a.txt") as file:
    ...         _ = file.write_text("all of it")
    ...     [path.name for path in Path(folder).iterdir()]
    ['a.txt']
    """
    try:
        real = real_path(target)
        _sweep(real.parent, _stem(real))
        stage, handle = _claimed(real.parent, _stem(real), lambda path: path.touch(mode=0o600))
        try:
            yield stage
            stage.chmod(real.stat().st_mode & 0o777 if real.exists() else 0o644)
            stage.replace(real)
        finally:
            stage.unlink(missing_ok=True)
            _released(handle)
    except OSError as error:
        raise OutputError(
            f"{what}'{target}' cannot be written: {error.strerror or error}. What was there is "
            "untouched."
        ) from None


@contextlib.contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target`, for `publish`; it is removed when the block ends.

    Raises
    ------
    OSError
        The place cannot be written.
    """
    real = real_path(target)
    recover(real)
    new = [folder for folder in real.parents if not folder.exists()]
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        _sweep(real.parent, _stem(real))
        stage, handle = _claimed(real.parent, _stem(real), Path.mkdir)
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            _released(handle)
    finally:
        for folder in new:
            with contextlib.suppress(OSError):  # something has come to stand in it
                folder.rmdir()


def publish(stage: Path, target: Path, is_mine: Callable[[str], bool] = lambda name: True) -> None:
    """Put a finished folder in the place of an earlier one, which is kept until then.

    Of two that finish at once, the later one is there in the end, and whole.

    Parameters
    ----------
    is_mine : whether a file or folder of that name in the earlier one is replaced or removed; any
        other was put there by somebody, and is kept

    Raises
    ------
    OSError
        The place cannot be written; the earlier folder is where it was.
    """
    real = real_path(target)
    former = _former(real)
    with locked(real):
        _put_back(real)
        if real.exists():
            _keep_what_is_not_mine(real, stage, is_mine)
            shutil.rmtree(former, ignore_errors=True)
            real.rename(former)
        try:
            stage.rename(real)
        except OSError:
            _put_back(real)
            raise
        shutil.rmtree(former, ignore_errors=True)


def write_result(folder: Path, files: Container[str], write: Callable[[Path], None]) -> None:
    """Write a folder of files whole or not at all; an earlier one there is replaced.

    Parameters
    ----------
    files : names of all files that such a result may have; others in the folder are kept
    write : puts the files into the folder that it is given

    Raises
    ------
    OutputError
        The folder cannot be written; what was there is untouched.
    """
    try:
        with staged_folder(folder) as stage:
            write(stage)
            publish(stage, folder, files.__contains__)
    except OSError as error:
        raise OutputError(
            f"the result cannot be written to '{folder}': {error.strerror or error}. What was "
            "there is untouched."
        ) from None


def recover(target: Path) -> None:
    """Put the earlier folder back where a run was killed between the two renames of `publish`."""
    real = real_path(target)
    if real.exists() or not real.parent.is_dir():
        return
    with contextlib.suppress(OSError), locked(real):
        _put_back(real)


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Be the only one who changes what lies in the folder of `target`, whatever link leads there.

    Raises
    ------
    OSError
        The folder does not exist or may not be read.
    """
    handle = os.open(real_path(target).parent, os.O_RDONLY)
    folder = _inode(handle)
    is_new = folder not in _HELD  # else this process would wait for itself
    try:
        if is_new:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            _HELD.add(folder)
        yield
    finally:
        if is_new:
            _HELD.discard(folder)
        os.close(handle)


@contextlib.contextmanager
def turn(target: Path, seconds: float) -> Iterator[None]:
    """Wait for one's turn at a file that several runs write to; nothing is left of the waiting.

    Raises
    ------
    OSError
        The folder may not be written.
    TimeoutError
        Another run held it for longer than `seconds`.
    """
    real = real_path(target)
    place = real.with_name(f".{real.name}.turn")
    last = time.monotonic() + seconds
    while True:
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
        held = False
        try:
            held = _is_locked(handle) and _is_still(place, handle)
            if held:
                yield
                return
        finally:
            if held:  # before the lock ends: whoever waits for it looks again
                place.unlink(missing_ok=True)
            os.close(handle)
        if time.monotonic() > last:
            raise TimeoutError(f"another run has held it for {seconds:g} seconds")
        time.sleep(0.1)


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _is_still(place: Path, handle: int) -> bool:
    """Whether the file that was locked is the one that stands there now."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), place.stat())
    return False


@contextlib.contextmanager
def scratch(name: str, folder: Path | None = None) -> Iterator[Path]:
    """A folder for the time of the block, as `make_scratch` makes it."""
    path, remove = make_scratch(name, folder)
    try:
        yield path
    finally:
        remove()


def make_scratch(name: str, folder: Path | None = None) -> tuple[Path, Callable[[], None]]:
    """A folder for files that nobody needs later, and what removes it.

    Parameters
    ----------
    name : how its name begins; what killed runs left of that name is removed first
    folder : where it is made (None: where temporary files go)

    Raises
    ------
    OutputError
        It cannot be made.
    """
    place = Path(tempfile.gettempdir()) if folder is None else folder
    try:
        _sweep(place, name)
        path, handle = _claimed(place, name, lambda path: path.mkdir(mode=0o700))
    except OSError as error:
        raise OutputError(
            f"no folder for temporary files: {error}. Set TMPDIR to one that can be written."
            if folder is None
            else f"'{folder}' cannot be written: {error.strerror or error}."
        ) from None

    def remove() -> None:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            _released(handle)

    return path, remove


def real_path(path: Path) -> Path:
    """Where a path leads, links followed."""
    return Path(os.path.realpath(path.expanduser()))


def _stem(target: Path) -> str:
    return f".{target.name}{_STAGE}"


def _former(target: Path) -> Path:
    return target.with_name(f".{target.name}{_FORMER}")


def _put_back(target: Path) -> None:
    former = _former(target)
    if former.exists() and not target.exists():
        former.rename(target)


def _keep_what_is_not_mine(earlier: Path, stage: Path, is_mine: Callable[[str], bool]) -> None:
    """Copy, not move: a run that is killed here must lose nothing."""
    for entry in earlier.iterdir():
        if is_mine(entry.name) or (stage / entry.name).exists():
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, stage / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, stage / entry.name, follow_symlinks=False)


def _claimed(folder: Path, stem: str, make: Callable[[Path], None]) -> tuple[Path, int]:
    """Make a file or folder of a name of its own, and hold the lock that says it is in use."""
    while True:
        path = folder / f"{stem}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        make(path)
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            if path.exists():
                _HELD.add(_inode(handle))
                return path, handle
            os.close(handle)  # another run took it for a leftover before it was locked


def _inode(handle: int) -> tuple[int, int]:
    found = os.fstat(handle)
    return found.st_dev, found.st_ino


def _released(handle: int) -> None:
    _HELD.discard(_inode(handle))
    os.close(handle)


def _sweep(folder: Path, stem: str) -> None:
    """Remove what runs of this user that are certainly over have left under such a name."""
    for left in folder.glob(f"{glob.escape(stem)}*"):
        if not _MARK.fullmatch(left.name.removeprefix(stem)):
            continue
        with contextlib.suppress(OSError):
            handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_uid == os.geteuid():
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
            finally:
                os.close(handle)
