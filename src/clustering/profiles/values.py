"""Values of features as sentences show them."""

import math

__all__ = ["number_in_words"]


def number_in_words(value: float) -> str:
    """A number of three digits, or whole from 100 on, with a true minus sign.

    Parameters
    ----------
    value : in the unit of its feature; NaN is not known

    Examples
    --------
    >>> [number_in_words(value) for value in (-9.0, 1234.5, 0.1234, -0.0, float("nan"))]
    ['−9', '1,234', '0.123', '0', 'unknown']
    """
    if math.isnan(value):
        return "unknown"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return "0" if text == "-0" else text.replace("-", "−")
