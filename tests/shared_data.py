"""Where the data sets and reference values made by others stand: beside the project, or named."""

import os
from pathlib import Path

import pytest

__all__ = ["SHARED", "shared_folder"]

SHARED = Path(os.environ.get("CLUSTERING_SHARED", Path(__file__).parents[2] / "shared"))


def shared_folder(*parts: str) -> Path:
    """A folder of them; the test is skipped, with the reason, where it does not exist."""
    folder = SHARED.joinpath(*parts)
    if not folder.is_dir():
        pytest.skip(f"{folder} does not exist; set CLUSTERING_SHARED (data/README.md)")
    return folder
