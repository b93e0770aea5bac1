"""The settings of a study without the places of files: what is recorded, and compared."""

from collections.abc import Mapping
from typing import Any

from clustering.config.study import PLACES


def without_places(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without the places of files, wherever they stand in it."""
    kept = {key: value for key, value in configuration.items() if PLACES.get(key) is not True}
    for part in kept.keys() & PLACES.keys():
        kept[part] = {key: value for key, value in kept[part].items() if key not in PLACES[part]}
    return kept


def flat_settings(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The same as texts by their key; nested keys are joined by a dot, as in ``evidence.nulls``.

    Examples
    --------
    >>> flat_settings({"seed": 1, "evidence": {"nulls": 199}, "source": {"folder": "book"}})
    {'seed': '1', 'evidence.nulls': '199'}
    """
    return _flat(without_places(configuration))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
