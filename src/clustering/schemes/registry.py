"""All schemes, and which of them these accounts allow."""

import importlib
import pkgutil
from collections.abc import Mapping

from clustering.columns import SEGMENT
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.schemes import families
from clustering.schemes.axes import Axes, compute_axes
from clustering.schemes.custom import company_schemes
from clustering.schemes.readable import readable
from clustering.schemes.scheme import DECLARED, Inputs, Scheme
from clustering.schemes.types import Labelling, SchemeAbsentError

for _family in pkgutil.iter_modules(families.__path__):
    importlib.import_module(f"{families.__name__}.{_family.name}")

#: Every scheme, the baseline first.
SCHEMES: tuple[Scheme, ...] = tuple(sorted(DECLARED.values(), key=lambda one: one.order))

#: Names of those that nobody proposes: they show what a labelling must do better than.
CONTROLS = tuple(scheme.name for scheme in SCHEMES if scheme.control)


def assign_all(
    snapshot: Snapshot, config: SchemesConfig, axes: Axes | None = None, *, strict: bool = True
) -> tuple[tuple[Labelling, ...], Mapping[str, str]]:
    """Apply every scheme; one that these accounts do not allow stays out, with its reason.

    Parameters
    ----------
    axes : of the snapshot (None: they are computed)
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
    given = Inputs(snapshot, axes or compute_axes(snapshot, config.axes), config)
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
