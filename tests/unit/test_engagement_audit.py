"""The delivery audit, with its arithmetic."""

import numpy as np
import pandas as pd
import pytest

from clustering.engagement.audit import Audit, audit_delivery
from clustering.engagement_config import AuditConfig


def accounts(**columns: object) -> pd.DataFrame:
    given: dict[str, object] = {
        "label": "a",
        "playbook": "standard",
        "needed_hours": 20.0,
        "event_hours": 0.0,
        "delivered_hours": 20.0,
        "exposure_days": 365.0,
        "arr": 50_000.0,
    }
    n = max(len(v) for v in columns.values() if isinstance(v, list)) if columns else 1
    return pd.DataFrame(given | columns, index=[f"x{i}" for i in range(n)])


def audited(frame: pd.DataFrame, hour_cost: float = 100.0, **config: float) -> Audit:
    return audit_delivery(
        frame,
        config=AuditConfig(**config),  # type: ignore[arg-type]
        hour_cost=hour_cost,
        affordable_share=0.15,
    )


def delivery(audit: Audit) -> list[str]:
    return audit.frame["delivery"].tolist()


def test_limits_are_where_they_say() -> None:
    # 1.5 x 20 = 30 and 50 % of 20 = 10: neither is on a list.
    found = audited(accounts(delivered_hours=[30.0, 30.1, 10.0, 9.9]))
    assert delivery(found) == ["as_needed", "over", "as_needed", "under"]


def test_a_running_event_playbook_excuses_its_hours_and_asks_for_none() -> None:
    # 1.5 x 20 + 12 = 42 hours may be delivered; below 50 % of 20 it is under-delivered still.
    frame = accounts(delivered_hours=[40.0, 43.0, 15.0], event_hours=[12.0, 12.0, 12.0])
    found = audited(frame)
    assert delivery(found) == ["as_needed", "over", "as_needed"]
    # 43 - 20 - 12 = 11 hours too many.
    assert found.totals[0].hours == pytest.approx(11.0)


def test_few_hours_are_not_worth_a_list() -> None:
    frame = accounts(needed_hours=[2.4, 2.4], delivered_hours=[6.0, 6.5])
    assert delivery(audited(frame)) == ["as_needed", "over"]


def test_bad_fit_is_more_than_15_percent_of_arr() -> None:
    """Pickens: 20 h at 100 are 2,000, which is 15 % of 13,333; below that it is a bad fit."""
    found = audited(accounts(arr=[13_334.0, 13_333.0, 0.0, np.nan]))
    assert found.frame["bad_fit"].tolist() == [False, True, True, False]
    total = found.totals[-1]
    assert total.name == "bad_fit"
    # 2,000 - 0.15 x 13,333 and 2,000 - 0: 0.05 + 2,000, at 100 an hour.
    assert total.money == pytest.approx(2000.05)
    assert total.hours == pytest.approx(20.0005)
    assert found.frame["fit_rule"][1] == "needed care costs 2,000, more than 15 % of 13,333"


def test_an_hour_that_costs_nothing_makes_no_bad_fit() -> None:
    found = audited(accounts(arr=[10.0, 0.0]), hour_cost=0.0)
    assert not found.frame["bad_fit"].any()
    assert found.totals[-1].hours == 0.0


def test_an_account_seen_too_shortly_or_without_a_label_is_not_judged() -> None:
    frame = accounts(
        exposure_days=[60.0, 365.0, 365.0],
        needed_hours=[20.0, np.nan, 20.0],
        delivered_hours=[0.0, 99.0, np.nan],
    )
    found = audited(frame)
    assert delivery(found) == ["unknown"] * 3
    assert found.n_not_judged == 3
    assert found.frame["delivery_rule"].tolist() == [
        "seen for 60 days, fewer than 90",
        "it has no label, so no playbook",
        "the hours delivered are not known",
    ]


def test_without_engagements_it_names_the_table() -> None:
    found = audit_delivery(
        accounts(delivered_hours=[np.nan]),
        config=AuditConfig(),
        hour_cost=100.0,
        affordable_share=0.15,
        no_delivery="no `engagements` table",
    )
    assert [total.name for total in found.totals] == ["bad_fit"]
    assert set(found.not_computed) == {"over_delivered", "under_delivered"}
    assert found.not_computed["over_delivered"].startswith("no `engagements` table; with it,")


def test_without_arr_there_is_no_bad_fit_list() -> None:
    found = audited(accounts(arr=[np.nan]))
    assert "subscriptions" in found.not_computed["bad_fit"]
    assert [total.name for total in found.totals] == ["over_delivered", "under_delivered"]


def test_all_accounts_identical() -> None:
    found = audited(accounts(delivered_hours=[20.0] * 5))
    assert [total.n_accounts for total in found.totals] == [0, 0, 0]
    assert all(total.money == 0 for total in found.totals)
