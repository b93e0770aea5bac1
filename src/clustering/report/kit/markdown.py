"""Pages as Markdown: the same sentences and tables, for chats and for notes, without any HTML.

Made from the HTML of a page rather than beside it, so that the two cannot say different things.
Links are left out: they would lead nowhere from where such a text is pasted.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

#: What means something to Markdown within a line, and an ampersand that begins an entity.
_MARKS = re.compile(r"[\\`*_\[\]<>|~$]|&(?=#?\w+;)")
#: What would begin a heading, a list or a rule at the start of a block.
_START = re.compile(r"^(?:(\d+)(?=[.)])|(?=[-#+=]))")
#: Letters that are written from the right, and marks that turn a line around.
_TURNING = {"R", "AL", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}
_ISOLATED = ("\u2068", "\u2069")

_INLINE = {"a", "span", "b", "strong", "bdi", "em", "code", "br"}
_SILENT = {"style", "script", "noscript", "nav", "summary"}


def as_markdown(markup: str, figures: str | None = None) -> str:
    """A piece of a page as Markdown.

    Parameters
    ----------
    markup : HTML as the report makes it
    figures : folder of the figures, from where the text will stand; None: their words stand alone

    Examples
    --------
    >>> print(as_markdown("<h2>Why</h2><ul><li>a &lt; b</li><li>c</li></ul>"))
    ## Why
    <BLANKLINE>
    - a \\< b
    - c
    >>> print(as_markdown("<dl><dt>Verdict</dt><dd>4 bands</dd></dl>"))
    - **Verdict:** 4 bands
    """
    return "\n\n".join(_blocks(BeautifulSoup(markup, "html.parser"), figures))


def escaped(text: str) -> str:
    """A text that Markdown shows as it is; white space becomes one blank.

    Examples
    --------
    >>> print(escaped("<b>1 * 2</b> &lt;"))
    \\<b\\>1 \\* 2\\</b\\> \\&lt;
    """
    return _MARKS.sub(lambda match: f"\\{match[0]}", re.sub(r"\s+", " ", text))


def isolated(text: str) -> str:
    """A text that, written from the right, does not reorder what stands beside it.

    Examples
    --------
    >>> isolated("Ash"), ascii(isolated("\\u05e9"))
    ('Ash', "'\\\\u2068\\\\u05e9\\\\u2069'")
    """
    turning = any(unicodedata.bidirectional(letter) in _TURNING for letter in text)
    return text.join(_ISOLATED) if turning else text


def _blocks(parent: Tag, figures: str | None) -> list[str]:
    """Every block of an element; words that stand in none are a block of their own."""
    found: list[str] = []
    loose: list[PageElement] = []
    for child in parent.children:
        if not isinstance(child, Tag) or child.name in _INLINE:
            loose.append(child)
            continue
        found += [_line(loose), *_block(child, figures)]
        loose = []
    return [text for text in [*found, _line(loose)] if text]


def _block(element: Tag, figures: str | None) -> list[str]:
    match element.name:
        case name if name in _SILENT:
            return []
        case "p":
            return [_line(element.children)]
        case "h1" | "h2" | "h3" | "h4":
            return [f"{'#' * int(element.name[1])} {_words(element.children)}"]
        case "ul" | "ol":
            return ["\n".join(_items(element, figures))]
        case "dl":
            return ["\n".join(_terms(element))]
        case "table":
            return _table(element)
        case "img" | "svg":
            return _picture(element, figures)
        case "details":
            return [f"**{_words(_of(element, 'summary'))}**", *_blocks(element, figures)]
        case _:
            return _blocks(element, figures)


def _line(elements: Iterable[PageElement]) -> str:
    """Words as a block: none of them begins a list or a heading by chance."""
    return _START.sub(r"\1\\", _words(elements))


def _words(elements: Iterable[PageElement]) -> str:
    return re.sub(r" +", " ", _joined(elements)).strip()


def _joined(elements: Iterable[PageElement]) -> str:
    return "".join(_inline(one) for one in elements)


def _inline(element: PageElement) -> str:
    if isinstance(element, Tag):
        words = _joined(element.children)
        match element.name:
            case "br":
                return " "
            case "b":  # the heading of a line, with the colon that the style sheet sets
                return f"**{words}:**"
            case "strong":
                return f"**{words}**"
            case "bdi":
                return isolated(words)
            case name if name in _SILENT:
                return ""
        return words
    return escaped(str(element)) if type(element) is NavigableString else ""


def _items(parent: Tag, figures: str | None) -> Iterator[str]:
    """The items of a list; what follows the first block of an item is a list below it."""
    for place, item in enumerate(parent.find_all("li", recursive=False), start=1):
        mark = f"{place}." if parent.name == "ol" else "-"
        blocks = [re.sub(r"^#+ (.*)", r"**\1**", block) for block in _blocks(item, figures)]
        for number, block in enumerate(blocks):
            yield f"{mark} {block}" if number == 0 else f"{' ' * (len(mark) + 1)}- {block}"


def _terms(parent: Tag) -> Iterator[str]:
    for term, meaning in zip_longest(parent.find_all("dt"), parent.find_all("dd")):
        parts = [_words(part.children) for part in meaning.find_all("span", recursive=False)]
        said = "; ".join(parts) or _words(meaning.children)
        yield f"- **{_words(term.children)}:** {said}"


def _table(element: Tag) -> list[str]:
    head, *rows = element.find_all("tr")
    right = ["number" in (cell.get("class") or ()) for cell in _cells(head)]
    lines = [_row(head), f"| {' | '.join('---:' if one else '---' for one in right)} |"]
    lines += [_row(row) for row in rows]
    caption = _words(_of(element, "caption"))
    return [*([f"**{caption}**"] if caption else []), "\n".join(lines)]


def _row(row: Tag) -> str:
    return f"| {' | '.join(_words(cell.children) for cell in _cells(row))} |"


def _cells(row: Tag) -> list[Tag]:
    return list(row.find_all(["th", "td"]))


def _of(parent: Tag, name: str) -> list[PageElement]:
    found = parent.find(name)
    return list(found.children) if isinstance(found, Tag) else []


def _picture(element: Tag, figures: str | None) -> list[str]:
    """What a picture says; the picture as well, where its file will be beside the text."""
    says = escaped(str(element.get("alt") or element.get("aria-label") or ""))
    name = element.get("data-figure")
    if figures is not None and name:
        return [f"![{says}]({figures}/{name}.png)"]
    return [f"Figure: {says}"] if says else []
