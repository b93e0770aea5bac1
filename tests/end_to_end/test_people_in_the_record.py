"""A real study of accounts whose ids are e-mail addresses, with a scheme of people: what is said,
what is recorded, and what happens when the record fails."""

import json
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustering import results
from clustering.config import TrackingConfig
from clustering.scorer import Scorer
from clustering.simulation import simulate, write_book
from clustering.tracking import log_study, personal_notes
from clustering.tracking.record.pseudonyms import KEY, Pseudonyms
from clustering.tracking.store import open_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PEOPLE = ("Ottilie Zwackelmann", "Baldur Quendel", "Xaver O'Nyström")
CONFIGURATION = """
name = "people"
as_of = 2025-06-30
seed = 3
[source]
folder = "book"
[output]
folder = "studies"
[models]
algorithms = ["kmeans"]
k_max = 3
n_init = 3
[evidence]
resamples = 10
nulls = 19
[comparison]
bootstrap = 100
permutations = 99
refits = 1
foldings = 1
earlier_dates = 1
[movement]
snapshots = 3
refits = 5
permutations = 99
[[schemes.own]]
name = "looked_after_by"
column = "csm"
"""


def clustering(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clustering.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=600,
    )


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of people's addresses, and its configuration."""
    folder = tmp_path_factory.mktemp("people")
    write_book(simulate("needs", 250, seed=5), folder / "book")
    for file in (folder / "book").glob("*.parquet"):
        table = pd.read_parquet(file)
        table["account_id"] = [f"anna.{account}@kunde.example" for account in table["account_id"]]
        if file.stem == "subscriptions":  # amounts that nothing else can be by chance
            table["arr"] = table["arr"].round() + 0.7391
        if file.stem == "accounts":
            table["csm"] = [PEOPLE[row % len(PEOPLE)] for row in range(len(table))]
            table["name"] = [f"Wurstfabrik {row}" for row in range(len(table))]
        table.to_parquet(file, index=False)
    (folder / "study.toml").write_text(CONFIGURATION)
    return folder


