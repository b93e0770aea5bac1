"""A whole study with people's decisions: respected, shown, dropped when expired, never fitted."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from clustering import results
from clustering.config import load_config
from clustering.errors import BadInputError
from clustering.report import render
from clustering.report.build import printed
from clustering.results import StudyFolder
from clustering.simulation import simulate, write_book
from clustering.study import run_study
from report_pages import rendered_texts, sheets
from report_sweep import faults

pytestmark = pytest.mark.slow

SETTINGS = """
name = "book"
as_of = 2025-06-30
seed = 3
[source]
folder = "{book}"
[models]
algorithms = ["kmeans"]
k_max = 4
n_init = 5
[evidence]
nulls = 19
resamples = 10
smallest_segment = 10
[comparison]
bootstrap = 100
permutations = 99
refits = 0
foldings = 1
earlier_dates = 1
[movement]
refits = 5
permutations = 99
overrides = "{overrides}"
"""
HEADER = "account_id,segment,decided_by,reason,decided_on,valid_until\n"
SECRET = ("Kim Kim", "they told us so at lunch")


def study(root: Path, name: str, rows: list[str]) -> StudyFolder:
    overrides = root / f"{name}.csv"
    overrides.write_text(HEADER + "".join(rows), encoding="utf-8")
    toml = root / f"{name}.toml"
    text = SETTINGS.format(book=root / "book", overrides=overrides)
    toml.write_text(text, encoding="utf-8")
    folder = root / name
    folder.mkdir()
    return run_study(load_config(toml), folder)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overrides")
    write_book(simulate("moving", 220, seed=3), folder / "book")
    return folder


@pytest.fixture(scope="module")
def plain(root):
    return study(root, "plain", [])


@pytest.fixture(scope="module")
def decided(root, plain):
    """Three decisions: one in force against the model, one expired, one of a later day."""
    accounts = plain.accounts.sort_values("account_id")
    names = [segment.name for segment in plain.document.segments]
    rows = []
    dates = (
        ("2025-01-01", "2025-07-31"),
        ("2024-01-01", "2025-06-29"),
        ("2025-07-01", "2025-12-31"),
    )
    for account, (begin, end) in zip(accounts.head(3).itertuples(), dates, strict=True):
        other = next(name for name in names if name != account.segment_name)
        rows.append(f'{account.account_id},"{other}",{SECRET[0]},{SECRET[1]},{begin},{end}\n')
    made = study(root, "decided", rows)
    render(made.path)
    return made


def test_a_decision_in_force_is_assigned_and_the_models_answer_stays(plain, decided):
    before, after = (s.accounts.set_index("account_id").sort_index() for s in (plain, decided))
    first, *others = after.index[:3]
    assert after.loc[first, "assigned_by"] == "override"
    assert after.loc[first, "assigned_segment"] != after.loc[first, "segment_name"]
    assert after.loc[others, "assigned_by"].eq("model").all()
    assert before["assigned_by"].ne("override").all()
    table = decided.table("overrides")
    assert table["status"].tolist() == ["in force", "expired", "not yet"]
    assert table.loc[0, "model_segment"] == after.loc[first, "segment_name"]
    counts = decided.document.assignment
    assert (counts.n_override, counts.n_against_model) == (1, 1)
    assert (counts.n_expired, counts.n_later) == (1, 1)


def test_no_page_says_what_it_may_not(decided):
    assert faults(decided, rendered_texts(decided.path / "report")) == []


@pytest.mark.browser
def test_leadership_gets_at_most_twelve_sheets_of_a_real_study(decided, tmp_path, monkeypatch):
    if not any(shutil.which(name) for name in ("chromium", "google-chrome")):
        pytest.skip("no Chromium")
    paper = printed.PAPERS[0]
    pages = {file: (decided.path / "report" / file).read_text("utf-8") for file in paper.pages}
    monkeypatch.setattr(printed, "PAPERS", (paper,))
    printed.print_papers(pages, tmp_path, printed.chromium())
    assert 3 < sheets((tmp_path / paper.file).read_bytes()) <= 12


def test_the_plan_follows_the_segment_by_which_an_account_is_served(decided):
    served = decided.accounts.set_index("account_id")["assigned_segment"]
    audit = decided.table("audit").set_index("account_id")["label"]
    assert (audit == served[audit.index]).all()
    notes = " ".join(decided.document.plan.notes)
    assert "Served in another segment than the model says, and planned there: 1 account by" in notes


def test_decisions_never_enter_the_fit_the_evidence_or_the_scorer(plain, decided):
    columns = ["account_id", "segment", "probability", "stability"]
    pd.testing.assert_frame_equal(plain.accounts[columns], decided.accounts[columns])
    assert plain.document.evidence == decided.document.evidence
    assert plain.document.forward == decided.document.forward
    assert plain.document.provenance.config_hash == decided.document.provenance.config_hash
    for file in (plain.path / "scorer").iterdir():
        if file.suffix == ".npz":
            assert file.read_bytes() == (decided.path / "scorer" / file.name).read_bytes()


def test_a_decision_that_ends_soon_is_to_be_confirmed(decided):
    listed = decided.table("reconfirmation").set_index("account_id")
    first = decided.table("overrides")["account_id"][0]
    assert listed.loc[first, "override_due"]
    sheet = pd.read_csv(decided.path / "reconfirmation.csv")
    assert len(sheet) == len(listed) == decided.document.assignment.n_reconfirm


def test_the_page_shows_who_and_why_only_where_it_stays_with_the_company(decided):
    own = (decided.path / "report" / "6_movement.html").read_text(encoding="utf-8")
    passed_on = decided.path / "report" / "without_names"
    assert all(words in own for words in SECRET)
    for page in passed_on.iterdir():
        text = page.read_text(encoding="utf-8")
        assert not any(words in text for words in SECRET)
    shown = (passed_on / "6_movement.html").read_text(encoding="utf-8")
    assert decided.document.movement.sentence.split(":")[0] in shown
    for name in ("movement_flow", "movement_transitions", "movement_hysteresis", "feature_drift"):
        assert f'data-figure="{name}"' in shown
    assert "not shown here" in shown


def test_neither_who_nor_why_is_in_the_record(decided, tmp_path):
    from clustering.tracking.record.content import parameters, write_artifacts
    from clustering.tracking.record.numbers import study_numbers

    write_artifacts(decided, tmp_path)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(words.encode() in content for words in SECRET), file
    assert not (tmp_path / "tables" / "overrides.parquet").exists()
    assert "movement.overrides" not in parameters(decided)
    metrics = study_numbers(decided)
    assert metrics["overrides.in_force"] == 1
    assert metrics["movement.moves"] >= metrics["movement.moves_with_hysteresis"]


def test_a_decision_on_a_segment_that_is_no_more_stops_the_study_and_says_what_to_do(root, plain):
    account = plain.accounts["account_id"].iloc[0]
    rows = [f"{account},a name of last year,Kim,why,2025-01-01,2025-12-31\n"]
    with pytest.raises(BadInputError, match="Set the override again with one of them, or clear it"):
        study(root, "stale", rows)


def test_an_account_that_does_not_exist_stops_the_study_before_anything_is_fitted(root):
    with pytest.raises(BadInputError, match="account nobody: no such account among the 220"):
        study(root, "unknown", ["nobody,x,Kim,why,2025-01-01,2025-12-31\n"])


def test_reading_back_gives_the_same_document(decided):
    assert results.read(decided.path).document == decided.document
