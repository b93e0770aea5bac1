"""A TOML file into a configuration: unknown keys are refused, and all mistakes said at once."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from clustering.config.base import Part
from clustering.config.quick import quickened
from clustering.config.source import database_file
from clustering.config.study import StudyConfig
from clustering.errors import ConfigError, breaches_message, or_known

AnyPart = TypeVar("AnyPart", bound=Part)


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> StudyConfig:
    """Read a study's TOML file; `overrides` are `key.sub=value` with TOML values.

    Raises
    ------
    ConfigError
        The file cannot be read, is not TOML, or breaks the model; all mistakes at once.
    """
    path = Path(path)
    content = _read_toml(path)
    for override in overrides:
        _apply_override(content, override)
    try:
        config = StudyConfig.model_validate(content)
    except ValidationError as error:
        breaches = [_explain(entry) for entry in error.errors()]
        raise ConfigError(breaches_message(f"configuration '{path}'", breaches)) from None
    config = quickened(config) if config.quick else config
    return _absolute(config, path.parent.resolve())


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"configuration '{path}' does not exist. To make one: clustering init DIR --from FILES"
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"configuration '{path}' is a folder.{_meant(path)}") from None
    except PermissionError:
        raise ConfigError(f"configuration '{path}' may not be read.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration '{path}' is not valid TOML: {error}.") from None


def _meant(folder: Path) -> str:
    """The configurations in a folder, for whoever named the folder of a study."""
    inside = sorted(folder.glob("*.toml"))
    if inside:
        return f" Did you mean {' or '.join(repr(str(file)) for file in inside[:3])}?"
    return " Name the TOML file of the study; to make one: clustering init DIR --from FILES"


def _apply_override(content: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"--set takes key=value, found '{override}'.")
    *parents, last = key.strip().split(".")
    for parent in parents:
        content = content.setdefault(parent, {})
        if not isinstance(content, dict):
            raise ConfigError(f"--set {override}: '{parent}' is a value, not a section.")
    content[last] = _toml_value(value.strip())


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is text, so that --set name=trial needs no quotes


def _explain(entry: Any) -> str:
    *parents, last = (str(part) for part in entry["loc"]) if entry["loc"] else ("",)
    where = ".".join([*parents, last])
    if entry["type"] == "extra_forbidden":
        return f"'{where}' is not a known key.{or_known(last, _known_keys(parents))}"
    if entry["type"] == "missing":
        if where == "as_of":
            return "'as_of' is missing: the date that the study pretends it is, as in 2025-06-30."
        return f"'{where}' is missing."
    message = entry["msg"].removeprefix("Value error, ")
    found = entry.get("input")
    found = str(found) if isinstance(found, date) else found
    shown = f", found {found!r}" if isinstance(found, str | int | float | bool) else ""
    subject = f"'{where}'" if where else "the configuration"
    return f"{subject}: {message}{shown}."


def _known_keys(parents: Iterable[str]) -> list[str]:
    model: Any = StudyConfig
    for parent in parents:
        if get_origin(model) in (tuple, dict):
            model = [part for part in get_args(model) if part is not Ellipsis][-1]
            continue  # the parent is a place in a list or a name in a section, not a field
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
        field = model.model_fields.get(parent)
        model = getattr(field, "annotation", None)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return list(model.model_fields)


def _absolute(part: AnyPart, base: Path) -> AnyPart:
    """The same with every path made absolute, in all sections."""
    changed: dict[str, Any] = {}
    for name, value in part:
        if isinstance(value, Path):
            changed[name] = (base / value.expanduser()).resolve()
        elif isinstance(value, Part):
            changed[name] = _absolute(value, base)
        elif name == "database" and (found := database_file(value)) is not None:
            kind, file = found
            changed[name] = f"{kind}{(base / file).resolve()}"
    return part.model_copy(update=changed)
