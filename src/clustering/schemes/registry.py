"""All schemes, and which of them these accounts allow."""

from collections.abc import Callable, Mapping

from clustering.columns import ARR_TIERS, CURRENT_SEGMENT, NEEDS_SEGMENT
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.schemes.own import current_segment, needs_segment
from clustering.schemes.tiers import arr_tiers, employee_bands
from clustering.schemes.types import Labelling, SchemeAbsentError

__all__ = ["SCHEMES", "assign_all"]

#: Every scheme by name, the baseline first.
SCHEMES: Mapping[str, Callable[[Snapshot, SchemesConfig], Labelling]] = {
    ARR_TIERS: lambda snapshot, config: arr_tiers(snapshot, config.arr_tiers),
    NEEDS_SEGMENT: lambda snapshot, _: needs_segment(snapshot),
    CURRENT_SEGMENT: lambda snapshot, _: current_segment(snapshot),
    "employee_bands": lambda snapshot, config: employee_bands(snapshot, config.employee_bands),
}


def assign_all(
    snapshot: Snapshot, config: SchemesConfig
) -> tuple[tuple[Labelling, ...], Mapping[str, str]]:
    """Apply every scheme; one that these accounts do not allow stays out, with its reason.

    Returns
    -------
    labellings, absent : the labellings in the order of `SCHEMES`, and why each other is absent
    """
    labellings: list[Labelling] = []
    absent: dict[str, str] = {}
    for name, scheme in SCHEMES.items():
        try:
            labellings.append(scheme(snapshot, config))
        except SchemeAbsentError as error:
            absent[name] = str(error)
    return tuple(labellings), absent
