"""The books of `calibration.py` as a Markdown table."""

from collections.abc import Sequence

import pandas as pd
from statsmodels.stats.proportion import proportion_confint


def summary(paths: Sequence[str], scenarios: Sequence[str]) -> None:
    """One line per scenario, with Wilson's 95 % interval.

    Parameters
    ----------
    paths : files of `calibration.py`, one line per book
    scenarios : names, in the order of the table
    """
    frame = pd.concat([pd.read_csv(path) for path in paths])
    print("| scenario | books | natural | 95 % interval | right number |")
    print("| --- | ---: | ---: | --- | ---: |")
    for name in scenarios:
        rows = frame[frame["scenario"] == name]
        if rows.empty:
            continue
        natural = rows["verdict"] == "natural"
        low, high = proportion_confint(int(natural.sum()), len(rows), method="wilson")
        right = (natural & (rows["n_clusters"] == rows["truth"])).mean()
        shown = "" if (rows["truth"] == 1).all() else f"{right:.1%}"
        print(
            f"| {name} | {len(rows)} | {natural.mean():.1%} | {low:.1%} to {high:.1%} | {shown} |"
        )
