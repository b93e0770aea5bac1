"""The whole plan on a small simulated book, and the settings that are refused."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from clustering.config import FeaturesConfig, SchemesConfig, load_config
from clustering.config.plan import EngagementConfig, TouchLevelsConfig
from clustering.errors import ConfigError
from clustering.features import Horizon, Snapshot, build_snapshot
from clustering.features.horizon import build_horizon
from clustering.plan.care.delivered_care import delivered_care
from clustering.plan.inputs import PlanInputs, Planned
from clustering.plan.make import Plan, check_settings, make_plan
from clustering.results.tables import TABLES, _breaches
from clustering.schemes import Axes, Labelling, assign_all, compute_axes
from clustering.simulation import simulate
from feature_books import Frames

AS_OF = date(2025, 6, 30)
SPECS = {spec.name: spec for spec in TABLES}


def without(tables: Frames, *names: str) -> Frames:
    return Frames({k: v for k, v in tables.frames.items() if k not in names}, names)


@dataclass(frozen=True, eq=False)
class Given:
    tables: Frames
    snapshot: Snapshot
    horizon: Horizon
    axes: Axes
    labellings: tuple[Labelling, ...]


def given_by(tables: Frames) -> Given:
    snapshot = build_snapshot(tables, AS_OF, FeaturesConfig())
    schemes = SchemesConfig()
    labellings, _ = assign_all(snapshot, schemes)
    axes = compute_axes(snapshot, schemes.axes)
    return Given(tables, snapshot, build_horizon(tables, AS_OF, 365), axes, labellings)


@pytest.fixture(scope="module")
def tables() -> Frames:
    book = simulate("needs", 120, seed=5)
    return Frames({name: nw.from_native(table).lazy() for name, table in book.tables.items()})


@pytest.fixture(scope="module")
def given(tables: Frames) -> Given:
    return given_by(tables)


def plan_of(given: Given, recommended: str = "arr_tiers", **settings: object) -> Plan:
    needs = given.snapshot.attributes["needs_segment"].astype("str")
    segments = Planned("segment", "the segments", needs, tuple(sorted(set(needs.dropna()))))
    config = EngagementConfig.model_validate(settings)
    inputs = PlanInputs(100.0, **vars(given), segments=segments, recommended=recommended)
    return make_plan(config, inputs)


def test_every_account_is_audited_allocated_and_in_a_book(given: Given) -> None:
    plan = plan_of(given)
    assert plan.staffing is not None
    ids = given.snapshot.frame.index
    assert plan.audit.frame["account_id"].tolist() == list(ids)
    assert plan.staffing.accounts["level"].notna().all()
    assert plan.staffing.accounts["book"].notna().all()
    found = plan.staffing.found
    assert found.hours_used + found.event_hours <= found.hours + 1e-6
    assert found.csms == given.snapshot.attributes["csm"].nunique()
    assert plan.coverage["n_accounts"].sum() == len(ids)
    assert plan.entry.not_computed == {}


def test_its_tables_and_entry_are_what_the_study_folder_promises(given: Given) -> None:
    plan = plan_of(given)
    frames, entry = plan.tables, plan.entry
    assert len(frames) == 7
    for name, frame in frames.items():
        assert not list(_breaches(SPECS[name], frame))
    costs = frames["plan_costs"].set_index("labelling")
    assert entry.cost == pytest.approx(costs.loc["arr_tiers", "cost"])
    assert entry.hours == pytest.approx(frames["coverage"][["hours", "event_hours"]].sum().sum())
    assert entry.staffing is not None
    books = frames["books"]
    assert sum(entry.staffing.levels.values()) == len(books)
    left = entry.staffing.revenue_at_risk_left + entry.staffing.expansion_left
    assert left == pytest.approx(entry.staffing.value - entry.staffing.covered)
    assert "name" not in books.columns


def test_without_engagements_it_names_the_table(tables: Frames) -> None:
    plan = plan_of(given_by(without(tables, "engagements")))
    assert plan.entry.not_computed["audit.over_delivered"].startswith("no `engagements` table")
    assert plan.entry.not_computed["audit.under_delivered"].startswith("no `engagements` table")
    assert [total.name for total in plan.audit.totals] == ["bad_fit"]
    assert set(plan.audit.frame["delivery"]) == {"unknown"}


def test_without_a_head_count_it_says_what_would_give_one(given: Given) -> None:
    nobody = replace(given.snapshot, attributes=given.snapshot.attributes.drop(columns="csm"))
    plan = plan_of(replace(given, snapshot=nobody))
    assert plan.staffing is None
    assert plan.entry.not_computed["allocation"] == (
        "no head count: set engagement.capacity.csms, or give the column `accounts.csm`"
    )


def test_no_csm_leaves_everything_digital(given: Given) -> None:
    plan = plan_of(given, capacity={"csms": 0})
    assert plan.staffing is not None
    assert set(plan.staffing.accounts["level"]) == {"digital"}
    assert plan.staffing.accounts["book"].isna().all()
    assert plan.staffing.found.books.worst_after is None


def test_one_csm_has_every_account(given: Given) -> None:
    plan = plan_of(given, capacity={"csms": 1})
    assert plan.staffing is not None
    assert set(plan.staffing.accounts["book"]) == {"book_01"}


def test_an_infeasible_head_count_names_the_limit(
    given: Given, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("own") / "own.toml"
    own.write_text(
        '[playbooks.low_touch]\ntitle = "L"\ngoal = "g"\nleast_touch = "low"\n'
        "touches_a_year = { qbr = 1 }"
    )
    plan = plan_of(given, capacity={"csms": 0}, playbooks=own)
    assert plan.staffing is not None
    found = plan.staffing.found
    assert found.status == "infeasible"
    assert "the head count has 0: hire for" in found.reason
    books = plan.tables["books"]
    assert books["level"].isna().all()
    assert not list(_breaches(SPECS["books"], books))
    assert found.left == pytest.approx(found.coverable)


def test_the_plan_knows_nothing_of_later_rows(tables: Frames, given: Given) -> None:
    """Engagements after the as-of date change no hour delivered."""
    engagements = tables.frames["engagements"].collect("pandas").to_native()
    later = engagements.assign(held_on=pd.Timestamp("2025-07-01"), hours=99.0)
    more = nw.from_native(pd.concat([engagements, later], ignore_index=True)).lazy()
    with_later = replace(tables, frames={**tables.frames, "engagements": more})
    started = given.snapshot.attributes["started_on"]
    before = delivered_care(tables, started, AS_OF, 365).frame
    pd.testing.assert_frame_equal(before, delivered_care(with_later, started, AS_OF, 365).frame)


def test_hours_of_a_young_account_and_of_a_young_table_are_brought_to_a_year() -> None:
    tables = Frames(
        {
            "engagements": nw.from_native(
                pd.DataFrame(
                    {
                        "account_id": ["old", "young"],
                        "held_on": pd.to_datetime(["2025-04-02", "2025-06-01"]),
                        "kind": "check_in",
                        "hours": [9.0, 4.0],
                    }
                )
            ).lazy()
        }
    )
    started = pd.Series(
        pd.to_datetime(["2020-01-01", "2025-05-31"]), index=pd.Index(["old", "young"])
    )
    found = delivered_care(tables, started, AS_OF, 365)
    # The table begins 90 days before the as-of date, the young account 30 days before it.
    assert found.frame["exposure_days"].tolist() == [90.0, 30.0]
    assert found.frame["delivered_hours"].tolist() == pytest.approx([9 * 365 / 90, 4 * 365 / 30])
    assert found.notes == (
        "'engagements' begins on 2025-04-02: hours delivered are of 90 days, brought to a year.",
    )
    assert found.frame["sales_cycle_days"].isna().all()


def test_a_labelling_that_these_accounts_do_not_have_is_refused(given: Given) -> None:
    with pytest.raises(ConfigError, match=r"no labelling 'arr_tier'\. Did you mean 'arr_tiers'\?"):
        plan_of(given, plan_on="arr_tier")


def test_settings_are_refused_before_anything_is_computed() -> None:
    check_settings(EngagementConfig(), SchemesConfig())
    with pytest.raises(ConfigError, match=r"no labelling 'segmnt'\. Did you mean 'segment'\?"):
        check_settings(EngagementConfig(plan_on="segmnt"), SchemesConfig())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"hours": (0.2, 0.5, 0.1, 0.0)},
            r"hours of high, medium, low and digital .* must not rise",
        ),
        ({"covers": (0.2, 0.5, 0.1, 0.0)}, r"covers of high, medium, low and digital"),
        ({"hours": (1.0, 0.5, 0.1, -0.1)}, r"greater than or equal to 0"),
    ],
)
def test_levels_out_of_order_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TouchLevelsConfig.model_validate(settings)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("capacity.csms", -1),
        ("capacity.csm_hours", 0.0),
        ("capacity.csm_cost", -1.0),
        ("affordable_share", 0.0),
        ("audit.over_from", 0.5),
    ],
)
def test_numbers_that_cannot_be_are_refused(key: str, value: float) -> None:
    *parents, last = key.split(".")
    settings: dict[str, object] = {last: value}
    for parent in reversed(parents):
        settings = {parent: settings}
    with pytest.raises(ValidationError, match=last):
        EngagementConfig.model_validate(settings)


def test_a_cost_of_zero_makes_everything_affordable(given: Given) -> None:
    plan = plan_of(given, capacity={"csm_cost": 0.0})
    assert not plan.coverage["over_limit"].any()
    assert plan.audit.totals[-1].n_accounts == 0
    assert np.isfinite(plan.schemes["cost_share"].dropna()).all()


def test_one_more_csm_never_covers_more_than_is_said(given: Given) -> None:
    few, more = plan_of(given, capacity={"csms": 1}), plan_of(given, capacity={"csms": 2})
    assert few.staffing is not None
    assert more.staffing is not None
    gained = more.staffing.found.covered - few.staffing.found.covered
    one_more = few.staffing.found.one_more_csm
    assert 0 < gained <= one_more * (1 + 1e-9)
    # The curve is a bound that the optimum all but reaches.
    assert one_more <= gained * 1.05


def test_the_playbooks_are_found_beside_the_configuration(tmp_path: Path) -> None:
    text = 'name = "x"\nas_of = 2025-06-30\n[source]\nfolder = "book"\n[engagement]\n'
    places = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "study.toml"
        file.write_text(f'{text}playbooks = "own.toml"\n')
        places.append(load_config(file))
    first, second = places
    assert first.engagement.playbooks == tmp_path / "one" / "own.toml"
    # The place of a file is no setting; its content is fingerprinted in the plan.
    assert first.hash == second.hash
    with pytest.raises(ConfigError, match=r"the playbooks '.*own\.toml' cannot be read"):
        check_settings(first.engagement, first.schemes)


def test_the_plan_is_for_what_is_recommended_unless_a_labelling_is_named(given: Given) -> None:
    assert plan_of(given, "needs_segment").on.name == "needs_segment"
    assert plan_of(given, "needs_segment", plan_on="arr_tiers").on.name == "arr_tiers"


def test_accounts_near_the_line_of_a_quadrant_keep_their_present_care(given: Given) -> None:
    plan = plan_of(given, "growth_risk")
    audit = plan.audit.frame.set_index("account_id")
    near = plan.on.near_line
    assert near is not None
    assert 0 < near.sum() < len(near)
    assert set(audit.loc[near, "playbook"]) == {"present_care"}
    pd.testing.assert_series_equal(
        audit.loc[near, "needed_hours"], audit.loc[near, "delivered_hours"], check_names=False
    )
    assert not set(audit.loc[near, "delivery"]) & {"over", "under", "bad_fit"}
    assert "present_care" not in set(audit.loc[~near, "playbook"])
    assert plan.coverage["n_present"].sum() == near.sum()
    assert plan.coverage["hours"].sum() == pytest.approx(audit["needed_hours"].sum())
    used = {book.name: book.n_accounts for book in plan.entry.playbooks if book.kind == "segment"}
    assert used["present_care"] == near.sum()
    assert sum(used.values()) == len(audit)


def test_without_hours_delivered_accounts_near_the_line_get_standard_care(tables: Frames) -> None:
    plan = plan_of(given_by(without(tables, "engagements")), "growth_risk")
    audit = plan.audit.frame.set_index("account_id")
    near = plan.on.near_line
    assert near is not None
    assert set(audit.loc[near, "playbook"]) == {"standard"}
    assert audit["needed_hours"].notna().all()
    assert plan.entry.delivered_hours is None
    assert plan.entry.effort.origin == "assumed"


def test_needed_hours_are_those_of_the_playbook_at_the_size_of_the_account(given: Given) -> None:
    plan = plan_of(given, "arr_tiers", size_elasticity=0.5)
    audit = plan.audit.frame.set_index("account_id")
    seats = given.snapshot.frame["contracted_seats"]
    smb = audit.index[audit["label"] == "smb"]
    expected = plan.playbooks.hours("low_touch") * (seats[smb] / seats[smb].median()) ** 0.5
    assert audit.loc[smb, "needed_hours"].to_numpy() == pytest.approx(expected.to_numpy())
    assert plan.entry.effort.origin == "configured"
