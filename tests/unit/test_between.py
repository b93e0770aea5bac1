"""Two studies compared: what is said, what is written, and what cannot be said."""

import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from clustering import results
from clustering.between import Compared, compare_studies
from clustering.cli import _register, app
from clustering.errors import OutputError, StudyFolderError
from clustering.report.words import recommendation
from study_folders import Recipe, build_study

DOCS = Path(__file__).parents[2] / "docs"
NOTHING = "Nothing changed"
LOOSE = "do not come back reliably"


@cache
def _registered() -> bool:
    _register()
    return True


def run(*arguments: Any) -> str:
    _registered()
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def compared(first: Path, second: Path) -> Compared:
    return compare_studies(results.read(first), results.read(second))


def said(found: Compared) -> str:
    return "\n".join(text for texts in found.found.sentences.values() for text in texts)


def twin(
    study: Path, place: Path, change: Callable[[pd.DataFrame, dict[str, Any]], pd.DataFrame]
) -> Path:
    """A copy of a study with other accounts; `change` gives them, and may change the document."""
    shutil.copytree(study, place)
    document = json.loads((place / "study.json").read_text(encoding="utf-8"))
    accounts = change(pd.read_parquet(place / "accounts.parquet"), document)
    accounts.to_parquet(place / "accounts.parquet", index=False)
    (place / "study.json").write_text(json.dumps(document), encoding="utf-8")
    return place


def into(accounts: pd.DataFrame, rows: pd.Index, segment: int, document: dict[str, Any]) -> None:
    accounts.loc[rows, "segment"] = segment
    accounts.loc[rows, "segment_name"] = document["segments"][segment]["name"]
    accounts.loc[rows, "segment_id"] = document["segments"][segment]["segment_id"]


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_study(tmp_path_factory.mktemp("studies") / "spring")


def test_a_study_beside_itself_has_not_changed(spring: Path, tmp_path: Path) -> None:
    told = run(spring, spring, "--out", tmp_path / "changes")
    assert NOTHING in told
    assert "What it comes from" not in told
    found = json.loads((tmp_path / "changes" / "compare.json").read_text(encoding="utf-8"))
    assert found["nothing_changed"] is True
    assert found["accounts"]["n_stayed"] == found["accounts"]["n_both"] == 240
    assert found["accounts"]["ami"] == pytest.approx(1)
    table = pd.read_csv(tmp_path / "changes" / "accounts.csv")
    assert list(table.columns[:3]) == ["account_id", "name", "what"]
    assert table.empty


