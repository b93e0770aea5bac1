"""A feature's definition: its description, the measures it is formed from, and its formula."""

from dataclasses import dataclass, fields

import narwhals as nw

from clustering.features.measures import Formula, Measure, Period, at
from clustering.features.types import Feature


@dataclass(frozen=True, kw_only=True)
class Definition(Feature):
    """One feature, defined once for every engine: its description and how it is formed.

    `{window}`, `{half}` and `{weeks}` in the texts stand for the look-back window, half of it in
    days, and its whole weeks.

    Attributes
    ----------
    measures : the aggregates that the formula reads, by their names
    formula : the value from the measures of an account (None: that of its only measure); null
        stays null. `tenure_days` and, where the accounts have it, `employees` are there too
    needs : given are those that no measure needs; the others come first
    """

    needs: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    formula: Formula | None = None

    def __post_init__(self) -> None:
        needs = dict.fromkeys(need for measure in self.measures for need in measure.needs)
        needs |= dict.fromkeys(self.needs)
        in_columns = {table for table, _, column in (n.partition(".") for n in needs) if column}
        object.__setattr__(self, "needs", tuple(need for need in needs if need not in in_columns))

    def value(self, period: Period) -> nw.Expr:
        """The value of the feature, from columns of the names of its measures."""
        return self.measures[0].value if self.formula is None else at(period, self.formula)

    def described(self, period: Period) -> Feature:
        """Describe the feature with the lengths of this period in its texts."""
        lengths = {"window": period.window_days, "half": period.half, "weeks": period.weeks}
        known = {field.name: getattr(self, field.name) for field in fields(Feature)}
        texts = {name: known[name].format(**lengths) for name in ("unit", "meaning", "null_means")}
        return Feature(**{**known, **texts})


def ratio(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """`part / whole`, null where the whole is not above zero."""
    return nw.when(whole > 0).then(part / whole)


def shrunken_share(part: str, whole: str) -> nw.Expr:
    """Share of few, drawn a little towards one half: `(part + 1/2) / (whole + 1)`.

    The posterior mean under Jeffreys' prior, Beta(1/2, 1/2): 1 of 1 gives 0.75, 10 of 10 gives
    0.95, so that one lucky event is not read as perfection. The prior is fixed and not estimated
    from the book: an account's value depends on its own rows only. Null where the whole is zero.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical
    Science 16.
    """
    return nw.when(nw.col(whole) > 0).then((nw.col(part) + 0.5) / (nw.col(whole) + 1))
