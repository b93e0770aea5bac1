"""All schemes, and which of them these accounts allow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clustering.columns import ARR_TIERS, CURRENT_SEGMENT, NEEDS_SEGMENT, SEGMENT
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.schemes.axes import Axes, compute_axes
from clustering.schemes.custom import company_schemes
from clustering.schemes.families.csm_books import csm_book
from clustering.schemes.families.expansion import expansion_trigger
from clustering.schemes.families.given_columns import current_segment, needs_segment
from clustering.schemes.families.guidance import needs
from clustering.schemes.families.quadrants import (
    growth_revenue_at_risk,
    growth_risk,
    health_profitability,
)
from clustering.schemes.families.tenure import tenure_bands
from clustering.schemes.families.tiers import arr_tiers, employee_bands
from clustering.schemes.families.touch import (
    expansion_touch,
    lifecycle_touch,
    strategic_enterprise_smb,
)
from clustering.schemes.readable import readable
from clustering.schemes.types import Labelling, SchemeAbsentError


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a scheme may read."""

    snapshot: Snapshot
    axes: Axes
    config: SchemesConfig

    def tiers(self) -> Labelling:
        """The ARR tiers, for schemes that refine them."""
        return arr_tiers(self.snapshot, self.config.arr_tiers)


@dataclass(frozen=True)
class Scheme:
    """A rule by name, and how it takes what it reads from the inputs.

    Attributes
    ----------
    rule : the function that documents and applies it
    settings : its part of `SchemesConfig`, where it has one
    axes : the axes that it reads
    tiered : whether it refines the ARR tiers, and with them depends on their settings
    """

    name: str
    rule: Callable[..., Labelling]
    assign: Callable[[Inputs], Labelling]
    settings: str | None = None
    axes: tuple[str, ...] = ()
    tiered: bool = False

    @property
    def all_settings(self) -> tuple[str, ...]:
        """Every part of `SchemesConfig` that it depends on, beside those of the axes."""
        own = () if self.settings is None else (self.settings,)
        return (*own, ARR_TIERS) if self.tiered else own


#: Every scheme, the baseline first.
SCHEMES: tuple[Scheme, ...] = (
    Scheme(ARR_TIERS, arr_tiers, Inputs.tiers, "arr_tiers"),
    Scheme(NEEDS_SEGMENT, needs_segment, lambda g: needs_segment(g.snapshot)),
    Scheme(CURRENT_SEGMENT, current_segment, lambda g: current_segment(g.snapshot)),
    Scheme(
        "employee_bands",
        employee_bands,
        lambda g: employee_bands(g.snapshot, g.config.employee_bands),
        "employee_bands",
    ),
    Scheme(
        "expansion_touch",
        expansion_touch,
        lambda g: expansion_touch(g.snapshot, g.config.expansion_touch),
        "expansion_touch",
    ),
    Scheme(
        "strategic_enterprise_smb",
        strategic_enterprise_smb,
        lambda g: strategic_enterprise_smb(g.snapshot, g.config.strategic_enterprise_smb),
        "strategic_enterprise_smb",
    ),
    Scheme(
        "growth_risk",
        growth_risk,
        lambda g: growth_risk(g.axes, g.config.growth_risk),
        "growth_risk",
        axes=("growth_potential", "churn_risk"),
    ),
    Scheme(
        "growth_revenue_at_risk",
        growth_revenue_at_risk,
        lambda g: growth_revenue_at_risk(g.axes, g.config.growth_revenue_at_risk),
        "growth_revenue_at_risk",
        axes=("growth_potential", "revenue_at_risk"),
    ),
    Scheme(
        "health_profitability",
        health_profitability,
        lambda g: health_profitability(g.axes, g.config.health_profitability),
        "health_profitability",
        axes=("health", "profitability"),
    ),
    Scheme(
        "needs",
        needs,
        lambda g: needs(g.axes),
        axes=("guidance_strategy", "guidance_execution", "guidance_first_steps"),
    ),
    Scheme(
        "lifecycle_touch",
        lifecycle_touch,
        lambda g: lifecycle_touch(g.snapshot, g.axes, g.tiers(), g.config.lifecycle_touch),
        "lifecycle_touch",
        axes=("growth_potential", "churn_risk"),
        tiered=True,
    ),
    Scheme(
        "expansion_trigger",
        expansion_trigger,
        lambda g: expansion_trigger(g.snapshot, g.axes, g.config.expansion_trigger),
        "expansion_trigger",
        axes=("health",),
    ),
    Scheme("csm_book", csm_book, lambda g: csm_book(g.snapshot, g.config.csm_book), "csm_book"),
    Scheme("tenure_bands", tenure_bands, lambda g: tenure_bands(g.snapshot)),
)


def assign_all(
    snapshot: Snapshot, config: SchemesConfig, *, strict: bool = True
) -> tuple[tuple[Labelling, ...], Mapping[str, str]]:
    """Apply every scheme; one that these accounts do not allow stays out, with its reason.

    Parameters
    ----------
    strict : whether a mistake in a scheme of the company's own is an error; at dates before the
        study's own, where it was found to be right, the scheme stays out instead

    Returns
    -------
    labellings, absent : the labellings in the order of `SCHEMES`, then those of `config.own`, and
        why each other is absent

    Raises
    ------
    ConfigError
        A scheme of the company's own is mistaken; every mistake at once.
    """
    given = Inputs(snapshot, compute_axes(snapshot, config.axes), config)
    labellings: list[Labelling] = []
    absent: dict[str, str] = {}
    for scheme in SCHEMES:
        try:
            labellings.append(scheme.assign(given))
        except SchemeAbsentError as error:
            absent[scheme.name] = str(error)
    if not config.own:
        return tuple(labellings), absent
    columns = readable(snapshot, given.axes, config)
    taken = {SEGMENT, *(scheme.name for scheme in SCHEMES)}
    own, own_absent = company_schemes(columns, config, taken, strict=strict)
    return (*labellings, *own), {**absent, **own_absent}
