"""Playbooks: what an account of a segment gets in a year, and what runs beside it for a while.

A *segment* playbook belongs to a label of a scheme: its touches a year are the care that an account
needs. An *event* playbook starts on a trigger and ends on an exit; it adds care and moves nobody to
another segment or touch (Knoefel 2021). Both are TOML: the shipped file `playbooks.toml`, and one
of the company's own whose entries replace or add to it.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from clustering.columns import SEGMENT
from clustering.config.base import Part
from clustering.config.plan import Level
from clustering.errors import BadInputError, ConfigError, breaches_message, or_known
from clustering.expressions import parse
from clustering.schema import Entry
from clustering.scorer.segment_ids import SEGMENT_ID, SegmentNames

#: What an account gets whose need is not known: what it gets today, whatever that is; and where
#: that is not known either, the care that every account gets.
PRESENT_CARE, STANDARD = "present_care", "standard"

_SHIPPED = Path(__file__).with_name("playbooks.toml")
_MOST_TOUCHES = 366.0
Times = Annotated[float, Field(ge=0.0, le=_MOST_TOUCHES)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Touch(Part):
    """A kind of touch and what one of it takes for one account, in hours; assumed."""

    title: str = Field(min_length=1, max_length=80)
    hours: float = Field(ge=0.0, le=100.0)


class Playbook(Part):
    """One playbook.

    Attributes
    ----------
    kind : `segment` (care of a whole year) or `event` (runs from its trigger to its exit)
    touches_a_year : of a segment playbook, how many of each kind of touch
    touches : of an event playbook, how many of each kind in one run
    least_touch : the lowest level of touch that the allocation may give, of a segment playbook
    trigger, exit : SQL conditions over axes, features, attributes and scheme labels; of an event
        playbook only. A segment playbook ends when the account's segment is another.
    """

    kind: Literal["segment", "event"] = "segment"
    title: str = Field(min_length=1, max_length=80)
    goal: str = Field(min_length=1, max_length=300)
    touches_a_year: dict[str, Times] = Field(default_factory=dict)
    touches: dict[str, Times] = Field(default_factory=dict)
    least_touch: Level = "digital"
    trigger: str | None = Field(None, max_length=2000)
    exit: str | None = Field(None, max_length=2000)

    @model_validator(mode="after")
    def _of_one_kind(self) -> "Playbook":
        if self.kind == "segment" and (self.touches or self.trigger or self.exit):
            raise ValueError(
                "a segment playbook has touches_a_year and neither trigger nor exit nor touches; "
                'for one that starts and ends, set kind = "event"'
            )
        if self.kind == "event" and (self.touches_a_year or not self.trigger or not self.exit):
            raise ValueError("an event playbook has touches, a trigger and an exit")
        for name in ("trigger", "exit"):
            if condition := getattr(self, name):
                try:
                    parse(condition)
                except BadInputError as error:
                    raise ValueError(f"{name}: {error}") from None
        return self

    @property
    def planned(self) -> Mapping[str, float]:
        """Touches of a year, or of a run."""
        return self.touches_a_year or self.touches


class PlaybookEntry(Entry):
    """One playbook that the plan uses."""

    name: str = Field(description="Its name.")
    title: str = Field(description="Its name for readers.")
    kind: str = Field(description="segment (care of a year) or event (runs for a while).")
    goal: str = Field(description="What it is for.")
    touches: dict[str, float] = Field(description="Touches a year, or of a run, by their title.")
    hours: float = Field(description="Hours of one account a year, or of a run.")
    trigger: str | None = Field(description="Condition that starts an event playbook.")
    exit: str | None = Field(description="Condition that ends it.")
    n_accounts: int = Field(description="Accounts that have it, or for which it runs.")


class Playbooks(Part):
    """All playbooks, the touches they are made of, and who gets which."""

    touches: dict[Name, Touch]
    playbooks: dict[Name, Playbook]
    assign: dict[Name, dict[str, str]]

    @model_validator(mode="after")
    def _all_known(self) -> "Playbooks":
        breaches = [
            f"playbook '{name}' plans the unknown touch '{touch}'.{or_known(touch, self.touches)}"
            for name, playbook in self.playbooks.items()
            for touch in playbook.planned
            if touch not in self.touches
        ]
        segment_kind = [n for n, playbook in self.playbooks.items() if playbook.kind == "segment"]
        for scheme, labels in self.assign.items():
            for label, name in labels.items():
                if name not in segment_kind:
                    what = "is an event playbook" if name in self.playbooks else "is not known"
                    hint = or_known(name, segment_kind)
                    breaches.append(f"assign.{scheme} '{label}': playbook '{name}' {what}.{hint}")
        for name in (PRESENT_CARE, STANDARD):
            if name in self.playbooks and name not in segment_kind:
                breaches.append(f"playbook '{name}' must be a segment playbook")
        if (kept := self.playbooks.get(PRESENT_CARE)) is not None and kept.planned:
            breaches.append(
                f"playbook '{PRESENT_CARE}' plans no touches: its accounts keep what they get"
            )
        if breaches:
            raise ValueError("; ".join(breaches))
        return self

    def hours(self, name: str) -> float:
        """Hours of one account: a year of a segment playbook, one run of an event playbook.

        Examples
        --------
        >>> round(load_playbooks().hours("high_touch"), 1)  # 4 x 6 + 12 x 1.5 + 6 x 1 + 12 x 0.1
        49.2
        """
        planned = self.playbooks[name].planned
        return sum(times * self.touches[touch].hours for touch, times in planned.items())

    def n_touches(self, name: str) -> float:
        """Touches of one account, of all kinds."""
        return float(sum(self.playbooks[name].planned.values()))

    def for_segments(self, called: SegmentNames) -> "Playbooks":
        """The same where a segment is named by its id, or by a name that it had."""
        labels = self.assign.get(SEGMENT, {})
        assign = {**self.assign, SEGMENT: dict(called.with_names(labels))}
        return self.model_copy(update={"assign": assign}) if labels else self

    def unknown_segments(self, called: SegmentNames) -> list[str]:
        """Sentences on ids of segments to which it assigns a playbook and that there are not."""
        return [
            f"Playbooks: assign.segment names '{key}', but {called.unknown(key)}"
            for key in self.assign.get(SEGMENT, {})
            if SEGMENT_ID.match(key) and called.name_of(key) is None
        ]

    def assigned(self, scheme: str, label: str) -> str | None:
        """The playbook of a label: the exact label first, then the patterns in their order.

        Examples
        --------
        >>> books = load_playbooks()
        >>> books.assigned("lifecycle_touch", "low_touch, enterprise, retention")
        'sustain'
        """
        labels = self.assign.get(scheme, {})
        if label in labels:
            return labels[label]
        return next((name for pattern, name in labels.items() if fnmatchcase(label, pattern)), None)

    def entry(self, name: str, n_accounts: int) -> PlaybookEntry:
        """A playbook as it stands in `study.json`."""
        book = self.playbooks[name]
        return PlaybookEntry(
            name=name,
            title=book.title,
            kind=book.kind,
            goal=book.goal,
            touches={self.touches[touch].title: times for touch, times in book.planned.items()},
            hours=self.hours(name),
            trigger=book.trigger,
            exit=book.exit,
            n_accounts=n_accounts,
        )

    @property
    def events(self) -> dict[str, Playbook]:
        """The event playbooks, in order."""
        return {name: book for name, book in self.playbooks.items() if book.kind == "event"}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content, whatever files it came from."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def load_playbooks(own: Path | None = None) -> Playbooks:
    """The shipped playbooks, with a company's own in their place where its file names them.

    A playbook or a touch of the own file replaces the shipped one of that name as a whole;
    of `assign`, label by label, and the own patterns come first.

    Raises
    ------
    ConfigError
        The file cannot be read or does not hold playbooks; all mistakes at once.
    """
    if own is None:
        return _shipped()
    return _validated(_merged(_read(_SHIPPED), _read(own)), own)


@cache
def _shipped() -> Playbooks:
    return _validated(_read(_SHIPPED), _SHIPPED)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"the playbooks '{path}' cannot be read: {error.strerror}. Mend engagement.playbooks, "
            "or leave it out for the shipped ones."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the playbooks '{path}' are not valid TOML: {error}.") from None


def _merged(shipped: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = shipped | {key: value for key, value in own.items() if key not in shipped}
    for part in ("touches", "playbooks"):
        merged[part] = shipped[part] | own.get(part, {})
    assign = dict(shipped["assign"])
    for scheme, labels in own.get("assign", {}).items():
        rest = assign.get(scheme, {})
        assign[scheme] = labels | {k: v for k, v in rest.items() if k not in labels}
    return merged | {"assign": assign}


def _validated(content: dict[str, Any], path: Path) -> Playbooks:
    try:
        return Playbooks.model_validate(content)
    except ValidationError as error:
        breaches = [_explain(entry) for entry in error.errors()]
        raise ConfigError(breaches_message(f"playbooks '{path}'", breaches)) from None


def _explain(entry: Any) -> str:
    where = ".".join(str(part) for part in entry["loc"])
    message = entry["msg"].removeprefix("Value error, ")
    found = entry.get("input")
    shown = f", found {found!r}" if isinstance(found, str | int | float) else ""
    return f"'{where}': {message}{shown}" if where else message
