"""Words for numbers that a command, a study and its report say alike; nothing here computes.

It needs no room of the study, so that the notebooks of a report need none for a sentence.
"""

import math
import re
from collections.abc import Sequence

#: A test is called significant at this level, corrected where there are several.
LEVEL = 0.05

#: Lower end of the AMI's interval from which two labellings are almost the same groups.
ALMOST_SAME = 0.8
#: Lower end from which they agree largely.
LARGE = 0.5
#: Upper end up to which they have little in common.
LITTLE = 0.2

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


def number_in_words(value: float, digits: int = 3, *, spread: float = 0.0) -> str:
    """A number of so many significant digits: no powers of ten, a true minus sign.

    Parameters
    ----------
    value : in the unit of its feature; NaN is not known
    digits : significant ones; figures before the point are never cut
    spread : how far such values lie apart; of it less than a hundredth is not told

    Examples
    --------
    >>> [number_in_words(value) for value in (-9.0, 31_321.4, 0.1234, -0.0, float("nan"))]
    ['−9', '31,321', '0.123', '0', 'unknown']
    >>> number_in_words(1_500_000.0), number_in_words(0.0000123), number_in_words(99.96)
    ('1,500,000', '0.0000123', '100')
    >>> number_in_words(0.0000143, spread=0.2), number_in_words(31.6, spread=50.0)
    ('0', '32')
    """
    if spread > 0 and math.isfinite(value):
        step = 10.0 ** (math.floor(math.log10(spread)) - 1)
        value = round(value / step) * step
    if math.isnan(value):
        return "unknown"
    if value == 0 or math.isinf(value):
        return "0" if value == 0 else "∞" if value > 0 else "−∞"
    decimals = min(max(0, digits - 1 - math.floor(math.log10(abs(value)))), _MOST_DECIMALS)
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "0") else text.replace("-", "−")


_MOST_DECIMALS = 9
_NO_WIDTH = 1e-9


def decimal_in_words(value: float, digits: int = 2) -> str:
    """A number with so many decimals, a true minus sign, and none before zero.

    Examples
    --------
    >>> decimal_in_words(-0.123), decimal_in_words(-0.001), decimal_in_words(0.5, 1)
    ('−0.12', '0.00', '0.5')
    """
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def estimate_in_words(
    value: float, interval: tuple[float, float], least: int = 2, most: int = 9
) -> tuple[str, str, str]:
    """An estimate and the ends of its interval: no digit that the interval does not carry.

    Parameters
    ----------
    least, most : decimals that are told however wide, or narrow, the interval is

    Examples
    --------
    >>> estimate_in_words(0.0435, (0.0274, 0.0600)), estimate_in_words(0.563, (0.506, 0.611))
    (('0.043', '0.027', '0.060'), ('0.56', '0.51', '0.61'))
    >>> estimate_in_words(0.0004, (-0.0003, 0.0011))
    ('0.0004', '−0.0003', '0.0011')
    """
    width = interval[1] - interval[0]
    digits = min(2, most)
    # An interval of no width, but for the last bits of a sum, says nothing of digits.
    if _NO_WIDTH < width < math.inf:
        digits = min(max(least, 1 - math.floor(math.log10(width))), most)
    low, high = (decimal_in_words(end, digits) for end in interval)
    return decimal_in_words(value, digits), low, high


def counted(n: int, what: str = "account") -> str:
    """So many of something, whose plural ends in s.

    Examples
    --------
    >>> counted(1), counted(1_200), counted(0, "label")
    ('1 account', '1,200 accounts', '0 labels')
    """
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def amount_in_short(value: float) -> str:
    """An amount for a reader in a hurry: two significant digits, in thousands or millions.

    Examples
    --------
    >>> [amount_in_short(value) for value in (3_859_400, 813_438, 46_362_792, 950.0, -12_400)]
    ['3.9 M', '810 k', '46 M', '950', '−12 k']
    >>> amount_in_short(999_999), amount_in_short(1_234_000_000)
    ('1 M', '1.2 bn')
    """
    if math.isnan(value):
        return number_in_words(value)
    rounded = float(f"{value:.2g}")
    for size, unit in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(rounded) >= size:
            return f"{number_in_words(rounded / size, 3)}{unit}"
    return number_in_words(rounded, 2)


def roughly_in_words(value: float) -> str:
    """A number that rests on assumptions: three significant digits, and no power of ten.

    Examples
    --------
    >>> [roughly_in_words(value) for value in (48_045.0, 676.4, 10.44, 4_804_453.0)]
    ['48,000', '676', '10', '4,800,000']
    """
    if not math.isfinite(value):
        return number_in_words(value)
    return f"{float(f'{value:.3g}'):,.0f}".replace("-", "−")


