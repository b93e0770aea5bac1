"""What every entry of `study.json` is made of."""

from datetime import date
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

__all__ = ["Entry", "plain"]


class Entry(BaseModel):
    """A part of the document: it holds the described keys and no other, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def plain(value: Any) -> Any:
    """Dataclasses' values as JSON has them: numbers of Python, lists, None for what is not.

    Examples
    --------
    >>> plain({"gain": np.float64(0.5), "interval": (float("nan"), 1)})
    {'gain': 0.5, 'interval': [None, 1]}
    """
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
