"""The lists that a study writes for people, and links to them from the pages that stay with it."""

import html
import re
from collections.abc import Iterable

from clustering.report.kit.html import Html
from clustering.results import StudyFolder

#: The explorer's list, which stands beside the pages.
ACCOUNTS = "accounts.csv"

_MEANING = {
    "discovery.xlsx": "whom to interview, with a hypothesis each",
    "discovery.csv": "the same for other programs",
    "reconfirmation.csv": "the accounts whose segment people should confirm, and decide in it",
    ACCOUNTS: "every account with the columns of 'Find an account'",
}
_FILE = re.compile(r'<span class="file">([^<]*)</span>')


def files(study: StudyFolder) -> Html:
    """The lists of a study, each with what it is for."""
    items = "".join(
        f'<li><span class="file">{html.escape(name)}</span>: {html.escape(_MEANING[name])}</li>'
        for name in (*above_the_pages(study), ACCOUNTS)
    )
    return Html(f"<ul>{items}</ul>")


def with_files(page: str, above: Iterable[str]) -> str:
    """Lead from the names of files to the files.

    Parameters
    ----------
    above : files in the folder above the page; the list of all accounts lies beside it

    Examples
    --------
    >>> with_files('<span class="file">discovery.csv</span>', ["discovery.csv"])
    '<a href="../discovery.csv" download>discovery.csv</a>'
    >>> with_files('<span class="file">discovery.csv</span>', [])
    '<span class="file">discovery.csv</span>'
    """
    places = {ACCOUNTS: ACCOUNTS} | {name: f"../{name}" for name in above}

    def led(file: re.Match[str]) -> str:
        place = places.get(file[1])
        return file[0] if place is None else f'<a href="{place}" download>{file[1]}</a>'

    return _FILE.sub(led, page)


def above_the_pages(study: StudyFolder) -> list[str]:
    """The lists that lie in the study folder itself: with names, and so linked from there alone."""
    return [name for name in _MEANING if name != ACCOUNTS and (study.path / name).is_file()]
