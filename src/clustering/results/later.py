"""From what happened by group, and the differences, to document and tables."""

from dataclasses import asdict

import pandas as pd

from clustering.comparison.observed.differences import Differences
from clustering.comparison.observed.expansion import Expansion
from clustering.comparison.observed.group_outcomes import GroupOutcomes
from clustering.results.later_document import (
    AfterwardsEntry,
    DifferencesEntry,
    ExpansionEntry,
    InsideTiersEntry,
)
from clustering.schema import to_jsonable

_LEVEL = 0.05
_DIFFERENCE_COLUMNS = {
    "method": "str", "first": "str", "second": "str", "feature": "str",
    "difference": "float64", "p": "float64", "p_holm": "float64", "p_naive": "float64",
}  # fmt: skip


def afterwards_entry(found: GroupOutcomes) -> AfterwardsEntry:
    """The part of the document on what happened by group."""
    return AfterwardsEntry(
        inside_tiers=[
            InsideTiersEntry.model_validate(to_jsonable(asdict(inside))) for inside in found.inside
        ],
        expansion=None if found.expansion is None else _expansion(found.expansion),
        notes=list(found.notes),
    )


def _expansion(found: Expansion) -> ExpansionEntry:
    gain = found.happened.gain
    reason = found.reason or found.happened.reasons.get("gain", "")
    return ExpansionEntry(
        n=found.happened.n_rows,
        n_expanded=found.n_expanded,
        gain=None if gain is None else to_jsonable(asdict(gain)),
        omega_squared=found.omega_squared,
        p=found.p,
        out_of_sample=None
        if found.out_of_sample is None
        else to_jsonable(asdict(found.out_of_sample)),
        reason=reason,
    )


def differences_entry(found: Differences) -> DifferencesEntry:
    """The part of the document on the differences between segments."""
    return DifferencesEntry(
        n_tests=len(found.tests),
        n_found=sum(test.p_holm <= _LEVEL for test in found.tests),
        n_naive=sum(test.p_naive <= _LEVEL for test in found.tests),
        n_accounts=found.n_accounts,
        agreement=found.agreement,
        conditions=found.conditions,
        independence_p=found.independence_p,
        notes=list(found.notes),
    )


def later_frames(happened: GroupOutcomes, differences: Differences) -> dict[str, pd.DataFrame]:
    """The tables of both."""
    rows = [asdict(test) for test in differences.tests]
    frame = pd.DataFrame(rows, columns=list(_DIFFERENCE_COLUMNS)).astype(_DIFFERENCE_COLUMNS)
    return {
        "rates": happened.rates,
        "retention": happened.retention,
        "renewals": happened.renewals,
        "differences": frame,
    }
