"""Schemes under the name that the study gives to the yearly amount."""

from collections.abc import Mapping
from dataclasses import replace

from clustering.schemes.types import Labelling
from clustering.wording import named


def under_amount_name(
    labellings: tuple[Labelling, ...], absent: Mapping[str, str], amount_name: str
) -> tuple[tuple[Labelling, ...], dict[str, str]]:
    """Titles and rules that speak of ARR speak of `amount_name`; labels stay as they are.

    Where there are no contracts the yearly amount is a run-rate, and nothing may call it ARR.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = pd.Series(["smb"])
    >>> tiers = Labelling("arr_tiers", "ARR tiers", labels, ("smb",), "rule", "ARR")
    >>> renamed, _ = under_amount_name((tiers,), {}, "run-rate")
    >>> renamed[0].name, renamed[0].title, renamed[0].rule
    ('arr_tiers', 'run-rate tiers', 'run-rate')
    """
    if amount_name == "ARR":
        return labellings, dict(absent)

    renamed = tuple(
        replace(
            labelling,
            title=named(labelling.title, amount_name),
            rule=named(labelling.rule, amount_name),
        )
        for labelling in labellings
    )
    return renamed, {name: named(reason, amount_name) for name, reason in absent.items()}
