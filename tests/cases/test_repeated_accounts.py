"""One account counted many times: a join must not make clusters, agreement or a gain."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.ready import agree, evidence, forward
from clustering.errors import BadInputError
from shared_data import shared_folder

QUICK = ["--nulls", "19", "--resamples", "10", "--k-max", "4"]


def run(command, *arguments) -> str:
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return " ".join(result.output.split())


@pytest.mark.parametrize(("name", "n", "distinct"), [("dup10", 400, 40), ("dup4", 400, 100)])
def test_one_gaussian_repeated_is_not_natural(name, n, distinct):
    said = run(evidence, shared_folder("cases", "repeated_rows_evidence") / f"{name}.csv", *QUICK)
    assert "Verdict: natural" not in said
    assert f"{n - distinct} of {n} rows are equal to an earlier row" in said
    assert f"({distinct} are different)" in said


def test_agreement_is_of_accounts(tmp_path):
    folder = shared_folder("cases", "repeated_accounts_agree_forward")
    once, fan = tmp_path / "once.json", tmp_path / "fan.json"
    run(agree, folder / "nofan.csv", "a", "b", "--json", once)
    said = run(agree, folder / "fanout.csv", "a", "b", "--json", fan)
    assert "No evidence that a and b agree more than by chance" in said
    assert "960 of 1000 rows repeat an earlier row of the same 'account_id'" in said
    once, fan = json.loads(once.read_text()), json.loads(fan.read_text())
    assert fan["contingency"] == once["contingency"]
    assert np.sum(fan["contingency"]) == 40
    assert fan["permutation_p"] == once["permutation_p"]


def test_gain_is_of_accounts():
    folder = shared_folder("cases", "repeated_accounts_agree_forward")
    arguments = ["--tier", "tier", "--segment", "segment", "--outcome", "churned"]
    once = run(forward, folder / "fw_noise_once.csv", *arguments)
    fan = run(forward, folder / "fw_noise_fan.csv", *arguments)
    assert "improved" not in fan
    assert "rows repeat an earlier row of the same 'account_id' and count once" in fan
    assert fan.split(" Note:")[0] == once.split(" Note:")[0]


def fan_out(tmp_path: Path, name: str = "crm_key", times: int = 5, n: int = 60) -> Path:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            name: [f"A{i:03d}" for i in range(n)],
            "tier": rng.choice(["smb", "mid", "large"], n),
            "segment": rng.choice(["a", "b", "c"], n),
            "churned": rng.random(n) < 0.3,
            "logins": rng.normal(size=n),
            "seats": rng.normal(size=n),
        }
    )
    file = tmp_path / "fan.csv"
    frame.loc[frame.index.repeat(times)].to_csv(file, index=False)
    return file


FORWARD = ["--tier", "tier", "--segment", "segment", "--outcome", "churned"]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(agree, ["tier", "segment"]), (forward, FORWARD), (evidence, QUICK)],
    ids=["agree", "forward", "evidence"],
)
def test_what_looks_like_the_account_is_asked_for_and_then_used(tmp_path, command, arguments):
    file = fan_out(tmp_path)
    with pytest.raises(BadInputError, match="Name it with --account crm_key"):
        run(command, file, *arguments)
    said = run(command, file, *arguments, "--account", "crm_key")
    assert "of 300 rows" in said or "300 rows are of 60 accounts" in said


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(agree, ["tier", "segment"]), (evidence, QUICK)],
    ids=["agree", "evidence"],
)
def test_an_account_with_rows_that_differ_is_refused(tmp_path, command, arguments):
    file = fan_out(tmp_path, "account_id", times=2)
    frame = pd.read_csv(file)
    frame.loc[1, ["tier", "logins"]] = ["other", 9.0]
    frame.to_csv(file, index=False)
    with pytest.raises(BadInputError, match=r"1 of 60 accounts have (several )?rows that differ"):
        run(command, file, *arguments)


def test_a_join_with_other_columns_is_said(tmp_path):
    file = fan_out(tmp_path)
    frame = pd.read_csv(file)
    frame["invoice"] = np.arange(len(frame)) % 7 + np.arange(len(frame)) / 1000
    frame.to_csv(file, index=False)
    said = run(agree, file, "tier", "segment")
    assert "Rows with the same 'crm_key' have the same labels, 5.0 rows a value" in said


def test_several_windows_of_an_account_are_kept(tmp_path):
    file = fan_out(tmp_path, "account_id", times=2)
    frame = pd.read_csv(file)
    frame["window"] = np.arange(len(frame)) % 2
    frame.to_csv(file, index=False)
    out = tmp_path / "out.json"
    run(forward, file, *FORWARD, "--json", out)
    found = json.loads(out.read_text())
    assert (found["n"], found["n_accounts"]) == (120, 60)


def test_ids_and_row_numbers_are_no_features(tmp_path):
    rng = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame(
        {
            "row": np.arange(1, n + 1),
            "Customer ID": rng.permutation(n) + 90_000,
            "contractId": rng.integers(0, 9, n),
            "logins": rng.normal(size=n),
            "paid": rng.integers(0, 50, n),
        }
    )
    frame.to_csv(tmp_path / "m.csv", index=False)
    said = run(evidence, tmp_path / "m.csv", *QUICK)
    assert "60 rows x 2 columns" in said
    assert "column 'row', it numbers the rows" in said
    assert "column 'Customer ID', it is an id" in said
    assert "column 'contractId', it is an id" in said
