"""A study folder in which a segment has another name: the scorer, the document and the tables.

The numbers stay. Pages that were rendered, sheets that people fill in and what was recorded keep
the old name.
"""

import shutil
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clustering.columns import SEGMENT
from clustering.errors import OutputError
from clustering.outputs import publish, staged_folder
from clustering.results.document import StudyDocument
from clustering.results.folder import StudyFolder, still_there, write_document
from clustering.results.tables import TABLES, check_tables
from clustering.scorer import Scorer

#: Columns whose values are names of segments, in the rows that are of the segments at all.
_NAMES = frozenset(
    (
        *("segment", "segment_name", "held_segment", "assigned_segment", "model_segment"),
        *("runner_up", "from_segment", "to_segment", "overlaps"),
        *("label", "level", "first_label", "group", "subject"),
    )
)
#: Columns of sentences, which put the name of a segment in quotes.
_SENTENCES = frozenset(("why", "hypothesis", "because"))
#: Of these tables other columns are names, or one of the above is the label of another labelling.
_ALSO = {"differences": frozenset(("first", "second"))}
_NOT_IN = {"disagreements": frozenset(("label",))}
#: Parts of the document with sentences that may name a segment.
_TOLD = ("plan", "next_steps", "movement", "recommendation", "warnings")


def rename_segment(study: StudyFolder, scorer: Scorer, old: str, new: str) -> None:
    """Put the folder in place of the one that was read, whole or not at all.

    Parameters
    ----------
    study : as it was read
    scorer : with the new name
    old, new : name of the segment

    Raises
    ------
    StudyFolderError
        Another study has taken its place in the meantime.
    OutputError
        It cannot be written; it is as it was.
    """
    words = _Words(old, new)
    document = StudyDocument.model_validate(_document(study.study, words))
    on_segments = study.document.plan.labelling == SEGMENT
    frames = {
        spec.name: _frame(spec.name, study.table(spec.name), words, on_segments=on_segments)
        for spec in TABLES
        if study.has_table(spec.name)
    }
    check_tables(frames)
    try:
        with still_there(study), staged_folder(study.path) as stage:
            shutil.copytree(study.path, stage, dirs_exist_ok=True, symlinks=True)
            for name, frame in frames.items():
                frame.to_parquet(stage / f"{name}.parquet", index=False)
            write_document(document, stage)
            scorer.save(stage / "scorer")
            publish(stage, study.path)
    except OSError as error:
        raise OutputError(
            f"study '{study.path}' cannot be changed: {error.strerror or error}. It is as it was."
        ) from None


@dataclass(frozen=True)
class _Words:
    old: str
    new: str

    def name(self, text: str) -> str:
        """A name, or several with semicolons between them."""
        return "; ".join(self.new if part == self.old else part for part in text.split("; "))

    def sentence(self, text: str) -> str:
        """A text that puts the name in quotes."""
        return text.replace(f"'{self.old}'", f"'{self.new}'")

    def told(self, value: Any) -> Any:
        """The sentences in JSON values."""
        if isinstance(value, str):
            return self.sentence(value)
        if isinstance(value, list):
            return [self.told(one) for one in value]
        if isinstance(value, dict):
            return {key: self.told(one) for key, one in value.items()}
        return value


def _document(content: dict[str, Any], words: _Words) -> dict[str, Any]:
    changed = {**content, **{part: words.told(content[part]) for part in _TOLD}}
    changed["segments"] = [{**one, "name": words.name(one["name"])} for one in content["segments"]]
    changed["labellings"] = [
        {**one, "levels": [words.name(level) for level in one["levels"]]}
        if one["name"] == SEGMENT
        else one
        for one in content["labellings"]
    ]
    plan = changed["plan"]
    if plan["labelling"] == SEGMENT:
        over = [words.name(label) for label in plan["over_limit"]]
        top = plan["top_segment"]
        named = {"over_limit": over, "top_segment": None if top is None else words.name(top)}
        changed["plan"] = {**plan, **named}
    return changed


def _frame(table: str, frame: pd.DataFrame, words: _Words, *, on_segments: bool) -> pd.DataFrame:
    """The same in a table; labels of other labellings stay, whatever they are called."""
    if "labelling" in frame:
        rows = frame["labelling"] == SEGMENT
    else:
        rows = pd.Series(True, index=frame.index)
        if not on_segments and "segment_name" not in frame and {"label", "group"} & {*frame}:
            return frame  # the plan is for another labelling
    names = (_NAMES | _ALSO.get(table, frozenset())) - _NOT_IN.get(table, frozenset())
    changed = frame.copy()
    for column in frame.columns.intersection([*names, *_SENTENCES]):
        if pd.api.types.is_string_dtype(frame[column].dtype):
            change = words.name if column in names else words.sentence
            texts = frame[column].map(change, na_action="ignore").astype(frame[column].dtype)
            changed[column] = frame[column].where(~rows, texts)
    return changed
