"""Generated pages are current, and what the others tell people to run is safe."""

import re
from pathlib import Path

import pytest

from clustering.documentation import PAGES, render

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_current(page: str) -> None:
    found = (DOCS / page).read_text(encoding="utf-8")
    assert found == render(page), "run: make docs"


@pytest.mark.parametrize("page", [*sorted(DOCS.glob("*.md")), ROOT / "README.md"])
def test_every_server_that_is_started_listens_to_this_machine_alone(page: Path) -> None:
    starting = re.findall(
        r"(?:mlflow (?:ui|server|models serve)|jupyter|uvicorn|gunicorn) -[^`\n]*",
        page.read_text(encoding="utf-8"),
    )
    assert all("--host 127.0.0.1" in command for command in starting), starting
