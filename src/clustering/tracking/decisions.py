"""Who put which model into service, when and why: tags on the versions of the registry.

MLflow keeps where an alias points, not where it pointed before. Every decision is therefore a tag
of its own on the version that it put into service, named by its time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

#: Tags of a version: the last decision of `clustering monitor`, its date and its run.
DECISION, DATE, RUN = "monitor", "monitor_as_of", "monitor_run"

_TAG = "decision."
#: More than this MLflow does not keep of one tag on every store.
_MOST_LETTERS = 4_000

Action = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Decision:
    """One change of the champion.

    Attributes
    ----------
    at : UTC, ISO format
    action : promote, or rollback
    by, reason : who decided, and why
    version : the champion since then
    former : the champion before, None for the first
    doubts : what spoke against it
    accepted : why it was done all the same; empty where nothing spoke against it
    """

    at: str
    action: Action
    by: str
    reason: str
    version: str
    former: str | None = None
    doubts: tuple[str, ...] = ()
    accepted: str = ""

    def as_tag(self) -> tuple[str, str]:
        """Name and value of the tag.

        Examples
        --------
        >>> made = Decision("2026-01-05T08:00:00Z", "promote", "Kim", "pilot", "3")
        >>> made.as_tag()[0]
        'decision.2026-01-05T08:00:00Z'
        >>> read_decisions([dict([made.as_tag()])]) == (made,)
        True
        """
        content = asdict(self)
        while len(json.dumps(content)) > _MOST_LETTERS and content["doubts"]:
            content["doubts"] = content["doubts"][:-1]
        return f"{_TAG}{self.at}", json.dumps(content)


def now() -> str:
    """The time of a decision."""
    # MLflow takes no plus sign in the name of a tag.
    return f"{datetime.now(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def read_decisions(tags: Iterable[Mapping[str, str]]) -> tuple[Decision, ...]:
    """The decisions among the tags of all versions, the oldest first; other tags are ignored."""
    found = [
        _read(value)
        for of_version in tags
        for name, value in of_version.items()
        if name.startswith(_TAG)
    ]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.at))


def _read(value: str) -> Decision | None:
    """None for what somebody else wrote under that name."""
    try:
        content = json.loads(value)
        return Decision(**{**content, "doubts": tuple(content["doubts"])})
    except (json.JSONDecodeError, TypeError, KeyError):
        return None


def line_of_champions(
    decisions: Sequence[Decision], champion: str | None, previous: str | None
) -> tuple[str, ...]:
    """The champion, last, with those that it can go back to before it.

    A rollback takes the champion off the line, so that going back twice goes back two steps. What
    the registry says today is right: a champion that was set by hand stands at the end.

    Parameters
    ----------
    champion, previous : the versions behind these aliases today

    Examples
    --------
    >>> made = [Decision(str(i), "promote", "Kim", "", v) for i, v in enumerate("123")]
    >>> line_of_champions(made, "3", "2")
    ('1', '2', '3')
    >>> back = Decision("4", "rollback", "Kim", "", "2", "3")
    >>> line_of_champions([*made, back], "2", "1")
    ('1', '2')
    >>> line_of_champions([], "7", "5")
    ('5', '7')
    """
    line = [previous] if previous is not None and not decisions else []
    for one in decisions:
        if one.former is not None and one.former not in line:
            line.append(one.former)  # promoted before decisions were kept
        if one.action == "rollback" and one.version in line:
            del line[line.index(one.version) + 1 :]
        else:
            line.append(one.version)
    if champion is not None and (not line or line[-1] != champion):
        line = [*(version for version in line if version != champion), champion]
    return tuple(line)
