"""Refuse features that know what happened after the as-of date."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from clustering.arrays import Floats
from clustering.comparison.base.metrics import area_under_curve
from clustering.errors import FutureDataError, breaches_message
from clustering.features.horizon import OUTCOMES

#: From this area under the curve, or rank correlation, on a feature was made from the outcome:
#: nothing known before ranks what comes later without an error.
_TOO_GOOD = 0.9995

#: From this area under the curve on a labelling tells nearly too much: a few groups cannot rank
#: what comes later so well, unless they were made from it.
NEARLY_TOO_GOOD = 0.97

#: With fewer accounts on either side a feature may part them by chance.
_FEWEST = 10


def refuse_outcomes_in_features(
    features: pd.DataFrame,
    outcomes: pd.DataFrame,
    before: pd.DataFrame | None = None,
    sources: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Stop where a single feature tells an outcome of the window without error.

    Rows dated after the as-of date are invisible to features, but an undated flag, or a column
    that was filled in afterwards, is not stopped by dates. Such a column gives itself away: it
    ranks the outcome perfectly, in its values or in where it is missing.

    So does what only stays as it was: accounts that were silent before and are silent after. Where
    the state before tells the outcome by itself, a feature of the same table, or one that is
    empty for the accounts in that state, knew no more than the state, and is not named.

    Parameters
    ----------
    features : DataFrame of shape (n_accounts, n_features), as known on the as-of date
    outcomes : DataFrame on the same index, as in `Horizon.frame`
    before : DataFrame on the same index, as in `Horizon.before`: states by outcome
    sources : the tables that a feature comes from, by its name

    Raises
    ------
    FutureDataError
        Features that tell an outcome; all of them at once.

    Examples
    --------
    >>> churned = pd.Series([True] * 20 + [False] * 30)
    >>> features = pd.DataFrame({"risk_flag": churned * 5.0, "breadth": [1.0, 2.0] * 25})
    >>> refuse_outcomes_in_features(features, pd.DataFrame({"churned": churned}))
    Traceback (most recent call last):
    clustering.errors.FutureDataError: features must not know what happened later (1 breach):
      - 'risk_flag' tells 'churned' without error (20 of 50 accounts): it was filled in \
afterwards, or made from it. Leave it out, or give its date.
    """
    breaches = []
    for name in features.columns.astype(str):
        ranks = _ranks(features[name].to_numpy(dtype=np.float64))
        for outcome in outcomes.columns.astype(str):
            known = outcomes[outcome].notna().to_numpy()
            values = outcomes[outcome][known].to_numpy(dtype=np.float64)
            if _fewer_side(values) < _FEWEST or np.ptp(ranks[known]) == 0:
                continue
            if _agreement(ranks[known], values) >= _TOO_GOOD and not _only_persists(
                features[name][known],
                values,
                None if before is None or outcome not in before else before[outcome][known],
                (sources or {}).get(name, ()),
                outcome,
            ):
                happened = f"{int(values.sum())} of {values.size} accounts"
                if not _two_valued(values):
                    happened = f"{values.size} accounts"
                breaches.append(leak_in_words(name, outcome, f"without error ({happened})"))
    if breaches:
        raise FutureDataError(
            breaches_message("features must not know what happened later", breaches)
        )


def leak_in_words(name: str, outcome: str, how: str) -> str:
    """The sentence on what knows too much of an outcome: a feature, a tier or a segment.

    Examples
    --------
    >>> leak_in_words("segment", "churned", "almost without error (area under the curve 0.98)")
    "'segment' tells 'churned' almost without error (area under the curve 0.98): it was filled in \
afterwards, or made from it. Leave it out, or give its date."
    """
    return (
        f"'{name}' tells '{outcome}' {how}: it was filled in afterwards, or made from it. Leave it "
        "out, or give its date."
    )


def leaking_labellings(
    labels: Mapping[str, "pd.Series[str]"], outcomes: pd.DataFrame
) -> dict[str, str]:
    """Labellings that tell an outcome of the window almost without error, each with a sentence.

    An account is ranked by how often the outcome occurred in its group among the *others*, so that
    small groups do not tell their own accounts.

    Parameters
    ----------
    labels : Series of shape (n_accounts,) by name
    outcomes : DataFrame on the same index, as in `Horizon.frame`

    Examples
    --------
    >>> churned = pd.Series([True] * 20 + [False] * 30)
    >>> labels = {"made": churned.map({True: "lost", False: "kept"}),
    ...           "fair": pd.Series(["a", "b"] * 25)}
    >>> list(leaking_labellings(labels, pd.DataFrame({"churned": churned})))
    ['made']
    """
    found = {}
    for name, series in labels.items():
        for outcome in outcomes.columns.astype(str):
            known = (outcomes[outcome].notna() & series.notna()).to_numpy()
            values = outcomes[outcome][known].to_numpy(dtype=np.float64)
            if not _two_valued(values) or _fewer_side(values) < _FEWEST:
                continue
            area = area_under_curve(_rates_of_others(series[known], values), values > 0)
            if area is not None and area >= NEARLY_TOO_GOOD:
                how = f"almost without error (area under the curve {area:.2f})"
                found[name] = leak_in_words(name, outcome, how)
                break
    return found


def _rates_of_others(labels: "pd.Series[str]", values: Floats) -> Floats:
    codes, _ = pd.factorize(labels)
    n, events = np.bincount(codes)[codes], np.bincount(codes, weights=values)[codes]
    alone = n == 1
    return np.where(alone, values.mean(), (events - values) / np.maximum(n - 1, 1))


def _only_persists(
    feature: "pd.Series[float]",
    values: Floats,
    state: "pd.Series[float] | None",
    sources: tuple[str, ...],
    outcome: str,
) -> bool:
    """Whether an account's state before tells the outcome as well, and the feature adds nothing."""
    if state is None or not _two_valued(values):
        return False
    if _agreement(_ranks(state.to_numpy(dtype=np.float64)), values) < _TOO_GOOD:
        return False
    needed = next(one.needs for one in OUTCOMES if one.name == outcome)
    stays = feature[values == 1]
    return needed in sources or bool((stays.isna() | (stays == 0)).all())


def _ranks(values: NDArray[np.floating]) -> Floats:
    """Ranks, what is missing below all: a gap may tell as much as a value."""
    return np.asarray(rankdata(np.where(np.isnan(values), -np.inf, values)))


def _two_valued(values: Floats) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _fewer_side(values: Floats) -> int:
    """Accounts that differ from the most common value of the outcome, or from the other half."""
    if values.size == 0:
        return 0
    if _two_valued(values):
        return int(min(values.sum(), values.size - values.sum()))
    _, counts = np.unique(values, return_counts=True)
    return int(values.size - counts.max())


def _agreement(ranks: Floats, values: Floats) -> float:
    """Area under the curve, or rank correlation, whatever its direction."""
    if _two_valued(values):
        area = area_under_curve(ranks, values > 0)
        assert area is not None  # either side has accounts enough
        return max(area, 1 - area)
    return float(abs(np.corrcoef(rankdata(ranks), rankdata(values))[0, 1]))
