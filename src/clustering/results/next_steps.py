"""From what follows for single accounts to its entry in `study.json` and its tables."""

import pandas as pd

from clustering.plan.next_steps import NextSteps
from clustering.results.next_steps_document import NextStepsEntry


def next_steps_entry(found: NextSteps) -> NextStepsEntry:
    """What stands in `study.json` about the tables."""
    return NextStepsEntry(
        champions_rule=found.champions.rule,
        champions_absent=found.champions.reason,
        n_champions=found.champions.n_champions,
        n_growth=found.champions.n_growth,
        misjudged_absent=found.misjudged_reason,
        settings_moved=int(found.sensitivity["setting"].nunique()),
    )


def next_steps_frames(found: NextSteps) -> dict[str, pd.DataFrame]:
    """The tables, by name."""
    return {
        "misjudged": found.misjudged,
        "champions": found.champions.table,
        "discovery": found.discovery,
        "sensitivity": found.sensitivity,
    }
