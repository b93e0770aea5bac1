"""The report in a headless Chromium: no error, no network, keyboard, alternative text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from browsers import CHROMIUM, DRIVER, started
from clustering import results
from clustering.report.build import pages
from clustering.report.build.explorer import SHEET
from study_folders import HOSTILE_NAMES

FILES = [pages.INDEX, *(page.file for page in pages.LISTED)]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no Chromium with its driver"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    driver = started(tmp_path_factory.mktemp("profile"), {})
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
comparison.foldings = 1
movement.refits = 5
movement.permutations = 99
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
        assert 40 < len(alt) <= 300
        assert shown <= 1000
    return len(pictures)


@pytest.mark.parametrize("file", FILES)
def test_pictures_have_loaded_and_have_words(browser: Any, rendered_study: Path, file: str) -> None:
    found = check_pictures(browser, rendered_study / "report" / file)
    # That study is of one date: its page on movement says so instead of showing pictures.
    assert found or file in {pages.INDEX, pages.EXPLORER.file, "6_movement.html"}


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
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.get((rendered_study / "report" / file).as_uri())
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('a[href], [tabindex=\"0\"]')].length"
    )
    browser.execute_script(
        "window.reached = new Set(); addEventListener('focusin', e => window.reached.add(e.target))"
    )
    ActionChains(browser).send_keys(Keys.TAB * wanted).perform()
    assert browser.execute_script("return window.reached.size") == wanted
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
        rows = "[...document.querySelectorAll('tbody tr')].map(row => row.offsetHeight)"
        assert max(browser.execute_script(f"return {rows}"), default=0) < 200, file
    browser.set_window_size(1366, 768)


@pytest.mark.parametrize(("width", "last"), [(1200, ".actions"), (360, ".headlines")])
def test_the_answer_is_on_one_screen(
    browser: Any, rendered_study: Path, width: int, last: str
) -> None:
    # Headless Chromium gives no window below 500 pixels: the page is put into a frame of its size.
    page = (rendered_study / "report" / pages.INDEX).as_uri()
    frame = f"<iframe src='{page}' style='width:{width}px;height:800px;border:0'></iframe>"
    (rendered_study.parent / "frame.html").write_text(frame, encoding="utf-8")
    browser.set_window_size(1366, 900)
    browser.get((rendered_study.parent / "frame.html").as_uri())
    browser.switch_to.frame(0)
    bottom = browser.execute_script(
        f"return document.querySelector('{last}').getBoundingClientRect().bottom"
    )
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    browser.switch_to.default_content()
    browser.set_window_size(1366, 768)
    assert 200 < bottom <= 800
    assert wide <= width


def test_a_hostile_name_does_nothing_but_show(browser: Any, rendered_study: Path) -> None:
    browser.get((rendered_study / "report" / "4_leadership.html").as_uri())
    text = browser.find_element("tag name", "main").text
    assert "<script>alert(1)</script>" in text
    assert "</span><img src=x onerror=alert(2)>" in text
    assert browser.execute_script("return document.querySelectorAll('script').length") == 0


def test_the_explorer_searches_filters_and_sorts(browser: Any, rendered_study: Path) -> None:
    explorer = Explorer(browser, rendered_study)
    accounts = results.read(rendered_study).accounts
    amounts = [int(text.replace(",", "")) for text in explorer.column(1)]
    assert amounts == sorted(accounts["arr"].round(), reverse=True)[: len(amounts)]
    explorer.press("main thead th:nth-child(2) button")
    amounts = [int(text.replace(",", "")) for text in explorer.column(1)]
    assert amounts == sorted(accounts["arr"].round())[: len(amounts)]
    segment = accounts["segment_name"].iloc[0]
    explorer.choose("2", segment)
    assert set(explorer.column(2)) == {segment}
    inside = accounts["segment_name"] == segment
    assert explorer.count.startswith(f"{inside.sum()} of {len(accounts)} accounts")
    explorer.search("manager BETA")
    beta = inside & (accounts["csm"] == "Manager Beta")
    assert explorer.count.startswith(f"{beta.sum()} of")
    explorer.search("no such account")
    assert explorer.column(0) == []


def test_the_chosen_rows_are_saved_as_the_file_beside_the_page_has_them(
    browser: Any, rendered_study: Path, tmp_path: Path
) -> None:
    explorer = Explorer(browser, rendered_study)
    beside = pd.read_csv(rendered_study / "report" / SHEET)
    pd.testing.assert_frame_equal(explorer.saved(tmp_path / "all"), beside)
    assert (beside["name"] == '\'=cmd("calc")').sum() == 1
    explorer.search("Manager Beta")
    chosen = beside[beside["CSM"] == "Manager Beta"].reset_index(drop=True)
    pd.testing.assert_frame_equal(explorer.saved(tmp_path / "some"), chosen)


def test_an_account_has_an_address(browser: Any, rendered_study: Path) -> None:
    study = results.read(rendered_study)
    hostile = study.names[study.names == HOSTILE_NAMES[5]].index[0]
    explorer = Explorer(browser, rendered_study, f"#account-{hostile}")
    assert explorer.text("#one h2") == f"{HOSTILE_NAMES[5]} ({hostile})"
    assert browser.switch_to.active_element.get_attribute("id") == "one"
    reasons = study.table("reasons").set_index("account_id")
    assert reasons["why"][hostile] in explorer.text("#one dl")
    included = [feature for feature in study.document.features if feature.included]
    assert len(browser.find_elements("css selector", "#one tbody tr")) == len(included)
    explorer.search("(A-00003)")
    explorer.press('a[href="#account-A-00003"]')
    assert "(A-00003)" in explorer.text("#one h2")
    assert "A-00005" in explorer.text("#one dl")  # its champion
    browser.back()
    assert hostile in explorer.text("#one h2")
    assert browser.get_log("browser") == []


def test_the_map_names_its_points_and_leads_to_them(browser: Any, rendered_study: Path) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    explorer = Explorer(browser, rendered_study)
    explorer.press("#map-fold summary")
    accounts = results.read(rendered_study).accounts
    # A fold-out tells its script of the press a moment later.
    points = WebDriverWait(browser, 30).until(
        lambda page: page.find_elements("css selector", "#map path")
    )
    assert len(points) == len(accounts)
    title = points[-1].find_element("css selector", "title").get_attribute("textContent")
    name, segment = title.rsplit(": ", 1)
    browser.execute_script("arguments[0].dispatchEvent(new MouseEvent('click'))", points[-1])
    assert explorer.text("#one h2") == name
    account = name.rsplit("(", 1)[1].removesuffix(")")
    assert segment in set(accounts.loc[accounts["account_id"] == account, "segment_name"])


def test_the_explorer_runs_no_script_but_its_own(browser: Any, rendered_study: Path) -> None:
    Explorer(browser, rendered_study)
    add = "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; "
    browser.execute_script(add + "document.body.append(s)")
    assert browser.execute_script("return window.ran") is None
    browser.get_log("browser")


def test_the_explorer_is_a_whole_table_without_scripts(
    rendered_study: Path, tmp_path: Path
) -> None:
    study = results.read(rendered_study)
    off = {"profile.managed_default_content_settings.javascript": 2}
    driver = started(tmp_path / "profile", off)
    try:
        driver.get((rendered_study / "report" / pages.EXPLORER.file).as_uri())
        rows = driver.find_elements("css selector", "#accounts tbody tr")
        assert len(rows) == study.document.n_accounts
        assert rows[-1].is_displayed()
        long = study.names[study.names == "W" * 200].index[0]
        assert driver.find_element("id", f"account-{long}").size["height"] < 100
        assert not driver.find_element("id", "find").is_displayed()
    finally:
        driver.quit()


class Explorer:
    """The page of all accounts, as a reader uses it."""

    def __init__(self, browser: Any, study: Path, anchor: str = "") -> None:
        self.browser = browser
        browser.get("about:blank")
        browser.get((study / "report" / pages.EXPLORER.file).as_uri() + anchor)

    def text(self, selector: str) -> str:
        return str(self.browser.find_element("css selector", selector).text)

    def column(self, number: int) -> list[str]:
        cells = (
            "[...document.querySelectorAll('#accounts tbody tr')].map(r => r.cells[{}].innerText)"
        )
        found: list[str] = self.browser.execute_script(f"return {cells.format(number)}")
        return found

    @property
    def count(self) -> str:
        return self.text("#count")

    def press(self, selector: str) -> None:
        from selenium.webdriver.common.keys import Keys

        self.browser.find_element("css selector", selector).send_keys(Keys.ENTER)

    def choose(self, column: str, text: str) -> None:
        from selenium.webdriver.support.ui import Select

        Select(
            self.browser.find_element("css selector", f"select[data-column='{column}']")
        ).select_by_visible_text(text)

    def search(self, words: str) -> None:
        field = self.browser.find_element("id", "words")
        field.clear()
        field.send_keys(words)

    def saved(self, folder: Path) -> pd.DataFrame:
        from selenium.webdriver.support.ui import WebDriverWait

        folder.mkdir()
        where = {"behavior": "allow", "downloadPath": str(folder)}
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", where)
        self.press("#save")
        file = folder / "accounts_chosen.csv"
        WebDriverWait(self.browser, 10).until(lambda _: file.exists())
        return pd.read_csv(file)
