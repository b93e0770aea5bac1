"""The exports of two vendors become a report without a line of the draft being edited."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering import results
from clustering.commands import check, init, study
from clustering.simulation import simulate
from vendor_books import write_salesforce, write_segment

pytestmark = pytest.mark.slow

#: For what does not depend on the evidence.
QUICK = [
    part
    for key, value in {
        "models.k_max": 2,
        "models.n_init": 1,
        "evidence.nulls": 19,
        "evidence.resamples": 10,
        "evidence.smallest_segment": 10,
        "comparison.bootstrap": 100,
        "comparison.permutations": 99,
        "comparison.refits": 1,
    }.items()
    for part in ("--set", f"{key}={value}")
]


@pytest.fixture
def clustering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The commands, in this process: an interpreter for each would cost more than they do."""
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    for command in (init, check, study):
        command.register(app)

    def run(*arguments: object) -> str:
        done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    return run


def test_from_files_to_report(tmp_path: Path, clustering: Callable[..., str]) -> None:
    book = simulate("needs", 60, seed=7)
    exports, mine = tmp_path / "exports", tmp_path / "mine"
    write_salesforce(book, exports / "salesforce")
    write_segment(book, exports / "segment", most=1)
    said = clustering(
        *("init", mine, "--template", "salesforce", "--template", "segment"),
        *("--as-of", "2025-06-30", "--from", exports),
    )
    assert "Segment: 57 of 64 accounts matched with Salesforce (0 by an id, 57 by a domain)" in said
    toml = mine / "mine.toml"
    checked = " ".join(clustering("check", toml).split())
    assert "7 accounts of segment could not be found in salesforce by an id or a domain" in checked
    clustering("study", toml, "--no-track", "--out", tmp_path / "done", *QUICK)
    done = results.read(tmp_path / "done")
    # Contracts survive the CRM's way of writing them: the same ARR as in the book itself.
    lines, day = book.tables["subscriptions"], pd.Timestamp(book.manifest.as_of)
    begun, ended = pd.to_datetime(lines["started_on"]), pd.to_datetime(lines["ended_on"])
    arr = lines["arr"][(begun <= day) & (ended.isna() | (ended > day))].sum()
    assert done.accounts["arr"].sum() == pytest.approx(arr, rel=0.02)
    assert any("7 accounts of segment" in note for note in done.document.warnings)
    assert (tmp_path / "done" / "report" / "index.html").is_file()