def share_in_words(share: float) -> str:
    """A share in whole percent; "100 %" means all and "0 %" none.

    Examples
    --------
    >>> [share_in_words(share) for share in (0.4567, 0.999, 1.0, 0.001, 0.0)]
    ['46 %', 'over 99 %', '100 %', 'under 1 %', '0 %']
    """
    if math.isnan(share):
        return number_in_words(share)
    rounded = round(100 * share)
    if rounded >= 100 and share < 1:
        return "over 99 %"
    if rounded <= 0 and share > 0:
        return "under 1 %"
    return f"{rounded} %"


def percent_in_words(share: float, digits: int = 3) -> str:
    """A share in percent with so many significant digits, as at the tick of an axis.

    Examples
    --------
    >>> [percent_in_words(share) for share in (0.025, 0.075, 0.2, 10.0, -0.05)]
    ['2.5 %', '7.5 %', '20 %', '1,000 %', '−5 %']
    """
    return f"{number_in_words(round(100 * share, 9), digits)} %"


def p_in_words(p: float) -> str:
    """A p-value; below 0.001 its size depends on the number of draws and tells no more.

    Examples
    --------
    >>> p_in_words(0.21), p_in_words(0.00002)
    ('p = 0.210', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def agreement_in_words(interval: tuple[float, float], p: float, alpha: float = 0.05) -> str:
    """How far two labellings agree, as far as the interval of their AMI reaches.

    Parameters
    ----------
    interval : 95 % interval of the adjusted mutual information
    p, alpha : of the permutation test of no agreement, and its level

    Returns
    -------
    The predicate of a sentence about both; "" where no agreement beyond chance was shown.

    Examples
    --------
    >>> agreement_in_words((0.85, 0.95), 0.001), agreement_in_words((0.3, 0.6), 0.001)
    ('are almost the same', 'agree in part')
    >>> agreement_in_words((0.01, 0.1), 0.001), agreement_in_words((-0.1, 0.1), 0.4)
    ('have little in common', '')
    """
    low, high = interval
    if p > alpha or low <= 0:
        return ""
    if low >= ALMOST_SAME:
        return "are almost the same"
    if low >= LARGE:
        return "agree largely, not fully"
    return "have little in common" if high <= LITTLE else "agree in part"


def structure_in_words(
    *, verdict: str, n_clusters: int, k: int, are_clusters: bool, come_back: bool
) -> str:
    """Do the accounts fall into groups, and what are the segments that are offered?

    Parameters
    ----------
    verdict : natural, reproducible or constructive
    n_clusters : natural clusters that the evidence shows
    k : segments that are offered
    are_clusters : whether these are natural ones
    come_back : whether these come back when the study is repeated on other accounts

    Examples
    --------
    >>> print(structure_in_words(verdict="natural", n_clusters=3, k=2, are_clusters=True,
    ...     come_back=True))
    The accounts fall into natural clusters: 3 at the finest, 2 at the finest that meets the \
limits that the business sets. The 2 are shown: they are separated from each other and come back \
when the study is repeated on resampled accounts.
    """
    if are_clusters:
        return _clusters(n_clusters, k)
    found = "No natural clusters were found"
    if verdict == "natural":
        found = (
            f"The accounts fall into {n_clusters} natural clusters, which do not meet the limits "
            "that the business sets"
        )
    if k == 1:
        return (
            f"{found}, and no cut of the accounts into segments is left to offer: all accounts "
            "stay in one."
        )
    return f"{found}. {_bands(k, come_back)}"


def _clusters(n_clusters: int, k: int) -> str:
    hold = (
        "they are separated from each other and come back when the study is repeated on resampled "
        "accounts."
    )
    if k == n_clusters:
        return f"The accounts fall into {k} natural clusters: {hold}"
    return (
        f"The accounts fall into natural clusters: {n_clusters} at the finest, {k} at the finest "
        f"that meets the limits that the business sets. The {k} are shown: {hold}"
    )


def _bands(k: int, come_back: bool) -> str:
    if come_back:
        return (
            f"The study offers {k} bands: cuts that come back when it is repeated on resampled "
            "accounts, without proof of a gap between neighbours."
        )
    return (
        f"The {k} bands that the study offers do not come back reliably when it is repeated on "
        "other accounts: they may serve as a rule, not as a finding."
    )


#: Outcomes whose name is no verb that readers know: to contract is also to sign.
_HAPPENED = {"dormant": "became dormant", "contracted": "shrank"}


def happened_in_words(outcome: str) -> str:
    """What the accounts did of which an outcome is true.

    Examples
    --------
    >>> happened_in_words("churned"), happened_in_words("dormant"), happened_in_words("contracted")
    ('churned', 'became dormant', 'shrank')
    """
    return _HAPPENED.get(outcome, outcome)
