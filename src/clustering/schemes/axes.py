"""The axes that schemes share, each defined once.

A composite axis is a weighted mean of parts. Each part is one quantity of the snapshot, brought
to 0..1 on a straight line between two documented values and held there beyond them, so an axis
never falls when one of its parts moves in the named direction. A part that is not known for an
account is left out of its mean, never read as zero; how much of the weight was known is the
account's *evidence*, and below a least evidence the axis is missing too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ARR
from clustering.config.schemes import AxesConfig
from clustering.features.types import Snapshot
from clustering.schemes.composites import COMPOSITES, AxisPart, Composite
from clustering.schemes.types import SchemeAbsentError


@dataclass(frozen=True, eq=False)
class Axes:
    """Axes of the accounts.

    Attributes
    ----------
    frame : indexed like the snapshot; composite axes in 0..1, `revenue_at_risk` and
        `cost_to_serve` in currency a year, `profitability` as a share of ARR
    evidence : same index and the composite axes: share of the weight that was known
    absent : for each axis that no account has, what would allow it
    near_line : noise of an axis whose parts are all known, as configured
    """

    frame: pd.DataFrame
    evidence: pd.DataFrame
    absent: Mapping[str, str] = field(default_factory=dict)
    near_line: float = 0.0

    def of(self, scheme: str, axis: str) -> "pd.Series[float]":
        """Give an axis to the scheme that needs it.

        Raises
        ------
        SchemeAbsentError
            No account has the axis; the message says what would allow it.
        """
        if self.frame[axis].isna().all():
            reason = self.absent.get(axis, "no account has it")
            raise SchemeAbsentError(f"'{scheme}' needs the axis '{axis}': {reason}.")
        return self.frame[axis]

    def is_near(self, axis: str, cut: float) -> "pd.Series[bool]":
        """Whether each account lies so near a cut that the side it is on is within its noise.

        The noise is `near_line`, and more where parts of the axis are not known: the share of their
        weight times the spread of the axis over the accounts, since what is not known may lie as
        far away as other accounts do. A revenue at risk is as uncertain as its churn risk.

        Examples
        --------
        >>> frame = pd.DataFrame({"health": [0.2, 0.49, 0.6, 0.9]})
        >>> evidence = pd.DataFrame({"health": [1.0, 1.0, 0.4, 1.0]})
        >>> Axes(frame, evidence, near_line=0.03).is_near("health", 0.5).tolist()
        [False, True, True, False]
        """
        values = self.frame[axis]
        if axis == "revenue_at_risk":
            risk = self.frame["churn_risk"]
            noise = self._noise("churn_risk") * (values / risk).where(risk > 0, 0.0)
        else:
            noise = self._noise(axis)
        return (values - cut).abs() < noise

    def _noise(self, axis: str) -> "pd.Series[float]":
        values = self.frame[axis]
        if axis not in self.evidence:
            return pd.Series(self.near_line, index=values.index)
        unknown = 1.0 - self.evidence[axis].to_numpy().clip(0.0, 1.0)
        known = values.to_numpy()[values.notna()]
        spread = known.std() if known.size else np.nan
        return pd.Series(self.near_line + unknown * spread, index=values.index)


def compute_axes(snapshot: Snapshot, config: AxesConfig) -> Axes:
    """Compute every axis that the snapshot allows.

    Examples
    --------
    >>> from datetime import date
    >>> frame = pd.DataFrame({"outcome_attainment": [0.7, 1.1]}, index=["a", "b"])
    >>> attributes = pd.DataFrame({"arr": [100.0, 200.0]}, index=["a", "b"])
    >>> snapshot = Snapshot(date(2025, 1, 1), frame, (), attributes)
    >>> axes = compute_axes(snapshot, AxesConfig(least_evidence=0.1))
    >>> axes.frame["health"].tolist(), axes.evidence["health"].tolist()
    ([0.0, 1.0], [0.3, 0.3])
    """
    known = quantities(snapshot)
    return combine(known, score_parts(known), config, snapshot.not_computed)


def score_parts(known: pd.DataFrame) -> dict[str, Floats]:
    """Scores of the parts of every composite axis, shape (n_accounts, n_parts); NaN is missing."""
    return {
        composite.name: np.column_stack([part.score(known) for part in composite.parts])
        for composite in COMPOSITES
    }


def combine(
    known: pd.DataFrame,
    scores: Mapping[str, Floats],
    config: AxesConfig,
    not_computed: Mapping[str, str] | None = None,
) -> Axes:
    """Axes from the scores of their parts, which no setting changes.

    Parameters
    ----------
    known, scores : as `quantities` and `score_parts` give them
    config : weights, costs and the least evidence
    not_computed : why features are missing, as in `Snapshot.not_computed`
    """
    columns: dict[str, Floats] = {}
    shares: dict[str, Floats] = {}
    absent: dict[str, str] = {}
    for composite in COMPOSITES:
        weights = composite.weights(config)
        weight = np.array([weights[part.name] for part in composite.parts])
        share = ~np.isnan(scores[composite.name]) @ weight / weight.sum()
        mean = _mean(scores[composite.name], weight, composite)
        columns[composite.name] = np.where(share >= config.least_evidence, mean, np.nan)
        shares[composite.name] = share
        if np.isnan(columns[composite.name]).all():
            absent[composite.name] = _what_would_allow(
                composite, scores[composite.name], not_computed or {}
            )
    arr = known[ARR].to_numpy()
    columns["revenue_at_risk"] = columns["churn_risk"] * arr
    columns["cost_to_serve"] = _cost(known, config)
    columns["profitability"] = _profitability(arr, columns["cost_to_serve"])
    for name, reason in (
        ("revenue_at_risk", "needs churn_risk and ARR (table subscriptions)"),
        ("cost_to_serve", "needs the table engagements"),
        ("profitability", "needs the tables engagements and subscriptions"),
    ):
        if np.isnan(columns[name]).all():
            absent[name] = reason
    index = known.index
    return Axes(
        pd.DataFrame(columns, index=index),
        pd.DataFrame(shares, index=index),
        absent,
        config.near_line,
    )


def quantities(snapshot: Snapshot) -> pd.DataFrame:
    """Every number that an axis reads, float64, indexed like the snapshot."""
    numbers = snapshot.attributes.select_dtypes("number").astype("float64")
    known = snapshot.frame.join(numbers[numbers.columns.difference(snapshot.frame.columns)])
    if ARR not in known:
        known[ARR] = np.nan
    if "expansion_pipeline" in known:
        known["pipeline_per_arr"] = (known["expansion_pipeline"] / known[ARR]).where(known[ARR] > 0)
    hours = known.filter(regex="^hours_(strategy|execution|first_steps)$")
    total = hours.sum(axis=1)
    for column in hours:
        known[f"share_{column}"] = (hours[column] / total).where(total > 0)
    return known


def _mean(scores: Floats, weight: Floats, composite: Composite) -> Floats:
    """Weighted mean over the parts that are known; missing where none with a weight is."""
    present = ~np.isnan(scores) * weight
    total = present.sum(axis=1)
    weighted = (np.nan_to_num(scores) * present).sum(axis=1)
    essential = [part.essential for part in composite.parts]
    complete = ~np.isnan(scores[:, essential]).any(axis=1)
    is_known = (total > 0) & complete
    return np.where(is_known, weighted / np.where(is_known, total, 1.0), np.nan)


def _cost(known: pd.DataFrame, config: AxesConfig) -> Floats:
    """Hours and tickets of a year at their cost; without engagements nothing can be said."""
    if "engagement_hours_per_year" not in known:
        return np.full(len(known), np.nan)
    cost = known["engagement_hours_per_year"] * config.cost.hour
    if "tickets_per_year" in known:
        cost = cost + known["tickets_per_year"] * config.cost.ticket
    return cost.to_numpy()


def _profitability(arr: Floats, cost_to_serve: Floats) -> Floats:
    is_paying = arr > 0
    return np.where(is_paying, (arr - cost_to_serve) / np.where(is_paying, arr, 1.0), np.nan)


def _what_would_allow(composite: Composite, scores: Floats, not_computed: Mapping[str, str]) -> str:
    missing = [
        f"{part.name} ({_reason(part, not_computed)})"
        for part, column in zip(composite.parts, scores.T, strict=True)
        if np.isnan(column).all()
    ]
    return f"too little is known for it; missing: {', '.join(missing)}"


def _reason(part: AxisPart, not_computed: Mapping[str, str]) -> str:
    source = "expansion_pipeline" if part.column == "pipeline_per_arr" else part.column
    return not_computed.get(source, f"needs {part.table}")
