"""The report in a headless Chromium: no error, no network, keyboard, alternative text."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clustering.report.build import pages

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FILES = [pages.INDEX, *(page.file for page in pages.PAGES)]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no Chromium with its driver"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1366,768",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=str(DRIVER))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def requests(browser: Any) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


@pytest.mark.parametrize("file", FILES)
def test_no_console_error_and_no_network(browser: Any, rendered_study: Path, file: str) -> None:
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get((rendered_study / "report" / file).as_uri())
    assert browser.get_log("browser") == []
    asked = requests(browser)
    assert any(url.endswith(file) for url in asked)
    assert [url for url in asked if not url.startswith(("file:", "data:", "chrome:"))] == []


SETTINGS = """
name = "moving"
as_of = 2025-06-30
seed = 3
source.folder = "{book}"
models.algorithms = ["kmeans"]
models.k_max = 4
models.n_init = 5
evidence.nulls = 19
evidence.resamples = 10
evidence.smallest_segment = 10
comparison.bootstrap = 100
comparison.permutations = 99
comparison.refits = 0
"""


@pytest.fixture(scope="module")
def moved_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real study of a book whose accounts move, with its report: page 6 has all its pictures."""
    from clustering.config import load_config
    from clustering.report import render
    from clustering.simulation import simulate, write_book
    from clustering.study import run_study

    root = tmp_path_factory.mktemp("moving")
    write_book(simulate("moving", 220, seed=3), root / "book")
    toml = root / "moving.toml"
    toml.write_text(SETTINGS.format(book=root / "book"), encoding="utf-8")
    folder = root / "study"
    folder.mkdir()
    run_study(load_config(toml), folder)
    render(folder)
    return folder


def check_pictures(browser: Any, page: Path) -> int:
    """Every picture of a page has loaded, has words and fits; how many there are."""
    browser.get(page.as_uri())
    pictures = browser.execute_script(
        "return [...document.images].map(i => [i.naturalWidth, i.alt, i.clientWidth])"
    )
    for natural, alt, shown in pictures:
        assert natural > 0
        assert len(alt) > 40
        assert shown <= 1000
    return len(pictures)


@pytest.mark.parametrize("file", FILES)
def test_pictures_have_loaded_and_have_words(browser: Any, rendered_study: Path, file: str) -> None:
    found = check_pictures(browser, rendered_study / "report" / file)
    # That study is of one date: its page on movement says so instead of showing pictures.
    assert found or file in {pages.INDEX, "6_movement.html"}


def test_the_page_on_movement_shows_its_pictures(browser: Any, moved_study: Path) -> None:
    assert check_pictures(browser, moved_study / "report" / "6_movement.html") >= 4


def test_the_page_of_a_monitor_works_alone(browser: Any, tmp_path: Path) -> None:
    from clustering.monitor.files import PAGE, write_monitoring
    from monitor_results import monitored

    write_monitoring(monitored(), tmp_path / "out")
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get_log("browser")
    assert check_pictures(browser, tmp_path / "out" / PAGE) == 1
    assert browser.get_log("browser") == []
    asked = requests(browser)
    assert [url for url in asked if not url.startswith(("file:", "data:", "chrome:"))] == []
    for width in (480, 1366):
        browser.set_window_size(width, 768)
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert browser.execute_script(f"return {overflow}") <= 0


@pytest.mark.parametrize("file", FILES)
def test_the_keyboard_reaches_every_link(browser: Any, rendered_study: Path, file: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get((rendered_study / "report" / file).as_uri())
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('a[href], [tabindex=\"0\"]')].length"
    )
    reached = set()
    for _ in range(wanted):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        active = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
        reached.add(browser.execute_script(f"return {active}"))
    assert len(reached) == wanted
    assert wanted >= len(FILES)


@pytest.mark.parametrize("width", [1366, 480])
def test_nothing_is_wider_than_the_window(browser: Any, rendered_study: Path, width: int) -> None:
    browser.set_window_size(width, 768)
    for file in FILES:
        browser.get((rendered_study / "report" / file).as_uri())
        overflow = browser.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, file
    browser.set_window_size(1366, 768)


def test_a_hostile_name_does_nothing_but_show(browser: Any, rendered_study: Path) -> None:
    browser.get((rendered_study / "report" / "4_leadership.html").as_uri())
    text = browser.find_element("tag name", "main").text
    assert "<script>alert(1)</script>" in text
    assert "</span><img src=x onerror=alert(2)>" in text
    assert browser.execute_script("return document.querySelectorAll('script').length") == 0
