"""A quick look: the same line with fewer draws, said wherever its results are shown."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustering.config.study import StudyConfig
from clustering.wording import listed

#: What a quick look takes at most, by section and key, and what is counted.
CAPS: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "models": {"k_max": (6, "segments at most"), "n_init": (4, "starts of a fit")},
    "evidence": {
        "resamples": (20, "resamples"),
        "nulls": (39, "draws without clusters"),
    },
    "comparison": {
        "bootstrap": (300, "bootstrap draws"),
        "permutations": (199, "permutations"),
        "refits": (10, "refits"),
        "foldings": (2, "foldings"),
    },
    "movement": {
        "snapshots": (3, "snapshot dates"),
        "refits": (5, "refits over time"),
        "permutations": (99, "permutations over time"),
    },
}


def quickened(config: StudyConfig) -> StudyConfig:
    """The same study with no more draws than a quick look takes; smaller settings stay.

    Examples
    --------
    >>> config = StudyConfig(name="demo", as_of="2025-06-30", source={"folder": "book"})
    >>> quick = quickened(config)
    >>> quick.evidence.nulls, quick.quick
    (39, True)
    """
    changed: dict[str, Any] = {"quick": True}
    for section, caps in CAPS.items():
        part = getattr(config, section)
        changed[section] = part.model_copy(
            update={key: min(getattr(part, key), most) for key, (most, _) in caps.items()}
        )
    return config.model_copy(update=changed)


def quick_in_words(configuration: Mapping[str, Any]) -> str:
    """What is cheaper in a study and what that means; empty where it was no quick look.

    Parameters
    ----------
    configuration : of a study, as its document has it

    Examples
    --------
    >>> quick_in_words({"quick": False})
    ''
    >>> quick_in_words({"quick": True, "evidence": {"nulls": 39, "resamples": 100}})
    'A quick look: 39 draws without clusters (199 by default). Its verdict, intervals and \
p-values are rougher than those of a full study: decide on one.'
    """
    if not configuration.get("quick"):
        return ""
    return (
        f"A quick look: {listed(list(_cheaper(configuration)))}. Its verdict, intervals and "
        "p-values are rougher than those of a full study: decide on one."
    )


def _cheaper(configuration: Mapping[str, Any]) -> Iterator[str]:
    for section, caps in CAPS.items():
        defaults = StudyConfig.model_fields[section].get_default(call_default_factory=True)
        for key, (_, what) in caps.items():
            given, usual = configuration.get(section, {}).get(key), getattr(defaults, key)
            if given is not None and given < usual:
                yield f"{given:,} {what} ({usual:,} by default)"
