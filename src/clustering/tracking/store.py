"""Opening a tracking store: quietly, without telemetry, and one study at a time on SQLite."""

import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.errors import ClusteringError, TrackingError, TrackingStoreError
from clustering.outputs import turn

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEFAULT_URI = "sqlite:///studies/mlflow.db"
"""Where `make study` records, seen from the root of the project."""

#: The variable that names the store where nothing else does.
TRACKING_URI = "MLFLOW_TRACKING_URI"
_REGISTRY_URI = "MLFLOW_REGISTRY_URI"

#: Folder of the artifacts beside a SQLite file.
_ARTIFACTS = "mlartifacts"

_SQLITE = "sqlite:///"
_SECONDS_TO_WAIT = 600.0
#: The driver of the extra `postgres`, and how an address asks for it.
_POSTGRES, _POSTGRES_DRIVER = ("postgres", "postgresql"), "postgresql+pg8000://"
_DATABASES = (*_POSTGRES, "mysql", "mssql")

#: What MLflow calls its own failures and those of a server: trying again may help.
_PASSING = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "IO_ERROR")

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
    return absolute_uri(given or os.environ.get(TRACKING_URI) or DEFAULT_URI, Path.cwd())


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


def artifact_location(uri: str, base: Path) -> str | None:
    """Where the artifacts of a new experiment go; None: as the tracking server says.

    Beside a SQLite file. MLflow would put those of another database into the current folder,
    wherever that is: they go into `base`, which holds the studies.

    Examples
    --------
    >>> artifact_location("sqlite:////srv/mlflow.db", Path("/srv/studies"))
    'file:///srv/mlartifacts'
    >>> artifact_location("postgresql+pg8000://me@db/mlflow", Path("/srv/studies"))
    'file:///srv/studies/mlartifacts'
    >>> artifact_location("https://tracking.example", Path("/srv/studies"))
    """
    file = _sqlite_file(uri)
    if file is not None:
        return (file.parent / _ARTIFACTS).as_uri()
    is_database = uri.partition("://")[0].partition("+")[0] in _DATABASES
    return (base.resolve() / _ARTIFACTS).as_uri() if is_database else None


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
        The store does not exist, or refuses.
    TrackingStoreError
        It cannot be reached or used.
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

    # MLflow sets these variables with its addresses: without one, none was set.
    former = {name: os.environ.get(name) for name in (TRACKING_URI, _REGISTRY_URI)}
    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        yield mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    except MlflowException as error:
        kind = TrackingStoreError if error.error_code in _PASSING else TrackingError
        raise kind(f"the tracking store '{_shown(uri)}' says: {error.message}") from error
    except ClusteringError:
        raise
    except ModuleNotFoundError as error:
        raise TrackingError(_no_driver(uri, error)) from None
    # MLflow and the libraries of its stores raise errors of many kinds; whatever goes wrong there
    # must cost a message and not a traceback after a study.
    except Exception as error:
        raise TrackingStoreError(
            f"the tracking store '{_shown(uri)}' cannot be used: {_in_words(error)}. "
            "Check tracking.uri, or run with --no-track."
        ) from error
    finally:
        mlflow.set_tracking_uri(former[TRACKING_URI])
        mlflow.set_registry_uri(former[_REGISTRY_URI])
        for name, value in former.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


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
        _settle(file)
        yield


def _refuse_foreign(file: Path) -> None:
    """MLflow would put its own tables into any database, and nobody would find them there."""
    if file.is_dir():
        raise TrackingError(f"the tracking store '{file}' is a folder; expected a SQLite file.")
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


#: Where MLflow keeps addresses of artifacts, absolute whatever it was given.
_ADDRESSES = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
}


def _settle(file: Path) -> None:
    """Let a store that was moved or copied with its artifacts find them beside itself.

    MLflow keeps where the artifacts were when they were made. Where a model lies in the folder
    beside the store, all addresses of that former folder become those of this one.
    """
    beside = file.parent.resolve() / _ARTIFACTS
    if not file.is_file() or not (beside / "models").is_dir():
        return
    try:
        with closing(sqlite3.connect(file)) as connection:
            for former in _former_folders(connection, beside):
                for table, column in _ADDRESSES.items():
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE substr({column}, 1, ?) = ?",
                        (beside.as_uri(), len(former) + 1, len(former) + 1, f"{former}/"),
                    )
                connection.execute(
                    "UPDATE experiments SET artifact_location = ? WHERE artifact_location = ?",
                    (beside.as_uri(), former),
                )
            connection.commit()
    except sqlite3.Error as error:
        raise _no_turn(file, error) from None


def _former_folders(connection: sqlite3.Connection, beside: Path) -> set[str]:
    """Addresses of other folders whose models lie beside the store now."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'logged_models'")
    if tables.fetchone() is None:  # made by an earlier MLflow, which will say so
        return set()
    found = connection.execute("SELECT artifact_location FROM logged_models")
    parts = [str(address).rpartition(f"/{_ARTIFACTS}/") for (address,) in found if address]
    folders = {(f"{before}/{_ARTIFACTS}", rest) for before, middle, rest in parts if middle}
    return {
        folder for folder, rest in folders if folder != beside.as_uri() and (beside / rest).is_dir()
    }


def _no_driver(uri: str, error: ModuleNotFoundError) -> str:
    """What to install; MLflow leaves the drivers of databases to the user."""
    kind = uri.partition(":")[0].partition("+")[0]
    remedy = f"Install '{error.name}', or use a SQLite store or a tracking server."
    if kind in _POSTGRES:
        remedy = (
            "Install the driver with `pip install clustering[postgres]` and begin the address "
            f"with {_POSTGRES_DRIVER}, or name a tracking server that has one."
        )
    return (
        f"the tracking store '{_shown(uri)}' needs the Python package '{error.name}', which is "
        f"not installed. {remedy}"
    )


def _no_turn(file: Path, error: Exception) -> TrackingError:
    return TrackingStoreError(
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
    if isinstance(error, OSError):
        return str(error)
    first = next(iter(str(error).splitlines()), "")  # the rest is the SQL, or a link
    return f"{type(error).__name__}: {first}"


def _shown(uri: str) -> str:
    """The address without a password in it."""
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if "@" in rest else uri
