"""Names of accounts enter a page at the last step.

Figures and tables are made with account ids only, each id in an element of its own. The local
report puts the names into these elements; the one that is tracked never held them.
"""

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

_ACCOUNT = re.compile(r'<span class="account" data-account="([^"]*)">[^<]*</span>')

_PRIVATE = re.compile(r'<span class="private" data-key="([^"]*)">[^<]*</span>')
_WITHHELD = "not shown here"


def account_html(account_id: str) -> str:
    """The element that stands for one account; it shows the id.

    Examples
    --------
    >>> account_html("A<1>")
    '<span class="account" data-account="A&lt;1&gt;">A&lt;1&gt;</span>'
    """
    return _element(account_id, html.escape(account_id))


def with_names(page: str, names: Mapping[str, str]) -> str:
    """Show the name, and the id behind it, wherever a page refers to an account.

    Names are text: whatever they hold is escaped, and a line break in one becomes a space.

    Examples
    --------
    >>> with_names(account_html("A-1"), {"A-1": "Ash & Sons"})
    '<span class="account" data-account="A-1"><bdi>Ash &amp; Sons</bdi> (A-1)</span>'
    >>> with_names(account_html("A-2"), {"A-1": "Ash & Sons"}) == account_html("A-2")
    True
    """

    def named(match: re.Match[str]) -> str:
        account_id = html.unescape(match[1])
        name = names.get(account_id)
        if name is None or not name.strip():
            return match[0]
        # Isolated: letters that are written from the right would reorder what stands beside them.
        own = f"<bdi>{html.escape(' '.join(name.split()))}</bdi>"
        return _element(account_id, f"{own} ({match[1]})")

    return _ACCOUNT.sub(named, page)


def account_anchor(account_id: str) -> str:
    """The place of an account on the page of all accounts.

    Examples
    --------
    >>> account_anchor("A/1 é")
    '#account-A%2F1%20%C3%A9'
    """
    return f"#account-{quote(account_id, safe='')}"


def with_links(page: str, explorer: str) -> str:
    """Lead from every account of a page to its place on the page of all accounts.

    Examples
    --------
    >>> with_links(account_html("A-1"), "accounts.html")
    '<a href="accounts.html#account-A-1"><span class="account" data-account="A-1">A-1</span></a>'
    """

    def linked(match: re.Match[str]) -> str:
        anchor = account_anchor(html.unescape(match[1]))
        return f'<a href="{explorer}{anchor}">{match[0]}</a>'

    return _ACCOUNT.sub(linked, page)


def private_html(key: str) -> str:
    """The element that stands for something that a person wrote; it shows nothing of it.

    Examples
    --------
    >>> private_html("override-0-by")
    '<span class="private" data-key="override-0-by">not shown here</span>'
    """
    return f'<span class="private" data-key="{html.escape(key)}">{_WITHHELD}</span>'


def with_private(page: str, texts: Mapping[str, str]) -> str:
    """Show what people wrote, in the pages that stay with the company.

    Examples
    --------
    >>> with_private(private_html("a"), {"a": "Kim & Co"})
    '<span class="private" data-key="a"><bdi>Kim &amp; Co</bdi></span>'
    """

    def shown(match: re.Match[str]) -> str:
        text = texts.get(html.unescape(match[1]))
        if text is None:
            return match[0]
        words = html.escape(" ".join(text.split()))
        return f'<span class="private" data-key="{match[1]}"><bdi>{words}</bdi></span>'

    return _PRIVATE.sub(shown, page)


def _element(account_id: str, shown: str) -> str:
    attribute = html.escape(account_id)
    return f'<span class="account" data-account="{attribute}">{shown}</span>'
