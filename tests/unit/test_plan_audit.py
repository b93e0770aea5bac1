"""The delivery audit, with its arithmetic."""

import numpy as np
import pandas as pd
import pytest

from clustering.config.plan import AuditConfig
from clustering.plan.care.audit import Audit, audit_delivery

#: Forty accounts of the same label that need 20 hours and get 20 give or take two.
OTHERS = [18.0, 19.0, 20.0, 21.0, 22.0] * 8


def accounts(**columns: object) -> pd.DataFrame:
    """The accounts under test, and the others of their label behind them."""
    given: dict[str, object] = {
        "label": "a",
        "playbook": "standard",
        "needed_hours": 20.0,
        "size": 1.0,
        "has_need": True,
        "event_hours": 0.0,
        "delivered_hours": 20.0,
        "exposure_days": 365.0,
        "arr": 50_000.0,
    }
    n = max([len(v) for v in columns.values() if isinstance(v, list)], default=1)
    mine = pd.DataFrame(given | columns, index=[f"x{i}" for i in range(n)])
    others = pd.DataFrame(given | {"delivered_hours": OTHERS}).rename("other{}".format)
    return pd.concat([mine, others])


def audited(frame: pd.DataFrame, hour_cost: float = 100.0, **config: float) -> Audit:
    return audit_delivery(
        frame,
        config=AuditConfig(**config),  # type: ignore[arg-type]
        hour_cost=hour_cost,
        affordable_share=0.15,
    )


def delivery(audit: Audit) -> list[str]:
    frame = audit.frame.set_index("account_id")["delivery"]
    return frame[frame.index.str.startswith("x")].tolist()


def rule(audit: Audit, account: str) -> str:
    return str(audit.frame.set_index("account_id").loc[account, "delivery_rule"])


def test_limits_are_where_they_say() -> None:
    # Usual are 20: 1.5 x 20 = 30 and 50 % of 20 = 10, and neither is on a list.
    found = audited(accounts(delivered_hours=[30.0, 30.1, 10.0, 9.9]))
    assert delivery(found) == ["as_needed", "over", "as_needed", "under"]
    assert rule(found, "x1") == (
        "30 h a year delivered; 20 needed, and its label usually gets 20 at its size"
    )


def test_only_what_lies_outside_the_spread_of_the_label_is_on_a_list() -> None:
    """Twice the usual is much where all get the same, and nothing where hours scatter."""
    frame = accounts(delivered_hours=[40.0, 8.0])
    assert delivery(audited(frame)) == ["over", "under"]
    wild = np.exp(np.random.default_rng(1).normal(np.log(20.0), 0.6, len(OTHERS)))
    frame.loc[frame.index.str.startswith("other"), "delivered_hours"] = wild
    assert delivery(audited(frame)) == ["as_needed", "as_needed"]


def test_a_whole_label_off_its_playbook_makes_no_account_over_delivered() -> None:
    """The level of a label is a matter of the plan: a single account is held to its label."""
    frame = accounts(delivered_hours=[180.0, 60.0])
    frame.loc[frame.index.str.startswith("other"), "delivered_hours"] *= 3.0
    found = audited(frame)
    assert delivery(found) == ["over", "as_needed"]
    assert found.totals[0].n_accounts == 1
    assert found.totals[0].hours == pytest.approx(120.0)  # 180 less the usual 60


def test_an_account_that_gets_what_it_needs_is_on_no_list_whatever_the_others_get() -> None:
    """Its label gets three times the playbook; 25 of 20 needed hours are not too few."""
    frame = accounts(delivered_hours=[25.0, 9.0])
    frame.loc[frame.index.str.startswith("other"), "delivered_hours"] *= 3.0
    found = audited(frame)
    assert delivery(found) == ["as_needed", "under"]
    assert found.totals[1].hours == pytest.approx(11.0)  # to the 20 needed, not to the usual 60


