"""One column: from a feature's own unit to a standardised one, parameters and nothing else."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from clustering.arrays import Floats
from clustering.features.types import Feature
from clustering.matrix.stored import STRICT

Transform = Literal["identity", "started_log", "yeo_johnson", "binary"]

#: Having a binary feature or not is as far apart as one standard deviation of any other feature.
#: A z-score would put the few accounts that have a rare one many standard deviations away.
BINARY_WEIGHT = 1.0

#: From this share of zeros on, the start of the logarithm moves up to the median of the positive
#: values: the zeros then lie one doubling below it, and are not a spike of their own.
ZERO_INFLATED_SHARE = 0.1

#: Start of the logarithm of amounts and days otherwise: low enough to make a log-normal symmetric.
_START_QUANTILE = 0.01

#: Yeo-Johnson exponents stay in the range from the reciprocal to its mirror image.
_EXPONENTS = (-1.0, 3.0)

#: Order statistics that the exponent is fitted on; more do not move it.
_EXPONENT_POINTS = 2000

#: Clip limits further out than so many robust standard deviations are drawn in ...
_ROBUST_LIMIT = 6.0
#: ... unless more than this share of the accounts lies beyond: then they are no outliers.
_OUTLIER_SHARE = 0.01

#: Interquartile range of a normal distribution, in standard deviations.
IQR_OF_NORMAL = 1.3489795003921634


@dataclass(frozen=True)
class ColumnScaling:
    """How one feature becomes one column; every number was fitted on the training snapshot.

    The column is ``weight * (clip(t(x / unit), lower, upper) - location) / scale`` with ``t`` the
    transform. Binaries are centred, not scaled: their `scale` is 1.

    Attributes
    ----------
    feature, family : the feature's name and family
    transform : ``identity`` (shares), ``started_log`` (log1p of counts, amounts, days),
        ``yeo_johnson`` (what can be negative) or ``binary``
    unit : what the values are divided by first: the start of the logarithm, or the median absolute
        value before Yeo-Johnson; it makes the column independent of the feature's unit
    exponent : of Yeo-Johnson; 1 otherwise
    lower, upper : clip limits on the transformed scale
    location, scale : mean and standard deviation (n - 1) of the clipped values
    weight : of the feature's family, or of a binary
    missing_share : share of the training accounts whose value was completed
    n_clipped : training values drawn in at the lower and the upper limit
    """

    feature: str
    family: str
    transform: Transform
    unit: float
    exponent: float
    lower: float
    upper: float
    location: float
    scale: float
    weight: float
    missing_share: float
    n_clipped: tuple[int, int]

    __pydantic_config__ = STRICT

    def __post_init__(self) -> None:
        if self.transform not in get_args(Transform):
            raise ValueError(f"unknown transform '{self.transform}' of '{self.feature}'")

    def breaches(self) -> list[str]:
        """Why these numbers cannot have been fitted; empty if they can."""
        possible = {
            "unit": self.unit > 0,
            "exponent": _EXPONENTS[0] <= self.exponent <= _EXPONENTS[1],
            "lower": self.lower <= self.upper,
            "scale": self.scale > 0,
            "weight": self.weight > 0,
            "missing_share": 0 <= self.missing_share <= 1,
        }
        return [
            f"'{name}' of '{self.feature}' cannot be {getattr(self, name)}."
            for name, holds in possible.items()
            if not holds
        ]

    def apply(self, raw: Floats, out: Floats | None = None) -> Floats:
        """Standardise raw values of shape (n_accounts,), into `out` if given; NaN stays NaN."""
        values = np.empty(raw.shape) if out is None else out
        _transform(raw, self.transform, self.unit, self.exponent, values)
        np.clip(values, self.lower, self.upper, out=values)
        values -= self.location
        values *= self.weight / self.scale
        return values

    def invert(self, standardised: Floats) -> Floats:
        """Back to the feature's own unit; clipped values come back as the limit."""
        values = standardised * (self.scale / self.weight) + self.location
        if self.transform == "started_log":
            return np.expm1(values) * self.unit
        if self.transform == "yeo_johnson":
            return yeo_johnson_inverse(values, self.exponent) * self.unit
        if self.transform == "binary":
            return np.asarray(np.rint(values), dtype=np.float64)
        return values


def fit_column(raw: Floats, feature: Feature, winsorise: float) -> ColumnScaling:
    """Fit the scaling of one feature; the family's weight is still 1.

    Parameters
    ----------
    raw : float64 array of shape (n_accounts,)
        Training values; NaN is missing.
    feature : Feature
        Its `scale` says which transform applies. What is not expected to be negative and is
        takes Yeo-Johnson instead of the logarithm.
    winsorise : float
        Share of the accounts that is clipped at either end, after the transform.

    Notes
    -----
    Everything is computed from the sorted values, so that the order of the accounts changes not
    even the last digit. A clip limit further than 6 robust standard deviations (interquartile
    range / 1.349) from the median is drawn in to there, as long as no more than 1 % of the
    accounts lie beyond: a handful of outliers must not set the scale of everybody else.
    """
    observed = np.sort(raw[~np.isnan(raw)])
    transform, unit, exponent = _choose(observed, feature)
    values = _transform(observed, transform, unit, exponent, np.empty(observed.shape))
    binary = transform == "binary"
    lower, upper = (float(values[0]), float(values[-1])) if binary else _limits(values, winsorise)
    clipped = np.clip(values, lower, upper)
    spread = float(clipped.std(ddof=1)) if clipped.size > 1 else 0.0
    return ColumnScaling(
        feature=feature.name,
        family=feature.family,
        transform=transform,
        unit=unit,
        exponent=exponent,
        lower=lower,
        upper=upper,
        location=float(clipped.mean()),
        # Nothing varies in some null draws: the column is then 0 for everybody, not a division.
        scale=1.0 if binary or not spread > 0 else spread,
        weight=1.0,
        missing_share=float(1 - observed.size / raw.size),
        n_clipped=(int((values < lower).sum()), int((values > upper).sum())),
    )


