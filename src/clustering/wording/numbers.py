"""Counts, shares, amounts, estimates and p-values in words: no more digits than they carry."""

import math

#: A test is called significant at this level, corrected where there are several.
LEVEL = 0.05


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
