"""Sensitivity: how settings move, what counts as a flip, and the answers behind it."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.plan.scheme_answers import scheme_sensitivity
from clustering.plan.sensitivity import STEP, Answer, Setting, settings_of, vary
from clustering.schemes import SCHEMES, SchemeAbsentError, compute_axes
from clustering.schemes.scheme import Inputs
from scheme_snapshots import random_snapshot


class Settings(BaseModel):
    amount: float = 100.0
    share: float = 0.9
    whole: int = 7
    few: int = 2
    quantile: float = 0.9
    nothing: float = 0.0
    is_on: bool = True


def every(name: str) -> str:
    return "threshold"


def one(name: str) -> Setting:
    return next(s for s in settings_of(Settings(), "", every) if s.name == name)  # type: ignore[arg-type]


def moved(name: str) -> tuple[float, float]:
    """The two values that a setting takes."""
    seen: list[float] = []

    def measure(found: Settings) -> dict[tuple[str, str], Answer]:
        seen.append(getattr(found, name))
        return {("value", "all"): Answer(float(getattr(found, name)))}

    row = vary(Settings(), (one(name),), measure).iloc[0]
    assert seen[1:] == [row["low_setting"], row["high_setting"]]
    return row["low_setting"], row["high_setting"]


class TestSteps:
    def test_a_number_moves_by_a_fifth(self) -> None:
        assert moved("amount") == (80.0, 120.0)

    def test_a_whole_number_is_rounded_outwards(self) -> None:
        assert moved("whole") == (5, 9)  # 5.6 and 8.4

    def test_of_an_upper_quantile_the_rest_moves(self) -> None:
        # 10 % of the accounts lie above: 8 % and 12 %
        assert moved("quantile") == pytest.approx((0.88, 0.92))

    def test_what_cannot_move_by_a_fifth_is_left_out(self) -> None:
        names = [s.name for s in settings_of(Settings(), "", every)]  # type: ignore[arg-type]
        assert names == ["amount", "share", "whole", "quantile"]

    def test_a_share_stops_at_one_and_what_is_refused_is_missing(self) -> None:
        config = SchemesConfig.model_validate(
            {"expansion_touch": {"medium_from": 90.0, "high_from": 100.0}}
        )
        found = {s.name: s for s in settings_of(config, "", every)}  # type: ignore[arg-type]
        rows = vary(
            config,
            (found["lifecycle_touch.adopted_from"], found["expansion_touch.medium_from"]),
            lambda c: {("x", "all"): Answer(c.expansion_touch.medium_from)},
        )
        assert rows["high_setting"].tolist()[0] == pytest.approx(0.96)
        assert np.isnan(rows["high_setting"].tolist()[1])  # 108 would not be below 100
        assert np.isnan(rows["high"].tolist()[1])
        assert not rows["flips"].any()

    def test_a_share_above_one_becomes_one(self) -> None:
        config = SchemesConfig.model_validate({"lifecycle_touch": {"adopted_from": 0.95}})
        found = {s.name: s for s in settings_of(config, "", every)}  # type: ignore[arg-type]
        rows = vary(config, (found["lifecycle_touch.adopted_from"],),
                    lambda c: {("x", "all"): Answer(c.lifecycle_touch.adopted_from)})  # fmt: skip
        assert rows["high"].tolist() == [1.0]

    def test_a_quantile_beside_the_value_that_serves_is_left_out(self) -> None:
        names = [s.name for s in settings_of(SchemesConfig(), "", every)]  # type: ignore[arg-type]
        assert "health_profitability.profitability.value" in names
        assert "health_profitability.profitability.quantile" not in names


class TestFlips:
    def rows(self, limit: float) -> pd.DataFrame:
        def measure(found: Settings) -> dict[tuple[str, str], Answer]:
            words = "over" if found.amount > limit else "within"
            return {("cost", "all"): Answer(found.amount, words),
                    ("cost", "one"): Answer(2 * found.share)}  # fmt: skip

        return vary(Settings(), (one("amount"), one("share")), measure)

    def test_an_answer_flips_where_its_words_change(self) -> None:
        found = self.rows(limit=110.0)
        flips = found.loc[found["flips"], ["setting", "base_answer", "high_answer"]]
        assert flips.values.tolist() == [["amount", "within", "over"]]

    def test_a_limit_out_of_reach_flips_nothing(self) -> None:
        assert not self.rows(limit=121.0)["flips"].any()

    def test_an_answer_that_does_not_move_has_a_row_only_where_it_is_of_all(self) -> None:
        found = self.rows(limit=110.0)
        assert found[["setting", "subject"]].values.tolist() == [
            ["amount", "all"], ["share", "all"], ["share", "one"],
        ]  # fmt: skip

    @settings(max_examples=25, deadline=None)
    @given(st.floats(1.0, 1e6), st.floats(-3.0, 3.0))
    def test_a_linear_answer_moves_by_a_fifth_of_its_part(
        self, amount: float, slope: float
    ) -> None:
        config = Settings(amount=amount)
        setting = next(s for s in settings_of(config, "", every) if s.name == "amount")  # type: ignore[arg-type]
        row = vary(config, (setting,), lambda c: {("x", "all"): Answer(slope * c.amount)}).iloc[0]
        assert row["high"] - row["base"] == pytest.approx(STEP * slope * amount)
        assert row["base"] - row["low"] == pytest.approx(STEP * slope * amount)


def book(n: int = 200) -> tuple[Snapshot, "pd.Series[int]"]:
    snapshot = random_snapshot(5, n=n, missing=0.1)
    rng = np.random.default_rng(1)
    return snapshot, pd.Series(rng.integers(3, size=n), index=snapshot.frame.index)


class TestSchemes:
    def test_the_cost_share_with_its_arithmetic(self) -> None:
        # 100 hours at 100 and 20 tickets at 50 are 11 000 of 80 000: 13.75 %; with the hour at
        # 120: 13 000, 16.25 %; with the ticket at 60: 11 200, 14 %
        index = pd.Index([f"a{i}" for i in range(20)], name="account_id")
        attributes = pd.DataFrame(
            {"arr": 80_000.0, "engagement_hours_per_year": 100.0, "tickets_per_year": 20.0},
            index=index,
        )
        snapshot = Snapshot(date(2025, 1, 1), pd.DataFrame(index=index), (), attributes)
        segments = pd.Series([0, 1] * 10, index=index)
        found = scheme_sensitivity(snapshot, segments, SchemesConfig(), 0.15, seed=0)
        rows = found[found["answer"] == "cost_share"].set_index("setting")
        hour, ticket = rows.loc["schemes.axes.cost.hour"], rows.loc["schemes.axes.cost.ticket"]
        assert hour[["low", "base", "high"]].tolist() == pytest.approx([0.1125, 0.1375, 0.1625])
        assert (hour["base_answer"], hour["high_answer"]) == ("within the limit", "over the limit")
        assert bool(hour["flips"])
        assert ticket["high"] == pytest.approx(0.14)
        assert not ticket["flips"]
        books = found[found["answer"] == "csms"].set_index("setting")
        # 1.6 MM of ARR: one CSM at 2 MM and at 1.6 MM
        row = books.loc["schemes.csm_book.arr_per_csm"]
        assert row[["low", "base", "high"]].tolist() == [1.0, 1.0, 1.0]

    def test_what_is_remembered_is_what_a_new_run_gives(self) -> None:
        """Every row again, with labels made from scratch under the moved configuration."""
        snapshot, segments = book()
        config = SchemesConfig()
        found = scheme_sensitivity(snapshot, segments, config, 0.15, seed=0)
        today = labels_of(snapshot, config)
        rows = found[(found["answer"] == "labels") & (found["subject"] != "all")]
        assert rows["subject"].nunique() >= 6
        for row in rows.sample(12, random_state=0).to_dict("records"):
            for side in ("low", "high"):
                if np.isnan(row[f"{side}_setting"]):
                    continue
                there = labels_of(
                    snapshot, with_setting(config, row["setting"], row[f"{side}_setting"])
                )
                if row["subject"] in there:
                    share = (there[row["subject"]] != today[row["subject"]]).mean()
                    assert row[side] == pytest.approx(share), row
                else:
                    assert np.isnan(row[side])

    def test_the_order_of_accounts_changes_nothing(self) -> None:
        snapshot, segments = book(80)
        order = np.random.default_rng(0).permutation(80)
        shuffled = Snapshot(
            snapshot.as_of, snapshot.frame.iloc[order], (), snapshot.attributes.iloc[order]
        )
        first, second = (
            scheme_sensitivity(s, segments, SchemesConfig(), 0.15, seed=0)
            for s in (snapshot, shuffled)
        )
        pd.testing.assert_frame_equal(first, second)

    def test_a_large_book_is_sampled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("clustering.plan.scheme_answers.MOST_ACCOUNTS", 50)
        snapshot, segments = book(120)
        found = scheme_sensitivity(snapshot, segments, SchemesConfig(), 0.15, seed=3)
        shares = found.loc[found["answer"] == "labels", ["low", "high"]].to_numpy()
        shares = shares[~np.isnan(shares)]
        assert np.allclose(shares * 50, np.round(shares * 50))


def labels_of(snapshot: Snapshot, config: SchemesConfig) -> dict[str, "pd.Series[str]"]:
    given = Inputs(snapshot, compute_axes(snapshot, config.axes), config)
    found = {}
    for scheme in SCHEMES:
        try:
            found[scheme.name] = scheme.assign(given).labels.fillna("none")
        except SchemeAbsentError:
            continue
    return found


def with_setting(config: SchemesConfig, name: str, value: float) -> SchemesConfig:
    content = config.model_dump()
    place = content
    *parents, last = name.removeprefix("schemes.").split(".")
    for key in parents:
        if isinstance(place[key], tuple):
            place[key] = list(place[key])
        place = place[key]
    place[int(last) if last.isdigit() else last] = value
    return SchemesConfig.model_validate(content)


@pytest.mark.parametrize("n_segments", [1, 2])
def test_identical_accounts_move_nothing_and_break_nothing(n_segments: int) -> None:
    index = pd.Index([f"a{i:02d}" for i in range(20)], name="account_id")
    frame = pd.DataFrame({"outcome_attainment": 1.0, "expansion_pipeline": 0.0}, index=index)
    attributes = pd.DataFrame({"arr": 100.0, "employees": 10.0}, index=index)
    snapshot = Snapshot(date(2025, 1, 1), frame, (), attributes)
    segments = pd.Series([i % n_segments for i in range(20)], index=index)
    found = scheme_sensitivity(snapshot, segments, SchemesConfig(), 0.15, seed=0)
    assert not found["flips"].any()
    labels = found[found["answer"] == "labels"]
    assert set(labels["subject"]) == {"all"}
    assert (labels[["low", "high"]].fillna(0.0) == 0.0).all(axis=None)
