"""The straight line: from source tables to a study folder, one step after the other.

Nothing here computes; every step is a function of its room. The report and the tracking start from
the folder and are called by the command.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from clustering import results
from clustering.config import StudyConfig
from clustering.plan.accounts.discovery import discovery_sheet
from clustering.progress import SILENT, Progress
from clustering.results.model_facts import model_facts
from clustering.results.spreadsheet import write_spreadsheet
from clustering.scorer import Scorer
from clustering.study.assemble import assemble
from clustering.study.run import Run

__all__ = ["Run", "run_study"]


def run_study(
    config: StudyConfig,
    folder: Path,
    progress: Progress = SILENT,
    previous: Scorer | None = None,
) -> results.StudyFolder:
    """Run the study and write it, scorer included, into an existing (staging) folder.

    Parameters
    ----------
    config : StudyConfig
        As read by `load_config`.
    folder : Path
        Where to write; see `results.staged` for a folder that appears whole or not at all.
    progress : Progress
        Shows the steps.
    previous : Scorer, optional
        Model of the previous study (default: the one in the folder `config.previous`).

    Returns
    -------
    StudyFolder
        The study, opened for reading.

    Raises
    ------
    ClusteringError
        The tables break their contract, or hold too little to segment.
    """
    run = Run(config, progress, previous).complete()
    with progress.step("Writing the study"):
        document, frames = assemble(run)
        results.write(document, frames, folder)
        sheet = discovery_sheet(run.next_steps.discovery, run.snapshot.attributes)
        write_spreadsheet(sheet, folder, "discovery")
        _exported(run, document, frames["rates"]).save(folder / "scorer")
    return results.read(folder)


def _exported(run: Run, document: results.StudyDocument, rates: pd.DataFrame) -> Scorer:
    """The scorer with what the study tells of it, for its model card."""
    facts = model_facts(
        document,
        rates,
        periods=run.tables.date_ranges,
        titles={feature.name: feature.title for feature in run.snapshot.features},
        short_tables=run.snapshot.short_tables,
    )
    return replace(run.exported_scorer, facts=facts)
