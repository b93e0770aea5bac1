"""A trial of a playbook: its size against reference values, and laws of the lot."""

import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from typer.testing import CliRunner

from clustering import cli, results
from clustering.columns import SEGMENT
from clustering.comparison.observed.entries import RATES
from clustering.config.plan import TrialConfig
from clustering.errors import BadInputError, ConfigError, OutputError
from clustering.trial import ARMS, design_trial, draw_arms, known_design, trial_group
from clustering.trial.design import members
from clustering.trial.power import accounts_an_arm, least_difference, power_of
from study_folders import Recipe, build_study


def test_the_size_is_that_of_r() -> None:
    # R, documentation of power.prop.test: n = 76.7 for 0.50 against 0.75 with a power of 0.90, and
    # a power of 0.740 for n = 50.
    assert accounts_an_arm(0.50, 0.75, 0.90, 0.05) == 77
    assert round(power_of(50, 0.50, 0.75, 0.05), 3) == 0.740
    assert power_of(76.7, 0.50, 0.75, 0.05) == pytest.approx(0.9, abs=5e-4)


def test_the_size_is_that_of_fleiss_before_his_correction_for_continuity() -> None:
    # Fleiss, Levin and Paik 2003, section 4.2: 0.60 against 0.70 at the level of 0.01 with a power
    # of 0.95 needs 827 an arm, correction included.
    n = accounts_an_arm(0.60, 0.70, 0.95, 0.01)
    corrected = n / 4 * (1 + np.sqrt(1 + 4 / (n * 0.10))) ** 2
    assert corrected == pytest.approx(827, abs=1)
    assert accounts_an_arm(0.70, 0.60, 0.95, 0.01) == n
    assert power_of(n, 0.60, 0.70, 0.01) >= 0.95 > power_of(n - 1, 0.60, 0.70, 0.01)


def test_the_promised_power_is_reached_in_trials_that_are_drawn() -> None:
    n = accounts_an_arm(0.25, 0.15, 0.8, 0.05)
    rng = np.random.default_rng(0)
    lost = np.column_stack([rng.binomial(n, 0.25, 1000), rng.binomial(n, 0.15, 1000)])
    seen = [
        chi2_contingency([[a, n - a], [b, n - b]], correction=False).pvalue <= 0.05 for a, b in lost
    ]
    assert 0.76 < np.mean(seen) < 0.84


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_more_accounts_show_smaller_differences(rate) -> None:
    found = [least_difference(n, rate, 0.8, 0.05) for n in (20, 200, 2000, 20000)]
    known = [one for one in found if one is not None]
    assert known == sorted(known, reverse=True)
    for n, one in zip((20, 200, 2000, 20000), found, strict=True):
        assert one is None or power_of(n, rate, rate - one, 0.05) == pytest.approx(0.8)


