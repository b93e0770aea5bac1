"""What every rule-based segmentation gives: one level per account, and the rule in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from clustering.errors import BadInputError
from clustering.wording import named

SchemeKind = Literal["rule", "own"]


class SchemeAbsentError(BadInputError):
    """These accounts do not allow the scheme; the message says what would."""


@dataclass(frozen=True, eq=False)
class Labelling:
    """One partition of the accounts by a rule, or by a column of their own.

    Attributes
    ----------
    labels : text, indexed by `account_id` like the snapshot; missing where the rule cannot tell,
        which is never a level of its own
    levels : the levels that accounts have, in their order where the scheme has one
    kind : `rule` (computed here) or `own` (a column of the accounts)
    rule : the rule in words, with the thresholds that were used
    ordered : whether the order of the levels means more of something
    near_line : whether each account lies so near a cut of its axes that its label is within their
        noise, indexed like `labels`; None where the rule cuts no axis
    """

    name: str
    title: str
    labels: "pd.Series[str]"
    levels: tuple[str, ...]
    kind: SchemeKind
    rule: str
    ordered: bool = False
    near_line: "pd.Series[bool] | None" = None

    @property
    def n_accounts(self) -> int:
        """How many accounts have a level."""
        return int(self.labels.notna().sum())


@dataclass(frozen=True, eq=False)
class Groups:
    """What a rule gives; see `Labelling` for the attributes."""

    labels: "pd.Series[str]"
    levels: Sequence[str]
    rule: str
    near_line: "pd.Series[bool] | None" = None


def make_labelling(
    name: str, title: str, groups: Groups, *, kind: SchemeKind, ordered: bool = False
) -> Labelling:
    """Keep the levels that occur, and refuse a scheme that tells no two accounts apart.

    Raises
    ------
    SchemeAbsentError
        No account has a level, or all have the same.
    """
    labels, rule = groups.labels.astype("str").rename(name), groups.rule
    found = set(labels.dropna().unique())
    if not found:
        raise SchemeAbsentError(f"'{name}': no account has what the rule needs ({rule}).")
    if len(found) == 1:
        raise SchemeAbsentError(
            f"'{name}' puts every account into '{found.pop()}', so there is nothing to compare "
            f"({rule})."
        )
    levels = tuple(level for level in groups.levels if level in found)
    return Labelling(name, title, labels, levels, kind, rule, ordered, groups.near_line)


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
