"""A scheme: a rule with its name, what it reads and its traits, declared where the rule stands."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec

from clustering.columns import ARR_TIERS
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.schemes.axes import Axes
from clustering.schemes.types import Groups, Labelling, SchemeKind, make_labelling

P = ParamSpec("P")


@dataclass(frozen=True)
class Traits:
    """What is declared of a scheme.

    Attributes
    ----------
    name, title, kind, ordered : of its labellings, see `Labelling`
    order : its place in every list, the baseline first
    axes : the axes that it reads
    control : whether nobody proposes it: it shows what a labelling must do better than
    dated : whether its labels of an earlier date are known; those of a column without dates are not
    levels_last : whether a level means the same on another date
    """

    name: str
    title: str
    order: int
    kind: SchemeKind = "rule"
    ordered: bool = False
    axes: tuple[str, ...] = ()
    control: bool = False
    dated: bool = True
    levels_last: bool = True

    @property
    def has_past(self) -> bool:
        """Whether its labels of two dates can be compared."""
        return self.dated and self.levels_last


@dataclass(frozen=True)
class Scheme(Traits):
    """A declared rule; `rule` is the function that documents and applies it."""

    rule: Callable[..., Labelling] = field(kw_only=True)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of what the rule takes: attributes of `Inputs`, and its own settings."""
        return tuple(inspect.signature(self.rule).parameters)

    @property
    def settings(self) -> str | None:
        """Its part of `SchemesConfig`, which has its name; None where it has no settings."""
        return self.name if "config" in self.reads else None

    @property
    def all_settings(self) -> tuple[str, ...]:
        """Every part of `SchemesConfig` that it depends on, beside those of the axes."""
        own = () if self.settings is None else (self.settings,)
        return (*own, ARR_TIERS) if "tiers" in self.reads else own

    def assign(self, given: "Inputs") -> Labelling:
        """Apply the rule.

        Raises
        ------
        SchemeAbsentError
            These accounts do not allow it.
        """
        return self.rule(**{name: given.get(name, self) for name in self.reads})


#: Every scheme that was declared, by name; see `registry.SCHEMES` for all of them in order.
DECLARED: dict[str, Scheme] = {}


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a scheme may read."""

    snapshot: Snapshot
    axes: Axes
    config: SchemesConfig

    def get(self, name: str, scheme: Scheme) -> Any:
        """What a rule takes under a name: `snapshot`, `axes`, `tiers` of ARR, or its `config`."""
        if name == "tiers":
            return DECLARED[ARR_TIERS].assign(self)
        return getattr(self.config, scheme.name) if name == "config" else getattr(self, name)


@dataclass(frozen=True)
class scheme(Traits):  # noqa: N801
    """Declare a rule as a scheme, as a decorator; the rule then gives a `Labelling`.

    The rule may take the `snapshot`, the `axes`, the ARR `tiers` that it refines, and as `config`
    the part of `SchemesConfig` that has the name of the scheme.
    """

    def __call__(self, rule: Callable[P, Groups]) -> Callable[P, Labelling]:
        """Keep the rule with its traits."""

        @functools.wraps(rule)
        def labelled(*args: P.args, **kwargs: P.kwargs) -> Labelling:
            groups = rule(*args, **kwargs)
            return make_labelling(
                self.name, self.title, groups, kind=self.kind, ordered=self.ordered
            )

        DECLARED[self.name] = Scheme(**vars(self), rule=labelled)
        return labelled
