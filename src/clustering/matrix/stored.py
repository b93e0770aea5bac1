"""Parameters read back from JSON: exact types, finite numbers, nothing missing and nothing more."""

from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from clustering.errors import BadInputError, breaches_message

Stored = TypeVar("Stored")

#: The `__pydantic_config__` of every stored dataclass.
STRICT = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")

_NAMED = 5


def read_strictly(kind: type[Stored], content: bytes | str, subject: str) -> Stored:
    """A dataclass from its JSON.

    Raises
    ------
    BadInputError
        It is no JSON, or a part is absent, unknown, of another type or not finite; what is wrong,
        the first five named, after `subject`.
    """
    try:
        return TypeAdapter(kind).validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    breaches = [
        f"{'.'.join(map(str, entry['loc'])) or 'the file'}: {entry['msg']}."
        for entry in found[:_NAMED]
    ]
    if len(found) > _NAMED:
        breaches.append(f"... and {len(found) - _NAMED} more.")
    raise BadInputError(breaches_message(subject, breaches))