def some_accounts(n: int, seed: int, share: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ids = [f"A{i:04d}" for i in range(n)]
    unit = ids if share == 1 else [f"of {place}" for place in rng.integers(0, n // share + 1, n)]
    strata = rng.choice(["smb", "midmarket", "enterprise"], n, p=[0.7, 0.2, 0.1])
    return pd.DataFrame({"account_id": ids, "stratum": strata, "unit": unit})


@pytest.mark.parametrize("n", [1, 2, 7, 100, 501])
@pytest.mark.parametrize("seed", range(5))
def test_arms_differ_by_one_account_at_most_in_every_stratum_and_in_all(n, seed) -> None:
    drawn = draw_arms(some_accounts(n, seed, 1), seed)
    assert set(drawn["arm"]) <= set(ARMS)
    counts = pd.crosstab(drawn["stratum"], drawn["arm"]).reindex(columns=list(ARMS), fill_value=0)
    assert (counts["treat"] - counts["wait"]).abs().max() <= 1
    assert abs(counts["treat"].sum() - counts["wait"].sum()) <= 1


def test_the_list_depends_on_accounts_and_seed_and_not_on_their_order() -> None:
    accounts = some_accounts(200, 3, 1)
    drawn = draw_arms(accounts, 7)
    assert drawn.equals(draw_arms(accounts.sample(frac=1, random_state=1), 7))
    assert not drawn.equals(draw_arms(accounts, 8))


def test_accounts_that_belong_together_have_one_arm() -> None:
    accounts = some_accounts(300, 2, 4)
    drawn = accounts.merge(draw_arms(accounts, 1), on="account_id")
    assert (drawn.groupby("unit")["arm"].nunique() == 1).all()
    units = drawn.groupby("unit")["arm"].first().value_counts()
    assert abs(units["treat"] - units["wait"]) <= 1


def test_every_account_is_as_often_in_either_arm() -> None:
    accounts = some_accounts(9, 0, 1)
    treated = [(draw_arms(accounts, seed)["arm"] == "treat").to_numpy() for seed in range(150)]
    # Five standard errors of a fair coin.
    assert (np.abs(np.mean(treated, axis=0) - 0.5) < 5 * 0.5 / np.sqrt(150)).all()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study that observed how often the accounts of its first two segments churned."""
    folder = build_study(tmp_path_factory.mktemp("trial") / "simulated", Recipe())
    study = results.read(folder)
    blank = dict.fromkeys((column.name for column in RATES.columns), np.nan)
    rows = [
        blank
        | {
            "labelling": SEGMENT, "level": segment.name, "outcome": "churned", "n": 90,
            "events": events, "raw": events / 90, "wilson_low": 0.1, "wilson_high": 0.4,
            "suppressed": False,
        }
        for segment, events in zip(study.document.segments, (20, 0), strict=False)
    ]  # fmt: skip
    RATES.from_rows(rows).to_parquet(folder / "rates.parquet")
    return folder


@pytest.fixture
def run(finished, tmp_path, monkeypatch):
    cli._register()
    monkeypatch.chdir(tmp_path)

    def call(*arguments, study=finished):
        result = CliRunner().invoke(cli.app, ["trial", str(study), *map(str, arguments)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def test_the_command_says_the_size_and_writes_every_account_of_the_segment(
    run, finished, tmp_path
) -> None:
    study = results.read(finished)
    segment = study.document.segments[0]
    said = run("--segment", segment.segment_id).stdout
    n = segment.n_accounts
    assert f"would be needed, you have {n}: it can show a difference of at least" in said
    written = pd.read_csv(tmp_path / f"trial-{segment.segment_id}.csv", dtype="str")
    assert list(written) == ["account_id", "arm", "stratum"]
    own = study.accounts[study.accounts["segment_name"] == segment.name]
    assert sorted(written["account_id"]) == sorted(own["account_id"])
    assert set(written["stratum"]) == set(own["arr_tiers"])
    again = tmp_path / "again.csv"
    run("--segment", segment.name, "--out", again)
    assert again.read_bytes() == (tmp_path / f"trial-{segment.segment_id}.csv").read_bytes()
    run("--segment", "0", "--out", again, "--seed", "99")
    assert again.read_bytes() != (tmp_path / f"trial-{segment.segment_id}.csv").read_bytes()


def test_accounts_of_one_manager_can_be_drawn_together(run, finished, tmp_path) -> None:
    study = results.read(finished)
    said = run("--segment", "0", "--together", "csm", "--out", "t.csv").stdout
    assert "groups of accounts with one csm would be needed, you have 2: it cannot show" in said
    drawn = pd.read_csv(tmp_path / "t.csv").merge(study.accounts[["account_id", "csm"]])
    assert (drawn.groupby("csm")["arm"].nunique() == 1).all()


def test_the_hope_decides_how_many_are_needed(finished) -> None:
    study = results.read(finished)
    group = trial_group(study, "0")
    found = [design_trial(study, group, TrialConfig(averted=share)) for share in (0.2, 0.5, 1.0)]
    assert [one.n_needed for one in found] == sorted((o.n_needed for o in found), reverse=True)
    assert len({one.least_points for one in found}) == 1
    assert found[2].hoped == 0
    assert found[2].is_large_enough


BAD = [
    (("--segment", "nobody"), BadInputError, "no such segment"),
    (("--segment", "1"), BadInputError, "none for which a playbook could change"),
    (("--segment", "2"), BadInputError, "observed no outcome"),
    (("--segment", "0", "--playbook", "magic"), BadInputError, "no such playbook"),
    (("--segment", "0", "--together", "churn_risk"), BadInputError, "no such column of names"),
    (("--segment", "0", "--power", "2", "--level", "0"), ConfigError, "2 breaches"),
    (("--segment", "0", "--out", "list.txt"), OutputError, "expected .csv"),
    (("--segment", "0", "--out", "no/list.csv"), OutputError, "there is no folder"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), BAD)
def test_what_cannot_be_planned_is_refused_and_nothing_is_written(
    run, tmp_path, arguments, error, words
) -> None:
    with pytest.raises(error, match=words):
        run(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_list_is_never_written_into_the_study(run, finished) -> None:
    before = sorted(finished.iterdir())
    with pytest.raises(OutputError, match="lies in"):
        run("--segment", "0", "--out", finished / "list.csv")
    assert sorted(finished.iterdir()) == before


def test_where_nothing_was_observed_there_is_no_design(finished) -> None:
    study = results.read(finished)
    known = [known_design(study, segment.name) is not None for segment in study.document.segments]
    assert known == [True, False, False]


def test_an_id_that_reads_like_a_formula_stays_text(run, finished, tmp_path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    accounts = pd.read_parquet(folder / "accounts.parquet")
    first = accounts.index[accounts["segment"] == 0][0]
    accounts.loc[first, "account_id"] = "=1+1"
    accounts.to_parquet(folder / "accounts.parquet")
    study = results.read(folder)
    assert "=1+1" in set(members(study, trial_group(study, "0"))["account_id"])
    run("--segment", "0", "--out", "t.csv", study=folder)
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    assert "\n'=1+1," in text
    assert "\n=1+1," not in text
