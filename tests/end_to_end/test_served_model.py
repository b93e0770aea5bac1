"""The model behind `mlflow models serve`: real requests over HTTP, and what comes back."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

from clustering import results
from clustering.config import TrackingConfig
from clustering.scorer import Scorer
from clustering.scorer.requests import ANSWER
from clustering.tracking import log_study, promote
from spark_marks import on_a_real_spark
from study_folders import add_report, add_scorer, build_study

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
#: The one of the page; the tests take a free one.
PORT = "5001"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose model is the champion."""
    folder = build_study(tmp_path_factory.mktemp("served") / "studies" / "study")
    add_scorer(folder)
    add_report(folder)
    log_study(folder, TrackingConfig())
    promote(folder, by="Kim", reason="a test")
    return folder


@pytest.fixture(scope="module")
def project(folder: Path, features: pd.DataFrame) -> Path:
    """Where the commands of the page are given: the folder that holds `studies`."""
    features.to_csv(folder.parents[1] / "features.csv")
    return folder.parents[1]


def on_the_page(language: str) -> list[str]:
    """Lines of the shell, or blocks of Python, as docs/serving.md has them."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return "".join(blocks).splitlines() if language == "bash" else blocks


def environment() -> dict[str, str]:
    """With the variable that the page sets, and the programs that are installed with MLflow."""
    (export,) = [line for line in on_the_page("bash") if line.startswith("export ")]
    name, _, value = export.removeprefix("export ").partition("=")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path, name: value}


@pytest.fixture(scope="module")
def address(project: Path) -> Iterator[str]:
    """A running server, started as the page says; its log is kept beside the studies."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (command,) = [line for line in on_the_page("bash") if "models serve" in line]
    with (project / "server.log").open("wb") as log:
        server = subprocess.Popen(
            shlex.split(command.replace(PORT, str(port))),
            cwd=project, env=environment(), stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield _once_up(f"http://127.0.0.1:{port}", server)
        finally:
            os.killpg(server.pid, 15)
            server.wait()


def _once_up(address: str, server: "subprocess.Popen[bytes]") -> str:
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/ping"):
                return address
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the server did not come up")


@pytest.fixture(scope="module")
def features(folder: Path) -> pd.DataFrame:
    accounts = results.read(folder).accounts.set_index("account_id")
    return accounts[list(Scorer.load(folder / "scorer").standardiser.feature_names)]


def post(address: str, body: Any, kind: str = "application/json") -> tuple[int, str]:
    content = body if isinstance(body, str) else json.dumps(body)
    request = urllib.request.Request(
        f"{address}/invocations", content.encode(), {"Content-Type": kind}
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def strict(text: str) -> Any:
    """JSON without NaN and Infinity, which Python would let pass."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_accounts_come_back_with_their_ids_and_nulls(
    address: str, folder: Path, features: pd.DataFrame
) -> None:
    records = json.loads(features.iloc[:4].reset_index().to_json(orient="records"))
    records[2] = {"account_id": "nothing known"} | dict.fromkeys(features.columns)
    status, text = post(address, {"dataframe_records": records})
    assert status == 200
    rows = strict(text)["predictions"]
    assert [list(row) for row in rows] == [list(ANSWER)] * 4
    assert [row["account_id"] for row in rows] == [record["account_id"] for record in records]
    assert rows[2]["segment"] is rows[2]["segment_name"] is rows[2]["probability"] is None
    assert rows[2]["reason"] == "none of the features is known: no segment"
    expected = Scorer.load(folder / "scorer").score_features(features.iloc[:4])
    for place in (0, 1, 3):
        assert rows[place]["segment"] == expected["segment"].iloc[place]
        assert rows[place]["probability"] == pytest.approx(expected["probability"].iloc[place])


@pytest.mark.parametrize("form", ["dataframe_split", "dataframe_records", "inputs", "instances"])
def test_whole_numbers_are_numbers_in_every_form(
    address: str, features: pd.DataFrame, form: str
) -> None:
    row: dict[str, Any] = dict.fromkeys(features.columns, 1)
    row["account_id"] = 17
    body: Any = [row]
    if form == "dataframe_split":
        body = {"columns": list(row), "data": [list(row.values())]}
    elif form == "inputs":
        body = {name: [value] for name, value in row.items()}
    status, text = post(address, {form: body})
    assert status == 200, text
    assert strict(text)["predictions"][0]["account_id"] == "17"
    assert isinstance(strict(text)["predictions"][0]["segment"], int)


def test_csv_is_taken_too(address: str, features: pd.DataFrame) -> None:
    status, text = post(address, features.iloc[:3].to_csv(), "text/csv")
    assert status == 200, text
    assert [row["account_id"] for row in strict(text)["predictions"]] == list(features.index[:3])


def test_no_account_gives_no_row(address: str, features: pd.DataFrame) -> None:
    status, text = post(address, {"dataframe_split": {"columns": [*features], "data": []}})
    assert (status, strict(text)) == (200, {"predictions": []})


def bad_requests(columns: list[str]) -> Iterator[tuple[Any, str]]:
    row: dict[str, Any] = dict.fromkeys(columns, 0.5)
    first = columns[0]
    without = {name: value for name, value in row.items() if name != first}
    yield {"dataframe_records": [without]}, f"column '{first}' is missing."
    yield {"dataframe_records": [{"account_id": "a"}]}, f"column '{columns[-1]}' is missing."
    yield {"dataframe_records": [row | {first: "many"}]}, f"feature '{first}' is not numeric"
    yield {"dataframe_records": [row | {first: [1, 2]}]}, f"feature '{first}' is not numeric"
    yield {"dataframe_records": [row | {first: 1e999}]}, f"feature '{first}' is infinite"
    yield {"dataframe_records": [row | {"account_id": 1.5}]}, "account_id holds fractions"
    yield {"inputs": [[1.0, 2.0]]}, f"column '{first}' is missing."
    yield {"dataframe_split": {"columns": [first, first], "data": [[1, 2]]}}, "more than once"


def test_bad_requests_are_one_message_each_without_a_trace(
    address: str, features: pd.DataFrame
) -> None:
    for body, message in bad_requests(list(features.columns)):
        status, text = post(address, body)
        assert status == 400, text
        answer = json.loads(text)
        assert message in answer["message"]
        assert "stack_trace" not in answer
        assert "Traceback" not in text


def test_the_log_of_the_server_holds_no_account(
    address: str, folder: Path, features: pd.DataFrame
) -> None:
    records = json.loads(features.reset_index().to_json(orient="records"))
    assert post(address, {"dataframe_records": records})[0] == 200
    records[5][features.columns[0]] = "many"
    assert post(address, {"dataframe_records": records})[0] == 400
    log = (folder.parents[1] / "server.log").read_text()
    assert "Traceback" not in log
    assert not [account for account in features.index if account in log]


def test_every_command_of_the_page_runs(
    address: str, project: Path, features: pd.DataFrame
) -> None:
    port = address.rpartition(":")[2]
    said = {}
    for command in on_the_page("bash"):
        if "models serve" in command or command.startswith("export"):
            continue
        done = subprocess.run(
            shlex.split(command.replace(PORT, port)),
            cwd=project, env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stderr)
        said[" ".join(command.split()[:2])] = done.stdout
    assert set(said) == {"clustering score", "mlflow artifacts", "curl -s", "clustering history"}
    assert len(pd.read_parquet(project / "scores.parquet")) == len(features)
    rows = strict(said["curl -s"])["predictions"]
    assert [list(row) for row in rows] == [list(ANSWER)] * 3
    assert "champion" in said["clustering history"]


@on_a_real_spark
def test_spark_gives_what_python_gives(
    project: Path, features: pd.DataFrame, spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both as the page says, in one process, in the order of the page."""
    in_python, in_spark = on_the_page("python")
    features = features.reset_index()
    features.loc[3, features.columns[1:]] = None
    store = f"sqlite:///{project / 'studies' / 'mlflow.db'}"
    monkeypatch.setattr(spark.sparkContext, "pythonExec", sys.executable)
    accounts = spark.createDataFrame(features).repartition(3)
    names = {"features": features, "spark": spark, "accounts": accounts}
    former = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(store)
    try:
        exec(in_python + in_spark, names)
        found = names["answers"].toPandas().set_index("account_id")
    finally:
        mlflow.set_tracking_uri(former)
    expected = names["answer"].set_index("account_id")
    assert len(found) == len(features)
    found = found.loc[expected.index]
    assert expected["segment"].isna().sum() == 1
    for column in expected:
        if column in ("probability", "margin", "known_share"):
            known = expected[column].notna()
            assert found[column].isna().tolist() == (~known).tolist()
            difference = found[column][known] - expected[column][known].astype(float)
            assert difference.abs().max() < 1e-12
        else:
            assert found[column].fillna("").tolist() == expected[column].fillna("").tolist()
