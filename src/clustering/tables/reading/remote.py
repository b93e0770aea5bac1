"""Files in S3 and in stores that speak its protocol, read by DuckDB's extension httpfs.

The extension is used where it is installed and never downloaded; keys come from the environment and
never from a file of the study. What a mapping may read lies below one address.
"""

import os
from collections.abc import Mapping

import duckdb

from clustering.errors import BadInputError
from clustering.tables.session import Session, first_line, quoted_text

#: Part of the secret -> where it is looked for; the first that is set counts.
_FROM_ENVIRONMENT = {
    "KEY_ID": ("AWS_ACCESS_KEY_ID",),
    "SECRET": ("AWS_SECRET_ACCESS_KEY",),
    "SESSION_TOKEN": ("AWS_SESSION_TOKEN",),
    "REGION": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
_ENDPOINT = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_NEEDED = ("KEY_ID", "SECRET")


def below(remote: str) -> str:
    """An address that only what lies below it begins with.

    Examples
    --------
    >>> below("s3://bucket/exports"), below("s3://bucket/exports/")
    ('s3://bucket/exports/', 's3://bucket/exports/')
    """
    return remote.rstrip("/") + "/"


def open_remote(session: Session, remote: str, environment: Mapping[str, str] = os.environ) -> None:
    """Let a session read what lies below an address.

    Raises
    ------
    BadInputError
        The extension is not installed, or the environment holds no keys.
    """
    _load_httpfs(session)
    found = {
        part: next((environment[name] for name in names if environment.get(name)), None)
        for part, names in _FROM_ENVIRONMENT.items()
    }
    missing = [_FROM_ENVIRONMENT[part][0] for part in _NEEDED if found[part] is None]
    if missing:
        raise BadInputError(
            f"source.remote '{remote}' needs keys from the environment: set "
            f"{' and '.join(missing)} (and AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL_S3 "
            "where your store needs them)."
        )
    parts = [f"{part} {quoted_text(value)}" for part, value in found.items() if value is not None]
    parts += _endpoint(environment)
    scope = quoted_text(below(remote))
    try:
        session.connection.execute(
            f"CREATE SECRET (TYPE s3, PROVIDER config, {', '.join(parts)}, SCOPE {scope})"
        )
    except duckdb.Error:
        # DuckDB's own words would repeat the statement, and with it the keys.
        raise BadInputError(
            f"source.remote '{remote}': the keys of the environment cannot be used as they are."
        ) from None
    session.remote = below(remote)


def _endpoint(environment: Mapping[str, str]) -> list[str]:
    address = next((environment[name] for name in _ENDPOINT if environment.get(name)), None)
    if address is None:
        return []
    scheme, _, host = address.rpartition("://")
    secure = "false" if scheme == "http" else "true"
    return [f"ENDPOINT {quoted_text(host.rstrip('/'))}", f"USE_SSL {secure}", "URL_STYLE 'path'"]


def _load_httpfs(session: Session) -> None:
    try:
        session.load_extension("httpfs")
        return
    except (BadInputError, ModuleNotFoundError):
        pass  # not as a package: perhaps where DuckDB itself installs
    try:
        session.connection.execute("LOAD httpfs")
    except duckdb.Error as error:
        raise BadInputError(
            f"source.remote needs DuckDB's extension httpfs, which is not installed: "
            f"{first_line(error)}. Install duckdb-extension-httpfs=={duckdb.__version__}, or copy "
            "the files to source.folder."
        ) from None
