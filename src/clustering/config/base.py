"""What the parts of the configuration share."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Part(BaseModel):
    """A section of the TOML: it does not change, and an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def section(part: type[Part], description: str, **defaults: float) -> Any:
    """The field of a section that need not be written.

    Parameters
    ----------
    defaults : values that are others here than where the section is declared
    """
    return Field(default_factory=lambda: part(**defaults), description=description)


def _calendar_day(value: object) -> object:
    """Nothing is guessed: not which of 03/12/2025 is the month, nor in which place a time is."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        return value.strip()
    raise ValueError("expected a calendar date as in 2025-06-30, without a time")


Day = Annotated[date, BeforeValidator(_calendar_day)]
