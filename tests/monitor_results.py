"""The result of a monitor, made by hand, for the tests of what shows it."""

from clustering.monitor import Monitored, Monitoring
from clustering.monitor.energy import EnergyTest
from clustering.monitor.outcomes import OUTCOMES_SINCE
from clustering.monitor.segments import MIGRATIONS, SEGMENTS_NOW, Migration
from clustering.movement.drift.population import DRIFT


def monitored(study: str = "demo") -> Monitored:
    """Everything is known, and the accounts are to be cut again."""
    test = EnergyTest(value=0.2, expected=0.05, z=9.0, p=0.001, n_first=300, n_last=310)
    rows = [(f"feature_{row}", "share", 0.3 - row / 10, 0.1, 0.01, 0.02, row < 2,
             1.0, None, 0.0, 0.1) for row in range(4)]  # fmt: skip
    frames = {
        DRIFT.name: DRIFT.from_rows(rows),
        SEGMENTS_NOW.name: SEGMENTS_NOW.from_rows([(study, 9, 0.5, 8, 0.4, 0.3, 0.6)]),
        MIGRATIONS.name: MIGRATIONS.from_rows([(study, "other", 3, 0.2)]),
        OUTCOMES_SINCE.name: OUTCOMES_SINCE.from_rows(
            [("churned", study, 8, 1, None, None, None, None, "fewer than 20 accounts")]
        ),
    }
    found = Monitoring(
        study=study,
        model_version="0123456789ab",
        trained_as_of="2025-06-30",
        as_of="2025-09-29",
        decision="re-cut",
        sentence="Re-cut: the accounts are distributed otherwise.",
        reasons=["Accounts moved."],
        not_known=[],
        n_then=300,
        n_now=310,
        energy=test,
        within_segments=test,
        after_common_change=test,
        unexplained=0.6,
        drifted=["feature_0", "feature_1"],
        units=[],
        unlike=0.01,
        unlike_expected=0.005,
        migration=Migration(since="2025-06-30", n_accounts=290, share=0.1),
        refit=None,
    )
    return Monitored(found, frames)


def nothing_known() -> Monitored:
    """The tables do not reach back to the training date."""
    given = monitored()
    found = given.found.model_copy(
        update={
            "decision": "unknown",
            "not_known": ["'usage' begins too late."],
            "n_then": None,
            "energy": None,
            "within_segments": None,
            "after_common_change": None,
            "unexplained": None,
            "drifted": [],
            "migration": None,
        }
    )
    return Monitored(found, {SEGMENTS_NOW.name: given.frames[SEGMENTS_NOW.name]})