@pytest.fixture(scope="module")
def unrecorded(workplace: Path) -> subprocess.CompletedProcess[str]:
    """A study whose store turns out not to be writable when the study is done."""
    return clustering(
        "study", "study.toml", "--set", "tracking.uri=sqlite:////proc/none/mlflow.db",
        folder=workplace,
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(workplace: Path, unrecorded: subprocess.CompletedProcess[str]) -> Path:
    assert (workplace / "studies" / "people" / "study.json").exists(), unrecorded.stderr
    return workplace / "studies" / "people"


def personal(study: Path) -> list[bytes]:
    """What nobody outside may read: ids, people and customers."""
    opened = results.read(study)
    ids = list(opened.accounts["account_id"])
    assert len(ids) > 150
    names = list(opened.names)
    return [value.encode() for value in (*ids, *PEOPLE, "Ottilie", "Quendel", "Nystr", *names)]


def everything_below(folder: Path) -> bytes:
    """Every byte of every file, and what is inside of Parquet and archives."""
    parts = []
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        parts.append(str(file).encode() + file.read_bytes())
        if file.suffix == ".parquet":
            parts.append(pd.read_parquet(file).to_csv().encode())
        if file.suffix == ".npz":
            with zipfile.ZipFile(file) as archive:
                parts += [archive.read(name) for name in archive.namelist()]
    assert len(parts) > 30
    return b"\n".join(parts)


def test_a_study_is_kept_whatever_the_record_does(
    unrecorded: subprocess.CompletedProcess[str], study: Path
) -> None:
    assert unrecorded.returncode == 1
    assert "TrackingError: the study is finished and stands in" in unrecorded.stderr
    assert "only its record failed: the tracking store '/proc/none/mlflow.db'" in unrecorded.stderr
    assert "Traceback" not in unrecorded.stderr
    assert results.read(study).document.name == "people"
    assert (study / "report" / "index.html").exists()
    assert not (study / "tracking.json").exists()


def test_what_is_personal_is_said(study: Path) -> None:
    n = len(results.read(study).accounts)
    assert personal_notes(results.read(study)) == (
        f"{n:,} of {n:,} account ids look like e-mail addresses and are recorded as they are.",
        "Scheme 'looked_after_by' labels accounts by who looks after them (Baldur Quendel, Ottilie "
        "Zwackelmann, Xaver O'Nyström); these names are recorded as they are.",
        "Set tracking.pseudonymise = true to record pseudonyms in their place.",
    )


def test_with_pseudonyms_no_byte_of_the_store_names_anybody(study: Path, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/mlflow.db"
    before = {file: file.read_bytes() for file in study.rglob("*") if file.is_file()}
    record = log_study(study, TrackingConfig(uri=store, pseudonymise=True))
    content = everything_below(tmp_path)
    assert not [value for value in personal(study) if value in content]
    assert all(file.read_bytes() == content for file, content in before.items())
    with open_store(store, create=False) as client:
        root = Path(client.get_run(record.run_id).info.artifact_uri.removeprefix("file://"))
    recorded = pd.read_parquet(root / "tables" / "accounts.parquet")
    hidden = Pseudonyms(bytes.fromhex((study / KEY).read_text().strip()), PEOPLE)
    accounts = results.read(study).accounts
    assert list(recorded["account_id"]) == [
        hidden.of(account) for account in accounts["account_id"]
    ]
    assert set(recorded["looked_after_by"]) == {hidden.of(name) for name in PEOPLE}
    assert not (root / "report").exists()
    document = json.loads((root / "study.json").read_text())
    levels = {entry["name"]: entry["levels"] for entry in document["labellings"]}
    assert set(levels["looked_after_by"]) == {hidden.of(name) for name in PEOPLE}


def test_recorded_again_the_pseudonyms_are_the_same(study: Path, tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store = f"sqlite:///{tmp_path / name}/mlflow.db"
        log_study(study, TrackingConfig(uri=store, pseudonymise=True))
        (table,) = (tmp_path / name).rglob("tables/accounts.parquet")
        seen.append(pd.read_parquet(table))
    pd.testing.assert_frame_equal(*seen)


def test_without_pseudonyms_people_are_found_there(study: Path, tmp_path: Path) -> None:
    """The search above can find what it looks for; names of customers are never recorded."""
    record = log_study(study, TrackingConfig(uri=f"sqlite:///{tmp_path}/mlflow.db"))
    content = everything_below(tmp_path)
    found = [value for value in personal(study) if value in content]
    assert b"Ottilie Zwackelmann" in found
    assert b"Wurstfabrik 7" not in found
    served = tmp_path / "mlartifacts" / "models" / record.model_id
    assert (served / "artifacts/artifacts/scorer/manifest.json").read_bytes() == (
        study / "scorer/manifest.json"
    ).read_bytes()
    assert not in_a_model(served, study)


def test_no_byte_of_a_scorer_is_of_one_customer(study: Path) -> None:
    assert {file.name for file in (study / "scorer").iterdir()} >= {"model.npz", "model_card.md"}
    assert not in_a_model(study / "scorer", study)


def test_the_search_in_a_model_finds_what_it_looks_for(study: Path, tmp_path: Path) -> None:
    value = values_of_one_account(study)[-1]
    for number, planted in enumerate((repr(value).encode(), struct.pack("<d", value), b"Quendel")):
        folder = tmp_path / str(number)
        shutil.copytree(study / "scorer", folder)
        (folder / "more").write_bytes(b"..." + planted + b"...")
        assert len(in_a_model(folder, study)) == 1


def in_a_model(folder: Path, study: Path) -> list[bytes]:
    """What is of one account alone in the files of a model: ids, people, names, and values.

    Single quantiles of a feature may be the value of the account that lies there (docs/scoring.md):
    the clip limits and ranges of the standardiser are not searched, nor for what is usual.
    """
    parts = [everything_in(file) for file in folder.rglob("*") if file.is_file()]
    content = b"\n".join(parts)
    numbers = values_of_one_account(study)
    wanted = [
        *(repr(one).encode() for one in numbers),
        *(struct.pack("<d", one) for one in numbers),
    ]
    return [value for value in (*personal(study), *wanted) if value in content]


def everything_in(file: Path) -> bytes:
    """Its bytes; what is inside of an archive of arrays is not compressed."""
    if file.name == "standardiser.json":
        kept = json.loads(file.read_text())
        assert {"columns", "ranges", "prototypes"} <= kept.keys()
        return json.dumps(
            {name: kept[name] for name in kept if name not in ("columns", "ranges")}
        ).encode()
    return file.name.encode() + b"\n" + file.read_bytes()


def values_of_one_account(study: Path) -> list[float]:
    """Amounts, features and places in the matrix that one account alone has, with many digits.

    Fractions of small numbers are left out: a share of 23 in 34 is also a rate of 34 accounts.
    """
    accounts = results.read(study).accounts.set_index("account_id")
    scorer = Scorer.load(study)
    standardiser, quantiles = scorer.standardiser, {*scorer.usual.ravel().tolist()}
    features = accounts[list(standardiser.feature_names)].astype(float)
    places = np.where(features.notna(), standardiser.transform(features), np.nan)
    columns = [*features.to_numpy().T, *places.T, accounts["arr"].to_numpy(float)]
    found: list[float] = []
    for column in columns:
        values, counts = np.unique(column[np.isfinite(column)], return_counts=True)
        found += map(float, values[counts == 1])
    found = [value for value in found if value not in quantiles]
    own = [value for value in found if len(repr(value)) >= 9 and not is_small_fraction(value)]
    assert len(own) > 1000
    return own


def is_small_fraction(value: float) -> bool:
    return any(float(round(value * n) / n) == value for n in range(1, 300))