def test_what_a_label_gives_its_large_accounts_is_usual_in_it() -> None:
    """Hours grow with the square of the size: the largest are no list of over-delivered ones."""
    rng = np.random.default_rng(2)
    size = np.exp(rng.normal(0, 0.7, len(OTHERS)))
    frame = accounts(delivered_hours=[20.0])
    others = frame.index.str.startswith("other")
    frame.loc[others, "size"] = size
    frame.loc[others, "delivered_hours"] = 20.0 * size**2 * np.exp(rng.normal(0, 0.05, len(size)))
    assert set(audited(frame).frame["delivery"]) == {"as_needed"}


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
    assert delivery(found) == ["as_needed", "bad_fit", "bad_fit", "as_needed"]
    total = found.totals[-1]
    assert total.name == "bad_fit"
    # 2,000 - 0.15 x 13,333 and 2,000 - 0: 0.05 + 2,000, at 100 an hour.
    assert total.money == pytest.approx(2000.05)
    assert total.hours == pytest.approx(20.0005)
    assert rule(found, "x1") == "needed care costs 2,000, more than 15 % of 13,333"


def test_an_account_has_one_status_and_what_was_measured_goes_first() -> None:
    """All three pay so little that their care is not affordable; two are on a list of hours."""
    found = audited(accounts(delivered_hours=[60.0, 4.0, 20.0], arr=[9_000.0] * 3))
    assert delivery(found) == ["over", "under", "bad_fit"]
    assert [total.n_accounts for total in found.totals] == [1, 1, 1]
    assert rule(found, "x1").endswith("; needed care costs 2,000, more than 15 % of 9,000")


def test_an_hour_that_costs_nothing_makes_no_bad_fit() -> None:
    found = audited(accounts(arr=[10.0, 0.0]), hour_cost=0.0)
    assert delivery(found) == ["as_needed", "as_needed"]
    assert found.totals[-1].hours == 0.0


def test_an_account_of_which_it_cannot_be_told_says_why() -> None:
    frame = accounts(
        exposure_days=[60.0, 365.0, 365.0, 365.0],
        needed_hours=[20.0, np.nan, 20.0, 90.0],
        delivered_hours=[0.0, 99.0, np.nan, 90.0],
        has_need=[True, True, True, False],
    )
    found = audited(frame)
    assert delivery(found) == ["unknown"] * 4
    assert found.n_not_judged == 4
    assert [rule(found, f"x{i}") for i in range(4)] == [
        "seen for 60 days, fewer than 90",
        "nothing says how many hours it needs",
        "its hours of the window are not known",
        "it keeps its present care, since what it needs is not known",
    ]


def test_few_accounts_of_a_label_do_not_tell_what_is_usual() -> None:
    found = audited(accounts(label=["b"] * 3, delivered_hours=[90.0, 20.0, 1.0]))
    assert delivery(found) == ["unknown"] * 3
    assert rule(found, "x0").startswith("fewer than 20 accounts of its label")


def test_without_engagements_it_names_the_table() -> None:
    found = audit_delivery(
        accounts().assign(delivered_hours=np.nan),
        config=AuditConfig(),
        hour_cost=100.0,
        affordable_share=0.15,
        no_delivery="no `engagements` table",
    )
    assert [total.name for total in found.totals] == ["bad_fit"]
    assert set(found.not_computed) == {"over_delivered", "under_delivered"}
    assert found.not_computed["over_delivered"].startswith("no `engagements` table; with it,")


def test_without_arr_there_is_no_bad_fit_list() -> None:
    found = audited(accounts().assign(arr=np.nan))
    assert "subscriptions" in found.not_computed["bad_fit"]
    assert [total.name for total in found.totals] == ["over_delivered", "under_delivered"]


def test_all_accounts_identical() -> None:
    found = audited(accounts().assign(delivered_hours=20.0))
    assert [total.n_accounts for total in found.totals] == [0, 0, 0]
    assert all(total.money == 0 for total in found.totals)
    assert set(found.frame["delivery"]) == {"as_needed"}


def test_no_account_at_all() -> None:
    found = audited(accounts().iloc[:0])
    assert found.frame.empty
    assert [total.n_accounts for total in found.totals] == [
        0,
        0,
    ]  # without an amount there is no bad fit
