"""What the tests on Spark have in common."""

from collections.abc import Callable

import pytest


def on_a_real_spark(test: Callable[..., None]) -> Callable[..., None]:
    """Marks; pyspark 4.3 warns that pandas 3 is new to it, and calls pandas in its old way."""
    marks = (
        pytest.mark.spark,
        pytest.mark.slow,
        pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
        pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
    )
    for mark in marks:
        test = mark(test)
    return test
