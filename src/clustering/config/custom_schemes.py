"""Settings of the schemes that a company adds itself, without Python."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from clustering.config.base import Part, Share

Label = Annotated[str, Field(min_length=1, max_length=60)]


class ConditionConfig(Part):
    """What one axis, feature or attribute must be; every key that is given must hold."""

    min: float | None = Field(None, description="At least this value.")
    max: float | None = Field(None, description="At most this value.")
    min_quantile: Share | None = Field(
        None, description="At least this quantile of the accounts, in place of `min`."
    )
    max_quantile: Share | None = Field(
        None, description="At most this quantile of the accounts, in place of `max`."
    )
    one_of: tuple[str, ...] = Field((), description="One of these texts (industry, region, ...).")

    @model_validator(mode="after")
    def _says_something(self) -> "ConditionConfig":
        bounds = (self.min, self.max, self.min_quantile, self.max_quantile)
        if all(bound is None for bound in bounds) and not self.one_of:
            raise ValueError("give min, max, min_quantile, max_quantile or one_of")
        if self.one_of and any(bound is not None for bound in bounds):
            raise ValueError("one_of is of texts and min or max of numbers: give one of the two")
        if self.min is not None and self.min_quantile is not None:
            raise ValueError("give min or min_quantile, not both")
        if self.max is not None and self.max_quantile is not None:
            raise ValueError("give max or max_quantile, not both")
        for low, high, what in (
            (self.min, self.max, "min"),
            (self.min_quantile, self.max_quantile, "min_quantile"),
        ):
            if low is not None and high is not None and low > high:
                raise ValueError(f"{what} {low:g} must not be above its max {high:g}")
        return self


class OwnRuleConfig(Part):
    """One line of a scheme of your own: its label is given where all conditions hold."""

    label: Label = Field(description="The label that accounts get.")
    where: dict[str, ConditionConfig] = Field(
        min_length=1, description="Conditions by the name of an axis, a feature or an attribute."
    )


class OwnSchemeConfig(Part):
    """A scheme of your own: a column of the accounts, a list of rules, or an SQL expression.

    Examples
    --------
    >>> OwnSchemeConfig(name="plan", column="plan").title
    ''
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Its name: small letters, digits and '_'."
    )
    title: str = Field("", max_length=80, description="Name for readers (default: the name).")
    column: str | None = Field(
        None,
        min_length=1,
        description="A column of `accounts`, one of the contract or one more, taken as it is.",
    )
    rules: tuple[OwnRuleConfig, ...] = Field(
        (), description="Rules in order; the first that holds gives the label."
    )
    otherwise: Label | None = Field(
        None, description="Label where no rule holds (None: such accounts have no label)."
    )
    sql: str | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="One SQL expression (CASE WHEN ... END) over axes, features and attributes.",
    )
    levels: tuple[Label, ...] = Field(
        (), description="The labels that may occur, in their order; another one is an error."
    )
    ordered: bool = Field(False, description="Whether the order of `levels` means more.")

    @field_validator("column")
    @classmethod
    def _as_tables_are_read(cls, column: str | None) -> str | None:
        return None if column is None else column.strip().lower()

    @model_validator(mode="after")
    def _one_way(self) -> "OwnSchemeConfig":
        ways = [
            name
            for name, given in (("column", self.column), ("rules", self.rules), ("sql", self.sql))
            if given
        ]
        if len(ways) != 1:
            found = " and ".join(ways) or "none of them"
            raise ValueError(
                f"scheme '{self.name}' is made in one way: column, rules or sql; found {found}"
            )
        if self.otherwise is not None and not self.rules:
            raise ValueError(f"scheme '{self.name}': otherwise belongs to rules")
        if self.ordered and not self.levels:
            raise ValueError(f"scheme '{self.name}': ordered needs levels, in their order")
        return self

    @model_validator(mode="after")
    def _known_labels(self) -> "OwnSchemeConfig":
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"scheme '{self.name}': levels has a label twice")
        unknown = [label for label in self.labels_of_rules if label not in self.levels]
        if self.levels and unknown:
            raise ValueError(
                f"scheme '{self.name}': label {', '.join(map(repr, unknown))} is not in levels "
                f"({', '.join(self.levels)})"
            )
        return self

    @property
    def labels_of_rules(self) -> list[str]:
        """The labels that its rules give, each once, in their order."""
        otherwise = [] if self.otherwise is None else [self.otherwise]
        return list(dict.fromkeys([*(rule.label for rule in self.rules), *otherwise]))

    @property
    def shown(self) -> str:
        """Its name for readers."""
        return self.title or self.name
