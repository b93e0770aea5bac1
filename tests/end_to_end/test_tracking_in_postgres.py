"""PostgreSQL as tracking store: recorded, promoted, scored by alias; and without its driver."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from clustering.config import TrackingConfig
from clustering.errors import ExitStatus, TrackingError
from clustering.scorer import Scorer
from clustering.tracking import history, log_study, promote, resolve_model
from clustering.tracking.store import open_store
from postgres_server import binaries, serve
from study_folders import Recipe, add_report, add_scorer, build_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_without_a_driver_one_message_says_what_to_install() -> None:
    """Psycopg is never installed with this product: its licence is LGPL."""
    address = "postgresql+psycopg2://me:secret@127.0.0.1:1/mlflow"
    with pytest.raises(TrackingError) as error, open_store(address, create=False):
        pass
    message = str(error.value)
    assert "'postgresql+psycopg2://127.0.0.1:1/mlflow'" in message
    assert "needs the Python package 'psycopg2', which is not installed" in message
    assert "pip install clustering[postgres]" in message
    assert "postgresql+pg8000://" in message
    assert "secret" not in message
    assert error.value.exit_status == ExitStatus.DATA


@pytest.fixture
def server() -> Iterator[str]:
    if importlib.util.find_spec("pg8000") is None:
        pytest.skip("pg8000, the driver of the extra `postgres`, is not installed")
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with serve(programs) as address:
        socket = address.partition("host=")[2]
        yield f"postgresql+pg8000://reader@/postgres?unix_sock={socket}/.s.PGSQL.5432"


@pytest.mark.postgres
def test_a_study_is_recorded_promoted_and_scored_by_alias(server: str, tmp_path: Path) -> None:
    folder = build_study(tmp_path / "studies" / "study", Recipe(n_accounts=120))
    add_scorer(folder)
    add_report(folder)
    log_study(folder, TrackingConfig(uri=server))
    assert promote(folder, by="Kim", reason="a test").version == "1"
    found = resolve_model("models:/account-segments@champion", server)
    assert tmp_path / "studies" / "mlartifacts" in found.parents
    assert Scorer.load(found).version == Scorer.load(folder).version
    assert [one.by for one in history(store=server).decisions] == ["Kim"]
