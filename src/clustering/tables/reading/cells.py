"""What the text of a cell means before its kind is known: blanks around it, and missing values."""

from dataclasses import dataclass
from datetime import date

from clustering.config import ReadingConfig
from clustering.tables.session import quoted_text

#: Blank, tab, line ends and the no-break space that spreadsheets leave behind.
_EACH_BLANK = " \t\r\n\u00a0"
_BLANKS = quoted_text(_EACH_BLANK)


def trimmed(name: str) -> str:
    """SQL of a text without the blanks around it; null where nothing is left.

    Parameters
    ----------
    name : SQL of a text
    """
    return f"nullif(trim({name}, {_BLANKS}), '')"


@dataclass(frozen=True)
class Cells:
    """How the cells of one source are read.

    Attributes
    ----------
    reading : the settings
    day_zero : in a spreadsheet, the day that its numbers count from where they stand for dates
        (None: numbers never stand for dates)
    in_study : whether the settings come from the TOML of a study, or from options of a command
    tidy : whether no cell is `untidy`, so that every text stands for itself
    """

    reading: ReadingConfig
    day_zero: date | None = None
    in_study: bool = True
    tidy: bool = False

    def untidy(self, name: str) -> str:
        """SQL predicate of the cells that hold more than their text, or none; cheap to evaluate.

        Trimming and comparing take most of the time of reading, and most columns need neither.
        It may hold for a cell that is in order, never the other way round.
        """
        ends = [f"suffix({name}, {quoted_text(blank)})" for blank in _EACH_BLANK]
        # What sorts before '!' is empty or begins with a blank or a control character.
        begins = [f"{name} < '!'", f"prefix({name}, {quoted_text(_EACH_BLANK[-1])})"]
        words = [f"lower({name}) IN ({self._words})"] if self.reading.missing else []
        return " OR ".join([*begins, *ends, *words])

    def trimmed(self, name: str) -> str:
        """SQL of a text without the blanks around it; null where nothing is left."""
        return name if self.tidy else trimmed(name)

    def text(self, name: str) -> str:
        """SQL of the text of a cell; null where it is blank or a word for a missing value."""
        if self.tidy:
            return name
        text = trimmed(name)
        if not self.reading.missing:
            return text
        return f"CASE WHEN lower({text}) NOT IN ({self._words}) THEN {text} END"

    def says_missing(self, name: str) -> str:
        """SQL predicate of the cells in which a word says that the value is missing."""
        if self.tidy or not self.reading.missing:
            return "false"
        return f"coalesce(lower({trimmed(name)}) IN ({self._words}), false)"

    @property
    def _words(self) -> str:
        return ", ".join(quoted_text(word.strip().lower()) for word in self.reading.missing)

    def setting(self, key: str) -> str:
        """What a message calls a setting of the reading.

        Examples
        --------
        >>> Cells(ReadingConfig()).setting("time_zone")
        'source.time_zone'
        >>> Cells(ReadingConfig(), in_study=False).setting("missing")
        '--missing'
        """
        return f"source.{key}" if self.in_study else f"--{key.replace('_', '-')}"

    @property
    def place(self) -> str:
        """Where a user changes what is in the cells."""
        return "the mapping" if self.in_study else "the file"
