"""A PostgreSQL server of the tests' own, on a Unix socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["binaries", "query", "serve"]


def binaries() -> Path | None:
    """Where the programs of the server are; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def serve(programs: Path) -> Iterator[str]:
    """The address of an empty server, whose user `reader` may do everything."""
    # Not a folder of pytest's: the name of a Unix socket has about 100 letters at most.
    socket = Path(tempfile.mkdtemp(prefix="book-"))
    home = socket / "book"
    socket.chmod(0o777)
    start = ["-o", f"-k {socket} -c listen_addresses=", "-l", f"{home}/log", "-w", "start"]
    _run(programs / "initdb", "-D", str(home), "-U", "reader", "--auth=trust")
    _run(programs / "pg_ctl", "-D", str(home), *start)
    try:
        yield f"postgresql://reader@/postgres?host={socket}"
    finally:
        _run(programs / "pg_ctl", "-D", str(home), "-m", "fast", "stop")
        shutil.rmtree(socket)


def query(programs: Path, address: str, sql: str) -> str:
    """What the server answers."""
    return _run(programs / "psql", "-At", "-d", address, text=sql)


def _run(program: Path, *arguments: str, text: str | None = None) -> str:
    # The server refuses to run as root, so a root session runs it as the user of its package.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*user, str(program), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, input=text, text=True)
    return done.stdout
