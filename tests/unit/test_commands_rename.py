"""`clustering rename`: a person's name for a segment, in the folder and in what follows."""

import os
import shutil
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from clustering import cli, results
from clustering.config import StudyConfig
from clustering.errors import BadInputError, OutputError, StudyFolderError
from clustering.movement.overrides.file import read_overrides
from clustering.movement.succession.renames import LONGEST_NAME, given_names, name_breaches
from clustering.results.folder import DOCUMENT
from clustering.scorer import Scorer
from clustering.scorer.segment_ids import SegmentNames
from clustering.tables.contract import SEGMENT_NAMES
from study_folders import Recipe, add_report, add_scorer, build_study

WHO = ("--by", "Kim", "--reason", "what we say")


@pytest.fixture(scope="module")
def app():
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = build_study(tmp_path_factory.mktemp("finished") / "simulated", Recipe())
    add_scorer(folder)
    add_report(folder)
    return folder


@pytest.fixture
def study(finished, tmp_path):
    """A study with a scorer, whose source is a folder of its own."""
    folder = tmp_path / "simulated"
    shutil.copytree(finished, folder)
    (tmp_path / "source").mkdir()
    document = results.read(folder).document
    config = StudyConfig(
        name="simulated", as_of=document.as_of, source={"folder": tmp_path / "source"}
    )
    changed = document.model_copy(update={"configuration": config.model_dump(mode="json")})
    (folder / DOCUMENT).write_text(changed.model_dump_json(), encoding="utf-8")
    return folder


