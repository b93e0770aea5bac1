"""The report printed by a real Chromium: whole, few sheets, no heading left behind, no address."""

import re
from pathlib import Path

import pytest

from browsers import CHROMIUM, DRIVER, started
from clustering.errors import OutputError
from clustering.report.build import printed
from clustering.report.build.pages import INDEX, PAGES
from clustering.report.build.render import WITHOUT_NAMES
from report_pages import sheets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

#: Points of the sheet (A4): its margin below, and two lines of text.
MARGIN, TWO_LINES = 42, 24


@pytest.fixture(scope="module")
def pages(rendered_study: Path) -> dict[str, str]:
    folder = rendered_study / "report"
    files = [INDEX, *(page.file for page in PAGES)]
    return {file: (folder / file).read_text(encoding="utf-8") for file in files}


@pytest.fixture(scope="module")
def papers(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("papers")
    printed.print_papers(pages, folder, printed.chromium())
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def headings(pdf: bytes) -> dict[str, float]:
    """Every heading of the outline, and how high it stands on its sheet, in points."""
    found = re.findall(rb"/Title \((.*?)\)\n/Dest \[\d+ 0 R /XYZ [\d.]+ ([\d.]+)", pdf)
    return {title.decode("latin-1"): float(height) for title, height in found}


def test_leadership_gets_at_most_twelve_sheets(papers: dict[str, bytes]) -> None:
    assert 3 < sheets(papers["leadership.pdf"]) <= 12
    assert sheets(papers["report.pdf"]) > sheets(papers["leadership.pdf"])


@pytest.mark.parametrize("file", ["leadership.pdf", "report.pdf"])
def test_every_heading_is_there_and_none_is_left_behind(
    papers: dict[str, bytes], pages: dict[str, str], file: str
) -> None:
    found = headings(papers[file])
    held = next(paper.pages for paper in printed.PAPERS if paper.file == file)
    for page in held:
        for heading in re.findall(r"<h[12]>([\w ]+)</h[12]>", pages[page]):
            assert heading in found
    assert min(found.values()) > MARGIN + TWO_LINES


def test_a_pdf_holds_no_address(papers: dict[str, bytes], rendered_study: Path) -> None:
    for pdf in papers.values():
        assert b"/URI" not in pdf
        assert b"file:" not in pdf
        assert str(rendered_study).encode() not in pdf


def test_links_lead_within_the_pdf_or_are_text(pages: dict[str, str]) -> None:
    whole = printed.bound(pages, printed.PAPERS[1])
    links = set(re.findall(r'<a\b[^>]*href="([^"]*)"', whole))
    assert "#5_plan.html" in links
    assert links <= {f"#{file}" for file in pages}
    assert all(f'id="{link[1:]}"' in whole for link in links)
    assert re.sub(r"<[^>]+>", "", whole).count("A-00000") == sum(
        re.sub(r"<[^>]+>", "", page).count("A-00000") for page in pages.values()
    )


@pytest.mark.skipif(DRIVER is None, reason="no driver of Chromium")
def test_nothing_is_wider_than_the_sheet(pages: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(printed.bound(pages, printed.PAPERS[1]), encoding="utf-8")
    driver = started(tmp_path / "profile", {})
    try:
        sheet = {"width": 688, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sheet)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        driver.get((tmp_path / "page.html").as_uri())
        wide = driver.execute_script(
            "return [...document.querySelectorAll('main *')]"
            ".filter(e => e.getBoundingClientRect().right > 689)"
            ".map(e => e.tagName + ' ' + e.textContent.slice(0, 60))"
        )
        hidden = driver.execute_script(
            "return [...document.querySelectorAll('details li')]"
            ".filter(e => e.getBoundingClientRect().height == 0).length"
        )
    finally:
        driver.quit()
    assert wide == []
    assert hidden == 0


def test_without_chromium_one_message_says_what_to_install(
    rendered_study: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from clustering.report import render

    monkeypatch.setenv("PATH", str(tmp_path))
    before = (rendered_study / "report" / INDEX).read_bytes()
    with pytest.raises(OutputError, match=r"none of chromium, .* is on the PATH\. Install"):
        render(rendered_study, pdf=True)
    assert (rendered_study / "report" / INDEX).read_bytes() == before
    assert (rendered_study / "report" / WITHOUT_NAMES / INDEX).is_file()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 0", "made no PDF"),
        ("echo it broke >&2; exit 3", "ended with status 3: it broke"),
        ("sleep 60", "was not done after 0.2 seconds"),
    ],
)
def test_a_chromium_that_fails_is_one_message(
    pages: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    message: str,
) -> None:
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    if script.startswith("sleep"):
        monkeypatch.setattr(printed, "_PATIENCE", 0.2)
    with pytest.raises(OutputError, match=message):
        printed.print_papers(pages, tmp_path, str(program))
