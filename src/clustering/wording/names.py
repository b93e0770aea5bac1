"""Names of columns, features, settings and amounts as they stand in a sentence."""

import re
from collections.abc import Sequence

_ARR = re.compile(r"\bARR\b")
_QUOTED = re.compile(r"'\w+'")
_MARKED = re.compile(r"`([^`]*)`")
_COLUMN = re.compile(r"\b([a-z][a-z_]*)\.([a-z][a-z_]+)\b(?!\.)")
_JOINED = re.compile(r"\b\w+_\w+\b")
_FILES = ("csv", "xlsx", "parquet", "toml", "json", "html", "md", "pdf")

#: Short forms that are written in capitals.
_SHORT = {word.lower(): word for word in ("ARR", "CES", "CSAT", "CSM", "GRR", "NPS", "NRR", "QBR")}


def name_in_words(name: str) -> str:
    """The name of a column as it stands in a sentence, on an axis or in a table.

    Examples
    --------
    >>> name_in_words("active_weeks_share"), name_in_words("nps_mean_score")
    ('active weeks share', 'NPS mean score')
    """
    return " ".join(_SHORT.get(word, word) for word in name.replace("_", " ").split(" "))


def names_in_words(text: str) -> str:
    """A sentence with its names of tables, columns, settings and schemes in words.

    Examples
    --------
    >>> names_in_words("'lifecycle_touch' needs milestones.")
    "'lifecycle touch' needs milestones."
    >>> names_in_words("no `opportunities` with closed_on, and no accounts.is_champion")
    "no opportunities with closed on, and no 'is champion' of accounts"
    >>> names_in_words("see discovery.csv")
    'see discovery.csv'
    """

    def column(found: re.Match[str]) -> str:
        return found[0] if found[2] in _FILES else f"'{found[2]}' of {found[1]}"

    plain = _COLUMN.sub(column, _MARKED.sub(r"\1", text))
    plain = _QUOTED.sub(lambda match: name_in_words(match[0]), plain)
    return _JOINED.sub(lambda match: name_in_words(match[0]), plain)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row, a word before the last of them.

    Examples
    --------
    >>> listed(["3"]), listed(["3", "4"], "or"), listed(["date", "settings", "libraries"])
    ('3', '3 or 4', 'date, settings and libraries')
    """
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end


def feature_title(name: str, unit: str = "", *, with_unit: bool = False, shown: str = "") -> str:
    """What a feature is called in sentences, tables and figures.

    Parameters
    ----------
    unit : what its values are; "smoothed share" marks what is not the observed share itself
    with_unit : whether the unit is added, where the name does not say it already
    shown : a title that was given to it, in place of the name

    Examples
    --------
    >>> feature_title("due_share", "smoothed share, 0 to 1")
    'due share (smoothed)'
    >>> feature_title("nps_mean_score", "score, 0 to 10", with_unit=True)
    'NPS mean score, 0 to 10'
    >>> feature_title("usage_trend", "log ratio", with_unit=True)
    'usage trend, log ratio'
    >>> feature_title("features_used", "features", with_unit=True)
    'features used'
    >>> feature_title("milestone_delay_days", "days (negative: early)", with_unit=True)
    'milestone delay days (negative: early)'
    """
    title = shown or name_in_words(name)
    if unit.startswith("smoothed"):
        title = f"{title} (smoothed)"
    rest = unsaid_unit(name, unit) if with_unit else ""
    if rest.startswith("("):
        return f"{title} {rest}"
    return f"{title}, {rest}" if rest else title


def unsaid_unit(name: str, unit: str) -> str:
    """What of the unit of a feature its name does not say already.

    Examples
    --------
    >>> unsaid_unit("features_used", "features"), unsaid_unit("due_share", "smoothed share")
    ('', '')
    >>> unsaid_unit("delay_days", "days (negative: early)")
    '(negative: early)'
    >>> unsaid_unit("outcome_trend_per_90_days", "change of attainment per 90 days")
    'change of attainment'
    >>> unsaid_unit("engagement_hours", "hours in 90 days")
    'in 90 days'
    """
    if "share" in unit:
        return ""
    title = name_in_words(name)
    said = title.split()
    parts = [part for part in unit.split(", ") if not set(said).issuperset(part.split())]
    return ", ".join(_without_said(part, said) for part in parts)


def _without_said(unit: str, said: Sequence[str]) -> str:
    """A unit without the words at either end that a title says already."""
    words, ends = unit.split(), list(said)
    while len(words) > 1 and ends and words[-1] == ends[-1] and "per" in words:
        words, ends = words[:-1], ends[:-1]
    goes_on = len(words) > 1 and (words[1] == "in" or words[1].startswith("("))
    return " ".join(words[1:] if goes_on and words[0] in said else words)


def named(text: str, amount_name: str) -> str:
    """A sentence that speaks of ARR, under the name that the study gives to the amount.

    Examples
    --------
    >>> named("826 accounts had no ARR at as_of.", "run-rate")
    '826 accounts had no run-rate at as_of.'
    """
    return _ARR.sub(lambda _: amount_name, text)
