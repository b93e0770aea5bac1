"""The pictures' numbers as tables: typed also where they are empty, ids in the right places."""

import numpy as np
import pandas as pd

from clustering.results.pictures import picture_tables
from clustering.results.tables import TABLES
from clustering.structure.pictures import (
    BIN_EDGES,
    CoAssignment,
    Flow,
    Pictures,
    ValleyProjection,
)


def test_one_segment_gives_empty_tables_of_the_same_types() -> None:
    counts = np.arange(len(BIN_EDGES) - 1)
    full = Pictures(
        (Flow(1, 0, 2, 0.5, None, None), Flow(2, 0, 1, 0.1, 0, 1)),
        CoAssignment(np.array([1, 0]), np.array([[1.0, 0.4], [0.4, 1.0]]), 50, 2),
        (ValleyProjection(0, 1, counts, 2, 0.03, 0.06),),
    )
    filled = picture_tables(full, ["A", "B"])
    empty = picture_tables(Pictures((), None, ()), ["A", "B"])
    for name, frame in filled.items():
        spec = next(spec for spec in TABLES if spec.name == name)
        assert [column.name for column in spec.columns] == list(frame.columns)
        assert empty[name].empty
        pd.testing.assert_series_equal(empty[name].dtypes, frame.dtypes)
    assert filled["clustergram"]["from_cluster"].isna().tolist() == [True, False]
    (pair,) = filled["coassignment"].to_dict("records")
    assert pair == {"first": "B", "second": "A", "share": 0.4, "n_refits": 50, "n_accounts": 2}
    assert filled["valleys"]["count"].tolist() == counts.tolist()
