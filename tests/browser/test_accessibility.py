"""Every page of a report by the rules of axe-core: on a light and a dark screen, and on paper."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from browsers import CHROMIUM, DRIVER, started
from clustering import results
from clustering.report.build import pages
from clustering.report.kit.names import account_anchor

pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no Chromium with its driver"),
]

MEDIA = {
    "light": {"media": "screen", "features": [{"name": "prefers-color-scheme", "value": "light"}]},
    "dark": {"media": "screen", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    "paper": {"media": "print", "features": []},
}

#: What a reader may open is open; every rule of axe-core is asked.
OPEN = "document.querySelectorAll('details').forEach(fold => { fold.open = true })"
ASK = """
const done = arguments[arguments.length - 1];
axe.run({resultTypes: ["violations"]}).then(
  found => done(found.violations.map(one => [one.id, one.help, one.nodes.map(n => n.html)])),
  fault => done([["axe", String(fault), []]]));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    driver = started(tmp_path_factory.mktemp("profile"), {})
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


def violations(browser: Any, address: str) -> dict[str, list[Any]]:
    """What axe-core finds on a page, by the medium on which it does."""
    browser.get("about:blank")
    browser.get(address)
    browser.execute_script(OPEN)
    browser.execute_script(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found = {}
    for name, medium in MEDIA.items():
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", medium)
        if told := browser.execute_async_script(ASK):
            found[name] = told
    return found


@pytest.mark.parametrize("file", [pages.INDEX, *(page.file for page in pages.LISTED)])
def test_axe_finds_nothing(browser: Any, rendered_study: Path, file: str) -> None:
    address = (rendered_study / "report" / file).as_uri()
    if file == pages.EXPLORER.file:
        # The page of one account is the same page, with that account open.
        account = results.read(rendered_study).accounts["account_id"].iloc[0]
        address += account_anchor(str(account))
    found = violations(browser, address)
    assert found == {}, json.dumps(found, indent=1)[:3000]


def test_what_is_wrong_would_be_found(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<title>a</title><main><img src='data:,'><p style='color:#999'>b</p></main>")
    rules = {rule for told in violations(browser, page.as_uri()).values() for rule, *_ in told}
    assert {"html-has-lang", "image-alt"} <= rules
