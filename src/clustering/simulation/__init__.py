"""Customer books with planted segments, and with none."""

from clustering.simulation.book import Book, Manifest, check_target, write_book
from clustering.simulation.events.delivery import CarePlan
from clustering.simulation.scenarios import SCENARIOS, Scenario, find_scenario
from clustering.simulation.simulate import (
    DEFAULT_AS_OF,
    DEFAULT_MISSING,
    DEFAULT_NOISE,
    FEWEST_ACCOUNTS,
    simulate,
)

__all__ = [
    "DEFAULT_AS_OF",
    "DEFAULT_MISSING",
    "DEFAULT_NOISE",
    "FEWEST_ACCOUNTS",
    "SCENARIOS",
    "Book",
    "CarePlan",
    "Manifest",
    "Scenario",
    "check_target",
    "find_scenario",
    "simulate",
    "write_book",
]
