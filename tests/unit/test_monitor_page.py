"""The page and files of a monitor: the decision first, what is not known said, names escaped."""

import json
import re
from itertools import pairwise

import pandas as pd
import pytest

from clustering.errors import OutputError
from clustering.monitor.files import check_folder, write_monitoring
from clustering.monitor.page import monitor_page
from monitor_results import monitored, nothing_known


def test_the_page_says_the_decision_first_and_works_offline():
    page = monitor_page(monitored())
    assert page.index("Cut the accounts again</h1>") < page.index("Accounts moved.")
    assert page.count("<table>") == 5
    assert re.findall(r'<img [^>]*alt="([^"]+)"', page)[0].startswith("2 features have drifted")
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<nav" not in page


def test_what_is_not_known_is_said_and_not_shown():
    page = monitor_page(nothing_known())
    assert "<h2>Not known</h2><ul><li>&#x27;usage&#x27; begins too late." in page.replace("\n", "")
    assert page.count("<table>") == 1
    assert "Energy distance" not in page


@pytest.mark.parametrize(
    ("then", "today", "shown"),
    [
        (3.34e-6, 0.0152, ("0", "0.0152")),
        (3.34e-6, -0.00002, ("0", "0")),
        (0.75, 0.794118, ("0.75", "0.794")),
        (31_321.4, 4.0, ("31,321", "4")),
        (float("nan"), 9.829, ("–", "9.83")),
        (0.0, float("nan"), ("0", "–")),
    ],
)
def test_both_medians_have_the_decimals_of_the_larger(then, today, shown):
    found = monitored()
    for name, value in (("median_first", then), ("median_last", today)):
        found.frames["drift"][name] = value
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", monitor_page(found))
    assert shown in [*pairwise(cells)]


def test_names_are_text():
    page = monitor_page(monitored("<script>alert(1)</script>"))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_spreadsheet_runs_no_cell(tmp_path):
    write_monitoring(monitored("=cmd()"), tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "segments.csv")["segment_name"].tolist() == ["'=cmd()"]
    assert json.loads((tmp_path / "out" / "monitor.json").read_text())["study"] == "=cmd()"


def test_tables_that_are_no_longer_known_do_not_stay(tmp_path):
    write_monitoring(monitored(), tmp_path / "out")
    write_monitoring(nothing_known(), tmp_path / "out")
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"monitor.html", "monitor.json", "segments.csv"}


def test_a_result_that_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write_monitoring(monitored(), out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OutputError, match=r"No space left on device\. What was there is untouched"):
        write_monitoring(nothing_known(), out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "plan.txt").write_text("ours")
    with pytest.raises(OutputError, match=r"holds no monitor\.json, so it is not replaced"):
        check_folder(tmp_path)
    with pytest.raises(OutputError, match="is a file; name a folder"):
        check_folder(tmp_path / "plan.txt")
    check_folder(tmp_path / "new")
