"""What rules a fitted candidate out, in words.

A candidate that fails a guard is not an exception: it is reported with its reason, because its
BIC and ICL cannot be compared with those of the others.
"""

from collections.abc import Sequence

from clustering.models.mixture import COLLAPSED, FLOOR_MARGIN, MixtureFit
from clustering.models.types import CovarianceType


def least_expected_count(d: int, covariance_type: CovarianceType) -> int:
    """Accounts a component needs so that its parameters are estimated from more than noise.

    Examples
    --------
    >>> least_expected_count(4, "full"), least_expected_count(4, "diag")
    (20, 5)
    """
    return 5 * d if covariance_type == "full" else 5


def ruled_out(fit: MixtureFit, columns: Sequence[str] | None = None) -> str | None:
    """Why this mixture is not comparable with the others; None when it is.

    Parameters
    ----------
    fit : MixtureFit
    columns : names of the columns, for the reason (default: "column 1", ...)

    Examples
    --------
    >>> import numpy as np
    >>> from clustering.models.mixture import fit_from_labels
    >>> X = np.array([[0.0], [0.0], [0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> fit = fit_from_labels(X, np.array([0, 0, 0, 1, 1, 1, 1, 1]), "full", reg_covar=1e-6)
    >>> reason = ruled_out(fit, ["milestones"])
    >>> print(reason[:76])
    mixture k=2 full: component 1 has variance 3.4e-06 in 'milestones', the reg_
    """
    name = f"mixture k={fit.k} {fit.covariance_type}"
    reason = _at_floor(fit, columns) or _collapsed(fit) or _too_small(fit) or _not_converged(fit)
    return None if reason is None else f"{name}: {reason}"


def column_name(index: int, columns: Sequence[str] | None) -> str:
    """What a column is called in a sentence; its number from 1 where it has no name.

    Examples
    --------
    >>> column_name(0, ["logins"]), column_name(0, None)
    ("'logins'", 'column 1')
    """
    return f"column {index + 1}" if columns is None else f"'{columns[index]}'"


def _at_floor(fit: MixtureFit, columns: Sequence[str] | None) -> str | None:
    if fit.floor_share >= FLOOR_MARGIN:
        return None
    if fit.covariance_type == "tied" or fit.k == 1:
        return (
            "the columns are linearly dependent (or there are too few accounts for so many "
            "columns), so the covariance sits on the reg_covar floor and its BIC is not comparable"
        )
    variances = fit.covariances.diagonal(axis1=1, axis2=2)
    spread = fit.weights @ (variances + fit.means**2) - (fit.weights @ fit.means) ** 2
    component, column = divmod(int((variances / spread).argmin()), variances.shape[1])
    order = fit.means[:, 0].argsort(kind="stable").tolist().index(component)
    count = fit.weights[component] * len(fit.responsibilities)
    return (
        f"component {order + 1} has variance {variances[component, column]:.2g} in "
        f"{column_name(column, columns)}, the reg_covar floor; its {count:.1f} accounts share one "
        "value, so its BIC is not comparable"
    )


def _collapsed(fit: MixtureFit) -> str | None:
    if fit.smallest_eigenvalue_ratio >= COLLAPSED:
        return None
    return (
        f"a component has collapsed: its smallest variance is {fit.smallest_eigenvalue_ratio:.1e} "
        f"of the pooled one (at least {COLLAPSED:g} is required), so its BIC is not comparable"
    )


def _too_small(fit: MixtureFit) -> str | None:
    counts = fit.weights * len(fit.responsibilities)
    least = least_expected_count(fit.means.shape[1], fit.covariance_type)
    if counts.min() >= least:
        return None
    return (
        f"its smallest component has an expected count of {counts.min():.1f} accounts; "
        f"{fit.covariance_type} covariances of {fit.means.shape[1]} columns need at least {least}"
    )


def _not_converged(fit: MixtureFit) -> str | None:
    if fit.converged:
        return None
    return f"EM had not converged after {fit.n_iter} iterations"
