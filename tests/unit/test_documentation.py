"""Generated pages are current."""

from pathlib import Path

import pytest

from clustering.documentation import PAGES, render

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_current(page: str) -> None:
    found = (DOCS / page).read_text(encoding="utf-8")
    assert found == render(page), "run: make docs"
