"""What happened to the groups of every labelling: rates, retention, renewals, tests inside tiers.

All of it is of the study's own accounts and labels in the window after the as-of date. It
describes; what the labels knew beforehand is judged on held-out accounts in `study_forward`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ARR_TIERS, SEGMENT
from clustering.comparison.base.labellings import Labelling, encode
from clustering.comparison.base.nested import LikelihoodRatio, OutcomeTable, fit_nested
from clustering.comparison.base.outcomes import as_boolean
from clustering.comparison.base.stratified import (
    CmhTest,
    TierTest,
    cochran_mantel_haenszel,
    within_tier_tests,
)
from clustering.comparison.observed.expansion import Expansion, two_part_expansion
from clustering.comparison.observed.group_rates import group_rates, no_rates, with_correction
from clustering.comparison.observed.renewals import renewals_by
from clustering.comparison.observed.within_tiers import partial_omega
from clustering.errors import BadInputError


@dataclass(frozen=True)
class InsideTiers:
    """Whether two accounts of one tier fare differently, by segment, about one outcome.

    `variance_within` is the share of the outcome's variance that lies inside tiers, and
    `explained` the part of that which lies between segments, beyond chance (omega squared). What
    cannot be told is None, with the `reason`.
    """

    outcome: str
    n: int
    n_events: int
    cmh: CmhTest
    likelihood_ratio: LikelihoodRatio | None
    tiers: tuple[TierTest, ...]
    variance_within: float | None
    explained: float | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class GroupOutcomes:
    """What happened by group.

    Attributes
    ----------
    rates : DataFrame, a row a labelling, level and outcome; of other outcomes than the first for
        the segments and the tiers alone
    retention : DataFrame, NRR and GRR of the segments and the tiers
    renewals : DataFrame, contracts due, renewed, censored and left, of both
    inside : tests of segment and outcome inside the tiers, one an outcome, the primary one first
    expansion : in two parts; None, with a note, where it cannot be told
    notes : what could not be told, and why
    """

    rates: pd.DataFrame
    retention: pd.DataFrame
    renewals: pd.DataFrame
    inside: tuple[InsideTiers, ...]
    expansion: Expansion | None
    notes: tuple[str, ...]


def group_outcomes(
    labels: Mapping[str, "pd.Series[str]"],
    outcomes: pd.DataFrame,
    timing: pd.DataFrame,
    arr: "pd.Series[float]",
    responsibilities: Floats,
    segment_names: Sequence[str],
    *,
    names: Sequence[str],
    n_bootstrap: int = 2000,
    seed: int,
) -> GroupOutcomes:
    """Rates, retention and renewals by group, and tests inside the tiers.

    Parameters
    ----------
    labels : Series of labels by name, all on one index of accounts; `segment` among them
    outcomes, timing : DataFrames as in `Horizon`, on the same index
    arr : Series of yearly amounts
    responsibilities : float64 array of shape (n_accounts, k), rows sum to 1
    segment_names : k names, in the order of the columns
    names : outcomes to look at, the primary one first
    n_bootstrap, seed : resamples and their seed
    """
    notes: list[str] = []
    observed = [n for n in names if n in outcomes and outcomes[n].notna().any()]
    both = [name for name in (SEGMENT, ARR_TIERS) if name in labels]
    found = [
        group_rates(
            labels if name == names[0] else {own: labels[own] for own in both},
            outcomes[name],
            name,
        )
        for name in observed
    ]
    table = pd.concat(found, ignore_index=True) if found else no_rates()
    table = with_correction(
        table, outcomes, observed, responsibilities, segment_names, n_bootstrap, seed, notes
    )
    inside: tuple[InsideTiers, ...] = ()
    if ARR_TIERS in labels:
        inside = tuple(
            inside_tiers(labels[ARR_TIERS], labels[SEGMENT], outcomes[name], seed)
            for name in observed
        )
    expansion = _expansion(labels, outcomes, arr, n_bootstrap, seed, notes)
    return GroupOutcomes(
        rates=table,
        retention=_retention(expansion),
        renewals=_renewals({name: labels[name] for name in both}, timing),
        inside=inside,
        expansion=expansion,
        notes=tuple(notes),
    )


def inside_tiers(
    tier: "pd.Series[str]", segment: "pd.Series[str]", outcome: "pd.Series[bool]", seed: int
) -> InsideTiers:
    """Tests of outcome and segment given the tier; labels must have been known beforehand.

    Examples
    --------
    >>> tier, segment = pd.Series(["a", "b"] * 100), pd.Series((["x"] * 2 + ["y"] * 2) * 50)
    >>> found = inside_tiers(tier, segment, pd.Series([True, False] * 100), seed=1)
    >>> found.variance_within, found.cmh.reason
    (0.0, 'no tier has two outcomes in two segments')
    """
    name = str(outcome.name or "outcome")
    values, observed = as_boolean(outcome, name)
    tiers, segments = encode(tier, "tier"), encode(segment, "segment")
    known = observed & (tiers.codes >= 0) & (segments.codes >= 0)
    tiers, segments = tiers.subset(known), segments.subset(known)
    shape = len(tiers.levels), len(segments.levels)
    n, events = int(known.sum()), int(values[known].sum())
    if n == 0:
        nothing = CmhTest(None, None, None, reason="no account has all three")
        return InsideTiers(name, 0, 0, nothing, None, (), None, None, nothing.reason)
    table = OutcomeTable.count(tiers.codes, segments.codes, values[known], shape)
    cmh = cochran_mantel_haenszel(table)
    tests = tuple(within_tier_tests(table, tiers.levels, seed))
    if events in (0, n):
        reason = f"all {n} accounts have the same outcome"
        return InsideTiers(name, n, events, cmh, None, tests, None, None, reason)
    ratio = fit_nested(table).likelihood_ratio("tier", "both")
    within, between = _squares(table)
    return InsideTiers(
        outcome=name,
        n=n,
        n_events=events,
        cmh=cmh,
        likelihood_ratio=ratio if ratio.df else None,
        tiers=tests,
        variance_within=within / (events * (n - events) / n),
        explained=partial_omega(between, within, table.rows.astype(np.int64)) if within else None,
        reason=cmh.reason,
    )


def _squares(table: OutcomeTable) -> tuple[float, float]:
    """Sums of squares of a 0-1 outcome inside tiers, and between segments inside them."""
    rows, events = table.rows, table.events
    rate = np.divide(events, rows, where=rows > 0, out=np.zeros_like(rows))
    size = rows.sum(axis=1)
    own = np.divide(events.sum(axis=1), size, where=size > 0, out=np.zeros_like(size))
    within = float((size * own * (1 - own)).sum())
    return within, float((rows * (rate - own[:, None]) ** 2).sum())


def _expansion(
    labels: Mapping[str, "pd.Series[str]"],
    outcomes: pd.DataFrame,
    arr: "pd.Series[float]",
    n_bootstrap: int,
    seed: int,
    notes: list[str],
) -> Expansion | None:
    if ARR_TIERS not in labels or not {"nrr", "grr"} <= set(outcomes.columns):
        return None
    try:
        return two_part_expansion(
            labels[ARR_TIERS],
            labels[SEGMENT],
            np.asarray(arr, dtype=np.float64),
            np.asarray(outcomes["nrr"], dtype=np.float64),
            np.asarray(outcomes["grr"], dtype=np.float64),
            n_bootstrap=n_bootstrap,
            seed=seed,
        )
    except BadInputError as error:
        notes.append(f"Retention and expansion cannot be told: {error}")
        return None


_RETENTION_COLUMNS = {
    "labelling": "str", "level": "str", "n_accounts": "int64", "arr": "float64",
    "nrr": "float64", "nrr_low": "float64", "nrr_high": "float64",
    "nrr_winsorised": "float64", "nrr_winsorised_low": "float64",
    "nrr_winsorised_high": "float64",
    "grr": "float64", "grr_low": "float64", "grr_high": "float64",
}  # fmt: skip


def _retention(expansion: Expansion | None) -> pd.DataFrame:
    rows = []
    if expansion is not None:
        for labelling, found in (
            (SEGMENT, expansion.retention),
            (ARR_TIERS, expansion.tier_retention),
        ):
            for one in found:
                row = {"labelling": labelling, "level": one.segment}
                rows.append(row | _flat(asdict(one), without="segment"))
    return _typed(rows, _RETENTION_COLUMNS)


_RENEWAL_COLUMNS = {
    "labelling": "str", "level": "str", "n_at_risk": "int64", "n_due": "int64",
    "n_censored": "int64", "renewed": "float64", "renewed_low": "float64",
    "renewed_high": "float64", "days": "int64", "left": "float64", "left_low": "float64",
    "left_high": "float64",
}  # fmt: skip


def _renewals(labels: Mapping[str, "pd.Series[str]"], timing: pd.DataFrame) -> pd.DataFrame:
    rows = []
    if len(timing.columns):
        due, left, followed = (
            timing[name].to_numpy(dtype=np.float64)
            for name in ("due_days", "left_days", "followed_days")
        )
        for labelling, given in labels.items():
            coded: Labelling = encode(given, labelling)
            for one in renewals_by(coded, due, left, followed):
                row = {"labelling": labelling, "level": one.group}
                rows.append(row | _flat(asdict(one), without="group"))
    return _typed(rows, _RENEWAL_COLUMNS)


def _flat(values: Mapping[str, object], without: str) -> dict[str, object]:
    """Intervals as two columns."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        if name == without:
            continue
        if name.endswith("_interval"):
            low, high = value if isinstance(value, tuple) else (np.nan, np.nan)
            stem = name.removesuffix("_interval")
            flat |= {f"{stem}_low": low, f"{stem}_high": high}
        else:
            flat[name] = value
    return flat


def _typed(rows: list[dict[str, object]], columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype(dict(columns))
