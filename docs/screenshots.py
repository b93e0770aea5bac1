"""Screenshots of MLflow with a recorded study in it, from the real pages in Chromium.

    python docs/screenshots.py STORE.db FOLDER

STORE.db is the tracking store of finished studies (`studies/mlflow.db`). A server of it is started
on the loopback address; each picture of `shots` goes into FOLDER as PNG, to be looked at before it
is put into docs/images.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow import MlflowClient
from PIL import Image

#: Colours of a picture: pages of text need few, and a small file is quicker to read.
COLOURS = 64
SECONDS = 300
#: Rows and charts are drawn after their words.
SETTLE = 6
#: What a browser keeps of the pane with the assistant, which covers a third of every page.
NO_ASSISTANT = "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"
#: The half of MLflow that a page is shown in; without it, what was last chosen in the browser.
HALF = "workflowType=machine_learning"


@dataclass(frozen=True)
class Shot:
    """One picture: its address below the server, the text that says that it is there, its size."""

    name: str
    page: str
    wait_for: str
    width: int = 1500
    height: int = 720


def shots(client: MlflowClient) -> Iterator[Shot]:
    """The list of studies, the candidates, the youngest study, and its candidates compared."""
    experiment = client.get_experiment_by_name("clustering")
    home = f"#/experiments/{experiment.experiment_id}"
    study = client.search_runs([experiment.experiment_id], "tags.kind = 'study'")[0].info
    candidates = client.search_runs(
        [experiment.experiment_id],
        f"tags.kind = 'candidate' and tags.mlflow.parentRunId = '{study.run_id}'",
    )
    means = [run.info.run_id for run in candidates if run.data.params["algorithm"] == "k-means"]
    runs = ",".join(f'"{one}"' for one in means)
    yield Shot("mlflow_opened", f"{home}/runs?{HALF}", study.run_name)
    yield Shot("mlflow_studies", f"{home}/runs?{HALF}&viewStateShareKey=studies", study.run_name)
    yield Shot("mlflow_candidates", f"{home}/runs?{HALF}&viewStateShareKey=candidates", "k = 02")
    yield Shot(
        "mlflow_study",
        f"{home}/runs/{study.run_id}?{HALF}",
        "What to do first",
        height=900,
    )
    compared = f'#/compare-runs?runs=[{runs}]&experiments=["{experiment.experiment_id}"]&{HALF}'
    yield Shot("mlflow_compared", compared, "Parallel Coordinates", height=1000)
    charts = f"{home}/runs?{HALF}&viewStateShareKey=candidates&compareRunsMode=CHART"
    yield Shot("mlflow_charts", charts, "choice", height=900)


@contextmanager
def server(store: Path) -> Iterator[str]:
    """The address of an MLflow server on the store, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # MLflow starts programs that are installed beside it.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{store.resolve()}"]
    running = subprocess.Popen(
        command, env=os.environ | quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        _until_it_answers(address)
        yield address
    finally:
        running.terminate()
        running.wait()


def _until_it_answers(address: str) -> None:
    for _ in range(SECONDS):
        try:
            urllib.request.urlopen(f"{address}health")
        except OSError:
            time.sleep(1)
        else:
            return
    raise SystemExit("MLflow's server does not answer.")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    from selenium import webdriver

    with TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        for argument in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(argument)
        options.binary_location = str(shutil.which("chromium"))
        service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def take(driver: Any, address: str, shot: Shot, folder: Path) -> Path:
    """One picture as a PNG of few colours."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.set_window_size(shot.width, shot.height)
    driver.get("about:blank")
    driver.get(f"{address}{shot.page}")
    WebDriverWait(driver, SECONDS).until(lambda page: shot.wait_for in page.page_source)
    time.sleep(SETTLE)
    file = folder / f"{shot.name}.png"
    driver.save_screenshot(str(file))
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)
    return file


def main(store: Path, folder: Path) -> None:
    """All pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    client = MlflowClient(f"sqlite:///{store.resolve()}")
    with server(store) as address, browser() as driver:
        driver.get(f"{address}health")
        driver.execute_script(NO_ASSISTANT)
        for shot in shots(client):
            print(take(driver, address, shot, folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
