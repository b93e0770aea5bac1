"""`clustering study` as a user calls it: what it leaves, and what a failure leaves."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from clustering import results
from clustering.config import load_config
from clustering.simulation import simulate, write_book
from clustering.study.run import Run
from report_pages import page_texts, rendered_texts
from report_sweep import faults
from same_results import digest

pytestmark = pytest.mark.slow

SMALL = """
name = "{name}"
as_of = 2025-06-30
seed = 3
[source]
folder = "{book}"
[models]
k_max = 5
n_init = 3
[evidence]
resamples = 20
nulls = 39
[comparison]
bootstrap = 200
permutations = 99
refits = 20
"""
#: For what does not depend on the evidence.
QUICK = [
    part
    for key, value in {
        "models.k_max": 2,
        "models.n_init": 1,
        "evidence.nulls": 19,
        "evidence.resamples": 10,
        "comparison.bootstrap": 100,
        "comparison.refits": 1,
        "comparison.foldings": 1,
        "movement.refits": 5,
        "movement.permutations": 99,
    }.items()
    for part in ("--set", f"{key}={value}")
]


def clustering(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clustering.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        **settings,  # type: ignore[call-overload]
    )


def configured(folder: Path, book: Path, name: str = "trial") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(SMALL.format(name=name, book=book))
    return file


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_book(simulate("needs", 600, seed=11), folder / "needs")
    done = clustering("study", configured(folder, folder / "needs"), "--out", folder / "trial")
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout)
    return folder


def test_the_folder_is_complete_and_readable(workplace: Path) -> None:
    study = results.read(workplace / "trial")
    document = study.document
    assert document.verdict == "natural"
    assert document.n_clusters == 4
    assert document.chosen.k == 4
    assert {entry.second for entry in document.agreements} >= {"arr_tiers", "needs_segment"}
    assert len(study.accounts) == document.n_accounts
    assert "name" not in study.accounts
    assert len(study.names) == document.n_accounts
    assert (study.path / "report" / "index.html").exists()


def test_no_result_changed_unnoticed(workplace: Path) -> None:
    """Where it is meant: `same_results.py digest` on this study, and a line in the changelog."""
    known = json.loads((Path(__file__).parents[1] / "reference" / "small_study.json").read_text())
    found = digest(workplace / "trial")
    assert sorted(found) == sorted(known)
    for part, (n_values, total, words) in known.items():
        assert found[part][0] == n_values, part
        assert found[part][1] == pytest.approx(total, rel=1e-6), part
        assert found[part][2] == words, part


def test_no_page_says_what_it_may_not(workplace: Path) -> None:
    study = results.read(workplace / "trial")
    assert faults(study, rendered_texts(study.path / "report")) == []


def test_the_planted_segments_are_found(workplace: Path) -> None:
    from sklearn.metrics import adjusted_rand_score

    truth = pd.read_parquet(workplace / "needs" / "truth" / "truth.parquet")
    accounts = results.read(workplace / "trial").accounts.merge(truth, on="account_id")
    assert adjusted_rand_score(accounts["true_segment"], accounts["segment"]) > 0.85


def test_the_summary_says_the_answer_and_where_everything_is(workplace: Path) -> None:
    printed = (workplace / "printed.txt").read_text()
    assert "4 natural clusters" in printed
    for place in ("report/index.html", "scorer", "mlflow"):
        assert place in printed.replace("\n", "")


def test_every_page_and_table_counts_the_same_accounts_in_a_segment(workplace: Path) -> None:
    """One assignment at the as-of date: of the model, since nobody decided otherwise."""
    study = results.read(workplace / "trial")
    accounts, counts = study.accounts, {s.name: s.n_accounts for s in study.document.segments}
    walk, mix, value = (study.table(name) for name in ("crosswalk", "segment_mix", "segment_value"))
    tiers = walk[(walk["first"] == "segment") & (walk["second"] == "arr_tiers")]
    labelled = tiers.groupby("first_label")["n_accounts"].sum()
    today = mix[mix["snapshot"] == study.document.as_of].set_index("segment_name")
    planned = study.table("coverage").set_index("label")
    valued = value[value["kind"] == "segment"].set_index("label")
    for found in (
        accounts["segment_name"].value_counts(),
        accounts["assigned_segment"].value_counts(),
        labelled,
        today["n_accounts"],
        planned["n_accounts"],
        study.table("audit")["label"].value_counts(),
    ):
        assert found.to_dict() == counts
    assert set(valued.index) == set(counts)
    assert sum(counts.values()) == study.document.n_accounts == len(accounts)
    assert accounts["assigned_by"].eq("model").all()
    pages = page_texts(study, figures=False)
    for page in ("4_leadership", "5_plan"):
        for name, n in counts.items():
            assert re.search(rf"^\s*{re.escape(name)}\b.*\b{n}\b", pages[page], re.MULTILINE), page


def test_what_if_nothing_is_otherwise_gives_the_study(workplace: Path) -> None:
    from clustering.what_if import other_quadrants, other_segments, other_team

    study = results.read(workplace / "trial")
    assert other_segments(study).stayed.all()
    cut = other_quadrants(study)
    assert cut.after.equals(cut.before.astype(cut.after.dtype))
    assert other_team(study) == study.document.plan.staffing


def test_arr_is_in_no_column_of_the_matrix(workplace: Path) -> None:
    document = results.read(workplace / "trial").document
    included = {entry.family for entry in document.features if entry.included}
    assert "commercial" not in included
    assert not document.commercial_in_matrix


def test_scoring_the_training_tables_gives_back_the_training_labels(workplace: Path) -> None:
    out = workplace / "scores.parquet"
    done = clustering(
        "score", workplace / "needs", "--model", workplace / "trial" / "scorer",
        "--as-of", "2025-06-30", "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    scores = pd.read_parquet(out).set_index("account_id")
    accounts = results.read(workplace / "trial").accounts.set_index("account_id")
    assert scores.index.isin(accounts.index).all()
    differs = scores["segment"].loc[accounts.index].fillna(-1) != accounts["segment"]
    exceptions = json.loads((workplace / "trial" / "scorer" / "scorer.json").read_text())
    counted = exceptions["exceptions"]
    parts = ("n_other_segment", "n_too_little_known", "n_too_young")
    assert differs.sum() == sum(counted[part] for part in parts)
    complete = scores["known_share"].eq(1) & scores["segment"].notna()
    assert not (differs & complete).any()


def test_the_tracked_model_can_be_promoted_and_scored_with(workplace: Path) -> None:
    done = clustering("promote", workplace / "trial", "--by", "tester", "--reason", "first study")
    assert done.returncode == 0, done.stderr
    out = workplace / "champion.csv"
    done = clustering(
        "score", workplace / "needs", "--model", "models:/account-segments@champion",
        "--as-of", "2025-06-30", "--out", out,
        env={**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{workplace / 'mlflow.db'}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(out)) == results.read(workplace / "trial").document.n_accounts


def test_names_stay_out_of_the_tracking_store(workplace: Path) -> None:
    names = [name.encode() for name in results.read(workplace / "trial").names.dropna()[:50]]
    stores = [workplace / "mlflow.db", *(workplace / "mlartifacts").rglob("*")]
    for file in stores:
        if file.is_file():
            content = file.read_bytes()
            assert [name for name in names if name in content] == [], file


_WITHOUT_REPORT = """
import sys
from pathlib import Path
from clustering.config import load_config
from clustering.study import run_study
run_study(load_config(sys.argv[1]), Path(sys.argv[2]))
"""


def test_the_order_of_rows_and_the_threads_change_nothing(workplace: Path) -> None:
    shuffled = workplace / "shuffled"
    shuffled.mkdir()
    for file in (workplace / "needs").glob("*.parquet"):
        frame = pd.read_parquet(file)
        frame.sample(frac=1, random_state=5).to_parquet(shuffled / file.name, index=False)
    threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    elsewhere = workplace / "elsewhere"
    elsewhere.mkdir()  # a study of another name has segments of other ids
    (workplace / "again").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_REPORT, configured(elsewhere, shuffled),
         workplace / "again"],
        env={**os.environ, **threads}, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first = results.read(workplace / "trial")
    again = results.read(workplace / "again")
    pd.testing.assert_frame_equal(first.accounts, again.accounts)
    assert first.document.evidence == again.document.evidence
    assert first.document.provenance.inputs == again.document.provenance.inputs


def test_a_killed_run_leaves_the_earlier_study_untouched(workplace: Path) -> None:
    before = (workplace / "trial" / "study.json").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "clustering.cli", "study", str(workplace / "trial.toml"),
         "--no-track", "--out", str(workplace / "trial")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(workplace.glob(".trial.partial-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (workplace / "trial" / "study.json").read_bytes() == before
    assert results.read(workplace / "trial").document.n_clusters == 4


def test_a_full_disk_leaves_the_earlier_study_and_one_message(workplace: Path) -> None:
    before = (workplace / "trial" / "study.json").read_bytes()

    def almost_full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = clustering(
        "study", workplace / "trial.toml", "--no-track", "--out", workplace / "trial",
        *QUICK, preexec_fn=almost_full,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "File too large" in done.stderr
    assert (workplace / "trial" / "study.json").read_bytes() == before
    assert list(workplace.glob(".trial.partial-*")) == []


@pytest.mark.parametrize("scenario", ["none", "one_feature"])
def test_where_nothing_was_planted_nothing_is_found(tmp_path: Path, scenario: str) -> None:
    write_book(simulate(scenario, 600, seed=5), tmp_path / "book")
    evidence = Run(load_config(configured(tmp_path, tmp_path / "book"))).evidence
    assert evidence.verdict in ("reproducible", "constructive")
    assert evidence.n_clusters == 1


def test_a_study_that_finds_nothing_says_so_on_its_pages(tmp_path: Path) -> None:
    write_book(simulate("none", 250, seed=5), tmp_path / "book")
    done = clustering(
        *("study", configured(tmp_path, tmp_path / "book"), "--no-track"),
        *("--out", tmp_path / "trial", *QUICK),
    )
    assert done.returncode == 0, done.stderr
    document = results.read(tmp_path / "trial").document
    assert document.verdict in ("reproducible", "constructive")
    assert document.group_word.plural == "bands"
    pages = rendered_texts(tmp_path / "trial" / "report")
    assert "No natural clusters" in pages["4_leadership"]
    assert faults(results.read(tmp_path / "trial"), pages) == []
    assert json.loads((tmp_path / "trial" / "study.json").read_text())["n_clusters"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"as_of": "2031-01-01"}, "as_of"),
        ({"evidence.smallest_segment": "400"}, "Give more accounts"),
        ({"source.folder": "nowhere"}, "nowhere"),
    ],
)
def test_a_fault_of_the_input_is_one_message_and_leaves_nothing(
    workplace: Path, tmp_path: Path, change: dict[str, str], message: str
) -> None:
    settings = [part for key, value in change.items() for part in ("--set", f"{key}={value}")]
    done = clustering("study", workplace / "trial.toml", "--out", tmp_path / "new", *settings)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
