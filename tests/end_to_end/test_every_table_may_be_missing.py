"""A study of any of the optional tables, whole or with nothing in it, runs to its last page.

Pages are made in this process: words and tables for every study, figures for a few. The books are
of every scenario of the simulator in turn, so that the pages of each are read.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd
import pytest

from clustering.config import StudyConfig
from clustering.errors import ClusteringError, TableContractError
from clustering.results import StudyFolder
from clustering.simulation import SCENARIOS, simulate, write_book
from clustering.study import run_study
from clustering.tables.contract import TABLES
from report_pages import page_texts
from report_sweep import faults

pytestmark = pytest.mark.slow

AS_OF = date(2025, 6, 30)
OPTIONAL = (
    "subscriptions",
    "usage",
    "milestones",
    "outcomes",
    "opportunities",
    "engagements",
    "tickets",
    "surveys",
)
#: One of these must be there.
BEHAVIOUR = ("usage", "milestones", "outcomes")
#: Nothing but what shows that every step can be done.
SMALL = {
    "name": "small",
    "as_of": AS_OF,
    "models": {"algorithms": ["kmeans"], "k_max": 2, "n_init": 2},
    "evidence": {"resamples": 10, "nulls": 19, "smallest_segment": 5},
    "comparison": {
        "bootstrap": 100,
        "permutations": 99,
        "refits": 1,
        "earlier_dates": 1,
        "foldings": 1,
    },
    "movement": {"snapshots": 2, "refits": 5, "permutations": 99},
}


@cache
def tables(scenario: str = "needs") -> dict[str, pd.DataFrame]:
    folder = Path(mkdtemp(prefix="tables-")) / "book"
    write_book(simulate(scenario, 80, seed=3), folder)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("accounts", *OPTIONAL)}


def without_values(name: str) -> pd.DataFrame:
    """A table whose optional columns are there and empty in every row."""
    frame = tables()[name].copy()
    table = next(table for table in TABLES if table.name == name)
    for column in table.columns:
        if not column.required and column.name in frame:
            frame[column.name] = frame[column.name].where(pd.Series(False, index=frame.index))
    return frame


def study_of(folder: Path, given: Mapping[str, pd.DataFrame]) -> StudyFolder:
    source = folder / "book"
    source.mkdir()
    for name, frame in given.items():
        frame.to_parquet(source / f"{name}.parquet")
    (folder / "study").mkdir()
    config = StudyConfig.model_validate(SMALL | {"source": {"folder": source}})
    return run_study(config, folder / "study")


def only(*names: str, scenario: str = "needs") -> dict[str, pd.DataFrame]:
    return {name: tables(scenario)[name] for name in ("accounts", *names)}


def check_pages(study: StudyFolder, *, figures: bool = False) -> None:
    pages = page_texts(study, figures=figures)
    assert faults(study, pages) == []


@pytest.mark.parametrize(
    ("left_out", "scenario"),
    [(name, SCENARIOS[i % len(SCENARIOS)].name) for i, name in enumerate(OPTIONAL)],
)
def test_one_table_may_be_missing(tmp_path: Path, left_out: str, scenario: str) -> None:
    others = (name for name in OPTIONAL if name != left_out)
    study = study_of(tmp_path, only(*others, scenario=scenario))
    assert left_out in study.document.tables.absent
    check_pages(study, figures=left_out in ("subscriptions", "usage"))


@pytest.mark.parametrize("alone", BEHAVIOUR)
def test_one_table_may_be_alone(tmp_path: Path, alone: str) -> None:
    check_pages(study_of(tmp_path, only(alone)))


@pytest.mark.parametrize("names", [(), *((name,) for name in OPTIONAL if name not in BEHAVIOUR)])
def test_tables_without_behaviour_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(TableContractError, match="without behaviour there is nothing to group"):
        study_of(tmp_path, only(*names))


@pytest.mark.parametrize("empty", OPTIONAL)
def test_a_table_may_be_empty(tmp_path: Path, empty: str) -> None:
    """Without rows it is refused by its name, or left out as if it were not there."""
    given, refused = only(*OPTIONAL) | {empty: tables()[empty].iloc[:0]}, empty
    try:
        check_pages(study_of(tmp_path, given))
    except ClusteringError as error:
        refused = str(error)
    assert empty in refused


def test_every_optional_column_may_be_empty(tmp_path: Path) -> None:
    names = ("accounts", *OPTIONAL)
    check_pages(study_of(tmp_path, {name: without_values(name) for name in names}), figures=True)


@pytest.mark.parametrize("name", ["accounts", "subscriptions", "milestones", "usage"])
def test_the_optional_columns_of_one_table_may_be_empty(tmp_path: Path, name: str) -> None:
    check_pages(study_of(tmp_path, only(*OPTIONAL) | {name: without_values(name)}))
