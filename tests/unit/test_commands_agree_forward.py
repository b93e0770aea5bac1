"""`clustering agree` and `clustering forward`: files, JSON, messages, exit status."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.ready import agree, forward
from clustering.errors import BadInputError, OutputError


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    agree.register(app)
    forward.register(app)
    return app


@pytest.fixture
def accounts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 300
    tier = rng.choice(["low", "mid", "high"], n, p=[0.6, 0.3, 0.1])
    segment = np.where(rng.random(n) < 0.5, (tier == "mid") * 1, rng.integers(0, 3, n))
    return pd.DataFrame(
        {
            "account_id": [f"{i:05d}" for i in range(n)],
            "tier": tier,
            "segment": segment,
            "churned": rng.random(n) < 0.2 + 0.3 * (segment == 2),
            "train": rng.random(n) < 0.6,
        }
    )


def run(app: typer.Typer, *arguments: object):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def write(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".json":
        frame.to_json(path, orient="records")
    else:
        frame.to_excel(path, index=False)
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet", "json", "xlsx"])
def test_every_kind_of_file_gives_the_same(app, accounts, tmp_path, ending):
    reference = write(accounts, tmp_path / "reference.parquet")
    file = write(accounts, tmp_path / f"accounts.{ending}")
    for source, out in ((reference, tmp_path / "a.json"), (file, tmp_path / "b.json")):
        run(app, "agree", source, "tier", "segment", "--order", "low,mid,high", "--json", out)
        run(app, "forward", source, "--tier", "tier", "--segment", "segment", "--outcome",
            "churned", "--train", "train", "--json", out.with_suffix(".forward"))  # fmt: skip
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    assert (tmp_path / "a.forward").read_text() == (tmp_path / "b.forward").read_text()


def test_agree_prints_and_writes(app, accounts, tmp_path):
    file = write(accounts, tmp_path / "accounts.csv")
    result = run(app, "agree", file, "tier", "segment", "--json", tmp_path / "out.json")
    assert result.exit_code == 0
    assert result.stdout.startswith("tier and segment ")
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["ordinal"] is None
    assert content["labels"] == {"first": ["high", "low", "mid"], "second": ["0", "1", "2"]}
    assert content["n"] == 300
    assert np.sum(content["contingency"]) == 300
    assert [match["label"] for match in content["per_label"]] == ["high", "low", "mid"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_forward_prints_and_writes(app, accounts, tmp_path):
    file = write(accounts, tmp_path / "accounts.csv")
    result = run(
        app, "forward", file, "--tier", "tier", "--segment", "segment", "--outcome", "churned",
        "--account", "account_id", "--json", tmp_path / "out.json",
    )  # fmt: skip
    assert result.exit_code == 0
    content = json.loads((tmp_path / "out.json").read_text())
    models = ["base", "tier", "segment", "both", "interaction"]
    for figure in ("deviance", "auc", "log_loss", "brier"):
        assert list(content[figure]) == models
    assert set(content["gain"]) == {"log_loss", "auc", "interval"}
    assert {"chi2", "df", "p"} <= set(content["lr_segment_given_tier"])
    assert {"stat", "df", "p"} <= set(content["cmh"])
    assert {"tier", "chi2", "df", "p", "p_holm"} <= set(content["within_tier"][0])
    assert {"segment", "n", "raw", "wilson", "shrunken"} <= set(content["rates"][0])
    assert content["n_accounts"] == 300
    assert "Rates by segment" in result.stdout


def test_text_labels_keep_zeros_and_only_some_texts_are_missing(app, tmp_path):
    frame = pd.DataFrame({"a": ["01", "1", "NA", "None"], "b": ["x", "y", "x", ""]})
    file = write(frame, tmp_path / "labels.csv")
    run(app, "agree", file, "a", "b", "--json", tmp_path / "out.json")
    content = json.loads((tmp_path / "out.json").read_text())
    assert set(content["labels"]["first"]) == {"01", "1"}
    assert content["n_left_out"] == 2


def test_an_index_with_a_name_is_a_column(app, accounts, tmp_path):
    file = tmp_path / "indexed.parquet"
    accounts.set_index("account_id").to_parquet(file)
    run(app, "forward", file, "--tier", "tier", "--segment", "segment", "--outcome", "churned",
        "--account", "account_id")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "there is no file"),
        ("table.txt", b"tier,segment\na,b\n", r"has ending '\.txt'; expected \.parquet"),
        ("empty.csv", b"", "the file has no header line"),
        ("header.csv", b"tier,segment\n", "has no rows"),
        ("latin.csv", "tier,segment\nn\xe9,b\n".encode("latin-1"), r"is not UTF-8 \(line 2\)"),
        ("broken.parquet", b"not parquet", "it is no Parquet file"),
        ("broken.json", b"{", "it is no JSON"),
        ("broken.xlsx", b"no sheet", "it is not an Excel workbook"),
        ("columns.csv", b"teir,segmnt\na,b\n", r"lacks columns \(2 breaches\)(.|\n)*mean 'teir'"),
        ("other.csv", b"a;b\n1;2\n", "found: a, b"),
    ],
)
def test_files_that_cannot_be_used(app, tmp_path, name, content, message):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        run(app, "agree", file, "tier", "segment")


def test_a_byte_order_mark_is_no_part_of_a_name(app, tmp_path):
    file = tmp_path / "marked.csv"
    file.write_bytes("\ufefftier,segment\na,x\nb,y\n".encode())
    assert run(app, "agree", file, "tier", "segment").exit_code == 0


def test_a_result_that_cannot_be_written(app, accounts, tmp_path):
    file = write(accounts, tmp_path / "accounts.csv")
    with pytest.raises(OutputError, match="cannot be written"):
        run(app, "agree", file, "tier", "segment", "--json", tmp_path / "absent" / "out.json")


def test_one_class_is_said_and_exits_well(app, accounts, tmp_path):
    file = write(accounts.assign(churned=0), tmp_path / "accounts.csv")
    result = run(
        app, "forward", file, "--tier", "tier", "--segment", "segment", "--outcome", "churned",
        "--json", tmp_path / "out.json",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "not known" in result.stdout
    assert json.loads((tmp_path / "out.json").read_text())["gain"] is None


def test_wrong_usage_is_status_2(app, accounts, tmp_path):
    file = write(accounts, tmp_path / "accounts.csv")
    assert run(app, "forward", file, "--tier", "tier").exit_code == 2
    assert run(app, "agree", file, "tier").exit_code == 2
    assert run(app, "agree", file, "tier", "segment", "--seed", "-1").exit_code == 2


def test_the_program_exits_1_with_one_message(accounts, tmp_path):
    file = write(accounts, tmp_path / "accounts.csv")
    command = [sys.executable, "-m", "clustering.cli", "agree", file, "tier", "nothing"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("BadInputError: ")
    assert "Traceback" not in result.stderr
