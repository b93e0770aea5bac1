"""What no page of a report may say, whatever the study: each rule gives the lines that break it.

A page is read as lines of text; a cell of a table ends with a bar.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from clustering.results import StudyFolder

#: The pages of those who decide, by the stem of their file.
FOR_LEADERS = ("index", "4_leadership", "5_plan", "6_movement")

#: What stands where a number was lost or put into powers of ten.
_SPOILT = re.compile(r"\bnan\b|\bNone\b(?! (?:of|drifted)\b)|\d[eE]\+\d|\b0 of 0\b|\binf\b")

#: Words of code and of statistics that those who decide need not know; files may be named.
_FILE = re.compile(r"\b[\w/]+\.(?:xlsx|csv|pdf|pptx|md|html|ipynb)\b")
_CODE = re.compile(
    r"\w+_\w+|<>|[<>]=|\s=\s'|\b[a-z]+\.[a-z]{2,}\b|\blog[- ]loss\b|\bjaccard\b|\bparquet\b",
    re.IGNORECASE,
)

#: Four decimals, and two more on the pages of analysts, are too many without an interval.
_DECIMALS = re.compile(r"\d\.\d{4,}")
_MANY_DECIMALS = re.compile(r"\d\.\d{6,}")
#: A sum of money or hours in a sentence has at most so many digits that say something.
_EXACT_DIGITS = 3
#: The limit of a rule ("from 204,920 ARR") is exact: accounts lie on either side of it.
_EXACT = re.compile(r"(?<!from )\b\d{1,3}(?:,\d{3})+(?= (?:hours|[A-Z]{3}|CSMs|of it)\b)")
_RANGE = re.compile(
    r"(−?\d[\d,]*(?:\.\d+)?)[^\d−|;.]{0,60}?(?:\((?:95 % interval )?|95 % interval )"
    r"(−?\d[\d,]*(?:\.\d+)?)(?: %)? to (−?\d[\d,]*(?:\.\d+)?)"
)
#: Two numbers that only so many digits tell apart: the ends of an interval, or a change.
_CLOSE = re.compile(r"(−?\d[\d,]*\.\d+) to (−?\d[\d,]*\.\d+)")
#: The last digit of a number is not finer than this share of its interval.
_FINEST = 1 / 100

#: The page whose ranges say how accounts spread, not how sure a number is.
_QUARTILES = "2_features"

#: The page that tells of earlier dates.
_EARLIER = "6_movement"

_EMPTY = re.compile(r": none\.$")

#: Pairs of which no report may hold both.
_CONTRADICTIONS = (
    (r"do(es)? not come back reliably", r"Each of the \d+ \w+ comes back"),
    (r"Not known: the bands do not come back", r"These accounts (support|contradict) it"),
    (r"they stand out from every kind", r"kinds? looks? much the same"),
    (r"they stand out from every kind", r"cannot tell these accounts from a book"),
    (r"all \d+ tests reject", r"kinds? looks? much the same"),
    (r"No natural clusters were found", r"fall into (\d+ )?natural clusters"),
    (r"No natural clusters", r"The accounts form \d+"),
    (r"Keep the \S+ tiers: (of|this)", r"Use the \w+ beside"),
    (r"No evidence that any labelling tells more", r"labellings? told more"),
    (r"are almost the same", r"have little in common"),
    (r"No account stands out from its tier", r"Accounts to look at: \d"),
)
_FINDING = re.compile(r"\bclusters?\b", re.IGNORECASE)
_ALLOWED = re.compile(
    r"no natural clusters|without clusters|no clusters|natural clusters; 1 when|K-means clusters",
    re.IGNORECASE,
)
#: What only an experiment could show.
_CAUSE = re.compile(
    r"\b(?:because of the (?:segment|band|cluster)|(?<!not )proves? that|will reduce|leads to)\b"
)

#: Facts that several pages tell, each with its number in brackets.
_FACTS = {
    "accounts": r"([\d,]+) accounts as they were known on [\d-]+, described",
    "k": r"(?:fall into|study offers|The) (\d+) (?:natural clusters: they|bands:|bands that the)",
    "churned": r"churned (\d+ %) of [\d,]+",
    "smallest p": r"largest (p [=<] [\d.]+)",
    "gain of the segments": r"smaller by ([\d.]+) than with the tiers",
    "agreement with the tiers": r"agreement with the tiers (−?[\d.]+)",
    "cost of care": r"costs [^|.]*?, ((?:under )?\d+ %) of the",
    "limit of care": r"limit of (\d+ %)",
    "at risk or open": r"([\d.,]+ (?:k |M |bn )?)[A-Z]{3} a year are at risk or open",
}


def faults(study: StudyFolder, pages: Mapping[str, str]) -> list[str]:
    """Everything that is wrong with the pages of a study, with the page and the line."""
    return [
        *(f"{page}: {fault}" for page, text in pages.items() for fault in _of_page(page, text)),
        *_claims(study, pages),
        *_two_numbers(study, pages),
    ]


def _of_page(page: str, text: str) -> Iterator[str]:
    for line in text.splitlines():
        if found := _SPOILT.search(line):
            yield f"a lost number: {_around(line, found)}"
        many = _DECIMALS if page in FOR_LEADERS else _MANY_DECIMALS
        if found := many.search(_CLOSE.sub(_unless_close, _RANGE.sub("", line))):
            yield f"digits: {_around(line, found)}"
        if page != _QUARTILES and (found := _too_fine(line)):
            yield f"finer than its interval: {_around(line, found)}"
        if _EMPTY.search(line) and page in FOR_LEADERS:
            yield f"an empty table: {line.strip()}"
        if page not in FOR_LEADERS:
            continue
        if found := _CODE.search(_FILE.sub("", line)):
            yield f"code: {_around(_FILE.sub('', line), found)}"
        found = _EXACT.search(line)
        if found and len(found[0].replace(",", "").rstrip("0")) > _EXACT_DIGITS:
            yield f"an amount too exact: {_around(line, found)}"


def _too_fine(line: str) -> re.Match[str] | None:
    for found in _RANGE.finditer(line):
        low, high = (_number(found[place]) for place in (2, 3))
        step = 10.0 ** -max(len(found[place].partition(".")[2]) for place in (1, 2, 3))
        if high - low > 0 and step < _FINEST * (high - low):
            return found
    return None


def _unless_close(found: re.Match[str]) -> str:
    return "" if abs(_number(found[2]) - _number(found[1])) < _FINEST else found[0]


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def _claims(study: StudyFolder, pages: Mapping[str, str]) -> Iterator[str]:
    report = "\n".join(pages.values())
    for pair in _CONTRADICTIONS:
        found = [re.search(pattern, report) for pattern in pair]
        if all(found):
            yield f"a contradiction: {[one.group() for one in found if one]}"
    for page in FOR_LEADERS:
        for line in pages.get(page, "").splitlines():
            if _CAUSE.search(line):
                yield f"{page}: a cause: {line.strip()[:120]}"
            if study.document.group_word.singular != "cluster" and _FINDING.search(
                _ALLOWED.sub("", line)
            ):
                yield f"{page}: bands called clusters: {line.strip()[:160]}"


def _two_numbers(study: StudyFolder, pages: Mapping[str, str]) -> Iterator[str]:
    # What was so at an earlier date has other numbers.
    report = "\n".join(text for page, text in pages.items() if page != "6_movement")
    for fact, pattern in _FACTS.items():
        told = set(re.findall(pattern, report))
        if len(told) > 1:
            yield f"two numbers for one thing: {fact}: {sorted(told)}"


def _around(line: str, found: re.Match[str]) -> str:
    return line[max(0, found.start() - 60) : found.end() + 40].strip()


def told(found: Iterable[str]) -> str:
    """All faults, a line each."""
    return "\n".join(found)
