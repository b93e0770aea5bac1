"""Opening a tracking store: quietly, without telemetry, and one study at a time on SQLite."""

import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.errors import ClusteringError, TrackingError
from clustering.outputs import turn

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEFAULT_URI = "sqlite:///studies/mlflow.db"
"""Where `make study` records, seen from the root of the project."""

_SQLITE = "sqlite:///"
_SECONDS_TO_WAIT = 600.0

# Set before MLflow is imported, and only where the user has not decided otherwise.
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "GIT_PYTHON_REFRESH": "quiet",
}


def tracking_uri(given: str | None = None) -> str:
    """The store that a command without a study uses.

    In this order: the one given, the environment variable ``MLFLOW_TRACKING_URI``, and
    ``studies/mlflow.db`` in the current folder.

    Examples
    --------
    >>> tracking_uri("sqlite:////srv/mlflow.db")
    'sqlite:////srv/mlflow.db'
    """
    return absolute_uri(given or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI, Path.cwd())


def absolute_uri(uri: str, base: Path) -> str:
    """A relative SQLite path is relative to `base`; every other address stays as it is.

    Examples
    --------
    >>> absolute_uri("sqlite:///mlflow.db", Path("/srv/studies"))
    'sqlite:////srv/studies/mlflow.db'
    >>> absolute_uri("https://tracking.example", Path("/srv"))
    'https://tracking.example'
    """
    file = _sqlite_file(uri)
    if file is None:
        return uri
    return f"{_SQLITE}{(base.resolve() / file).as_posix()}"


def artifact_location(uri: str) -> str | None:
    """Where the artifacts of a new experiment go: beside a SQLite file, else as the server says."""
    file = _sqlite_file(uri)
    return None if file is None else (file.parent / "mlartifacts").as_uri()


@contextmanager
def open_store(uri: str, *, create: bool) -> Iterator["MlflowClient"]:
    """A client of the store; what goes wrong inside is a `TrackingError`.

    Parameters
    ----------
    uri : as given by `absolute_uri`
    create : whether a SQLite file that does not exist may be made

    Raises
    ------
    TrackingError
        The store cannot be reached, does not exist, or refuses.
    """
    file = _sqlite_file(uri)
    if file is not None and not create and not file.exists():
        raise TrackingError(
            f"there is no tracking store '{file}'. Run a study with tracking first, or name the "
            "store with --tracking-uri or MLFLOW_TRACKING_URI."
        )
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings(), _turn(file) if file is not None else nullcontext():
        # MLflow warns of its own internals, which nobody who runs a study can mend.
        warnings.simplefilter("ignore")
        yield from _client(uri)


def _client(uri: str) -> Iterator["MlflowClient"]:
    import mlflow
    from mlflow.exceptions import MlflowException

    former, former_registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        yield mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    except MlflowException as error:
        raise TrackingError(f"the tracking store '{_shown(uri)}' says: {error.message}") from error
    except ClusteringError:
        raise
    # MLflow and the libraries of its stores raise errors of many kinds; whatever goes wrong there
    # must cost a message and not a traceback after a study.
    except Exception as error:
        raise TrackingError(
            f"the tracking store '{_shown(uri)}' cannot be used: {_in_words(error)}. "
            "Check tracking.uri, or run with --no-track."
        ) from error
    finally:
        mlflow.set_tracking_uri(former)
        mlflow.set_registry_uri(former_registry)


@contextmanager
def _turn(file: Path) -> Iterator[None]:
    """Wait until no other study writes to the same SQLite store.

    MLflow reads and writes in one transaction, which SQLite may refuse at once when another one
    has written in between, whatever the time-out.
    """
    _refuse_foreign(file)
    with ExitStack() as held:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(turn(file, _SECONDS_TO_WAIT))
        except (OSError, TimeoutError) as error:
            raise _no_turn(file, error) from None
        yield


def _refuse_foreign(file: Path) -> None:
    """MLflow would put its own tables into any database, and nobody would find them there."""
    if not file.is_file() or file.stat().st_size == 0:
        return
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in found}
    except sqlite3.Error as error:
        raise TrackingError(
            f"the tracking store '{file}' cannot be read as SQLite: {error}. Correct tracking.uri; "
            "the file was not touched."
        ) from None
    if tables and "experiments" not in tables:
        raise TrackingError(
            f"'{file}' is a database, but no tracking store. Correct tracking.uri; the file was "
            "not touched."
        )


def _no_turn(file: Path, error: Exception) -> TrackingError:
    return TrackingError(
        f"the tracking store '{file}' cannot be opened for writing: {error}. "
        "Wait for the other study, mend the folder's permissions, or run with --no-track."
    )


def _sqlite_file(uri: str) -> Path | None:
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def exists_or_is_remote(uri: str) -> bool:
    """Whether there is a store to look at: a SQLite file may still have to be made."""
    file = _sqlite_file(uri)
    return file is None or file.exists()


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"


def _shown(uri: str) -> str:
    """The address without a password in it."""
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if "@" in rest else uri
