from datetime import date

import pandas as pd
import pytest
from typer.testing import CliRunner

from clustering import cli, results
from clustering.config import StudyConfig
from clustering.errors import BadInputError, StudyFolderError
from clustering.movement.overrides.file import read_overrides
from clustering.results.folder import DOCUMENT
from snapshots import book, scorer_of
from study_folders import Recipe, build_study


@pytest.fixture(scope="module")
def app():
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose source is a folder of its own, and the TOML file that names it."""
    root = tmp_path_factory.mktemp("studies")
    folder = build_study(root / "simulated", Recipe())
    source = root / "source"
    source.mkdir()
    document = results.read(folder).document
    config = StudyConfig(
        name="simulated",
        as_of=document.as_of,
        source={"folder": source},
        output={"folder": root},
    )
    changed = document.model_copy(update={"configuration": config.model_dump(mode="json")})
    (folder / DOCUMENT).write_text(changed.model_dump_json(), encoding="utf-8")
    toml = root / "simulated.toml"
    toml.write_text(
        f'name = "simulated"\nas_of = {document.as_of}\n[source]\nfolder = "source"\n'
        '[output]\nfolder = "."\n',
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def file(study):
    place = study.parent / "source" / "overrides.csv"
    place.unlink(missing_ok=True)
    return place


def run(app, *arguments):
    result = CliRunner().invoke(app, ["override", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


DETAILS = ("--by", "Kim", "--reason", "pilot", "--on", "2025-07-01", "--until", "2025-12-31")


def test_a_decision_is_set_listed_and_cleared(app, study, file):
    document = results.read(study).document
    segments = [segment.name for segment in document.segments]
    own = document.segments[1].segment_id
    set_ = run(app, "set", study, "A-00003", segments[1], *DETAILS)
    assert set_.exit_code == 0
    said = set_.stdout
    assert f"Account A-00003 is in '{segments[1]}' ({own}) from 2025-07-01 until 2025-12-31" in said
    assert f"Written to {file} (1 decision)." in said
    assert "a study or score as of 2025-07-01 or later respects it" in said
    listed = run(app, "list", study, "--as-of", "2025-08-01").stdout
    for words in ("A-00003", "Kim", "pilot", "in force", "1 in force"):
        assert words in listed
    assert "expired" in run(app, "list", study, "--as-of", "2026-01-01").stdout
    cleared = run(app, "clear", study, "A-00003", "--on", "2025-09-01").stdout
    assert "Account A-00003 is free from 2025-09-01" in cleared
    assert read_overrides(file)["valid_until"].dt.date.tolist() == [date(2025, 8, 31)]


def test_a_segment_may_be_given_by_its_number_and_the_study_by_its_toml(app, study, file):
    toml = study.parent / "simulated.toml"
    assert run(app, "set", toml, "A-00004", "2", *DETAILS).exit_code == 0
    segment = results.read(study).document.segments[2]
    assert read_overrides(file)["segment"].tolist() == [f"{segment.segment_id} {segment.name}"]


def test_a_segment_may_be_given_by_its_id(app, study, file):
    segment = results.read(study).document.segments[1]
    assert run(app, "set", study, "A-00004", segment.segment_id, *DETAILS).exit_code == 0
    assert read_overrides(file)["segment"].tolist() == [f"{segment.segment_id} {segment.name}"]


def test_another_file_may_be_named(app, study, file, tmp_path):
    other = tmp_path / "decisions.parquet"
    assert run(app, "set", study, "A-00004", "0", *DETAILS, "--file", other).exit_code == 0
    assert not file.exists()
    assert "1 in" in run(app, "list", study, "--file", other).stdout


def test_without_a_file_there_are_no_overrides(app, study, file):
    assert f"There are no overrides: there is no file {file}." in run(app, "list", study).stdout


def test_a_mistake_names_every_breach_and_writes_nothing(app, study, file):
    with pytest.raises(BadInputError) as error:
        run(app, "set", study, "nobody", "no such segment", *DETAILS)
    assert "account nobody: no such account among the 240 accounts" in str(error.value)
    assert "there is no segment 'no such segment'" in str(error.value)
    assert not file.exists()


@pytest.mark.parametrize("missing", ["--by", "--reason", "--on", "--until"])
def test_who_why_and_when_have_no_default(app, study, missing):
    place = DETAILS.index(missing)
    given = DETAILS[:place] + DETAILS[place + 2 :]
    assert run(app, "set", study, "A-00003", "0", *given).exit_code == 2


def test_a_study_that_has_not_run_is_an_error(app, tmp_path):
    toml = tmp_path / "new.toml"
    toml.write_text('name = "new"\nas_of = 2025-06-30\n[source]\nfolder = "."\n', encoding="utf-8")
    with pytest.raises(StudyFolderError, match="Run: clustering study"):
        run(app, "list", toml)


@pytest.fixture
def scored(app, tmp_path):
    """Scores of a feature file with a file of overrides."""
    snapshot = book(n=60)
    scorer = scorer_of(snapshot, k=2)
    scorer.save(tmp_path / "scorer")
    snapshot.frame.to_csv(tmp_path / "features.csv")

    def score(rows, as_of="2025-06-30"):
        header = "account_id,segment,decided_by,reason,decided_on,valid_until\n"
        (tmp_path / "o.csv").write_text(header + "".join(rows), encoding="utf-8")
        arguments = [
            "score", str(tmp_path / "features.csv"), "--model", str(tmp_path / "scorer"),
            "--as-of", as_of, "--out", str(tmp_path / "s.parquet"),
            "--overrides", str(tmp_path / "o.csv"),
        ]  # fmt: skip
        result = CliRunner().invoke(app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout, pd.read_parquet(tmp_path / "s.parquet").set_index("account_id")

    return scorer.segment_names, score


def test_a_score_respects_an_override_and_shows_the_models_answer(scored):
    names, score = scored
    rows = [
        f'a0000,"{names[0]}",Kim,pilot,2025-01-01,2025-12-31\n',
        f'a0001,"{names[1]}",Kim,pilot,2025-01-01,2025-12-31\n',
        f'elsewhere,"{names[1]}",Kim,pilot,2025-01-01,2025-12-31\n',
    ]
    said, scores = score(rows)
    assert scores.loc[["a0000", "a0001"], "assigned_segment"].tolist() == list(names)
    against = int((scores["assigned_segment"] != scores["segment_name"]).sum())
    assert f"Decided by people: 2, {against} of them against the model" in said
    assert scores.loc["a0000", "override_reason"] == "pilot"
    assert scores["override_by"].notna().sum() == 2


def test_an_expired_override_is_dropped_from_a_score(scored):
    names, score = scored
    said, scores = score([f'a0000,"{names[0]}",Kim,pilot,2024-01-01,2024-12-31\n'])
    assert "Decided by people" not in said
    assert (scores["assigned_segment"] == scores["segment_name"]).all()


def test_an_override_of_a_segment_that_the_model_does_not_have_is_refused(scored):
    _, score = scored
    with pytest.raises(BadInputError, match="there is no segment 'gone'"):
        score(["a0000,gone,Kim,pilot,2025-01-01,2025-12-31\n"])
