"""A feature's definition: its description, the measures it is formed from, and its formula."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import narwhals as nw

from clustering.features.measures import Measure, Period
from clustering.features.types import Feature


@dataclass(frozen=True)
class Definition:
    """One feature, defined once for every engine.

    Attributes
    ----------
    feature : its description; `{window}`, `{half}` and `{weeks}` in the texts stand for the
        look-back window, half of it in days, and its whole weeks
    measures : the aggregates that the formula reads, by their names
    formula : the value from the measures of an account; null stays null. `tenure_days` and,
        where the accounts have it, `employees` are there too
    """

    feature: Feature
    measures: tuple[Measure, ...]
    formula: Callable[[Period], nw.Expr]

    def __post_init__(self) -> None:
        needs = {need for measure in self.measures for need in measure.needs}
        if not needs <= {*self.feature.needs, *(n.split(".")[0] for n in self.feature.needs)}:
            raise ValueError(
                f"feature '{self.feature.name}' reads {sorted(needs)} but says that it needs "
                f"{sorted(self.feature.needs)}. Name them all in `needs`."
            )

    def described(self, period: Period) -> Feature:
        """Describe the feature with the lengths of this period in its texts."""
        lengths = {"window": period.window_days, "half": period.half, "weeks": period.weeks}
        return replace(
            self.feature,
            unit=self.feature.unit.format(**lengths),
            meaning=self.feature.meaning.format(**lengths),
            null_means=self.feature.null_means.format(**lengths),
        )


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