def _choose(observed: Floats, feature: Feature) -> tuple[Transform, float, float]:
    if feature.scale == "binary":
        return "binary", 1.0, 1.0
    if feature.scale == "share":
        return "identity", 1.0, 1.0
    if feature.scale == "signed" or observed[0] < 0:
        unit = _median_size(observed)
        return "yeo_johnson", unit, _fit_exponent(observed / unit)
    return "started_log", 1.0 if feature.scale == "count" else _start(observed), 1.0


def _start(observed: Floats) -> float:
    positive = observed[observed > 0]
    if not positive.size:
        return 1.0
    zero_inflated = 1 - positive.size / observed.size > ZERO_INFLATED_SHARE
    return float(np.quantile(positive, 0.5 if zero_inflated else _START_QUANTILE))


def _median_size(observed: Floats) -> float:
    size = np.abs(observed[observed != 0])
    return float(np.median(size)) if size.size else 1.0


def _fit_exponent(values: Floats) -> float:
    """Maximum-likelihood exponent of sorted values, after which they are nearest to a normal.

    The profile likelihood of Yeo and Johnson (2000), section 3. Written out, since scikit-learn's
    PowerTransformer spends twenty times the arithmetic on checks, and every null draw is fitted.
    """
    if values[0] == values[-1]:
        return 1.0
    from scipy.optimize import minimize_scalar  # heavy, and a scorer never fits

    points = values
    if values.size > _EXPONENT_POINTS:
        points = np.quantile(values, (np.arange(_EXPONENT_POINTS) + 0.5) / _EXPONENT_POINTS)
    n_negative = int(np.searchsorted(points, 0.0))
    size = np.log1p(np.abs(points))
    below, above = size[:n_negative], size[n_negative:]
    skew = float(above.sum() - below.sum()) / points.size
    out = np.empty(points.size)

    def loss(exponent: float) -> float:
        out[:n_negative] = -_box_cox(below, 2 - exponent)
        out[n_negative:] = _box_cox(above, exponent)
        variance = float(out.var())
        return math.inf if variance <= 0 else 0.5 * math.log(variance) - (exponent - 1) * skew

    found = minimize_scalar(loss, bounds=_EXPONENTS, method="bounded", options={"xatol": 1e-6})
    return float(found.x)


def _limits(values: Floats, winsorise: float) -> tuple[float, float]:
    low, q25, median, q75, high = np.quantile(values, [winsorise, 0.25, 0.5, 0.75, 1 - winsorise])
    reach = _ROBUST_LIMIT * (q75 - q25) / IQR_OF_NORMAL
    if reach > 0 and (values < median - reach).mean() <= _OUTLIER_SHARE:
        low = max(low, median - reach)
    if reach > 0 and (values > median + reach).mean() <= _OUTLIER_SHARE:
        high = min(high, median + reach)
    return float(low), float(high)


def _transform(
    raw: Floats,
    transform: Transform,
    unit: float,
    exponent: float,
    out: Floats,
) -> Floats:
    if transform == "started_log":
        # Below zero nothing was seen in training: the lower clip limit would draw it in anyway.
        np.maximum(raw, 0.0, out=out)
        out /= unit
        return _log_one_plus(out, out)
    out[...] = yeo_johnson(raw / unit, exponent) if transform == "yeo_johnson" else raw
    return out


def _log_one_plus(values: Floats, out: Floats) -> Floats:
    """Natural logarithm of 1 + x, of x of 0 or more.

    Exact to the last digit of 1, which is all that a standardised value has; `log1p` keeps the
    digits of a tiny x too, and takes twice as long.
    """
    np.add(values, 1.0, out=out)
    return np.log(out, out=out)


def yeo_johnson(values: Floats, exponent: float) -> Floats:
    """Power transform for values of either sign; NaN stays NaN.

    References
    ----------
    Yeo and Johnson (2000), A new family of power transformations to improve normality or
    symmetry, Biometrika 87.

    Examples
    --------
    >>> yeo_johnson(np.array([-1.0, 0.0, 1.0]), 1.0).tolist()
    [-1.0, 0.0, 1.0]
    """
    # On the sizes both halves are the same Box-Cox transform, mirrored: 2 - exponent below zero.
    size = np.abs(values)
    size = _log_one_plus(size, size)
    found, below = _box_cox(size, exponent), np.flatnonzero(values < 0)
    found[below] = -_box_cox(size[below], 2 - exponent)
    return found


def _box_cox(log_size: Floats, exponent: float) -> Floats:
    if exponent == 0:
        return log_size
    return np.asarray(np.expm1(exponent * log_size) / exponent)


def yeo_johnson_inverse(values: Floats, exponent: float) -> Floats:
    """Inverse of `yeo_johnson`.

    Examples
    --------
    >>> back = yeo_johnson_inverse(yeo_johnson(np.array([-3.0, 5.0]), 0.3), 0.3)
    >>> back.round(12).tolist()
    [-3.0, 5.0]
    """
    size = np.abs(values)
    return np.where(
        values < 0,
        -np.expm1(_box_cox_inverse(size, 2 - exponent)),
        np.expm1(_box_cox_inverse(size, exponent)),
    )


def _box_cox_inverse(size: Floats, exponent: float) -> Floats:
    if exponent == 0:
        return size
    # The half that is not used may lie outside this branch's range: keep its logarithm finite.
    return np.asarray(np.log1p(np.maximum(exponent * size, -1 + 1e-15)) / exponent)