def test_accounts_that_moved_are_listed_with_their_money(spring: Path, tmp_path: Path) -> None:
    moved: list[str] = []
    worth: list[float] = []

    def change(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        rows = accounts.index[accounts["segment"] == 0][:7]
        into(accounts, rows, 1, document)
        moved.extend(accounts.loc[rows, "account_id"])
        worth.append(accounts.loc[rows, "arr"].sum())
        gone = accounts.index[accounts["segment"] == 2][:3]
        document["as_of"] = "2025-09-30"
        document["configuration"]["as_of"] = "2025-09-30"
        return accounts.drop(index=gone)

    found = compared(spring, twin(spring, tmp_path / "summer", change))
    entry = found.found.accounts
    assert (entry.n_moved, entry.n_recut, entry.n_come, entry.n_gone) == (7, 0, 0, 3)
    assert entry.amount_moved == pytest.approx(worth[0])
    listed = found.accounts.set_index("account_id")["what"]
    assert sorted(listed.index[listed == "moved"]) == sorted(moved)
    assert {one.fate for one in found.found.segments} == {"survived"}
    assert not found.found.nothing_changed
    assert "7 accounts moved out of a segment that goes on without them" in said(found)
    assert "The studies differ in date alone" in said(found)
    assert "run the second study with --previous" in said(found)


def test_a_segment_that_was_absorbed_did_not_move_its_accounts(
    spring: Path, tmp_path: Path
) -> None:
    def change(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        into(accounts, accounts.index[accounts["segment"] == 2], 0, document)
        document["segments"] = document["segments"][:2]
        document["configuration"]["seed"] = 77
        return accounts

    second = twin(spring, tmp_path / "other", change)
    found, back = compared(spring, second), compared(second, spring)
    fates = {one.name: one.fate for one in found.found.segments}
    assert sorted(fates.values()) == ["absorbed", "survived", "survived"]
    assert found.found.accounts.n_moved == 0
    assert found.found.accounts.n_recut == (results.read(spring).accounts["segment"] == 2).sum()
    assert "was cut elsewhere, not they who moved" in said(found)
    assert "seed: 0, then 77." in found.found.sentences["Settings"]
    assert "differ in settings alone: all that changed comes from there" in said(found)
    assert [one.fate for one in back.found.segments].count("new") == 1


def test_another_configuration_is_told_by_what_it_found(spring: Path, tmp_path: Path) -> None:
    second = build_study(tmp_path / "two", Recipe(k=2, verdict="natural", n_features=7))
    found = compared(spring, second)
    verdict = found.found.sentences["Verdict"]
    assert [text.partition(":")[0] for text in verdict] == [
        "First (reproducible)",
        "Second (natural)",
    ]
    assert "No natural clusters" in verdict[0]
    out = {one.name for one in found.found.features if not one.is_in}
    assert out == {"engagement_hours_90d", "nps_latest"}
    assert recommendation(results.read(second)) in said(found)


def test_studies_without_a_common_account_are_not_followed(spring: Path, tmp_path: Path) -> None:
    def rename(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        return accounts.assign(account_id="B" + accounts["account_id"].astype(str))

    found = compared(spring, twin(spring, tmp_path / "others", rename))
    assert found.found.accounts.n_both == found.found.accounts.n_moved == 0
    assert found.found.segments == []
    assert "No account is in both studies" in said(found)
    assert set(found.accounts["what"]) == {"come", "gone"}
    assert not found.found.nothing_changed


def test_amounts_of_another_name_or_none_are_not_set_side_by_side(
    spring: Path, tmp_path: Path
) -> None:
    def rename(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        document["amount_name"] = "MRR"
        return accounts

    other = twin(spring, tmp_path / "mrr", rename)
    without = build_study(tmp_path / "none", Recipe(with_arr=False))
    assert "ARR in USD in the first study, MRR in USD in the second" in said(
        compared(spring, other)
    )
    found = compared(spring, without)
    assert found.found.second.amount is None
    assert "none in the second" in said(found)
    nothing = compared(without, without)
    assert nothing.found.accounts.amount_moved is None
    assert nothing.found.nothing_changed


@pytest.mark.parametrize(("verdict", "expected"), [("constructive", True), ("natural", False)])
def test_segments_that_do_not_come_back_are_not_read_as_moves(
    spring: Path, tmp_path: Path, verdict: str, expected: bool
) -> None:
    def judge(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        document["verdict"], document["segments_return"] = verdict, not expected
        return accounts

    def change(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        into(accounts, accounts.index[accounts["segment"] == 0][:7], 1, document)
        return accounts

    first = twin(spring, tmp_path / "first", judge)
    found = compared(first, twin(first, tmp_path / "second", change))
    assert (LOOSE in said(found)) is expected
    assert "somebody has renamed segments or decided about accounts" in said(found)


def test_one_segment_each_has_nothing_to_follow(tmp_path: Path) -> None:
    one = build_study(tmp_path / "one", Recipe(k=1, verdict="constructive"))
    found = compared(one, one)
    assert found.found.nothing_changed
    assert found.found.accounts.ami is None


def test_the_page_is_offline_escaped_and_has_names(spring: Path, tmp_path: Path) -> None:
    def change(accounts: pd.DataFrame, document: dict[str, Any]) -> pd.DataFrame:
        document["title"] = document["name"] = "<script>alert(1)</script>"
        rows = accounts.index[accounts["segment"] == 0][:60]
        into(accounts, rows, 1, document)
        accounts.loc[rows[0], "account_id"] = "=cmd()"
        return accounts

    second = twin(spring, tmp_path / "hostile", change)
    run(spring, second, "--out", tmp_path / "changes")
    page = (tmp_path / "changes" / "compare.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert "Company " in page
    assert "nan" not in re.sub(r"<[^>]*>", " ", page).split()
    assert "\n'=cmd()," in (tmp_path / "changes" / "accounts.csv").read_text(encoding="utf-8")


def test_what_must_not_be_written_over_is_refused(spring: Path, tmp_path: Path) -> None:
    before = sorted(spring.iterdir())
    with pytest.raises(OutputError, match="Nothing was written"):
        run(spring, spring, "--out", spring)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"is not empty and holds no compare\.json"):
        run(spring, spring, "--out", tmp_path / "mine")
    with pytest.raises(StudyFolderError, match="not a finished study"):
        run(spring, tmp_path / "nowhere")
    assert sorted(spring.iterdir()) == before


def test_the_commands_of_the_page_run(
    spring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("spring", "summer"):
        shutil.copytree(spring, tmp_path / "studies" / name)
    page = (DOCS / "compare.md").read_text(encoding="utf-8")
    lines = re.findall(r"^clustering compare (.*)$", page, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        assert NOTHING in run(*line.split())
    written = {f"changes/{file.name}" for file in (tmp_path / "changes").iterdir()}
    assert written == set(re.findall(r"`(changes/[\w.]+)`", page))
