"""What happened to the groups of every labelling: rates, retention, renewals, tests inside tiers.

All of it is of the study's own accounts and labels in the window after the as-of date. It
describes; what the labels knew beforehand is judged on held-out accounts in `forward.study`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Ints
from clustering.columns import ARR_TIERS, SEGMENT
from clustering.comparison.base.companies import units
from clustering.comparison.base.entries import CmhTest
from clustering.comparison.base.labellings import as_boolean, encode
from clustering.comparison.base.nested import OutcomeTable, fit_nested
from clustering.comparison.base.stratified import cochran_mantel_haenszel, within_tier_tests
from clustering.comparison.observed.entries import (
    RENEWALS,
    RETENTION,
    Afterwards,
    InsideTiers,
)
from clustering.comparison.observed.expansion import two_part_expansion
from clustering.comparison.observed.group_rates import Membership, rates_table, with_correction
from clustering.comparison.observed.renewals import renewals_by
from clustering.comparison.observed.retention import Retained, retained, retention_by
from clustering.comparison.observed.within_tiers import partial_omega
from clustering.errors import BadInputError


@dataclass(frozen=True, eq=False)
class GroupOutcomes:
    """What happened by group: tables of the study folder, and what its document says.

    Attributes
    ----------
    rates : DataFrame, a row a labelling, level and outcome; of other outcomes than the first for
        the segments and the tiers alone
    retention : DataFrame, NRR and GRR of the segments and the tiers
    renewals : DataFrame, contracts due, renewed, censored and left, of both
    told : tests of segment and outcome inside the tiers, one an outcome, the primary one first;
        expansion in two parts; and what could not be told
    """

    rates: pd.DataFrame
    retention: pd.DataFrame
    renewals: pd.DataFrame
    told: Afterwards


@dataclass(frozen=True, eq=False)
class Observed:
    """What was observed after the as-of date, as in `Horizon`, and the amounts on it.

    Attributes
    ----------
    outcomes, timing : DataFrames on one index of accounts
    arr : Series of yearly amounts, on the same
    company : Series of the companies of the accounts, on the same; None where each is one
    """

    outcomes: pd.DataFrame
    timing: pd.DataFrame
    arr: "pd.Series[float]"
    company: "pd.Series[int] | None" = None


def group_outcomes(
    labels: Mapping[str, "pd.Series[str]"],
    membership: Membership,
    observed: Observed,
    *,
    names: Sequence[str],
    n_bootstrap: int = 2000,
    seed: int,
) -> GroupOutcomes:
    """Rates, retention and renewals by group, and tests inside the tiers.

    Parameters
    ----------
    labels : Series of labels by name, all on one index of accounts; `segment` among them
    membership : of the accounts in the segments
    observed : what happened to them
    names : outcomes to look at, the primary one first
    n_bootstrap, seed : resamples and their seed
    """
    outcomes = observed.outcomes
    outcomes = outcomes[[n for n in names if n in outcomes and outcomes[n].notna().any()]]
    both = [name for name in (SEGMENT, ARR_TIERS) if name in labels]
    rates = rates_table(labels, both, outcomes, names[0])
    company = units(outcomes.index, observed.company)
    rates, notes = with_correction(rates, outcomes, membership, n_bootstrap, seed, company)
    inside, accounts = [], None
    if ARR_TIERS in labels:
        tiers, segments = labels[ARR_TIERS], labels[SEGMENT]
        inside = [inside_tiers(tiers, segments, outcomes[name], seed) for name in outcomes]
        try:
            accounts = _retained(tiers, segments, observed, company)
        except BadInputError as error:
            notes.append(f"Retention and expansion are not known: {error}")
    retention: list[dict[str, object]] = []
    expansion = None
    if accounts is not None:
        expansion = two_part_expansion(accounts, n_bootstrap=n_bootstrap, seed=seed)
        for name, groups in ((SEGMENT, accounts.segment), (ARR_TIERS, accounts.tier)):
            rows = retention_by(groups, accounts, n_bootstrap=n_bootstrap, seed=seed)
            retention += [{"labelling": name, **row} for row in rows]
    return GroupOutcomes(
        rates=rates,
        retention=RETENTION.from_rows(retention),
        renewals=RENEWALS.from_rows(_renewals({name: labels[name] for name in both}, observed)),
        told=Afterwards(inside_tiers=inside, expansion=expansion, notes=notes),
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
        reason = "no account has all three"
        return InsideTiers(outcome=name, n=0, n_events=0, cmh=CmhTest(reason=reason), reason=reason)
    table = OutcomeTable.count(tiers.codes, segments.codes, values[known], shape)
    cmh = cochran_mantel_haenszel(table)
    found = InsideTiers(
        outcome=name,
        n=n,
        n_events=events,
        cmh=cmh,
        tiers=within_tier_tests(table, tiers.levels, seed),
        reason=cmh.reason,
    )
    if events in (0, n):
        return found.model_copy(update={"reason": f"all {n} accounts have the same outcome"})
    ratio = fit_nested(table).likelihood_ratio("tier", "both")
    within, between = _squares(table)
    explained = partial_omega(between, within, table.rows.astype(np.int64)) if within else None
    return found.model_copy(
        update={
            "likelihood_ratio": ratio if ratio.df else None,
            "variance_within": within / (events * (n - events) / n),
            "explained": explained,
        }
    )


def _squares(table: OutcomeTable) -> tuple[float, float]:
    """Sums of squares of a 0-1 outcome inside tiers, and between segments inside them."""
    rows, events = table.rows, table.events
    rate = np.divide(events, rows, where=rows > 0, out=np.zeros_like(rows))
    size = rows.sum(axis=1)
    own = np.divide(events.sum(axis=1), size, where=size > 0, out=np.zeros_like(size))
    within = float((size * own * (1 - own)).sum())
    return within, float((rows * (rate - own[:, None]) ** 2).sum())


def _retained(
    tiers: "pd.Series[str]",
    segments: "pd.Series[str]",
    observed: Observed,
    company: Ints | None,
) -> Retained | None:
    """The accounts whose retention was observed; None where no table tells it."""
    if not {"nrr", "grr"} <= set(observed.outcomes.columns):
        return None
    amounts = (observed.arr, observed.outcomes["nrr"], observed.outcomes["grr"])
    arr, nrr, grr = (np.asarray(one, dtype=np.float64) for one in amounts)
    return retained(tiers, segments, arr, nrr, grr, company)


def _renewals(
    labels: Mapping[str, "pd.Series[str]"], observed: Observed
) -> list[dict[str, object]]:
    if not len(observed.timing.columns):
        return []
    days = [
        observed.timing[name].to_numpy(dtype=np.float64)
        for name in ("due_days", "left_days", "followed_days")
    ]
    return [
        {"labelling": name, **row}
        for name, given in labels.items()
        for row in renewals_by(encode(given, name), *days)
    ]
