"""How much each family of features, and each feature, counts in the matrix."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clustering.config import FamilyWeight, MatrixConfig
from clustering.errors import ConfigError, breaches_message, did_you_mean
from clustering.features.types import Feature
from clustering.matrix.stored import STRICT
from clustering.wording import listed


@dataclass(frozen=True)
class Weighting:
    """Shares of the matrix' total variance, by family, and factors.

    Attributes
    ----------
    family : the share of a family before its factor: all the same, or by the square root of its
        features, as many as it has standard deviations
    families, features : pairs of a name and how many times as much it counts
    """

    family: FamilyWeight = "equal"
    families: tuple[tuple[str, float], ...] = ()
    features: tuple[tuple[str, float], ...] = ()

    __pydantic_config__ = STRICT

    @classmethod
    def of(cls, config: MatrixConfig, features: Iterable[Feature]) -> "Weighting":
        """As the configuration says, for a snapshot of these features.

        Raises
        ------
        ConfigError
            A weight is of a family or feature that there is not; all of them at once.
        """
        known = [*features]
        names = {"family": sorted({f.family for f in known}), "feature": [f.name for f in known]}
        breaches = [
            f"'{name}' of matrix.{kind}_weights is no {kind} that these tables allow."
            f"{did_you_mean(name, names[kind])}"
            for kind, given in (
                ("family", config.family_weights),
                ("feature", config.feature_weights),
            )
            for name in given
            if name not in names[kind]
        ]
        if breaches:
            raise ConfigError(breaches_message("weights of unknown features", breaches))
        return cls(
            config.family_weight,
            tuple(sorted(config.family_weights.items())),
            tuple(sorted(config.feature_weights.items())),
        )

    def of_columns(
        self, names: Sequence[str], families: Sequence[str], variances: Sequence[float]
    ) -> list[float]:
        """The weight of every column; the matrix has one unit of variance a column.

        A family of nothing but rare binaries has less than the variance of one column; it counts
        as one column and is not stretched further, or the few that have the binary would be far
        away.

        Parameters
        ----------
        names, families, variances : of each column, before it is weighted

        Examples
        --------
        >>> three = (["a", "b", "c"], ["usage", "usage", "age"], [1.0, 1.0, 1.0])
        >>> [round(weight**2, 2) for weight in Weighting().of_columns(*three)]
        [0.75, 0.75, 1.5]
        >>> [round(weight**2, 2) for weight in Weighting("root").of_columns(*three)]
        [0.88, 0.88, 1.24]
        """
        totals: dict[str, float] = {}
        for family, variance in zip(families, variances, strict=True):
            totals[family] = totals.get(family, 0.0) + variance
        totals = {family: max(total, 1.0) for family, total in totals.items()}
        factors, own = dict(self.families), dict(self.features)
        shares = {
            family: factors.get(family, 1.0) * (math.sqrt(total) if self.family == "root" else 1.0)
            for family, total in totals.items()
        }
        unit = len(families) / sum(shares.values())
        weights = {f: math.sqrt(unit * shares[f] / total) for f, total in totals.items()}
        return [
            weights[family] * math.sqrt(own.get(name, 1.0))
            for name, family in zip(names, families, strict=True)
        ]

    def notes(self, names: Sequence[str], families: Sequence[str]) -> tuple[str, ...]:
        """What a reader must know: features that alone weigh as much as a whole family."""
        if self.family != "equal" or len(set(families)) < 2:
            return ()
        alone = [
            f"'{name}' ({family})"
            for name, family in zip(names, families, strict=True)
            if families.count(family) == 1 and family not in dict(self.families)
        ]
        if not alone or len(alone) == len(families):
            return ()
        return (
            f"One feature carries a whole family: {listed(alone)}. It weighs as much as all the "
            'features of another family together; matrix.family_weight = "root" or '
            "matrix.family_weights weigh it less.",
        )
