"""The report on paper: the finished pages, printed to PDF by a Chromium without a window.

A PDF holds no address of this machine: what leads to another page leads there within the PDF, and
every other link is plain text.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from clustering.errors import OutputError
from clustering.progress import SILENT, Progress
from clustering.report.build.pages import INDEX, LISTED, PAGES, on_paper

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: Seconds after which a Chromium that is not done is ended.
_PATIENCE = 180

#: No request, and nothing of a profile that is already there. That the page runs no script is the
#: work of its content policy: Chromium prints by a script of its own.
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)

_LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


@dataclass(frozen=True)
class Paper:
    """One PDF: its file, and the pages that it holds in their order."""

    file: str
    title: str
    pages: tuple[str, ...]


PAPERS = (
    Paper("leadership.pdf", "For leadership", (INDEX, PAGES[0].file)),
    Paper("report.pdf", "Report", (INDEX, *(page.file for page in LISTED if page in PAGES))),
)
"""What decides, and everything but the explorer, which has a line for every account."""


def chromium() -> str:
    """The program that prints.

    Raises
    ------
    OutputError
        There is none on the PATH.
    """
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    raise OutputError(
        f"a PDF is printed by Chromium, and none of {', '.join(_NAMES)} is on the PATH. Install "
        "Chromium or Chrome (on Debian: apt-get install chromium), or leave out --pdf. Nothing was "
        "written."
    )


def print_papers(
    pages: Mapping[str, str], folder: Path, program: str, progress: Progress = SILENT
) -> None:
    """Print every PDF of a set of pages.

    Parameters
    ----------
    pages : the finished pages by their file
    folder : where the PDFs go
    program : as `chromium` found it

    Raises
    ------
    OutputError
        Chromium fails, or is not done in time.
    """
    # Each is a process of its own, and would only wait for the other.
    with (
        progress.step("Printing", total=len(PAPERS)) as advance,
        ThreadPoolExecutor(len(PAPERS)) as pool,
    ):
        made = [
            pool.submit(_print, bound(pages, paper), folder / paper.file, program)
            for paper in PAPERS
        ]
        for one in made:
            one.result()
            advance(1)


def bound(pages: Mapping[str, str], paper: Paper) -> str:
    """The pages of a PDF as one page; a link leads within it, or nowhere."""

    def led(link: re.Match[str]) -> str:
        file = link[1]
        return f'<a href="#{file}">{link[2]}</a>' if file in paper.pages else link[2]

    whole = on_paper({file: pages[file] for file in paper.pages}, paper.title)
    return _LINK.sub(led, whole)


def _print(page: str, target: Path, program: str) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        source = Path(scratch) / "page.html"
        source.write_text(page, encoding="utf-8")
        # Chromium refuses its sandbox to root; whoever else runs it keeps it.
        flags = (*_FLAGS, "--no-sandbox") if os.geteuid() == 0 else _FLAGS
        profile = f"--user-data-dir={Path(scratch) / 'profile'}"
        _run([program, *flags, profile, f"--print-to-pdf={target.resolve()}", source.as_uri()])
    if not target.is_file() or not target.read_bytes().startswith(b"%PDF"):
        raise OutputError(f"'{program}' made no PDF. Start it by hand once to see what it lacks.")


def _run(command: list[str]) -> None:
    """Run Chromium with its children; all of them end with it."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise OutputError(f"'{command[0]}' cannot be started: {error.strerror}.") from None
    with process:
        try:
            said = process.communicate(timeout=_PATIENCE)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise OutputError(
                f"'{command[0]}' was not done after {_PATIENCE} seconds, and was ended. An earlier "
                "report is untouched."
            ) from None
    if process.returncode:
        last = said.strip().rpartition("\n")[2]
        raise OutputError(
            f"'{command[0]}' ended with status {process.returncode}: {last or 'no message'}. An "
            "earlier report is untouched."
        )