def run(app, *arguments):
    result = CliRunner().invoke(app, ["rename", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def content(folder):
    return {
        file.relative_to(folder): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_name_is_everywhere_in_the_folder_and_nothing_else_has_changed(app, study):
    before = results.read(study)
    tables = {
        one.name: before.table(one.name) for one in results.TABLES if before.has_table(one.name)
    }
    first = before.document.segments[0]
    said = run(app, study, first.segment_id, "our best", *WHO).stdout
    assert f"Segment {first.segment_id} is called 'our best' instead of '{first.name}'" in said
    assert "until it is rendered again: clustering report" in said
    assert "recorded or registered before keep the old name" in said
    after = results.read(study)
    assert after.document.segments[0].name == "our best"
    assert after.document.segments[1:] == before.document.segments[1:]
    assert after.document.labellings[0].levels[0] == "our best"
    assert after.document.features == before.document.features
    for name, former in tables.items():
        frame = after.table(name)
        texts = frame.select_dtypes("string")
        assert not texts.isin([first.name]).any().any(), name
        quoted = texts.apply(lambda column: column.str.contains(f"'{first.name}'", regex=False))
        assert not quoted.any().any(), name
        for column in frame:
            if column in texts:
                back = frame[column].str.replace("our best", first.name, regex=False)
                assert back.equals(former[column]), (name, column)
            else:
                assert frame[column].astype(str).equals(former[column].astype(str))
    scorer = Scorer.load(study / "scorer")
    assert scorer.segment_names[0] == "our best"
    assert [(one.segment_id, one.name) for one in scorer.former_names] == [
        (first.segment_id, first.name)
    ]
    assert (study / "report" / "without_names" / "index.html").exists()
    assert {path.name for path in study.parent.iterdir()} == {"simulated", "source"}


def test_the_decision_is_kept_beside_the_source_and_holds_in_studies_that_follow(app, study):
    segments = results.read(study).document.segments
    run(app, study, segments[1].name, "second", *WHO)
    run(app, study, segments[1].segment_id, "third", *WHO)
    file = study.parent / "source" / "segment_names.csv"
    kept = read_overrides(file, table=SEGMENT_NAMES)
    assert kept["name"].tolist() == ["second", "third"]
    assert kept["decided_by"].tolist() == ["Kim"] * 2
    config = StudyConfig.model_validate(results.read(study).document.configuration)
    assert given_names(config) == {segments[1].segment_id: "third"}
    assert Scorer.load(study / "scorer").called.name_of("second") == "third"
    assert Scorer.load(study / "scorer").called.name_of(segments[1].name) == "third"


def test_a_name_may_be_taken_back(app, study):
    segment = results.read(study).document.segments[2]
    run(app, study, segment.segment_id, "for a day", *WHO)
    run(app, study, segment.segment_id, segment.name, *WHO)
    assert results.read(study).document.segments[2] == segment
    said = run(app, study, segment.segment_id, segment.name, *WHO).stdout
    assert "already; nothing was changed" in said


BAD = {
    "": "the name is empty",
    "   ": "the name is empty",
    "x" * (LONGEST_NAME + 1): f"has {LONGEST_NAME + 1} characters; at most {LONGEST_NAME}",
    "two\nlines": "holds a character that cannot be printed",
    "bell\a": "holds a character that cannot be printed",
    "turned\u202eround": "holds a character that cannot be printed",
    "=cmd()": "begins with '=', which a spreadsheet would run",
    "@sum": "begins with '@'",
    "S-7K3QXM": "begins like an id",
    "2": "is a number, which stands for a segment by its place",
}


@pytest.mark.parametrize(("name", "words"), BAD.items())
def test_what_cannot_be_a_name_is_refused_and_nothing_is_written(app, study, name, words):
    segment = results.read(study).document.segments[0]
    before = content(study.parent)
    with pytest.raises(BadInputError, match="was not renamed") as error:
        run(app, study, segment.segment_id, name, *WHO)
    assert words in str(error.value)
    assert content(study.parent) == before


def test_a_name_stands_for_one_segment_alone(app, study):
    first, second, _ = results.read(study).document.segments
    with pytest.raises(BadInputError, match=f"stands for {second.segment_id} already"):
        run(app, study, first.segment_id, second.name.upper(), *WHO)
    run(app, study, second.segment_id, "renamed", *WHO)
    with pytest.raises(BadInputError, match=f"stands for {second.segment_id} already"):
        run(app, study, first.segment_id, second.name, *WHO)  # decisions may still name it


def test_a_segment_that_is_not_there_is_named_with_those_that_are(app, study):
    with pytest.raises(BadInputError) as error:
        run(app, study, "S-000000", "ours", *WHO)
    assert "there is no segment 'S-000000'. The segments are 'late on milestones" in str(
        error.value
    )
    with pytest.raises(StudyFolderError, match="is not a finished study"):
        run(app, study.parent / "nothing", "S-000000", "ours", *WHO)


def test_who_and_why_have_no_default_and_are_checked(app, study):
    segment = results.read(study).document.segments[0]
    assert run(app, study, segment.segment_id, "ours", "--by", "Kim").exit_code == 2
    with pytest.raises(BadInputError) as error:
        run(app, study, segment.segment_id, "ours", "--by", " ", "--reason", "=1")
    assert "decided_by is empty" in str(error.value)
    assert "reason begins with '='" in str(error.value)


def test_the_names_are_not_written_over_an_input_of_the_study(app, study):
    source = study.parent / "source" / "accounts.csv"
    source.write_text("account_id\n")
    segment = results.read(study).document.segments[0]
    with pytest.raises(OutputError, match="is an input of this command"):
        run(app, study, segment.segment_id, "ours", *WHO, "--file", source)
    assert source.read_text() == "account_id\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_one_message(app, study):
    segment = results.read(study).document.segments[0]
    (study.parent / "source").chmod(0o500)
    with pytest.raises(OutputError):
        run(app, study, segment.segment_id, "ours", *WHO)
    (study.parent / "source").chmod(0o700)
    assert results.read(study).document.segments[0] == segment


def test_a_file_of_names_that_contradicts_itself_is_one_message(study):
    file = study.parent / "source" / "segment_names.csv"
    head = "segment_id,name,decided_by,reason,decided_on\n"
    rows = ["S-000001,ours,me,why,2025-01-01", "S-000002,OURS,me,why,2025-01-01",
            "nobody,x,me,why,2025-01-01", "S-000003,3,me,why,2025-01-01",
            "S-000004,old,me,why,2025-01-01"]  # fmt: skip
    file.write_text(head + "\n".join(rows) + "\n")
    config = StudyConfig.model_validate(results.read(study).document.configuration)
    with pytest.raises(BadInputError) as error:
        given_names(config, SegmentNames(("S-000009",), ("old",)))
    told = str(error.value)
    assert "(4 breaches)" in told
    assert "'ours' stands for S-000001 already; S-000002 needs another name" in told
    assert "'nobody' is no id of a segment" in told
    assert "the name '3' is a number" in told
    assert "'old' stands for S-000009 already; S-000004 needs another name" in told


def test_automatic_names_can_be_names(study):
    scorer = Scorer.load(study / "scorer")
    assert not [breach for name in scorer.segment_names for breach in name_breaches(name)]
    assert replace(scorer).called.name_of(scorer.segment_names[0]) == scorer.segment_names[0]


@pytest.mark.parametrize("name", ["second", "segment", "natural", "churned", "arr_tiers", "smb"])
def test_a_name_that_is_also_a_word_of_the_study_changes_nothing_else(app, study, name):
    """Renamed to such a word and back, the study is what it was."""
    before = results.read(study)
    accounts, crosswalk = before.table("accounts"), before.table("crosswalk")
    segment = before.document.segments[0]
    run(app, study, segment.segment_id, name, *WHO)
    run(app, study, segment.segment_id, segment.name, *WHO)
    after = results.read(study)
    assert after.document == before.document
    assert after.table("accounts").equals(accounts)
    assert after.table("crosswalk").equals(crosswalk)
