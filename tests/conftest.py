"""Fixtures that several folders of tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def rendered_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated study with hostile names of accounts, its scorer and its rendered report."""
    from clustering.report import render
    from study_folders import Recipe, add_scorer, build_study

    folder = build_study(tmp_path_factory.mktemp("studies") / "simulated", Recipe(forward=True))
    add_scorer(folder)
    render(folder)
    return folder
